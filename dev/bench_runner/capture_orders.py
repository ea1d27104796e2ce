"""The cost of capturing an order for the user who confirms it."""

import time

import odoo_here
import overhead
from products import find_products, make_products

LINES = 10
TIMES = 12  # orders of each kind in a run


def measure(bench):
    return overhead.measure(bench, WORK, TIMES)


def _prepare(database):
    with odoo_here.environment(database) as env:
        make_products(env, LINES)
        env["res.partner"].create({"name": "Bench Buyer", "email": "buyer@bench.example"})
        env.cr.commit()


def _confirm(database):
    """Make an order, and return the seconds that it takes to confirm and commit it."""
    with odoo_here.environment(database) as env:
        order = env["sale.order"].create(
            {
                "partner_id": env["res.partner"].search([("name", "=", "Bench Buyer")], limit=1).id,
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": 2}) for product in find_products(env)
                ],
            }
        )
        env.cr.commit()
        start = time.perf_counter()
        order.action_confirm()
        env.cr.commit()
        return time.perf_counter() - start


WORK = overhead.Work(
    name="capture_sale_order",
    what=f"confirm {LINES} lines",
    wanted=("order.placed", "order.updated", "order.cancelled"),
    captured=("order.placed",),
    prepare=_prepare,
    do=_confirm,
)
