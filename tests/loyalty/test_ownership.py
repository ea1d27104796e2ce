"""Switching the owner of points begins with a comparison, and ends with the same balances on both sides."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .engine_case import PROGRAM, EngineCase

MANAGER = "base.group_user,sales_team.group_sale_manager,retail_hub.group_manager"


@tagged("post_install", "-at_install")
class TestOwnership(EngineCase):
    owner = "odoo"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "owner_manager", MANAGER)
        cls.program.rule_ids = [(5,), (0, 0, {"reward_point_mode": "money", "reward_point_amount": 1})]
        cls.rule = cls.program.rule_ids

    def _dialog(self, **values):
        dialogs = self.env["retail.loyalty.owner"].with_user(self.manager)
        action = self.program.with_user(self.manager).action_retail_owner()
        with Form(dialogs.browse(action["res_id"])) as form:
            for name, value in values.items():
                form[name] = value
        return dialogs.browse(action["res_id"])

    def _member(self, name, points):
        """Return the card of a customer who has points in Odoo and at the engine."""
        card = self._card(self._partner(name, f"{name}@example.com"), points)
        self._send()
        return card

    def _unlinked(self):
        self.program.write({"retail_connector_id": False, "retail_remote_program": False})

    def test_link_compare_and_switch(self):
        self._unlinked()
        here = self._card(points=40)
        dialog = self._dialog(engine_id=self.engine, remote_program=PROGRAM)
        self.assertFalse(dialog.is_linked)
        dialog.action_compare()
        dialog.invalidate_recordset()
        self.assertEqual((dialog.is_linked, dialog.card_count, dialog.unread_count), (True, 1, 1))
        with self.assertRaisesRegex(UserError, "1 of 1 cards were not compared"):
            dialog.action_switch()
        self._read()
        dialog.invalidate_recordset()
        self.assertEqual((dialog.unread_count, dialog.stranger_count), (0, 1))
        self.assertEqual(dialog.effect, "40.00 points are added and 0.00 points removed in Points.")
        dialog.action_switch()
        self.assertEqual(self.program.retail_owner, "engine")
        self._send()
        self._read_again()
        self.assertEqual((here.points, self._at_engine()), (40, 40))
        self.assertEqual(self._ledger(here), [("adjust", 40, 40)])

    def test_a_program_that_the_engine_does_not_have(self):
        self._unlinked()
        for values in ({"remote_program": "lprg_0"}, {"remote_program": PROGRAM, "remote_wallet": "lcdef_0"}):
            with self.assertRaisesRegex(UserError, "Points has no loyalty program with the ID"):
                self._dialog(engine_id=self.engine, **values).action_compare()
        self.assertFalse(self.program.retail_connector_id)
        self.sandbox.fault(status=503, path="/v2/loyalties")
        with self.assertRaisesRegex(UserError, "Points cannot be asked for its programs now."):
            self._dialog(engine_id=self.engine, remote_program=PROGRAM).action_compare()
        self.sandbox.faults_clear()

    def test_pending_points_keep_the_owner(self):
        """An engine knows nothing of what is pending in Odoo. Afterwards, there are no lots of Odoo's."""
        card = self._member("ann", 10)
        self.program.retail_pending_days = 14
        order = self._quotation_of(20, card.partner_id)
        order._update_programs_and_rewards()
        order.action_confirm()
        self._send()
        self._read_again()
        with self.assertRaisesRegex(UserError, "still pending"):
            self._dialog(owner="engine").action_switch()
        lots = self.env["retail.loyalty.lot"]
        lots.search([("state", "=", "pending")]).available_on = "2020-01-01"
        self.assertEqual(lots._mature(10), 1)
        self.assertEqual(card.points, 30)
        self._send()
        self._read_again()
        self._dialog(owner="engine").action_switch()
        self.assertFalse(self.program.retail_has_lots)
        self.assertFalse(lots.search([("program_id", "=", self.program.id)]))

    def test_rules_of_odoo_rest_while_the_engine_decides(self):
        self._member("ann", 10)
        self._read_again()
        self._dialog(owner="engine").action_switch()
        placeholder = self.program.rule_ids
        self.assertEqual((placeholder.retail_is_placeholder, self.rule.active), (True, False))
        self._read_again()
        self._dialog(owner="odoo").action_switch()
        self.assertEqual((self.program.rule_ids, self.program.retail_owner), (self.rule, "odoo"))

    def test_the_balances_of_the_engine_count(self):
        card = self._member("ann", 10)
        self.env.cr.execute("UPDATE retail_loyalty_account SET balance = 25 WHERE card_id = %s", [card.id])
        self.env["retail.loyalty.account"].invalidate_model()
        card._retail_set_points(25)
        self._read_again()
        dialog = self._dialog(owner="engine", balances_of="engine")
        self.assertEqual(dialog.different_count, 1)
        self.assertEqual(dialog.effect, "0.00 points are added and 15.00 points removed in Odoo.")
        dialog.balances_of = "odoo"
        self.assertEqual(dialog.effect, "15.00 points are added and 0.00 points removed in Points.")
        dialog.balances_of = "engine"
        dialog.action_switch()
        self.assertEqual((card.points, self._at_engine(), self._send()), (10, 10, 0))

    def test_only_managers_of_the_hub(self):
        clerk = new_test_user(self.env, "owner_clerk", "base.group_user,sales_team.group_sale_manager")
        with self.assertRaises(AccessError):
            self.program.with_user(clerk).action_retail_owner()

    def test_a_program_without_an_id(self):
        with self.assertRaisesRegex(ValidationError, "Enter the ID"):
            self.program.retail_remote_program = False

    def test_gift_cards_cannot_be_linked(self):
        with self.assertRaisesRegex(ValidationError, "only loyalty cards"):
            self._create_program(
                "Gifts",
                program_type="gift_card",
                applies_on="future",
                retail_connector_id=self.engine.id,
                retail_remote_program="lprg_1",
            )
