"""Sending records again although nothing of them has changed: the answer says what became of the remote record."""

from ...core.const import Lane
from ..source.capture import CapturedEvent, by_updated_event


def resend(connector, bindings):
    """Queue the records of bindings; return how many deliveries that made.

    :param connector: as the superuser; only its flows count
    :param bindings: of the connector
    """
    count = 0
    for model_name, group in bindings.grouped("res_model").items():
        records = bindings.env[model_name].browse(group.mapped("res_id")).exists()
        events = bindings.env["retail.event"]
        for event_type, stated in by_updated_event(records).items():
            if events._routes({event_type}, connector):
                group.sent_hash = False  # an equal state would not be sent
                rows = [CapturedEvent(event_type, res_id) for res_id in stated.ids]
                count += events._insert(model_name, rows, connectors=connector, lane=Lane.BULK.value)
    return count
