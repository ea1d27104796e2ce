"""How soon a customer that somebody changes is known to have arrived, while the same connector drains a backlog.

The time runs from the commit of a change until its delivery (or job) is recorded as done. Changes come one at a
time, see trickle.py; the backlog is of other customers. The peers are the hub without a backlog, and the exporter
that makes one job per record: there a change waits behind the jobs that wait already, in the same channel. As that
takes long, its backlog is shorter; nothing is extrapolated.
"""

import contextlib
import time

import odoo_here
from bench import say
from customers import make_customers
from figures import Figure, middle, percentile
from profiles import profiled
from remote import start_sandbox
from sides import TIMEOUT, start_exporter, start_hub
from stages import print_stages
from trickle import trickle

from stack import wait_until

BACKLOG = 50_000
JOBS = 300
CHANGED = 600  # customers that are changed, in turn
SHORTEST = 0.001  # seconds that a backlog takes
GOAL = 1.5


def measure(bench):
    sandbox = start_sandbox(bench)
    changed = bench.scaled(CHANGED, least=20)
    hub = Hub.start(bench, sandbox, bench.scaled(BACKLOG), changed)
    exporter = Exporter.start(bench, sandbox, bench.scaled(JOBS), changed)
    runs = []
    for number in range(bench.runs):
        run = {}
        for side in (hub, exporter):
            for measured in (side.busy, side.calm) if number % 2 else (side.calm, side.busy):
                run |= measured()
        runs.append({**run, "ratio": run["hub_busy_p95_ms"] / run["hub_calm_p95_ms"]})
        say("realtime: " + ", ".join(f"{name} {value:.0f}" for name, value in run.items()))
    if bench.profile:
        hub.profile()
    yield from _figures(runs, hub.backlog, exporter.backlog)


def _figures(runs, backlog, jobs):
    names = ("hub_busy_p95_ms", "hub_calm_p95_ms", "jobs_busy_p95_ms", "ratio")
    busy, calm, behind_jobs, ratio = middle(runs, *names)
    unit = f"ms p95, {backlog:,} bulk"
    yield Figure(
        "realtime_under_backlog",
        busy,
        unit,
        "no backlog, ms p95",
        calm,
        ratio,
        f"≤ {GOAL} ×",
        ratio <= GOAL,
        runs,
    )
    peer = f"one job per record, {jobs:,} jobs"
    yield Figure("realtime_behind_jobs", busy, unit, peer, behind_jobs, busy / behind_jobs, "", None, runs)


class Side:
    """Changes and a backlog on one of the systems. Moments are in seconds since 1970.

    Subclasses say in SQL what is left (``OPEN``, ``OPEN_BACKLOG``) and when the changes, in their order, or
    the backlog were done (``CHANGES_DONE``, ``BACKLOG_DONE``), of what was made after a moment.
    """

    name = None
    CALM_SECONDS = None

    def __init__(self, bench, database, ids, backlog):
        self.database = database
        self.changed_ids, self.backlog_ids = ids[: len(ids) - backlog], ids[len(ids) - backlog :]
        self.backlog = len(self.backlog_ids)
        self.calm_seconds = self.CALM_SECONDS * bench.scale
        self.cursor = bench.enter(contextlib.closing(database.connect())).cursor()

    @classmethod
    def start(cls, bench, sandbox, backlog, changed, **server_options):
        """Start a server with so many customers for the backlog, and so many to be changed in turn."""
        raise NotImplementedError

    def queue_backlog(self):
        raise NotImplementedError

    def calm(self):
        """Return the latencies without a backlog."""
        end = time.time() + self.calm_seconds
        _commits, milliseconds = self._change(lambda: time.time() > end)
        return self._percentiles("calm", milliseconds)

    def busy(self):
        """Return the latencies of what was changed while the backlog drained, and how fast that drained."""
        start = time.time()
        self.queue_backlog()
        commits, milliseconds = self._change(lambda: not self.value(self.OPEN_BACKLOG))
        backlog = self._column(self.BACKLOG_DONE, start)
        if len(backlog) != self.backlog:
            raise RuntimeError(f"{self.name}: {len(backlog)} of the backlog of {self.backlog} arrived")
        during = [value for commit, value in zip(commits, milliseconds, strict=True) if commit < max(backlog)]
        rate = len(backlog) / max(max(backlog) - min(backlog), SHORTEST)
        counts = {f"{self.name}_changes": len(during), f"{self.name}_backlog_rate": rate}
        return {**self._percentiles("busy", during or milliseconds), **counts}

    def _change(self, is_over):
        """Make changes until then; return the moments of the commits, and the milliseconds until arrival."""
        start = time.time()
        commits = trickle(self.database, self.changed_ids, is_over)
        wait_until(lambda: not self.value(self.OPEN), TIMEOUT, f"{self.name}: not all changes arrived")
        done = self.done_since(start)
        return commits, [1000 * (end - commit) for commit, end in zip(commits, done, strict=True)]

    def done_since(self, start):
        """Return when each of the changes made since ``start`` was recorded as done, in their order."""
        return self._column(self.CHANGES_DONE, start)

    def _percentiles(self, label, milliseconds):
        return {
            f"{self.name}_{label}_p{percent}_ms": percentile(milliseconds, percent) for percent in (50, 95)
        }

    def value(self, statement):
        return self._column(statement)[0]

    def _column(self, statement, *parameters):
        self.cursor.execute(statement, parameters)
        return [value for (value,) in self.cursor.fetchall()]


