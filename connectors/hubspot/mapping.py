"""Canonical data → HubSpot properties: the default lines, and what only HubSpot's values need. Pure.

HubSpot takes strings only. An empty value is sent as ``""``, which clears the property.
"""

from functools import cache

from babel import Locale

from ... import field_map
from ...field_map import FieldMap, Transform
from ..base import Keys, MappingError
from ..redaction import is_personal

# HubSpot knows Filipino only as "fil"; every other language code of Odoo is one of HubSpot's in lower case.
_LANGUAGES = {"tl-ph": "fil-ph"}
_MAIN_ADDRESS = "addresses.contact|0"


# ----- transforms -----


def _last_name(name, _argument, _customer):
    parts_known = name.get("given") or name.get("family")
    return name.get("family", "") if parts_known else name["full"]


def _company(name, _argument, customer):
    return name["full"] if customer.get("type") == "company" else customer.get("company_name", "")


def _street(address, _argument, _customer):
    return ", ".join(filter(None, (address.get("street"), address.get("street2"))))


def _country(code, _argument, _customer):
    """Return the English name: ``country`` is free text that HubSpot's forms and imports fill with names."""
    return _country_names().get(code, code)


@cache
def _country_names():
    return dict(Locale("en").territories)


def _language(language, _argument, _customer):
    """Return HubSpot's code: BCP 47 in lower case, without the script (``sr-Latn-RS`` → ``sr-rs``)."""
    code = "-".join(part for part in language.split("-") if len(part) != 4).lower()
    return _LANGUAGES.get(code, code)


TRANSFORMS = {
    **field_map.TRANSFORMS,
    "hubspot.last_name": Transform("Family name, else the whole name", _last_name, "text", takes_object=True),
    "hubspot.company": Transform("Company of a person, or its own name", _company, "text", takes_object=True),
    "hubspot.street": Transform("Street, second line", _street, "text", takes_object=True),
    "hubspot.country": Transform("English name of the country", _country, "text"),
    "hubspot.language": Transform("HubSpot language code", _language, "code"),
}


# ----- the lines to begin with -----


def _contact(name, path, transform="none"):
    return FieldMap("contact", name, path, transform=transform, key=f"contact.{name}")


DEFAULT_FIELD_MAPS = (
    _contact("email", "emails.0", "lower"),
    _contact("firstname", "name.given"),
    _contact("lastname", "name", "hubspot.last_name"),
    _contact("phone", "phones.0.number"),
    _contact("company", "name", "hubspot.company"),
    _contact("jobtitle", "job_title"),
    _contact("address", _MAIN_ADDRESS, "hubspot.street"),
    _contact("city", f"{_MAIN_ADDRESS}.city"),
    _contact("state", f"{_MAIN_ADDRESS}.region"),
    _contact("zip", f"{_MAIN_ADDRESS}.postal_code"),
    _contact("country", f"{_MAIN_ADDRESS}.country", "hubspot.country"),
    _contact("hs_language", "language", "hubspot.language"),
    _contact("website", "website"),
)
_DEFAULTS = {line.property: line for line in DEFAULT_FIELD_MAPS if line.object == "contact"}


# ----- properties -----


def own_keys(item, names):
    """Return ``{property: text}`` of the keys that are properties of one's own, unless a line fills them.

    :param names: of the properties that lines fill
    """
    keys = (item.keys.primary, item.keys.fallback)
    return {key: item.data["id"] for key in keys if key and key not in names and key not in _DEFAULTS}


def find_key(adapter, item, lines, properties):
    """Return (property, value) of the first key that has a value, or (None, None).

    A key holds what its line says, else what the default line for it would say; a property for which there is
    none is a custom one with unique values, and holds the customer's canonical ``id``.

    :param lines: ``{property: line}``
    :param properties: ``{property: text}`` that are sent
    """
    for name in (item.keys.primary, item.keys.fallback):
        value = name and (
            properties.get(name) or _key_value(adapter, item, lines.get(name) or _DEFAULTS.get(name))
        )
        if value:
            return name, value
    return None, None


def _key_value(adapter, item, line):
    return field_map.text(adapter.mapped_value(line, item)) if line else item.data["id"]


def personal(lines):
    """Return the names of those properties that hold personal data, by where their values come from."""
    return frozenset(
        line.property
        for line in lines
        if not is_personal(line.property)
        and any(
            is_personal(part)
            for path in (*field_map.canonical_paths(line), *field_map.record_paths(line))
            for part in path.split(".")
        )
    )


def key_missing(keys: Keys):
    """Return the error for a customer that HubSpot could not tell from others."""
    what = "an email address" if keys.primary == "email" else f"a value for {keys.primary}"
    fallback = f" and no {keys.fallback}" if keys.fallback else ""
    return MappingError(
        f"The customer has nothing by which HubSpot could find the contact: no {keys.primary}{fallback}. "
        f"Give the customer {what}, or name a fallback key on the flow (a HubSpot property of your own "
        "with unique values).",
        code="KEY_MISSING",
        field=keys.primary,
    )
