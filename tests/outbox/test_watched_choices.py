"""What users chose to send, or to filter by, is watched like what is sent anyway."""

from odoo.tests import tagged

from ..connector.test_field_map import FieldMapCase
from ..connector.test_hubspot_orders import HubSpotCase


@tagged("post_install", "-at_install")
class TestWatchedChoices(FieldMapCase):
    def setUp(self):
        super().setUp()
        self.partner = self._partner()
        self._drain()

    def _sent(self):
        """Send what waits; return how often the customer was sent since."""
        before = len(self._calls())
        self._drain()
        return len(self._calls()) - before

    def _title(self):
        return self._contacts()["ann@example.com"].get("jobtitle")

    def test_a_mapped_field(self):
        self.partner.comment = "Before"
        self.assertEqual(self._sent(), 0)
        line = self._line("jobtitle", "comment", "record")
        self.partner.comment = "After"
        self.assertEqual((self._sent(), self._title()), (1, "<span>After</span>"))
        line.active = False
        self.partner.comment = "Later"
        self.assertEqual(self._sent(), 0)

    def test_a_mapped_relation(self):
        """The relation itself is watched, not the record behind it."""
        salesperson = self.env.ref("base.user_admin")
        self._line("jobtitle", "user_id.name", "record")
        self.partner.user_id = salesperson
        self.assertEqual((self._sent(), self._title()), (1, salesperson.name))
        salesperson.name = "Another name"
        self.assertEqual(self._sent(), 0)

    def test_a_mapped_computed_field(self):
        """It has no column: what it is computed from is watched."""
        self._line("jobtitle", "tz_offset", "record")
        self.partner.tz = "Asia/Tokyo"
        self.assertEqual((self._sent(), self._title()), (1, "+0900"))

    def test_a_filter(self):
        """A record that comes to match a filter is sent, whatever field made it match."""
        self.connector.flow_ids.domain = "[('comment', 'ilike', 'VIP')]"
        other = self._partner("Bo", "bo@example.com")
        self._drain()
        self.assertNotIn("bo@example.com", self._contacts())
        other.comment = "A VIP"
        self._drain()
        self.assertIn("bo@example.com", self._contacts())

    def test_a_default_filter(self):
        """It looks at fields that change with each order."""
        self.assertNotIn("customer_rank", self.env["retail.flow"]._watched_fields().get("res.partner", ()))

    def test_a_filter_that_cannot_be_parsed(self):
        """People go on working."""
        self.env.cr.execute(
            "UPDATE retail_flow SET domain = %s WHERE id = %s", ["[('name'", self.connector.flow_ids[0].id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.partner.city = "Ghent"
        self._commit()
        self.assertEqual(self.partner.city, "Ghent")


@tagged("post_install", "-at_install")
class TestWatchedLines(FieldMapCase, HubSpotCase):
    def test_a_field_of_the_lines(self):
        """The lines of an order are a part of it."""
        order = self._order()
        self._drain()
        self._drain()
        self.assertEqual(self._deliveries(order).mapped("state"), ["delivered"])
        order.order_line.customer_lead = 4
        self._commit()
        self.assertEqual(len(self._deliveries(order)), 1)
        self._line("hs_external_order_status", "order_line.customer_lead", "record")
        order.order_line.customer_lead = 5
        self._drain()
        self.assertEqual(self._deliveries(order).mapped("event_type")[1:], ["order.updated"])
        self.assertEqual(self._only("orders")["properties"]["hs_external_order_status"], "5")
