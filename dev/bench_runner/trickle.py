"""Single changes of customers, as users make them all day."""

import itertools
import random
import time

import odoo_here

RATE = 10  # changes per second

_serial = itertools.count(1)


def trickle(database, ids, is_over):
    """Change one customer after the other, at least one, each in a transaction of its own, until `is_over()`.

    The times between two changes are random, but the same in every run.

    :return: the moments of the commits (time.time)
    """
    moments = []
    intervals = random.Random(RATE)
    next_at = time.monotonic()
    for partner_id in itertools.cycle(ids):
        if moments and is_over():
            return moments
        moments.append(change(database, partner_id))
        next_at += intervals.uniform(0.5, 1.5) / RATE
        time.sleep(max(0, next_at - time.monotonic()))


def change(database, partner_id):
    """Change a customer; return the moment of the commit (time.time)."""
    with odoo_here.environment(database) as env:
        env["res.partner"].browse(partner_id).write({"function": f"Change {next(_serial)}"})
        return odoo_here.commit(env, time.time)
