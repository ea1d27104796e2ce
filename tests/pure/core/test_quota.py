"""Counting calls: no window of the remote is ever exceeded, and nobody waits longer than needed."""

import random
from collections import deque
from datetime import UTC, datetime

import pytest

from odoo.addons.retail_hub.connectors.hubspot.limits import readings
from odoo.addons.retail_hub.connectors.provider import QuotaReading
from odoo.addons.retail_hub.core import quota
from odoo.addons.retail_hub.core.quota import HOUR, SECOND, Window

NOON = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()) * SECOND
MIDNIGHT = NOON + 12 * HOUR


def day(limit=100, **values):
    return quota.roll(Window(quota.DAY_SECONDS, limit, **values), NOON)


def most_in_any_window(times, length):
    """Return the largest number of times within ``length``; both ends count."""
    recent, most = deque(), 0
    for time in times:
        recent.append(time)
        while recent[0] < time - length:
            recent.popleft()
        most = max(most, len(recent))
    return most


# ----- rolling windows -----


@pytest.mark.parametrize("seconds", [1, 10, 60, 3_600])
@pytest.mark.parametrize("limit", [1, 7, 100])
@pytest.mark.parametrize("seed", range(5))
def test_no_rolling_window_is_exceeded(seconds, limit, seed):
    """Calls at random times, in bursts and in lulls, that take up to a sub-bucket longer than others to arrive."""
    chance = random.Random(f"{seconds} {limit} {seed}")
    window, now, arrivals = Window(seconds, limit), NOON + chance.randrange(SECOND), []
    for _ in range(3000):
        now += int(chance.expovariate(1) * seconds * SECOND / limit * chance.choice((0.01, 0.5, 3)))
        if quota.wait(window, now, "realtime", 20) == 0:
            window = quota.take(window, now)
            arrivals.append(now + chance.randrange(window.width))
    assert len(arrivals) > 100
    assert most_in_any_window(sorted(arrivals), seconds * SECOND) <= limit


def test_pace_of_who_always_wants():
    """Caution costs no more than said: 20 / 22 of the limit."""
    window, now, taken = Window(10, 100), NOON, 0
    while now < NOON + 220 * SECOND:
        waiting = quota.wait(window, now, "realtime", 20)
        if waiting:
            now += waiting
        else:
            window, taken = quota.take(window, now), taken + 1
    assert taken == 2000


def test_wait_is_exact():
    """The wait that is asked for is enough, and a microsecond less is not."""
    chance = random.Random(7)
    window, now = Window(10, 20), NOON
    waits = 0
    for _ in range(2000):
        now += chance.randrange(SECOND)
        calls = chance.randint(1, 5)
        waiting = quota.wait(window, now, "realtime", 20, calls)
        if waiting:
            waits += 1
            assert quota.wait(window, now + waiting - 1, "realtime", 20, calls) == 1
            assert quota.wait(window, now + waiting, "realtime", 20, calls) == 0
        else:
            window = quota.take(window, now, calls)
    assert waits > 100


def test_clock_that_is_set_back_gives_nothing_back():
    window = quota.take(Window(10, 5), NOON, 5)
    assert quota.left(window, NOON - 60 * SECOND) == 0
    assert quota.wait(window, NOON - 60 * SECOND, "realtime", 20) == 71 * SECOND


def test_more_calls_than_there_are_go_when_the_window_is_empty():
    window = quota.take(Window(10, 5), NOON)
    assert quota.wait(window, NOON, "realtime", 20, calls=9) == 11 * SECOND
    assert quota.wait(window, NOON + 11 * SECOND, "realtime", 20, calls=9) == 0


# ----- the reserve -----


@pytest.mark.parametrize(
    ("limit", "reserve", "bulk"),
    [(100, 20, 80), (100, 0, 100), (7, 20, 5), (1, 20, 1), (1, 90, 1), (190, 50, 95)],
)
def test_reserve(limit, reserve, bulk):
    assert quota.allowed(limit, "bulk", reserve) == bulk
    assert quota.allowed(limit, "realtime", reserve) == quota.allowed(limit, "inbound", reserve) == limit


def test_bulk_waits_where_realtime_goes():
    window = quota.take(Window(10, 10), NOON, 8)
    assert quota.wait(window, NOON, "bulk", 20) == 11 * SECOND
    assert quota.wait(window, NOON, "realtime", 20) == quota.wait(window, NOON, "inbound", 20) == 0


def test_what_realtime_took_is_not_left_for_bulk():
    """The reserve is no second limit for realtime work."""
    window = quota.take(Window(10, 10), NOON, 10)
    assert quota.wait(window, NOON, "realtime", 20) == 11 * SECOND


# ----- the day -----


def test_day_resets_at_midnight():
    window = quota.take(day(), NOON, 100)
    assert quota.wait(window, NOON, "realtime", 20) == 12 * HOUR
    assert quota.left(window, MIDNIGHT - 1) == 0
    assert quota.left(window, MIDNIGHT) == 100
    assert quota.roll(window, MIDNIGHT).ends_at == MIDNIGHT + quota.DAY


