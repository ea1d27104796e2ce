"""Reading HubSpot's rate-limit headers. Pure functions."""

from ...core import remote_data
from ..provider import QuotaReading

_PREFIX = "x-hubspot-ratelimit-"
_DAY = 86_400


def readings(headers):
    """Return the :class:`QuotaReading` of each limit that the headers report. Invalid headers count as missing.

    :param headers: with lower-case names
    """
    interval = _number(headers, "interval-milliseconds")
    burst = _reading(headers, interval // 1000, "max", "remaining") if interval else None
    day = _reading(headers, _DAY, "daily", "daily-remaining")
    return [reading for reading in (burst, day) if reading]


def _reading(headers, seconds, limit, remaining):
    limit, remaining = _number(headers, limit), _number(headers, remaining)
    return QuotaReading(seconds, limit, remaining) if limit and remaining is not None else None


def _number(headers, name):
    return remote_data.count(headers.get(_PREFIX + name))
