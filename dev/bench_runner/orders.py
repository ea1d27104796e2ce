"""Orders as a shop has them: confirmed, each with a few lines."""

import odoo_here
from copies import copy_rows
from products import make_products

LINES = 3
ORIGINALS = 20
PLACED_AT = "2026-01-05 09:30:00"


def make_draft_order(database, customer_id):
    """Make an order that is not confirmed yet; return its id."""
    with odoo_here.environment(database) as env:
        lines = [(0, 0, {"product_id": product.id}) for product in make_products(env, LINES)]
        order = env["sale.order"].create({"partner_id": customer_id, "order_line": lines})
        env.cr.commit()
    return order.id


def make_orders(database, customer_ids):
    """Make some confirmed orders to copy, and return their ids. Their events are captured like those of any order."""
    with odoo_here.environment(database) as env:
        products = make_products(env, LINES + ORIGINALS)
        orders = env["sale.order"].create(
            [
                {
                    "partner_id": customer_ids[number % len(customer_ids)],
                    "order_line": [
                        (0, 0, {"product_id": product.id, "product_uom_qty": 1 + number % 4})
                        for product in products[number : number + LINES]
                    ],
                }
                for number in range(ORIGINALS)
            ]
        )
        orders.action_confirm()
        orders.date_order = PLACED_AT  # the same on every side
        env.cr.commit()
    return orders.ids


def copy_orders(env, original_ids, customer_ids, count, label):
    """Make `count` confirmed orders by SQL, of each customer in turn; return their ids. `label` begins their names."""
    customer = f"(ARRAY{list(customer_ids)})[1 + mod(n - 1, {len(customer_ids)})]"
    ids = copy_rows(
        env.cr._obj,
        "sale_order",
        original_ids,
        count,
        name=f"'{label}-' || n",
        partner_id=customer,
        partner_invoice_id=customer,
        partner_shipping_id=customer,
    )
    lines = env["sale.order"].browse(original_ids).order_line.sorted(lambda line: (line.order_id.id, line.id))
    first = ids[0]
    copy_rows(
        env.cr._obj, "sale_order_line", lines.ids, LINES * count, order_id=f"{first} + (n - 1) / {LINES}"
    )
    return list(ids)
