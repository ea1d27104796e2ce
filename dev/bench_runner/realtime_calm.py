"""How soon a single change is known to have arrived while nothing else waits: the hub, and one job per record.

The time runs from the commit of the change until its delivery (or job) is recorded as done. The sides take turns; the
next change is made when all is quiet again.
"""

import itertools
import tempfile
import time

import realtime
from bench import say
from figures import Figure, middle, percentile
from remote import start_sandbox
from timeline import Change, events_here, print_timeline, traced
from trickle import change

from stack import wait_until

CHANGES = 60  # of each side in a run
CUSTOMERS = (
    10  # that are changed in turn; each once before it counts, so that the peer's remote knows them, too
)
PAUSE = 0.15  # seconds after a change before we look, so that looking takes no CPU from it
TIMEOUT = 60
IS_BUSY = "SELECT EXISTS (SELECT FROM queue_job WHERE state IN ('pending', 'enqueued', 'started'))"
GOAL = 1.5


def measure(bench):
    sandbox = start_sandbox(bench)
    sides = [Calm(bench, kind, sandbox) for kind in (realtime.Hub, realtime.Exporter)]
    _alternate(sides, CUSTOMERS)
    runs = []
    for _ in range(bench.runs):
        run = {}
        for calm, milliseconds in zip(sides, _alternate(sides, bench.scaled(CHANGES)), strict=True):
            run |= {f"{calm.name}_p{percent}_ms": percentile(milliseconds, percent) for percent in (50, 95)}
        runs.append({**run, "ratio": run["hub_p50_ms"] / run["jobs_p50_ms"]})
        say("realtime_calm: " + ", ".join(f"{name} {value:.1f}" for name, value in runs[-1].items()))
    for calm in sides if bench.stages else ():
        print_timeline(calm.name, calm.folder, calm.changes)
    hub, jobs, ratio = middle(runs, "hub_p50_ms", "jobs_p50_ms", "ratio")
    yield Figure(
        "realtime_calm",
        hub,
        "ms p50, nothing waits",
        "one job per record, ms p50",
        jobs,
        ratio,
        f"≤ {GOAL} ×",
        ratio <= GOAL,
        runs,
    )


def _alternate(sides, count):
    """Make changes in turn; return the milliseconds of each side's."""
    start = time.time()
    for number in range(count):
        for calm in sides if number % 2 else reversed(sides):
            calm.change()
    return [calm.arrived(start, count) for calm in sides]


class Calm:
    """A side without a backlog. ``changes`` are those that have arrived, if their stages are to be shown."""

    def __init__(self, bench, kind, sandbox):
        self.folder = bench.enter(tempfile.TemporaryDirectory()) if bench.stages else None
        options = traced(self.folder) if bench.stages else {}
        self.side = kind.start(bench, sandbox, 0, CUSTOMERS, **options)
        self.name = self.side.name
        self.changes = []
        self._ids = itertools.cycle(self.side.changed_ids)
        self._made = []

    def change(self):
        """Change a customer, and return when all is quiet again."""
        with events_here(self.folder) as events:
            committed = change(self.side.database, next(self._ids))
            woken = time.time()
        self._made.append((committed, woken, [event for event in events if event[1] > committed]))
        time.sleep(PAUSE)
        wait_until(lambda: not self.side.value(IS_BUSY), TIMEOUT, f"{self.name}: a change did not arrive")

    def arrived(self, start, count):
        """Return the milliseconds from the commit until the arrival of each change made since ``start``."""
        done = self.side.done_since(start)
        if len(done) != count:
            raise RuntimeError(f"{self.name}: {count} changes became {len(done)}")
        changes = [
            Change(committed, woken, at, events)
            for (committed, woken, events), at in zip(self._made, done, strict=True)
        ]
        self._made = []
        self.changes += changes
        return [1000 * (one.acknowledged - one.committed) for one in changes]
