"""The next occurrence of a time of day: week days, other timezones, and the days on which clocks change."""

from datetime import datetime

import pytest

from odoo.addons.retail_hub.core.schedule import DAYS, Schedule

EVERY_DAY = frozenset(range(7))


def next_after(moment, clock, timezone, days=""):
    hours, minutes = clock.split(":")
    weekdays = frozenset(DAYS.index(day) for day in days.split()) or EVERY_DAY
    schedule = Schedule(int(hours) * 60 + int(minutes), timezone, weekdays)
    return schedule.next_after(datetime.fromisoformat(moment)).isoformat(" ", "minutes")


@pytest.mark.parametrize(
    ("moment", "clock", "timezone", "expected"),
    [
        ("2026-01-14 12:00", "22:00", "UTC", "2026-01-14 22:00"),
        ("2026-01-14 22:30", "22:00", "UTC", "2026-01-15 22:00"),
        ("2026-01-14 21:59:59.999999", "22:00", "UTC", "2026-01-14 22:00"),
        ("2026-01-14 22:00", "22:00", "UTC", "2026-01-15 22:00"),  # strictly later
        ("2026-01-14 12:00", "00:00", "UTC", "2026-01-15 00:00"),
        ("2026-12-31 23:59", "00:00", "UTC", "2027-01-01 00:00"),
        ("2026-01-14 12:00", "22:00", "Europe/Brussels", "2026-01-14 21:00"),
        ("2026-07-14 12:00", "22:00", "Europe/Brussels", "2026-07-14 20:00"),
        ("2026-01-14 23:30", "00:00", "Europe/Brussels", "2026-01-15 23:00"),  # the 15th there already
        ("2026-01-14 12:00", "22:00", "America/New_York", "2026-01-15 03:00"),
        ("2026-01-15 02:00", "22:00", "America/New_York", "2026-01-15 03:00"),
        ("2026-01-14 12:00", "06:15", "Asia/Kathmandu", "2026-01-15 00:30"),
        ("2026-01-14 12:00", "01:00", "Pacific/Kiritimati", "2026-01-15 11:00"),
    ],
)
def test_every_day(moment, clock, timezone, expected):
    assert next_after(moment, clock, timezone) == expected


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        ("2026-01-14 12:00", "wed", "2026-01-14 21:00"),  # a Wednesday
        ("2026-01-14 21:00", "wed", "2026-01-21 21:00"),
        ("2026-01-14 12:00", "tue", "2026-01-20 21:00"),
        ("2026-01-16 22:00", "mon tue wed thu fri", "2026-01-19 21:00"),
        ("2026-01-14 12:00", "sat sun", "2026-01-17 21:00"),
    ],
)
def test_days_of_the_week(moment, days, expected):
    assert next_after(moment, "22:00", "Europe/Brussels", days) == expected


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        ("2026-01-18 23:30", "mon", "2026-01-19 00:00"),  # Monday 01:00 in Brussels, Sunday in UTC
        ("2026-01-18 23:30", "sun", "2026-01-25 00:00"),
    ],
)
def test_day_is_that_of_the_place(moment, days, expected):
    assert next_after(moment, "01:00", "Europe/Brussels", days) == expected


@pytest.mark.parametrize(
    ("clock", "timezone", "moment", "expected"),
    [
        # 29 March 2026: 02:00 becomes 03:00 in Brussels, which is 01:00 UTC.
        ("01:59", "Europe/Brussels", "2026-03-28 12:00", "2026-03-29 00:59"),
        ("02:00", "Europe/Brussels", "2026-03-28 12:00", "2026-03-29 01:00"),
        ("02:30", "Europe/Brussels", "2026-03-28 12:00", "2026-03-29 01:00"),
        ("03:00", "Europe/Brussels", "2026-03-28 12:00", "2026-03-29 01:00"),
        ("03:01", "Europe/Brussels", "2026-03-28 12:00", "2026-03-29 01:01"),
        ("02:30", "Europe/Brussels", "2026-03-29 01:00", "2026-03-30 00:30"),
        # 6 September 2026: midnight is left out in Santiago de Chile, which is 04:00 UTC.
        ("00:00", "America/Santiago", "2026-09-05 12:00", "2026-09-06 04:00"),
        ("23:59", "America/Santiago", "2026-09-05 12:00", "2026-09-06 03:59"),
        # 4 October 2026: the clocks of Lord Howe go forward by half an hour, at 15:30 UTC.
        ("02:10", "Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-03 15:30"),
    ],
)
def test_time_that_is_left_out(clock, timezone, moment, expected):
    assert next_after(moment, clock, timezone) == expected


@pytest.mark.parametrize(
    ("clock", "moment", "expected"),
    [
        # 25 October 2026: 03:00 becomes 02:00 in Brussels, which is 01:00 UTC.
        ("02:30", "2026-10-24 12:00", "2026-10-25 00:30"),
        ("02:30", "2026-10-25 00:29", "2026-10-25 00:30"),
        ("02:30", "2026-10-25 00:30", "2026-10-26 01:30"),  # not again at 01:30
        ("02:30", "2026-10-25 01:15", "2026-10-26 01:30"),
        ("03:00", "2026-10-25 00:30", "2026-10-25 02:00"),
    ],
)
def test_time_that_comes_twice(clock, moment, expected):
    assert next_after(moment, clock, "Europe/Brussels") == expected


def test_a_year_of_days():
    """Once a day, every day, whatever the clocks do."""
    schedule = Schedule(150, "Europe/Brussels", EVERY_DAY)
    moment, days = datetime(2026, 1, 1), []
    for _ in range(365):
        moment = schedule.next_after(moment)
        days.append(moment.date().isoformat())
    assert len(set(days)) == 365
    assert (days[0], days[-1]) == ("2026-01-01", "2026-12-31")
