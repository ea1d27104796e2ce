"""The mapping of canonical data to HubSpot properties: default field maps, and HubSpot's transforms. Pure functions.

HubSpot accepts only strings. An empty value is sent as ``""``, which clears the property.
"""

from decimal import Decimal
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

from babel import Locale

from ...core import field_map
from ...core.errors import MappingError
from ...core.field_map import FieldMap, Transform
from ..items import MatchKeys
from ..mapper import personal_properties
from ..texts import family_name

# The only language of Odoo whose code differs from HubSpot's by more than upper and lower case.
_LANGUAGES = {"tl-ph": "fil-ph"}
_MAIN_ADDRESS = "addresses.contact|0"
KEY = "odoo_id"  # a custom property that Odoo manages: the match key of all objects except contacts
OWN_KEY = MatchKeys(KEY)
LANGUAGE = "hubspot.language"


# ----- transforms -----


def _last_name(name, _argument, _customer):
    return family_name(name)


def _company(name, _argument, customer):
    return name["full"] if customer.get("type") == "company" else customer.get("company_name", "")


def _street(address, _argument, _customer):
    return ", ".join(filter(None, (address.get("street"), address.get("street2"))))


def _country(code, _argument, _customer):
    """Return the English name of a country: ``country`` is free text that HubSpot's own forms fill with names."""
    return _country_names().get(code, code)


@cache
def _country_names():
    return dict(Locale("en").territories)


def _language(language, _argument, _customer):
    """Return HubSpot's code: BCP 47 in lower case, without the script (``sr-Latn-RS`` → ``sr-rs``)."""
    code = "-".join(part for part in language.split("-") if len(part) != 4).lower()
    return _LANGUAGES.get(code, code)


def _domain(website, _argument, _customer):
    """Return the host of a web address without ``www.``, by which HubSpot recognizes companies."""
    host = urlsplit(website if "//" in website else f"//{website}").hostname or ""
    return host.removeprefix("www.")


def _subtotal(untaxed, _argument, order):
    """Return what the goods cost before discount, delivery and tax: HubSpot adds the four up to the total."""
    lines = order["lines"]
    return str(Decimal(untaxed) - _delivery_amount(lines) + _discount_amount(lines))


def _discount(lines, _argument, _order):
    """Return the sum of negative lines, such as rewards, as a positive amount: line items cannot be negative."""
    return str(_discount_amount(lines))


def _delivery_cost(lines, _argument, _order):
    return str(_delivery_amount(lines))


def _discount_amount(lines):
    taken_off = (line for line in lines if line["kind"] != "delivery" and not is_line_item(line))
    return sum((-Decimal(line["untaxed"]) for line in taken_off), Decimal(0))


def _delivery_amount(lines):
    return sum((Decimal(line["untaxed"]) for line in lines if line["kind"] == "delivery"), Decimal(0))


def _source_store(channel, _argument, order):
    return order["store"] or channel


def _invoice_status(residual, _argument, invoice):
    """Return HubSpot's status. What was cancelled, or credited in full, is void; a payment has no status of its own."""
    if invoice.get("status") in VOID_STATUSES:
        return "voided"
    return "open" if Decimal(residual) else "paid"


def _joined(texts, _argument, _shipment):
    return ", ".join(texts)


VOID_STATUSES = ("cancelled", "settled")


def is_line_item(line):
    """Return whether a line can be a HubSpot line item: neither price, quantity nor amount is negative."""
    is_negative = line["unit_price"].startswith("-") or line["quantity"].startswith("-")
    return not is_negative and Decimal(line["discount"]) <= 100


def _argument(values):
    """Return the argument of the transform ``map``, given ``{canonical value: HubSpot's value}``."""
    return "; ".join(f"{before}={after}" for before, after in values.items())


TRANSFORMS = {
    **field_map.TRANSFORMS,
    "hubspot.last_name": Transform(
        "Last name, or else the whole name", _last_name, "text", takes_object=True
    ),
    "hubspot.company": Transform(
        "Company of a person, or a company's name", _company, "text", takes_object=True
    ),
    "hubspot.street": Transform("Street, second line", _street, "text", takes_object=True),
    "hubspot.country": Transform("English name of the country", _country, "text"),
    LANGUAGE: Transform("HubSpot language code", _language, "code"),
    "hubspot.domain": Transform("Domain of a website", _domain, "text"),
    "hubspot.subtotal": Transform("Before discount and delivery", _subtotal, "number"),
    "hubspot.taken_off": Transform("Sum of negative lines", _discount, "number", takes_object=True),
    "hubspot.delivery_cost": Transform("Sum of delivery lines", _delivery_cost, "number", takes_object=True),
    "hubspot.source_store": Transform("Till, or else the channel", _source_store, "text"),
    "hubspot.joined": Transform("List, separated by commas", _joined, "text", takes_object=True),
    "hubspot.invoice_status": Transform("HubSpot invoice status", _invoice_status, "code"),
}


