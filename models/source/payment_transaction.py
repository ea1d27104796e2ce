"""Payments through payment providers: which changes are events, and their canonical form."""

import re

from odoo import models

from ...schemas.payment import PaymentV1
from .canonical_values import amount, order_references
from .capture import Transition, becomes

CARD_NUMBER = re.compile(r"\b\d(?:[ -]?\d){11,18}\b")  # ISO/IEC 7812: up to 19 digits
ORDERS = ("sale_order_ids", "invoice_ids.line_ids.sale_line_ids.order_id", "invoice_ids.pos_order_ids")
STATUSES = {
    "payment.authorized": "authorized",
    "payment.captured": "captured",
    "payment.failed": "failed",
    "payment.refunded": "refunded",
}


class PaymentTransaction(models.Model):
    _name = "payment.transaction"
    _inherit = ["payment.transaction", "retail.capture"]
    _retail_has_public_name = True

    _retail_transitions = (
        Transition("payment.authorized", "state", becomes("authorized")),
        Transition("payment.captured", "state", becomes("done")),
        Transition("payment.refunded", "state", becomes("done")),
        Transition("order.paid", "state", becomes("done")),
        Transition("payment.failed", "state", becomes("error")),
        # A payment that was only begun may be abandoned: that is no failure.
        Transition("payment.failed", "state", becomes("cancel", since=("pending", "authorized"))),
    )
    _retail_process_paths = (
        *ORDERS,
        *(f"source_transaction_id.{path}" for path in ORDERS),
        "invoice_ids",
        "source_transaction_id.invoice_ids",
        "source_transaction_id",
    )
    _retail_causes = {
        "payment.captured": (
            ("", ("payment.authorized",)),
            ("source_transaction_id", ("payment.authorized",)),
        ),
        "payment.failed": (
            ("", ("payment.authorized",)),
            ("source_transaction_id", ("payment.captured", "payment.authorized")),
        ),
        "payment.refunded": (("source_transaction_id", ("payment.captured", "payment.authorized")),),
    }

    def _retail_with_fact(self, event_type):
        """Validating a payment method is no payment. A payment captured in parts has an event for each part."""
        payments = self.filtered(lambda payment: payment.operation != "validation")
        if event_type == "payment.refunded":
            return payments.filtered(lambda payment: payment.operation == "refund")
        if event_type == "payment.captured":
            return payments.filtered(
                lambda payment: payment.operation != "refund" and not payment._retail_captured_parts()
            )
        return payments

    def _retail_captured_parts(self):
        return self.child_transaction_ids.filtered(
            lambda child: child.operation == self.operation and child.state in ("done", "cancel")
        )

    def _retail_process(self):
        """Return the order or invoice paid. Till orders have online payments only with their module installed."""
        payments = self | self.source_transaction_id
        till_orders = payments.pos_order_id if "pos_order_id" in self._fields else None
        return till_orders[:1]._retail_origin() if till_orders else super()._retail_process()

    def _retail_occurred_at(self, event_type):
        return self.last_state_change

    def _retail_canonical(self, event_type, details):
        source = self.source_transaction_id
        is_refund = self.operation == "refund"
        is_given_up = event_type == "payment.failed" and details.get("after") == "cancel"
        return PaymentV1(
            id=str(self.id),
            kind="refund" if is_refund else "payment",
            status="cancelled" if is_given_up else STATUSES[event_type],
            amount=amount(abs(self.amount), self.currency_id),
            currency=self.currency_id.name,
            provider=self.provider_code,
            method=self.payment_method_code or "",
            reference=self.reference,
            provider_reference=self.provider_reference or "",
            customer_id=self.partner_id._retail_customer_id(),
            company=self.company_id.name,
            orders=self._retail_orders(),
            invoice_ids=tuple(str(id_) for id_ in (self.invoice_ids or source.invoice_ids).ids),
            authorization_id=str(source.id or "") if not is_refund else "",
            refunded_payment_id=str(source.id or "") if is_refund else "",
            failure_message=self._retail_failure_message() if event_type == "payment.failed" else "",
            is_test=not self.is_live,
        )

    def _retail_orders(self):
        payment = self if self.sale_order_ids or self.invoice_ids else self.source_transaction_id
        invoices = payment.invoice_ids
        till_orders = invoices.pos_order_ids
        if "pos_order_id" in self._fields:
            till_orders |= (self | self.source_transaction_id).pos_order_id
        return order_references(
            payment.sale_order_ids | invoices.line_ids.sale_line_ids.order_id, till_orders
        )

    def _retail_failure_message(self):
        return CARD_NUMBER.sub("***", self.state_message or "")
