"""Returns: which items of which sessions a refund gives back. Pure functions.

Talon.One takes back whole units of an item, by its position in the cart.
"""

from decimal import Decimal

from ...core.errors import BusinessError, TransientError
from ..items import Prepared
from ..loyalty import order_key

ISSUED = "refund.issued"
EVENT_TYPES = frozenset({ISSUED})
RETURN = "return"
CENT = Decimal("0.01")
# While it is younger, the order may still be on its way. Afterwards it was not paid, or is older than the connector.
PATIENCE = 3_600.0  # seconds
KEY_LIFETIME = 23 * 3_600.0  # seconds that Talon.One surely keeps an idempotency key


def prepare(item):
    """Return the request that gives back what a refund says, by session. Nothing, if it names no sold line."""
    sessions = {}
    for line in item.data["lines"]:
        for sold in line.get("sold_lines") or () if line["kind"] == "product" else ():
            key = order_key(sold["channel"], sold["order_id"])
            sessions.setdefault(key, []).append(_wish(line, sold))
    body = {"sessions": sessions}
    return Prepared(item, RETURN, body, {}, is_subject=False)


def _wish(line, sold):
    return {
        "position": sold["position"],
        "sku": line["sku"] or line["product_id"],
        "sold": sold["sold"],
        "quantity": sold["quantity"],
        "total": line["total"],
    }


def body_of(session, wishes):
    """Return the body of a return.

    It depends on what does not change by returns: a call that is repeated is the same.

    :param session: as Talon.One has it
    :param wishes: of :func:`prepare`
    :raise BusinessError: an item is not there, or only a part of a unit comes back
    """
    items = session.get("cartItems") or ()
    counts = {}
    for wish in wishes:
        units = _units(_item(items, wish), wish)
        counts[wish["position"]] = counts.get(wish["position"], 0) + units
    entries = [{"position": position, "quantity": units} for position, units in counts.items() if units]
    return {"return": {"returnedCartItems": entries}, "responseContent": ["customerSession"]}


def _item(items, wish):
    position = wish["position"]
    item = items[position] if position is not None and position < len(items) else {}
    if not item or item.get("sku") != wish["sku"]:
        message = (
            "The order at Talon.One has other items than the one that was returned. Correct the points there."
        )
        raise BusinessError(message, code="OTHER_ITEMS")
    return item


def _units(item, wish):
    """Return how many units come back, 0 to all of them."""
    sold = Decimal(wish["sold"]) or 1
    units = int(item["quantity"]) * Decimal(wish["quantity"]) / sold
    price = Decimal(str(item.get("price") or 0))
    is_cheaper = Decimal(wish["total"]) < (price * units) - CENT * max(units, 1)
    if units != units.to_integral_value() or is_cheaper:
        message = (
            "Only a part of a unit, or of its price, was given back. Talon.One takes back whole units. Correct the "
            "points there."
        )
        raise BusinessError(message, code="PART_OF_A_UNIT")
    return int(units)


def is_left(session, body):
    """Return whether all that is to be given back was not given back before."""
    items = session.get("cartItems") or ()
    return all(
        each["quantity"] <= int(items[each["position"]].get("remainingQuantity", each["quantity"]))
        for each in body["return"]["returnedCartItems"]
    )


def not_closed(age, session):
    """Return why nothing can be given back now; None if there is nothing to give back, since nothing was booked.

    :param age: of the refund, in seconds
    :param session: None if there is none
    """
    if session is not None and session.get("state") == "cancelled":
        return None
    if age < PATIENCE:
        return TransientError("Talon.One does not have the paid order yet.", code="NOT_CLOSED")
    return None
