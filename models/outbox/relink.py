"""Links to a record that has another remote record now: what was linked to the former one is sent again."""

from odoo.tools import split_every

from ...core.const import Lane, State
from ..source.capture import CapturedEvent, by_updated_event

MAX_EVENTS = 1_000  # per statement


def relink(connector, record):
    """Queue the records that refer to a record or its aliases, and were sent already, or are being sent.

    :param record: of a model that is captured; it may not exist any more
    """
    aliases = connector.env["retail.alias"]._of_primaries(connector, record._name, record.ids)
    sharing = record.browse(aliases.filtered(lambda alias: not alias.is_partial).mapped("res_id"))
    for referring in (record + sharing).exists()._retail_referring():
        sent = referring.browse(_sent_ids(connector, referring))
        for event_type, records in by_updated_event(sent).items():
            _queue(connector, event_type, records)


def _queue(connector, event_type, records):
    for part in split_every(MAX_EVENTS, records.ids):
        events = [CapturedEvent(event_type, res_id) for res_id in part]
        connector.env["retail.event"]._insert(
            records._name, events, connectors=connector, lane=Lane.BULK.value
        )


def _sent_ids(connector, records):
    """Return the ids of those records that have a remote record, or may be about to get one."""
    if not records:
        return []
    bound = connector.env["retail.binding"]._by_record(connector, records._name, records.ids)
    in_flight = connector.env["retail.delivery"].search(
        [
            ("connector_id", "=", connector.id),
            ("res_model", "=", records._name),
            ("res_id", "in", records.ids),
            ("state", "in", [State.IN_FLIGHT.value, State.UNKNOWN.value]),
        ]
    )
    return sorted({*bound, *in_flight.mapped("res_id")})
