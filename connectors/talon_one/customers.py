"""Customer profiles of Talon.One: the default mapping, and the requests. Pure functions.

A profile's ID is made of Odoo's ID: it can never be changed, unlike an email address.
"""

from ...core.field_map import FieldMap, is_empty
from ..items import Prepared
from ..loyalty import customer_key
from ..mapper import personal_properties

PROFILE = "customer_profile"
SAVED = ("customer.created", "customer.updated")
ERASED = "customer.erased"
EVENT_TYPES = frozenset({*SAVED, ERASED})
SAVE, ERASE, FIND = "save", "erase", "find"

# Attributes that every deployment has. Others have to be created in the Campaign Manager first.
DEFAULT_FIELD_MAPS = (
    FieldMap(PROFILE, "Name", "name.full", key="Name"),
    FieldMap(PROFILE, "Email", "emails.0", key="Email"),
    FieldMap(PROFILE, "Language", "language", key="Language"),
)


def profile_id(item, remote_id):
    """Return the ID of the profile: that to which the customer is linked, or the one it will have."""
    return remote_id or customer_key(item.data.get("customer_id") or item.data["id"])


def prepare(item, mapper):
    """Return the request that saves or erases the profile of an item.

    :raise MappingError: a value cannot be computed
    """
    profile = profile_id(item, item.remote_id)
    if item.event_type == ERASED:
        body = {"profile": profile}
        return Prepared(item, ERASE, body, body, object=PROFILE)
    values = mapper.mapped_values(item, PROFILE)
    # Null empties an attribute: what is left out stays as it is.
    attributes = {name: None if is_empty(value) else value for name, value in values.items()}
    body = {"profile": profile, "attributes": attributes}
    personal = personal_properties(mapper.field_maps(PROFILE))
    return Prepared(item, SAVE, body, values, key=profile, object=PROFILE, personal=personal)


def prepare_search(item, key):
    """Return the request that looks a profile up."""
    return Prepared(item, FIND, {"profile": key}, {}, object=PROFILE)
