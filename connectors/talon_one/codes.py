"""Coupon codes of Talon.One: asked for by dry requests, and put into the session of the order. Pure functions.

Talon.One says what a coupon takes off a session, and not what it is: a second dry request, with doubled prices, tells a
percentage from an amount. A rejected coupon is no error, but an effect in a 200. A coupon is used when its session is
closed; until then, all effects are forecasts.
"""

from datetime import date
from decimal import Decimal

from ...core.errors import BusinessError
from ..items import Prepared
from ..loyalty import EngineCode, order_key
from .orders import cart_items

REDEEMED, REVERSED = "code.redeemed", "code.reversed"
EVENT_TYPES = frozenset({REDEEMED, REVERSED})
CODE = "code"
UNKNOWN = "CouponNotFound"
DISCOUNTS = {"setDiscount": "value", "setDiscountPerItem": "value"}
CENT = Decimal("0.01")
REASONS = {
    "CouponExpired": "it has expired",
    "CouponLimitReached": "it has been used as often as it can be",
    "CouponPartOfNotRunningCampaign": "its campaign is not running",
    "CouponPartOfNotTriggeredCampaign": "its campaign does not apply to this order",
    "CouponRecipientDoesNotMatch": "it is for another customer",
    "CouponRejectedByCondition": "the order does not meet its conditions",
    "CouponReservationRequired": "it has to be reserved for the customer first",
    "CouponStartDateInFuture": "it is not valid yet",
    "ProfileLimitReached": "the customer has used it as often as they can",
    "ProfileRequired": "it needs a customer",
}


def question(code, data, profile, products, factor=1):
    """Return the body of a request that asks for a code.

    :param data: canonical data of an order
    :param products: ids of the products by which codes reduce a price
    :param factor: by which the prices are multiplied
    """
    items = cart_items(data, products)
    for item in items:
        item["price"] = round(item["price"] * factor, 6)
    content = {"profileId": profile, "state": "open", "cartItems": items, "couponCodes": [code]}
    return {"customerSession": content, "responseContent": ["coupons", "customerSession"]}


def rejection(answer, code):
    """Return the error for a code that an answer rejects; None if it does not."""
    for each in answer["effects"]:
        props = each.get("props") or {}
        if each.get("effectType") == "rejectCoupon" and props.get("value") == code:
            reason = str(props.get("rejectionReason") or "")
            return BusinessError(
                REASONS.get(reason, reason or "no reason given"), code=reason[:64] or "REJECTED"
            )
    return None


def discount_of(answer):
    """Return what the coupon of an answer takes off."""
    values = [
        Decimal(str((each.get("props") or {}).get(DISCOUNTS[each["effectType"]]) or 0))
        for each in answer["effects"]
        if each.get("effectType") in DISCOUNTS and each.get("triggeredByCoupon")
    ]
    return sum(values, Decimal())


def code_of(code, answer, doubled):
    """Return the :class:`~..loyalty.EngineCode` of a code that is accepted.

    :param doubled: the answer for doubled prices
    :raise BusinessError: it takes nothing off the price
    """
    value, of_double = discount_of(answer), discount_of(doubled)
    if value <= 0:
        message = "it takes nothing off the price of this order, and Odoo can do nothing else with a code"
        raise BusinessError(message, code="CODE_NOT_SUPPORTED")
    total = _total(answer)
    coupon = next((each for each in answer.get("coupons") or () if each.get("value") == code), {})
    about = {"code": code, "uses": _uses(coupon), "expires_on": _day(coupon.get("expiryDate"))}
    percent = (100 * value / total).quantize(CENT) if total else Decimal()
    grows = abs(of_double - 2 * value) <= CENT and abs(total * percent / 100 - value) <= CENT
    if grows and value > CENT:
        return EngineCode(kind="percent", value=percent.normalize(), **about)
    return EngineCode(kind="amount", value=value, **about)


def _total(answer):
    items = (answer.get("customerSession") or {}).get("cartItems") or ()
    return sum((Decimal(str(each["price"])) * each["quantity"] for each in items), Decimal())


def _uses(coupon):
    limit = coupon.get("usageLimit")
    return max(limit - (coupon.get("usageCounter") or 0), 0) if limit else None


def _day(moment):
    return date.fromisoformat(moment[:10]) if moment else None


def prepare(item, profile, products):
    """Return the request that puts a code into the session of an order, or takes it out."""
    data = item.data
    session, code = order_key(data["channel"], data["id"]), data["code"]
    content = {"profileId": profile, "state": "open"}
    if item.event_type == REDEEMED:
        content["cartItems"] = cart_items(data, products)
    body = {
        "session": session,
        "code": code,
        "customerSession": content,
        "responseContent": ["customerSession"],
    }
    return Prepared(item, CODE, body, {}, is_subject=False)


def codes_after(event_type, session, code):
    """Return the codes that an open session has after an event.

    :param session: None if there is none
    """
    codes = list((session or {}).get("couponCodes") or ())
    if event_type == REVERSED:
        return [each for each in codes if each != code]
    return codes if code in codes else [*codes, code]


def check_closed(event_type, session, code):
    """Check a session that is not open any more: its codes cannot be changed.

    :raise BusinessError: it was closed without the code
    """
    if event_type == REDEEMED and code not in (session.get("couponCodes") or ()):
        state = session.get("state")
        message = (
            f"The session of the order was {state} before the code came, so Talon.One does not count it."
        )
        raise BusinessError(f"{message} Look at the coupon there.", code="SESSION_CLOSED")
