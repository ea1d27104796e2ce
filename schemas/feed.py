"""The feed of events, for systems that read them instead of being called. Version 1."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from . import EVENT_TYPES
from .base import Canonical
from .envelope import CloudEvent
from .inventory import Number

MAX_EVENTS = 500


def _is_event_type(name: str) -> str:
    """
    :raise ValueError: there is no such event
    """
    if name not in EVENT_TYPES:
        raise ValueError("There is no event of this type.")
    return name


EventTypeName = Annotated[
    str, AfterValidator(_is_event_type), Field(json_schema_extra={"enum": sorted(EVENT_TYPES)})
]
# A place in a feed. Callers pass it on as it is.
CursorText = Annotated[str, StringConstraints(pattern=r"^([0-9]{1,18}-[0-9]{1,18})?$")]


class EventsQueryV1(Canonical):
    """Which events: those after the cursor ``after``, which is the ``next`` of an earlier page; else from the oldest.

    ``type`` names events, such as ``order.placed``; without it, all are returned.
    """

    after: CursorText = ""
    type: tuple[EventTypeName, ...] = Field((), max_length=100)
    limit: Number = Field(100, ge=1, le=MAX_EVENTS)


class UnreadableEventV1(Canonical):
    """An event whose data cannot be read. Somebody in Odoo has to correct the record."""

    id: str
    type: str
    subject: str = ""
    reason: str = ""


class EventsV1(Canonical):
    """A part of the feed.

    ``next`` is the cursor to continue with, also if there is nothing more yet: ``has_more`` is false then.
    """

    items: tuple[CloudEvent, ...]
    unreadable: tuple[UnreadableEventV1, ...] = ()
    next: str
    has_more: bool

    def canonical(self):
        return {**super().canonical(), "items": [event.canonical() for event in self.items]}
