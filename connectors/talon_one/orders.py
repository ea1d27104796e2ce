"""Customer sessions of Talon.One: an order is one. Closing it books what its rules give. Pure functions.

The position of an item in the cart is its identity: returns refer to it. So the items are the products of the order, in
the order of the lines' IDs, whatever else happens to the order.
"""

from decimal import Decimal

from ...core.errors import MappingError
from ...core.field_map import is_empty
from ..items import Prepared
from ..loyalty import order_key
from ..mapper import personal_properties
from ..minor_units import from_minor, spread, to_minor

SESSION = "customer_session"
SAVED = ("order.placed", "order.paid")
STATES = {"order.placed": "open", "order.paid": "closed", "order.cancelled": "cancelled"}
EVENT_TYPES = frozenset(STATES)
UPDATE = "session"
MAX_ITEMS = 1_000
MAX_UNITS = 10_000
PRICE_DIGITS = 6
# How far a session has come: it never goes back.
RANKS = {"open": 0, "closed": 1, "partially_returned": 2, "cancelled": 3}


def prepare(item, profile, mapper, products=()):
    """Return the request that updates the session of an order.

    :param profile: the ID of the customer's profile
    :param products: ids of the products by which codes of Talon.One reduce a price
    :raise MappingError: an attribute cannot be mapped, or the order has too many lines
    """
    data = item.data
    session = order_key(data["channel"], data["id"])
    state = STATES[item.event_type]
    content, values = {"state": state}, {}
    if item.event_type in SAVED:
        values = mapper.mapped_values(item, SESSION)
        attributes = {name: value for name, value in values.items() if not is_empty(value)}
        content = {"profileId": profile, **content, "cartItems": cart_items(data, products)}
        content |= {"attributes": attributes} if attributes else {}
    body = {"session": session, "customerSession": content, "responseContent": ["customerSession"]}
    compared = {"session": session, "state": state, **values}
    personal = personal_properties(mapper.field_maps(SESSION))
    return Prepared(item, UPDATE, body, compared, is_subject=False, object=SESSION, personal=personal)


def trial(data, profile):
    """Return the body of a dry request that says what an order brings."""
    content = {"profileId": profile, "state": "closed", "cartItems": cart_items(data)}
    return {"customerSession": content, "responseContent": ["customerSession"]}


def cart_items(data, products=()):
    """Return the items of an order's cart: what was bought, with taxes.

    No price is below zero: what rewards deduct is spread over what was bought, in proportion. What codes of Talon.One
    deduct is left to it.

    :param products: ids of the products by which codes reduce a price
    :raise MappingError: there are more lines than a session can have
    """
    currency = data["currency"]
    bought = [line for line in data["lines"] if is_item(line)]
    bought.sort(key=lambda line: int(line["id"]))
    if len(bought) > MAX_ITEMS:
        message = (
            f"A session of Talon.One has at most {MAX_ITEMS} items. Enter the points of this order there."
        )
        raise MappingError(message, code="TOO_MANY_ITEMS")
    weights = [max(to_minor(line["total"], currency), 0) for line in bought]
    rewards = sum(
        to_minor(line["total"], currency)
        for line in data["lines"]
        if line["kind"] == "reward" and line.get("product_id") not in products
    )
    amounts = spread(max(sum(weights) + rewards, 0), weights)
    has_units = sum(units_of(line) for line in bought) <= MAX_UNITS
    return [
        _item(line, from_minor(amount, currency), units_of(line) if has_units else 1)
        for line, amount in zip(bought, amounts, strict=True)
    ]


def is_item(line):
    """Return whether a line is an item of the cart. Delivery earns nothing, and down payments are no goods."""
    return line["kind"] == "product" and Decimal(line["quantity"]) > 0


def units_of(line):
    """Return the quantity, a whole number: what is sold by weight is one item."""
    quantity = Decimal(line["quantity"])
    return int(quantity) if quantity == quantity.to_integral_value() else 1


def _item(line, amount, units):
    return {
        "sku": line["sku"] or line["product_id"] or line["id"],
        "name": line["name"],
        "quantity": units,
        "price": float(round(amount / units, PRICE_DIGITS)),
    }


def is_reached(session, event_type):
    """Return whether a session is where an event wants it, or further: then there is nothing to do.

    :param session: None if there is none
    """
    if session is None:  # what is not there need not be cancelled
        return event_type == "order.cancelled"
    rank = RANKS.get(session.get("state"), 0)
    return rank > 0 if event_type == "order.placed" else rank >= RANKS[STATES[event_type]]
