"""A user opens customers while webhooks storm in: with an inbound host of its own, and with one server for all.

The inbound host is another Odoo server on the same database, with workers of its own and the job runner: it also
carries out what comes in. Here both hosts share two cores, so the inbound one, and who sends the webhooks, run at the
lowest priority; see doc/inbound_host.rst.
"""

import contextlib
import multiprocessing
import os
import time

import odoo_here
from bench import say
from figures import Figure, middle, percentile
from inbound_sides import Hub, start_options
from load import storm
from lxml import etree

from stack import wait_until

READS = 150
CLIENTS = 8
AT_A_TIME = 40  # webhooks that are signed before they are sent
TIMEOUT = 300
MODEL = "res.partner"
GOAL = 1.5


def measure(bench):
    hub = Hub(bench, "storm", is_busy=False)
    inbound = bench.start(
        start_options(hub.database, workers=2, jobrunner=True, cron_threads=1, label="inbound")
    )
    os.setpriority(os.PRIO_PGRP, inbound.process.pid, 19)
    reader = Reader(hub)
    reader.read(10)
    count = bench.scaled(READS, least=5)
    runs = []
    for _ in range(bench.runs):
        runs.append(_run(hub, inbound, reader, count))
        say(
            "back_office_under_storm: " + ", ".join(f"{name} {value:.3g}" for name, value in runs[-1].items())
        )
    value, peer, ratio = middle(runs, "storm_p95_ms", "calm_p95_ms", "ratio")
    name, goal = "back_office_under_storm", f"≤ {GOAL} ×"
    yield Figure(name, value, "ms p95 of a form", "without the storm", peer, ratio, goal, ratio <= GOAL, runs)


def _run(hub, inbound, reader, count):
    run = {"calm_p95_ms": percentile(reader.read(count), 95)}
    for name, server in (("storm", inbound), ("shared", hub.server)):
        with storming(hub, server.port) as rate:
            run[f"{name}_p95_ms"] = percentile(reader.read(count), 95)
        run[f"{name}_webhooks_per_second"] = rate()
        wait_until_carried_out(hub.database)
    run["ratio"] = run["storm_p95_ms"] / run["calm_p95_ms"]
    run["shared_ratio"] = run["shared_p95_ms"] / run["calm_p95_ms"]
    return run


class Reader:
    """A user who opens the form of one customer after the other."""

    def __init__(self, hub):
        self.client = hub.server.client()
        with odoo_here.environment(hub.database) as env:
            self.ids = env[MODEL].search([], limit=50).ids
            arch = env[MODEL].get_view(view_type="form")["arch"]
            names = {
                each.get("name") for each in etree.fromstring(arch).xpath("//field[not(ancestor::field)]")
            }
            self.specification = {name: _specification(env[MODEL]._fields[name]) for name in names}

    def read(self, count):
        """Open so many forms; return the milliseconds of each."""
        milliseconds = []
        for number in range(count):
            start = time.perf_counter()
            ids = [self.ids[number % len(self.ids)]]
            self.client.call(MODEL, "web_read", ids, specification=self.specification)
            milliseconds.append(1000 * (time.perf_counter() - start))
        return milliseconds


def _specification(field):
    return {"fields": {"display_name": {}}} if field.relational else {}


@contextlib.contextmanager
def storming(hub, port):
    """Have another process send webhooks meanwhile; yield a function that returns how many per second, afterwards."""
    context = multiprocessing.get_context("fork")
    answered, is_over = context.Value("i", 0), context.Event()
    requests = [hub.webhook, AT_A_TIME]
    sender = context.Process(target=storm, args=(port, requests, CLIENTS, is_over, answered), daemon=True)
    start = time.monotonic()
    sender.start()
    seconds = []
    try:
        wait_until(lambda: answered.value, TIMEOUT, "the first webhook")
        yield lambda: answered.value / seconds[0]
    finally:
        is_over.set()
        sender.join(TIMEOUT)
        seconds.append(time.monotonic() - start)


def wait_until_carried_out(database):
    """Wait until nothing that was received is left, and no job is at work."""
    statement = (
        "SELECT (SELECT count(*) FROM retail_message WHERE state = 'received')"
        " + (SELECT count(*) FROM queue_job WHERE state IN ('pending', 'enqueued', 'started'))"
    )
    wait_until(lambda: database.query(statement) == [(0,)], TIMEOUT, "the webhooks to be carried out", 0.2)
