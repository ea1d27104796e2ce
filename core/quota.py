"""How many calls may be made, per window of time: counting, waiting and correcting, as pure functions.

Times are integers, microseconds since the epoch, by one clock that all who count share (the database's).

A rolling window is counted in sub-buckets. A bucket is given back as a whole, and only when no call in it can
be in a rolling window of the remote any more, one more bucket allowing for calls that take unequally long to
arrive: no rolling window of the remote ever has more calls than the limit. The price is a pace of 20 / 22 of the limit.

A day is one count, from one reset to the next; its hourly buckets only measure the pace.
"""

from dataclasses import dataclass, replace

from .const import Lane

SECOND = 1_000_000  # microseconds
HOUR_SECONDS = 3_600
HOUR = HOUR_SECONDS * SECOND
DAY_SECONDS = 86_400
# Lengths of time, in seconds, for which there are limits.
WINDOWS = (1, 10, 60, HOUR_SECONDS, DAY_SECONDS)
DAY = DAY_SECONDS * SECOND
PARTS = 20  # sub-buckets of a rolling window
KEPT = PARTS + 2  # the present one is not over yet, and one is for the way to the remote
DAY_PARTS = 24
PROBE = HOUR  # how often a remote that says that its day is used up is asked again


@dataclass(frozen=True, slots=True)
class Window:
    """What was counted for one window of ``seconds`` with ``limit`` calls.

    ``number`` is that of the newest bucket since the epoch; ``counts`` has the newest first. Only a day has
    ``used``, ``ends_at`` (when it resets) and ``touched_at`` (the last call or correction).
    ``is_reported`` is True if the remote reports its own figures for this window, ``is_typed`` if a person chose the
    limit.
    """

    seconds: int
    limit: int
    number: int = 0
    counts: tuple[int, ...] = ()
    used: int = 0
    ends_at: int = 0
    touched_at: int = 0
    is_reported: bool = False
    is_typed: bool = False

    @property
    def is_day(self):
        return self.seconds == DAY_SECONDS

    @property
    def width(self):
        """The length of a bucket, in microseconds."""
        return self.seconds * SECOND // (DAY_PARTS if self.is_day else PARTS)


def roll(window, now):
    """Return the window as it is at ``now``: buckets that are over are given back, a day that ended begins anew."""
    number = max(now // window.width, window.number)  # a clock that was set back gives nothing back
    kept = DAY_PARTS if window.is_day else KEPT
    added = min(number - window.number, kept)
    counts = ((0,) * added + window.counts + (0,) * kept)[:kept]
    rolled = replace(window, number=number, counts=counts)
    if not window.is_day:
        return replace(rolled, used=sum(counts))
    if now >= window.ends_at:
        return replace(rolled, used=0, ends_at=_midnight_after(now))
    return rolled


def allowed(limit, lane, reserve):
    """Return how many calls of a window a lane may use up.

    :param reserve: percent of the window that bulk work leaves to the other lanes; one call it always has
    """
    return max(limit * (100 - reserve) // 100, 1) if lane == Lane.BULK else limit


def left(window, now):
    """Return how many calls of the whole window are left."""
    return max(window.limit - roll(window, now).used, 0)


def wait(window, now, lane, reserve, calls=1):
    """Return the microseconds until the lane may make this number of calls; 0 if it may now.

    More calls than the lane ever has are possible once the window is empty.
    """
    window = roll(window, now)
    most = max(allowed(window.limit, lane, reserve) - calls, 0)
    if window.used <= most:
        return 0
    return _wait_for_day(window, now) if window.is_day else _wait_for_buckets(window, now, most)


def _wait_for_day(window, now):
    """A remote that says that nothing is left may have a midnight of its own: one call is let through at times."""
    until = window.ends_at
    if window.is_reported and window.used >= window.limit:
        until = min(until, window.touched_at + PROBE)
    return max(until - now, 0)


def _wait_for_buckets(window, now, most):
    used = window.used
    for age in reversed(range(KEPT)):
        used -= window.counts[age]
        if used <= most:
            return (window.number - age + KEPT) * window.width - now
    raise AssertionError("unreachable: an empty window has room")


def take(window, now, calls=1):
    """Return the window with these calls counted."""
    return _count(roll(window, now), now, calls)


def _count(window, now, calls):
    newest, *others = window.counts
    return replace(window, counts=(newest + calls, *others), used=window.used + calls, touched_at=now)


def correct(window, now, reading):
    """Return the window with the remote's own figures.

    A day has exactly as many calls left as the remote says. A rolling window only gets fuller, as others may use
    the same account: the remote's figure is older than the calls that were counted meanwhile. So does a day
    whose limit was typed: it is our share, of which the calls of others use up nothing while the remote has enough.

    :param reading: a :class:`~..connectors.provider.QuotaReading` of the same window
    """
    limit = min(window.limit, reading.limit) if window.is_typed else reading.limit
    window = roll(replace(window, limit=limit, is_reported=True), now)
    used = max(limit - reading.remaining, 0)
    if not window.is_day:
        return _count(window, now, max(used - window.used, 0))
    if limit < reading.limit:
        used = max(used, window.used)
    ends_at = window.ends_at if reading.resets_in is None else now + round(reading.resets_in * SECOND)
    return replace(window, used=used, ends_at=ends_at, touched_at=now)


def differs(one, other):
    """Return whether two windows, rolled to the same time, differ by more than one second of their reset."""
    facts = [(window.limit, window.used, window.is_reported) for window in (one, other)]
    return facts[0] != facts[1] or abs(one.ends_at - other.ends_at) > SECOND


def runs_out_at(window, now):
    """Return when a day's calls are used up at the pace of the last hour, None if they last until the reset."""
    window = roll(window, now)
    if window.used >= window.limit:
        return now
    this_hour, last_hour = window.counts[:2]
    elapsed = now % HOUR
    pace = this_hour + last_hour * (HOUR - elapsed) / HOUR
    if not pace:
        return None
    at = now + int((window.limit - window.used) / pace * HOUR)
    return at if at < window.ends_at else None


def _midnight_after(now):
    return (now // DAY + 1) * DAY
