"""Samples: examples of events that an admin sends to try a remote system. Plain Python."""

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..core.errors import RemoteError
from ..schemas import EVENT_TYPES
from ..schemas.examples import EXAMPLES
from ..schemas.subjects import line_key, record_key, subject_of
from .asking import ask
from .call_log import CallLog
from .connection import Connection
from .items import Item, Outcome, Prepared, failed

NOT_PREPARED = "The adapter failed. See the server log for details."
TOTAL_SECONDS = 45.0  # after which no call starts: a person waits


@dataclass(frozen=True, slots=True)
class SampleResult:
    """What came of one sample.

    :param error: None if the remote accepted it; ``is_sent`` is False if no call was made
    :param milliseconds: how long the call took; None if none was made
    """

    event_type: str
    http_status: int | None = None
    milliseconds: int | None = None
    error: RemoteError | None = None


def sample_item(event_type: str) -> Item:
    """Return the example of an event type as a new event that happens now."""
    example, about = EXAMPLES[event_type], EVENT_TYPES[event_type]
    data = example.data.canonical()
    return Item(
        trace_id=event_type,
        event_type=event_type,
        data=data,
        idempotency_key=str(uuid.uuid4()),
        subject=subject_of(about.model, example.record_id, data),
        occurred_at=datetime.now(UTC).replace(tzinfo=None),
        correlation_id=example.correlation_id or f"{about.model},{example.record_id}",
        record_key=record_key(about.model, example.record_id),
        line_key=line_key(about.model),
    )


def send_samples(connection: Connection, event_types: Sequence[str]) -> list[SampleResult]:
    """Send the examples of these event types, and return what came of each, in order.

    After a failure of the endpoint, and after ``TOTAL_SECONDS``, no further call starts.

    :param connection: to a provider whose adapter is a :class:`~.base.Sampler`; it is closed afterwards
    """
    connection.set_deadline(time.monotonic() + TOTAL_SECONDS)
    log = CallLog()
    connection.http.log = log
    with connection as adapter:
        outcomes = {each.trace_id: each for each in _outcomes(adapter, event_types)}
    return [_result(name, outcomes[name], log.of(name)) for name in event_types]


def _outcomes(adapter, event_types) -> Iterator[Outcome]:
    prepared: list[Prepared] = []
    for name in event_types:
        try:
            prepared.append(ask(adapter.prepare_sample, sample_item(name), failure=NOT_PREPARED))
        except RemoteError as error:
            yield Outcome(name, error=error.not_sent())
    size, ended_by = adapter.settings.batch_size, None
    for start in range(0, len(prepared), size):
        batch = prepared[start : start + size]
        outcomes = failed(batch, ended_by) if ended_by else _sent(adapter, batch)
        ended_by = next((each.error for each in outcomes if each.error and not each.error.is_sent), None)
        yield from outcomes


def _sent(adapter, batch):
    try:
        return ask(adapter.send, batch)
    except RemoteError as error:
        return failed(batch, error)


def _result(event_type, outcome, calls):
    milliseconds = calls[-1].milliseconds if calls else None
    return SampleResult(event_type, outcome.http_status, milliseconds, outcome.error)
