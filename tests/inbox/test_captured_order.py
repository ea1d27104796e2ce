"""What the sale order shows of the system that took it."""

from lxml import etree

from odoo.tests import new_test_user, tagged

from .orders import OrderCase


@tagged("-at_install", "post_install")
class TestCapturedOrder(OrderCase):
    def test_the_totals_agree(self):
        order = self.sale_order(self.place())
        self.assertEqual((order.retail_channel_total, order.retail_difference), (24.2, False))

    def test_a_rounding_line_is_no_difference(self):
        order = self.sale_order(self.place(total="24.22"))
        self.assertEqual((order.retail_channel_total, order.retail_difference), (24.22, False))

    def test_an_order_that_was_changed(self):
        order = self.sale_order(self.place())
        order.order_line.product_uom_qty = 3
        self.assertIn("36.30", order.retail_difference)
        self.assertIn("12.10", order.retail_difference)
        self.assertIn("more: the order was changed in Odoo", order.retail_difference)
        order.order_line.product_uom_qty = 1
        self.assertIn("12.10", order.retail_difference)
        self.assertIn("less: the order was changed in Odoo", order.retail_difference)

    def test_a_cancelled_order_has_no_difference(self):
        order = self.sale_order(self.place())
        order.order_line.product_uom_qty = 3
        order._action_cancel()
        self.assertFalse(order.retail_difference)

    def test_its_sync_state(self):
        """Nothing was sent to the system that took it, which does not know what Odoo changed since."""
        order = self.sale_order(self.place())
        clerk = new_test_user(
            self.env, "looks_state", groups="retail_hub.group_user,sales_team.group_sale_salesman_all_leads"
        )
        order = order.with_user(clerk)
        self.assertEqual(order.retail_sync_state, "received")
        orders = [("id", "=", order.id)]
        for state, count in (("received", 1), ("in_sync", 0)):
            domain = [*orders, ("retail_sync_state", "=", state)]
            self.assertEqual(order.search_count(domain), count)
        [group] = order.formatted_read_group(orders, ["retail_sync_state"], ["__count"])
        self.assertEqual(group["retail_sync_state"], "received")
        row = self.env["retail.sync.state"].with_user(clerk).search([("res_id", "=", order.id)])
        text = "It came from this system. Nothing was sent to it."
        self.assertEqual((row.state, row.reason, row.connector_id), ("received", text, self.system))
        self.assertEqual(row.action_open_delivery()["params"]["message"], text)

    def test_orders_of_no_system(self):
        order = self.env["sale.order"].create({"partner_id": self.env.user.partner_id.id})
        self.assertFalse(order.retail_difference)

    def test_a_salesperson_sees_the_name_without_a_link(self):
        order = self.sale_order(self.place())
        salesperson = new_test_user(
            self.env, "looks_sales", groups="sales_team.group_sale_salesman_all_leads"
        )
        orders = self.env["sale.order"].with_user(salesperson)
        arch = etree.fromstring(orders.get_view(self.env.ref("sale.view_order_form").id, "form")["arch"])
        [field] = arch.xpath("//group[@name='retail_captured']/field[@name='retail_connector_id']")
        self.assertIn("no_open", field.get("options"))
        [values] = orders.browse(order.id).web_read({"retail_connector_id": {"fields": {"display_name": {}}}})
        self.assertEqual(values["retail_connector_id"]["display_name"], "Web Shop")
        [group] = orders.formatted_read_group([("id", "=", order.id)], ["retail_connector_id"], ["__count"])
        self.assertEqual(group["retail_connector_id"], (self.system.id, "Web Shop"))
