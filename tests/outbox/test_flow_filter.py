"""A flow's filter decides for states and for facts, for each model that has the event."""

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ...schemas import EVENT_TYPES
from ..common import ShopCase
from ..connector.test_webhook_connector import WebhookCase

NOTHING = "[('id', '=', 0)]"
EXCLUDED = "The record does not match the filter of the flow."


@tagged("post_install", "-at_install")
class TestFlowFilter(ShopCase, WebhookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connector.active = False
        cls.shop = cls.env["crm.team"].create({"name": "Shop"})
        cls.other = cls.env["crm.team"].create({"name": "Other"})
        cls.webhook._add_flows(
            EVENT_TYPES.keys() - set(cls.webhook.flow_ids.mapped("event_type")), EVENT_TYPES
        )
        cls.webhook.flow_ids.write({"active": True, "mode": "realtime", "window_seconds": 0})

    def _flow(self, event_type):
        return self.webhook.flow_ids.filtered(lambda flow: flow.event_type == event_type)

    def _sent(self):
        """Send what waits; return the types that the receiver got, in order."""
        self._commit()
        self._drain(self.webhook)
        types = [
            each["event"]["type"].removeprefix("retail.").rpartition(".")[0] for each in self._received()
        ]
        self.sandbox.reset()
        return types

    def _merge(self, *partners):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([partner.id for partner in partners], partners[0])

    def _paid_invoice(self, order):
        invoice = order._create_invoices()
        invoice.action_post()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        return invoice

    def test_facts(self):
        """The order of another team is neither placed nor cancelled for the receiver."""
        for event_type in ("order.placed", "order.cancelled", "order.updated"):
            self._flow(event_type).domain = f"[('team_id', '=', {self.shop.id})]"
        self._sent()
        ours, theirs = self._order(team_id=self.shop.id), self._order(team_id=self.other.id)
        self.assertEqual(self._sent(), ["order.placed"])
        theirs._action_cancel()
        self.assertEqual(self._sent(), [])
        ours._action_cancel()
        self.assertIn("order.cancelled", self._sent())
        found = self._deliveries(theirs)
        self.assertEqual(set(found.mapped("event_type")), {"order.placed", "order.cancelled"})
        self.assertEqual(
            (set(found.mapped("state")), set(found.mapped("warning"))), ({"cancelled"}, {EXCLUDED})
        )

    def test_nothing_that_the_filters_exclude(self):
        self._sent()
        self.webhook.flow_ids.write({"domain": NOTHING, "more_domain": NOTHING})
        order = self._order(quantity=2)
        invoice = self._paid_invoice(order)
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        credit_note = wizard.create({"journal_id": invoice.journal_id.id})
        credit_note.refund_moves()
        credit_note.new_move_ids.action_post()
        self._order()._action_cancel()
        picking = order.picking_ids
        picking.move_ids.quantity = 2
        picking.button_validate()
        self._merge(self._partner("Bo", "bo@example.com"), self._partner("Bo", "bob@example.com"))
        self._partner("Gone", "gone@example.com").unlink()
        pricelist = self.env["product.pricelist"].create({"name": "Sale"})
        rule = self.env["product.pricelist.item"].create({"pricelist_id": pricelist.id, "fixed_price": 5})
        self._commit()
        rule.unlink()
        self._product("Short-lived", "SHORT").product_tmpl_id.unlink()
        self.assertEqual(self._sent(), [])
        deliveries = self._deliveries(connector_id=self.webhook.id).filtered("warning")
        facts = set(deliveries.filtered(lambda each: each.kind == "fact").mapped("event_type"))
        self.assertEqual(
            facts,
            {
                "order.placed",
                "order.cancelled",
                "invoice.posted",
                "invoice.paid",
                "refund.issued",
                "shipment.confirmed",
                "customer.merged",
            },
        )
        self.assertFalse(
            self._deliveries(event_type="customer.erased") + self._deliveries(event_type="price.removed")
        )

    def test_each_model_has_its_filter(self):
        """Prices are those of pricelist rules and of products."""
        self._sent()
        flows = self._flow("price.changed") + self._flow("price.removed")
        self.assertEqual(set(flows.mapped("more_res_model")), {"product.template"})
        flows.write({"domain": "[('min_quantity', '>', 1)]", "more_domain": "[('name', 'like', 'Lamp')]"})
        pricelist = self.env["product.pricelist"].create({"name": "Sale"})
        one, many = self.env["product.pricelist.item"].create(
            [
                {"pricelist_id": pricelist.id, "fixed_price": 5, "min_quantity": 1},
                {"pricelist_id": pricelist.id, "fixed_price": 4, "min_quantity": 10},
            ]
        )
        vase = self._product("Vase", "VASE").product_tmpl_id
        self.product.list_price = 18
        self.assertEqual(self._sent(), ["price.changed", "price.changed"])
        template = self.product.product_tmpl_id
        for record, state in (
            (one, "cancelled"),
            (many, "delivered"),
            (vase, "cancelled"),
            (template, "delivered"),
        ):
            self.assertEqual(self._deliveries(record).mapped("state"), [state])

    def test_the_end_of_what_was_sent_is_sent(self):
        """Whatever the filter says then: the remote system must forget the customer."""
        known, unknown = self._partner(), self._partner("Bo", "bo@example.com")
        for event_type in ("customer.created", "customer.updated", "customer.erased"):
            self._flow(event_type).domain = "[('name', '=', 'Ann Lee')]"
        self.assertIn("customer.created", self._sent())
        known.name = "Ann Smith"
        (known + unknown).unlink()
        self.assertEqual(self._sent(), ["customer.erased"])
        self.assertEqual(self._deliveries(event_type="customer.erased").mapped("res_id"), [known.id])

    def test_a_merge_of_what_was_sent_is_sent(self):
        survivor, sent, other = (self._partner(f"P{n}", f"p{n}@example.com") for n in range(3))
        for event_type in ("customer.created", "customer.updated", "customer.merged"):
            self._flow(event_type).domain = "[('name', '=', 'P1')]"
        self.assertEqual(self._sent().count("customer.created"), 1)
        self._merge(survivor, other)
        self.assertEqual(self._sent(), [])
        self._merge(survivor, sent)
        self.assertEqual(self._sent(), ["customer.merged"])

    def test_a_record_that_is_deleted_while_its_fact_waits(self):
        self._flow("order.placed").domain = f"[('team_id', '=', {self.shop.id})]"
        self._sent()
        ours, theirs = self._order(team_id=self.shop.id), self._order(team_id=self.other.id)
        waiting = self._deliveries(ours, event_type="order.placed")
        excluded = self._deliveries(theirs, event_type="order.placed")
        for order in (ours, theirs):
            order._action_cancel()
            order.unlink()
        self.assertEqual((excluded.state, excluded.warning), ("cancelled", EXCLUDED))
        self.assertEqual(waiting.state, "pending")
        self.assertIn("order.placed", self._sent())
        self.assertEqual(waiting.state, "delivered")

    def test_statements_of_a_deletion(self):
        """As many for many records as for a few."""
        self._flow("customer.erased").domain = "[('name', '=', 'Nobody')]"

        def count(number):
            partners = self.env["res.partner"].create([{"name": f"N{each}"} for each in range(number)])
            self._commit()
            partners._retail_excluding_flows("customer.erased")  # what is cached for good
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(partners._retail_excluding_flows("customer.erased")), number)
            return self.env.cr.sql_log_count - before

        self.assertEqual(count(2), count(50))

    def test_a_filter_that_fails_stops_no_deletion(self):
        flow = self._flow("customer.erased")
        self._partner()
        self._sent()
        self.env.cr.execute(
            "UPDATE retail_flow SET domain = %s WHERE id = %s", ["[('x_gone', '=', 1)]", flow.id]
        )
        flow.invalidate_recordset()
        self.env.registry.clear_cache()
        with mute_logger("odoo.addons.retail_hub.models.outbox.flow_filter"):
            self._partner("Bo", "bo@example.com").unlink()
        self.assertIn("customer.erased", self._sent())

    def test_the_second_filter_is_checked(self):
        with self.assertRaisesRegex(ValidationError, "has no field team_id"):
            self._flow("price.changed").more_domain = "[('team_id', '=', 1)]"

    def test_form(self):
        """The second filter is shown for events of two models only."""
        with Form(self._flow("price.changed")) as form:
            form.more_domain = "[('sale_ok', '=', True)]"
        self.assertEqual(self._flow("price.changed").more_domain, "[('sale_ok', '=', True)]")
        with Form(self._flow("order.cancelled")) as form, self.assertRaises(AssertionError):
            form.more_domain = "[]"
