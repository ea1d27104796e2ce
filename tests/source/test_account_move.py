"""Invoices: what is posted, paid and credited is sent, to the cent of what Odoo shows."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import tagged

from ..common import UNREADABLE, EventCase, ShopCase


class InvoiceCase(ShopCase, EventCase):
    """What a clerk does with invoices."""

    wanted = ("order.placed", "invoice.posted", "invoice.paid", "refund.issued")

    def _foreign_currency(self, rate, name="GBP"):
        currency = self.env.ref(f"base.{name}")
        currency.active = True
        currency.rate_ids.unlink()
        currency.rate_ids = [Command.create({"name": "2020-01-01", "rate": rate})]
        return currency

    def _draft(self, price=100.0, quantity=1, move_type="out_invoice", **values):
        line = {"product_id": self.product.id, "price_unit": price, "quantity": quantity}
        line |= values.pop("line", {})
        return self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.customer.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create(line)],
                **values,
            }
        )

    def _invoice(self, *args, **values):
        invoice = self._draft(*args, **values)
        invoice.action_post()
        return invoice

    def _pay(self, invoices, amount=None, **values):
        """Register a payment, as the button on an invoice does."""
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoices.ids
        )
        values |= {} if amount is None else {"amount": amount}
        return wizard.create(values)._create_payments()

    def _credit(self, invoice, reason="", **values):
        """Make a credit note, as the button on an invoice does, and return it (a draft)."""
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard = wizard.create({"journal_id": invoice.journal_id.id, "reason": reason, **values})
        return self.env["account.move"].browse(wizard.refund_moves()["res_id"])

    def _payloads(self, record, event_type):
        return [event.payload for event in self._events(record, event_type).sorted("id")]

    def assertAmounts(self, payload, untaxed, tax, total):
        self.assertEqual((payload["untaxed"], payload["tax"], payload["total"]), (untaxed, tax, total))

    def assertShown(self, payload, move):
        """What is sent is what Odoo shows on the document."""
        digits = move.currency_id.decimal_places
        for name, field in (
            ("untaxed", "amount_untaxed"),
            ("tax", "amount_tax"),
            ("total", "amount_total"),
            ("residual", "amount_residual"),
        ):
            self.assertEqual(payload[name], f"{move[field]:.{digits}f}", name)


@tagged("post_install", "-at_install")
class TestInvoicePosted(InvoiceCase):
    def test_invoice_of_an_order(self):
        order = self._order(line={"discount": 10})
        invoice = order._create_invoices()
        self.assertEqual(self._sent(invoice), [])
        invoice.ref = "PO 7"
        invoice.action_post()
        [event] = self._events(invoice)
        self.assertEqual((event.event_type, event.kind), ("invoice.posted", "fact"))
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self.assertEqual(event.causation_id, self._events(order).uuid)
        sent = event.payload
        self.assertEqual(
            (sent["id"], sent["number"], sent["customer_id"], sent["currency"], sent["company"]),
            (
                str(invoice.id),
                invoice.name,
                str(self.customer.id),
                invoice.currency_id.name,
                invoice.company_id.name,
            ),
        )
        self.assertEqual(
            (sent["invoice_date"], sent["due_date"], sent["customer_reference"], sent["payment_reference"]),
            (str(invoice.invoice_date), str(invoice.invoice_date_due), "PO 7", invoice.payment_reference),
        )
        self.assertEqual(
            sent["orders"], [{"id": str(order.id), "number": order.name, "channel": order._retail_channel()}]
        )
        self.assertEqual(sent["billing_address"]["city"], "Ghent")
        self.assertAmounts(sent, "53.97", "11.33", "65.30")
        self.assertShown(sent, invoice)
        [line] = sent["lines"]
        self.assertEqual(
            {name: line[name] for name in ("sku", "kind", "quantity", "unit_price", "discount", "untaxed")},
            {
                "sku": "LAMP",
                "kind": "product",
                "quantity": "3",
                "unit_price": "19.99",
                "discount": "10",
                "untaxed": "53.97",
            },
        )
        self.assertEqual((line["tax"], line["total"]), ("11.33", "65.30"))
        self.assertEqual(line["taxes"], [{"name": "21 %", "rate": "21"}])
        self.assertEqual(line["order_line_ids"], [str(order.order_line.id)])

    def test_tax_included(self):
        self.tax.price_include_override = "tax_included"
        invoice = self._invoice(19.99, quantity=7)
        [sent] = self._payloads(invoice, "invoice.posted")
        self.assertAmounts(sent, "115.64", "24.29", "139.93")
        self.assertShown(sent, invoice)

    def test_other_currency(self):
        """Amounts have as many digits as the currency has."""
        yen = self._foreign_currency(150, "JPY")
        invoice = self._invoice(1999, currency_id=yen.id)
        [sent] = self._payloads(invoice, "invoice.posted")
        self.assertEqual(sent["currency"], "JPY")
        self.assertAmounts(sent, "1999", "420", "2419")
        self.assertEqual(sent["residual"], "2419")

    def test_group_of_taxes(self):
        eco = self.env["account.tax"].create(
            {"name": "Eco", "amount": 0.5, "amount_type": "fixed", "type_tax_use": "sale"}
        )
        both = self.env["account.tax"].create(
            {
                "name": "Both",
                "amount_type": "group",
                "type_tax_use": "sale",
                "children_tax_ids": (self.tax | eco).ids,
            }
        )
        invoice = self._invoice(10, quantity=2, line={"tax_ids": both.ids})
        [sent] = self._payloads(invoice, "invoice.posted")
        self.assertAmounts(sent, "20.00", "5.20", "25.20")
        taxes = {tax["name"]: tax["rate"] for tax in sent["lines"][0]["taxes"]}
        self.assertEqual(taxes, {"21 %": "21", "Eco": None})

    def test_down_payment_and_final_invoice(self):
        order = self._order(1, {"price_unit": 100})
        wizard = self.env["sale.advance.payment.inv"].with_context(
            active_ids=order.ids, active_model="sale.order"
        )
        wizard.create({"advance_payment_method": "percentage", "amount": 30}).create_invoices()
        first = order.invoice_ids
        first.action_post()
        [sent] = self._payloads(first, "invoice.posted")
        self.assertAmounts(sent, "30.00", "6.30", "36.30")
        self.assertEqual([line["kind"] for line in sent["lines"]], ["down_payment"])
        wizard.create({"advance_payment_method": "delivered"}).create_invoices()
        final = order.invoice_ids - first
        final.action_post()
        [event] = self._events(final)
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        sent = event.payload
        self.assertAmounts(sent, "70.00", "14.70", "84.70")
        self.assertShown(sent, final)
        self.assertEqual(
            [(line["kind"], line["untaxed"], line["total"]) for line in sent["lines"]],
            [("product", "100.00", "121.00"), ("down_payment", "-30.00", "-36.30")],
        )

    def test_sections_are_no_lines(self):
        invoice = self._draft()
        invoice.invoice_line_ids = [Command.create({"display_type": "line_section", "name": "Lamps"})]
        invoice.action_post()
        [sent] = self._payloads(invoice, "invoice.posted")
        self.assertEqual(len(sent["lines"]), 1)

    def test_reset_to_draft_and_posted_again(self):
        invoice = self._invoice(100)
        self._events()
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 90
        invoice.action_post()
        self.assertEqual(
            [sent["total"] for sent in self._payloads(invoice, "invoice.posted")], ["121.00", "108.90"]
        )

    def test_reset_to_draft_early(self):
        """Also in one transaction, each posting is sent, once."""
        invoice = self._invoice()
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(self._sent(invoice), ["invoice.posted"] * 2)

    def test_a_sales_receipt(self):
        """It is sent like an invoice."""
        receipt = self._invoice(move_type="out_receipt")
        [posted] = self._payloads(receipt, "invoice.posted")
        self.assertAmounts(posted, "100.00", "21.00", "121.00")
        self._pay(receipt)
        [paid] = self._payloads(receipt, "invoice.paid")
        self.assertEqual((paid["amount"], paid["is_full"]), ("121.00", True))

    def test_what_is_not_sent(self):
        """Bills and entries are nobody's invoices; a draft is none yet."""
        bill = self._invoice(move_type="in_invoice")
        self._pay(bill)
        self._invoice(move_type="in_refund")
        self._draft().button_cancel()
        self.assertEqual(self._sent(), [])

    def test_posted_in_the_future(self):
        """It is sent when it is posted, not when its date is set."""
        invoice = self._draft(invoice_date="2100-01-01")
        invoice.auto_post = "at_date"
        invoice._post(soft=True)
        self.assertEqual((invoice.state, self._sent(invoice)), ("draft", []))

    def test_two_companies(self):
        """A connector gets what happens in its own company only."""
        other = self.env["res.company"].create({"name": "Other shop"})
        self.env["account.chart.template"].try_loading("generic_coa", other, install_demo=False)
        self._events()
        self._forget_events()
        moves = self.env["account.move"].with_company(other)
        there = moves.create(
            {
                "move_type": "out_invoice",
                "company_id": other.id,
                "partner_id": self.customer.id,
                "invoice_line_ids": [Command.create({"name": "Lamp", "price_unit": 50, "tax_ids": []})],
            }
        )
        there.action_post()
        here = self._invoice()
        self.assertEqual((there.company_id, there.state), (other, "posted"))
        self.assertEqual(self._sent(there), [])
        [event] = self._events(here)
        self.assertEqual(event.company_id, self.connector.company_id)

    def test_collected_before_they_are_sent(self):
        """Invoices and their payments wait for the micro-batch window, refunds do not."""
        flows = self.env["retail.flow"].search([("connector_id", "=", self.connector.id)])
        modes = {flow.event_type: flow.mode for flow in flows if flow.event_type in self.wanted}
        self.assertEqual(
            modes,
            {
                "order.placed": "realtime",
                "invoice.posted": "micro_batch",
                "invoice.paid": "micro_batch",
                "refund.issued": "realtime",
            },
        )

    def test_free_when_nobody_wants_it(self):
        invoice = self._draft()
        self.env["retail.flow"].search([]).active = False
        self.env.flush_all()
        moves = type(self.env["account.move"])
        with (
            patch.object(moves, "_retail_with_fact", side_effect=AssertionError),
            patch.object(
                type(self.env["account.partial.reconcile"]), "_retail_is_payment", side_effect=AssertionError
            ),
        ):
            invoice.action_post()
            self._pay(invoice)
        self.assertEqual(self._sent(), [])


