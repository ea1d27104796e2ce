"""HubSpot's property definitions: reading them, and creating the match key."""

from itertools import islice

from ...core import remote_data
from ...core.errors import TransientError, ValidationError
from ..provider import MAX_OPTIONS, MAX_PROPERTIES, RemoteProperty
from . import problems
from .api import noun
from .mapping import KEY

# Property types: https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide
_TYPES = {
    "number": "number",
    "bool": "boolean",
    "date": "date",
    "datetime": "datetime",
    "enumeration": "enumeration",
}


def read(body, object_name):
    """Return the properties in a response to "read all properties", sorted by label, without archived ones.

    :raise TransientError: the response names none, although each object has some
    """
    listed = (
        each for each in problems.dicts(body.get("results")) if each.get("name") and not each.get("archived")
    )
    named = [_property(each) for each in islice(listed, MAX_PROPERTIES)]
    if not named:
        raise TransientError(f"HubSpot named no properties of the {noun(object_name)}.", code="NO_PROPERTIES")
    return sorted(named, key=lambda each: each.label.lower())


def add_key(api, object_name):
    """Create the match key property of an object, if it lacks it.

    :return: a description of what was created, for the admin; None if the property exists
    :raise RemoteError: HubSpot refused, or the property exists but its values are not unique
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
    """Return the name of the group that holds HubSpot's own properties of an object."""
    response = api.properties(object_name, "GET", "/hs_object_id")
    if response.status >= 300:
        raise api.refusal(response, write=False, object_name=object_name)
    name = response.object.get("groupName")
    if not name or not isinstance(name, str):
        raise TransientError(
            f"HubSpot did not name the group of the {noun(object_name)}'s properties.", code="NO_GROUP"
        )
    return name


def _property(definition):
    metadata = definition.get("modificationMetadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = problems.text(definition, "name")
    kind = _TYPES.get(problems.text(definition, "type"), "text")
    options = problems.dicts(definition.get("options"))[: MAX_OPTIONS + 1] if kind == "enumeration" else ()
    return RemoteProperty(
        name=name,
        label=problems.text(definition, "label") or name,
        type=kind,
        # Empty for some enumerations, such as owners: HubSpot lists their options elsewhere.
        options=tuple(
            remote_data.short(each.get("value"), remote_data.MAX_MESSAGE) or "" for each in options
        ),
        is_read_only=bool(metadata.get("readOnlyValue") or definition.get("calculated")),
        is_unique=bool(definition.get("hasUniqueValue")) or name == "email",
    )
