"""Canonical customer → HubSpot contact properties: one small pure function for each property.

HubSpot takes strings only. An empty value is sent as ``""``, which clears the property.
"""

from functools import cache

from babel import Locale

from ..base import Keys, MappingError

# HubSpot knows Filipino only as "fil"; every other language code of Odoo is one of HubSpot's in lower case.
_LANGUAGES = {"tl-ph": "fil-ph"}
_NO_ADDRESS = {}


def contact_properties(customer, keys: Keys):
    """Return the contact's properties: all of ``PROPERTIES``, and the custom ones that serve as keys.

    :param customer: the JSON form of ``CustomerV1``
    """
    values = {name: get(customer) for name, get in PROPERTIES.items()}
    for name in (keys.primary, keys.fallback):
        if name and name not in values:
            values[name] = customer["id"]
    return values


def find_key(customer, keys: Keys):
    """Return (property, value) of the first key that has a value, or (None, None).

    ``email`` and the like hold what ``PROPERTIES`` says; a property that is not in it is a custom one with
    unique values, and holds the customer's canonical ``id``.
    """
    for name in (keys.primary, keys.fallback):
        value = name and (PROPERTIES[name](customer) if name in PROPERTIES else customer["id"])
        if value:
            return name, value
    return None, None


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


def _email(customer):
    emails = customer.get("emails")
    return emails[0].strip().lower() if emails else ""


def _is_company(customer):
    return customer.get("type") == "company"


def _first_name(customer):
    return "" if _is_company(customer) else customer["name"].get("given", "")


def _last_name(customer):
    name = customer["name"]
    parts_known = not _is_company(customer) and (name.get("given") or name.get("family"))
    return name.get("family", "") if parts_known else name["full"]


def _company(customer):
    return customer["name"]["full"] if _is_company(customer) else customer.get("company_name", "")


def _phone(customer):
    phones = customer.get("phones")
    return phones[0]["number"] if phones else ""


def _main_address(customer):
    """Return the customer's own address; one of another kind if there is none."""
    addresses = customer.get("addresses") or ()
    for address in addresses:
        if address["kind"] == "contact":
            return address
    return addresses[0] if addresses else _NO_ADDRESS


def _address_part(name):
    return lambda customer: _main_address(customer).get(name) or ""


def _street(customer):
    address = _main_address(customer)
    return ", ".join(filter(None, (address.get("street"), address.get("street2"))))


def _country(customer):
    """Return the English name: ``country`` is free text that HubSpot's forms and imports fill with names."""
    code = _main_address(customer).get("country")
    return _country_names().get(code, code) if code else ""


@cache
def _country_names():
    return dict(Locale("en").territories)


def _language(customer):
    """Return HubSpot's code: BCP 47 in lower case, without the script (``sr-Latn-RS`` → ``sr-rs``)."""
    language = customer.get("language")
    if not language:
        return ""
    code = "-".join(part for part in language.split("-") if len(part) != 4).lower()
    return _LANGUAGES.get(code, code)


def _text(name):
    return lambda customer: customer.get(name) or ""


PROPERTIES = {
    "email": _email,
    "firstname": _first_name,
    "lastname": _last_name,
    "phone": _phone,
    "company": _company,
    "jobtitle": _text("job_title"),
    "address": _street,
    "city": _address_part("city"),
    "state": _address_part("region"),
    "zip": _address_part("postal_code"),
    "country": _country,
    "hs_language": _language,
    "website": _text("website"),
}
