"""The circuit breaker's rules, as pure functions of counts and times (seconds).

Deliveries are counted, of single-call trouble and of success; a remote that refuses a record is well. The
circuit opens at half of at least ten within five minutes, but never because of one call alone.
"""

from dataclasses import dataclass

WINDOW_SECONDS = 300
SLOT_SECONDS = 30
MIN_ATTEMPTS = 10
MIN_FAILED_CALLS = 2
FAILURE_RATIO = 0.5
FIRST_PROBE_SECONDS = 30
MAX_PROBE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Tally:
    """What happened in one slot of ``SLOT_SECONDS``: deliveries that were answered or not, and failed calls."""

    slot: int
    answered: int = 0
    failed: int = 0
    failed_calls: int = 0


def count(tallies, now, answered, failed):
    """Return the tallies of the last five minutes with those of one batch added.

    :param now: seconds since 1970
    """
    slot = int(now // SLOT_SECONDS)
    oldest = slot - WINDOW_SECONDS // SLOT_SECONDS
    kept = [tally for tally in tallies if oldest < tally.slot and tally.slot != slot]
    current = next((tally for tally in tallies if tally.slot == slot), Tally(slot))
    batch = Tally(
        slot, current.answered + answered, current.failed + failed, current.failed_calls + bool(failed)
    )
    return [*kept, batch]


def is_broken(tallies):
    """Tell whether so much failed that the remote should be left alone."""
    failed = sum(tally.failed for tally in tallies)
    total = failed + sum(tally.answered for tally in tallies)
    calls = sum(tally.failed_calls for tally in tallies)
    return total >= MIN_ATTEMPTS and calls >= MIN_FAILED_CALLS and failed >= FAILURE_RATIO * total


def next_probe_seconds(last):
    """Return how long to wait for the next probe, after one that came ``last`` seconds after the one before."""
    return min(2 * last, MAX_PROBE_SECONDS) if last else FIRST_PROBE_SECONDS
