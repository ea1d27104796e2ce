"""``order.release``: an order that was to be reviewed is all right, so that it can be shipped."""

from odoo import models


class OrderRelease(models.AbstractModel):
    _name = "retail.command.order.release"
    _description = "Retail Hub: Release a Reviewed Order"
    _inherit = ["retail.command.order.hold"]

    def _apply(self, command, sender):
        order = self._order_of(command, sender)
        self._check_open(order)
        if order.retail_review != "open":
            return self._applied(command, order, "unchanged")
        order._retail_release(sender.connector.name)
        return self._applied(command, order, "released")
