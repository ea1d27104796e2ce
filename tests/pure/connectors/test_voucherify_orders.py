"""Orders at Voucherify: in minor units, with items that add up, and paid once."""

import pytest
from samples import make_item, order, order_line
from voucherify_fixtures import checked_calls, connect, project

from odoo.addons.retail_hub.connectors.items import Reference, RemoteId
from odoo.addons.retail_hub.connectors.loyalty import customer_key
from odoo.addons.retail_hub.connectors.minor_units import spread, to_minor

__all__ = ("checked_calls", "connect", "project")


def item(event_type, **changes):
    return make_item(
        event_type=event_type,
        data={**order(42), **changes},
        subject="order/sale/42",
        remote_ids={Reference("customer", 7): RemoteId("cust_7")},
    )


def send(connect, *items):
    with connect() as adapter:
        outcomes = [adapter.send([adapter.prepare(each)])[0] for each in items]
    assert [each.error for each in outcomes] == [None] * len(items)


def test_an_order_earns_when_it_is_paid_and_once(project, connect):
    member = project.member(customer_key("7"))
    send(connect, item("order.placed"))
    project.act("process")
    assert member.balance()[0] == 0
    send(connect, item("order.paid"), item("order.paid"))
    project.act("process")
    assert member.balance()[0] == 24
    [found] = project.records("orders")
    assert (found["source_id"], found["status"], found["amount"]) == ("sale-42", "PAID", 2_400)
    assert [each[0] for each in member.transactions()] == ["POINTS_EARNED"]


def test_a_till_order_has_another_name(project, connect):
    """Orders of tills have ids of their own."""
    project.customer(customer_key("7"))
    send(connect, item("order.paid", channel="pos"), item("order.paid"))
    assert {each["source_id"] for each in project.records("orders")} == {"pos-42", "sale-42"}


def test_what_a_reward_deducts_is_spread(project, connect):
    lines = [
        order_line(1, total="10.00", quantity="1"),
        order_line(2, total="20.00", quantity="3"),
        order_line(3, kind="reward", total="-5.00", quantity="1"),
    ]
    project.customer(customer_key("7"))
    send(connect, item("order.paid", lines=lines, total="25.00"))
    [found] = project.records("orders")
    assert [(each["amount"], each["quantity"], each["price"]) for each in found["items"]] == [
        (833, 1, 833),
        (1667, 1, 1667),
    ]
    assert found["amount"] == 2_500


def test_cancelled(project, connect):
    project.customer(customer_key("7"))
    send(connect, item("order.placed"), item("order.cancelled", status="cancelled"))
    [found] = project.records("orders")
    assert found["status"] == "CANCELED"


def test_a_response_that_was_lost_doubles_nothing(project, connect, sandbox):
    member = project.member(customer_key("7"))
    sandbox.fault(path="/v1/orders", drop="after", times=1)
    with connect() as adapter:
        prepared = adapter.prepare(item("order.paid"))
        [lost] = adapter.send([prepared])
        assert lost.error.uncertain
        [outcome] = adapter.resolve([prepared])
    assert outcome.error is None
    project.act("process")
    assert (len(project.records("orders")), member.balance()[0]) == (1, 24)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.50", "EUR", 1250), ("1200", "JPY", 1200), ("1.234", "KWD", 1234), ("0.005", "EUR", 1)],
)
def test_minor_units(amount, currency, minor):
    assert to_minor(amount, currency) == minor


def test_shares_add_up():
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(0, [5, 5]) == [0, 0]
    assert spread(7, [0, 0]) == [0, 0]
    assert sum(spread(9_999, [1, 2, 3, 5, 7, 11])) == 9_999
