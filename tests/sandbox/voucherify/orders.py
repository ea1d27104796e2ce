"""Orders, in minor units. That one becomes PAID lets the members earn, later; that one is CANCELED, refund."""

from kit.wire import json_response

from . import customers, earning, pages, refunds
from .checks import body_of, check
from .failures import Failure, invalid_payload, not_found

PATH = "/v1/orders"
STATUSES = ("CREATED", "PAID", "CANCELED", "FULFILLED")
MOST_ITEMS = 500
TYPES = {
    "id": "string",
    "source_id": "string",
    "status": STATUSES,
    "amount": "integer",
    "initial_amount": "integer",
    "discount_amount": "integer",
    "items": "array",
    "metadata": "object",
    "customer": "object",
    "referrer": "object",
}
AMOUNTS = ("quantity", "price", "amount", "discount_amount", "initial_amount", "initial_quantity")
ITEM = {
    "sku_id": "string",
    "product_id": "string",
    "related_object": ("product", "sku"),
    "source_id": "string",
    **dict.fromkeys(AMOUNTS, "integer"),
    "product": "object",
    "sku": "object",
    "metadata": "object",
}


def find(project, key):
    """Return the order with this ``id`` or ``source_id``, or None."""
    return project.orders.get(project.order_ids.get(key, key))


def existing(project, key):
    order = find(project, key)
    if order is None:
        raise not_found("order", key)
    return order


def check_order(data, at=""):
    check(data, TYPES, at=at)
    items = data.get("items") or ()
    if len(items) > MOST_ITEMS:
        raise invalid_payload(f"Property {at}.items should NOT have more than {MOST_ITEMS} items")
    for number, item in enumerate(items):
        check_item(item, f"{at}.items[{number}]")
    if (amount_of(data) or 0) < 0:
        raise Failure(400, "invalid_amount", "Invalid Amount", "Amount has to be a valid positive number")


def check_item(item, at):
    if not isinstance(item, dict):
        raise invalid_payload(f"Property {at} should be object")
    check(item, ITEM, at=at)


def amount_of(data):
    """Return the amount of an order in a request: that of its items, if it has some. None if it says nothing."""
    if data.get("items"):
        return sum(item_amount(each) for each in data["items"])
    return data.get("amount")


def item_amount(item):
    if item.get("amount") is not None:
        return item["amount"]
    return (item.get("price") or 0) * (item.get("quantity") or 1)


def upsert(project, data, status="CREATED", at="", customer=None):
    """Create or update the order that an object of a request describes, and return it.

    :param status: of a new order that has none
    :param customer: the customer, if the order names none
    """
    check_order(data, at)
    order = None
    if data.get("id"):
        order = existing(project, data["id"])
    elif data.get("source_id"):
        order = find(project, data["source_id"])
    if order is None:
        order = create(project, data, status)
    else:
        order["updated_at"] = project.clock.iso()
    write(project, order, data, customer, data.get("status") or order["status"] or status)
    return order


def create(project, data, status):
    order = {
        "id": project.new_id("ord_"),
        "source_id": data.get("source_id"),
        "created_at": project.clock.iso(),
        "updated_at": None,
        "status": None,
        "amount": 0,
        "discount_amount": 0,
        "items": [],
        "metadata": {},
        "customer_id": None,
        "referrer_id": None,
        "redemptions": {},
    }
    project.orders[order["id"]] = order
    if order["source_id"]:
        project.order_ids[order["source_id"]] = order["id"]
    return order


def write(project, order, data, customer, status):
    if data.get("customer"):
        customer = customers.upsert(project, data["customer"], ".customer")
    if customer and order["customer_id"] is None:
        order["customer_id"] = customer["id"]
        project.orders_of.setdefault(customer["id"], []).append(order["id"])
    if data.get("items"):
        order["items"] = [describe_item(each) for each in data["items"]]
    amount = amount_of(data)
    if amount is not None:
        order["amount"] = amount
    order["metadata"].update(data.get("metadata") or {})
    set_status(project, order, status)


def set_status(project, order, status):
    """Change the status. Only a change lets something happen, and never at once."""
    before, order["status"] = order["status"], status
    if status == "PAID" and before != "PAID":
        event = project.new_id("evcus_")
        project.work.later(lambda: earning.on_paid(project, order, event))
    if status == "CANCELED" and before not in (None, "CANCELED"):
        project.work.later(lambda: refunds.on_canceled(project, order))


def describe_item(item):
    amount = item_amount(item)
    shown = {name: item[name] for name in ITEM if item.get(name) is not None}
    return {**shown, "amount": amount, "subtotal_amount": amount, "object": "order_item"}


def describe(order):
    shown = {name: value for name, value in order.items() if name not in ("redemptions", "discount_amount")}
    discount = order["discount_amount"]
    if discount:
        names = ("discount_amount", "applied_discount_amount")
        shown.update(dict.fromkeys(names, discount))
        shown.update(total_discount_amount=discount, total_applied_discount_amount=discount)
    if order["redemptions"]:
        shown["redemptions"] = order["redemptions"]
    if order["customer_id"]:
        shown["customer"] = {"id": order["customer_id"], "object": "customer"}
    return {**shown, "total_amount": order["amount"] - discount, "object": "order"}


# --- the API ---


def save(project, request):
    return json_response(200, describe(upsert(project, body_of(request))))


def read(project, request, key):
    return json_response(200, describe(existing(project, key)))


def update(project, request, key):
    order, data = existing(project, key), body_of(request)
    check_order(data)
    order["updated_at"] = project.clock.iso()
    write(project, order, data, None, data.get("status") or order["status"])
    return json_response(200, describe(order))


def list_page(project, request):
    return pages.by_number(
        request, [describe(each) for each in project.orders.values()], "orders", "created_at"
    )


ROUTES = (
    ("POST", PATH, save),
    ("GET", PATH, list_page),
    ("GET", f"{PATH}/{{key}}", read),
    ("PUT", f"{PATH}/{{key}}", update),
)
