"""A till shows what the engine says now, or, with its age, what it said before; it never waits long."""

import time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .till_case import TillCase


@tagged("post_install", "-at_install")
class TestTillBalances(TillCase):
    points = 0

    def setUp(self):
        super().setUp()
        self._paid_order(100)
        self._send_due()
        self.sandbox.act("process", "voucherify")

    def _balances(self, order_uuid=None):
        """Return the values of the only card, whether they are live, and the seconds that it took."""
        started_at = time.monotonic()
        answer = self._read_balances(self.customer.id, order_uuid)
        [card] = answer["loyalty.card"]
        return card, answer["live"] == [card["id"]], time.monotonic() - started_at

    def test_live(self):
        card, is_live, _seconds = self._balances()
        self.assertTrue(is_live)
        self.assertEqual(
            (card["id"], card["points"], card["retail_held"], card["retail_pending"], card["partner_id"]),
            (self.club_card.id, 100, 0, 0, self.customer.id),
        )
        self.assertEqual(self._ledger(self.club_card), [("earn", 100, 100)])
        self.assertTrue(self._know_balance()._is_fresh())

    def test_held_by_others(self):
        self._balances()
        self._hold("U-1", 30)
        self._hold("U-2", 20)
        self.assertEqual(self._balances()[0]["retail_held"], 50)
        self.assertEqual(self._balances("U-1")[0]["retail_held"], 20)

    def test_slow(self):
        """An engine that takes two seconds is not waited for."""
        self._know_balance(ago=3600)
        read_at = self.club_card.retail_read_at
        self.sandbox.fault(latency=2, path="/v")
        card, is_live, seconds = self._balances()
        self.assertFalse(is_live)
        self.assertEqual((card["points"], card["retail_read_at"]), (0, read_at))
        self.assertLess(seconds, 0.5)

    def test_down(self):
        self.sandbox.fault(status=503, path="/v")
        self.assertFalse(self._balances()[1])
        self.sandbox.faults_clear()
        self.assertTrue(self._balances()[1])

    def test_known_to_be_down(self):
        """While its circuit is open, the engine is not called."""
        self.engine.sudo()._throttle(60)
        before = self.sandbox.request_count()
        self.assertFalse(self._balances()[1])
        self.assertEqual(self.sandbox.request_count(), before)

    def test_paused(self):
        self.engine.action_pause()
        self.assertFalse(self._balances()[1])

    def test_no_card(self):
        bob = self.env["res.partner"].create({"name": "Bob"})
        for customer_id in (bob.id, 0):
            answer = self._read_balances(customer_id)
            self.assertEqual((answer["loyalty.card"], answer["live"]), ([], []))

    def test_enroll(self):
        """Once, with where the customer agreed."""
        bob = self.env["res.partner"].create({"name": "Bob"})
        for _time in range(2):
            [card] = self._till().retail_enroll(bob.id, self.program.id)["loyalty.card"]
        cards = self.env["loyalty.card"].search([("partner_id", "=", bob.id)])
        self.assertEqual((cards.ids, card["points"], card["partner_id"]), ([card["id"]], 0, bob.id))
        self.assertEqual(cards.retail_consent_source, self.config.name)
        local = self._create_program("Local", retail_owner="odoo")
        for customer_id, program_id in ((bob.id, local.id), (0, self.program.id), (bob.id, 0)):
            with self.assertRaises(UserError):
                self._till().retail_enroll(customer_id, program_id)

    def test_what_a_till_loads(self):
        """The cards of the customers that it loads, so that it knows their balances without a network."""
        self._balances()
        data = {"res.partner": [{"id": self.customer.id}]}
        cards = (
            self.env["loyalty.card"].with_user(self.cashier)._load_pos_data_search_read(data, self._till())
        )
        self.assertEqual([(card["id"], card["points"]) for card in cards], [(self.club_card.id, 100)])
        programs = self.env["loyalty.program"].with_user(self.cashier)
        [program] = programs._load_pos_data_read(programs.browse(self.program.id), self._till())
        self.assertEqual((program["retail_engine_owned"], program["retail_offline_limit"]), (True, 0))
        self.program.retail_owner = "odoo"
        self.assertEqual(self.env["loyalty.card"]._load_pos_data_search_read(data, self._till()), [])
