"""Invoices do not stay as they were when they were posted: their state is sent as Odoo shows it."""

from odoo import Command, fields
from odoo.tests import tagged

from .test_account_move import InvoiceCase

REFUNDS = ("refund.issued", "refund.cancelled")


@tagged("post_install", "-at_install")
class TestInvoiceUpdated(InvoiceCase):
    wanted = ("invoice.posted", "invoice.updated", "invoice.cancelled", "invoice.paid", *REFUNDS)

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

    def _bounce(self, payment):
        payment.action_draft()
        payment.action_cancel()

    def test_a_payment_that_bounces(self):
        payment = self._pay(self.invoice)
        self._assert_updated("paid", "0.00", ["invoice.paid"])
        self._bounce(payment)
        self._assert_updated("open", "121.00")

    def test_paid_in_part(self):
        self._pay(self.invoice, 21)
        self._assert_updated("partial", "100.00", ["invoice.paid"])

    def test_credited_in_full(self):
        credit = self._credit(self.invoice)
        credit.action_post()
        self._assert_updated("settled", "0.00")

    def test_a_credit_note_is_taken_back(self):
        """It is reset to draft, posted again, and cancelled: whatever is issued is also cancelled."""
        credit = self._credit(self.invoice)
        credit.action_post()
        self._assert_updated("settled", "0.00")
        credit.button_draft()
        [event] = self._events(credit)
        self.assertEqual(
            (event.event_type, event.kind, event.payload["id"], event.payload["total"]),
            ("refund.cancelled", "fact", str(credit.id), "121.00"),
        )
        self.assertEqual(self._sent(self.invoice), [])  # in Odoo, too, it is still settled
        credit.action_post()
        self.assertEqual(self._sent(credit), ["refund.cancelled", "refund.issued"])
        self._forget_events()
        credit.button_cancel()
        self.assertEqual(self._sent(credit), ["refund.cancelled"])
        self._assert_updated("open", "121.00")
        credit.unlink()
        self.assertEqual(self._sent(), [])

    def test_a_credit_note_is_taken_back_and_deleted(self):
        credit = self._credit(self.invoice)
        credit.action_post()
        self._forget_events()
        lines = [str(line.id) for line in credit.invoice_line_ids]
        credit.button_draft()
        credit.unlink()
        [event] = self._events().filtered(lambda each: each.event_type in REFUNDS)
        self.assertEqual(
            (event.event_type, [line["id"] for line in event.payload["lines"]]), ("refund.cancelled", lines)
        )

    def test_the_date_of_payment(self):
        """It is that of the last payment that counts."""
        first, second = (
            self._pay(self.invoice, amount, payment_date=day)
            for amount, day in ((21, "2026-11-25"), (100, "2026-11-27"))
        )
        self.assertEqual(self._state(self.invoice)["payment_date"], "2026-11-27")
        self._bounce(second)
        self.assertEqual(self._state(self.invoice)["payment_date"], "2026-11-25")
        self._bounce(first)
        self.assertIsNone(self._state(self.invoice)["payment_date"])

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

    def _assert_deleted_as_cancelled(self):
        """Delete the invoice; all that was sent is its end, with its lines."""
        lines = [str(line.id) for line in self.invoice.invoice_line_ids]
        self.invoice.unlink()
        [event] = self._events()
        self.assertEqual((event.event_type, event.res_id), ("invoice.cancelled", self.invoice.id))
        self.assertFalse(event.payload_error)
        sent = event.payload
        self.assertEqual(
            (sent["status"], sent["total"], [each["id"] for each in sent["lines"]]),
            ("cancelled", "121.00", lines),
        )

    def test_reset_to_draft_and_deleted(self):
        self.invoice.button_draft()
        self._commit()
        self._assert_deleted_as_cancelled()

    def test_reset_to_draft_and_deleted_in_one_transaction(self):
        self.invoice.button_draft()
        self._assert_deleted_as_cancelled()

    def test_cancelled_and_deleted_in_one_transaction(self):
        self.invoice.button_cancel()
        self._assert_deleted_as_cancelled()

    def test_cancelled_and_deleted_later(self):
        self.invoice.button_cancel()
        self._forget_events()
        self.invoice.unlink()
        self.assertEqual(self._events().mapped("event_type"), [])

    def test_a_draft_that_is_deleted(self):
        self._draft().unlink()
        self.assertEqual(self._events().mapped("event_type"), [])

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
