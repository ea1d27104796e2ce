"""A clock that tests can set ahead."""

import calendar
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """``ahead_s`` in the settings: seconds that it is ahead of the real time."""

    def __init__(self, settings):
        self.settings = settings

    def now(self):
        """Return epoch seconds."""
        return time.time() + self.settings["ahead_s"]

    def iso(self, at=None):
        at = self.now() if at is None else at
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"

    def date(self, days=0):
        """Return the date in UTC, so many days from now, such as ``2026-11-30``."""
        return (datetime.fromtimestamp(self.now(), UTC) + timedelta(days=days)).date().isoformat()

    def months_ago(self, months):
        """Return the epoch seconds of the same time some months ago."""
        return months_after(self.now(), -months)


def months_after(at, months):
    """Return the epoch seconds of the same time some months later. The day is the last one of a shorter month."""
    moment = datetime.fromtimestamp(at, UTC)
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day).timestamp()


def epoch(text):
    """Return an ISO time as epoch seconds. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
