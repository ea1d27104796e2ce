"""Customer invoices and credit notes: which changes are events, and their canonical form."""

import json
from datetime import datetime, time

from odoo import api, models
from odoo.fields import Domain

from ...schemas.base import MoneyV1
from ...schemas.invoice import InvoiceLineV1, InvoicePaidV1, InvoiceV2, LineTaxV1, RefundLineV1, RefundV2
from .canonical_values import amount, date, decimal, line_values, order_references, rounded, tax_rate
from .capture import Transition, becomes

ORDERS = "line_ids.sale_line_ids.order_id"
INVOICES = ("out_invoice", "out_receipt")
# Odoo's payment states. "in_payment" is paid, though the bank has not confirmed it.
STATUSES = {"partial": "partial", "in_payment": "paid", "paid": "paid", "reversed": "settled"}
REFUND_EVENTS = ("refund.issued", "refund.cancelled")
PAYMENT_JOURNALS = ("bank", "cash", "credit")


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "retail.capture"]

    _retail_number_field = "name"
    _retail_updated_event = "invoice.updated"
    _retail_whole_facts = ("invoice.posted",)
    _retail_transitions = (
        Transition("invoice.posted", "state", becomes("posted")),
        Transition("invoice.cancelled", "state", becomes("cancel")),
        Transition("refund.cancelled", "state", becomes("cancel", "draft", since=("posted",))),
        Transition("refund.issued", "state", becomes("posted")),
        # A payment can be registered on a draft, long before the invoice is posted.
        Transition("invoice.paid", "posted_before", becomes(True)),
        Transition("order.paid", "payment_state", becomes("paid", "in_payment")),
    )
    _retail_process_paths = (
        ORDERS,
        "pos_order_ids",
        f"reversed_entry_id.{ORDERS}",
        "reversed_entry_id.pos_order_ids",
        "reversed_entry_id",
    )
    _retail_causes = {
        "invoice.posted": ((ORDERS, ("order.placed",)), ("pos_order_ids", ("order.placed",))),
        "invoice.updated": (("", ("invoice.posted",)),),
        "invoice.cancelled": (("", ("invoice.posted",)),),
        "invoice.paid": (("", ("invoice.posted",)),),
        "refund.issued": (("reversed_entry_id", ("invoice.posted",)),),
        "refund.cancelled": (("", ("refund.issued",)),),
    }

    @api.model
    def _retail_watched_fields(self):
        return frozenset(
            {
                "amount_residual",
                "amount_tax",
                "amount_total",
                "amount_untaxed",
                "currency_id",
                "invoice_date",
                "invoice_date_due",
                "invoice_user_id",
                "name",
                "partner_id",
                "payment_reference",
                "payment_state",
                "ref",
            }
        )

    @api.model
    def _retail_subject_domain(self):
        return Domain("move_type", "in", INVOICES) & Domain("state", "=", "posted")

    @api.model
    def _retail_history_domain(self, event_type):
        if event_type == "refund.issued":
            of_tills = Domain("pos_order_ids", "!=", False)
            return Domain("move_type", "=", "out_refund") & Domain("state", "=", "posted") & ~of_tills
        return self._retail_subject_domain() if event_type in ("invoice.posted", "invoice.updated") else None

    def _retail_history_time(self, event_type):
        return datetime.combine(self.invoice_date, time.min)

    def _retail_with_state(self, event_type):
        """Leave out drafts, and invoices that were cancelled: that is a fact."""
        return self._retail_of_type(event_type).filtered(lambda move: move.state == "posted")

    def _retail_with_fact(self, event_type):
        """Vendor bills and journal entries have no events. A till's refund is an event of its order."""
        moves = self._retail_of_type(event_type)
        if event_type == "invoice.cancelled":
            return moves.filtered("posted_before")
        if event_type in REFUND_EVENTS:
            # As the superuser: accountants may have no rights on the till's orders.
            return moves.filtered(lambda move: not move.sudo().pos_order_ids)
        return moves

    def _retail_of_type(self, event_type):
        move_types = ("out_refund",) if event_type in REFUND_EVENTS else INVOICES
        return self.filtered(lambda move: move.move_type in move_types)

    def _retail_capture_transition(self, transition, old, new):
        if transition.event_type == "invoice.paid":
            # As the superuser: anybody may flush, see the base method.
            self._retail_with_fact("invoice.paid").sudo()._retail_payments()._retail_capture_paid()
            return
        # An order placed and invoiced in one transaction: placed comes first.
        self.env["sale.order"].flush_model(["state"])
        super()._retail_capture_transition(transition, old, new)

    def unlink(self):
        """Capture the end of invoices that were posted, before Odoo deletes their lines.

        It is not said again of those that were cancelled.
        """
        if self._retail_wants("invoice.cancelled"):
            self.flush_recordset(["posted_before", "state"])
            drafts = self.filtered(lambda move: move.state == "draft")
            drafts._retail_with_fact("invoice.cancelled")._retail_capture_fact("invoice.cancelled")
        self._retail_snapshot_facts()
        return super().unlink()

    def _retail_cause(self, event_type):
        cause = super()._retail_cause(event_type)
        return cause or (
            self.pos_order_ids._retail_settled_cause() if event_type == "invoice.posted" else None
        )

    def _retail_payments(self):
        """Return the reconciliations (``account.partial.reconcile``) that paid the invoices, oldest first."""
        partials = self.line_ids.matched_credit_ids.sorted("id")
        return partials.filtered(lambda partial: partial._retail_is_payment())

    def _retail_present_parts(self, event_type):
        """The document belongs to the customer that it has now."""
        return {"customer_id": self.partner_id._retail_customer_id()}

    def _retail_canonical(self, event_type, details):
        if event_type == "invoice.paid":
            return self._retail_paid(details)
        return self._retail_refund() if event_type in REFUND_EVENTS else self._retail_invoice(event_type)

    def _retail_invoice(self, event_type):
        is_cancelled = self.state == "cancel" or event_type == "invoice.cancelled"  # or deleted as a draft
        return InvoiceV2(
            **self._retail_document(),
            **self._retail_totals(),
            lines=tuple(line._retail_line() for line in self._retail_lines()),
            status="cancelled" if is_cancelled else STATUSES.get(self.payment_state, "open"),
            invoice_date=date(self.invoice_date),
            due_date=date(self.invoice_date_due),
            payment_date=date(self._retail_payments()[-1:].credit_move_id.move_id.date),
            orders=self._retail_orders(),
            customer_reference=self.ref or "",
            payment_reference=self.payment_reference or "",
            billing_address=self.partner_id._retail_address(),
        )

    def _retail_refund(self):
        reversed_invoice = self.reversed_entry_id
        return RefundV2(
            **self._retail_document(),
            **self._retail_totals(),
            lines=tuple(line._retail_refund_line() for line in self._retail_lines()),
            source="credit_note",
            date=date(self.invoice_date),
            is_full=self._retail_is_full_refund(),
            reason=self._retail_reason(),
            invoice_id=str(reversed_invoice.id or ""),
            invoice_number=reversed_invoice.name or "",
            orders=(self | reversed_invoice)._retail_orders(),
        )

    def _retail_paid(self, details):
        """``details``: the ``partial_id`` of the reconciliation."""
        partial = self.env["account.partial.reconcile"].browse(details["partial_id"])
        residual = rounded(self.amount_residual + self._retail_settled_after(partial), self.currency_id)
        return InvoicePaidV1(
            **self._retail_document(),
            **partial._retail_payment(),
            total=amount(self.amount_total, self.currency_id),
            amount=amount(partial.debit_amount_currency, self.currency_id),
            residual=amount(residual, self.currency_id),
            is_full=self.currency_id.is_zero(residual),
            orders=self._retail_orders(),
        )

    def _retail_settled_after(self, partial):
        """Return how much was paid or set off after this reconciliation: one transaction may have several payments."""
        later = self.line_ids.matched_credit_ids.filtered(
            lambda other: other.id > partial.id and not other._retail_is_exchange_difference()
        )
        return sum(later.mapped("debit_amount_currency"))

    def _retail_document(self):
        """Return the values that all canonical forms of the document share, as a dict."""
        return {
            "id": str(self.id),
            "number": self.name or "",
            "customer_id": self.partner_id._retail_customer_id(),
            "company": self.company_id.name,
            "currency": self.currency_id.name,
        }

    def _retail_totals(self):
        currency = self.currency_id
        rounding = self._retail_rounding()
        return {
            "untaxed": amount(self.amount_untaxed - rounding, currency),
            "tax": amount(self.amount_tax, currency),
            "total": amount(self.amount_total, currency),
            "rounding": amount(rounding, currency),
            "residual": amount(self.amount_residual, currency),
            "salesperson": self.invoice_user_id.name or "",
        }

    def _retail_lines(self):
        return self.invoice_line_ids.filtered(lambda line: line.display_type == "product")

    def _retail_rounding(self):
        """Return what a line for cash rounding adds, which Odoo counts as untaxed. A rounded tax is part of the tax."""
        lines = self.line_ids.filtered(lambda line: line.display_type == "rounding" and not line.tax_line_id)
        return self.direction_sign * sum(lines.mapped("amount_currency"))

    def _retail_orders(self):
        return order_references(self.line_ids.sale_line_ids.order_id, self.pos_order_ids)

    def _retail_is_full_refund(self):
        """Return whether this credit note alone refunds the whole invoice, whatever other credit notes refunded."""
        reversed_invoice = self.reversed_entry_id
        return (
            reversed_invoice.currency_id == self.currency_id
            and self.currency_id.compare_amounts(self.amount_total, reversed_invoice.amount_total) >= 0
        )

    def _retail_reason(self):
        """Return the reason. Odoo stores it after the invoice's number, in the customer's language."""
        reference, number = self.ref or "", self.reversed_entry_id.name
        before, found, reason = reference.partition(f"{number}, ") if number else ("", "", "")
        return reason if found else reference if not number or number not in reference else ""


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "retail.capture"]

    _retail_subject_field = "move_id"
    _retail_created_event = "invoice.updated"
    _retail_updated_event = "invoice.updated"

    @api.model
    def _retail_watched_fields(self):
        return frozenset(
            {
                "discount",
                "is_downpayment",
                "name",
                "price_subtotal",
                "price_total",
                "price_unit",
                "product_id",
                "product_uom_id",
                "quantity",
                "sale_line_ids",
                "sequence",
                "tax_ids",
            }
        )

    def _retail_refund_line(self):
        """Return its canonical line, with what it gives back. One of several orders does not say how much of each."""
        sale_line = self.sale_line_ids if len(self.sale_line_ids) == 1 else self.sale_line_ids[:0]
        sold = (sale_line._retail_sold_line(self.quantity, self.product_uom_id),) if sale_line else ()
        return RefundLineV1(**dict(self._retail_line()), sold_lines=sold)

    def _retail_line(self):
        sale_line = self.sale_line_ids[:1]
        kind = sale_line._retail_kind() if sale_line else "product"
        advances = self.move_id.pos_order_ids.config_id._retail_down_payment_products()
        return InvoiceLineV1(
            id=str(self.id),
            kind="down_payment" if self.is_downpayment or self.product_id in advances else kind,
            name=self.name or self.product_id.display_name or "",
            quantity=decimal(self.quantity),
            **line_values(self, self.currency_id),
            taxes=tuple(_tax(tax) for tax in self.tax_ids.flatten_taxes_hierarchy()),
            order_line_ids=tuple(str(line_id) for line_id in self.sale_line_ids.ids),
        )


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        moves = self.env["account.move"]
        if not moves._retail_wants("invoice.paid"):
            return super().create(vals_list)
        moves.flush_model(
            ["posted_before", "state"]
        )  # an invoice posted and paid at once: posted comes first
        partials = super().create(vals_list)
        # As the superuser: whoever registers a payment may lack rights on other parts of it.
        partials.sudo().filtered(
            lambda partial: partial.debit_move_id.move_id.posted_before and partial._retail_is_payment()
        )._retail_capture_paid()
        return partials

    def unlink(self):
        """Drop the captured payment if it is undone in the transaction that made it."""
        moves = self.env["account.move"]
        if moves._retail_wants("invoice.paid"):
            buffer = moves._retail_pending()
            for partial in self:
                buffer.drop_fact(moves._name, "invoice.paid", json.dumps(partial._retail_details()))
        return super().unlink()

    def _retail_capture_paid(self):
        for partial in self:
            invoice = partial.debit_move_id.move_id
            invoice._retail_capture_fact("invoice.paid", details=partial._retail_details())

    def _retail_details(self):
        return {"partial_id": self.id}

    def _retail_is_payment(self):
        """Return whether it is a payment of a customer invoice.

        A credit note, an exchange difference, or a journal entry that writes the invoice off are none.
        """
        line, other = self.debit_move_id, self.credit_move_id.move_id
        return (
            line.move_id.move_type in INVOICES
            and line.account_id.account_type == "asset_receivable"
            and not other.is_invoice(include_receipts=True)
            and bool(
                other.origin_payment_id
                or other.statement_line_id
                or other.pos_payment_ids
                or other.journal_id.type in PAYMENT_JOURNALS
            )
            and not self._retail_is_exchange_difference()
        )

    def _retail_is_exchange_difference(self):
        move = self.credit_move_id.move_id
        return move.journal_id == move.company_id.currency_exchange_journal_id

    def _retail_payment(self):
        """Return the values of an :class:`InvoicePaidV1`, as a dict."""
        move, currency = self.credit_move_id.move_id, self.credit_currency_id
        payment = move.origin_payment_id
        method = payment.payment_method_line_id.name or move.pos_payment_ids[:1].payment_method_id.name
        return {
            "payment_amount": MoneyV1(
                amount=amount(self.credit_amount_currency, currency), currency=currency.name
            ),
            "written_off": amount(payment._retail_written_off() if payment else 0.0, currency),
            "payment_id": str(payment.id or ""),
            "payment_number": move.name or "",
            "payment_date": date(move.date),
            "method": method or move.journal_id.name,
        }


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _retail_written_off(self):
        """Return the amount that is written off with the payment, in its currency."""
        _liquidity, _counterpart, written_off = self._seek_for_lines()
        return sum(written_off.mapped("amount_currency"))


def _tax(tax):
    return LineTaxV1(name=tax.name, rate=tax_rate(tax))