def test_remote_with_a_midnight_of_its_own_is_asked_every_hour():
    """It says that nothing is left; when its day ends it does not say, and ours is long."""
    window = quota.correct(day(), NOON, QuotaReading(quota.DAY_SECONDS, 100, 0))
    assert quota.wait(window, NOON, "realtime", 20) == HOUR
    window = quota.take(window, NOON + HOUR)
    assert quota.wait(window, NOON + HOUR, "realtime", 20) == HOUR
    window = quota.correct(window, NOON + HOUR, QuotaReading(quota.DAY_SECONDS, 100, 99))
    assert quota.left(window, NOON + HOUR) == 99
    assert quota.wait(window, MIDNIGHT - 1, "realtime", 20) == 0


def test_remote_that_says_when_its_day_ends():
    window = quota.correct(day(), NOON, QuotaReading(quota.DAY_SECONDS, 100, 0, resets_in=90))
    assert quota.wait(window, NOON, "realtime", 20) == 90 * SECOND
    assert quota.left(window, NOON + 90 * SECOND) == 100
    assert quota.roll(window, NOON + 90 * SECOND).ends_at == MIDNIGHT


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ([], None),
        ([(NOON, 25)], NOON + 3 * HOUR),  # 25 an hour, 75 left
        ([(NOON - HOUR, 50)], NOON + HOUR),
        ([(NOON - HOUR // 2, 50)], NOON + HOUR),
        ([(NOON, 2)], None),  # 98 last for 49 hours
        ([(NOON - 3 * HOUR, 90)], None),  # nothing in the last hour
        ([(NOON, 100)], NOON),
    ],
)
def test_runs_out_at(earlier, expected):
    window = Window(quota.DAY_SECONDS, 100)
    for at, calls in earlier:
        window = quota.take(window, at, calls)
    assert quota.runs_out_at(window, NOON) == expected


def test_pace_at_half_past():
    """At half past, half of the hour before is still in the last hour."""
    window = quota.take(Window(quota.DAY_SECONDS, 100), NOON - HOUR, 40)
    window = quota.take(window, NOON, 10)
    assert quota.runs_out_at(window, NOON + HOUR // 2) == NOON + HOUR // 2 + 100 * HOUR // 60


# ----- corrections -----


@pytest.mark.parametrize(("remaining", "used"), [(90, 10), (30, 70), (0, 100)])
def test_day_is_corrected_exactly(remaining, used):
    window = quota.correct(quota.take(day(), NOON, 50), NOON, QuotaReading(quota.DAY_SECONDS, 100, remaining))
    assert window.used == used


@pytest.mark.parametrize(("remaining", "used"), [(90, 50), (30, 70), (0, 100)])
def test_rolling_window_is_only_corrected_upwards(remaining, used):
    """Others may use the account; but what was counted since the remote's answer is not forgotten."""
    window = quota.take(Window(10, 100), NOON, 50)
    window = quota.correct(window, NOON + SECOND, QuotaReading(10, 100, remaining))
    assert quota.roll(window, NOON + SECOND).used == used
    assert quota.roll(window, NOON + 11 * SECOND).used == used - 50
    assert quota.roll(window, NOON + 12 * SECOND).used == 0


@pytest.mark.parametrize(("remaining", "used"), [(900, 50), (100, 50), (30, 70), (0, 100)])
@pytest.mark.parametrize("seconds", [10, quota.DAY_SECONDS])
def test_typed_limit_is_our_share(seconds, remaining, used):
    """Of 1,000 calls we may make 100: what others do matters once the remote has less left than we have."""
    window = quota.take(Window(seconds, 100, is_typed=True), NOON, 50)
    window = quota.correct(window, NOON, QuotaReading(seconds, 1000, remaining))
    assert (window.limit, window.used) == (100, used)


# ----- HubSpot's headers -----

HEADERS = {
    "x-hubspot-ratelimit-max": "190",
    "x-hubspot-ratelimit-remaining": "188",
    "x-hubspot-ratelimit-interval-milliseconds": "10000",
    "x-hubspot-ratelimit-daily": "625000",
    "x-hubspot-ratelimit-daily-remaining": "0",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [(10, 190, 188), (86_400, 625_000, 0)]),
        ({"x-hubspot-ratelimit-daily": ""}, [(10, 190, 188)]),
        ({"x-hubspot-ratelimit-daily": "0"}, [(10, 190, 188)]),
        ({"x-hubspot-ratelimit-remaining": "-1"}, [(86_400, 625_000, 0)]),
        ({"x-hubspot-ratelimit-interval-milliseconds": "soon"}, [(86_400, 625_000, 0)]),
    ],
)
def test_hubspot_headers(changes, expected):
    found = readings({**HEADERS, **changes})
    assert [(reading.seconds, reading.limit, reading.remaining) for reading in found] == expected
    assert readings({}) == []