@tagged("post_install", "-at_install")
class TestInvoicePaid(InvoiceCase):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(100)
        self.posted = self._events(self.invoice)

    def _paid(self, invoice=None):
        """Return ``(amount, residual, is_full)`` of what was sent of payments."""
        return [
            (sent["amount"], sent["residual"], sent["is_full"])
            for sent in self._payloads(invoice or self.invoice, "invoice.paid")
        ]

    def test_in_full(self):
        payment = self._pay(self.invoice)
        [event] = self._events(self.invoice, "invoice.paid")
        self.assertEqual((event.kind, event.causation_id), ("fact", self.posted.uuid))
        self.assertEqual(event.correlation_id, f"account.move,{self.invoice.id}")
        sent = event.payload
        self.assertEqual(
            (sent["amount"], sent["residual"], sent["total"], sent["is_full"]),
            ("121.00", "0.00", "121.00", True),
        )
        self.assertEqual(sent["written_off"], "0.00")
        self.assertEqual(
            (sent["payment_id"], sent["payment_number"], sent["payment_date"], sent["method"]),
            (str(payment.id), payment.move_id.name, str(payment.date), payment.payment_method_line_id.name),
        )
        self.assertEqual(
            sent["payment_amount"], {"amount": "121.00", "currency": self.invoice.currency_id.name}
        )
        self.assertEqual(self.invoice.amount_residual, 0)

    def test_difference_written_off(self):
        payment = self._pay(
            self.invoice,
            118,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.invoice.invoice_line_ids.account_id.id,
        )
        self.assertEqual((payment.amount, self.invoice.amount_residual), (118, 0))
        [sent] = self._payloads(self.invoice, "invoice.paid")
        self.assertEqual(
            (sent["amount"], sent["payment_amount"]["amount"], sent["written_off"], sent["is_full"]),
            ("121.00", "121.00", "3.00", True),
        )

    def test_snapshot_is_made_later(self):
        """A payment whose snapshot failed is sent as it was, whatever was paid since."""
        moves = type(self.invoice)
        with (
            patch.object(moves, "_retail_paid", side_effect=ZeroDivisionError),
            self.assertLogs("odoo.addons.retail_hub.models.outbox.event", "ERROR"),
        ):
            self._pay(self.invoice, 21)
            [event] = self._events(self.invoice, "invoice.paid")
        self.assertEqual(
            (event.payload, event.payload_error),
            (False, UNREADABLE),
        )
        self._pay(self.invoice)
        later = self.invoice._retail_canonical(event.event_type, event.details)
        self.assertEqual((later.amount, later.residual, later.is_full), ("21.00", "100.00", False))

    def test_in_two_parts(self):
        self._pay(self.invoice, 21)
        self.assertEqual(self._paid(), [("21.00", "100.00", False)])
        self._pay(self.invoice, 100)
        self.assertEqual(self._paid(), [("21.00", "100.00", False), ("100.00", "0.00", True)])

    def test_in_two_parts_at_once(self):
        """Also in one transaction, each payment says what it left."""
        self._pay(self.invoice, 21)
        self._pay(self.invoice, 60.5)
        self.assertEqual(self._paid(), [("21.00", "100.00", False), ("60.50", "39.50", False)])
        self.assertAlmostEqual(self.invoice.amount_residual, 39.5)

    def test_posted_and_paid_at_once(self):
        invoice = self._invoice(10)
        self._pay(invoice)
        posted, paid = self._events(invoice)
        self.assertEqual((posted.event_type, paid.event_type), ("invoice.posted", "invoice.paid"))
        self.assertEqual(paid.causation_id, posted.uuid)

    def test_one_payment_of_two_invoices(self):
        other = self._invoice(50)
        self._pay(self.invoice | other, group_payment=True)
        self.assertEqual(self._paid(), [("121.00", "0.00", True)])
        self.assertEqual(self._paid(other), [("60.50", "0.00", True)])

    def test_in_instalments(self):
        """An invoice that is due in parts is one invoice."""
        term = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 30)
                ],
            }
        )
        invoice = self._invoice(100, invoice_payment_term_id=term.id)
        self._pay(invoice, 121, installments_mode="full")
        self.assertEqual(self._paid(invoice), [("60.50", "60.50", False), ("60.50", "0.00", True)])

    def test_in_another_currency(self):
        """The invoice is in the company's currency, and paid with another."""
        pound = self._foreign_currency(0.8)
        self._pay(self.invoice, 48.4, currency_id=pound.id)
        [sent] = self._payloads(self.invoice, "invoice.paid")
        self.assertEqual(
            (sent["amount"], sent["residual"], sent["is_full"], sent["currency"]),
            ("60.50", "60.50", False, self.invoice.currency_id.name),
        )
        self.assertEqual(sent["payment_amount"], {"amount": "48.40", "currency": "GBP"})
        self.assertAlmostEqual(self.invoice.amount_residual, 60.5)

    def test_exchange_difference_is_no_payment(self):
        """The rate changed between invoice and payment: Odoo books the difference, and nobody paid it."""
        for rate in (0.5, 1.0):
            with self.subTest(rate=rate):
                pound = self._foreign_currency(0.8)
                invoice = self._invoice(100, currency_id=pound.id, invoice_date="2024-01-01")
                pound.rate_ids = [Command.create({"name": "2024-02-01", "rate": rate})]
                self._pay(invoice, payment_date="2024-02-02")
                self.assertTrue(invoice.line_ids.matched_credit_ids.exchange_move_id)
                [sent] = self._payloads(invoice, "invoice.paid")
                self.assertEqual(
                    (sent["amount"], sent["residual"], sent["is_full"], sent["currency"]),
                    ("121.00", "0.00", True, "GBP"),
                )
                self.assertEqual(invoice.amount_residual, 0)

    def test_foreign_invoice_paid_with_a_third_currency(self):
        pound, franc = self._foreign_currency(0.8), self._foreign_currency(0.9, "CHF")
        invoice = self._invoice(100, currency_id=pound.id)
        self._pay(invoice, currency_id=franc.id)
        [sent] = self._payloads(invoice, "invoice.paid")
        self.assertEqual((sent["amount"], sent["residual"], sent["is_full"]), ("121.00", "0.00", True))
        self.assertEqual(sent["payment_amount"]["currency"], "CHF")
        self.assertEqual(invoice.amount_residual, 0)

    def test_paid_again_after_it_was_undone(self):
        self._pay(self.invoice)
        self._events()
        self.invoice.line_ids.remove_move_reconcile()
        self.assertEqual(len(self._paid()), 1)
        self._pay(self.invoice)
        self.assertEqual(self._paid(), [("121.00", "0.00", True)] * 2)

    def test_undone_at_once(self):
        """What was not paid at the end of the transaction was not paid."""
        self._pay(self.invoice, 21)
        self._pay(self.invoice, 50)
        self.invoice.line_ids.matched_credit_ids.sorted("id")[-1:].unlink()
        self.assertEqual(self._paid(), [("21.00", "100.00", False)])

    def test_other_accounts(self):
        """Only what is taken off the customer's account is paid."""
        account = self.env["account.account"].create(
            {"name": "Gift cards", "code": "X1", "account_type": "liability_current", "reconcile": True}
        )
        gift_card = {"name": "Gift card", "account_id": account.id, "price_unit": -30, "tax_ids": []}
        invoice = self._draft(100)
        invoice.invoice_line_ids = [Command.create(gift_card)]
        invoice.action_post()
        entry = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": account.id, "credit": 30}),
                    Command.create({"account_id": self.invoice.invoice_line_ids.account_id.id, "debit": 30}),
                ]
            }
        )
        entry.action_post()
        (invoice.line_ids | entry.line_ids).filtered(lambda line: line.account_id == account).reconcile()
        self.assertEqual(len(invoice.line_ids.matched_credit_ids), 1)
        self.assertEqual(self._paid(invoice), [])

    def test_by_a_clerk(self):
        """Capture needs no rights that the user does not have."""
        clerk = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "clerk",
                "group_ids": self.env.ref("account.group_account_invoice").ids,
            }
        )
        invoice = self._draft(10).with_user(clerk)
        invoice.action_post()
        self._pay(invoice)
        credit = self._credit(invoice)
        credit.action_post()
        self.assertEqual(self._sent(invoice), ["invoice.posted", "invoice.paid"])
        self.assertEqual(self._sent(credit), ["refund.issued"])

    def test_reset_to_draft_and_posted_again(self):
        """Odoo keeps the payment, so it is not sent a second time."""
        self._pay(self.invoice)
        self._events()
        self.invoice.button_draft()
        self.invoice.action_post()
        self.assertEqual(self._sent(self.invoice), ["invoice.posted", "invoice.paid", "invoice.posted"])

    def test_paid_before_it_is_posted(self):
        """A payment of a draft is sent when there is an invoice that it pays."""
        invoice = self._draft(10)
        self._pay(invoice, 5)
        self.assertEqual(self._sent(invoice), [])
        invoice.action_post()
        self.assertEqual(self._sent(invoice), ["invoice.posted", "invoice.paid"])
        self.assertEqual(self._paid(invoice), [("5.00", "7.10", False)])

    def test_imported_as_paid(self):
        """Lines that an import has marked as matching are reconciled while the invoice is posted."""
        receivable = self.invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        bank = self.env["account.journal"].search([("type", "=", "bank")], limit=1)
        entry = self.env["account.move"].create(
            {
                "journal_id": bank.id,
                "line_ids": [
                    Command.create({"account_id": receivable.account_id.id, "credit": 121}),
                    Command.create({"account_id": self.invoice.invoice_line_ids.account_id.id, "debit": 121}),
                ],
            }
        )
        entry.line_ids[0].matching_number = "I7"
        entry.action_post()
        invoice = self._draft(100)
        invoice.line_ids.filtered(lambda line: line.display_type == "payment_term").matching_number = "I7"
        invoice.action_post()
        self.assertEqual(self._sent(invoice), ["invoice.posted", "invoice.paid"])
        self.assertEqual(self._paid(invoice), [("121.00", "0.00", True)])

    def test_bank_statement(self):
        """Money that is found on a bank statement has no payment document."""
        journal = self.env["account.journal"].search([("type", "=", "bank")], limit=1)
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": journal.id,
                "payment_ref": "Ann",
                "amount": 121,
                "date": fields.Date.today(),
                "partner_id": self.customer.id,
            }
        )
        receivable = self.invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        _liquidity, suspense, _other = line._seek_for_lines()
        suspense.account_id = receivable.account_id
        (suspense | receivable).reconcile()
        [sent] = self._payloads(self.invoice, "invoice.paid")
        self.assertEqual(
            (sent["amount"], sent["is_full"], sent["payment_id"], sent["payment_number"], sent["method"]),
            ("121.00", True, "", line.move_id.name, journal.name),
        )


