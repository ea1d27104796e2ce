"""When the next attempt is, and how a rejected batch is bisected."""

from datetime import UTC, datetime, timedelta

import pytest
from samples import make_item

from odoo.addons.retail_hub.connectors.bisect import bisect
from odoo.addons.retail_hub.connectors.http_status import parse_retry_after
from odoo.addons.retail_hub.connectors.items import Outcome, Prepared
from odoo.addons.retail_hub.core.const import ErrorClass
from odoo.addons.retail_hub.core.errors import QuotaError, TransientError, ValidationError
from odoo.addons.retail_hub.core.policy import RETRY_SCHEDULE, fingerprint, retry_delay

DELAYS = [(0, 0), (1, 5), (2, 30), (10, 86400), (11, None), (99, None), (-1, None)]
STOPS = [QuotaError("slow down", retry_after=3), TransientError("lost", uncertain=True)]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


# ----- delays -----


def test_schedule_is_about_three_days():
    """The published schedule: now, 5 s, 30 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""
    assert RETRY_SCHEDULE == (0, 5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    assert 3 <= sum(RETRY_SCHEDULE) / 86400 <= 3.5


@pytest.mark.parametrize(("attempts", "delay"), DELAYS)
def test_delay_without_jitter(attempts, delay):
    assert retry_delay(attempts, random=lambda: 0.5) == delay


@pytest.mark.parametrize(("number", "delay"), [(0.0, 24.0), (0.5, 30.0), (0.999999, 36.0)])
def test_jitter(number, delay):
    """±20 %, evenly."""
    assert retry_delay(2, random=lambda: number) == pytest.approx(delay, abs=0.001)


def test_jitter_spreads():
    delays = {retry_delay(3) for _ in range(100)}
    assert len(delays) > 90
    assert all(240 <= delay <= 360 for delay in delays)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("31 Dec 99999999999999999 23:59:59 GMT", None),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("999999999", 86400),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 12:01:00 -0000", 60),
        ("Fri, 31 Dec 2027 00:00:00 GMT", 86400),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("1e9", None),
        ("Mon, 99 Nov 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


def test_retry_after_uses_the_clock_it_is_given():
    value = "Mon, 23 Nov 2026 12:01:00 GMT"
    assert parse_retry_after(value, NOW + timedelta(seconds=50)) == 10


# ----- fingerprints -----


def test_fingerprint_is_for_people():
    expected = "HubSpot: validation INVALID_EMAIL (email)"
    assert fingerprint("HubSpot", ErrorClass.VALIDATION, "INVALID_EMAIL", "email") == expected
    assert fingerprint("HubSpot", "transient", None, None) == "HubSpot: transient"


def test_fingerprints_differ():
    base = (3, "validation", "INVALID_EMAIL", "email")
    others = [(4, *base[1:]), (3, "conflict", *base[2:]), (*base[:2], "OTHER", "email"), (*base[:3], None)]
    moved = [(3, "validation", None, "INVALID_EMAILemail"), (3, "validation", "INVALID_EMAILemail", None)]
    assert len({fingerprint(*parts) for parts in (base, *others, *moved)}) == 7


# ----- bisecting -----


class AllOrNothing:
    """A remote that refuses a batch with a bad item in it as a whole."""

    def __init__(self, *bad, error=None, error_at=None):
        self.bad, self.calls, self.error, self.error_at = set(bad), [], error, error_at

    def __call__(self, part):
        names = [int(p.item.trace_id) for p in part]
        self.calls.append(names)
        if self.error_at == len(self.calls):
            raise self.error
        if self.bad.intersection(names):
            raise ValidationError(f"one of {len(names)} is bad")
        return [Outcome(p.item.trace_id, remote_id=f"r{p.item.trace_id}") for p in part]


def batch(count):
    return [Prepared(make_item(n, trace_id=str(n)), "upsert", {}, {}) for n in range(count)]


def failed(outcomes):
    return [int(o.trace_id) for o in outcomes if o.error]


def test_bisect_takes_a_good_batch_in_one_call():
    send = AllOrNothing()
    outcomes = bisect(batch(100), send)
    assert [o.remote_id for o in outcomes] == [f"r{n}" for n in range(100)]
    assert len(send.calls) == 1


def test_bisect_of_nothing():
    send = AllOrNothing()
    assert bisect([], send) == []
    assert send.calls == []


@pytest.mark.parametrize("bad", range(100))
def test_bisect_one_bad(bad):
    """At most 1 + 2 * log2(n) calls, and nothing is written twice."""
    send = AllOrNothing(bad)
    outcomes = bisect(batch(100), send)
    assert failed(outcomes) == [bad]
    assert outcomes[bad].error.message == "one of 1 is bad"
    assert [o.trace_id for o in outcomes] == [str(n) for n in range(100)]
    assert len(send.calls) <= 15
    written = [name for names in send.calls if bad not in names for name in names]
    assert sorted(written) == [n for n in range(100) if n != bad]


def test_bisect_does_not_send_a_half_that_must_be_bad():
    send = AllOrNothing(3)
    bisect(batch(4), send)
    assert send.calls == [[0, 1, 2, 3], [0, 1], [2], [3]]


def test_bisect_many_bad():
    send = AllOrNothing(0, 17, 18, 99)
    assert failed(bisect(batch(100), send)) == [0, 17, 18, 99]
    assert len(send.calls) <= 1 + 4 * 2 * 7


def test_bisect_all_bad():
    send = AllOrNothing(*range(8))
    assert failed(bisect(batch(8), send)) == list(range(8))
    assert len(send.calls) == 15


def test_bisect_when_items_only_contradict_each_other():
    """Two items that are bad only together: each is sent alone before it is blamed, and both are taken."""
    calls = []

    def send(part):
        calls.append(len(part))
        if len(part) > 1:
            raise ValidationError("not together")
        return [Outcome(p.item.trace_id) for p in part]

    assert failed(bisect(batch(4), send)) == []


@pytest.mark.parametrize("error", STOPS)
def test_bisect_stops_at_other_errors(error):
    """The part that was sent may have been applied; what was not sent was certainly not."""
    send = AllOrNothing(0, error=error, error_at=2)
    outcomes = bisect(batch(4), send)
    assert len(send.calls) == 2
    assert [type(o.error) for o in outcomes] == [type(error)] * 4
    assert [o.error.uncertain for o in outcomes] == [error.uncertain] * 2 + [False] * 2
    assert {o.error.retry_after for o in outcomes} == {error.retry_after}
