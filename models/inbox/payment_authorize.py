"""``payment.authorize``: a payment of an order that is authorized, and not captured yet."""

from odoo import models

from ...core.problem import Problem
from ..source.canonical_values import amount


class PaymentAuthorize(models.AbstractModel):
    _name = "retail.command.payment.authorize"
    _description = "Retail Hub: Authorize a Payment"
    _inherit = ["retail.received.payment"]

    def _apply(self, command, sender):
        order = self._order_of(command, sender)
        self._check_money(order.currency_id, command)
        payment = self._payment(sender, command.id)
        if not payment:
            payment = self._draft(command, sender, order)
            self._authorize(payment, command)
            return self._applied(command, order, payment, "created")
        self._check_known(payment, command, order)
        if payment.state != "error" or payment._retail_is_newer_than(self._moment(command)):
            return self._applied(command, order, payment, "unchanged")
        payment.amount = float(command.amount)
        self._authorize(payment, command, extra_allowed_states=("error",))
        return self._applied(command, order, payment, "updated")

    def _authorize(self, payment, command, **options):
        payment.retail_authorized_amount = float(command.amount)
        payment._set_authorized(**options)
        self._note_moment(payment, command)

    def _check_known(self, payment, command, order):
        """A payment of which a part was captured before this came may have been authorized with more.

        :raise Problem: it was reported otherwise
        """
        self._check_order(payment, order)
        authorized = payment.retail_authorized_amount
        if authorized or payment.state != "done":
            self._check_amount(payment, command, authorized or payment.amount)
        elif payment.currency_id.compare_amounts(payment.amount, float(command.amount)) > 0:
            captured = amount(payment.amount, payment.currency_id)
            detail = f"{captured} of this payment was captured, which is more."
            raise Problem("conflict", detail, errors=[{"pointer": "/amount", "detail": detail}])
