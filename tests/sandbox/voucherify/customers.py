"""Customers. ``POST /v1/customers`` creates or updates; a ``source_id`` is for good."""

from kit.wire import Response, json_response

from . import async_actions, pages, segments, webhooks
from .checks import body_of, check
from .failures import invalid_payload, not_found

PATH = "/v1/customers"
TEXTS = ("name", "description", "email", "phone", "birthday", "birthdate")
TYPES = {
    **dict.fromkeys(("id", "source_id", *TEXTS), "string"),
    "address": "object",
    "metadata": "object",
}
ADDRESS = dict.fromkeys(("city", "state", "line_1", "line_2", "country", "postal_code"), "string")


def find(project, key):
    """Return the customer with this ``id`` or ``source_id``, or None."""
    return project.customers.get(project.customer_ids.get(key, key))


def existing(project, key):
    customer = find(project, key)
    if customer is None:
        raise not_found("customer", key)
    return customer


def check_customer(data, at=""):
    check(data, TYPES, at=at)
    check(data.get("address") or {}, ADDRESS, at=f"{at}.address")


def upsert(project, data, at=""):
    """Create or update the customer that an object of a request describes, and return it."""
    check_customer(data, at)
    customer = None
    if data.get("id"):
        customer = existing(project, data["id"])
    elif data.get("source_id"):
        customer = find(project, data["source_id"])
    if customer is None:
        return create(project, data)
    write(project, customer, data)
    return customer


def create(project, data):
    customer = {
        "id": project.new_id("cust_"),
        "source_id": data.get("source_id"),
        **dict.fromkeys(TEXTS),
        "address": None,
        "metadata": {},
        "created_at": project.clock.iso(),
        "updated_at": None,
    }
    project.customers[customer["id"]] = customer
    if customer["source_id"]:
        project.customer_ids[customer["source_id"]] = customer["id"]
    fill(customer, data)
    webhooks.notify(project, "customer.created", customer["id"], {"customer": describe(project, customer)})
    return customer


def write(project, customer, data):
    """Update. Nothing happens if only the id is given."""
    check_source_id(customer, data)
    if data.keys() - {"id", "source_id", "object"}:
        fill(customer, data)
        customer["updated_at"] = project.clock.iso()


def check_source_id(customer, data):
    if data.get("source_id") not in (None, customer["source_id"]):
        raise invalid_payload("Property .source_id of a customer cannot be changed")


def fill(customer, data):
    """Metadata is merged, key by key; other properties are replaced if they are given."""
    for name in (*TEXTS, "address"):
        if name in data:
            customer[name] = data[name]
    customer["metadata"].update(data.get("metadata") or {})


def describe(project, customer):
    """``birthday`` is the old name of ``birthdate``, and only shown if it was given."""
    hidden = () if customer["birthday"] else ("birthday",)
    return {
        **{name: value for name, value in customer.items() if name not in hidden},
        "summary": summary(project, customer),
        "loyalty": {"points": 0, "referred_customers": 0, "campaigns": {}},
        "referrals": {"total": 0, "campaigns": []},
        "system_metadata": {},
        "object": "customer",
    }


def summary(project, customer):
    orders = [project.orders[key] for key in project.orders_of.get(customer["id"], ())]
    paid = [each["amount"] for each in orders if each["status"] in ("PAID", "FULFILLED")]
    redeemed = project.redemptions_of.get(customer["id"], ())
    redeemed = [each for each in redeemed if each["object"] == "redemption"]
    succeeded = sum(each["status"] == "SUCCEEDED" for each in redeemed)
    return {
        "redemptions": {
            "total_redeemed": succeeded,
            "total_failed": sum(each["status"] == "FAILED" for each in redeemed),
            "total_succeeded": succeeded,
            "total_rolled_back": sum(each["status"] == "ROLLED_BACK" for each in redeemed),
            "total_rollback_failed": 0,
            "total_rollback_succeeded": sum(each["status"] == "ROLLED_BACK" for each in redeemed),
            "gift": {"redeemed_amount": 0, "amount_to_go": 0},
            "loyalty_card": {"redeemed_points": 0, "points_to_go": 0},
        },
        "orders": {
            "total_amount": sum(paid),
            "total_count": len(paid),
            "average_amount": round(sum(paid) / len(paid)) if paid else 0,
            "last_order_amount": paid[-1] if paid else 0,
        },
    }


def simple(customer):
    """Return a customer as other objects show it; None if there is none."""
    if customer is None:
        return None
    return {name: customer[name] for name in ("id", "name", "email", "source_id", "metadata")} | {
        "object": "customer"
    }


# --- the API ---


def save(project, request):
    return json_response(200, describe(project, upsert(project, body_of(request))))


def read(project, request, key):
    return json_response(200, describe(project, existing(project, key)))


def update(project, request, key):
    customer, data = existing(project, key), body_of(request)
    check_customer(data)
    write(project, customer, data)
    return json_response(200, describe(project, customer))


def list_page(project, request):
    arguments = request.arguments()
    segment = arguments.get("segment_id")
    chosen = project.customers.keys() if segment is None else segments.members(project, segment)
    found = [
        describe(project, each)
        for each in project.customers.values()
        if each["id"] in chosen
        and all(each[name] == arguments[name] for name in ("email", "name") if name in arguments)
    ]
    return pages.by_number(request, found, "customers")


def delete(project, request, key):
    customer = existing(project, key)
    forget(project, customer)
    webhooks.notify(project, "customer.deleted", customer["id"], {"customer": describe(project, customer)})
    return Response(204)


def delete_permanently(project, request, key):
    """Delete the customer, and also orders and events."""
    customer = existing(project, key)
    orders = project.orders_of.pop(customer["id"], [])
    for order_id in orders:
        order = project.orders.pop(order_id)
        project.order_ids.pop(order["source_id"], None)
    forget(project, customer)
    counts = {"events": 0, "customer_events": 1, "daily_events": 0, "segments": 0}
    return json_response(
        200,
        {
            "id": project.new_id("pd_"),
            "created_at": project.clock.iso(),
            "related_object_id": customer["id"],
            "related_object": "customer",
            "status": "DONE",
            "data_json": {**counts, "orders": len(orders), "order_events": len(orders), "customer": 1},
            "object": "pernament_deletion",
        },
    )


def forget(project, customer):
    """Remove a customer, and the memberships."""
    del project.customers[customer["id"]]
    project.customer_ids.pop(customer["source_id"], None)
    for member in project.members_of.get(customer["id"], ()):
        member["status"] = "DELETED"


def update_many(project, request):
    """The same in bulk: each entry succeeds or fails by itself, later. Webhooks say nothing of it."""
    entries = body_of(request, list)

    def update_one(data):
        if not isinstance(data, dict) or not data.get("source_id"):
            raise invalid_payload("Property . should have required property 'source_id'")
        with webhooks.silent(project):
            upsert(project, data)

    return async_actions.start(project, "CUSTOMERS.BULK_UPDATE", entries, update_one)


ROUTES = (
    ("POST", PATH, save),
    ("GET", PATH, list_page),
    ("POST", f"{PATH}/bulk/async", update_many),
    ("POST", f"{PATH}/{{key}}/permanent-deletion", delete_permanently),
    ("GET", f"{PATH}/{{key}}", read),
    ("PUT", f"{PATH}/{{key}}", update),
    ("DELETE", f"{PATH}/{{key}}", delete),
)
