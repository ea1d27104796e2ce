"""The commands. A new one is a line in the ``COMMAND_TYPES`` of its file, a new file one of ``MODULES``."""

from . import campaign, customer, erasure, fulfilment, loyalty, order, order_change, order_hold, payment

MODULES = (customer, erasure, order, order_change, order_hold, payment, fulfilment, loyalty, campaign)
COMMAND_TYPES = {each.name: each for module in MODULES for each in module.COMMAND_TYPES}
