"""One example of each event type, a line in the ``EXAMPLES`` of its file: samples, documentation and tests use them.

They tell one story: a customer, an order, and what follows from it.
"""

from . import catalog, customers, invoices, loyalty, orders, settlement, shipments

MODULES = (catalog, customers, invoices, loyalty, orders, settlement, shipments)
EXAMPLES = {name: example for module in MODULES for name, example in module.EXAMPLES.items()}
