"""What the tests share that need modules which the addon does not depend on; ``./dev/test neighbours`` runs them."""

from odoo import Command
from odoo.tests import tagged

needs_neighbours = tagged("neighbours", "-standard", "post_install", "-at_install")


def make_kit(env, name, sku, components, **values):
    """Return a product that is sold, and of which the components (``{product: quantity}``) are delivered."""
    kit = env["product.product"].create({"name": name, "default_code": sku, "type": "consu", **values})
    env["mrp.bom"].create(
        {
            "product_tmpl_id": kit.product_tmpl_id.id,
            "type": "phantom",
            "bom_line_ids": [
                Command.create({"product_id": component.id, "product_qty": quantity})
                for component, quantity in components.items()
            ],
        }
    )
    return kit


def amounts(sent):
    """Return the amounts of an order, an invoice or a line that was sent."""
    return sent["untaxed"], sent["tax"], sent["total"]
