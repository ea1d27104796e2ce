"""Invoices do not stay as they were when they were posted: their state is sent as Odoo shows it."""

from odoo import Command, fields
from odoo.tests import tagged

from .test_account_move import InvoiceCase


@tagged("post_install", "-at_install")
class TestInvoiceUpdated(InvoiceCase):
    wanted = ("invoice.posted", "invoice.updated", "invoice.cancelled", "invoice.paid", "refund.issued")

    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(100)
        self.assertEqual(self._sent(self.invoice), ["invoice.posted"])
        [posted] = self._events(self.invoice).mapped("payload")
        self.assertEqual(
            (posted["status"], posted["residual"], posted["rounding"]), ("open", "121.00", "0.00")
        )
        self._forget_events()

    def _assert_updated(self, status, residual, also=()):
        """The invoice was sent again, besides other events, and looks so."""
        self.assertEqual(sorted(self._sent(self.invoice)), sorted(["invoice.updated", *also]))
        sent = self._state(self.invoice)
        self.assertEqual((sent["status"], sent["residual"]), (status, residual))
        self.assertShown(sent, self.invoice)
        self._forget_events()

    def test_a_payment_that_bounces(self):
        payment = self._pay(self.invoice)
        self._assert_updated("paid", "0.00", ["invoice.paid"])
        payment.action_draft()
        payment.action_cancel()
        self._assert_updated("open", "121.00")

    def test_paid_in_part(self):
        self._pay(self.invoice, 21)
        self._assert_updated("partial", "100.00", ["invoice.paid"])

    def test_credited_in_full(self):
        credit = self._credit(self.invoice)
        credit.action_post()
        self._assert_updated("settled", "0.00")

    def test_paid_but_for_a_part_that_is_then_credited(self):
        self._pay(self.invoice, 114.95)
        self._assert_updated("partial", "6.05", ["invoice.paid"])
        credit = self._draft(5, move_type="out_refund")
        credit.action_post()
        (self.invoice + credit).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).reconcile()
        self._assert_updated("paid", "0.00")

    def test_cancelled(self):
        self.invoice.button_draft()
        self.assertEqual(self._sent(self.invoice), [])
        self.invoice.button_cancel()
        [event] = self._events(self.invoice)
        self.assertEqual((event.event_type, event.kind), ("invoice.cancelled", "fact"))
        self.assertEqual((event.payload["status"], event.payload["total"]), ("cancelled", "121.00"))

    def test_cancelled_at_once(self):
        self.invoice.button_cancel()
        self.assertEqual(self._sent(self.invoice), ["invoice.cancelled"])

    def test_a_draft_that_is_cancelled(self):
        draft = self._draft()
        draft.button_cancel()
        self.assertEqual(self._sent(draft), [])

    def test_posted_again(self):
        self.invoice.button_draft()
        self.invoice.invoice_line_ids.price_unit = 200
        self.invoice.action_post()
        self.assertEqual(self._sent(self.invoice), ["invoice.posted"])

    def test_written_off_by_a_journal_entry(self):
        """Nobody paid."""
        receivable = self.invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        entry = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.account_id.id,
                            "partner_id": self.customer.id,
                            "credit": 121,
                        }
                    ),
                    Command.create({"account_id": self.invoice.invoice_line_ids.account_id.id, "debit": 121}),
                ]
            }
        )
        entry.action_post()
        (receivable | entry.line_ids.filtered("credit")).reconcile()
        self._assert_updated("paid", "0.00")

    def test_what_else_changes(self):
        for name, value in (
            ("ref", "PO 7"),
            ("payment_reference", "+++7+++"),
            ("invoice_date_due", fields.Date.add(fields.Date.today(), days=60)),
            ("invoice_user_id", self.env.ref("base.user_admin")),
        ):
            with self.subTest(name):
                self.invoice.write({name: value})
                self._assert_updated("open", "121.00")
        self.invoice.invoice_line_ids.name = "A better lamp"
        self._assert_updated("open", "121.00")
        self.assertEqual(self._state(self.invoice)["lines"][0]["name"], "A better lamp")

    def test_other_documents(self):
        """Neither vendor bills nor credit notes have a state that is sent."""
        bill = self._invoice(100, move_type="in_invoice")
        credit = self._invoice(100, move_type="out_refund")
        self._forget_events()
        (bill + credit).write({"ref": "other"})
        self.assertEqual(self._sent(), [])

    def test_cash_rounding(self):
        """24.19 is rounded to 24.20: on the invoice, and on its credit note."""
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "5 cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "profit_account_id": self.invoice.invoice_line_ids.account_id.id,
                "loss_account_id": self.invoice.invoice_line_ids.account_id.id,
            }
        )
        invoice = self._invoice(19.99, invoice_cash_rounding_id=rounding.id)
        credit = self._credit(invoice)
        credit.action_post()
        for document, event_type in ((invoice, "invoice.posted"), (credit, "refund.issued")):
            [sent] = self._payloads(document, event_type)
            self.assertEqual(
                (sent["untaxed"], sent["tax"], sent["rounding"], sent["total"]),
                ("19.99", "4.20", "0.01", "24.20"),
            )
            self.assertEqual([line["total"] for line in sent["lines"]], ["24.19"])
