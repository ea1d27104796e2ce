"""Archived parts of what is sent are left out by the drain, whose claims read archived records, too."""

from odoo import Command
from odoo.tests import tagged

from ..common import ShopCase
from ..connector.test_webhook_connector import WebhookCase


@tagged("post_install", "-at_install")
class TestArchivedParts(ShopCase, WebhookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.webhook.with_context(active_test=False).flow_ids.write({"active": False})
        cls.shade = cls._product("Shade", "SHADE")

    def _want(self, event_type):
        flow = self.webhook.with_context(active_test=False).flow_ids.filtered(
            lambda flow: flow.event_type == event_type
        )
        flow.write({"active": True, "window_seconds": 0, "lane": "realtime"})

    def _sent(self, record):
        """Return the content of the newest event of a record, once all are sent."""
        self._commit()
        self._make_due(self._deliveries(record))
        self.env.invalidate_all()
        self._drain(self.webhook)
        delivery = self._deliveries(record)[-1]
        self.assertEqual(delivery.state, "delivered")
        [found] = [
            each["event"] for each in self._received() if each["event"]["id"] == delivery.event_id.uuid
        ]
        return found["data"]

    def test_warehouse_of_a_stock_level(self):
        self._want("stock.level_changed")
        self.product.is_storable = True
        other = self.env["stock.warehouse"].create({"name": "Old", "code": "OLD"})
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 5)
        self.assertEqual(self._codes(self._sent(self.product)), {self.warehouse.code, "OLD"})
        other.active = False
        self.assertEqual(self._codes(self._sent(self.product)), {self.warehouse.code})

    def _codes(self, level):
        return {each["warehouse"]["code"] for each in level["warehouses"]} - self._other_codes()

    def _other_codes(self):
        """Return the codes of warehouses that were there before."""
        others = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)])
        return set(others.filtered(lambda each: each != self.warehouse and each.code != "OLD").mapped("code"))

    def test_warehouse_that_a_shipment_left(self):
        """It is history: the goods did leave from there."""
        self._want("shipment.confirmed")
        self.product.is_storable = True
        other = self.env["stock.warehouse"].create({"name": "Old", "code": "OLD"})
        self.env["stock.quant"]._update_available_quantity(self.product, other.lot_stock_id, 1)
        picking = self._order(quantity=1, warehouse_id=other.id).picking_ids
        picking.move_ids.write({"quantity": 1, "picked": True})
        picking._action_done()
        other.active = False
        self.assertEqual(self._sent(picking)["warehouse"]["code"], "OLD")

    def test_products_of_a_promotion(self):
        """Of its conditions, and of what is free, by itself or by its tag. Odoo archives none with a discount."""
        self._want("promotion.changed")
        both = (self.product + self.shade).ids
        tag = self.env["product.tag"].create({"name": "Light", "product_product_ids": [Command.set(both)]})
        free = {"reward_type": "product", "reward_product_qty": 1, "required_points": 1}
        program = self.env["loyalty.program"].create(
            {
                "name": "Club",
                "program_type": "promotion",
                "rule_ids": [Command.create({"product_ids": [Command.set(both)]})],
                "reward_ids": [
                    Command.create({**free, "reward_product_tag_id": tag.id}),
                    Command.create({**free, "reward_product_id": self.shade.id}),
                ],
            }
        )
        self.assertEqual(
            self._skus(self._sent(program)),
            [["LAMP", "SHADE"], ["LAMP", "SHADE"], ["SHADE"]],
        )
        self.shade.active = False
        self.assertEqual(self._skus(self._sent(program)), [["LAMP"], ["LAMP"], []])

    def _skus(self, promotion):
        [rule] = promotion["rules"]
        scopes = [rule["products"], *promotion["rewards"]]
        return [sorted(each["sku"] for each in scope["products"]) for scope in scopes]
