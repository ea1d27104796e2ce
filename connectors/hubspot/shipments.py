"""Shipments, which update properties of the order in HubSpot."""

from ...core.errors import RemoteError
from ..items import Prepared, Reference, failed
from . import record_request, stages
from .batch import chunks
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
        prepared = Prepared(
            item,
            f"{SHIPMENT}.update",
            {"id": orders[0], "properties": properties, "objectWriteTraceId": item.trace_id},
            properties,
            is_subject=False,  # the remote id is that of the order, which may have several shipments
            object="order",
            warnings=tuple(warnings),
        )
        return stages.guarded(prepared, self._replaceable_stages())

    def _replaceable_stages(self):
        """Return the stages that the field maps set for an order on its way, from which a shipment moves it."""
        object_map = self.adapter.object_map
        on_its_way = stages.of_map(object_map(SHIPMENT), "order")
        placed = stages.of_map(object_map("order"), "order").get("placed")
        return {*on_its_way.values(), placed} - {None}


class Shipments:
    """Writes shipments to an account's orders.

    The stage of an order that was cancelled, or that people have moved on, stays as it is.

    :param api: the :class:`~.api.HubSpotApi`
    :param records: the :class:`~.records.Records` of orders
    """

    def __init__(self, api, records):
        self.api = api
        self.records = records

    def send(self, kind, items):
        """Write the changes, and return one outcome each.

        :param kind: ``update``
        """
        return [outcome for part in chunks(items, self.records.size) for outcome in self._send(kind, part)]

    def _send(self, kind, items):
        try:
            items = stages.admitted(self.api, "order", items)
        except RemoteError as error:
            return failed(items, error)
        return self.records.send(kind, items)
