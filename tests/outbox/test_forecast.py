"""The preview of a backfill counts what the run then fails to send or leaves out, for each event that can be sent."""

from odoo.tests import tagged

from ...models.outbox.bulk_run import BACKFILLED
from ...schemas import EVENT_TYPES
from ..common import ShopCase
from ..connector.test_webhook_connector import WebhookCase


@tagged("post_install", "-at_install")
class TestForecast(ShopCase, WebhookCase):
    def setUp(self):
        super().setUp()
        self.connector.action_activate()
        self.sandbox.configure(currencies=[self.env.company.currency_id.name])
        self.connector.action_add_flows()

        self._choice("customer").fallback_key_property = False
        for connector in self.connector + self.webhook:
            flows = connector.with_context(active_test=False).flow_ids
            missing = connector._get_provider().event_types - set(flows.mapped("event_type"))
            connector._add_flows(missing, missing)
            flows.active = True
            connector.flow_ids.write({"domain": "[]", "more_domain": "[]"})
        self.keyless = self._partner("No Address", False)
        self.customers = self.customer + self.keyless + self._partner("Bo Day", "bo@example.com")
        self.product.is_storable = True
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 50)
        self.orders = self.env["sale.order"].union(
            *(self._order(partner_id=each.id) for each in self.customers)
        )
        self._deliver()
        self.invoices = self.env["account.move"].union(*(order._create_invoices() for order in self.orders))
        self.invoices.action_post()
        self.credit_notes = self.invoices._reverse_moves()
        self.credit_notes.action_post()
        self._forget()

    def _deliver(self):
        for picking in self.orders.picking_ids:
            picking.move_ids.write({"quantity": 3, "picked": True})
            picking._action_done()

    def _forget(self):
        self._commit()
        for model in ("retail.delivery", "retail.event", "retail.binding", "retail.alias"):
            self.env[model].sudo().search([]).unlink()

    def _mixed(self, model):
        """Return the test's records of a model: some can be sent, others cannot, or do not have the event."""
        found = {
            "res.partner": self.customers,
            "sale.order": self.orders,
            "account.move": self.invoices + self.credit_notes,
            "stock.picking": self.orders.picking_ids,
            "product.product": self.product,
        }
        return found.get(model, self.env[model].search([], limit=5))

    def _run(self, connector, event_type, model):
        [flow] = connector.flow_ids.filtered(lambda flow: flow.event_type == event_type)
        run = self.env["retail.bulk.run"].create(
            {
                "kind": "backfill",
                "connector_id": connector.id,
                "flow_id": flow.id,
                "res_model": model,
                "domain": f"[('id', 'in', {self._mixed(model).ids})]",
            }
        )
        counts = (run.preview_count, run.preview_failing_count, run.preview_left_out_count)
        if not run.preview_count:
            return None
        run.action_start()
        for _round in range(20):
            self._make_due(self.env["retail.delivery"].search([("state", "=", "pending")]))
            if not self._drain(connector, "bulk") + self._drain(connector):
                break
        run.invalidate_recordset()
        failed, left_out = run.dead_count + run.blocked_count, run.dropped_count + run.cancelled_count
        self.assertEqual(counts, (run.total, failed, left_out), run.preview_failures)
        self.assertEqual((run.waiting_count, run.progress), (0, 100.0))
        self.assertEqual(run.status, "done_with_failures" if failed else "done")
        self.assertEqual(
            run.search([("id", "=", run.id), ("has_failures", "=", True)]), run if failed else run.browse()
        )
        return counts

    def _all_runs(self, connector):
        """Return ``{(event type, model): counts}``."""
        flows = connector.flow_ids.filtered(lambda flow: flow.event_type in BACKFILLED)
        found = {}
        for event_type in flows.mapped("event_type"):
            for model in EVENT_TYPES[event_type].models:
                with self.subTest(event_type, model=model):
                    if counts := self._run(connector, event_type, model):
                        found[event_type, model] = counts
                self._forget()
        return found

    def test_documents_with_a_customer(self):
        """A document of a customer without a key never goes out."""
        found = self._all_runs(self.connector)
        self.assertEqual(found["customer.updated", "res.partner"], (3, 1, 0))
        self.assertEqual(found["order.placed", "sale.order"], (3, 1, 0))
        self.assertGreater(len(found), 6)

    def test_without_customers_first(self):
        """A webhook has all of them, whatever their customer is like."""
        found = self._all_runs(self.webhook)
        self.assertEqual(found["order.placed", "sale.order"], (3, 0, 0))
        self.assertGreater(len(found), 8)
