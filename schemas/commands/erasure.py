"""The command that erases a customer, version 1."""

from typing import Literal

from pydantic import Field

from ..base import Canonical
from .base import CommandType, ExternalId, Moment, Paragraphs


class CustomerEraseV1(Canonical):
    """Erase the personal data of the customer with this ``external_id``, which can never be used again.

    Orders, invoices and other documents stay, without the name and the addresses. ``reason`` is for your own records.
    """

    external_id: ExternalId
    reason: Paragraphs = Field("", max_length=1000)
    occurred_at: Moment | None = None


class CustomerErasedResultV1(Canonical):
    """The customer who was erased. ``outcome`` is ``unchanged`` if that was done before."""

    id: str
    external_id: str
    outcome: Literal["erased", "unchanged"]


COMMAND_TYPES = (
    CommandType(
        "customer.erase",
        CustomerEraseV1,
        CustomerErasedResultV1,
        "customers:write",
        "Erase a customer",
        subject=lambda command: f"customer/{command.external_id}",
    ),
)
