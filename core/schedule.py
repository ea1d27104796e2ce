"""When a flow that runs at a time of day runs next. Plain Python: no Odoo, no clock of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Schedule:
    """A time of day by the clocks of a place, on some days of the week.

    ``minute``: since midnight; ``timezone``: an IANA name; ``weekdays``: 0 (Monday) to 6, at least one.
    """

    minute: int
    timezone: str
    weekdays: frozenset[int]

    def next_after(self, moment: datetime) -> datetime:
        """Return the first occurrence later than ``moment``. Both are UTC without tzinfo, as Odoo stores them.

        When the clocks are put forward, a time that is left out is replaced by the first moment that is not;
        when they are put back, a time that comes twice counts the first time only.
        """
        zone = ZoneInfo(self.timezone)
        today = moment.replace(tzinfo=UTC).astimezone(zone).date()
        days = (today + timedelta(days=number) for number in range(8))
        occurrences = (self._occurrence(day, zone) for day in days if day.weekday() in self.weekdays)
        return next(occurrence for occurrence in occurrences if occurrence > moment)

    def _occurrence(self, day, zone):
        wall = datetime.combine(day, time(*divmod(self.minute, 60)), zone)
        while not _exists(wall, zone):
            wall += timedelta(minutes=1)
        return wall.astimezone(UTC).replace(tzinfo=None)


def _exists(wall, zone):
    return wall.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None)
