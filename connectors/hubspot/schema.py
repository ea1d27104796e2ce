"""HubSpot's property definitions, any part of which may be missing or of another type."""

from ...core.errors import ValidationError
from ..provider import RemoteProperty
from . import problems
from .api import noun
from .mapping import KEY

# https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide: types of properties
_TYPES = {
    "number": "number",
    "bool": "boolean",
    "date": "date",
    "datetime": "datetime",
    "enumeration": "enumeration",
}


def read(body):
    """Return the properties of an answer to "read all properties", by label; without those that are archived."""
    found = [_property(each) for each in problems.dicts(body.get("results")) if not each.get("archived")]
    return sorted((each for each in found if each.name), key=lambda each: each.label.lower())


def add_key(api, object_name):
    """Make the property by which our records are found; return what was made, in words, None if it was there.

    :raise RemoteError: it cannot be made, or there is one whose values are not unique
    """
    found = api.properties(object_name, "GET", f"/{KEY}")
    if found.status == 404:
        return _make_key(api, object_name)
    if found.status >= 300:
        raise api.refusal(found, write=False, object_name=object_name)
    if not found.object.get("hasUniqueValue"):
        raise _not_unique(object_name)
    return None


def _not_unique(object_name):
    return ValidationError(
        f"The {noun(object_name)} property {KEY} exists in HubSpot, but its values are not unique. Rename it in "
        "HubSpot, or delete it if nothing uses it, then click Set Up again.",
        code="KEY_NOT_UNIQUE",
        field=KEY,
    )


def _make_key(api, object_name):
    definition = {
        "name": KEY,
        "label": "Odoo ID",
        "description": "The ID of the record in Odoo. Set by Odoo; do not change it.",
        "groupName": _group(api, object_name),
        "type": "string",
        "fieldType": "text",
        "hasUniqueValue": True,
    }
    response = api.properties(object_name, "POST", json=definition)
    if response.status >= 300:
        raise api.refusal(response, object_name=object_name)
    return f"{noun(object_name)}: {KEY}"


def _group(api, object_name):
    """Return the group in which HubSpot keeps its own properties of an object."""
    response = api.properties(object_name, "GET", "/hs_object_id")
    if response.status >= 300:
        raise api.refusal(response, write=False, object_name=object_name)
    return response.object.get("groupName")


def _property(definition):
    metadata = definition.get("modificationMetadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = str(definition.get("name") or "")
    kind = _TYPES.get(definition.get("type"), "text")
    options = [str(option.get("value")) for option in problems.dicts(definition.get("options"))]
    return RemoteProperty(
        name=name,
        label=str(definition.get("label") or name),
        type=kind,
        # Owners, for example, are options that HubSpot keeps elsewhere: then it lists none.
        options=tuple(options) if kind == "enumeration" else (),
        is_read_only=bool(metadata.get("readOnlyValue") or definition.get("calculated")),
        is_unique=bool(definition.get("hasUniqueValue")) or name == "email",
    )
