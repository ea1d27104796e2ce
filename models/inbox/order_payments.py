"""What was paid of an order."""

from odoo import api, fields, models

from ..source.canonical_values import amount


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # As the superuser: salespeople may read no payment transactions, but what was paid of their orders.
    retail_paid = fields.Monetary("Paid", compute="_compute_retail_payments", compute_sudo=True)
    # As the superuser: as above.
    retail_authorized = fields.Monetary(
        "Authorized",
        compute="_compute_retail_payments",
        compute_sudo=True,
        help="What is authorized, and not captured yet.",
    )
    # As the superuser: as above.
    retail_refunded = fields.Monetary("Refunded", compute="_compute_retail_payments", compute_sudo=True)

    @api.depends(
        "transaction_ids.state",
        "transaction_ids.amount",
        "transaction_ids.child_transaction_ids.state",
        "transaction_ids.child_transaction_ids.amount",
    )
    def _compute_retail_payments(self):
        for order in self:
            payments = order.transaction_ids.filtered(lambda payment: payment.operation != "refund")
            refunds = payments.child_transaction_ids.filtered(
                lambda refund: refund.operation == "refund" and refund.state == "done"
            )
            order.retail_paid = _total(payments, "done")
            order.retail_authorized = _total(payments, "authorized")
            order.retail_refunded = -sum(refunds.mapped("amount"))

    def _compute_authorized_transaction_ids(self):
        """Offer no buttons for authorizations that only the system that took them can capture or void."""
        result = super()._compute_authorized_transaction_ids()
        for order in self:
            own = order.authorized_transaction_ids.filtered(lambda payment: not payment.retail_connector_id)
            order.authorized_transaction_ids = own
            order.has_authorized_transaction_ids = bool(own)
        return result

    def _retail_payments(self):
        """Return the amounts in canonical form: a dict."""
        return {
            "paid": amount(self.retail_paid, self.currency_id),
            "authorized": amount(self.retail_authorized, self.currency_id),
            "refunded": amount(self.retail_refunded, self.currency_id),
        }

    def _retail_chargeable(self):
        """Return the total that may be captured: the larger one, if the order was changed since it was captured."""
        return max(self.amount_total, self.retail_channel_total)


def _total(payments, state):
    return sum(payment.amount for payment in payments if payment.state == state)
