"""``payment.capture``: money that was captured for an order, with or without an authorization before."""

from odoo import models

from ...core.problem import Problem
from .early import Early
from .received_payment import exceeded


class PaymentCapture(models.AbstractModel):
    _name = "retail.command.payment.capture"
    _description = "Retail Hub: Capture a Payment"
    _inherit = ["retail.received.payment"]

    def _apply(self, command, sender):
        order = self._order_of(command, sender)
        self._check_money(order.currency_id, command)
        payment = self._payment(sender, command.id)
        if payment:
            return self._capture_known(payment, command, order)
        authorization = self._authorization(command, sender, order)
        self._check_total(order, command)
        payment = self._draft(command, sender, order, authorization)
        self._capture(payment, command)
        if authorization:
            authorization._retail_use_up(payment.amount)
        return self._applied(command, order, payment, "created")

    def _capture(self, payment, command):
        payment.amount = float(command.amount)
        payment._set_done()
        self._note_moment(payment, command)
        payment._retail_book_later()

    def _capture_known(self, payment, command, order):
        """Capture a payment that was reported before under this id, unless that is done.

        :raise Problem: it was captured with another amount, or cannot be captured
        """
        self._check_order(payment, order)
        if payment.state == "done":
            self._check_amount(payment, command, payment.amount)
            return self._applied(command, order, payment, "unchanged")
        if payment.state == "cancel":
            raise _not_authorized(payment, order, "/id")
        if payment.state == "error" and payment._retail_is_newer_than(self._moment(command)):
            return self._applied(command, order, payment, "unchanged")
        if payment.state == "authorized":
            _check_left(payment, command)
        self._check_total(order, command)
        self._capture(payment, command)
        return self._applied(command, order, payment, "updated")

    def _authorization(self, command, sender, order):
        """Return the payment of which this captures a part; None if it was not authorized before.

        :raise Early: it was not reported yet
        :raise Problem: less than the amount is left of it
        """
        code = command.authorization
        if not code or code == command.id:
            return None
        found = self._payment(sender, code)
        if not found:
            raise Early(f"payment/{code}", "There is no payment with the id of this authorization.")
        self._check_order(found, order, "The authorization is of another order.", "/authorization")
        if found.state != "authorized":
            raise _not_authorized(found, order, "/authorization")
        _check_left(found, command)
        return found

    def _check_total(self, order, command):
        """Check that no more is captured than the order costs; what was given back may be captured again.

        :raise Problem: ``amount-exceeded``
        """
        possible = order._retail_chargeable() - order.retail_paid + order.retail_refunded
        if order.currency_id.compare_amounts(float(command.amount), possible) > 0:
            raise exceeded("That is more than is left to be paid of the order.", possible, order.currency_id)


def _check_left(authorization, command):
    if authorization.currency_id.compare_amounts(float(command.amount), authorization.amount) > 0:
        detail = "That is more than is left of the authorization."
        raise exceeded(detail, authorization.amount, authorization.currency_id)


def _not_authorized(payment, order, pointer):
    if payment.retail_capture_ids:
        return exceeded("All of the authorization was captured.", 0.0, order.currency_id)
    detail = "The payment is not authorized: it was voided, has failed or was captured as a whole."
    return Problem("conflict", detail, errors=[{"pointer": pointer, "detail": detail}])
