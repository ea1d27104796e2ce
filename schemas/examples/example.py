"""What the examples share. Their ids are too high for records of Odoo, so that an example never matches one."""

from dataclasses import dataclass

from ..base import Canonical

CUSTOMER_ID, OTHER_CUSTOMER_ID, ORDER_ID = "2000000042", "2000000043", "2000000007"
COMPANY = "Linden & Daughters"
ORDER_PROCESS = f"sale.order,{ORDER_ID}"


@dataclass(frozen=True, slots=True)
class Example:
    """An example of an event.

    :param data: an instance of the schema of its event type
    :param correlation_id: its business process; empty if the record is a process of its own
    """

    data: Canonical
    correlation_id: str = ""

    @property
    def record_id(self) -> str:
        """The id of the record that the event is about."""
        return getattr(self.data, "id", "") or self.data.product_id


def changed(data, **changes):
    """Return a copy of an instance of a schema with some fields changed. It is validated."""
    return type(data)(**{**dict(data), **changes})
