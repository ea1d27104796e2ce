"""``payment.refund``: money of a payment that was given back."""

from odoo import api, models

from ...core.problem import Problem
from ..source.canonical_values import amount
from .early import Early
from .payment_provider import CODE
from .received_payment import exceeded


class PaymentRefund(models.AbstractModel):
    _name = "retail.command.payment.refund"
    _description = "Retail Hub: Refund a Payment"
    _inherit = ["retail.received.payment"]

    def _apply(self, command, sender):
        order = self._order_of(command, sender)
        self._check_money(order.currency_id, command)
        refund, is_new = self._refund(command, sender, order)
        if is_new:
            refund._retail_book_later()
        return self._applied(command, order, refund, "created" if is_new else "unchanged")

    @api.model
    def _refund(self, command, sender, order, place=""):
        """Return (the refund, whether it is new), which is still to be booked.

        :param command: with ``id``, ``payment``, ``amount`` and ``occurred_at``
        :param place: JSON pointer to it in the request
        :raise Early: its payment was not captured yet
        :raise Problem: it was reported otherwise, or more than was paid
        """
        payment = self._payment(sender, command.payment)
        known = self._payment(sender, command.id, is_refund=True)
        if known:
            self._check_known_refund(known, payment, command, place)
            return known, False
        if not payment or payment.state == "authorized" and not payment.retail_capture_ids:
            raise Early(f"payment/{command.payment}", "There is no captured payment with this id.")
        self._check_refundable(payment, command, order, place)
        if not payment.is_post_processed:  # Odoo books no payment that was given back before
            payment._retail_book()
        refund = payment._create_child_transaction(
            float(command.amount),
            is_refund=True,
            reference=payment._compute_reference(CODE, prefix=f"R-{order.name}-{command.id}"),
            provider_reference=command.id,
            retail_connector_id=sender.connector.id,
            retail_code=command.id,
        )
        refund._set_done(state_message=getattr(command, "reason", "") or None)
        self._note_moment(refund, command)
        return refund, True

    def _check_known_refund(self, refund, payment, command, place):
        if refund.source_transaction_id != payment:
            detail = "Another payment has a refund with this id."
            raise Problem("conflict", detail, errors=[{"pointer": f"{place}/payment", "detail": detail}])
        if refund.currency_id.compare_amounts(-refund.amount, float(command.amount)):
            known = amount(-refund.amount, refund.currency_id)
            detail = f"This refund was reported before, with the amount {known}."
            raise Problem("conflict", detail, errors=[{"pointer": f"{place}/amount", "detail": detail}])

    def _check_refundable(self, payment, command, order, place):
        self._check_order(payment, order, "The payment is of another order.", f"{place}/payment")
        detail = ""
        if payment.retail_capture_ids:
            codes = ", ".join(payment.retail_capture_ids.mapped("retail_code"))
            detail = f"This payment was captured in parts. Refund the captures: {codes}."
        elif payment.state != "done":
            detail = "The payment was not captured: there is nothing to give back."
        if detail:
            raise Problem("conflict", detail, errors=[{"pointer": f"{place}/payment", "detail": detail}])
        refunds = payment.child_transaction_ids.filtered(
            lambda refund: refund.operation == "refund" and refund.state == "done"
        )
        possible = payment.amount + sum(refunds.mapped("amount"))
        if payment.currency_id.compare_amounts(float(command.amount), possible) > 0:
            detail = "That is more than is left of the payment."
            raise exceeded(detail, possible, payment.currency_id, f"{place}/amount")
