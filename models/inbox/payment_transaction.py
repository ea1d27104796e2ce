"""Payments that remote systems have taken, as Odoo's own payment transactions."""

from odoo import fields, models
from odoo.exceptions import UserError

from ...core.const import Lane


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    retail_connector_id = fields.Many2one(
        "retail.connector",
        "Reported By",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The remote system that took the payment.",
    )
    retail_code = fields.Char(
        "ID There", readonly=True, copy=False, help="The payment's ID in the system that took it."
    )
    retail_authorized_amount = fields.Monetary(
        "Authorized Amount",
        readonly=True,
        copy=False,
        help="What was authorized at first. The amount is what is left to be captured.",
    )
    retail_authorization_id = fields.Many2one(
        "payment.transaction",
        "Authorization",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The payment of which a part was captured.",
    )
    retail_capture_ids = fields.One2many("payment.transaction", "retail_authorization_id", "Captures")

    _retail_payment_unique = models.UniqueIndex(
        "(retail_connector_id, retail_code) WHERE retail_code IS NOT NULL AND operation != 'refund'"
    )
    _retail_refund_unique = models.UniqueIndex(
        "(retail_connector_id, retail_code) WHERE retail_code IS NOT NULL AND operation = 'refund'"
    )

    def _ensure_provider_is_not_disabled(self):
        """Refuse to capture, void or refund in Odoo what only the system that took the payment can."""
        for payment in self.filtered("retail_connector_id"):
            raise UserError(
                self.env._(
                    "%(system)s processed this payment and reports captures and refunds to Odoo. Make them there.",
                    system=payment.retail_connector_id.sudo().name,  # As the superuser: it is named to any user.
                )
            )
        return super()._ensure_provider_is_not_disabled()

    # -- booking -----------------------------------------------------------------------------------

    def _retail_book_later(self):
        """Have a job book payments and refunds: that takes too long for the system that waits for an answer."""
        for payment in self:
            payment.with_delay(
                channel=Lane.INBOUND.channel,
                identity_key=f"retail_hub:payment:{payment.id}",
                description=self.env._("Book payment %s", payment.reference),
            )._retail_book()

    def _retail_book(self):
        """Book payments, and refunds after the payments that they give back. Runs in a job."""
        payments = self.with_context(payment_backend_action=True)  # what Odoo logs is not by the customer
        payments = (payments.source_transaction_id | payments).filtered(
            lambda payment: payment.state == "done"
        )
        for payment in payments.filtered(lambda payment: not payment.is_post_processed):
            payment._post_process()
        self.filtered(lambda payment: payment.operation == "refund" and payment.payment_id)._retail_match()

    def _post_process(self):
        """Leave draft invoices to people: Odoo would post those of a payment."""
        drafts = {
            payment: payment.invoice_ids.filtered(lambda invoice: invoice.state == "draft")
            for payment in self.filtered("retail_connector_id")
        }
        for payment, invoices in drafts.items():
            payment.invoice_ids -= invoices
        result = super()._post_process()
        for payment, invoices in drafts.items():
            payment.invoice_ids |= invoices.exists()
        return result

    def _retail_match(self):
        """Reconcile refunds with their credit notes, and else with what is left of the payments that they give back."""
        for refund in self:
            booked, payment = refund.payment_id.move_id, refund.source_transaction_id.payment_id.move_id
            notes = refund.invoice_ids.filtered(lambda invoice: invoice.state == "posted")
            match(booked | notes)
            match(booked | payment)

    def _send_invoice(self):
        """Leave it to the system that took the payment to write to the customer."""
        others = self.filtered(lambda payment: not payment.retail_connector_id)
        return super(PaymentTransaction, others)._send_invoice()

    # -- states ------------------------------------------------------------------------------------

    def _retail_is_newer_than(self, occurred_at):
        """Return whether the payment is in its state since after a time; None: the time is not known."""
        return bool(occurred_at and self.last_state_change and occurred_at < self.last_state_change)

    def _retail_use_up(self, captured):
        """Take what was captured from what is authorized."""
        left = self.currency_id.round(self.amount - captured)
        if self.currency_id.is_zero(left):
            self._set_canceled(state_message=self.env._("All of it was captured."))
        else:
            self.write({"amount": left})

    # -- events ------------------------------------------------------------------------------------

    def _retail_with_fact(self, event_type):
        """An authorization of which a part was captured has not failed when the rest is released."""
        payments = super()._retail_with_fact(event_type)
        if event_type == "payment.failed":
            return payments.filtered(lambda payment: not payment.retail_capture_ids)
        return payments

    def _retail_canonical(self, event_type, details):
        payment = super()._retail_canonical(event_type, details)
        authorization = self.retail_authorization_id
        if not authorization:
            return payment
        return payment.model_copy(update={"authorization_id": str(authorization.id)})


def match(moves):
    """Reconcile what is open of journal entries and invoices of one customer, if they go both ways."""
    lines = moves.line_ids.filtered(
        lambda line: line.account_type == "asset_receivable" and not line.reconciled
    )
    for same in lines.grouped("account_id").values():
        if len({line.balance > 0 for line in same}) == 2:
            same.reconcile()