# ----- default field maps -----


def _field(object_name, name, path, transform="none", argument="", source="canonical"):
    key = f"{object_name}.{name}"
    return FieldMap(object_name, name, path, source, transform, argument, key=key)


def _address(object_name, prefix, path):
    """Return the field maps of an address: ``{prefix}_street``, ``{prefix}_city``, …"""
    parts = {"city": "city", "state": "region", "postal_code": "postal_code"}
    return (
        _field(object_name, f"{prefix}_street", path, "hubspot.street"),
        *(_field(object_name, f"{prefix}_{name}", f"{path}.{part}") for name, part in parts.items()),
        _field(object_name, f"{prefix}_country", f"{path}.country", "hubspot.country"),
    )


CONTACT = (
    _field("contact", "email", "emails.0", "lower"),
    _field("contact", "firstname", "name.given"),
    _field("contact", "lastname", "name", "hubspot.last_name"),
    _field("contact", "phone", "phones.0.number"),
    _field("contact", "company", "name", "hubspot.company"),
    _field("contact", "jobtitle", "job_title"),
    _field("contact", "address", _MAIN_ADDRESS, "hubspot.street"),
    _field("contact", "city", f"{_MAIN_ADDRESS}.city"),
    _field("contact", "state", f"{_MAIN_ADDRESS}.region"),
    _field("contact", "zip", f"{_MAIN_ADDRESS}.postal_code"),
    _field("contact", "country", f"{_MAIN_ADDRESS}.country", "hubspot.country"),
    _field("contact", "hs_language", "language", LANGUAGE),
    _field("contact", "website", "website"),
)
COMPANY = (
    _field("company", "name", "name.full"),
    _field("company", "domain", "website", "hubspot.domain"),
    _field("company", "phone", "phones.0.number"),
    _field("company", "address", f"{_MAIN_ADDRESS}.street"),
    _field("company", "address2", f"{_MAIN_ADDRESS}.street2"),
    _field("company", "city", f"{_MAIN_ADDRESS}.city"),
    _field("company", "state", f"{_MAIN_ADDRESS}.region"),
    _field("company", "zip", f"{_MAIN_ADDRESS}.postal_code"),
    _field("company", "country", f"{_MAIN_ADDRESS}.country", "hubspot.country"),
    _field("company", "website", "website"),
)
# The ids of the default order pipeline and its stages, which are the same in every account.
ORDER_PIPELINE = "14a2e10e-5471-408a-906e-c51f3b04369e"
ORDER_STAGES = {
    "placed": "4b27b500-f031-4927-9811-68a0b525cbae",  # Open
    "refunded": "3725360f-519b-4b18-a593-494d60a29c9f",  # Delivered
    "cancelled": "3c85a297-e9ce-400b-b42e-9f16853d69d6",  # Cancelled
}
ORDER = (
    _field("order", "hs_order_name", "number"),
    _field("order", "hs_external_order_id", "number"),
    _field("order", "hs_external_order_status", "status"),
    _field("order", "hs_pipeline", ORDER_PIPELINE, source="constant"),
    _field("order", "hs_pipeline_stage", "status", "map", _argument(ORDER_STAGES)),
    _field("order", "hs_currency_code", "currency"),
    _field("order", "hs_subtotal_price", "untaxed", "hubspot.subtotal"),
    _field("order", "hs_tax", "tax"),
    _field("order", "hs_total_price", "total"),
    _field("order", "hs_order_discount", "lines", "hubspot.taken_off"),
    _field("order", "hs_shipping_cost", "lines", "hubspot.delivery_cost"),
    _field("order", "hs_external_created_date", "placed_at"),
    _field("order", "hs_source_store", "channel", "hubspot.source_store"),
    *_address("order", "hs_shipping_address", "delivery_address"),
)
SHIPPED_STAGES = {
    "partial": "937ea84d-0a4f-4dcf-9028-3f9c2aafbf03",  # Processed: the rest is still to come
    "shipped": "aa99e8d0-c1d5-4071-b915-d240bbb1aed9",  # Shipped
}
ORDER_SHIPMENT = (
    _field(
        "order_shipment", "hs_shipping_tracking_number", "order_shipping.tracking_numbers", "hubspot.joined"
    ),
    _field(
        "order_shipment",
        "hs_fulfillment_status",
        "order_shipping.status",
        "map",
        "partial=partially shipped; shipped=shipped",
    ),
    _field("order_shipment", "hs_pipeline_stage", "order_shipping.status", "map", _argument(SHIPPED_STAGES)),
)
DEAL = (
    _field("deal", "dealname", "number"),
    _field("deal", "amount", "total"),
    _field("deal", "deal_currency_code", "currency"),
    _field("deal", "closedate", "placed_at"),
    _field("deal", "pipeline", "default", source="constant"),
    _field(
        "deal", "dealstage", "status", "map", "placed=closedwon; refunded=closedwon; cancelled=closedlost"
    ),
)
INVOICE = (
    _field("invoice", "hs_title", "number"),
    _field("invoice", "hs_external_invoice_id", "number"),
    _field("invoice", "hs_currency", "currency"),
    _field("invoice", "hs_invoice_billable", "false", source="constant"),
    _field("invoice", "hs_invoice_status", "residual", "hubspot.invoice_status"),
    _field("invoice", "hs_amount_billed", "total"),
    _field("invoice", "hs_invoice_date", "invoice_date"),
    _field("invoice", "hs_due_date", "due_date"),
    _field("invoice", "hs_payment_date", "payment_date"),
    _field("invoice", "hs_purchase_order_number", "customer_reference"),
)
LINE_ITEM = (
    _field("line_item", "name", "name"),
    _field("line_item", "hs_sku", "sku"),
    _field("line_item", "quantity", "quantity"),
    _field("line_item", "price", "unit_price"),
    _field("line_item", "hs_discount_percentage", "discount"),
)
DEFAULT_FIELD_MAPS = (*CONTACT, *COMPANY, *ORDER, *ORDER_SHIPMENT, *DEAL, *INVOICE, *LINE_ITEM)
_DEFAULTS = {(each.object, each.property): each for each in DEFAULT_FIELD_MAPS}


