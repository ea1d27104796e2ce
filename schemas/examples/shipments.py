"""Examples of the events of shipments, returns and stock levels."""

from ..shipment import OrderShippingV1, ReturnLineV1, ReturnV1, ShipmentLineV1, ShipmentV2
from ..stock import StockLevelV1, WarehouseLevelV1, WarehouseV1
from .customers import ADDRESS
from .example import COMPANY, CUSTOMER_ID, ORDER_PROCESS, Example, changed
from .orders import LINE, REFERENCE

WAREHOUSE = WarehouseV1(id="2000000001", code="WH", name=COMPANY)
SHIPMENT_LINE = ShipmentLineV1(
    id="2000000051",
    order_line_id=LINE.id,
    product_id=LINE.product_id,
    sku=LINE.sku,
    name=LINE.name,
    quantity="10",
    unit=LINE.unit,
)
SHIPMENT = ShipmentV2(
    id="2000000050",
    number="WH/OUT/SAMPLE",
    order=REFERENCE,
    customer_id=CUSTOMER_ID,
    company=COMPANY,
    warehouse=WAREHOUSE,
    carrier="Standard delivery",
    shipped_at="2026-11-24T09:30:00Z",
    delivery_address=ADDRESS,
    lines=(SHIPMENT_LINE,),
    order_shipping=OrderShippingV1(status="shipped"),
)
TRACKED = changed(
    SHIPMENT,
    tracking_number="SAMPLE123",
    order_shipping=OrderShippingV1(status="shipped", tracking_numbers=("SAMPLE123",)),
)
RETURN_LINE = ReturnLineV1(
    **{**dict(SHIPMENT_LINE), "id": "2000000056", "quantity": "2"},
    shipment_line_id=SHIPMENT_LINE.id,
    is_refunded=True,
)
RETURN = ReturnV1(
    id="2000000055",
    number="WH/IN/SAMPLE",
    status="initiated",
    shipment_id=SHIPMENT.id,
    shipment_number=SHIPMENT.number,
    order=REFERENCE,
    customer_id=CUSTOMER_ID,
    company=COMPANY,
    warehouse=WAREHOUSE,
    lines=(RETURN_LINE,),
)
RECEIVED = changed(RETURN, status="received", received_at="2026-11-29T11:00:00Z")
CORRECTED = changed(RECEIVED, lines=(changed(RETURN_LINE, quantity="1"),))
STOCK_LEVEL = StockLevelV1(
    product_id=LINE.product_id,
    sku=LINE.sku,
    name=LINE.name,
    unit=LINE.unit,
    warehouses=(
        WarehouseLevelV1(warehouse=WAREHOUSE, on_hand="32", reserved="10", available="22", incoming="50"),
    ),
)

EXAMPLES = {
    "shipment.confirmed": Example(SHIPMENT, ORDER_PROCESS),
    "shipment.updated": Example(TRACKED, ORDER_PROCESS),
    "return.initiated": Example(RETURN, ORDER_PROCESS),
    "return.received": Example(RECEIVED, ORDER_PROCESS),
    "return.updated": Example(CORRECTED, ORDER_PROCESS),
    "stock.level_changed": Example(STOCK_LEVEL),
}
