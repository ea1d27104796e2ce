"""The envelope of an event: CloudEvents 1.0, with the extensions of distributed tracing that the hub knows."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from .base import Canonical, Timestamp

CONTENT_TYPE = "application/cloudevents+json"
SCHEMAS_PATH = "/retail_hub/schemas"
Text = Annotated[str, StringConstraints(min_length=1)]


class CloudEvent(Canonical):
    """An event in structured mode. What is not known is left out.

    ``id`` is the same on every attempt; ``source`` is the URI of the system it happened in; ``subject`` is the record
    it is about, by its canonical kind (``customer/7``, ``order/web/7``). Events with one ``correlationid`` belong to
    one business process; ``causationid`` is the event that led to this one. ``replayid`` is there if a person had the
    event sent again: another one each time. ``test`` is there if nothing happened: a person sent an example.
    """

    specversion: Literal["1.0"] = "1.0"
    id: Text
    source: Text
    type: Text
    subject: Text | None = None
    time: Timestamp | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Text | None = None
    correlationid: Text | None = None
    causationid: Text | None = None
    replayid: Text | None = None
    test: Literal[True] | None = None
    data: dict[str, Any]

    def canonical(self):
        return self.model_dump(mode="json", exclude_none=True)


def schema_uri(source: str, schema_name: str):
    """Return the URL of the JSON Schema of an event's data: it names a version, which never changes.

    :param source: the URL of the system that publishes it
    """
    return f"{source.rstrip('/')}{SCHEMAS_PATH}/{schema_name}.json"


def rfc3339(time: datetime | None):
    """Return a datetime (UTC, naive) to the millisecond, None for nothing."""
    return f"{time.isoformat(timespec='milliseconds')}Z" if time else None
