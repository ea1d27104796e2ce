"""Shipments: what was sent of an order, as properties of the order at HubSpot."""

from ..items import Prepared, Reference
from . import requests

SHIPMENT = "order_shipment"
EVENT_TYPES = ("shipment.confirmed",)


def references(data):
    """The order that is told of must be there; without one there is nobody to tell."""
    order = data.get("order")
    if not order or order["channel"] == "pos":
        return ()
    return (Reference("sale.order", int(order["id"]), is_required=False),)


def prepare(adapter, item):
    """Turn an item into a change of the order; deals do not say what was shipped."""
    orders = [remote.id for remote in item.remote_ids.values() if remote.object == "order"]
    if not orders:
        return Prepared(item, "noop", {}, {})
    properties = requests.texts(adapter.mapper.mapped_values(item, SHIPMENT))
    body = {"id": orders[0], "properties": properties, "objectWriteTraceId": item.trace_id}
    return Prepared(item, "order.update", body, properties, object="order")
