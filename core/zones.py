"""Timezones that remote systems name. Pure functions."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NOON = time(12)


def find(name: str) -> ZoneInfo | None:
    """Return the timezone with this IANA name; None for an empty or unknown name."""
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
    """Return the seconds until the next day begins in a timezone.

    :param now: with a timezone
    """
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), zone)
    return (midnight.astimezone(UTC) - now).total_seconds()


def days_of(
    starts_at: datetime | None, ends_at: datetime | None, zone: ZoneInfo
) -> tuple[date | None, date | None]:
    """Return the first and the last day of a period in a timezone. A part of a day is a day.

    :param starts_at: UTC, naive; None: it has always been
    :param ends_at: from when it is over
    """
    first = starts_at and starts_at.replace(tzinfo=UTC).astimezone(zone).date()
    last = ends_at and (ends_at.replace(tzinfo=UTC).astimezone(zone) - timedelta(microseconds=1)).date()
    return first, last


def moments_of(
    first: date | None, last: date | None, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """Return when a period of days begins and when it is over (UTC, naive), the opposite of :func:`days_of`."""
    begin, end = first, last and last + timedelta(days=1)
    return tuple(
        day and datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)
        for day in (begin, end)
    )
