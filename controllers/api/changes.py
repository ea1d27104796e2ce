"""What has changed since a cursor: for endpoints that return present values, a page at a time."""

from ...core.problem import Problem
from ...models.outbox.feed import read_cursor


def changes_since(call, event_types, subject):
    """Return (set of :class:`~...models.outbox.feed.Change` since the cursor, None for everything; the cursor of now).

    :param event_types: which say that a value has changed, as a tuple; flows note them for the calling system
    :param subject: what changes, in the plural, for people to read
    :raise Problem: there is no flow that notes changes
    """
    since = call.query.since
    if not call.connector._feed_types().issuperset(event_types):
        if since:
            detail = f"No flow of this system notes changes of {subject}. An administrator can switch one on."
            raise Problem("conflict", detail)
        return None, ""
    deliveries = call.env["retail.delivery"]
    changes, cursor = deliveries._changed_since(
        call.connector, event_types, read_cursor(since) if since else None
    )
    return (changes if since else None), str(cursor)
