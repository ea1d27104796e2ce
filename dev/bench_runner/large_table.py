"""How fast the hub drains with a million finished deliveries in the table, compared to ten thousand.

Two hubs with the same customers, all of which were sent before, take turns. The million are copies, in SQL, of the
events, deliveries and attempts of real ones, spread over the last days.
"""

import odoo_here
from bench import say
from copies import copy_rows
from figures import Figure, middle
from profiles import profiled
from remote import start_sandbox
from sides import start_hub

CUSTOMERS = 10_000  # each is finished once in the small table, and is sent again in each run
FINISHED = 1_000_000
DAYS = 20  # less than what is purged
GOAL = 0.9
TABLES = ("retail_event", "retail_delivery", "retail_delivery_attempt")


def measure(bench):
    sandbox = start_sandbox(bench)
    count = bench.scaled(CUSTOMERS)
    small = start_hub(bench, "small", sandbox, count)
    large = start_hub(bench, "large", sandbox, count)
    for hub in (small, large):
        hub.drain(hub.customer_ids)
    _fill(large, bench.scaled(FINISHED) - count)
    runs = []
    for number in range(-1, bench.runs):
        hubs = {"small": small, "large": large}
        order = ("small", "large") if number % 2 else ("large", "small")
        run = {name: _drain(hubs[name]) for name in order}
        if number >= 0:  # the first one fills the caches
            runs.append({**run, "percent": 100 * run["large"] / run["small"]})
            say("large_table: {small:.0f}/s, with the large table {large:.0f}/s".format(**run))
    if bench.profile:
        for title, hub in (("small", small), ("large", large)):
            say(f"\nlarge_table: {title}")
            with profiled(hub.server.pids()):
                _drain(hub)
    rate, small_rate, percent = middle(runs, "large", "small", "percent")
