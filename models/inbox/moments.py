"""Timestamps of commands: RFC 3339 in UTC."""

from datetime import datetime


def as_datetime(text):
    """Return a timestamp as Odoo keeps it: naive, in UTC, with whole seconds. None for nothing."""
    return datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0) if text else None


def sortable(text):
    """Return a timestamp as a text that sorts by time, to the microsecond; "" for nothing."""
    return (
        datetime.fromisoformat(text).replace(tzinfo=None).isoformat(timespec="microseconds") if text else ""
    )


def is_older(text, known):
    """Return whether a timestamp is older than a known one. What is not given is as new as anything.

    :param known: of :func:`sortable`, or nothing
    """
    return bool(text and known and sortable(text) < known)
