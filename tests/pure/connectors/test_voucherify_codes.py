"""Codes at Voucherify: asked and locked for an order, redeemed once, and rolled back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from samples import make_item
from voucherify_calls import DAY
from voucherify_fixtures import KEY, checked_calls, connect, project

from odoo.addons.retail_hub.connectors.items import Reference, RemoteId
from odoo.addons.retail_hub.connectors.loyalty import (
    CodeEngine,
    CodeQuestion,
    EngineCode,
    GiftCardEngine,
    customer_key,
)
from odoo.addons.retail_hub.core.errors import AuthError, BusinessError, TransientError

__all__ = ("checked_calls", "connect", "project")
COUPON = {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}
LINE = {"id": "1", "name": "Tea", "sku": "TEA", "quantity": "2", "total": "100.00"}


def order_of(number="7", total="100.00"):
    return {
        "id": number,
        "number": f"S0000{number}",
        "channel": "sales",
        "customer_id": "1",
        "currency": "EUR",
        "lines": [{**LINE, "total": total}],
    }


def ask(connect, code="TEA10", number="7", minutes=5, **changes):
    with connect(**changes) as adapter:
        assert isinstance(adapter, CodeEngine)
        return adapter.ask_code(
            CodeQuestion(code=code, order=order_of(number), hold=f"sale-{number}", minutes=minutes)
        )


def code_item(number=1, event_type="code.redeemed", kind="discount", order="7", **changes):
    about = {"code": "TEA10", "kind": kind, "amount": "10.00", "hold": f"sale-{order}"}
    item = make_item(
        number,
        event_type=event_type,
        data={**order_of(order), **about, **changes.pop("data", {})},
        subject=f"order/sales/{order}",
        remote_ids={Reference("customer", 1): RemoteId("cust_1")},
        **changes,
    )
    return replace(item, idempotency_key=KEY.format(number))


def send(connect, item, resolve=False):
    with connect() as adapter:
        prepared = adapter.prepare(item)
        [outcome] = adapter.resolve([prepared]) if resolve else adapter.send([prepared])
        return outcome


@pytest.fixture
def voucher(project):
    """Return a function that creates a voucher."""

    def create(code="TEA10", **values):
        made = project(
            "POST", f"/v1/vouchers/{code}", {**COUPON, **values} if "gift" not in values else values
        )
        assert made.status == 200
        return made.data

    return create


def redemptions(project):
    return [(each["object"], each["status"]) for each in project.sandbox.records("redemptions", "voucherify")]


def test_a_percentage_with_a_maximum(connect, voucher):
    voucher(
        discount={"type": "PERCENT", "percent_off": 12.5, "amount_limit": 800},
        expiration_date="2030-12-31T10:00:00Z",
        redemption={"quantity": 3},
    )
    assert ask(connect) == EngineCode(
        code="TEA10",
        kind="percent",
        value=Decimal("12.5"),
        maximum=Decimal("8.00"),
        uses=3,
        expires_on=date(2030, 12, 31),
    )


def test_an_amount(connect, voucher):
    voucher(discount={"type": "AMOUNT", "amount_off": 500})
    assert ask(connect) == EngineCode(code="TEA10", kind="amount", value=Decimal("5.00"))


def test_a_gift_card(connect, voucher):
    voucher("GIFT", type="GIFT_VOUCHER", gift={"amount": 5_000, "balance": 5_000})
    assert ask(connect, "GIFT") == EngineCode(code="GIFT", kind="gift_card", value=Decimal("50.00"))


def test_a_code_that_is_unknown(connect, voucher):
    made = voucher()
    assert ask(connect, "TEA11") is None
    assert ask(connect, made["id"]) is None


@pytest.mark.parametrize(
    "discount",
    [
        {"type": "PERCENT", "percent_off": 10, "effect": "APPLY_TO_ITEMS"},
        {"type": "FIXED", "fixed_amount": 100},
    ],
)
def test_what_odoo_cannot_do(connect, sandbox, discount):
    body = {"code": "TEA10", "type": "DISCOUNT_VOUCHER", "discount": discount}
    sandbox.fault(path="/v1/vouchers", status=200, body=body, times=1)
    with pytest.raises(BusinessError) as caught:
        ask(connect)
    assert caught.value.code == "CODE_NOT_SUPPORTED"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"active": False}, "voucher_disabled"),
        ({"expiration_date": "2020-01-01T00:00:00Z"}, "voucher_expired"),
        ({"redemption": {"quantity": 0}}, "quantity_exceeded"),
    ],
)
def test_valid_false_in_a_200_is_a_refusal(connect, voucher, values, code):
    voucher(**values)
    with pytest.raises(BusinessError) as caught:
        ask(connect)
    assert caught.value.code == code
    assert caught.value.message


def test_a_code_is_locked_for_its_order_and_for_minutes(project, connect, voucher):
    voucher(redemption={"quantity": 1})
    ask(connect)
    ask(connect)
    with pytest.raises(BusinessError) as caught:
        ask(connect, number="8")
    assert caught.value.code == "quantity_exceeded"
    project.configure(ahead_s=301)
    assert ask(connect, number="8").uses == 1
    with connect() as adapter:
        for _time in range(2):
            adapter.release_code("TEA10", "sale-8")
    assert ask(connect).uses == 1


def test_redeemed_once_and_rolled_back_once(project, connect, voucher):
    voucher(redemption={"quantity": 1})
    ask(connect)
    outcome = send(connect, code_item())
    assert (outcome.error, outcome.remote_id) == (None, None)
    [made] = project.sandbox.records("redemptions", "voucherify")
    assert outcome.response == {"redemption": made["id"]}
    assert made["metadata"] == {"order": "sale-7", "key": KEY.format(1)}
    [order] = project.sandbox.records("orders", "voucherify")
    assert (order["status"], order["amount"]) == ("CREATED", 10_000)
    again = send(connect, code_item(number=2, order="8"))
    assert (type(again.error), again.error.code) == (BusinessError, "quantity_exceeded")
    for number in (3, 4):
        assert send(connect, code_item(number, "code.reversed")).error is None
    done = [each for each in redemptions(project) if each[1] != "FAILED"]
    assert done == [("redemption", "ROLLED_BACK"), ("redemption_rollback", "SUCCEEDED")]
    assert ask(connect, number="8").uses == 1


def test_what_is_left_of_a_gift_card(project, connect, voucher):
    """Reading it locks nothing, and what is no gift card has none."""
    voucher("GIFT", type="GIFT_VOUCHER", gift={"amount": 5_000, "balance": 4_250})
    voucher("TEA10")
    with connect() as adapter:
        assert isinstance(adapter, GiftCardEngine)
        left = {code: adapter.gift_card_balance(code, "EUR") for code in ("GIFT", "TEA10", "NONE")}
    assert left == {"GIFT": Decimal("42.50"), "TEA10": None, "NONE": None}


def test_what_an_order_spends_of_a_gift_card(project, connect, voucher):
    """Also if the order is at Voucherify already, with what is left to pay."""
    project("POST", "/v1/orders", {"source_id": "sale-7", "amount": 0, "status": "CREATED"})
    voucher("GIFT", type="GIFT_VOUCHER", gift={"amount": 15_000, "balance": 15_000})
    ask(connect, "GIFT")
    about = {"code": "GIFT", "amount": "100.00"}
    assert send(connect, code_item(kind="gift_card", data=about)).error is None
    assert ask(connect, "GIFT").value == Decimal("50.00")
    assert send(connect, code_item(2, "code.reversed", "gift_card", data=about)).error is None
    assert ask(connect, "GIFT").value == Decimal("150.00")
    assert {each["status"] for each in project.sandbox.records("orders", "voucherify")} == {
        "CREATED",
        "CANCELED",
    }


def test_a_part_of_what_was_spent_comes_back(project, connect, voucher, sandbox):
    voucher("GIFT", type="GIFT_VOUCHER", gift={"amount": 10_000, "balance": 10_000})
    about = {"code": "GIFT", "amount": "60.00"}
    send(connect, code_item(kind="gift_card", data=about))
    part = code_item(2, "code.reversed", "gift_card", data={**about, "amount": "25.00"})
    sandbox.fault(path="/balance", drop="after", times=1)
    assert isinstance(send(connect, part).error, TransientError)
    assert send(connect, replace(part, in_doubt=True), resolve=True).error is None
    assert ask(connect, "GIFT").value == Decimal("65.00")
    assert redemptions(project) == [("redemption", "SUCCEEDED")]


def test_orders_of_redemptions_earn_nothing(project, connect, voucher):
    member = project.member(customer_key("1"))
    voucher()
    send(connect, code_item())
    project.act("process")
    assert member.balance()[0] == 0


@pytest.mark.parametrize("drop", ["before", "after"])
def test_an_answer_that_was_lost_is_looked_for(project, connect, voucher, sandbox, drop):
    voucher()
    sandbox.fault(path="/v1/redemptions", method="POST", drop=drop, times=1)
    lost = send(connect, code_item())
    assert isinstance(lost.error, TransientError)
    outcome = send(connect, code_item(in_doubt=True), resolve=True)
    assert outcome.error is None
    assert redemptions(project) == [("redemption", "SUCCEEDED")]


def test_a_rollback_whose_answer_was_lost(project, connect, voucher, sandbox):
    voucher()
    send(connect, code_item())
    sandbox.fault(path="/rollback", drop="after", times=1)
    assert isinstance(send(connect, code_item(2, "code.reversed")).error, TransientError)
    assert send(connect, code_item(2, "code.reversed", in_doubt=True), resolve=True).error is None
    assert redemptions(project) == [("redemption", "ROLLED_BACK"), ("redemption_rollback", "SUCCEEDED")]


def test_a_rollback_after_three_months_is_refused(project, connect, voucher):
    voucher()
    send(connect, code_item())
    project.configure(ahead_s=100 * DAY)
    refused = send(connect, code_item(2, "code.reversed"))
    assert (type(refused.error), refused.error.code) == (BusinessError, "invalid_redemption")


def test_nothing_to_roll_back(project, connect, voucher):
    voucher()
    outcome = send(connect, code_item(1, "code.reversed"))
    assert (outcome.error, outcome.response) == (None, {"redemption": "none"})


def test_another_call_is_redeeming_it(connect, voucher, sandbox):
    voucher()
    body = {"code": 400, "key": "multiple_requests", "message": "multiple requests"}
    sandbox.fault(path="/v1/redemptions", method="POST", status=400, body=body, times=1)
    outcome = send(connect, code_item())
    assert (type(outcome.error), outcome.error.uncertain) == (TransientError, False)


def test_errors_while_asking(connect, voucher, sandbox):
    voucher()
    sandbox.fault(path="/v1/validations", status=503, times=1)
    with pytest.raises(TransientError):
        ask(connect)
    with pytest.raises(AuthError):
        ask(connect, credentials={"app_id": "x", "app_token": "y"})
