"""When an order is paid in full: at a till, through payment providers, or by its invoices. It is captured once."""

from odoo import models

PAID = "order.paid"
PAID_INVOICE = ("paid", "in_payment")


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _retail_capture_transition(self, transition, old, new):
        """An order may have been paid before it was confirmed."""
        if transition.event_type == PAID:
            self._retail_capture_paid()
            return None
        return super()._retail_capture_transition(transition, old, new)

    def _retail_capture_paid(self):
        """Capture that these orders are paid: those that are, and were not before."""
        if not self or not self._retail_wants(PAID):
            return
        # As the superuser: whoever pays or registers a payment may have no rights on the order.
        for order in self.sudo()._retail_without(PAID):
            if order._retail_is_paid() and not order._retail_newest_event([PAID]):
                order._retail_capture_fact(PAID)

    def _retail_is_paid(self):
        """Return whether an order is paid in full, whatever way: through providers and at tills, or by invoices."""
        if self.state != "sale" or self.currency_id.is_zero(self.amount_total):
            return False
        payments = self.transaction_ids.filtered(
            lambda payment: payment.state == "done" and payment.operation != "validation"
        )
        paid = sum(payments.mapped("amount")) + self._retail_paid_at_till()
        if self.currency_id.compare_amounts(paid, self.amount_total) >= 0:
            return True
        invoices = self.invoice_ids.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        )
        is_invoiced = self.invoice_status == "invoiced" and bool(invoices)
        return is_invoiced and all(move.payment_state in PAID_INVOICE for move in invoices)


class PosOrder(models.Model):
    _inherit = "pos.order"

    def _retail_capture_transition(self, transition, old, new):
        """A till order that settles sales orders may pay them, too."""
        if transition.event_type == PAID:
            # As the superuser: a cashier may have no rights on sales orders.
            self.sudo()._retail_settled_orders()._retail_capture_paid()
        return super()._retail_capture_transition(transition, old, new)


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _retail_capture_transition(self, transition, old, new):
        if transition.event_type == PAID:
            # As the superuser: whoever pays may have no rights on the order.
            self.sudo().sale_order_ids._retail_capture_paid()
            return None
        return super()._retail_capture_transition(transition, old, new)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _retail_capture_transition(self, transition, old, new):
        if transition.event_type == PAID:
            # As the superuser: anybody may flush.
            self.sudo().line_ids.sale_line_ids.order_id._retail_capture_paid()
            return None
        return super()._retail_capture_transition(transition, old, new)
