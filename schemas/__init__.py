"""The canonical model. A new event type is a line in the ``EVENT_TYPES`` of its file, a new file one of ``MODULES``."""

from . import catalog, code, customer, invoice, loyalty, order, payment, settlement, shipment, stock

MODULES = (
    catalog,
    code,
    customer,
    invoice,
    loyalty,
    order,
    payment,
    settlement,
    shipment,
    stock,
)
EVENT_TYPES = {event_type.name: event_type for module in MODULES for event_type in module.EVENT_TYPES}
# Receivers may still look up the schemas of earlier versions.
RETIRED = tuple(schema for module in MODULES for schema in getattr(module, "RETIRED", ()))
SCHEMAS = {schema.__name__: schema for schema in (*(each.schema for each in EVENT_TYPES.values()), *RETIRED)}
