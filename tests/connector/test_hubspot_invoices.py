"""Invoices and tills' orders of Odoo at HubSpot, driven by what clerks and tills do."""

from odoo import Command, fields
from odoo.tests import tagged

from ..source.test_pos_order import PosCase
from .test_hubspot_orders import OPEN, HubSpotCase


@tagged("post_install", "-at_install")
class TestHubSpotInvoices(HubSpotCase):
    def _invoice(self, order):
        invoice = order._create_invoices()
        invoice.invoice_date_due = "2026-12-23"
        invoice.action_post()
        return invoice

    def _pay(self, invoice, amount):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        return wizard.create({"amount": amount, "payment_date": "2026-11-25"})._create_payments()

    def _sent(self, *names):
        properties = self._only("invoices")["properties"]
        return tuple(properties.get(name) for name in names)

    def test_reset_to_draft_and_deleted(self):
        invoice = self._invoice(self._order())
        self._drain()
        self.assertEqual(self._sent("hs_invoice_status"), ("open",))
        invoice.button_draft()
        self._drain()
        invoice.unlink()
        self._drain()
        self.assertEqual(self._sent("hs_invoice_status"), ("voided",))

    def test_posted_partly_paid_paid(self):
        order = self._order()
        invoice = self._invoice(order)
        self._drain()
        self.assertEqual(self._deliveries(invoice).mapped("state"), ["delivered"])
        record = self._only("invoices")
        self.assertEqual(
            {kind: record["associations"].get(kind) for kind in ("contacts", "orders")},
            {"contacts": [self.sandbox.contacts()[0]["id"]], "orders": [self._only("orders")["id"]]},
        )
        self.assertEqual(
            self._sent("hs_title", "hs_amount_billed", "hs_currency", "hs_invoice_status", "hs_due_date"),
            (
                invoice.name,
                f"{invoice.amount_total:.2f}",
                invoice.currency_id.name,
                "open",
                invoice.invoice_date_due.strftime("%Y-%m-%dT12:00:00Z"),
            ),
        )
        [(key, line)] = self._line_items(record).items()
        self.assertEqual(key, f"account.move.line/{invoice.invoice_line_ids.id}")
        self.assertEqual((line["hs_sku"], line["quantity"]), ("LAMP", "3"))
        self._pay(invoice, 20)
        self._drain()
        self.assertEqual(self._sent("hs_invoice_status", "hs_payment_date"), ("open", "2026-11-25T12:00:00Z"))
        self._pay(invoice, invoice.amount_residual)
        self._drain()
        self.assertEqual(
            self._sent("hs_invoice_status", "hs_amount_billed"), ("paid", f"{invoice.amount_total:.2f}")
        )
        found = self._deliveries(invoice)
        self.assertEqual(set(found.mapped("state")), {"delivered"})
        self.assertEqual(
            found.mapped("event_type"),
            ["invoice.posted", "invoice.paid", "invoice.updated", "invoice.paid", "invoice.updated"],
        )
        self.assertEqual(len(self._line_items(self._only("invoices"))), 1)

    def test_documents_do_not_only_go_forward(self):
        """A payment bounces, an invoice is credited in full, another is cancelled."""
        invoice = self._invoice(self._order())
        payments = self._pay(invoice, invoice.amount_total)
        self._drain()
        paid = ("paid", "2026-11-25T12:00:00Z")
        self.assertEqual(self._sent("hs_invoice_status", "hs_payment_date"), paid)
        payments.action_draft()
        payments.action_cancel()
        self._drain()
        self.assertEqual(self._sent("hs_invoice_status", "hs_payment_date"), ("open", None))
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"journal_id": invoice.journal_id.id}).refund_moves()
        invoice.reversal_move_ids.action_post()
        self._drain()
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(self._sent("hs_invoice_status"), ("voided",))
        invoice.reversal_move_ids.button_draft()  # which leaves it reconciled
        self._drain()
        self.assertEqual((invoice.payment_state, *self._sent("hs_invoice_status")), ("reversed", "voided"))
        invoice.reversal_move_ids.button_cancel()
        self._drain()
        self.assertEqual((invoice.payment_state, *self._sent("hs_invoice_status")), ("not_paid", "open"))
        self.assertEqual(len(self._line_items(self._only("invoices"))), 1)

    def test_cancelled(self):
        invoice = self._invoice(self._order())
        self._pay(invoice, 20)
        self._drain()
        self.assertEqual(self._sent("hs_payment_date"), ("2026-11-25T12:00:00Z",))
        invoice.button_draft()
        invoice.button_cancel()
        self._drain()
        self.assertEqual(self._sent("hs_invoice_status", "hs_payment_date"), ("voided", None))

    def test_everything_in_one_transaction(self):
        """Ordered, billed and paid before anything was sent: it goes out in the order in which it depends."""
        order = self._order()
        invoice = self._invoice(order)
        self._pay(invoice, invoice.amount_residual)
        self._drain()
        self.assertEqual(self._deliveries().mapped("state"), ["delivered"] * 4)
        self.assertEqual(self._sent("hs_invoice_status"), ("paid",))
        self.assertEqual(self._only("invoices")["associations"]["orders"], [self._only("orders")["id"]])

    def test_without_an_order(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create({"product_id": self.product.id, "price_unit": 10})],
            }
        )
        invoice.action_post()
        self._drain()
        record = self._only("invoices")
        self.assertEqual(sorted(record["associations"]), ["contacts", "line_items"])

    def test_with_orders_as_deals(self):
        """The invoice is linked to what its order became."""
        self._choose_object("order", "deal")
        self.connector.action_set_up()
        self._invoice(self._order())
        self._drain()
        self.assertEqual(self._only("invoices")["associations"]["deals"], [self._only("deals")["id"]])

    def test_resync(self):
        """A clerk presses Resync: its newest fact goes again, and there is still one invoice."""
        invoice = self._invoice(self._order())
        self._drain()
        invoice.action_retail_resync()
        self._drain()
        self.assertEqual(self._deliveries(invoice).mapped("state"), ["delivered"] * 2)
        self.assertEqual(len(self._living("invoices")), 1)
        [row] = self.env["retail.sync.state"].search(
            [("res_model", "=", "account.move"), ("res_id", "=", invoice.id)]
        )
        self.assertEqual((row.state, row.remote_id), ("in_sync", self._only("invoices")["id"]))

    def test_deleted_there(self):
        """Resync makes it anew, with all that it had."""
        invoice = self._invoice(self._order())
        self._drain()
        self._delete_there("invoice", self._only("invoices")["id"])
        self._pay(invoice, invoice.amount_residual)
        self._drain()
        dead = self._deliveries(invoice, state="dead")
        self.assertEqual(dead.mapped("event_type"), ["invoice.paid", "invoice.updated"])
        self.assertEqual(set(dead.mapped("error_code")), {"OBJECT_NOT_FOUND"})
        invoice.action_retail_resync()
        self._drain()
        self.assertFalse(self._deliveries(invoice, state="dead"))
        record = self._only("invoices")
        self.assertEqual(record["properties"]["hs_invoice_status"], "paid")
        self.assertEqual(record["properties"]["hs_currency"], invoice.currency_id.name)
        self.assertEqual(len(self._line_items(record)), 1)


