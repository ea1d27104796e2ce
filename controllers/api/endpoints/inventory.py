"""What is in stock."""

from ....core.problem import Problem
from ....models.outbox.feed import LEVEL_EVENT, read_cursor
from ....models.source.canonical_values import decimal
from ....schemas.inventory import AvailableV1, InventoryQueryV1, InventoryV1
from ..endpoint import Endpoint


def read_inventory(call):
    """Return what can be promised of products, by product and warehouse.

    :raise Problem: the warehouse is not known
    """
    query, availability = call.query, call.client_env["retail.availability"]
    warehouses, (changed_ids, cursor) = _warehouses(call), _changes(call)
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


def _changes(call):
    """Return (ids of the products whose stock has changed since the cursor, None for all; the cursor of now).

    :raise Problem: there is no flow that notes changes
    """
    since = call.query.since
    if LEVEL_EVENT not in call.connector._feed_types():
        if since:
            detail = (
                "No flow of this system notes changes of stock levels. An administrator can switch one on."
            )
            raise Problem("conflict", detail)
        return None, ""
    deliveries = call.env["retail.delivery"]
    ids, cursor = deliveries._levels_since(call.connector, read_cursor(since) if since else None)
    return (ids if since else None), str(cursor)


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
