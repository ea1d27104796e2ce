"""Returns at the screen of a till: what the server says of the amount becomes lines of the return."""

from odoo import Command
from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.test_frontend import TestPointOfSaleHttpCommon


@tagged("post_install", "-at_install")
class TestReturnsScreen(TestPointOfSaleHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).active = False
        cls.customer = cls.env["res.partner"].create({"name": "Ann Lee"})
        cls.mug = cls.env["product.product"].create(
            {"name": "Mug", "available_in_pos": True, "list_price": 20, "taxes_id": False}
        )
        rule = {"reward_point_mode": "money", "reward_point_amount": 1, "minimum_qty": 0}
        reward = {"discount_mode": "per_order", "discount": 10, "required_points": 100}
        cls.program = cls.env["loyalty.program"].create(
            {
                "name": "Club",
                "program_type": "loyalty",
                "applies_on": "both",
                "trigger": "auto",
                "portal_point_name": "Stars",
                "rule_ids": [Command.create(rule)],
                "reward_ids": [Command.create({**reward, "discount_applicability": "order"})],
            }
        )
        cls.card = cls.env["loyalty.card"].create(
            {"program_id": cls.program.id, "partner_id": cls.customer.id, "points": 100}
        )

    def _tour(self, name):
        self.main_pos_config.with_user(self.pos_user).open_ui()
        self.start_pos_tour(name)
        self.card.invalidate_recordset()

    def _returned(self):
        return self.env["pos.order"].search([("is_refund", "=", True)], limit=1)

    def _sold(self):
        """Sell two mugs in an order that the till loads, whose 40 points were confirmed."""
        self.main_pos_config.with_user(self.pos_user).open_ui()
        session = self.main_pos_config.current_session_id
        line = {
            "product_id": self.mug.id,
            "name": "Mug",
            "full_product_name": "Mug",
            "qty": 2,
            "price_unit": 20,
        }
        amounts = {"amount_paid": 40, "amount_return": 0, "amount_tax": 0, "amount_total": 40}
        order = self.env["pos.order"].create(
            {
                "session_id": session.id,
                "partner_id": self.customer.id,
                "pos_reference": "260-001-00001",
                "tracking_number": "001",
                "lines": [Command.create({**line, "price_subtotal": 40, "price_subtotal_incl": 40})],
                **amounts,
            }
        )
        method = self.main_pos_config.payment_method_ids[0]
        order.add_payment({"pos_order_id": order.id, "amount": 40, "payment_method_id": method.id})
        order.action_pos_order_paid()
        data = {"points": 40, "program_id": self.program.id, "coupon_id": self.card.id}
        order.confirm_coupon_programs({str(self.card.id): data})
        self.env.cr.flush()
        return order

    def test_a_discount_goes_back_with_its_lines(self):
        """Two mugs for 30.00 and 100 points; for one of them, 15.00 and 50 points come back."""
        self._tour("retail_hub_return_with_discount")
        refund = self._returned()
        self.assertEqual([(line.qty, line.price_unit) for line in refund.lines], [(-1, 20), (-1, -5)])
        self.assertEqual((refund.amount_total, self.card.points), (-15, 70))

    def test_pending_points(self):
        """A reward for 100 points is not offered for 70 points and 40 that the order earns: they are pending first."""
        self.card.points = 70
        self.program.write({"retail_pending_days": 14, "portal_visible": True})
        self._tour("retail_hub_pending_points")
        self.assertEqual((self.card.points, self.card.retail_pending), (70, 40))

    def test_deducted(self):
        self.program.retail_spent_points = "deduct"
        self._sold()
        self.card.points = 10
        self._tour("retail_hub_return_deducted")
        self.assertEqual((self._returned().amount_total, self.card.points), (-37, 0))

    def test_refused(self):
        self.program.retail_spent_points = "refuse"
        self._sold()
        self.card.points = 10
        self._tour("retail_hub_return_refused")
        self.assertNotIn(self._returned().state, ("paid", "done"))
        self.assertEqual(self.card.points, 10)