class TillCase(HubSpotCase, PosCase):
    """A till whose orders go to HubSpot."""

    def setUp(self):
        super().setUp()
        self.customer.email = "ann@example.com"
        self._forget_past()

    def _forget_past(self):
        """Nor have anything sent: what was sent lately is not sent again."""
        self._commit()
        self.env["retail.delivery"].search([]).unlink()
        self.env["retail.event"].search([]).unlink()

    def _drain(self):
        """As a job does: whoever is at the till."""
        self._commit()
        return self.env["retail.drain"].sudo()._run(self.connector.id, "realtime")

    def _sold(self, **values):
        order = self._sell([(self.lamp, 3, 10), (self.vase, 1)], **values)
        self._drain()
        return order


@tagged("post_install", "-at_install")
class TestHubSpotTill(TillCase):
    def test_of_nobody(self):
        order = self._sold()
        self.assertEqual(self._deliveries(order).mapped("state"), ["delivered"])
        record = self._only("orders")
        self.assertEqual(sorted(record["associations"]), ["line_items"])
        properties = record["properties"]
        self.assertEqual(
            (properties["odoo_id"], properties["hs_total_price"], properties["hs_source_store"]),
            (f"pos.order/{order.id}", f"{order.amount_total:.2f}", "PoS Shop Test"),
        )
        self.assertEqual(len(self._line_items(record)), 2)
        self.assertEqual(properties["hs_pipeline_stage"], OPEN)

    def test_of_a_customer(self):
        order = self._sold(customer=self.customer)
        record = self._only("orders")
        self.assertEqual(record["associations"]["contacts"], [self.sandbox.contacts()[0]["id"]])
        order.action_retail_resync()
        self._drain()
        self.assertEqual(self._deliveries(order).mapped("state"), ["delivered"] * 2)
        self.assertEqual((len(self._living("orders")), len(self._living("line_items"))), (1, 2))
        [row] = self.env["retail.sync.state"].search(
            [("res_model", "=", "pos.order"), ("res_id", "=", order.id)]
        )
        self.assertEqual((row.state, row.remote_id), ("in_sync", record["id"]))

    def test_with_an_invoice(self):
        """The invoice of a till waits for the till's order, and is linked to it."""
        self.customer.action_retail_resync()
        self._drain()
        self._sold(customer=self.customer, is_invoiced=True)
        record = self._only("invoices")
        self.assertEqual(record["associations"]["orders"], [self._only("orders")["id"]])
        self.assertEqual(record["properties"]["hs_invoice_status"], "paid")

    def test_an_invoice_whose_order_is_dead(self):
        """It waits for the repair rather than lose the link for good."""
        rule = {"objectType": "orders", "property": "hs_order_name", "pattern": "none"}
        self.sandbox.configure(validation_rules=[rule])
        order = self._sold(customer=self.customer, is_invoiced=True)
        invoice = order.account_move
        self.assertEqual(self._dead(order), ("validation", "INVALID_VALUE", "hs_order_name"))
        self.assertEqual(set(self._deliveries(invoice).mapped("state")), {"pending"})
        self.sandbox.configure(validation_rules=[])
        self._deliveries(order)._replay()
        self._drain()
        self.assertEqual(set(self._deliveries(invoice).mapped("state")), {"delivered"})
        self.assertEqual(self._only("invoices")["associations"]["orders"], [self._only("orders")["id"]])
