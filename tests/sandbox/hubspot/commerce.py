"""HubSpot's rules for deals, line items and invoices beyond their property definitions, and its computed values.

Checks are called with (call, item) before anything is written; they raise Failure or complete ``item.properties``.
"""

from decimal import Decimal

from .failures import bad_input, invalid_values, problem, required_properties
from .pipelines import is_won, stage_of

COPIED = ("name", "description", "price", "hs_sku")
INVOICE_NEEDS = (("contacts", "INVOICE_TO_CONTACT"), ("line_items", "INVOICE_TO_LINE_ITEM"))
INVOICE_STEPS = (("draft", "open"), ("open", "voided"))


def complete(item, **values):
    """Set default values that the caller did not set."""
    item.properties = {**values, **item.properties}


def default_currency(call, item):
    """Set the company's currency on a new deal, unless the caller set another."""
    if item.new:
        complete(item, **{call.store.schema.currency: call.settings["currencies"][0]})


def closed_deal(properties, store):
    """Whether the deal's stage is one of those in which it is closed, and won."""
    stage = stage_of(store, properties)
    closed = bool(stage) and stage["metadata"].get("isClosed") == "true"
    return {"hs_is_closed": text(closed), "hs_is_closed_won": text(closed and is_won(stage))}


def text(flag):
    return "true" if flag else "false"


def copy_from_product(call, item):
    """Copy the values of its product to a new line item, unless the caller set others."""
    product = call.stores["products"].find(item.properties.get("hs_product_id")) if item.new else None
    if product is not None:
        complete(item, **{n: product.properties[n] for n in COPIED if n in product.properties})


def price_is_not_negative(_call, item):
    price = item.properties.get("price")
    if price and Decimal(price) < 0:
        raise invalid_values([problem("price", "INVALID_NUMBER", f"{price} must not be negative")])


def discount_is_at_most_100_percent(_call, item):
    percent = item.properties.get("hs_discount_percentage")
    if percent and Decimal(percent) > 100:
        message = f"{percent} must not be greater than 100"
        raise invalid_values([problem("hs_discount_percentage", "INVALID_NUMBER", message)])


def line_item_amounts(properties, _store):
    """The amount is quantity times price, less the discount: a sum for each unit, or percent."""
    price, quantity, discount, percent = (
        Decimal(properties.get(name) or 0)
        for name in ("price", "quantity", "discount", "hs_discount_percentage")
    )
    before = price * quantity
    off = discount * quantity + before * percent / 100
    return {
        "hs_pre_discount_amount": plain(before),
        "hs_total_discount": plain(off),
        "amount": plain(before - off),
    }


def plain(number):
    """Without an exponent, and with two digits after the point at least."""
    return f"{number.normalize():f}" if number.normalize().as_tuple().exponent < -2 else f"{number:.2f}"


def invoice_has_currency(_call, item):
    if item.new and not item.properties.get("hs_currency"):
        raise required_properties("INVOICE", ["hs_currency"])


def new_invoice(_call, item):
    """An invoice starts as a billable draft."""
    if item.new:
        complete(item, hs_invoice_status="draft", hs_invoice_billable="true")


def invoice_status(call, item):
    """An invoice that HubSpot bills needs a contact and a line item to be opened. The API cannot pay or reopen it.

    Of one that is billed elsewhere, line items are demanded only by the setting ``unbilled_invoices_need_lines``.
    """
    stored = item.record.properties if item.record else {}
    after = {**stored, **item.properties}
    status, before = after["hs_invoice_status"], stored.get("hs_invoice_status", "draft")
    if status == before:
        return
    if after.get("hs_invoice_billable") == "false":
        if call.settings["unbilled_invoices_need_lines"] and not has_association(call, item, "line_items"):
            raise refused("the invoice cannot leave draft without the association INVOICE_TO_LINE_ITEM")
        return
    if (before, status) not in INVOICE_STEPS:
        raise refused(f"hs_invoice_status cannot be changed from {before} to {status}")
    if status == "open":
        missing = [name for kind, name in INVOICE_NEEDS if not has_association(call, item, kind)]
        if missing:
            raise refused(f"the invoice cannot be opened without the associations {', '.join(missing)}")


def refused(message):
    return invalid_values([problem("hs_invoice_status", "INVALID_STATUS", message)])


def has_association(call, item, object_type):
    """Whether the record has, or is about to get, an association with a record of that type."""
    if any(kind.target == object_type for kind, _target in item.associations or ()):
        return True
    return item.record is not None and bool(call.links.of(call.object_type, item.record.id, object_type))


def may_archive(record):
    """A paid or voided invoice cannot be archived."""
    if record.properties.get("hs_invoice_status") in ("paid", "voided"):
        raise bad_input("Only invoices that are draft or open can be deleted")
