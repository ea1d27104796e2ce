"""The canonical model. A new event type is a line in the ``EVENT_TYPES`` of its file, a new file one of ``MODULES``."""

from . import catalog, customer, invoice, loyalty, order, payment, settlement, shipment, stock

MODULES = (
    catalog,
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
SCHEMAS = {event_type.schema.__name__: event_type.schema for event_type in EVENT_TYPES.values()}
