"""Orders of Voucherify. A change of the status to PAID earns points, some seconds later. Pure functions."""

from ..items import Prepared
from ..loyalty import customer_key, order_key
from ..minor_units import spread, to_minor

STATUSES = {"order.placed": "CREATED", "order.paid": "PAID", "order.cancelled": "CANCELED"}
EVENT_TYPES = frozenset(STATUSES)
MAX_ITEMS = 500


def prepare(item):
    """Return the request that creates or updates the order of an item."""
    data = item.data
    status = STATUSES[item.event_type]
    if item.event_type == "order.cancelled":
        body = {"source_id": order_key(data["channel"], data["id"]), "status": status}
        return Prepared(item, "order", body, body, is_subject=False)
    body = {
        "source_id": order_key(data["channel"], data["id"]),
        "status": status,
        "customer": {"source_id": customer_key(data["customer_id"])},
        "metadata": {
            "number": data["number"],
            "channel": data["channel"],
            "store": data.get("store", ""),
            "currency": data["currency"],
        },
        **amounts(data),
    }
    return Prepared(item, "order", body, {"source_id": body["source_id"], "status": status}, is_subject=False)


def amounts(data):
    """Return the items of an order, and its amount.

    Voucherify takes no item below zero: what rewards deduct is spread over what was bought, in proportion.
    """
    currency = data["currency"]
    amounts = [(line, to_minor(line["total"], currency)) for line in data["lines"]]
    bought = [(line, amount) for line, amount in amounts if amount > 0]
    total = sum(amount for _line, amount in amounts)
    if total <= 0 or not bought or len(bought) > MAX_ITEMS:
        return {"amount": max(total, 0)}
    shares = spread(total, [amount for _line, amount in bought])
    items = [_item(line, share) for (line, _amount), share in zip(bought, shares, strict=True)]
    return {"amount": total, "items": items}


def examination(data):
    """Return the body that asks what an order would earn; None if it is worth nothing."""
    order = amounts(data)
    if not order["amount"]:
        return None
    # An order that is only examined has no names of products.
    items = [
        {name: value for name, value in each.items() if name != "product"} for each in order.get("items", ())
    ]
    return {
        "trigger": {"type": "SPECIFIC", "specific": {"event": "customer.order.paid"}},
        "customer_identification": {
            "type": "customer_source_id",
            "customer_source_id": customer_key(data["customer_id"]),
        },
        "customer_order_paid": {"order": {"amount": order["amount"], "items": items}},
    }


def _item(line, amount):
    """Return an item. Its quantity is a whole number: what is sold by weight is one item."""
    quantity = float(line["quantity"])
    whole = int(quantity) if quantity > 0 and quantity.is_integer() and amount % int(quantity) == 0 else 1
    return {
        "source_id": line.get("sku") or line.get("product_id") or line["id"],
        "related_object": "product",
        "quantity": whole,
        "price": amount // whole,
        "amount": amount,
        "product": {"name": line["name"], "override": False},
    }
