"""Periods as Talon.One writes them: ``30s``, ``40m``, ``1h``, ``5D``, ``7W``, ``10M``, ``15Y``, ``1D_D``, ``1M_U``."""

import re
from datetime import UTC, datetime, timedelta

from kit.clock import months_after

SECONDS = {"s": 1, "m": 60, "h": 3_600, "D": 86_400, "W": 604_800}
MONTHS = {"M": 1, "Y": 12}
PERIOD = re.compile(r"(\d+)(?:([smh])|(D)(_[DU])?|([WMY])(_U)?)")


def is_period(text):
    return PERIOD.fullmatch(text) is not None


def after(at, text):
    """Return the epoch seconds a period after a time.

    ``_D`` is the start of that day, ``_U`` the end of that day, week (Sunday), month or year, in UTC.
    """
    number, short, day, day_round, long, long_round = PERIOD.fullmatch(text).groups()
    unit = short or day or long
    is_long = unit in MONTHS
    end = months_after(at, int(number) * MONTHS[unit]) if is_long else at + int(number) * SECONDS[unit]
    rounding = day_round or long_round
    return rounded(end, unit, rounding) if rounding else end


def rounded(at, unit, rounding):
    start = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if rounding == "_D":
        return start.timestamp()
    return next_start(start, unit).timestamp() - 0.001


def next_start(day, unit):
    """Return the midnight at which the day, week, month or year ends."""
    if unit == "W":
        return day + timedelta(days=7 - day.weekday())
    if unit == "M":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day.replace(year=day.year + 1, month=1, day=1) if unit == "Y" else day + timedelta(days=1)
