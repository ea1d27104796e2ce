"""What people see of a card: the balance and how old it is; enrolling customers, and moving points."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .engine_case import EngineCase

SALES = "base.group_user,sales_team.group_sale_manager"


@tagged("post_install", "-at_install")
class TestCardBalance(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(cls.env, "card_seller", SALES)

    def test_refresh(self):
        card = self._card().with_user(self.seller)
        self.assertEqual(card.retail_freshness, "Not read from Points yet")
        self._send()
        self._paid_order()
        self._send()
        card.action_retail_refresh()
        self.assertEqual((card.points, card.retail_engine_balance), (100, 100))
        self.assertRegex(card.retail_freshness, "^Points, ")

    def test_the_engine_does_not_answer(self):
        card = self._card()
        self._send()
        self.sandbox.fault(status=503, path="/v2")
        with self.assertRaisesRegex(UserError, "The balance of .* could not be read from Points"):
            card.with_user(self.seller).action_retail_refresh()

    def test_a_customer_who_is_no_member_there(self):
        card = self._card()
        card.action_retail_refresh()
        self.assertRegex(card.retail_freshness, "^No member of Points")

    def test_pending_points_and_expiry(self):
        self.sandbox.configure("voucherify", wallets=[{"expiration_days": 30, "pending_days": 14}])
        card = self._card()
        self._send()
        self._paid_order()
        self._send()
        self._read_again()
        self.assertEqual((card.points, card.retail_pending), (0, 100))
        self.sandbox.configure("voucherify", ahead_s=15 * 86_400)
        self.sandbox.act("process", "voucherify")
        self._read_again()
        card.invalidate_recordset()
        self.assertEqual((card.points, card.retail_pending, card.retail_expiring_points), (100, 0, 100))
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])

    def test_points_that_expire(self):
        self.sandbox.configure("voucherify", wallets=[{"expiration_days": 30}])
        card = self._card()
        self._send()
        self._paid_order()
        self._send()
        self._read_again()
        self.sandbox.configure("voucherify", ahead_s=40 * 86_400)
        self.sandbox.act("process", "voucherify")
        self._read_again()
        self.assertEqual(self._ledger(card), [("earn", 100, 100), ("expire", -100, 0)])
        expired = self.env["retail.event"].search([("event_type", "=", "loyalty.expired")])
        self.assertFalse(expired, "No other system wants it, and the engine knows.")

    def test_on_the_customer(self):
        self.assertFalse(self.customer.retail_loyalty_summary)
        card = self._card(points=12)
        self.customer.invalidate_recordset()
        unit = self.program.portal_point_name
        self.assertEqual(self.customer.retail_loyalty_summary, f"12 {unit}")
        self.assertEqual(self.customer.with_user(self.seller).action_retail_view_cards()["res_id"], card.id)
        house = self._create_program("House", retail_owner="odoo")
        self.env["loyalty.card"].create(
            {"program_id": house.id, "partner_id": self.customer.id, "points": 1.5}
        )
        self.customer.invalidate_recordset()
        self.assertEqual(
            self.customer.retail_loyalty_summary, f"Club: 12 {unit}, House: 1.50 {house.portal_point_name}"
        )

    def test_on_a_sales_order(self):
        self.sandbox.configure("voucherify", wallets=[{"pending_days": 14}])
        card = self._card()
        order = self._quotation_of(1240).with_user(self.seller)
        self.assertEqual(order.retail_loyalty_status, "Club: 0 Points · not read yet")
        self._pay(order.sudo())
        self._send()
        self._read_again()
        order.invalidate_recordset()
        ago = r"read \d+ seconds? ago"
        self.assertRegex(order.retail_loyalty_status, f"^Club: 0 Points · 1,240 Points pending · {ago}$")
        self.sandbox.configure("voucherify", ahead_s=15 * 86_400)
        self.sandbox.act("process", "voucherify")
        self.assertTrue(order.retail_may_refresh_points)
        order.action_retail_refresh_points()
        self.assertEqual(card.points, 1240)
        lines = order.retail_loyalty_status.splitlines()
        self.assertRegex(lines[0], f"^Club: 1,240 Points · {ago}$")
        self.assertEqual(lines[1:], ["This order earned 1,240 Points"])
        with freeze_time(fields.Datetime.now() + timedelta(minutes=2, seconds=5)):
            order.invalidate_recordset()
            self.assertRegex(order.retail_loyalty_status, "^Club: 1,240 Points · read 2 minutes ago")

    def test_on_a_sales_order_of_a_program_of_odoo(self):
        """What a quotation will earn is known before it is confirmed, and read from no engine."""
        own = {
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            "portal_point_name": "Stars",
        }
        rule = {"reward_point_mode": "money", "reward_point_amount": 0.5, "minimum_qty": 0}
        program = self.env["loyalty.program"].create(
            {"name": "Own", "rule_ids": [Command.create(rule)], **own}
        )
        order = self._quotation_of(25).with_user(self.seller)
        self.assertFalse(order.retail_loyalty_status)
        values = {"program_id": program.id, "partner_id": self.customer.id, "points": 7.5}
        self.env["loyalty.card"].create(values)
        order.invalidate_recordset()
        will = "Own: 7.50 Stars\nThis order will earn 12.50 Stars"
        self.assertEqual((order.retail_loyalty_status, order.retail_may_refresh_points), (will, False))
        order.action_confirm()
        self._commit()
        order.invalidate_recordset()
        self.assertEqual(order.retail_loyalty_status, "Own: 20 Stars\nThis order earned 12.50 Stars")

    def test_a_sales_order_of_another_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.program.company_id = company
        self._card(points=5)
        self.env.user.company_ids = [Command.link(company.id)]
        order = self._quotation_of(25).with_context(allowed_company_ids=[self.env.company.id, company.id])
        self.assertFalse(order.retail_loyalty_status)

    def test_enroll(self):
        action = self.customer.with_user(self.seller).action_retail_enroll()
        dialog = self.env["retail.loyalty.enroll"].with_user(self.seller).browse(action["res_id"])
        self.assertEqual(dialog.program_id, self.program)
        with self.assertRaisesRegex(UserError, "Ask Ann Lee"):
            dialog.action_enroll()
        dialog.has_consent = True
        card = self.env["loyalty.card"].browse(dialog.action_enroll()["res_id"])
        self.assertEqual((card.partner_id, card.retail_consent_source), (self.customer, "At the counter"))
        self.assertTrue(card.retail_consented_at)
        self.assertEqual(dialog.action_enroll()["res_id"], card.id, "A customer has one card.")
        self._send()
        self.assertEqual(len(self.sandbox.records("members", "voucherify")), 1)

    def _transfer(self, card, target, points):
        action = card.with_user(self.seller).action_retail_transfer()
        dialog = self.env["retail.loyalty.transfer"].with_user(self.seller).browse(action["res_id"])
        dialog.write({"target_id": target.id, "points": points, "reason": "One household"})
        return dialog.action_transfer()

    def test_transfer(self):
        self.program.retail_owner = "odoo"
        card = self._card(points=100)
        target = self._card(self._partner("Bob", "bob@example.com"), points=5)
        self._transfer(card, target, 30)
        self.assertEqual((card.points, target.points), (70, 35))
        self.assertEqual(self._ledger(card), [("adjust", 100, 100), ("adjust", -30, 70)])
        self.assertIn("One household", target.history_ids[0].description + target.history_ids[-1].description)

    def test_transfer_of_what_is_held(self):
        card = self._card(points=100)
        target = self._card(self._partner("Bob", "bob@example.com"))
        self._commit()
        values = {"connector_id": self.engine.id, "external_id": "H", "company_id": self.env.company.id}
        self.env["retail.loyalty.hold"].sudo()._hold(card, "80", 15, **values)
        with self.assertRaisesRegex(UserError, "has 20 points that can be transferred"):
            self._transfer(card, target, 30)
        with self.assertRaisesRegex(UserError, "30 points that can be taken"):
            card._retail_transfer(target, 30, "Too many")
        self._transfer(card, target, 20)
        self.assertEqual((card.points, target.points), (80, 20))
