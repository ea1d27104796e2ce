"""A till that was offline for eight hours sends its orders: holds have expired, and others sold to its customer."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .till_case import TillCase

HOURS = 8


@tagged("post_install", "-at_install")
class TestTillAway(TillCase):
    def setUp(self):
        super().setUp()
        self.program.retail_offline_limit = 30

    def _pass(self, hours):
        """Let so many hours pass."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE retail_loyalty_hold SET held_until = held_until - make_interval(hours => %s)", [hours]
        )
        self.env.invalidate_all()
        self.env["retail.loyalty.hold"].sudo()._expire()

    def _sold_offline(self, points, uuid, shown=100):
        """Return what the till that is away sends at last: a lamp, and a redemption."""
        at = fields.Datetime.now() - timedelta(hours=HOURS)
        claim = {"points": points, "shown": shown, "read_at": str(at), "offline": True}
        lines = [self._lamp(), self._redeeming(points)]
        payments = [(self.bank_pm1, 200 - points)]
        payload = self._payload(lines, payments, customer=self.customer, uuid=uuid)
        return {**payload, "retail_loyalty_claims": {str(self.club_card.id): claim}}

    def _lamp(self, quantity=1, **values):
        price = {"price_unit": 200, "price_subtotal": 200 * quantity, "price_subtotal_incl": 200 * quantity}
        return {"product": self.lamp, "quantity": quantity, "tax_ids": [], **price, **values}

    def _differences(self):
        found = self.env["retail.loyalty.difference"].search([("state", "=", "open")], order="id")
        return [(each.cause, each.short) for each in found]

    def _assert_proved(self):
        self._send_due()
        self.sandbox.act("process", "voucherify")
        self._read()
        self.club_card.invalidate_recordset()
        self.assertFalse(self.env["retail.loyalty.proof"]._differences())
        self.assertEqual(self.club_card.points, self.remote.points(self.sandbox))

    def test_eight_hours(self):
        """Its points are taken once, within the limit, although its hold has expired and the balance has moved on."""
        self._hold("U-1", 20)
        self._pass(HOURS)
        self.assertEqual(self._available(), (100, 0))
        self._hold("V-1", 70)
        self._redeem(70, uuid="V-1")
        sent = [self._sold_offline(20, "U-1"), self._sold_offline(10, "U-2", shown=80)]
        for _time in range(2):
            for each in sent:
                self._send(each)
        self.assertEqual(self._booked(), [("redeem", -70, 30), ("redeem", -20, 10), ("redeem", -10, 0)])
        self.assertEqual((self._available(), self._differences()), ((0, 0), []))
        self.assertEqual(
            [(uuid, state, spent) for uuid, state, _points, spent in self._holds()],
            [("U-1", "committed", 20), ("V-1", "committed", 70), ("U-2", "committed", 10)],
        )
        self._assert_proved()

    def test_the_points_are_taken_meanwhile(self):
        """What is overdrawn is what was redeemed offline, at most the limit, and a person sees it."""
        self._pass(HOURS)
        self._hold("V-1", 100)
        self._redeem(100, uuid="V-1")
        self._send(self._sold_offline(30, "U-1"))
        self.assertEqual(self._booked(), [("redeem", -100, 0), ("redeem", -30, -30)])
        self.assertEqual(self._differences(), [("overdraft", 30)])
        refused = self._hold("V-2", 1)["refused"]
        self.assertEqual((refused["card_id"], refused["available"]), (self.club_card.id, 0))
        self.assertEqual(self._held_offline("V-3"), 0, "The limit of the day is used up.")

    def _held_offline(self, uuid):
        """Return what another till that loses its engine could still hold for the customer today."""
        self._know_balance(ago=3_600)
        self.club_card.points += 200
        refused = self._hold(uuid, 30)["refused"]
        return refused["available"]
