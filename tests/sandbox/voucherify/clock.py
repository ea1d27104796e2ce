"""The work that Voucherify does after its answer."""

import heapq
import itertools


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
