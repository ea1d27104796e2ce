"""What is in stock."""

from ....core.problem import Problem
from ....models.source.canonical_values import decimal
from ....models.source.stock_quant import LEVEL_EVENT
from ....schemas.inventory import AvailableV1, InventoryQueryV1, InventoryV1
from ..changes import changes_since
from ..endpoint import Endpoint


def read_inventory(call):
    """Return what can be promised of products, by product and warehouse.

    :raise Problem: the warehouse is not known, or no flow notes changes
    """
    query, availability = call.query, call.client_env["retail.availability"]
    warehouses = _warehouses(call)
    changes, cursor = changes_since(call, (LEVEL_EVENT,), "stock levels")
    changed_ids = None if changes is None else {change.res_id for change in changes}
    products, has_more = availability._products(
        query.sku, query.barcode, after=int(query.after or 0), limit=query.limit, ids=changed_ids
    )
    promised = availability._promised(products, warehouses, call.client.safety_stock)
    items = tuple(
        AvailableV1(
            product_id=str(product.id),
            sku=product.default_code or "",
            barcode=product.barcode or "",
            warehouse=warehouse.code,
            available=decimal(promised[product, warehouse]),
        )
        for product in products
        for warehouse in warehouses
    )
    return InventoryV1(items=items, next=str(products[-1:].id) if has_more else "", cursor=cursor)


def _warehouses(call):
    warehouses = call.client_env["retail.availability"]._warehouses()
    wanted = call.query.warehouse
    if not wanted:
        return warehouses
    mapped = call.client_env["retail.code.map"]._targets(call.connector, "warehouse", [wanted])
    found = mapped.get(wanted) or warehouses.filtered(lambda warehouse: warehouse.code == wanted)
    if not found:
        errors = [{"pointer": "/warehouse", "detail": "No warehouse has this code."}]
        raise Problem("invalid-request", "The warehouse is not known.", errors=errors)
    return warehouses.browse(found.id)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/inventory",
        "getInventory",
        "Read what can be promised",
        "inventory:read",
        InventoryV1,
        read_inventory,
        query=InventoryQueryV1,
        problems=("invalid-request", "conflict"),
    ),
)
