"""What the ledger does not prove is found, explained and corrected by whoever may."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .test_ledger import LedgerCase


@tagged("post_install", "-at_install")
class TestLoyaltyDifferences(LedgerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "proof_clerk", "base.group_user,retail_hub.group_user")
        cls.manager = new_test_user(cls.env, "proof_manager", "base.group_user,retail_hub.group_manager")

    def setUp(self):
        super().setUp()
        self.card = self._card(points=100)
        self._booked(self.card)

    def _tamper(self, points):
        self.env.cr.execute("UPDATE loyalty_card SET points = %s WHERE id = %s", [points, self.card.id])
        self.card.invalidate_recordset()

    def _tamper_with_the_ledger(self):
        self.env.cr.execute("ALTER TABLE retail_loyalty_entry DISABLE TRIGGER USER")
        self.env.cr.execute("UPDATE retail_loyalty_entry SET points = 90 WHERE card_id = %s", [self.card.id])
        self.env.cr.execute("ALTER TABLE retail_loyalty_entry ENABLE TRIGGER USER")

    def _prove(self):
        self.env["retail.loyalty.difference"]._cron_prove()
        return self.env["retail.loyalty.difference"].search([("card_id", "=", self.card.id)])

    def test_proved(self):
        self.assertFalse(self._prove())
        other = self._card(points=3, partner_id=self.env["res.partner"].create({"name": "Bob"}).id)
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(self.card | other), [])

    def test_changed_in_the_database(self):
        self._tamper(175)
        found = self._prove()
        self.assertEqual((found.points, found.balance, found.difference), (175, 100, 75))
        self.assertEqual((found.cause, found.correction, found.state), ("card", "reset", "open"))
        self.assertEqual((found.program_id, found.customer_name), (self.program, "Ann Lee"))
        self._tamper(150)
        self.assertEqual(self._prove(), found, "One difference a card.")
        self.assertEqual(found.points, 150)
        self._tamper(100)
        self.assertEqual(self._prove().state, "resolved")

    def test_set_the_card(self):
        """The card gets the ledger's balance. That is no change of points: nothing is booked or sent."""
        self._tamper(175)
        found = self._prove()
        self._forget_events()
        found.with_user(self.manager).action_reset_card()
        self.assertEqual((self.card.points, self._booked(self.card)), (100, [("adjust", 100, 100)]))
        self.assertFalse(self._events(self.card))
        self.assertEqual((found.state, found.ended_by_id), ("corrected", self.manager))
        self.assertFalse(self._prove().filtered(lambda each: each.state == "open"))

    def test_enter_it(self):
        self._tamper(175)
        found = self._prove()
        found.with_user(self.manager).action_enter()
        self.assertEqual((self.card.points, self._booked(self.card)[1:]), (175, [("adjust", 75, 175)]))
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(self.card), [])

    def test_as_it_is_now(self):
        """What happened since the difference was found stays: the card was changed, and 5 points were earned."""
        self._tamper(175)
        found = self._prove()
        self.card.points += 5
        self._booked(self.card)
        found.with_user(self.manager).action_reset_card()
        self.assertEqual((self.card.points, self._booked(self.card)[-1]), (105, ("adjust", 5, 105)))

    def test_the_ledger_was_changed(self):
        self._tamper_with_the_ledger()
        found = self._prove()
        self.assertEqual((found.cause, found.correction), ("ledger", "look"))
        for correct in (found.action_reset_card, found.action_enter):
            with self.assertRaisesRegex(UserError, "Compare it with a backup first"):
                correct()
        self.assertEqual(found.state, "open")

    def test_a_program_that_keeps_points_now(self):
        program = self._create_program(program_type="promotion", applies_on="current", trigger="auto")
        self.card = self._card(points=5, program=program)
        self.assertFalse(self._prove())
        program.applies_on = "both"
        found = self._prove()
        self.assertEqual((found.cause, found.correction, found.difference), ("unknown", "enter", 5))

    def test_approval(self):
        """Users correct small differences, managers all; others none."""
        self._tamper(175)
        found = self._prove()
        self.env.company.retail_loyalty_limit = 74
        with self.assertRaisesRegex(AccessError, "differs by 75 points, and you may correct up to 74"):
            found.with_user(self.clerk).action_reset_card()
        self.env.company.retail_loyalty_limit = 75
        found.with_user(self.clerk).action_reset_card()
        self.assertEqual((found.state, self.card.points), ("corrected", 100))

    def test_compare_now(self):
        differences = self.env["retail.loyalty.difference"].with_user(self.clerk)
        action = differences.action_prove()
        self.assertEqual(action["params"]["message"], "All balances match the ledger.")
        self._tamper(1)
        action = differences.action_prove()
        self.assertEqual(action["params"]["message"], "Cards that do not match the ledger: 1.")
