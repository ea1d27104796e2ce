"""Dates and midnights in the timezones of accounts."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest

from odoo.addons.retail_hub.core import zones

DAYS = [date(2026, 1, 1), date(2026, 3, 29), date(2026, 7, 1), date(2026, 10, 25), date(2026, 12, 31)]


def test_the_same_date_in_every_zone():
    for name in sorted(available_timezones()):
        zone = zones.find(name)
        moments = [zones.moment_on(day, zone) for day in DAYS]
        assert [moment.astimezone(zone).date() for moment in moments] == DAYS, name
        assert all(not moment.utcoffset() for moment in moments)


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("", "2026-12-23T12:00:00+00:00"),
        ("America/New_York", "2026-12-23T12:00:00+00:00"),
        ("Asia/Tokyo", "2026-12-23T12:00:00+00:00"),
        ("Pacific/Pago_Pago", "2026-12-23T12:00:00+00:00"),
        ("Pacific/Auckland", "2026-12-22T23:00:00+00:00"),
        ("Pacific/Kiritimati", "2026-12-22T22:00:00+00:00"),
    ],
)
def test_moments(name, moment):
    assert zones.moment_on(date(2026, 12, 23), zones.find(name)).isoformat() == moment


@pytest.mark.parametrize(
    "name", ["", "Nowhere", "../etc/passwd", "/etc/localtime", "a\0b", "x" * 500, "Europe", "."]
)
def test_unknown_zones(name):
    assert zones.find(name) is None


@pytest.mark.parametrize(
    ("name", "now", "hours"),
    [
        ("UTC", datetime(2026, 11, 23, 22, tzinfo=UTC), 2),
        ("America/New_York", datetime(2026, 11, 23, 22, tzinfo=UTC), 7),
        ("America/New_York", datetime(2026, 11, 24, 3, tzinfo=UTC), 2),
        ("Europe/Brussels", datetime(2026, 10, 24, 22, tzinfo=UTC), 25),  # the clocks are put back
    ],
)
def test_seconds_to_midnight(name, now, hours):
    assert zones.seconds_to_midnight(now, ZoneInfo(name)) == hours * 3600
