"""What could not be booked stops no sale and no return: it is listed for a person, and is booked again."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .code_case import add_voucher
from .test_returns_at_the_till import ReturnsCase
from .test_returns_of_orders import CreditCase
from .test_till_codes import TillCodeCase

LOGGER = "odoo.addons.retail_hub.models.loyalty.failure"
SECRET = "ann@example.com"


class FailureCase:
    """Mixed into cases of tills and of orders."""

    @contextmanager
    def _failing(self, model, method, *, errors=1):
        """Have a method fail, as an override of another module may; so many errors are logged, without values."""
        fail = patch.object(self.env.registry[model], method, side_effect=ValueError(SECRET))
        with fail, self.assertLogs(LOGGER, "ERROR") as logs:
            yield
        self.assertEqual(len(logs.output), errors)
        self.assertNotIn(SECRET, "".join(logs.output))

    def _found(self, state="open"):
        """Return (cause, card, document, what is proposed) of the differences."""
        found = self.env["retail.loyalty.difference"].search([("state", "=", state)], order="id")
        return [(each.cause, each.card_id, each.document_name, each.correction) for each in found]

    def _book_again(self, user=None):
        """Click Book Again; return the kind of the answer."""
        found = self.env["retail.loyalty.difference"].search([("state", "=", "open")])
        answer = found.with_user(user or self.env.user).action_book_again()
        self.env.invalidate_all()
        return answer["params"]["type"]

    def _prove(self):
        self.env["retail.loyalty.difference"].sudo()._cron_prove()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestFailuresAtTheTill(FailureCase, TillCodeCase):
    def test_points_that_are_not_taken(self):
        with self._failing("retail.loyalty.hold", "_spend"):
            order = self._redeem(80, uuid="U-1")
        found = [("redeemed", self.club_card, order.display_name, "again")]
        self.assertEqual((order.state, self._available(), self._found()), ("paid", (100, 0), found))
        self.assertEqual(
            self.env["retail.loyalty.difference"].search([]).action_open_document()["res_id"], order.id
        )
        clerk = new_test_user(self.env, "failure_clerk", "base.group_user,retail_hub.group_user")
        with self._failing("retail.loyalty.hold", "_spend"):
            self.assertEqual(self._book_again(clerk), "danger")
        self.assertEqual(self._found(), found)
        self.assertEqual(self._book_again(clerk), "success")
        self.assertEqual((self._found(), self._found("corrected")), ([], found))
        self.assertEqual(self.env["retail.loyalty.difference"].search([]).ended_by_id, clerk)
        self.assertEqual(self._booked(), [("redeem", -80, 20)])

    def test_once(self):
        """However often it fails, it is listed once, and however often it is booked, it is booked once."""
        with self._failing("retail.loyalty.hold", "_spend", errors=3):
            order = self._redeem(80, uuid="U-1")
            order._retail_take_points()
            self._prove()
        self.assertEqual(len(self._found()), 1)
        order._retail_take_points()
        for _night in range(2):
            self._prove()
        self.assertEqual((self._found(), len(self._found("resolved"))), ([], 1))
        self.assertEqual(self._booked(), [("redeem", -80, 20)])

    def test_a_code_that_is_not_used_up(self):
        add_voucher(self.sandbox)
        card, _problem = self._ask()
        with self._failing("retail.loyalty.hold", "_spend"):
            order = self._use(card, 20)
        self.assertEqual(self._found(), [("code", card, order.display_name, "again")])
        self.assertEqual(self._ledger(card), [("adjust", 1, 1)])
        self._prove()
        self.assertEqual((self._found(), len(self._found("resolved"))), ([], 1))
        self.assertEqual(self._ledger(card), [("adjust", 1, 1), ("redeem", -1, 0)])
        self._send_due()
        self.assertIn(("code.redeemed", "delivered"), self._code_events(order))

    def test_shares_of_redeemed_points(self):
        """The points are taken, and only what a return would give back is missing."""
        with self._failing("retail.loyalty.share", "_count"):
            order = self._redeem(80, uuid="U-1")
        self.assertEqual(self._booked(), [("redeem", -80, 20)])
        self.assertEqual(self._found(), [("shared", self.club_card, order.display_name, "again")])
        self._prove()
        shares = self.env["retail.loyalty.share"].search([("order_id", "=", order.id)])
        self.assertEqual((sum(shares.mapped("spent")), self._found()), (80, []))

    def test_a_deleted_order(self):
        with self._failing("retail.loyalty.hold", "_spend"):
            order = self._redeem(80, uuid="U-1")
        self.env.cr.execute("DELETE FROM pos_order WHERE id = %s", [order.id])
        self.env.invalidate_all()
        self._prove()
        self.assertEqual((self._found(), self._booked()), ([], []))

    def test_nothing_to_book(self):
        self._redeem(130, uuid="U-1")
        with self.assertRaises(UserError):
            self._book_again()


@tagged("post_install", "-at_install")
class TestFailuresOfReturns(FailureCase, ReturnsCase):
    def test_points_of_a_return(self):
        order = self._sold([(self.pen, 3)], earned=30)
        with self._failing("retail.loyalty.share", "_book_returns"):
            refund = self._take_back((order.lines, 1))
        self.assertEqual((refund.state, self._booked(refund)), ("paid", []))
        self.assertEqual(self._found(), [("returned", self.card, refund.display_name, "again")])
        self.assertEqual(self._book_again(), "success")
        self.assertEqual((self._booked(refund), self._found()), ([("reverse", -10)], []))
        self._assert_proved()

    def test_the_next_return_makes_up_for_it(self):
        """What is listed ends by itself, and books nothing again."""
        order = self._sold([(self.pen, 3)], earned=30)
        with self._failing("retail.loyalty.share", "_book_returns"):
            refund = self._take_back((order.lines, 1))
        self.assertEqual(self._booked(self._take_back((order.lines, 1))), [("reverse", -20)])
        self._prove()
        self.assertEqual((self._booked(refund), self._found()), ([], []))
        self._assert_proved()

    def test_points_per_line(self):
        """Until they are recorded, a return reverses nothing; then it is made up for."""
        with self._failing("retail.loyalty.share", "_count"):
            order = self._sold([(self.pen, 3)], earned=30)
        self.assertEqual(self._found(), [("shared", self.card, order.display_name, "again")])
        refund = self._take_back((order.lines, 1))
        self.assertEqual(self._booked(refund), [])
        self._prove()
        self.assertEqual((self._booked(refund), self._found()), ([("reverse", -10)], []))
        self._assert_proved()


@tagged("post_install", "-at_install")
class TestFailuresOfOrders(FailureCase, CreditCase):
    def test_points_per_line(self):
        with self._failing("retail.loyalty.share", "_count"):
            order = self._ordered(3)
        self.assertEqual((order.state, self.card.points), ("sale", 71.5))
        self.assertEqual(self._found(), [("shared", self.card, order.display_name, "again")])
        self._prove()
        self._credit(self._bill(order), {self.product: 1})
        self.assertEqual((self._since(2), self._found()), ([("reverse", -20.5)], []))

    def test_a_credit_note_with_points_that_were_deducted(self):
        """Those were paid for: booked again, they are not taken from the card, too."""
        self.program.retail_spent_points = "deduct"
        self.program.reward_ids.write(
            {"reward_type": "discount", "discount_mode": "per_point", "discount": 0.1, "required_points": 1}
        )
        order = self._ordered(3)
        self.card.points = 11.5
        before = len(self._booked(self.card))
        draft = self._draft_credit_note(self._bill(order))
        with self._failing("retail.loyalty.share", "_book_returns"):
            draft.action_post()
        self.assertEqual((draft.state, self._since(before)), ("posted", []))
        self.assertEqual(self._found(), [("returned", self.card, draft.display_name, "again")])
        self.assertEqual(self._book_again(), "success")
        self.assertEqual((self._since(before), self._found()), ([("reverse", -11.5)], []))
