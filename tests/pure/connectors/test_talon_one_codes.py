"""Coupon codes at Talon.One: asked for without leaving a trace, and used when the order's session is closed."""

from datetime import date
from decimal import Decimal

import pytest
from samples import make_item, order, order_line
from talon_one_fixtures import checked_calls, connect, deliver, linked, talon

from odoo.addons.retail_hub.connectors.loyalty import CodeEngine, CodeQuestion, EngineCode
from odoo.addons.retail_hub.core.errors import BusinessError, TransientError

__all__ = ("checked_calls", "connect", "deliver", "talon")
LINES = [order_line(1, total="60.00", quantity="2"), order_line(2, total="40.00", quantity="1")]
REWARD = {**order_line(3, total="-10.00", quantity="1"), "kind": "reward", "product_id": "77"}
PRODUCTS = frozenset({"77"})


def data(number=42, lines=LINES, **changes):
    return {**order(number), "lines": lines, **changes}


def item(event_type, number=1, code="TEA10", order_id=42, lines=LINES, **changes):
    about = {"code": code, "kind": "discount", "amount": "10.00"} if event_type.startswith("code.") else {}
    made = make_item(
        number,
        event_type=event_type,
        data={**data(order_id, lines), **about, **changes},
        subject=f"order/sale/{order_id}",
    )
    return linked(made, number)


@pytest.fixture
def coupons(talon):
    """Return a function that sets the coupons of the deployment."""
    return lambda *given: talon.configure(coupons=list(given))


def ask(connect, code="TEA10", **changes):
    with connect(code_products=PRODUCTS) as adapter:
        assert isinstance(adapter, CodeEngine)
        return adapter.ask_code(CodeQuestion(code=code, order=data(**changes), hold="sale-42", minutes=5))


def session(talon, key="sale-42"):
    return next((each for each in talon.records("sessions") if each["integrationId"] == key), None)


def uses(connect, code="TEA10"):
    return ask(connect, code, number=99).uses


def test_a_percentage(talon, connect, coupons):
    coupons({"code": "TEA10", "percent": 10, "usage_limit": 3, "expiry": "2030-12-31T10:00:00Z"})
    found = ask(connect)
    assert found == EngineCode(
        code="TEA10", kind="percent", value=Decimal(10), uses=3, expires_on=date(2030, 12, 31)
    )
    assert session(talon) is None


def test_a_percentage_of_each_item(connect, coupons):
    coupons({"code": "TEA10", "percent": 12.5, "per_item": True, "usage_limit": 0})
    assert ask(connect) == EngineCode(code="TEA10", kind="percent", value=Decimal("12.5"))


def test_an_amount(connect, coupons):
    coupons({"code": "TEA10", "amount": 10, "usage_limit": 0})
    assert ask(connect) == EngineCode(code="TEA10", kind="amount", value=Decimal(10))


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"expiry": "2020-01-01T00:00:00Z"}, "CouponExpired", "it has expired"),
        ({"min_total": 101}, "CouponRejectedByCondition", "the order does not meet its conditions"),
        ({"recipient": "odoo-8"}, "CouponRecipientDoesNotMatch", "it is for another customer"),
    ],
)
def test_a_rejected_coupon_is_no_error_of_the_call(connect, coupons, changes, code, text):
    coupons({"code": "TEA10", "percent": 10, **changes})
    with pytest.raises(BusinessError) as caught:
        ask(connect)
    assert (caught.value.code, caught.value.message) == (code, text)


def test_an_unknown_code(connect, coupons):
    coupons()
    assert ask(connect) is None


def test_a_coupon_that_takes_nothing_off(connect, coupons):
    coupons({"code": "TEA10"})
    with pytest.raises(BusinessError) as caught:
        ask(connect)
    assert caught.value.code == "CODE_NOT_SUPPORTED"


def test_used_when_the_order_is_paid_and_free_when_it_is_cancelled(talon, connect, deliver, coupons):
    """The prices of the session are those before the code: Talon.One takes it off itself."""
    coupons({"code": "TEA10", "percent": 10, "usage_limit": 2})
    lines = [*LINES, REWARD]
    for number, name in enumerate(("code.redeemed", "order.placed", "code.redeemed"), 1):
        made = item(name, number, lines=LINES if name.startswith("code") else lines)
        assert deliver(made, code_products=PRODUCTS).error is None
    assert (session(talon)["state"], session(talon)["couponCodes"]) == ("open", ["TEA10"])
    assert uses(connect) == 2
    assert deliver(item("order.paid", 4, lines=lines), code_products=PRODUCTS).error is None
    assert [each["price"] for each in session(talon)["cartItems"]] == [30, 40]
    assert uses(connect) == 1
    assert deliver(item("code.reversed", 5, lines=[])).error is None
    assert uses(connect) == 1
    assert deliver(item("order.cancelled", 6)).error is None
    assert uses(connect) == 2


def test_taken_out_of_an_open_session(talon, deliver, coupons):
    coupons({"code": "TEA10", "percent": 10}, {"code": "FIVE", "amount": 5})
    deliver(item("code.redeemed"))
    deliver(item("code.redeemed", 2, "FIVE"))
    assert session(talon)["couponCodes"] == ["TEA10", "FIVE"]
    assert deliver(item("code.reversed", 3, lines=[])).error is None
    assert session(talon)["couponCodes"] == ["FIVE"]
    assert deliver(item("code.reversed", 4, order_id=43, lines=[])).error is None
    assert session(talon, "sale-43") is None


def test_rejected_after_the_order(deliver, coupons):
    coupons({"code": "TEA10", "percent": 10, "expiry": "2020-01-01T00:00:00Z"})
    refused = deliver(item("code.redeemed"))
    assert (type(refused.error), refused.error.code) == (BusinessError, "CouponExpired")


def test_rejected_when_the_order_is_paid(deliver, coupons):
    coupons({"code": "TEA10", "percent": 10})
    deliver(item("code.redeemed"))
    coupons({"code": "TEA10", "percent": 10, "is_running": False})
    paid = deliver(item("order.paid", 2))
    assert (paid.error, list(paid.warnings)) == (
        None,
        ["Talon.One rejected the code TEA10: CouponPartOfNotRunningCampaign."],
    )


def test_the_order_was_paid_before_the_code_came(deliver, coupons):
    coupons({"code": "TEA10", "percent": 10})
    deliver(item("order.paid"))
    refused = deliver(item("code.redeemed", 2))
    assert (type(refused.error), refused.error.code) == (BusinessError, "SESSION_CLOSED")


def test_an_answer_that_was_lost(talon, deliver, coupons, sandbox):
    coupons({"code": "TEA10", "percent": 10})
    sandbox.fault(path="/v2/customer_sessions", method="PUT", drop="after", times=1)
    assert isinstance(deliver(item("code.redeemed")).error, TransientError)
    assert deliver(item("code.redeemed"), is_in_doubt=True).error is None
    assert session(talon)["couponCodes"] == ["TEA10"]
