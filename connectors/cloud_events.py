"""Events as CloudEvents 1.0: what webhooks post, and what the feed of events returns. Plain Python."""

from ..core.errors import MappingError
from ..schemas import EVENT_TYPES
from ..schemas.envelope import CloudEvent, rfc3339, schema_uri


def cloud_event(item, source, **more):
    """Return an item as a :class:`~..schemas.envelope.CloudEvent`.

    :param item: an :class:`~.items.Item`
    :param source: the URI of this Odoo
    :param more: further attributes
    :raise MappingError: the event type is unknown
    """
    event_type = EVENT_TYPES.get(item.event_type)
    if event_type is None:
        raise MappingError(f"There is no event type {item.event_type}.", code="EVENT_NOT_SUPPORTED")
    return CloudEvent(
        id=item.idempotency_key,
        source=source,
        type=event_type.cloudevents_type,
        subject=item.subject or None,
        time=rfc3339(item.occurred_at),
        dataschema=schema_uri(source, event_type.schema.__name__),
        correlationid=item.correlation_id or None,
        causationid=item.causation_id or None,
        replayid=item.replay_id or None,
        data=item.data,
        **more,
    )
