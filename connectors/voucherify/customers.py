"""Customers of Voucherify: the default mapping, and the requests. Pure functions.

A customer is found by ``source_id``, which is made of Odoo's ID: it can never be changed, unlike an email address.
"""

from dataclasses import replace

from ...core.field_map import FieldMap
from ..items import Prepared
from ..loyalty import customer_key
from ..mapper import personal_properties

CUSTOMER = "customer"
SAVED = ("customer.created", "customer.updated")
ERASED = "customer.erased"
EVENT_TYPES = frozenset({*SAVED, ERASED})
SAVE, ERASE, FIND, NOTHING = "save", "erase", "find", "nothing"


def _line(name, expression):
    return FieldMap(CUSTOMER, name, expression, key=name)


DEFAULT_FIELD_MAPS = (
    _line("name", "name.full"),
    _line("email", "emails.0"),
    _line("phone", "phones.0.number"),
    _line("address.line_1", "addresses.contact.street"),
    _line("address.line_2", "addresses.contact.street2"),
    _line("address.city", "addresses.contact.city"),
    _line("address.postal_code", "addresses.contact.postal_code"),
    _line("address.state", "addresses.contact.region"),
    _line("address.country", "addresses.contact.country"),
    _line("metadata.type", "type"),
    _line("metadata.language", "language"),
    _line("metadata.tags", "tags"),
)


def prepare(item, mapper):
    """Return the request that saves or erases the customer of an item.

    :raise MappingError: a value cannot be computed
    """
    if item.event_type == ERASED:
        body = {"id": item.remote_id} if item.remote_id else {}
        return Prepared(item, ERASE if item.remote_id else NOTHING, body, body, object=CUSTOMER)
    values = mapper.mapped_values(item, CUSTOMER)
    source_id = customer_key(item.data["id"])
    body = {"source_id": source_id, **nested(values)}
    return Prepared(item, SAVE, body, values, key=source_id, object=CUSTOMER, personal=_personal(mapper))


def _personal(mapper):
    """Return the names of personal properties, as they are called in their group: ``line_1``."""
    lines = mapper.field_maps(CUSTOMER)
    return personal_properties([replace(line, property=line.property.rpartition(".")[2]) for line in lines])


def prepare_search(item, key):
    """Return the request that looks a customer up by ``source_id``."""
    return Prepared(item, FIND, {"source_id": key}, {}, object=CUSTOMER)


def nested(values):
    """Return ``{"address.city": "Ghent"}`` as ``{"address": {"city": "Ghent"}}``, without what has no value.

    Metadata without a value is sent as null: what is left out stays as it is.
    """
    body = {}
    for name, value in values.items():
        group, dot, part = name.partition(".")
        if dot:
            body.setdefault(group, {})[part] = value
        else:
            body[name] = value
    return body
