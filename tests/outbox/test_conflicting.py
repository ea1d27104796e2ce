"""A failure that is about another record leads there: by its name, for those who may read it, and for nobody else."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..common import RetailCase


@tagged("post_install", "-at_install")
class TestConflicting(RetailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "clerk", "base.group_user,retail_hub.group_user")

    def setUp(self):
        super().setUp()
        # As records are that cannot be duplicates of each other.
        self.patch(self.env.registry["res.partner"], "_retail_may_share", False)
        self.first = self._partner("First")
        self.second = self._partner("Second")
        self._drain()
        self.dead = self._deliveries(self.second)
        if self.dead.state != "dead":
            self._make_due(self.dead)
            self._drain()

    def _hide_first(self):
        """Let nobody of the hub read the first customer."""
        self.env["ir.rule"].create(
            {
                "name": "Hidden",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "domain_force": f"[('id', '!=', {self.first.id})]",
                "groups": [(4, self.env.ref("retail_hub.group_user").id)],
            }
        )
        # Rules of groups add up: this one must be the only one of the user's groups.
        self.clerk.group_ids = self.env.ref("retail_hub.group_user")

    def _screens(self, user):
        """Return the failed event, its cause and its repair, as the user sees them."""
        dead = self.dead.with_user(user)
        group = self.env["retail.error.group"].with_user(user)
        action = dead.action_repair()
        wizard = self.env[action["res_model"]].with_user(user).browse(action["res_id"])
        return dead, group.search([("error_code", "=", "SHARED_KEY")]), wizard

    def test_the_other_record_is_named_and_opened(self):
        for screen in self._screens(self.clerk):
            with self.subTest(screen._name):
                self.assertEqual(screen.conflicts_with, f"res.partner,{self.first.id}")
                self.assertEqual((screen.conflict_name, screen.can_open_conflict), ("First", True))
                action = screen.action_open_conflict()
                self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", self.first.id))

    def test_who_may_not_read_it_learns_no_personal_data(self):
        self._hide_first()
        for screen in self._screens(self.clerk):
            with self.subTest(screen._name):
                expected = ("F***", False)
                self.assertEqual((screen.conflict_name, screen.can_open_conflict), expected)
                with self.assertRaisesRegex(UserError, "deleted, or you are not allowed to read it"):
                    screen.action_open_conflict()
        self.assertEqual(self.dead.conflict_name, "First")  # for the admin, in the same transaction

    def test_stored_texts_do_not_name_it(self):
        """They outlive an erased record."""
        self.assertNotIn("First", self.dead.error_message)
        self.assertNotIn("First", self.dead.conflicts_with)

    def test_a_deleted_record(self):
        self.first.unlink()
        self.env.invalidate_all()
        self.assertEqual((self.dead.conflict_name, self.dead.can_open_conflict), ("F***", False))

    def test_it_is_forgotten_when_the_event_arrives(self):
        self.second.email = "second@example.com"
        self._drain()
        self.assertEqual(self._deliveries(self.second)[-1].state, "delivered")
        self.assertFalse(self._deliveries(self.second)[-1].conflicts_with)

    def test_repair_names_what_stands_in_the_way_now(self):
        """The event failed for another reason; the dry run finds the shared key."""
        self.dead.sudo().write({"conflicts_with": False, "error_code": "INVALID_ZIP"})
        action = self.dead.action_repair()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((wizard.status, wizard.conflict_name), ("unbuilt", "First"))

    def test_other_failures_have_none(self):
        other = self._partner("Third", False)
        self._drain()
        failed = self._deliveries(other)
        self.assertEqual((failed.state, failed.conflicts_with, failed.conflict_name), ("dead", False, False))
        with self.assertRaisesRegex(UserError, "deleted, or you are not allowed"):
            failed.action_open_conflict()
