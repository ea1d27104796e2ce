"""Rollbacks: of whole redemptions only, up to three months back, and once."""

from kit.clock import epoch
from kit.wire import json_response

from . import customers, orders, redemptions, vouchers, webhooks
from .checks import body_of, check
from .failures import Failure
from .redemptions import PATH, SPENT

TYPES = {
    "reason": "string",
    "tracking_id": "string",
    "customer": "object",
    "order": "object",
    "metadata": "object",
}
MONTHS = 3
REFUND = {"GIFT_VOUCHER": "CREDITS_REFUND", "LOYALTY_CARD": "POINTS_REFUND"}


def roll_back(project, request, key):
    redemption, data = begin(project, request, key)
    if redemption["related_object_type"] == "redemption":
        details = "You can rollback only a single redemption. Use different endpoint for stacked redemption."
        raise Failure(400, "invalid_redemption", "Invalid redemption", details)
    check_allowed(project, redemption, data)
    made = undo(project, redemption, data)
    cancel_order(project, redemption)
    return json_response(200, redemptions.describe(project, made))


def roll_back_stack(project, request, key):
    """Also for a single redemption."""
    redemption, data = begin(project, request, key)
    check_allowed(project, redemption, data)
    children = [each for each in project.redemptions.values() if is_child(each, key)]
    made = [undo(project, each, data) for each in children or [redemption]]
    parent = undo(project, redemption, data) if children else None
    cancel_order(project, redemption)
    order = project.orders.get(redemption["order_id"])
    body = {"rollbacks": [redemptions.describe(project, each) for each in made]}
    if parent:
        body["parent_rollback"] = redemptions.describe(project, parent)
    if order:
        body["order"] = orders.describe(order)
    return json_response(200, body)


def is_child(redemption, key):
    return redemption["object"] == "redemption" and redemption["redemption"] == key


def begin(project, request, key):
    """Return (redemption, body)."""
    redemption = redemptions.existing(project, key)
    data = body_of(request, optional=True)
    check(data, TYPES)
    arguments = request.arguments()
    data = {**{name: arguments[name] for name in ("reason", "tracking_id") if name in arguments}, **data}
    if redemption["redemption"] is not None:
        details = "You can rollback only a redemption that does not have parent redemption."
        raise Failure(400, "invalid_redemption_parent", "Invalid redemption parent", details)
    return redemption, data


def check_allowed(project, redemption, data):
    about = data.get("customer") or {}
    if about and not is_of(
        customers.existing(project, about.get("id") or about.get("source_id")), redemption
    ):
        raise Failure(400, "invalid_customer", "Invalid customer", "Customer is not related with redemption.")
    about = data.get("order") or {}
    order = orders.find(project, about.get("id") or about.get("source_id"))
    if about and (order or {}).get("id") != redemption["order_id"]:
        raise Failure(400, "invalid_order", "Invalid order", "Order is not related with redemption.")
    if redemption["status"] == "ROLLED_BACK":
        details, failed = "Redemption has been already rolled back.", project.new_id("rrf_")
        about = ("redemption_rollback", failed)
        raise Failure(400, "already_rolled_back", "Already rolled back", details, about)
    if redemption["status"] == "FAILED" or epoch(redemption["date"]) < project.clock.months_ago(MONTHS):
        details = f"Only a successful redemption of the last {MONTHS} months can be rolled back."
        raise Failure(400, "invalid_redemption", "Invalid redemption", details)


def is_of(customer, redemption):
    return customer["id"] == redemption["customer_id"]


def undo(project, redemption, data):
    """Undo one redemption, and return the rollback."""
    about = {name: redemption[name] for name in redemption if name not in ("session", "gift", "loyalty_card")}
    made = {
        **about,
        "id": project.new_id("rr_"),
        "object": "redemption_rollback",
        "date": project.clock.iso(),
        "metadata": data.get("metadata"),
        "redemption": redemption["id"],
        "reason": data.get("reason"),
        "result": "SUCCESS",
        "status": "SUCCEEDED",
    }
    if data.get("tracking_id"):
        made["tracking_id"] = data["tracking_id"]
    if redemption.get("voucher"):
        give_back(project, redemption, made)
    redemption["status"] = "ROLLED_BACK"
    redemption["related_redemptions"] = {"rollbacks": [{"id": made["id"], "date": made["date"]}]}
    redemptions.store(project, made)
    data = redemptions.told(redemption=redemption, redemption_rollback=made)
    webhooks.notify(project, "redemption.rollback.succeeded", made["id"], data)
    return made


def give_back(project, redemption, made):
    voucher = vouchers.find(project, redemption["related_object_id"])
    if voucher is None:
        return
    voucher["redemption"]["redeemed_quantity"] -= 1
    if voucher["type"] in SPENT:
        group, name = SPENT[voucher["type"]]
        amount = redemption["amount"]
        made.update({"amount": -amount, group: {name: -amount}})
        details = {"redemption": {"id": redemption["id"]}, "rollback": {"id": made["id"]}}
        vouchers.change_balance(project, voucher, amount, REFUND[voucher["type"]], details=details)


def cancel_order(project, redemption):
    order = project.orders.get(redemption["order_id"])
    if order and project.settings["rollback_order_mode"] == "WITH_ORDER":
        order["updated_at"] = project.clock.iso()
        orders.set_status(project, order, "CANCELED")


ROUTES = (
    ("POST", f"{PATH}/{{key}}/rollback", roll_back),
    ("POST", f"{PATH}/{{key}}/rollbacks", roll_back_stack),
)
