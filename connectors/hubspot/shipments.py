"""Shipments, which update properties of the order in HubSpot."""

from ..items import Prepared, Reference
from . import record_request
from .handler import Handler

SHIPMENT = "order_shipment"
EVENT_TYPES = ("shipment.confirmed", "shipment.updated")


class ShipmentHandler(Handler):
    """Writes shipments to orders. Deals have no properties for shipments, so theirs are not sent."""

    event_types = EVENT_TYPES

    def references(self, event_type, data):
        """Return the shipment's order, if it has one. Orders of a point of sale have no shipment properties."""
        order = data.get("order")
        if not order or order["channel"] == "pos":
            return ()
        return (Reference("order", int(order["id"]), order["channel"], is_required=False),)

    def prepare(self, item):
        orders = [remote.id for remote in item.remote_ids.values() if remote.object == "order"]
        if not orders:
            return Prepared(item, "noop", {}, {})
        mapped = record_request.texts(self.mapper.mapped_values(item, SHIPMENT))
        languages = self.adapter.object_map(SHIPMENT).languages
        properties, warnings = self.adapter.account_values.fit(SHIPMENT, languages, mapped)
        body = {"id": orders[0], "properties": properties, "objectWriteTraceId": item.trace_id}
        return Prepared(
            item,
            "order.update",
            body,
            properties,
            is_subject=False,  # the remote id is that of the order, which may have several shipments
            object="order",
            warnings=tuple(warnings),
        )
