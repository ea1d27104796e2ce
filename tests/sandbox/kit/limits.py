"""Call limits in rolling windows."""

import threading
import time
from collections import deque
from typing import NamedTuple


def every_call(_request):
    return True


class Limit(NamedTuple):
    """At most ``calls`` in ``seconds``.

    :param calls: the name of a setting
    :param seconds: a number, or the name of a setting; None until the account is reset
    :param counts: takes a request, and returns whether it counts
    """

    calls: str
    seconds: float | str | None
    counts: object = every_call


class Limits:
    """Counts accepted calls. A rejected call does not count for any limit.

    The clock of an account that tests set ahead (the setting ``ahead_s``) counts, too.
    """

    def __init__(self, settings, limits):
        """:param limits: {name: :class:`Limit`}; a call is rejected because of the first one that is reached"""
        self.settings, self.limits = settings, limits
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        self._times = {name: deque() for name in self.limits}
        self._totals = dict.fromkeys(self.limits, 0)

    def take(self, request):
        """Count a call. Return None if it is within the limits, else the name of the limit that it exceeds."""
        with self._lock:
            now = time.monotonic() + self.settings.get("ahead_s", 0)
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
        """Return the number of calls that the window allows."""
        return self.settings[self.limits[name].calls]

    def used(self, name):
        """Return the number of calls in the window when the last one was counted."""
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
