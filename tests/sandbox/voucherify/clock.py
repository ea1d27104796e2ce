"""The project's clock, which tests can set ahead, and the work that Voucherify does after its answer."""

import calendar
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """``ahead_s`` in the settings: seconds that it is ahead of the real time."""

    def __init__(self, settings):
        self.settings = settings

    def now(self):
        """Return epoch seconds."""
        return time.time() + self.settings["ahead_s"]

    def iso(self, at=None):
        at = self.now() if at is None else at
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"

    def date(self, days=0):
        """Return the date in UTC, so many days from now, such as ``2026-11-30``."""
        return (datetime.fromtimestamp(self.now(), UTC) + timedelta(days=days)).date().isoformat()

    def months_ago(self, months):
        """Return the epoch seconds of the same time some months ago."""
        today = datetime.fromtimestamp(self.now(), UTC)
        year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
        day = min(today.day, calendar.monthrange(year, month + 1)[1])
        return today.replace(year=year, month=month + 1, day=day).timestamp()


def epoch(text):
    """Return an ISO time as epoch seconds. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


class Work:
    """What is done later, in order. Nothing is done by itself: :meth:`run` is called before each request."""

    def __init__(self, clock, settings):
        self.clock, self.settings = clock, settings
        self._jobs, self._numbers = [], itertools.count()
        self.held = []  # jobs that wait for the action "process"

    def later(self, job, share=1):
        """Do a job after ``processing_s`` (or a share of it); None: when a test says so."""
        delay = self.settings["processing_s"]
        if delay is None:
            self.held.append(job)
        else:
            heapq.heappush(self._jobs, (self.clock.now() + delay * share, next(self._numbers), job))

    def run(self):
        """Do all jobs that are due, and those that follow from them."""
        while self._jobs and self._jobs[0][0] <= self.clock.now():
            heapq.heappop(self._jobs)[2]()

    def process(self):
        """Do all jobs now, whether they are due or not."""
        while self._jobs or self.held:
            due, self.held = [job for _, _, job in sorted(self._jobs)] + self.held, []
            self._jobs = []
            for job in due:
                job()

    def waiting(self):
        return len(self._jobs) + len(self.held)
