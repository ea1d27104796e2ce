"""``payment.fail``: a payment that was refused, or an authorization that is void."""

from odoo import models

from ...core.problem import Problem


class PaymentFail(models.AbstractModel):
    _name = "retail.command.payment.fail"
    _description = "Retail Hub: Report a Failed Payment"
    _inherit = ["retail.received.payment"]

    def _apply(self, command, sender):
        order = self._order_of(command, sender)
        self._check_money(order.currency_id, command)
        payment = self._payment(sender, command.id)
        if not payment:
            payment = self._draft(command, sender, order)
            payment._set_error(command.reason)
            self._note_moment(payment, command)
            order._retail_payment_failed(payment, sender.client)
            return self._applied(command, order, payment, "created")
        self._check_order(payment, order)
        self._check_amount(
            payment, command, payment.retail_authorized_amount or payment.amount, payment.amount
        )
        is_late = payment._retail_is_newer_than(self._moment(command))
        if payment.state in ("error", "cancel") or is_late:
            return self._applied(command, order, payment, "unchanged")
        if payment.state == "done":
            raise Problem("conflict", "The payment was captured. Report a refund instead.")
        payment._set_canceled(state_message=command.reason)
        self._note_moment(payment, command)
        order._retail_payment_failed(payment, sender.client)
        return self._applied(command, order, payment, "updated")
