"""``order.hold``: hold an order longer that its customer has not confirmed yet."""

from odoo import api, models

from ...core.problem import Problem
from ..source.canonical_values import timestamp
from .command import Applied
from .early import Early


class OrderHold(models.AbstractModel):
    _name = "retail.command.order.hold"
    _description = "Retail Hub: Hold an Order"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        return (f"{sender.connector.id}/order/{command.external_id}",)

    def _apply(self, command, sender):
        order = self._order_of(command, sender)
        self._check_held(order)
        outcome = "extended" if order._retail_extend_hold(command.minutes) else "unchanged"
        return self._applied(command, order, outcome)

    @api.model
    def _order_of(self, command, sender):
        """Return the order that the command is about.

        :raise Early: it has not come
        """
        order = self.env["retail.captured.order"]._known(sender.connector, command.external_id)
        if not order:
            raise Early(f"order/{command.external_id}", "There is no order with this external_id.")
        return order

    @api.model
    def _check_held(self, order):
        """
        :raise Problem: it is not held, or not any more
        """
        is_over = order._retail_not_shipped() == "held" and order._retail_is_over()
        if is_over or order.retail_hold == "expired":
            until = timestamp(order.retail_held_until)
            raise Problem("conflict", f"The hold expired at {until}: {self._what_happened(order)}")
        self._check_open(order)
        if order.retail_hold == "confirmed":
            raise Problem("conflict", "The order is confirmed.")
        if not order.retail_hold:
            raise Problem("conflict", "The order is not held.")

    def _what_happened(self, order):
        is_kept = order.retail_hold == "expired" and order.state == "sale"
        return "a person in Odoo decides about the order." if is_kept else "the order is cancelled."

    @api.model
    def _check_open(self, order):
        """
        :raise Problem: it is cancelled
        """
        if order.state != "sale":
            raise Problem("conflict", order._retail_why_cancelled())

    @api.model
    def _applied(self, command, order, outcome):
        return Applied(self.env["retail.captured.order"]._result(order, command.external_id, outcome), order)
