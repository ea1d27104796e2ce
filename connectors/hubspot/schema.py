"""Reading HubSpot's property definitions, any part of which may be missing or of another type. Pure functions."""

from ..base import RemoteProperty
from . import problems

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
