"""History: what existed before the connector did can be sent, as of its own time."""

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..common import ShopCase
from ..connector.test_webhook_connector import SECRET, WebhookCase
from ..source.test_pos_order import PosCase

ORDERED = "2025-03-04 05:06:07"


@tagged("post_install", "-at_install")
class TestHistory(ShopCase, WebhookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.webhook.with_context(active_test=False).flow_ids.write({"active": False})
        cls.product.is_storable = True
        cls.env["stock.quant"]._update_available_quantity(cls.product, cls.warehouse.lot_stock_id, 50)

    def _past(self):
        """Return an order of last year, its invoice, credit note and shipment; and a quotation."""
        order = self._order(quantity=2)
        order.date_order = ORDERED
        invoice = order._create_invoices()
        invoice.invoice_date = "2025-03-05"
        invoice.action_post()
        reversal = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        reversal.create({"journal_id": invoice.journal_id.id, "date": "2025-03-06"}).refund_moves()
        credit_note = invoice.reversal_move_ids
        credit_note.action_post()
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking._action_done()
        picking.date_done = "2025-03-07 08:09:10"
        self._quotation()
        self._order()._action_cancel()
        self._commit()
        return order, invoice, credit_note, picking

    def _backfill(self, event_type, records):
        """Send the event for these records only; return what arrived."""
        flow = self.webhook.with_context(active_test=False).flow_ids.filtered(
            lambda flow: flow.event_type == event_type
        )
        flow.active = True
        mine = records.search([("create_uid", "=", self.env.uid), ("id", ">=", min(records.ids))])
        run = self.env["retail.bulk.run"].create(
            {
                "kind": "backfill",
                "connector_id": self.webhook.id,
                "flow_id": flow.id,
                "res_model": records._name,
                "domain": f"[('id', 'in', {mine.ids})]",
            }
        )
        self.assertEqual((run.preview_count, run.preview_failures), (len(records), False))
        run.action_start()
        self._drain(self.webhook, "bulk")
        self.assertEqual((run.state, run.queued, run.delivered_count), ("done", len(records), len(records)))
        received = [each["event"] for each in self._received()]
        self.sandbox.reset()
        flow.active = False
        return received

    def test_documents(self):
        order, invoice, credit_note, picking = self._past()
        for record, event_type, happened_at in (
            (order, "order.placed", "2025-03-04T05:06:07.000Z"),
            (invoice, "invoice.posted", "2025-03-05T00:00:00.000Z"),
            (credit_note, "refund.issued", "2025-03-06T00:00:00.000Z"),
            (picking, "shipment.confirmed", "2025-03-07T08:09:10.000Z"),
        ):
            with self.subTest(event_type):
                [event] = self._backfill(event_type, record)
                self.assertEqual(event["time"], happened_at)
                self.assertEqual(
                    (event["data"]["id"], event["data"]["number"]), (str(record.id), record.name)
                )

    def test_states(self):
        order, invoice, _credit_note, picking = self._past()
        for record, event_type in (
            (order, "order.updated"),
            (invoice, "invoice.updated"),
            (picking, "shipment.updated"),
        ):
            with self.subTest(event_type):
                [event] = self._backfill(event_type, record)
                self.assertEqual(event["data"]["id"], str(record.id))

    def test_state_of_a_return(self):
        """Its backfill counts and sends returns, and no shipments."""
        picking = self._past()[-1]
        wizard = self.env["stock.return.picking"].with_context(
            active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
        )
        back = picking.browse(wizard.create({}).action_create_returns_all()["res_id"])
        back.move_ids.picked = True
        back._action_done()
        [event] = self._backfill("return.updated", back)
        self.assertEqual(
            (event["data"]["id"], event["data"]["status"], event["data"]["shipment_id"]),
            (str(back.id), "received", str(picking.id)),
        )

    def test_what_cannot_be_backfilled(self):
        flow = self.webhook.with_context(active_test=False).flow_ids.filtered(
            lambda flow: flow.event_type == "order.cancelled"
        )
        flow.active = True
        with self.assertRaisesRegex(ValidationError, "cannot be backfilled"):
            self.env["retail.bulk.run"].create(
                {"kind": "backfill", "connector_id": self.webhook.id, "flow_id": flow.id}
            )

    def test_records_that_do_not_have_the_event(self):
        flow = self.webhook.with_context(active_test=False).flow_ids.filtered(
            lambda flow: flow.event_type == "order.placed"
        )
        flow.active = True
        run = self.env["retail.bulk.run"].create(
            {"kind": "backfill", "connector_id": self.webhook.id, "flow_id": flow.id}
        )
        self.assertEqual((run.res_model, run.res_model_choices), ("sale.order", ["sale.order", "pos.order"]))
        with self.assertRaisesRegex(ValidationError, "Choose records that have this event"):
            run.res_model = "account.move"


@tagged("post_install", "-at_install")
class TestTillHistory(PosCase):
    """A sale, one to a customer who cannot be sent, a return, an exchange, and a return without its sale."""

    wanted = ("customer.updated", "order.placed")

    def setUp(self):
        super().setUp()
        self.sandbox.configure(currencies=[self.env.company.currency_id.name])
        self.connector.action_set_up()
        self._choose_no_fallback()
        self.customer.email = "ann@example.com"
        nobody = self.env["res.partner"].create({"name": "Nobody"})
        self.sold = self._sell([(self.lamp, 2), (self.vase, 1)], customer=self.customer)
        self.unsendable = self._sell([(self.vase, 1)], customer=nobody)
        self.returned = self._sell(
            [self._returned(self.sold.lines[0], 1)], customer=self.customer, is_refund=True
        )
        self.exchanged = self._sell(
            [self._returned(self.sold.lines[1], 1), (self.lamp, 1)], customer=self.customer
        )
        self.brought = self._sell([(self.vase, -1)], customer=self.customer, is_refund=True)
        self.orders = self.sold + self.unsendable + self.returned + self.exchanged + self.brought
        for number, order in enumerate(self.orders, 1):
            order.date_order = f"2025-03-0{number} 05:06:07"
        self._forget_events()

    def _choose_no_fallback(self):
        for choice in self.connector.object_ids:
            choice.fallback_key_property = False

    def _run(self, connector, event_type):
        """Return the finished backfill of the orders, and (count, failing, left out) of its preview."""
        flow = connector.with_context(active_test=False).flow_ids.filtered(
            lambda flow: flow.event_type == event_type
        )
        flow.active = True
        run = self.env["retail.bulk.run"].create(
            {
                "kind": "backfill",
                "connector_id": connector.id,
                "flow_id": flow.id,
                "res_model": "pos.order",
                "domain": f"[('id', 'in', {self.orders.ids})]",
            }
        )
        preview = (run.preview_count, run.preview_failing_count, run.preview_left_out_count)
        run.action_start()
        drain = self.env["retail.drain"].with_user(SUPERUSER_ID)
        while drain._run(connector.id, "bulk") + drain._run(connector.id, "realtime"):
            self._commit()
        run.invalidate_recordset()
        return run, preview

    def test_orders(self):
        """They reach the CRM with their own dates; what the preview counts as failing is blocked by its customer."""
        run, preview = self._run(self.connector, "order.placed")
        self.assertEqual(preview, (5, 1, 2))
        self.assertEqual((run.queued, run.delivered_count, run.blocked_count), (3, 2, 1))
        self.assertEqual(self._deliveries(self.unsendable).status, "blocked")
        self.assertEqual(
            {
                each["properties"]["odoo_id"]: (
                    each["properties"]["hs_external_created_date"],
                    each["properties"]["hs_total_price"],
                )
                for each in self.sandbox.records("orders")
            },
            {
                f"pos.order/{self.sold.id}": ("2025-03-01T05:06:07Z", "52.78"),
                f"pos.order/{self.exchanged.id}": ("2025-03-04T05:06:07Z", "21.39"),
            },
        )

    def test_refunds(self):
        """Of returns, also of those whose sale nobody knows, and of exchanges."""
        webhook = self._create_webhook()
        run, preview = self._run(webhook, "refund.issued")
        self.assertEqual(preview, (3, 0, 0))
        self.assertEqual((run.state, run.queued, run.delivered_count), ("done", 3, 3))
        received = [each["event"] for each in self.sandbox.records("events", "webhook")]
        self.assertEqual(
            sorted(
                (
                    (each["type"], each["data"]["id"], each["time"], each["data"]["total"])
                    for each in received
                ),
                key=lambda each: each[2],
            ),
            [
                ("retail.refund.issued.v2", str(self.returned.id), "2025-03-03T05:06:07.000Z", "21.39"),
                ("retail.refund.issued.v2", str(self.exchanged.id), "2025-03-04T05:06:07.000Z", "10.00"),
                ("retail.refund.issued.v2", str(self.brought.id), "2025-03-05T05:06:07.000Z", "10.00"),
            ],
        )
        self.assertEqual(
            set(self._deliveries(event_type="refund.issued").event_id.mapped("occurred_at")),
            {fields.Datetime.to_datetime(f"2025-03-0{day} 05:06:07") for day in (3, 4, 5)},
        )

    def _create_webhook(self):
        webhook = self.env["retail.connector"].create(
            {"name": "Middleware", "provider": "webhook", "base_url": f"{self.sandbox.url}/hooks/in/"}
        )
        webhook.with_context(active_test=False).flow_ids.write({"active": False, "window_seconds": 0})
        webhook.credential_ids.filtered(lambda line: line.name == "signing_secret").value = SECRET
        webhook.action_activate()
        return webhook
