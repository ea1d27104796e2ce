"""Goods on their way to a customer, and back, version 1."""

from typing import Literal

from ..core.const import EventKind
from .base import Canonical, Decimal, EventType, Timestamp, _lt
from .customer import AddressV1
from .invoice import OrderReferenceV1
from .stock import WarehouseV1


class LotV1(Canonical):
    """How much of a line is of one lot, or the one piece with that serial number."""

    number: str
    quantity: Decimal


class ShipmentLineV1(Canonical):
    """What was delivered of one product. Of a kit these are the components, each with the order line of the kit."""

    id: str
    order_line_id: str = ""
    product_id: str
    sku: str = ""
    name: str
    quantity: Decimal
    unit: str = ""
    lots: tuple[LotV1, ...] = ()


class ShipmentV1(Canonical):
    """Goods that left for a customer. A partial delivery is a shipment of its own.

    ``has_backorder``: the rest is still to come. ``backorder_of_id`` is the shipment of which this one is the rest.
    ``customer_id`` is who ordered; the address may be of somebody else.
    """

    id: str
    number: str
    order: OrderReferenceV1 | None = None
    customer_id: str = ""
    company: str = ""
    warehouse: WarehouseV1 | None = None
    carrier: str = ""
    tracking_number: str = ""
    shipped_at: Timestamp
    delivery_address: AddressV1 | None = None
    lines: tuple[ShipmentLineV1, ...] = ()
    has_backorder: bool = False
    backorder_of_id: str = ""


class OrderShippingV1(Canonical):
    """What has been shipped of a whole order: all that will be (``shipped``), or a part.

    An order that was cancelled before all was shipped is ``partial``.
    ``tracking_numbers`` are those of all its shipments.
    """

    status: Literal["partial", "shipped"]
    tracking_numbers: tuple[str, ...] = ()


class ShipmentV2(ShipmentV1):
    """Goods that left for a customer. A partial delivery is a shipment of its own.

    ``has_backorder``: the rest is still to come. ``backorder_of_id`` is the shipment of which this one is the rest.
    ``customer_id`` is who ordered; the address may be of somebody else. ``order_shipping`` is about the order with all
    its shipments, which may leave from several warehouses: as of the time of sending.
    """

    order_shipping: OrderShippingV1 | None = None


class ReturnLineV1(Canonical):
    """What comes back of one product. ``shipment_line_id`` is the line that brought it; ``is_refunded``: Odoo takes
    it off what was delivered of the order, so that it is credited."""

    id: str
    shipment_line_id: str = ""
    order_line_id: str = ""
    product_id: str
    sku: str = ""
    name: str
    quantity: Decimal
    unit: str = ""
    lots: tuple[LotV1, ...] = ()
    is_refunded: bool = False


class ReturnV1(Canonical):
    """Goods that come back from a customer: planned (``initiated``), or here (``received``).

    ``shipment_id`` is the shipment that brought them. If only a part arrives, that part is received, and the rest
    is a return of its own that is received later: ``backorder_of_id`` is the return that it is the rest of.
    """

    id: str
    number: str
    status: Literal["initiated", "received"]
    shipment_id: str = ""
    shipment_number: str = ""
    order: OrderReferenceV1 | None = None
    customer_id: str = ""
    company: str = ""
    warehouse: WarehouseV1 | None = None
    reason: str = ""
    received_at: Timestamp | None = None
    lines: tuple[ReturnLineV1, ...] = ()
    has_backorder: bool = False
    backorder_of_id: str = ""


RETIRED = (ShipmentV1,)
EVENT_TYPES = (
    EventType(
        "shipment.confirmed",
        "stock.picking",
        EventKind.FACT,
        ShipmentV2,
        _lt("Shipment confirmed"),
        is_lasting=True,
    ),
    EventType("shipment.updated", "stock.picking", EventKind.STATE, ShipmentV2, _lt("Shipment updated")),
    EventType("return.initiated", "stock.picking", EventKind.FACT, ReturnV1, _lt("Return initiated")),
    EventType(
        "return.received", "stock.picking", EventKind.FACT, ReturnV1, _lt("Return received"), is_lasting=True
    ),
    EventType("return.updated", "stock.picking", EventKind.STATE, ReturnV1, _lt("Return updated")),
)
