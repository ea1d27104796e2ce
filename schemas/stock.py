"""The stock level, version 1: what a company has of a product, warehouse by warehouse."""

from ..core.const import EventKind, Mode
from .base import Canonical, Decimal, EventType, _lt


class WarehouseV1(Canonical):
    """A warehouse or store; ``code`` is its short name."""

    id: str
    code: str
    name: str


class WarehouseLevelV1(Canonical):
    """What lies in one warehouse. ``available`` = ``on_hand`` - ``reserved``, below 0 if more was taken than was there.

    ``incoming`` is what is planned to arrive from elsewhere; it is not part of ``on_hand``.
    """

    warehouse: WarehouseV1
    on_hand: Decimal
    reserved: Decimal
    available: Decimal
    incoming: Decimal


class StockLevelV1(Canonical):
    """The levels of a product in all warehouses of one company, at one moment, in ``unit``."""

    product_id: str
    sku: str = ""
    name: str
    unit: str = ""
    warehouses: tuple[WarehouseLevelV1, ...] = ()


EVENT_TYPES = (
    EventType(
        "stock.level_changed",
        "product.product",
        EventKind.STATE,
        StockLevelV1,
        _lt("Stock level changed"),
        mode=Mode.MICRO_BATCH,
    ),
)
