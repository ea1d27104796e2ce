"""The feed of events."""

from ....core.errors import FlowFaultError
from ....core.problem import Problem
from ....models.outbox.feed import read_cursor
from ....schemas.feed import EventsQueryV1, EventsV1
from ..endpoint import Endpoint


def read_events(call):
    """Return events of the caller's system, the oldest first.

    :raise Problem: the filter of a flow cannot be evaluated
    """
    query, deliveries = call.query, call.env["retail.delivery"]
    page = deliveries._feed(call.connector, read_cursor(query.after), query.type, query.limit)
    try:
        return deliveries._as_events(call.connector, page)
    except FlowFaultError as error:
        detail = "The filter of a flow cannot be evaluated. An administrator of the hub has to correct it."
        raise Problem("conflict", detail, reason=error.message) from error


ENDPOINTS = (
    Endpoint(
        "GET",
        "/events",
        "getEvents",
        "Read events",
        "events:read",
        EventsV1,
        read_events,
        query=EventsQueryV1,
        problems=("invalid-request", "conflict"),
    ),
)