@tagged("post_install", "-at_install")
class TestRefundIssued(InvoiceCase):
    def setUp(self):
        super().setUp()
        self.order = self._order(2, {"price_unit": 50})
        self.invoice = self.order._create_invoices()
        self.invoice.action_post()
        self.posted = self._events(self.invoice)

    def test_full(self):
        credit = self._credit(self.invoice, "Broken, twice")
        self.assertEqual(self._sent(credit), [])
        credit.action_post()
        [event] = self._events(credit)
        self.assertEqual((event.event_type, event.kind), ("refund.issued", "fact"))
        self.assertEqual(
            (event.correlation_id, event.causation_id), (f"sale.order,{self.order.id}", self.posted.uuid)
        )
        sent = event.payload
        self.assertAmounts(sent, "100.00", "21.00", "121.00")
        self.assertShown(sent, credit)
        self.assertEqual(
            (sent["source"], sent["number"], sent["is_full"], sent["reason"], sent["residual"]),
            ("credit_note", credit.name, True, "Broken, twice", "0.00"),
        )
        self.assertEqual(
            (sent["invoice_id"], sent["invoice_number"], sent["date"]),
            (str(self.invoice.id), self.invoice.name, str(credit.invoice_date)),
        )
        self.assertEqual([order["id"] for order in sent["orders"]], [str(self.order.id)])
        [line] = sent["lines"]
        self.assertEqual(
            (line["sku"], line["quantity"], line["total"], line["order_line_ids"]),
            ("LAMP", "2", "121.00", [str(self.order.order_line.id)]),
        )
        reference = {
            "order_id": str(self.order.id),
            "channel": "sales",
            "line_id": str(self.order.order_line.id),
            "position": 0,
            "sold": "2",
            "quantity": "2",
        }
        self.assertEqual(line["sold_lines"], [reference])

    def test_it_is_no_payment(self):
        self._credit(self.invoice).action_post()
        self.assertEqual(self.invoice.payment_state, "reversed")
        self.assertEqual(self._sent(self.invoice), ["invoice.posted"])

    def test_partial(self):
        credit = self._credit(self.invoice)
        credit.invoice_line_ids.quantity = 1
        credit.action_post()
        [sent] = self._payloads(credit, "refund.issued")
        self.assertAmounts(sent, "50.00", "10.50", "60.50")
        self.assertEqual((sent["is_full"], sent["reason"]), (False, ""))
        self.assertAlmostEqual(self.invoice.amount_residual, 60.5)
        self._pay(self.invoice)
        [paid] = self._payloads(self.invoice, "invoice.paid")
        self.assertEqual((paid["amount"], paid["residual"], paid["is_full"]), ("60.50", "0.00", True))

    def test_bit_by_bit(self):
        """Neither of two credit notes gives back the whole invoice, though both together do."""
        notes = self.env["account.move"]
        for _time in range(2):
            credit = self._credit(self.invoice)
            credit.invoice_line_ids.quantity = 1
            credit.action_post()
            notes += credit
        sent = [self._payloads(credit, "refund.issued")[0] for credit in notes]
        self.assertEqual(
            [(each["total"], each["is_full"]) for each in sent], [("60.50", False), ("60.50", False)]
        )
        self.assertEqual((self.invoice.payment_state, self.invoice.amount_residual), ("reversed", 0.0))

    def test_full_by_its_amount(self):
        """What gives back more than the invoice is full, too."""
        more = self._credit(self.invoice)
        more.invoice_line_ids.quantity = 3
        more.action_post()
        [sent] = self._payloads(more, "refund.issued")
        self.assertEqual((sent["total"], sent["is_full"]), ("181.50", True))

    def test_paid_and_then_credited_at_once(self):
        """What is set off later in the transaction does not count for the payment."""
        self._pay(self.invoice, 21)
        self._credit(self.invoice).action_post()
        [paid] = self._payloads(self.invoice, "invoice.paid")
        self.assertEqual((paid["residual"], paid["is_full"]), ("100.00", False))

    def test_of_a_paid_invoice(self):
        """What is left of it is to be paid out."""
        self._pay(self.invoice)
        credit = self._credit(self.invoice)
        credit.action_post()
        [sent] = self._payloads(credit, "refund.issued")
        self.assertEqual(sent["residual"], "121.00")
        self.assertEqual(sent["residual"], f"{credit.amount_residual:.2f}")

    def test_reversed_at_once_and_invoiced_again(self):
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        )
        wizard.create({"journal_id": self.invoice.journal_id.id, "reason": "Address"}).modify_moves()
        credit = self.invoice.reversal_move_ids
        [sent] = self._payloads(credit, "refund.issued")
        self.assertEqual((sent["reason"], sent["is_full"], sent["residual"]), ("Address", True, "0.00"))

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.customer.lang = "nl_BE"
        credit = self._credit(self.invoice, "Kapot")
        credit.action_post()
        [sent] = self._payloads(credit, "refund.issued")
        self.assertEqual(sent["reason"], "Kapot")

    def test_of_no_invoice(self):
        """A credit note may reverse nothing: then its reference says why it was made."""
        credit = self._invoice(10, move_type="out_refund", ref="Goodwill")
        [event] = self._events(credit)
        self.assertEqual((event.correlation_id, event.causation_id), (f"account.move,{credit.id}", False))
        sent = event.payload
        self.assertEqual(
            (sent["invoice_id"], sent["is_full"], sent["reason"], sent["orders"]), ("", False, "Goodwill", [])
        )

    def test_invoice_without_order(self):
        """The process begins with the invoice then."""
        invoice = self._invoice(10)
        credit = self._credit(invoice)
        credit.action_post()
        self.assertEqual(self._events(credit).correlation_id, f"account.move,{invoice.id}")

    def test_credited_at_once(self):
        """Within the transaction of the invoice, too, it led to the refund."""
        invoice = self._invoice(10)
        credit = self._credit(invoice)
        credit.action_post()
        self.assertEqual(self._events(credit).causation_id, self._events(invoice, "invoice.posted").uuid)


