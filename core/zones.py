"""Time zones that remote systems name. Pure functions."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NOON = time(12)


def find(name: str) -> ZoneInfo | None:
    """Return the time zone with this IANA name; None for an empty or unknown name."""
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, KeyError):
        return None


def moment_on(day: date, zone: ZoneInfo | None) -> datetime:
    """Return a moment (UTC) that shows the same date to readers of an account.

    Noon UTC, which is the same date in most of the world; where it is not, such as in New Zealand, noon of the account.

    :param zone: of the account; None if unknown
    """
    moment = datetime.combine(day, NOON, UTC)
    if zone and moment.astimezone(zone).date() != day:
        moment = datetime.combine(day, NOON, zone).astimezone(UTC)
    return moment


def seconds_to_midnight(now: datetime, zone: ZoneInfo) -> float:
    """Return the seconds until the next day begins in a time zone.

    :param now: with a time zone
    """
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), zone)
    return (midnight.astimezone(UTC) - now).total_seconds()
