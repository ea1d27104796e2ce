"""What a list of redeemables does to an order: for validations and redemptions alike."""

from typing import NamedTuple

from . import customers, orders, vouchers
from .checks import check
from .failures import Failure, invalid_payload, not_found

MOST = 30
KINDS = ("voucher", "promotion_tier", "promotion_stack", "gift_card", "loyalty_card")
REDEEMABLE = {"object": KINDS, "id": "string", "gift": "object", "reward": "object"}
TYPES = {
    "redeemables": "array",
    "order": "object",
    "customer": "object",
    "session": "object",
    "tracking_id": "string",
    "metadata": "object",
    "options": "object",
}


class Use(NamedTuple):
    """What became of one redeemable: ``status`` APPLICABLE, INAPPLICABLE or SKIPPED.

    :param discount: what it takes off the order
    :param amount: credits or points that it takes from the voucher
    :param failure: why it is inapplicable
    """

    redeemable: dict
    status: str
    voucher: dict | None = None
    discount: int = 0
    amount: int = 0
    failure: Failure | None = None


def check_request(project, data):
    check(data, TYPES, required=("redeemables",))
    redeemables = data["redeemables"]
    if not 1 <= len(redeemables) <= MOST:
        raise invalid_payload(f"Property .redeemables should have between 1 and {MOST} items")
    for number, each in enumerate(redeemables):
        at = f".redeemables[{number}]"
        if not isinstance(each, dict):
            raise invalid_payload(f"Property {at} should be object")
        check(each, REDEEMABLE, required=("object", "id"), at=at)
        check(each.get("gift") or {}, {"credits": "integer"}, at=f"{at}.gift")
        check(each.get("reward") or {}, {"id": "string", "points": "integer"}, at=f"{at}.reward")
    if len({each["id"] for each in redeemables}) < len(redeemables):
        details = "Duplicated redeemables detected in one redemption"
        raise Failure(400, "duplicated_redeemables", "Duplicated redeemables detected", details)
    orders.check_order(data.get("order") or {}, ".order")
    customers.check_customer(data.get("customer") or {}, ".customer")


def evaluate(project, data, session_key):
    """Return the list of Use, in the order of the request.

    In the mode ALL one inapplicable redeemable lets those after it be skipped.
    """
    left = total(project, data)
    uses = []
    for redeemable in data["redeemables"]:
        if project.settings["application_mode"] == "ALL" and any(each.failure for each in uses):
            uses.append(Use(redeemable, "SKIPPED"))
            continue
        use = use_one(project, data, redeemable, session_key, left)
        left = None if left is None else left - use.discount
        uses.append(use)
    return uses


def is_valid(project, uses):
    """Whether all are applicable, or one of them where the project allows a part."""
    statuses = [each.status for each in uses]
    if project.settings["application_mode"] == "ALL":
        return set(statuses) == {"APPLICABLE"}
    return "APPLICABLE" in statuses


def total(project, data):
    """Return the amount of the order, None if there is no order. Of an order that there is, the stored one counts."""
    order = data.get("order")
    if not order:
        return None
    stored = orders.find(project, order.get("id") or order.get("source_id"))
    return stored["amount"] if stored else orders.amount_of(order)


def use_one(project, data, redeemable, session_key, left):
    voucher = vouchers.find(project, redeemable["id"])
    try:
        if voucher is None:
            raise not_found(redeemable["object"], redeemable["id"])
        vouchers.check_usable(project, voucher, session_key)
        measure = {"DISCOUNT_VOUCHER": discount, "GIFT_VOUCHER": gift, "LOYALTY_CARD": card}[voucher["type"]]
        off, amount = measure(project, data, redeemable, voucher, session_key, left)
    except Failure as failure:
        return Use(redeemable, "INAPPLICABLE", voucher, failure=failure)
    return Use(redeemable, "APPLICABLE", voucher, off, amount)


def discount(project, data, redeemable, voucher, session_key, left):
    if left is None:
        return 0, 0
    terms = voucher["discount"]
    if terms["type"] == "AMOUNT":
        return min(terms["amount_off"], left), 0
    off = round(left * terms["percent_off"] / 100)
    return min(off, terms.get("amount_limit") or off), 0


def gift(project, data, redeemable, voucher, session_key, left):
    """Credits of a gift card; without a number as many as there are, or as the order needs."""
    there = vouchers.available(project, voucher, session_key)
    credits = (redeemable.get("gift") or {}).get("credits")
    if credits is None:
        if left is None:
            raise Failure(400, "missing_amount", "missing amount", voucher["code"])
        credits = min(there, left)
    if credits > there or credits < 0 or there == 0:
        raise Failure(400, "gift_amount_exceeded", "gift amount exceeded", voucher["code"])
    credits = credits if left is None else min(credits, left)
    return credits, credits


def card(project, data, redeemable, voucher, session_key, left):
    """Points of a loyalty card of v1, which only its holder can use."""
    reward = redeemable.get("reward")
    if not reward or not reward.get("points"):
        raise Failure(400, "missing_reward", "missing reward", "Reward has to be specified")
    about = data.get("customer") or {}
    customer = customers.find(project, about.get("id") or about.get("source_id"))
    if customer is None or customer["id"] != voucher["holder_id"]:
        message = "Customer must be a holder of a loyalty card."
        raise Failure(
            400, "invalid_customer", message, voucher["code"], error_message="The customer is invalid."
        )
    if reward["points"] > vouchers.available(project, voucher, session_key):
        raise Failure(400, "loyalty_card_points_exceeded", "loyalty card points exceeded", voucher["code"])
    worth = int(reward["points"] / project.campaigns[voucher["campaign_id"]]["exchange_ratio"])
    return worth if left is None else min(worth, left), reward["points"]
