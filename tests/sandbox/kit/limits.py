"""How many calls are allowed in rolling windows, and how many are left."""

import threading
import time
from collections import deque
from typing import NamedTuple


def every_call(_request):
    return True


class Limit(NamedTuple):
    """At most ``calls`` in ``seconds``.

    ``calls`` is the name of a setting. ``seconds`` is a number, the name of a setting, or None: until the account is
    reset. ``counts`` tells of a request whether it is one of the calls that are counted.
    """

    calls: str
    seconds: float | str | None
    counts: object = every_call


class Limits:
    """Counts the calls that are accepted; a refused one counts nowhere."""

    def __init__(self, settings, limits):
        """``limits``: {name: :class:`Limit`}; the first one that is reached is the reason for a refusal."""
        self.settings, self.limits = settings, limits
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        self._times = {name: deque() for name in self.limits}
        self._totals = dict.fromkeys(self.limits, 0)

    def take(self, request):
        """Count one call: None if it is within the limits, else the name of the one that it hit."""
        with self._lock:
            now = time.monotonic()
            concerned = [name for name, limit in self.limits.items() if limit.counts(request)]
            for name in concerned:
                self._forget(name, now)
            for name in concerned:
                if self.left(name) <= 0:
                    return name
            for name in concerned:
                self._count(name, now)
            return None

    def most(self, name):
        """How many calls are allowed in the window."""
        return self.settings[self.limits[name].calls]

    def used(self, name):
        """How many calls were in the window when the last one was counted."""
        return self._totals[name] if self.limits[name].seconds is None else len(self._times[name])

    def left(self, name):
        return max(0, self.most(name) - self.used(name))

    def _count(self, name, now):
        if self.limits[name].seconds is None:
            self._totals[name] += 1
        else:
            self._times[name].append(now)

    def _forget(self, name, now):
        seconds = self.limits[name].seconds
        if seconds is None:
            return
        until = now - (self.settings[seconds] if isinstance(seconds, str) else seconds)
        times = self._times[name]
        while times and times[0] <= until:
            times.popleft()
