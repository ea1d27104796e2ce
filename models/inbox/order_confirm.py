"""``order.confirm``: the customer has confirmed an order that was held, so that it can be shipped."""

from odoo import models


class OrderConfirm(models.AbstractModel):
    _name = "retail.command.order.confirm"
    _description = "Retail Hub: Confirm a Held Order"
    _inherit = ["retail.command.order.hold"]

    def _apply(self, command, sender):
        order = self._order_of(command, sender)
        if order.state == "sale" and order.retail_hold in (False, "confirmed"):
            return self._applied(command, order, "unchanged")
        self._check_held(order)
        order._retail_end_hold("confirmed")
        return self._applied(command, order, "confirmed")
