"""Customers confirm what a quotation redeems above the threshold: by a code, their card, or being signed in."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .code_case import forget_guesses
from .test_confirmations import mailed_code, other_than
from .test_order_holds import OrderHoldCase

NEEDED = "The customer has to confirm this: have a code sent, or scan the card."


@tagged("post_install", "-at_install")
class TestOrderConfirmations(OrderHoldCase):
    def setUp(self):
        super().setUp()
        self.env.company.retail_confirm_above = 50
        self.customer.write({"email": "ann@example.com", "phone": False})
        self.addCleanup(forget_guesses, self.env)

    def _problem(self, dialog, code=None):
        """Apply the reward; return what the dialog says, which stays open."""
        if code is not None:
            dialog.retail_code = code
        self.assertEqual(dialog.action_apply()["res_id"], dialog.id)
        return dialog.retail_problem

    def _send_code(self, dialog):
        self.assertEqual(dialog.action_retail_send_email()["res_id"], dialog.id)
        return mailed_code(self.env)

    def test_by_email(self):
        order = self._quotation_of(200)
        dialog = self._dialog(order, 80)
        self.assertTrue(dialog.retail_must_confirm)
        self.assertEqual((dialog.retail_email, dialog.retail_phone), ("a***@example.com", False))
        self.assertEqual(self._problem(dialog), NEEDED)
        self.assertEqual((order.amount_total, self._holds()), (200, [(order, 80, "released")]))
        code = self._send_code(dialog)
        self.assertEqual((dialog.retail_sent_to, dialog.retail_problem), ("a***@example.com", False))
        self.assertEqual(self._problem(dialog, other_than(code)), "The code is wrong. Attempts left: 4.")
        dialog.retail_code = f" {code} "
        self.assertIs(dialog.action_apply(), True)
        self.assertEqual((order.amount_total, self._holds()), (120, [(order, 80, "held")]))
        order.action_confirm()
        self.assertEqual((self.card.points, self._holds()), (20, [(order, 80, "committed")]))

    def test_by_card(self):
        order = self._quotation_of(200)
        dialog = self._dialog(order, 80, "044-NOT-HERS")
        self.assertIn("not the code of the customer's card", self._problem(dialog))
        dialog.retail_code = self.card.code
        self.assertIs(dialog.action_apply(), True)
        self.assertEqual(order.amount_total, 120)

    def test_wrong_codes(self):
        """They are counted, and the right code is of no use after five."""
        dialog = self._dialog(self._quotation_of(200), 80)
        code = self._send_code(dialog)
        for left in (4, 3, 2, 1, 0):
            self.assertEqual(
                self._problem(dialog, other_than(code)), f"The code is wrong. Attempts left: {left}."
            )
        self.assertEqual(self._problem(dialog, code), "The code is not valid any more. Have a new one sent.")

    def test_what_needs_none(self):
        self.assertFalse(self._dialog(self._quotation_of(200), 50).retail_must_confirm)
        self.assertFalse(self._dialog(self._quotation_of(30), 100).retail_must_confirm, "It takes 30.")
        self._redeem(self._quotation_of(200), 30)
        self.assertTrue(self._dialog(self._quotation_of(200), 30).retail_must_confirm, "As large as one.")
        self._redeem(self._quotation_of(200), 20)
        self.env.company.retail_confirm_above = 0
        self._redeem(self._quotation_of(200))

    def test_all_or_nothing(self):
        """A reward that takes a fixed number of points is confirmed in the same dialog."""
        gift = {"reward_type": "product", "reward_product_id": self.product.id, "required_points": 60}
        self.program.reward_ids = [Command.clear(), Command.create(gift)]
        order = self._quotation_of(200)
        dialog = self._dialog(order)
        self.assertEqual((dialog.retail_takes_any_amount, dialog.retail_must_confirm), (False, True))
        self.assertEqual(self._problem(dialog), NEEDED)
        dialog.retail_code = self.card.code
        self.assertIs(dialog.action_apply(), True)
        self.assertEqual(self._holds(), [(order, 60, "held")])
        order._action_cancel()
        self.env.company.retail_confirm_above = 0
        other = self._quotation_of(200)
        other._update_programs_and_rewards()
        self.assertIs(other.action_open_reward_wizard(), True, "There is nothing to ask.")
        self.assertEqual(self._holds()[-1], (other, 60, "held"))

    def test_days_later(self):
        """What was confirmed for a quotation stays so; what it redeems beyond that has to be confirmed."""
        order = self._quotation_of(80)
        dialog = self._dialog(order, code=self.card.code)
        dialog.action_apply()
        self._expire()
        self.assertFalse(self.env["retail.loyalty.hold"].search([]).confirmed_until)
        self._begin_payment(order)
        self._expire()
        order.order_line.filtered(lambda line: not line.is_reward_line).price_unit = 90
        order._update_programs_and_rewards()
        with self.assertRaisesRegex(UserError, "has not confirmed that .* redeems 90 Points of Club"):
            order.action_confirm()
        order.order_line.filtered(lambda line: not line.is_reward_line).price_unit = 80
        order._update_programs_and_rewards()
        order.action_confirm()
        self.assertEqual(self.card.points, 20)

    def test_after_a_deposit(self):
        """A payment confirms nothing that was redeemed after it, or that was refused."""
        order = self._quotation_of(200)
        self._begin_payment(order, state="done")
        dialog = self._dialog(order, 80)
        for _time in range(2):
            self.assertEqual(self._problem(dialog), NEEDED)
        self.assertEqual((order.amount_total, self._holds()), (200, [(order, 80, "released")]))

    def test_without_the_dialog(self):
        """Whoever adds the reward in another way is told how; the order stays as it is."""
        order = self._quotation_of(200)
        order._update_programs_and_rewards()
        message = f"The customer has not confirmed that {order.name} redeems 100 Points of Club."
        with self.assertRaisesRegex(UserError, message):
            order._apply_program_reward(self.program.reward_ids, self.card)
        self.assertEqual((order.amount_total, self._holds()), (200, []))

    def test_signed_in(self):
        """The member needs no code in a web shop, and visitors cannot spend what is somebody's."""
        order, other = self._quotation_of(200), self._quotation_of(200)
        ann = new_test_user(self.env, "ann", "base.group_portal", partner_id=self.customer.id)
        bob = new_test_user(self.env, "bob", "base.group_portal")
        for visitor in (bob, self.env.ref("base.public_user")):
            cart = order.with_user(visitor).sudo()
            cart._update_programs_and_rewards()
            with self.assertRaisesRegex(UserError, "Sign in as the member to redeem 100 Points of Club"):
                cart._apply_program_reward(self.program.reward_ids, self.card)
        cart = order.with_user(ann).sudo()
        cart._retail_want_points(self.card, 80)
        cart._apply_program_reward(self.program.reward_ids, self.card)
        self.assertEqual((order.amount_total, self._holds()), (120, [(order, 80, "held")]))
        self.assertEqual(self._redeem(other, 20), 20, "What is confirmed does not count again.")
        order.action_confirm()
        self.assertEqual(self._holds()[0], (order, 80, "committed"))

    def test_who_may_have_a_code_sent(self):
        order = self._quotation_of(200)
        dialog = self._dialog(order, 80)
        other = new_test_user(self.env, "other_clerk", "sales_team.group_sale_salesman")
        order.user_id = self.env.ref("base.user_admin")
        self.env["sale.loyalty.reward.wizard"].flush_model()
        theirs = dialog.with_user(other).create({"order_id": order.id})
        with self.assertRaises(AccessError):
            theirs.action_retail_send_email()
        for _time in range(3):
            self._send_code(dialog)
        with self.assertRaisesRegex(UserError, "Too many codes were sent for this card"):
            dialog.action_retail_send_email()
        self.customer.email = False
        dialog.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "no valid email address"):
            dialog.action_retail_send_email()
        dialog.retail_points = 40
        with self.assertRaisesRegex(UserError, "does not have to confirm this"):
            dialog.action_retail_send_email()
