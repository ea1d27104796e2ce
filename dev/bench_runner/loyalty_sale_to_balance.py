"""How soon a sale at the till is on the customer's card, while the same connector drains a backlog or not.

The time runs from the commit of a paid sale until the new balance is committed on the card: the sale is sent to the
engine, which books its points; a job reads the balance, and enters it. Sales come one at a time, each of another
customer than the one before; the backlog is of other customers, in the bulk lane. The engine itself takes no time.
"""

import itertools
import time

import odoo_here
from bench import say
from figures import Figure, middle, percentile
from loyalty_shop import TIMEOUT, start_shop
from products import find_products, make_products
from remote import start_sandbox
from till import open_till, paid_order

from stack import wait_until

BACKLOG = 50_000
SALES = 60  # in a run, with and without the backlog
MEMBERS = 20
LINES = 3
LOOK_EVERY = 0.005  # seconds
GOAL = 1.5
NAME = "loyalty_sale_to_balance"
WAITING = "SELECT count(*) FROM retail_delivery WHERE state = 'pending' AND lane = 'bulk'"
DROP_WAITING = "DELETE FROM retail_delivery WHERE state = 'pending' AND lane = 'bulk'"


def measure(bench):
    sandbox = start_sandbox(bench)
    till = Till(bench, sandbox, bench.scaled(BACKLOG))
    count = bench.scaled(SALES, least=3)
    till.sell(2)
    runs = []
    for number in range(bench.runs):
        run = {}
        for measured in (till.busy, till.calm) if number % 2 else (till.calm, till.busy):
            run |= measured(count)
        runs.append({**run, "ratio": run["busy_p95_ms"] / run["calm_p95_ms"]})
        say(f"{NAME}: " + ", ".join(f"{name} {value:.3g}" for name, value in runs[-1].items()))
    yield from _figures(runs, till.backlog)


def _figures(runs, backlog):
    names = ("calm_p50_ms", "calm_p95_ms", "busy_p50_ms", "busy_p95_ms", "ratio")
    calm, calm_p95, busy, busy_p95, ratio = middle(runs, *names)
    unit, peer = f"{backlog:,} bulk", "no backlog, ms"
    yield Figure(f"{NAME}_p50", busy, f"ms p50, {unit}", peer, calm, busy / calm, "", None, runs)
    goal = f"≤ {GOAL} ×"
    yield Figure(NAME, busy_p95, f"ms p95, {unit}", peer, calm_p95, ratio, goal, ratio <= GOAL, runs)


class Till:
    """A shop with an open till."""

    def __init__(self, bench, sandbox, backlog):
        self.shop = start_shop(bench, "sale_to_balance", sandbox, MEMBERS, backlog)
        self.backlog = backlog
        self.cursor = self.shop.cursor(bench)
        self._members = itertools.cycle(self.shop.cards.items())
        with odoo_here.environment(self.shop.database) as env:
            make_products(env, LINES)
            open_till(env)
            env.cr.commit()

    def calm(self, count):
        return self._percentiles("calm", self.sell(count))

    def busy(self, count):
        """Return the latencies of sales that were made while the backlog drained."""
        self.shop.hub.send_again(self.shop.other_ids, lane="bulk")
        start = time.perf_counter()
        milliseconds = self.sell(count, lambda: not self._value(WAITING))
        left = self._value(WAITING)
        rate = (self.backlog - left) / (time.perf_counter() - start)
        self.cursor.execute(DROP_WAITING)
        self.shop.hub.wait(self.cursor)
        figures = self._percentiles("busy", milliseconds)
        return {**figures, "busy_sales": len(milliseconds), "backlog_rate": rate, "backlog_left": left}

    def sell(self, count, is_over=lambda: False):
        """Make so many sales, at least one, until ``is_over()``; return the milliseconds of each."""
        milliseconds = []
        for customer_id, card_id in itertools.islice(self._members, count):
            if milliseconds and is_over():
                break
            milliseconds.append(1000 * self._sell(customer_id, card_id))
        return milliseconds

    def _sell(self, customer_id, card_id):
        before = self._points(card_id)
        with odoo_here.environment(self.shop.database) as env:
            order = paid_order(env, customer_id, find_products(env))
        with odoo_here.environment(self.shop.database) as env:
            env["pos.order"].sync_from_ui([order])
            committed = odoo_here.commit(env)
        wait_until(lambda: self._points(card_id) != before, TIMEOUT, "a sale is not on the card", LOOK_EVERY)
        seconds = time.perf_counter() - committed
        earned, expected = self._points(card_id) - before, round(100 * order["amount_total"]) // 100
        if earned != expected:
            raise RuntimeError(f"a sale of {order['amount_total']} earned {earned}, not {expected} points")
        return seconds

    def _points(self, card_id):
        return self._value("SELECT coalesce(points, 0) FROM loyalty_card WHERE id = %s", card_id)

    def _value(self, statement, *parameters):
        self.cursor.execute(statement, parameters)
        return self.cursor.fetchone()[0]

    def _percentiles(self, label, milliseconds):
        return {f"{label}_p{percent}_ms": percentile(milliseconds, percent) for percent in (50, 95)}
