"""Redemptions of one or several redeemables. Each call redeems again; an order that it stores is paid."""

from kit.wire import json_response

from . import customers, filters, orders, pages, sessions, stack, validations, vouchers, webhooks
from .checks import body_of
from .failures import Failure, not_found

PATH = "/v1/redemptions"
FILTERS = (
    "voucher_code",
    "related_object_id",
    "parent_redemption_id",
    "failure_code",
    "result",
    "object",
    "customer_id",
)
SHOWN = ("id", "code", "type", "campaign", "campaign_id", "holder_id", "created_at")  # of vouchers
SPENT = {"GIFT_VOUCHER": ("gift", "amount"), "LOYALTY_CARD": ("loyalty_card", "points")}
SPENDING = {"GIFT_VOUCHER": "CREDITS_REDEMPTION", "LOYALTY_CARD": "POINTS_REDEMPTION"}


def redeem(project, request):
    data = body_of(request)
    stack.check_request(project, data)
    session = sessions.wanted(data)
    uses = stack.evaluate(project, data, session and session["key"])
    if not stack.is_valid(project, uses):
        raise refused(project, data, next(each for each in uses if each.failure))
    customer = customers.upsert(project, data["customer"], ".customer") if data.get("customer") else None
    applied = [each for each in uses if each.status == "APPLICABLE"]
    order = orders.upsert(project, data["order"], "PAID", ".order", customer) if data.get("order") else None
    if order:
        order["discount_amount"] += sum(each.discount for each in applied)
    about = common(project, data, customer, order, session)
    parent = make_parent(project, about, order) if len(applied) > 1 else None
    made = [make(project, about, order, parent, each) for each in applied]
    if parent:
        order_redemptions(order, parent, stacked=[each["id"] for each in made])
    if session:
        sessions.close(project, session["key"], [each.voucher["id"] for each in applied])
    return json_response(200, answer(data, uses, made, parent, order))


def refused(project, data, use):
    """Store the redemption that failed, and return the Failure that names it."""
    failure = use.failure
    if use.voucher is not None:
        about = common(project, data, None, None, None)
        failed = {
            "id": project.new_id("rf_"),
            **about,
            "result": "FAILURE",
            "status": "FAILED",
            "failure_code": failure.key,
            "failure_message": failure.title,
            **related(use.voucher),
        }
        store(project, failed)
        failure = Failure(
            failure.status,
            failure.key,
            failure.title,
            failure.details,
            ("redemption", failed["id"]),
            failure.error_message,
        )
    return failure


def store(project, redemption):
    project.redemptions[redemption["id"]] = redemption
    project.redemptions_of.setdefault(redemption["customer_id"], []).append(redemption)


def common(project, data, customer, order, session):
    about = {
        "object": "redemption",
        "date": project.clock.iso(),
        "customer_id": customer and customer["id"],
        "tracking_id": data.get("tracking_id") or validations.tracking_id(data),
        "metadata": data.get("metadata"),
        "redemption": None,
        "result": "SUCCESS",
        "status": "SUCCEEDED",
        "order_id": order and order["id"],
        "channel": {"channel_id": project.settings["app_id"], "channel_type": "API"},
        "customer": customers.simple(customer),
    }
    return {**about, "session": {"key": session["key"]}} if session else about


def related(voucher):
    shown = {name: voucher[name] for name in SHOWN}
    return {
        "related_object_type": "voucher",
        "related_object_id": voucher["id"],
        "voucher": {**shown, "object": "voucher"},
    }


def make_parent(project, about, order):
    parent = {"id": project.new_id("r_"), **about}
    parent.update(related_object_type="redemption", related_object_id=parent["id"], voucher=None)
    store(project, parent)
    return parent


def make(project, about, order, parent, use):
    made = {
        "id": project.new_id("r_"),
        **about,
        **related(use.voucher),
        "redemption": parent and parent["id"],
    }
    use.voucher["redemption"]["redeemed_quantity"] += 1
    if use.voucher["type"] in SPENT:
        group, name = SPENT[use.voucher["type"]]
        made.update({"amount": use.amount, group: {name: use.amount}})
        kind, details = SPENDING[use.voucher["type"]], {"redemption": {"id": made["id"]}}
        vouchers.change_balance(project, use.voucher, -use.amount, kind, details=details)
    store(project, made)
    if order and parent is None:
        order_redemptions(order, made)
    webhooks.notify(project, "redemption.succeeded", made["id"], told(redemption=made))
    return made


def told(**redemptions):
    """Return the data of a webhook: less than the API shows, and the status in other words."""
    names = ("id", "customer_id", "tracking_id", "date", "amount", "result", "customer", "object")
    first = next(iter(redemptions.values()))
    shown = {
        what: {
            **{name: each[name] for name in names if name in each},
            "metadata": each["metadata"] or {},
            "status": each["status"].replace("_", " "),
        }
        for what, each in redemptions.items()
    }
    return {**shown, "voucher": first["voucher"], "customer": first["customer"]}


def order_redemptions(order, redemption, **more):
    if order:
        order["redemptions"][redemption["id"]] = {
            "date": redemption["date"],
            "related_object_type": redemption["related_object_type"],
            "related_object_id": redemption["related_object_id"],
            **more,
        }


def answer(data, uses, made, parent, order):
    shown_order = order and orders.describe(order)
    body = {"redemptions": [{**without_order_id(each), "order": shown_order} for each in made]}
    if parent:
        body["parent_redemption"] = {**without_order_id(parent), "order": shown_order}
    if order:
        body["order"] = shown_order
    for name, status in (("inapplicable_redeemables", "INAPPLICABLE"), ("skipped_redeemables", "SKIPPED")):
        body[name] = [validations.describe(data, uses, each) for each in uses if each.status == status]
    return body


def describe(project, redemption):
    order = project.orders.get(redemption["order_id"])
    return {**without_order_id(redemption), "order": order and orders.describe(order)}


def without_order_id(redemption):
    return {name: value for name, value in redemption.items() if name != "order_id"}


# --- the API ---


def read(project, request, key):
    return json_response(200, describe(project, existing(project, key)))


def existing(project, key):
    if key not in project.redemptions:
        raise not_found("redemption", key)
    return project.redemptions[key]


def list_page(project, request):
    """Failed redemptions and rollbacks are in the list too. It cannot be filtered by order or metadata."""
    arguments = request.arguments()
    found = [{**each, **flat(each)} for each in project.redemptions.values()]
    found = filters.matching(request, found, FILTERS)
    if "customer" in arguments:
        customer = customers.find(project, arguments["customer"])
        found = [each for each in found if customer and each["customer_id"] == customer["id"]]
    if "result" in arguments:
        found = [each for each in found if each["result"] == arguments["result"]]
    shown = [describe(project, project.redemptions[each["id"]]) for each in found]
    return pages.by_number(request, shown, "redemptions")


def flat(redemption):
    """Return the values that filters name otherwise."""
    voucher = redemption.get("voucher") or {}
    return {"voucher_code": voucher.get("code"), "parent_redemption_id": redemption["redemption"]}


ROUTES = (
    ("POST", PATH, redeem),
    ("GET", PATH, list_page),
    ("GET", f"{PATH}/{{key}}", read),
)
