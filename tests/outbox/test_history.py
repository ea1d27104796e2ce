"""History: what existed before the connector did can be sent, as of its own time."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..common import ShopCase
from ..connector.test_webhook_connector import WebhookCase

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
