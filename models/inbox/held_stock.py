"""Goods of orders that must not be shipped yet do not leave, whoever validates the transfer."""

from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, *args, **options):
        # As the superuser: people in the warehouse read no orders.
        self.sudo().sale_line_id.order_id._retail_check_shippable()
        return super()._action_done(*args, **options)
