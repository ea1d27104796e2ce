"""All that is sent is watched, or on the list: also what carriers, cashiers, kits, the till and the web shop add."""

from odoo.tests import Form

from ..source.test_watched import WatchedShop
from .common import make_kit, needs_neighbours


@needs_neighbours
class TestWatchedWithNeighbours(WatchedShop):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shipping = cls.env["product.product"].create({"name": "Shipping", "type": "service"})
        cls.carrier = cls.env["delivery.carrier"].create({"name": "Post", "product_id": shipping.id})
        cls.cashier = cls.env["hr.employee"].sudo().create({"name": "Bo Till"})
        cls.website = cls.env["website"].create({"name": "Shop", "company_id": cls.env.company.id})

    def test_order(self):
        """An order of the web shop, with a line for shipping."""
        order = self._of_addresses(website_id=self.website.id)
        action = order.action_open_delivery_wizard()
        wizard = Form(self.env["choose.delivery.carrier"].with_context(**action["context"]))
        wizard.carrier_id = self.carrier
        wizard.save().button_confirm()
        self.assertEqual(order._retail_channel(), "web")
        self.assertEqual(order.order_line.mapped("is_delivery"), [False, True])
        self._assert_watched("order.updated", order)

    def test_shipment(self):
        picking, _lot = self._shipped()
        picking.write({"carrier_id": self.carrier.id, "carrier_tracking_ref": "T-7"})
        self._assert_watched("shipment.updated", picking)

    def test_shipment_of_a_kit(self):
        component = self._product("Bulb", "BULB", is_storable=True)
        self.env["stock.quant"]._update_available_quantity(component, self.warehouse.lot_stock_id, 9)
        self.product = make_kit(self.env, "Lamp set", "SET", {component: 2})
        picking = self._order(2).picking_ids
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking._action_done()
        self.assertEqual(len(picking.sale_id.picking_ids), 2)
        self._assert_watched("shipment.updated", picking)
        self._assert_watched(
            "stock.level_changed", component, build=lambda products: products._retail_payloads()
        )

    def test_till_order(self):
        sold = self._sell([(self.vase, 2)], customer=self.customer, employee_id=self.cashier.id)
        self._assert_watched("order.updated", sold)
        refund = self._sell([self._returned(sold.lines, 1)], is_refund=True, employee_id=self.cashier.id)
        self._assert_watched("refund.issued", refund)

    def test_settlement(self):
        self._sell([(self.vase, 2)], employee_id=self.cashier.id)
        self.pos_session.employee_id = self.cashier
        self.pos_session.post_closing_cash_details(120)
        self.pos_session.close_session_from_ui()
        self._assert_watched("settlement.closed", self.pos_session)

    def test_order_that_a_till_settles(self):
        order = self._order(1)
        line = {
            "product": self.product,
            "quantity": 1,
            "sale_order_origin_id": order.id,
            "sale_order_line_id": order.order_line.id,
        }
        self._sell([line], customer=self.customer)
        self.assertEqual(self._state(order)["paid_at_till"], self._state(order)["total"])
        self._assert_watched("order.updated", order)
