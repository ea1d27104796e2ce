"""What a connector of a kind usually wants, so that its flows are set up in one click. Plain Python: no Odoo."""

from fnmatch import fnmatchcase
from typing import NamedTuple

from ...schemas import EVENT_TYPES


class Template(NamedTuple):
    """Names of event types; ``*`` stands for any text."""

    patterns: tuple[str, ...]

    def event_types(self):
        """Return the names of its event types, in the order of the canonical model."""
        return [name for name in EVENT_TYPES if any(fnmatchcase(name, pattern) for pattern in self.patterns)]


CRM = Template(("customer.*", "order.*", "shipment.confirmed", "invoice.*", "refund.issued"))
MIDDLEWARE = Template(("*",))
