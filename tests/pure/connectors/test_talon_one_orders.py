"""Orders and returns at Talon.One: positions that stay, and what is sent twice earns once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from samples import make_item, order, order_line
from talon_one_fixtures import PROFILE, checked_calls, connect, deliver, linked, talon

from odoo.addons.retail_hub.connectors.talon_one import orders, returns
from odoo.addons.retail_hub.core.errors import (
    BusinessError,
    MappingError,
    TransientError,
    ValidationError,
)
from odoo.addons.retail_hub.core.field_map import FieldMap

__all__ = ("checked_calls", "connect", "deliver", "talon")


def item(event_type="order.paid", number=1, **changes):
    data = {**order(42), **changes}
    return linked(make_item(number, event_type=event_type, data=data, subject="order/sale/42"), number)


def refund(*lines, number=9, age=0, **changes):
    """Return an item that gives back (position, quantity, of how many, total) of order 42."""
    now = datetime.now(UTC).replace(tzinfo=None)
    data = {
        "id": "77",
        "customer_id": "7",
        "currency": "EUR",
        "lines": [_returned(*line) for line in lines],
        **changes,
    }
    made = make_item(number, event_type="refund.issued", data=data, subject="invoice/77")
    return linked(made, number, occurred_at=now - timedelta(seconds=age))


def _returned(position, quantity, sold="2", total="12.00", order_id="42"):
    reference = {
        "order_id": order_id,
        "channel": "web",
        "line_id": str(4200 + position),
        "position": position,
        "sold": sold,
        "quantity": quantity,
    }
    return order_line(4200 + position, quantity=quantity, total=total, sold_lines=[reference])


def session(talon, key="sale-42"):
    [found] = [each for each in talon.records("sessions") if each["integrationId"] == key]
    return found


# ----- closing -----


def test_an_order_earns_when_it_is_paid_and_once(talon, deliver):
    assert deliver(item("order.placed")).error is None
    assert (session(talon)["state"], talon.active(PROFILE)) == ("open", 0)
    assert deliver(item("order.paid"), item("order.paid")).error is None
    assert (session(talon)["state"], talon.active(PROFILE)) == ("closed", 24)
    assert talon.amounts(PROFILE) == [6, 6, 6, 6]


def test_prices_are_decimals_with_taxes(talon, deliver):
    deliver(item(lines=[order_line(1, total="12.10", quantity="1", untaxed="10.00", tax="2.10")]))
    [found] = session(talon)["cartItems"]
    assert (found["sku"], found["quantity"], found["price"]) == ("SKU-1", 1, 12.1)


def test_a_till_order_has_another_name(talon, deliver):
    deliver(item(channel="pos"), item(number=2))
    assert {each["integrationId"] for each in talon.records("sessions")} == {"pos-42", "sale-42"}


def test_items_are_in_the_order_of_their_ids(talon, deliver):
    """A position is an identity: a line that is moved keeps its own."""
    lines = [order_line(12), order_line(5), order_line(101)]
    deliver(item("order.placed", lines=lines), item("order.paid", number=2, lines=lines[::-1]))
    assert [each["sku"] for each in session(talon)["cartItems"]] == ["SKU-5", "SKU-12", "SKU-101"]


def test_what_a_reward_deducts_is_spread(talon, deliver):
    lines = [
        order_line(1, total="10.00", quantity="1"),
        order_line(2, total="20.00", quantity="3"),
        order_line(3, kind="reward", total="-5.00", quantity="1"),
        order_line(4, kind="delivery", total="4.95", quantity="1"),
        order_line(5, kind="down_payment", total="-3.00", quantity="1"),
    ]
    deliver(item(lines=lines, total="26.95"))
    found = session(talon)["cartItems"]
    assert [(each["sku"], each["quantity"], each["price"]) for each in found] == [
        ("SKU-1", 1, 8.33),
        ("SKU-2", 3, 5.556667),
    ]


def test_what_is_sold_by_weight_is_one_item():
    [found] = orders.cart_items({**order(1), "lines": [order_line(1, quantity="1.5", total="9.00")]})
    assert (found["quantity"], found["price"]) == (1, 9.0)


def test_limits_of_a_session():
    many = {**order(1), "lines": [order_line(n, quantity="6000", total="12000.00") for n in (1, 2)]}
    assert [each["quantity"] for each in orders.cart_items(many)] == [1, 1]
    assert [each["price"] for each in orders.cart_items(many)] == [12_000.0, 12_000.0]
    with pytest.raises(MappingError, match="at most 1000 items"):
        orders.cart_items({**order(1), "lines": [order_line(n) for n in range(1_001)]})


def test_attributes_of_the_mapping(talon, deliver):
    lines = (
        FieldMap(orders.SESSION, "OrderNumber", "number"),
        FieldMap(orders.SESSION, "ShippingCity", "delivery_address.city"),
    )
    deliver(item(), field_maps=lines)
    assert session(talon)["attributes"] == {"OrderNumber": "S00042", "ShippingCity": "Gent"}


# ----- closing again -----


def test_a_response_that_was_lost_doubles_nothing(talon, deliver, sandbox):
    """The same close with the same key gets the first answer."""
    sandbox.fault(path="/v2/customer_sessions", drop="after", times=1)
    assert deliver(item()).error.uncertain
    assert deliver(item(), is_in_doubt=True).error is None
    assert talon.active(PROFILE) == 24


def test_a_close_whose_key_is_forgotten(talon, deliver):
    """After a day the second close is refused: the session is closed already."""
    deliver(item())
    talon.configure(ahead_s=2 * 86_400)
    assert deliver(item(), is_in_doubt=True).error is None
    assert talon.active(PROFILE) == 24


def test_a_placed_order_that_comes_late(talon, deliver):
    """A closed session is not opened again: closing it anew would earn a second time."""
    deliver(item("order.paid"))
    assert deliver(item("order.placed", number=2)).error is None
    assert (session(talon)["state"], talon.active(PROFILE)) == ("closed", 24)


@pytest.mark.parametrize("keeps_errors", [False, True])
def test_a_refusal_is_not_final(talon, deliver, keeps_errors):
    """Whether or not the refusal is kept under the key: what was wrong is mended, and the order arrives."""
    talon.configure(idempotency_keeps_errors=keeps_errors)
    wrong = (FieldMap(orders.SESSION, "Shop", "channel"),)
    refused = deliver(item(), field_maps=wrong)
    assert isinstance(refused.error, ValidationError)
    assert refused.error.field == "Shop"
    assert deliver(item(), field_maps=()).error is None
    assert talon.active(PROFILE) == 24


@pytest.mark.parametrize("keeps_errors", [False, True])
def test_a_refusal_is_mended_at_talon_one(talon, deliver, keeps_errors):
    """The content is the same, and so is the key: the old answer does not count."""
    talon.configure(idempotency_keeps_errors=keeps_errors)
    lines = (FieldMap(orders.SESSION, "Shop", "channel"),)
    assert deliver(item(), field_maps=lines).error.field == "Shop"
    talon.configure(attributes={"CustomerProfile": {}, "CustomerSession": {"Shop": "string"}})
    assert deliver(item(), field_maps=lines).error is None
    assert (talon.active(PROFILE), session(talon)["attributes"]) == (24, {"Shop": "web"})


def test_calls_at_the_same_time_are_no_conflict(talon, deliver, sandbox):
    """409 says that Talon.One is busy: it is tried again, and other items go on."""
    talon.configure(busy_s=0.5)
    other = threading.Thread(target=talon.profile, args=(PROFILE,))
    other.start()
    while not sandbox.state()["talon_one"]["in_progress"]:
        pass
    outcome = deliver(item())
    other.join()
    assert isinstance(outcome.error, TransientError)
    assert (outcome.error.code, outcome.error.uncertain) == ("BUSY", False)
    assert deliver(item()).error is None


def test_a_batch_makes_no_calls_at_the_same_time_about_one_profile(talon, connect):
    talon.configure(busy_s=0.05)
    items = [item(number=n, id=str(n)) for n in range(1, 7)]
    with connect(parallel_calls=6) as adapter:
        outcomes = adapter.send([adapter.prepare(each) for each in items])
    assert [each.error for each in outcomes] == [None] * 6
    assert talon.active(PROFILE) == 6 * 24


# ----- cancelling -----


def test_cancelled(talon, deliver):
    deliver(item("order.placed"))
    assert deliver(item("order.cancelled"), item("order.cancelled")).error is None
    assert session(talon)["state"] == "cancelled"


@pytest.mark.parametrize(("policy", "left"), [("only_pending", 24), ("within_balance", 0), ("unlimited", 0)])
def test_what_a_cancellation_takes_back_is_a_policy(talon, deliver, policy, left):
    """Active points stay, unless the program says otherwise."""
    talon.configure(programs=[{"return_policy": policy}])
    deliver(item("order.paid"), item("order.cancelled", number=2))
    assert talon.active(PROFILE) == left


def test_what_never_arrived_need_not_be_cancelled(talon, deliver):
    assert deliver(item("order.cancelled")).error is None
    assert talon.records("sessions") == []


# ----- returns -----


@pytest.fixture
def sold(talon, deliver):
    """An order of two items of two units each, at 6.00, whose points may be taken back."""
    talon.configure(programs=[{"return_policy": "unlimited"}])
    deliver(item())


def test_a_part_of_an_order_is_returned(sold, talon, deliver):
    assert deliver(refund((1, "1", "2", "6.00"))).error is None
    found = session(talon)
    assert [each.get("returnedQuantity", 0) for each in found["cartItems"]] == [0, 1]
    assert (found["state"], talon.active(PROFILE)) == ("partially_returned", 18)


def test_the_rest_is_returned_later(sold, talon, deliver):
    deliver(refund((1, "1", "2", "6.00")), refund((0, "2"), (1, "1", "2", "6.00"), number=10))
    assert talon.active(PROFILE) == 0


def test_a_return_whose_response_was_lost(sold, talon, deliver, sandbox):
    sandbox.fault(path="/returns", drop="after", times=1)
    assert deliver(refund((0, "1", "2", "6.00"))).error.uncertain
    assert deliver(refund((0, "1", "2", "6.00")), is_in_doubt=True).error is None
    assert talon.active(PROFILE) == 18


def test_a_return_in_doubt_is_not_repeated_without_its_key(sold, talon, deliver):
    """After a day the key is forgotten, and the same call returns a second unit."""
    outcome = deliver(refund((0, "1", "2", "6.00"), age=returns.KEY_LIFETIME + 1), is_in_doubt=True)
    assert isinstance(outcome.error, BusinessError)
    assert (outcome.error.code, talon.active(PROFILE)) == ("RETURN_IN_DOUBT", 24)


def test_more_than_was_sold(sold, talon, deliver):
    outcome = deliver(refund((0, "2")), refund((0, "1", "2", "6.00"), number=10))
    assert isinstance(outcome.error, BusinessError)
    assert (outcome.error.code, talon.active(PROFILE)) == ("RETURNED_BEFORE", 12)


def test_a_part_of_the_price_is_no_return(sold, talon, deliver):
    outcome = deliver(refund((0, "2", "2", "1.00")))
    assert isinstance(outcome.error, BusinessError)
    assert (outcome.error.code, talon.active(PROFILE)) == ("PART_OF_A_UNIT", 24)


@pytest.mark.parametrize(("quantity", "code"), [("1.5", None), ("0.5", "PART_OF_A_UNIT")])
def test_what_was_sold_by_weight_comes_back_as_a_whole(talon, deliver, quantity, code):
    talon.configure(programs=[{"return_policy": "unlimited"}])
    deliver(item(lines=[order_line(4200, quantity="1.5", total="9.00")]))
    outcome = deliver(refund((0, quantity, "1.5", "9.00")))
    assert outcome.error is None if code is None else outcome.error.code == code
    assert talon.active(PROFILE) == (0 if code is None else 9)


def test_other_items(sold, deliver):
    """An item of another product is never returned instead."""
    wrong = refund((0, "1", "2", "6.00"))
    wrong.data["lines"][0]["sku"] = "SKU-X"
    assert deliver(wrong).error.code == "OTHER_ITEMS"
    assert deliver(refund((7, "1", "2", "6.00"))).error.code == "OTHER_ITEMS"


def test_an_order_that_is_not_there_yet(talon, deliver):
    """A refund may overtake its order. Later it is known that there was nothing to take back."""
    early = deliver(refund((0, "1", "2", "6.00")))
    assert isinstance(early.error, TransientError)
    assert early.error.code == "NOT_CLOSED"
    deliver(item("order.placed"))
    assert deliver(refund((0, "1", "2", "6.00"))).error.code == "NOT_CLOSED"
    late = deliver(refund((0, "1", "2", "6.00"), age=returns.PATIENCE + 1))
    assert late.error is None
    assert "nothing to take back" in late.warnings[0]


def test_a_cancelled_order_has_nothing_to_take_back(talon, deliver):
    deliver(item("order.placed"), item("order.cancelled", number=2))
    assert deliver(refund((0, "1", "2", "6.00"))).error is None


def test_a_refund_of_two_orders(sold, talon, deliver, sandbox):
    """What was given back of one order is not given back again when the other one fails."""
    deliver(item(id="43", number=2))
    lines = ((0, "2", "2", "12.00", "42"), (0, "2", "2", "12.00", "43"))
    sandbox.fault(path="/sale-43/returns", status=503, times=1)
    failed = deliver(refund(*lines))
    assert failed.error.http_status == 503
    assert failed.checkpoint == {"returned": {"sale-42": [[0, 0, 2], [1, 0, 0]]}}
    again = refund(*lines)
    assert deliver(linked(again, 9, checkpoint=failed.checkpoint)).error is None
    assert talon.active(PROFILE) == 24


def test_a_refund_of_no_order(deliver, sandbox):
    before = sandbox.request_count()
    assert deliver(refund(lines=[order_line(1, sold_lines=[])])).error is None
    assert sandbox.request_count() == before
