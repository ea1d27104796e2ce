"""The endpoints. A new one is a line in the ``ENDPOINTS`` of its file, a new file one of ``MODULES``."""

from . import (
    batch,
    campaigns,
    customers,
    events,
    fulfilment,
    inventory,
    loyalty,
    messages,
    orders,
    payments,
    prices,
)

MODULES = (
    customers,
    orders,
    payments,
    fulfilment,
    inventory,
    prices,
    loyalty,
    campaigns,
    events,
    batch,
    messages,
)
ENDPOINTS = tuple(endpoint for module in MODULES for endpoint in module.ENDPOINTS)
