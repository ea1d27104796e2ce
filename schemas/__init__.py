"""The canonical model. A new event type is a line in the ``EVENT_TYPES`` of its file."""

from . import customer

EVENT_TYPES = {event_type.name: event_type for module in (customer,) for event_type in module.EVENT_TYPES}
SCHEMAS = {event_type.schema.__name__: event_type.schema for event_type in EVENT_TYPES.values()}
