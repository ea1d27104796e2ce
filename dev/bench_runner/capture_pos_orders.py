"""The cost of capturing a sale for the till that sends it. Odoo moves the stock with each sale (its default)."""

import time

import odoo_here
import overhead
from products import find_products, make_products
from till import open_till, paid_order

LINES = 10
TIMES = 12  # sales of each kind in a run


def measure(bench):
    return overhead.measure(bench, WORK, TIMES)


def _prepare(database):
    with odoo_here.environment(database) as env:
        make_products(env, LINES)
        env["res.partner"].create({"name": "Bench Buyer", "email": "buyer@bench.example"})
        open_till(env)
        env.cr.commit()


def _sell(database):
    """Send a sale as a till does; return the seconds that it takes to store and commit it."""
    with odoo_here.environment(database) as env:
        buyer = env["res.partner"].search([("name", "=", "Bench Buyer")])
        order = paid_order(env, buyer.id, find_products(env))
    with odoo_here.environment(database) as env:
        start = time.perf_counter()
        env["pos.order"].sync_from_ui([order])
        env.cr.commit()
        return time.perf_counter() - start


WORK = overhead.Work(
    name="capture_pos_order",
    what=f"store a till's {LINES} lines",
    wanted=("order.placed", "refund.issued", "stock.level_changed", "loyalty.earned", "loyalty.redeemed"),
    captured=("order.placed", "stock.level_changed"),
    prepare=_prepare,
    do=_sell,
)
