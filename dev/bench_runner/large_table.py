"""How fast the hub drains with a million finished deliveries in the table, compared to ten thousand.

Two hubs with the same customers, all of which were sent before, take turns. The million are copies, in SQL, of the
events, deliveries and attempts of real ones, spread over the last days.
"""

import contextlib

from bench import say
from copies import copy_rows
from figures import Figure, middle
from profiles import profiled
from remote import start_sandbox
from sides import start_hub

CUSTOMERS = 10_000  # each is finished once in the small table, and is sent again in each run
FINISHED = 1_000_000
DAYS = 20  # less than what is purged
GOAL = 0.95
TIMES = {
    "retail_event": ("occurred_at",),
    "retail_delivery": ("queued_at", "next_attempt_at", "finished_at"),
    "retail_delivery_attempt": ("started_at",),
}


def measure(bench):
    sandbox = start_sandbox(bench)
    count = bench.scaled(CUSTOMERS)
    small = start_hub(bench, "small", sandbox, count)
    large = start_hub(bench, "large", sandbox, count)
    for hub in (small, large):
        hub.drain(hub.customer_ids)
    _fill(large, bench.scaled(FINISHED) - count)
    _alternate(small, large)  # fills the caches
    runs = []
    for _ in range(bench.runs):
        small_rate, large_rate = _alternate(small, large)
        runs.append({"small": small_rate, "large": large_rate, "percent": 100 * large_rate / small_rate})
        say(f"large_table: {small_rate:.0f}/s, with the large table {large_rate:.0f}/s")
    if bench.profile:
        for title, hub in (("small", small), ("large", large)):
            say(f"\nlarge_table: {title}")
            with profiled(hub.server.pids()):
                _drain(hub)
    rate, small_rate, percent = middle(runs, "large", "small", "percent")
    size = bench.scaled(FINISHED)
    yield Figure(
        "drain_large_table",
        rate,
        f"/s, {size:,} finished",
        f"{count:,} finished, /s",
        small_rate,
        percent / 100,
        f"≥ {GOAL:.0%}",
        percent >= 100 * GOAL,
        runs,
    )


def _alternate(small, large):
    """Return the rates of both, of two drains each; in an order in which a drift of the machine cancels out."""
    seconds = {small: 0, large: 0}
    for hub in (small, large, large, small):
        seconds[hub] += _drain(hub)
    return [2 * len(hub.customer_ids) / seconds[hub] for hub in (small, large)]


def _fill(hub, count):
    """Add so many finished deliveries, with their events and attempts."""
    with contextlib.closing(hub.database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.event_id, d.id, a.id FROM retail_delivery d"
            " JOIN retail_delivery_attempt a ON a.delivery_id = d.id WHERE d.state = 'delivered' ORDER BY d.id"
        )
        events, deliveries, attempts = zip(*cursor.fetchall(), strict=True)
        copies = _copy(cursor, "retail_event", events, count, uuid="gen_random_uuid()")
        copies = _copy(cursor, "retail_delivery", deliveries, count, event_id=f"{copies.start - 1} + n")
        _copy(cursor, "retail_delivery_attempt", attempts, count, delivery_id=f"{copies.start - 1} + n")
    hub.database.query(f"VACUUM (ANALYZE) {', '.join(TIMES)}")


def _copy(cursor, table, originals, count, **different):
    """Copy rows; the first copy is the oldest."""
    age = f"({count} - n) * interval '{DAYS} days' / {count}"
    different |= {column: f"{column} - {age}" for column in TIMES[table]}
    return copy_rows(cursor, table, originals, count, **different)


def _drain(hub):
    """Return the seconds in which all customers arrived; take the finished deliveries out again.

    Nothing is vacuumed on purpose: dead rows slow a drain down until autovacuum runs, and that is part of the figure.
    """
    [(newest,)] = hub.database.query("SELECT max(id) FROM retail_event")
    seconds = hub.drain(hub.customer_ids)
    hub.database.query("DELETE FROM retail_event WHERE id > %s", newest)
    return seconds
