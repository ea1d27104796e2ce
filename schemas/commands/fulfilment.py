"""Commands of warehouse systems about orders, version 1: what was shipped, and what came back."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints, model_validator

from ..base import Canonical, Decimal
from .base import CommandType, ExternalId, Line, Moment
from .order import MAX_LINES, Code, Positive, subject

TrackingNumber = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\s,;\x00-\x1f\x7f]+$")
]
Url = Annotated[str, StringConstraints(max_length=2_048, pattern=r"^(https?://[\x21-\x7e]+)?$")]


class FulfilmentLineV1(Canonical):
    """How much of what: of the order's line ``order_line_id``, or of ``sku``.

    A kit is named like any other line, or its components are, each by its SKU. ``lot`` is the lot or serial number.
    """

    order_line_id: Code = ""
    sku: Code = ""
    quantity: Positive
    lot: Code = ""

    @model_validator(mode="after")
    def _names_something(self):
        if not (self.order_line_id or self.sku):
            raise ValueError("A line needs an order_line_id or a sku.")
        return self


class ShipmentConfirmV1(Canonical):
    """Report what left the warehouse. What is not shipped yet stays open.

    The same ``shipment_id`` again changes its carrier and tracking, unless its ``occurred_at`` is older.
    """

    external_id: ExternalId
    shipment_id: ExternalId
    lines: tuple[FulfilmentLineV1, ...] = Field(min_length=1, max_length=MAX_LINES)
    carrier: Code = ""
    tracking_numbers: tuple[TrackingNumber, ...] = Field((), max_length=50)
    tracking_url: Url = ""
    shipped_at: Moment | None = None
    warehouse: Code = ""
    occurred_at: Moment | None = None


class TransferV1(Canonical):
    """A transfer in Odoo."""

    id: str
    number: str


class ShippedLineV1(Canonical):
    """How much of an order line was shipped with this shipment, and how much is still ``open`` after all of them."""

    id: str
    quantity: Decimal
    open: Decimal


class ShipmentResultV1(Canonical):
    """A shipment as Odoo has it. ``order_status`` is ``shipped`` once nothing of the order is open."""

    shipment_id: str
    external_id: str
    outcome: Literal["created", "updated", "unchanged"]
    order_status: Literal["partial", "shipped"]
    transfers: tuple[TransferV1, ...]
    lines: tuple[ShippedLineV1, ...]


class ReturnLineInputV1(FulfilmentLineV1):
    """What came back. Without ``restock`` it goes to the location for damaged goods, and cannot be sold."""

    restock: StrictBool = True


class ReturnReceiveV1(Canonical):
    """Report what came back from the customer.

    ``warehouse`` is where it is now, which may be another one than it was shipped from; ``location`` the barcode or the
    name of a location there, for what is restocked.
    """

    external_id: ExternalId
    return_id: ExternalId
    lines: tuple[ReturnLineInputV1, ...] = Field(min_length=1, max_length=MAX_LINES)
    warehouse: Code = ""
    location: Code = ""
    reason: Line = Field("", max_length=512)
    received_at: Moment | None = None


class ReturnedLineV1(Canonical):
    """How much of an order line came back with this return, and how much the customer still has (``kept``)."""

    id: str
    quantity: Decimal
    kept: Decimal


class ReturnResultV1(Canonical):
    """A return as Odoo has it."""

    return_id: str
    external_id: str
    outcome: Literal["created", "unchanged"]
    transfers: tuple[TransferV1, ...]
    lines: tuple[ReturnedLineV1, ...]


COMMAND_TYPES = (
    CommandType(
        "shipment.confirm",
        ShipmentConfirmV1,
        ShipmentResultV1,
        "fulfilment:write",
        "Confirm a shipment",
        subject,
    ),
    CommandType(
        "return.receive",
        ReturnReceiveV1,
        ReturnResultV1,
        "fulfilment:write",
        "Receive a return",
        subject,
    ),
)
