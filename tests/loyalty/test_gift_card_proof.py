"""Gift cards of an engine are in the proof: their balance there is compared with the ledger and the card in Odoo."""

import requests

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...connectors.loyalty import GiftCardEngine
from .code_case import HEADERS, CodeCase


@tagged("post_install", "-at_install")
class TestGiftCardProof(CodeCase):
    """A gift card of 50, of which an order has used 30."""

    def setUp(self):
        super().setUp()
        self._gift_card()
        self.order = self._quotation_of(30)
        self.card = self._enter(self.order, "GIFT")
        self.order.action_confirm()

    def _prove(self):
        """Compare all balances; return what is open."""
        self._commit()
        self.env["retail.loyalty.difference"].action_prove()
        self._read()
        return self.env["retail.loyalty.difference"].search([("state", "=", "open")])

    def test_they_match(self):
        self._send()
        before = len(self.sandbox.requests())
        self.assertFalse(self._prove())
        asked = [(each["method"], each["path"]) for each in self.sandbox.requests()[before:]]
        self.assertEqual(asked, [("GET", "/v1/vouchers/GIFT")], "Nothing is locked.")

    def test_changed_at_the_engine(self):
        self._send()
        self._change_balance("GIFT", -500)
        found = self._prove()
        self.assertEqual((found.card_id, found.cause, found.correction), (self.card, "engine", "follow"))
        self.assertEqual(
            (found.points, found.balance, found.engine_balance, found.difference), (20, 20, 15, 5)
        )
        self.assertEqual((found.customer_name, found.holder_name), (False, self.card.display_name))
        found.action_follow_engine()
        self.assertEqual((self.card.points, found.state), (15, "corrected"))
        self.assertEqual([points for _kind, points, _balance in self._ledger(self.card)], [50, -30, -5])
        self.assertEqual(self._send(), 0)
        self.assertFalse(self._prove())

    def test_it_ends_by_itself(self):
        self._send()
        self._change_balance("GIFT", -500)
        found = self._prove()
        self._change_balance("GIFT", 500)
        self.assertFalse(self._prove())
        self.assertEqual(found.state, "resolved")

    def test_deleted_at_the_engine(self):
        self._send()
        url = f"{self.sandbox.url}/v1/vouchers/GIFT"
        requests.delete(url, headers=HEADERS, timeout=10).raise_for_status()
        found = self._prove()
        self.assertEqual((found.cause, found.correction, found.engine_balance), ("absent", "follow", 0))
        found.action_follow_engine()
        self.assertEqual(self.card.points, 0)
        self.assertFalse(self._prove())

    def test_what_the_engine_does_not_know_yet(self):
        self.assertFalse(self._prove())
        account = self.env["retail.loyalty.account"].search([("card_id", "=", self.card.id)])
        self.assertEqual((account.balance, account.remote_balance), (20, 50))
        self._change_balance("GIFT", 700)
        found = self._prove()
        self.assertEqual((found.balance, found.engine_balance), (20, 57))
        found.action_follow_engine()
        self.assertEqual(self.card.points, 27, "The engine has not heard of the order yet.")

    def test_used_since_it_was_read(self):
        self._send()
        self._change_balance("GIFT", -500)
        found = self._prove()
        order = self._quotation_of(10)
        self._enter(order, "GIFT")
        order.action_confirm()
        self._send()
        with self.assertRaisesRegex(UserError, "was used since its balance was read"):
            found.action_follow_engine()

    def test_the_engine_decides(self):
        self._send()
        self._change_balance("GIFT", -500)
        with self.assertRaisesRegex(UserError, "is a gift card of Points, which decides what it has"):
            self._prove().action_send_balance()

    def test_an_engine_that_is_away(self):
        self._send()
        self._change_balance("GIFT", -500)
        self.sandbox.fault(path="/v1/vouchers", status=503)
        self.assertFalse(self._prove())
        account = self.env["retail.loyalty.account"].search([("card_id", "=", self.card.id)])
        self.assertTrue(account.read_due_at, "It is read again soon.")

    def test_who_says_what_a_gift_card_has(self):
        said = {
            code: issubclass(provider.adapter, GiftCardEngine)
            for code, provider in self.env["retail.connector"]._providers().items()
        }
        self.assertEqual({code for code, is_said in said.items() if is_said}, {"voucherify"})
