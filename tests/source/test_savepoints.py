"""Promise 1 in parts of a transaction: what is rolled back with a savepoint of any kind has no event."""

from collections import Counter
from contextlib import closing, contextmanager, suppress

from odoo.sql_db import Savepoint, db_connect
from odoo.tests import tagged

from ...models.source.pending import pending, take_pending
from ..common import EventCase, ShopCase


class Stop(Exception):
    """Ends a savepoint."""


class SavepointOfItsOwn(Savepoint):
    """One that does not call Odoo's ``rollback``."""

    def rollback(self):
        self._cr.execute(f'ROLLBACK WORK TO "{self.name}" ;')


@tagged("post_install", "-at_install")
class TestSavepoints(ShopCase, EventCase):
    wanted = ("order.placed", "order.updated", "customer.created", "loyalty.adjusted")

    def setUp(self):
        super().setUp()
        self.order = self._quotation()
        self._forget_events()

    def _savepoint(self):
        return self.env.cr.savepoint(flush=False)

    def _confirm(self, order=None):
        """Confirm an order, and have it in the database."""
        (order or self.order).action_confirm()
        self.env.flush_all()

    @contextmanager
    def _rolled_back(self, savepoint):
        """Roll the block back. Odoo's ``assertRaises`` would have a flushing savepoint of its own around it."""
        with suppress(Stop), savepoint():
            yield
            raise Stop
        self.env.transaction.clear()  # as every user of savepoint(flush=False) has to
        self.assertEqual(self.order.state, "draft")

    def test_rolled_back(self):
        for kind, savepoint in {
            "flushing": self.env.cr.savepoint,
            "plain": self._savepoint,
            "of its own": lambda: SavepointOfItsOwn(self.env.cr),
        }.items():
            with self.subTest(kind):
                with self._rolled_back(savepoint):
                    self._confirm()
                self.assertEqual(self._sent(), [])

    def test_kept(self):
        for flush in (True, False):
            with self.subTest(flush=flush):
                order = self._quotation()
                with self.env.cr.savepoint(flush=flush):
                    self._confirm(order)
                self.assertEqual(self._sent(order), ["order.placed"])

    def test_confirmed_again(self):
        """The fact that was rolled back does not hide the same one that happens later."""
        with self._rolled_back(self._savepoint):
            self._confirm()
        self._confirm()
        self.order.client_order_ref = "PO 7"
        self.assertEqual(self._sent(self.order), ["order.placed"])

    def test_what_came_before_is_kept(self):
        """Even if it was inserted inside the savepoint, and rolled back there."""
        for inside in (self.env.flush_all, self.env.cr.flush):
            with self.subTest(inside.__qualname__):
                before, after = self._quotation(), self._quotation()
                self._confirm(before)
                with self._rolled_back(self._savepoint):
                    self._confirm()
                    inside()
                self._confirm(after)
                self.assertEqual(
                    [(self._sent(order)) for order in (before, self.order, after)],
                    [["order.placed"], [], ["order.placed"]],
                )

    def test_nested(self):
        """A released savepoint is a part of the one around it."""
        outside = self._partner()
        with self._rolled_back(self._savepoint):
            self._partner("Outer", "outer@example.com")
            with self._savepoint():
                self._confirm()
            with self.env.cr.savepoint():
                self._partner("Inner", "inner@example.com")
        self.assertEqual(self._events().mapped("res_id"), outside.ids)

    def test_inner_one(self):
        with self._savepoint():
            outer = self._partner()
            with self._rolled_back(self._savepoint):
                self._confirm()
            later = self._partner("Bo", "bo@example.com")
        self.assertEqual(self._events().mapped("res_id"), (outer + later).ids)

    def test_rolled_back_twice(self):
        """Odoo's invoices try a number, roll back, and try the next in the same savepoint."""
        with closing(self._savepoint()) as savepoint:
            for _attempt in range(2):
                self._confirm()
                savepoint.rollback()
                self.env.transaction.clear()
            kept = self._partner()
            self.env.flush_all()
            savepoint.close(rollback=False)
        self.assertEqual(self._sent(), ["customer.created"])
        self.assertEqual(self._events().res_id, kept.id)

    def test_sql(self):
        """Names are SQL's: without quotes in any case, and the innermost of the same name."""
        execute = self.env.cr.execute
        kept = self._partner()
        execute("SAVEPOINT Step")
        also_kept = self._partner("Bo", "bo@example.com")
        execute('SAVEPOINT "step"')
        self._confirm()
        execute("ROLLBACK TO STEP;")
        execute("RELEASE step")
        self.assertEqual(self._events().mapped("res_id"), (kept + also_kept).ids)
        execute("ROLLBACK TO SAVEPOINT step")
        self.assertEqual(self._events().mapped("res_id"), kept.ids)

    def test_sql_with_comments_and_other_statements(self):
        execute = self.env.cr.execute
        begin = (
            "SAVEPOINT step -- the first",
            "/* a /* b */ ; */ SAVEPOINT step /* ; b */;",
            "SAVEPOINT step; SELECT 1",
        )
        rolled_back = (
            "ROLLBACK TO step -- 'again'",
            "/* SAVEPOINT other; */ROLLBACK WORK TO SAVEPOINT step",
            "SELECT '; SAVEPOINT other', E'\\'; RELEASE step', $a$; RELEASE step$a$; ROLLBACK TO\"step\"; SELECT 1",
        )
        for started, ended in zip(begin, rolled_back, strict=True):
            with self.subTest(started=started, ended=ended):
                order = self._quotation()
                self.env.flush_all()
                execute(started)
                self._confirm(order)
                execute(ended)
                self.env.transaction.clear()
                self.assertEqual((order.state, self._sent(order)), ("draft", []))

    def test_points(self):
        """A balance that changes without a line in its history is an event of the whole transaction."""
        program = self.env["loyalty.program"].create({"name": "Club", "applies_on": "both"})
        card = self.env["loyalty.card"].create({"program_id": program.id, "partner_id": self.customer.id})
        card.points = 5
        self.env.flush_all()
        with self._rolled_back(self._savepoint):
            card.points = 500
            self.env.flush_all()
        card.points = 7
        self.assertEqual([event.details["points"] for event in self._events(card)], ["7"])

    def test_transaction(self):
        """What was captured before a rollback is not a part of the next transaction of the cursor."""
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            other = self.order.with_env(self.env(cr=cr))
            with cr.savepoint(flush=False):
                other.action_confirm()
                other.env.flush_all()
            cr.rollback()
            partner = other.env["res.partner"].create({"name": "Ann Lee"})
            cr.commit()  # pylint: disable=invalid-commit
            self.assertEqual(other.env["retail.event"].search([]).mapped("res_id"), partner.ids)

    def test_watched_no_longer_than_the_transaction(self):
        noticed = []
        with db_connect(self.env.cr.dbname).cursor() as cr:
            for end, expected in ((cr.commit, [Counter(a=1)]), (cr.rollback, [])):
                pending(cr, "test", Counter, lambda: noticed.append(take_pending(cr, "test")))["a"] += 1
                self.assertIn("execute", vars(cr))
                end()
                self.assertNotIn("execute", vars(cr))
                self.assertEqual(noticed, expected)
                noticed.clear()