class Hub(Side):
    """A change wakes the realtime lane; the backlog is in the bulk lane."""

    name = "hub"
    CALM_SECONDS = 12
    OPEN = "SELECT EXISTS (SELECT FROM retail_delivery WHERE state IN ('pending', 'in_flight', 'unknown'))"
    OPEN_BACKLOG = OPEN[:-1] + " AND lane = 'bulk')"
    DONE = """
        SELECT extract(epoch FROM finished_at AT TIME ZONE 'UTC')::float FROM retail_delivery
         WHERE queued_at > to_timestamp(%s) AT TIME ZONE 'UTC' AND state = 'delivered' AND lane = '{}' ORDER BY id
    """
    CHANGES_DONE, BACKLOG_DONE = DONE.format("realtime"), DONE.format("bulk")

    @classmethod
    def start(cls, bench, sandbox, backlog, changed, **server_options):
        hub = start_hub(bench, "realtime", sandbox, changed + backlog, **server_options)
        hub.drain(hub.customer_ids)
        side = cls(bench, hub.database, hub.customer_ids, backlog)
        side.hub = hub
        return side

    def queue_backlog(self):
        self.hub.send_again(self.backlog_ids, lane="bulk")

    def profile(self):
        """Show where the time of a change goes, and that of the workers."""
        for title, measured in (("without a backlog", self.calm), ("with a backlog", self.busy)):
            start = time.time()
            with profiled(self.hub.server.pids()):
                say(f"\nrealtime {title}: {measured()}")
            print_stages(self.cursor, start)


class Exporter(Side):
    """A change makes a job."""

    name = "jobs"
    CALM_SECONDS = 4
    OPEN = "SELECT EXISTS (SELECT FROM queue_job WHERE state != 'done')"
    OPEN_BACKLOG = OPEN[:-1] + " AND name = 'Backlog')"
    DONE = """
        SELECT extract(epoch FROM date_done AT TIME ZONE 'UTC')::float FROM queue_job
         WHERE date_created > to_timestamp(%s) AT TIME ZONE 'UTC' AND name {} 'Backlog' ORDER BY id
    """
    CHANGES_DONE, BACKLOG_DONE = DONE.format("!="), DONE.format("=")

    @classmethod
    def start(cls, bench, sandbox, backlog, changed, **server_options):
        database, _server = start_exporter(bench, sandbox, **server_options)
        return cls(bench, database, make_customers(database, changed + backlog), backlog)

    def queue_backlog(self):
        with odoo_here.environment(self.database) as env:
            env["res.partner"].browse(self.backlog_ids)._bench_export_later("Backlog")
            env.cr.commit()
