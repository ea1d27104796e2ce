"""What telling of an order costs the one who confirms it: with the flows active, without any, and without the addon."""

import gc
import time
from statistics import median

import odoo_here
from bench import say
from figures import Figure, middle

LINES = 10
TIMES = 12  # orders of each kind in a run
EVENTS = ("order.placed", "order.updated", "order.cancelled")
GOAL, IDLE_GOAL = 10, 5


def measure(bench):
    databases = {
        "flow": bench.database("flow", "retail_hub"),
        "no_flow": bench.database("no_flow", "retail_hub"),
        "bare": bench.database("bare"),
    }
    odoo_here.connect_hub(databases["flow"], "http://127.0.0.1:9", events=EVENTS)  # nobody drains here
    for database in databases.values():
        _make_products(database)
    _alternate(databases, 3)  # fills the caches
    runs = []
    for _ in range(bench.runs):
        milliseconds = _alternate(databases, bench.scaled(TIMES))
        bare = milliseconds["bare"]
        percents = {f"{name}_percent": 100 * (milliseconds[name] / bare - 1) for name in ("flow", "no_flow")}
        runs.append({**milliseconds, **percents})
        say("capture_orders: " + ", ".join(f"{name} {value:.1f}" for name, value in runs[-1].items()))
    for name, key, goal in (
        ("capture_sale_order", "flow_percent", GOAL),
        ("capture_sale_order_idle", "no_flow_percent", IDLE_GOAL),
    ):
        percent, bare = middle(runs, key, "bare")
        yield Figure(
            name,
            percent,
            "% more time",
            f"confirm {LINES} lines without the addon, ms",
            bare,
            1 + percent / 100,
            f"≤ {goal} %",
            percent <= goal,
            runs,
        )


def _make_products(database):
    with odoo_here.environment(database) as env:
        products = env["product.product"].create(
            [
                {"name": f"Product {n}", "default_code": f"P{n}", "is_storable": True, "list_price": 10 + n}
                for n in range(LINES)
            ]
        )
        location = env["stock.warehouse"].search([], limit=1).lot_stock_id
        for product in products:
            env["stock.quant"]._update_available_quantity(product, location, 100_000)
        env["res.partner"].create({"name": "Bench Buyer", "email": "buyer@bench.example"})
        env.cr.commit()


def _alternate(databases, times):
    """Return the median milliseconds of confirming an order, of those made in turn."""
    seconds = {name: [] for name in databases}
    gc.collect()
    names = list(databases)
    for number in range(times):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            seconds[name].append(_confirm(databases[name]))
    return {name: 1000 * median(values) for name, values in seconds.items()}


def _confirm(database):
    """Make an order, and return the seconds that it takes to confirm and commit it."""
    with odoo_here.environment(database) as env:
        order = env["sale.order"].create(
            {
                "partner_id": env["res.partner"].search([("name", "=", "Bench Buyer")], limit=1).id,
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": 2})
                    for product in env["product.product"].search([("default_code", "=like", "P%")])
                ],
            }
        )
        env.cr.commit()
        start = time.perf_counter()
        order.action_confirm()
        env.cr.commit()
        return time.perf_counter() - start