# ----- properties -----


class ObjectMap(NamedTuple):
    """The field maps of an object.

    :param by_property: ``{property: field map}``
    :param once: properties that are sent only when a record is created
    :param personal: properties that hold personal data although their names do not say so
    :param languages: properties that hold a language
    """

    by_property: dict[str, FieldMap]
    once: frozenset[str]
    personal: frozenset[str]
    languages: frozenset[str]

    @classmethod
    def of(cls, maps):
        once = frozenset(each.property for each in maps if each.only_on_create)
        languages = frozenset(each.property for each in maps if each.transform == LANGUAGE)
        return cls({each.property: each for each in maps}, once, personal_properties(maps), languages)


def own_keys(keys, object_name, own_id, names):
    """Return ``{property: value}`` for the match keys that are custom properties and that no field map fills.

    :param own_id: the value of such a property
    :param names: the properties that field maps fill
    """
    return {
        key: own_id
        for key in (keys.primary, keys.fallback)
        if key and key not in names and (object_name, key) not in _DEFAULTS
    }


def find_key(mapper, item, object_name, keys, own_id, maps, properties):
    """Return (property, value) of the first match key that has a value, or (None, None).

    The value of a key comes from its field map, or else from the default field map. A key that has neither is a
    custom property with unique values, whose value is ``own_id``.

    :param maps: ``{property: field map}``
    :param properties: ``{property: text}``, as sent
    """
    for name in (keys.primary, keys.fallback):
        if not name:
            continue
        field = maps.get(name) or _DEFAULTS.get((object_name, name))
        value = properties.get(name) or _key_value(mapper, item, field, own_id)
        if value:
            return name, value
    return None, None


def _key_value(mapper, item, field, own_id):
    return field_map.text(mapper.mapped_value(field, item)) if field else own_id


def key_missing(keys: MatchKeys):
    """Return the error for a customer that has no value for a match key."""
    what = "an email address" if keys.primary == "email" else f"a value for {keys.primary}"
    fallback = f" and no {keys.fallback}" if keys.fallback else ""
    return MappingError(
        f"The customer has no value for the match key: no {keys.primary}{fallback}. Enter {what} for the customer, or "
        "set a fallback key in the object mapping (a custom HubSpot property with unique values).",
        code="KEY_MISSING",
        field=keys.primary,
    )
