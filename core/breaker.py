"""The circuit breaker's rules, as pure functions of counts and times (seconds).

Deliveries are counted, of single-call trouble and of success; a remote that refuses a record is well. The
circuit opens at half of at least ten within five minutes, but never because of one call alone. It also opens
when the last three calls brought nothing: else a remote that took thousands just before it went down would be
called on and on.
"""

import time
from dataclasses import dataclass, field

WINDOW_SECONDS = 300
SLOT_SECONDS = 30
MIN_ATTEMPTS = 10
MIN_FAILED_CALLS = 2
FAILURE_RATIO = 0.5
CALLS_IN_A_ROW = 3
FIRST_PROBE_SECONDS = 30
MAX_PROBE_SECONDS = 900
FLUSH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What happened in one slot of ``SLOT_SECONDS``: deliveries that were answered or not, and failed calls."""

    slot: int
    answered: int = 0
    failed: int = 0
    failed_calls: int = 0


@dataclass(frozen=True, slots=True)
class Streak:
    """Calls since the last answer, which brought nothing, and their deliveries; ``since`` is the first's time."""

    calls: int = 0
    failed: int = 0
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Health:
    """What a remote did with the calls of the last five minutes."""

    tallies: tuple[Tally, ...] = ()
    streak: Streak = field(default_factory=Streak)

    @classmethod
    def from_json(cls, stored):
        """Return what :func:`dataclasses.asdict` made of one; a new one for nothing."""
        if not stored:
            return cls()
        return cls(tuple(Tally(**tally) for tally in stored["tallies"]), Streak(**stored["streak"]))


def count(health, now, answered, failed):
    """Return the health after one more batch.

    :param now: seconds since 1970
    :param answered: deliveries that the remote took or refused
    :param failed: deliveries that had no proper answer
    """
    return Health(
        _count_slot(health.tallies, int(now // SLOT_SECONDS), answered, failed),
        _continue(health.streak, now, answered, failed),
    )


def _count_slot(tallies, slot, answered, failed):
    oldest = slot - WINDOW_SECONDS // SLOT_SECONDS
    kept = [tally for tally in tallies if oldest < tally.slot and tally.slot != slot]
    current = next((tally for tally in tallies if tally.slot == slot), Tally(slot))
    batch = Tally(
        slot, current.answered + answered, current.failed + failed, current.failed_calls + bool(failed)
    )
    return (*kept, batch)


def _continue(streak, now, answered, failed):
    if answered:
        return Streak()
    if not streak.calls or now - streak.since > WINDOW_SECONDS:
        return Streak(1, failed, now)
    return Streak(streak.calls + 1, streak.failed + failed, streak.since)


def is_broken(health):
    """Return whether so many calls failed that the circuit must open."""
    failed = sum(tally.failed for tally in health.tallies)
    total = failed + sum(tally.answered for tally in health.tallies)
    calls = sum(tally.failed_calls for tally in health.tallies)
    is_half = total >= MIN_ATTEMPTS and calls >= MIN_FAILED_CALLS and failed >= FAILURE_RATIO * total
    return is_half or (health.streak.calls >= CALLS_IN_A_ROW and health.streak.failed >= MIN_ATTEMPTS)


def next_probe_seconds(last):
    """Return how long to wait for the next probe, after one that came ``last`` seconds after the one before."""
    return min(2 * last, MAX_PROBE_SECONDS) if last else FIRST_PROBE_SECONDS


class AnswerCounter:
    """Adds up what the remote answered to the batches of one drain.

    :param count: called with (deliveries that were answered, those that were not, why not)
    """

    def __init__(self, count):
        self._count = count
        self._answered = 0
        self._due_at = 0.0  # the first answer counts at once: it may be that of a probe

    def add(self, answered, failed, reason):
        """Count one batch, with the answers of those before it first: what failed came after them."""
        if failed:
            self.flush()
            self._count(answered, failed, reason)
            return
        self._answered += answered
        if time.monotonic() >= self._due_at:
            self.flush()

    def flush(self):
        """Count what was kept back."""
        answered, self._answered = self._answered, 0
        self._due_at = time.monotonic() + FLUSH_SECONDS
        if answered:
            self._count(answered, 0, "")