class TillCase(InvoiceCase):
    """A shop with a till that is open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journal = cls.env["account.journal"].create({"name": "Till", "type": "cash", "code": "TILL"})
        cls.cash = cls.env["pos.payment.method"].create({"name": "Cash drawer", "journal_id": journal.id})
        cls.config = cls.env["pos.config"].create(
            {"name": "Shop", "payment_method_ids": [Command.set(cls.cash.ids)]}
        )
        cls.config.open_ui()

    def _sell(self):
        session = self.config.current_session_id
        order = self.env["pos.order"].create(
            {
                "session_id": session.id,
                "partner_id": self.customer.id,
                "amount_tax": 21,
                "amount_total": 121,
                "amount_paid": 0,
                "amount_return": 0,
                "lines": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "qty": 1,
                            "price_unit": 100,
                            "tax_ids": self.tax.ids,
                            "price_subtotal": 100,
                            "price_subtotal_incl": 121,
                        }
                    )
                ],
            }
        )
        self._settle(order, 121)
        return order

    def _settle(self, order, amount):
        payment = self.env["pos.make.payment"].with_context(active_id=order.id, active_ids=order.ids)
        payment.create({"amount": amount, "payment_method_id": self.cash.id}).check()


@tagged("post_install", "-at_install")
class TestInvoiceOfATill(TillCase):
    """An invoice that a customer asks for at the till belongs to the order there."""

    def test_invoice(self):
        order = self._sell()
        self._forget_events()
        order.action_pos_order_invoice()
        invoice = order.account_move
        self.assertEqual(self._sent(invoice), ["invoice.posted", "invoice.paid"])
        events = self._events(invoice)
        self.assertEqual(events.mapped("correlation_id"), [f"pos.order,{order.id}"] * 2)
        self.assertEqual(events[1].causation_id, events[0].uuid)
        [posted] = self._payloads(invoice, "invoice.posted")
        self.assertAmounts(posted, "100.00", "21.00", "121.00")
        self.assertEqual(posted["orders"], [{"id": str(order.id), "number": order.name, "channel": "pos"}])
        [paid] = self._payloads(invoice, "invoice.paid")
        self.assertEqual(
            (paid["amount"], paid["is_full"], paid["method"], paid["payment_id"]),
            ("121.00", True, "Cash drawer", ""),
        )

    def test_credit_note_of_a_refund(self):
        """The refund is sent by the order that gives the money back, not once more by its credit note."""
        order = self._sell()
        order.action_pos_order_invoice()
        refund = order._refund()
        self._settle(refund, -121)
        refund.action_pos_order_invoice()
        credit = refund.account_move
        self.assertEqual((credit.move_type, credit.state), ("out_refund", "posted"))
        self.assertEqual(self._sent(credit), [])
