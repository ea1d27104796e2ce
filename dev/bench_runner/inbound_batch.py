"""Customers in batches of 500, applied to records: new ones, and changes of them. Beside JSON-2, one per request."""

from bench import say
from figures import Figure, middle
from inbound_sides import Hub, Peers, new_customer
from load import check, send, send_all
from profiles import profiled

BATCH, BATCHES = 500, 4
CREATED = 150  # by JSON-2 in a run
CLIENTS = 4
GOAL = 10
NEW, CHANGED = "inbound_batch", "inbound_batch_updates"


def measure(bench):
    hub, peers = Hub(bench, "inbound_batch"), Peers(bench)
    size = bench.scaled(BATCH, least=5)
    _run(hub, peers, 20, 2)
    runs = []
    for _ in range(bench.runs):
        runs.append(_run(hub, peers, size, BATCHES, bench.scaled(CREATED, least=CLIENTS)))
        say("inbound_batch: " + ", ".join(f"{name} {value:.3g}" for name, value in runs[-1].items()))
    for name in (NEW, CHANGED):
        rate, peer_rate, ratio = middle(runs, name, "json2", f"{name}_ratio")
        what = "customers/s" if name == NEW else "changes/s"
        yield Figure(name, rate, what, "JSON-2 create", peer_rate, ratio, f"≥ {GOAL} ×", ratio >= GOAL, runs)
    if bench.profile:
        _show_profile(hub, size)


def _run(hub, peers, size, batches, created=CLIENTS):
    """Send batches of new customers, the same customers with another job title, and creations by JSON-2."""
    rows = [[new_customer() for _number in range(size)] for _batch in range(batches)]
    changed = [[{**each, "job_title": "Director"} for each in batch] for batch in rows]
    run = {NEW: _rate(hub, rows), CHANGED: _rate(hub, changed)}
    _check(hub, rows)
    requests = [peers.create() for _number in range(created)]
    run["json2"] = created / send_all(peers.server.port, requests, CLIENTS, 200)
    return run | {f"{name}_ratio": run[name] / run["json2"] for name in (NEW, CHANGED)}


def _rate(hub, rows):
    requests = [hub.batch(batch) for batch in rows]
    return sum(map(len, rows)) / send_all(hub.server.port, requests, CLIENTS, 200)


def _check(hub, rows):
    """Check that each customer is there once, as it was sent last."""
    emails = [each["email"] for batch in rows for each in batch]
    [counts] = hub.database.query(
        "SELECT count(*), count(DISTINCT email), count(*) FILTER (WHERE function = 'Director')"
        " FROM res_partner WHERE email = ANY(%s)",
        emails,
    )
    if counts != (len(emails),) * 3:
        raise RuntimeError(f"{counts} of {len(emails)} customers are there, different, and changed")


def _show_profile(hub, size):
    rows = [new_customer() for _number in range(size)]
    for job_title in ("Buyer", "Director"):
        request = hub.batch([{**each, "job_title": job_title} for each in rows])
        with profiled(hub.server.pids(), within="ApiController.call"):
            check(send(hub.server.port, request), 200)
