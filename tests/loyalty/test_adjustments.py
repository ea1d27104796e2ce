"""Adjusting points by hand: with a reason, by whom, and up to which limit."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .till_case import TillCase

CLERK = "base.group_user,sales_team.group_sale_salesman,retail_hub.group_user"
MANAGER = "base.group_user,sales_team.group_sale_manager,retail_hub.group_manager"
SALESMAN = "base.group_user,sales_team.group_sale_manager"


@tagged("post_install", "-at_install")
class TestAdjustments(TillCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "adjust_clerk", CLERK)
        cls.manager = new_test_user(cls.env, "adjust_manager", MANAGER)
        cls.salesman = new_test_user(cls.env, "adjust_salesman", SALESMAN)
        cls.env.company.retail_loyalty_limit = 50

    def _adjust(self, user, balance, reason="Complaint 12", card=None):
        """Set a card's balance with Odoo's dialog."""
        dialogs = self.env["loyalty.card.update.balance"].with_user(user)
        values = {"card_id": (card or self.club_card).id, "new_balance": balance, "description": reason}
        dialogs.create(values).action_update_card_point()
        self._commit()

    def _by_whom(self):
        entries = self.env["retail.loyalty.entry"].search([("card_id", "=", self.club_card.id)], order="id")
        return [(each.kind, each.points, each.balance, each.user_id) for each in entries][1:]

    def test_up_to_the_limit_of_a_day(self):
        self._adjust(self.clerk, 130)
        with self.assertRaisesRegex(
            AccessError, "adjust a card of Club by 50.5 points. Other users .* up to 50 points"
        ):
            self._adjust(self.clerk, 150.5)
        self._adjust(self.clerk, 110)
        with self.assertRaises(AccessError):
            self._adjust(self.clerk, 110.5)
        self._adjust(self.manager, 9999)
        self.assertEqual(
            self._by_whom(),
            [
                ("adjust", 30, 130, self.clerk),
                ("adjust", -20, 110, self.clerk),
                ("adjust", 9889, 9999, self.manager),
            ],
        )

    def test_only_users_of_retail_hub(self):
        for user in (self.cashier, self.salesman):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._adjust(user, 101)
        self.assertEqual(self.club_card.points, 100)

    def test_a_reason(self):
        for reason in ("", "  "):
            with self.subTest(reason=reason), self.assertRaisesRegex(UserError, "why the points change"):
                self._adjust(self.manager, 101, reason)
        self._adjust(self.manager, 101, "Complaint 12")
        self.assertEqual(self.club_card.history_ids[0].description, "Complaint 12")

    def test_the_dialog_begins_with_the_balance(self):
        action = self.club_card.with_user(self.clerk).action_loyalty_update_balance()
        dialogs = self.env["loyalty.card.update.balance"].with_context(**action["context"])
        self.assertEqual(dialogs.default_get(["card_id", "new_balance"])["new_balance"], 100)

    def test_other_ways(self):
        """What writes points or the history asks for no reason: it is refused, also for managers."""
        line = {"card_id": self.club_card.id, "description": "Gift", "issued": 5000}
        self.env["loyalty.history"].sudo().create({**line, "issued": 1})
        new = {"program_id": self.program.id, "points": 5000}
        for user in (self.cashier, self.salesman, self.clerk, self.manager):
            card = self.club_card.with_user(user)
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    card.write({"points": 9999})
                with self.assertRaises(AccessError):
                    card.history_ids.create(line)
                with self.assertRaises(AccessError):
                    card.history_ids.write({"issued": 5000})
                with self.assertRaises(AccessError):
                    card.create(new)
                with self.assertRaises(AccessError):
                    card.with_context(retail_mirrored={"kind": "adjust"}).write({"points": 9999})
        self.assertEqual(self.club_card.points, 100)

    def test_cards_with_points(self):
        """Generating cards with points is adjusting them."""

        def generate(user, points, description="Opening"):
            wizard = (
                self.env["loyalty.generate.wizard"]
                .with_user(user)
                .create(
                    {
                        "program_id": self.program.id,
                        "coupon_qty": 1,
                        "points_granted": points,
                        "description": description,
                    }
                )
            )
            return wizard.generate_coupons()

        with self.assertRaisesRegex(AccessError, "by 20 points"):
            generate(self.salesman, 20)
        with self.assertRaisesRegex(UserError, "why the points change"):
            generate(self.manager, 20, False)
        self.assertEqual(generate(self.manager, 20).points, 20)

    def test_documents(self):
        """Orders of a linked program earn and spend with the rights of whoever confirms, edits and cancels them."""
        self.program.retail_owner = "odoo"
        order = self._quotation_of(40).with_user(self.salesman)
        order._update_programs_and_rewards()
        card = self.club_card.with_user(self.salesman)
        order._apply_program_reward(self.reward, card)
        spent = sum(order.order_line.mapped("points_cost"))
        self.assertGreater(spent, 0)
        order.action_confirm()
        self._commit()
        self.assertEqual(card.points, 100 - spent)
        line = order.order_line.filtered("points_cost")
        line.points_cost -= 1
        self.assertEqual(card.points, 101 - spent)
        order._action_cancel()
        self._commit()
        self.assertEqual(card.points, 100)

    def test_programs_that_are_not_linked(self):
        """They are adjusted as in Odoo without this module."""
        program = self._create_program("House Points", retail_owner="odoo")
        card = self.env["loyalty.card"].create({"program_id": program.id, "points": 5})
        self._adjust(self.salesman, 5000, card=card)
        card.with_user(self.cashier).points = 7
        self.assertEqual(card.points, 7)
