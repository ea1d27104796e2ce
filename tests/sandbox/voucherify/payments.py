"""Paying orders with points. Each call books anew, and whether it fits the order is checked only later."""

from kit.wire import json_response

from . import members, orders, pages, transactions
from .checks import body_of, check
from .failures import invalid_payload, locked, not_found
from .members import MEMBER

PATH = f"{MEMBER}/orders/payments"
TYPES = {
    "card_id": "string",
    "order": "object",
    "payment_limit": "object",
    "mode": ("TRANSACTION", "DRY_RUN"),
}
LIMIT = {
    "type": ("CARD_BALANCE", "POINTS_LIMIT", "AMOUNT_LIMIT"),
    "points_limit": "object",
    "amount_limit": "object",
}
DRY_RUN = "Dry run mode. No transaction was created. This is only a simulation."
REASON = "Points spent on order payment"


def pay(project, request, program_id, member_id):
    program, member = members.existing(project, program_id, member_id)
    data = body_of(request)
    check(data, TYPES, required=("card_id", "order"), closed=True)
    limit = limit_of(data)
    card = card_of(project, member, data["card_id"])
    order = order_of(project, data["order"])
    members.check_active(project, program, member, "pay with points")
    if card.wallet["exchange_ratio"] is None:
        details = "Card definition does not have pay with points enabled"
        raise locked("pay_with_points_not_enabled", "Pay with points is not enabled", details)
    if card.balance() <= 0:
        raise locked(
            "zero_card_balance", "Card balance is zero", "Operation requires a positive card balance"
        )
    payment = price(card, limit)
    metadata = {name: each["max"] for name, each in limit.items() if name != "type"}
    if data.get("mode") == "DRY_RUN":
        shown = describe(card, order, payment, metadata, "SIMULATED")
        body = {"transaction": shown, "status": "DRY_RUN", "message": DRY_RUN}
        return json_response(200, body)
    made = book(project, card, order, payment, metadata)
    return json_response(202, transactions.created(made, "Pay with points transaction created"))


def limit_of(data):
    """Return {type, and points_limit or amount_limit}."""
    limit = data.get("payment_limit") or {"type": "CARD_BALANCE"}
    check(limit, LIMIT, required=("type",), at=".payment_limit", closed=True)
    name = limit["type"].lower()
    if name == "card_balance":
        return {"type": "CARD_BALANCE"}
    at = f".payment_limit.{name}"
    check(limit, {}, required=(name,), at=".payment_limit")
    check(limit[name], {"max": "integer"}, required=("max",), at=at, closed=True)
    if limit[name]["max"] < 1:
        raise invalid_payload(f"Property {at}.max should be >= 1")
    return {"type": limit["type"], name: limit[name]}


def card_of(project, member, card_id):
    for card in members.cards_of(project, member):
        if card.id == card_id:
            return card
    raise not_found("card", card_id)


def order_of(project, data):
    check(data, {"id": "string", "source_id": "string"}, at=".order", closed=True)
    key = data.get("id") or data.get("source_id")
    if not key:
        raise invalid_payload("Property .order should have required property 'id'")
    return orders.existing(project, key)


def price(card, limit):
    """Return what is paid. Neither the order's amount nor earlier payments limit it."""
    ratio, points = card.wallet["exchange_ratio"], card.balance()
    if "points_limit" in limit:
        points = min(points, limit["points_limit"]["max"])
    amount = int(points / ratio)
    if "amount_limit" in limit:
        amount = min(amount, limit["amount_limit"]["max"])
    return {"amount": amount, "points_spent": round(amount * ratio), "exchange_ratio": ratio}


def describe(card, order, payment, metadata, status):
    names = ("program_id", "member_id", "card_id", "card_definition_id")
    return {
        **{name: card.belongs_to()[name] for name in names},
        "card_transaction_id": None,
        "order_id": order["id"],
        "status": status,
        "type": "PAY_WITH_POINTS",
        "details": {"reason": REASON, "rejection": None, "metadata": metadata, "payment": payment},
        "updated_at": None,
        "object": "order_transaction",
    }


def book(project, card, order, payment, metadata):
    """Create the two transactions, of the card and of the order. The points are locked until they are processed."""
    points = payment["points_spent"]
    made = {
        "id": project.new_id("lotx_"),
        **describe(card, order, payment, metadata, "PENDING"),
        "created_at": project.clock.iso(),
    }
    card.lock(points)

    def apply():
        card.unlock(points)
        return refusal(project, card, order, payment) or card.take(points, "spent")

    def changed(rejection):
        made.update(status="REJECTED" if rejection else "APPROVED", updated_at=project.clock.iso())
        if rejection:
            made["details"]["rejection"] = {"reason": rejection}
        else:
            payment["id"] = project.new_id("ordpay_")

    details = {
        "points": {"total": points},
        "order": {"id": order["id"]},
        "order_transaction": {"id": made["id"]},
    }
    spent = transactions.create(
        project, card, "POINTS_SPENT_ON_ORDER", details, apply, REASON, changed=changed
    )
    made["card_transaction_id"] = spent["id"]
    project.payments.append(made)
    return made


def refusal(project, card, order, payment):
    most = card.wallet["most_per_transaction"]
    if order["id"] not in project.orders:
        return "ORDER_NOT_FOUND"
    if most and payment["points_spent"] > most:
        return "TRANSACTION_SPENDING_LIMIT_EXCEEDED"
    if payment["points_spent"] > card.balance():
        return "NOT_ENOUGH_BALANCE"
    left = order["amount"] - order["discount_amount"] - paid(project, order)
    return "PAYMENT_EXCEEDS_ORDER_TOTAL_AMOUNT" if payment["amount"] > left else None


def approved(project, order):
    return [
        each for each in project.payments if each["order_id"] == order["id"] and each["status"] == "APPROVED"
    ]


def paid(project, order):
    return sum(each["details"]["payment"]["amount"] for each in approved(project, order))


def list_page(project, request, program_id, member_id):
    members.existing(project, program_id, member_id)
    found = [each for each in project.payments if each["member_id"] == member_id]
    return pages.by_cursor(project, request, found, "lcrsotx_")


ROUTES = (("POST", PATH, pay), ("GET", PATH, list_page))
