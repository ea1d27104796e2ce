"""What differs between Odoo and a loyalty engine is found when a balance is read, and can be corrected either way."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .engine_case import EngineCase


@tagged("post_install", "-at_install")
class TestEngineDifference(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "engine_clerk", "base.group_user,retail_hub.group_user")
        cls.manager = new_test_user(cls.env, "engine_manager", "base.group_user,retail_hub.group_manager")

    def setUp(self):
        super().setUp()
        self.card = self._card()
        self._paid_order()
        self._send()
        self._read()

    def _found(self):
        return self.env["retail.loyalty.difference"].search([("card_id", "=", self.card.id)])

    def _lose(self):
        """The engine goes back to a backup from before the order."""
        self.sandbox.act("restore", "voucherify")
        self._read_again()
        return self._found()

    def test_both_have_the_same(self):
        self.assertEqual(self.card.points, 100)
        self.assertFalse(self._found())

    def test_an_engine_from_a_backup(self):
        self.sandbox.act("back_up", "voucherify")
        self._paid_order(price=50)
        self._send()
        self._read_again()
        self.assertEqual(self.card.points, 150)
        found = self._lose()
        self.assertEqual((found.balance, found.engine_balance, found.difference), (150, 100, 50))
        self.assertEqual((found.cause, found.correction, found.state), ("restored", "send", "open"))
        found.with_user(self.manager).action_send_balance()
        self._send()
        self._read_again()
        self.assertEqual((self.card.points, self._at_engine()), (150, 150))
        self.assertEqual((found.state, self._found()), ("corrected", found))

    def test_take_the_balance_of_the_engine(self):
        self.sandbox.act("back_up", "voucherify")
        self._paid_order(price=50)
        self._send()
        self._read_again()
        found = self._lose()
        found.with_user(self.manager).action_follow_engine()
        self.assertEqual((self.card.points, self._ledger(self.card)[-1]), (100, ("adjust", -50, 100)))
        self.assertEqual(self._send(), 0)
        self._read_again()
        self.assertEqual(self._found().mapped("state"), ["corrected"])

    def test_more_than_a_clerk_may_correct(self):
        self.sandbox.act("back_up", "voucherify")
        self._paid_order(price=50)
        self._send()
        self._read_again()
        found = self._lose()
        with self.assertRaisesRegex(AccessError, "manager"):
            found.with_user(self.clerk).action_follow_engine()
        self.env.company.retail_loyalty_limit = 50
        found.with_user(self.clerk).action_follow_engine()
        self.assertEqual(self.card.points, 100)

    def test_what_is_on_its_way_is_no_difference(self):
        self.card.points -= 30
        self._read_again()
        self.assertFalse(self._found())
        self._send()
        self._read_again()
        self.assertFalse(self._found())
        self.assertEqual(self._at_engine(), 70)

    def test_it_ends_by_itself(self):
        self.sandbox.act("back_up", "voucherify")
        self._paid_order(price=50)
        self._send()
        self._read_again()
        found = self._lose()
        self.card._retail_change_points("loyalty.adjusted", 0)
        self.env["retail.loyalty.account"].sudo()._of(self.card)._send_change(50, "By hand")
        self._send()
        self._read_again()
        self.assertEqual(found.state, "resolved")

    def test_each_night_all_balances_are_read(self):
        self.sandbox.act("back_up", "voucherify")
        self._paid_order(price=50)
        self._send()
        self._read_again()
        self.sandbox.act("restore", "voucherify")
        self.env["retail.loyalty.difference"]._cron_prove()
        self.assertEqual(self._read(), 1)
        self.assertEqual(self._found().cause, "restored")
        self.assertEqual(self._read(), 0, "Once, although the engine has something new.")
