"""Codes of Talon.One: the hub alone holds them, and they are used when the order is paid."""

from odoo.tests import tagged

from .code_case import CodeCase
from .engines import TalonOne


@tagged("post_install", "-at_install")
class TestCodesTalonOne(CodeCase):
    remote = TalonOne

    def _coupon(self, **values):
        coupon = {"code": "TEA10", "percent": 10, **values}
        self.sandbox.configure("talon_one", coupons=[coupon])

    def _session(self, order):
        key = f"sale-{order.id}"
        return next(
            (each for each in self.sandbox.records("sessions", "talon_one") if each["integrationId"] == key),
            None,
        )

    def _prices(self, order):
        return [each["price"] for each in self._session(order)["cartItems"]]

    def test_from_the_dialog_to_the_payment(self):
        self._coupon()
        order = self._quotation_of()
        card = self._enter(order)
        self.assertEqual((order.amount_total, card.points), (90, 1))
        self.assertIsNone(self._session(order))
        self._pay(order)
        self._send()
        self.assertEqual(self._sent_codes(order), [("code.redeemed", "delivered")])
        session = self._session(order)
        self.assertEqual((session["state"], session["couponCodes"]), ("closed", ["TEA10"]))
        self.assertEqual(self._prices(order), [100])
        refusal = "Points refuses this code: it has been used as often as it can be"
        self.assertEqual(self._refused(self._quotation_of()), refusal)

    def test_an_order_that_is_cancelled(self):
        self._coupon()
        order = self._quotation_of()
        self._enter(order)
        order.action_confirm()
        self._send()
        self.assertEqual(self._session(order)["couponCodes"], ["TEA10"])
        order._action_cancel()
        self._send()
        self.assertEqual(
            self._sent_codes(order), [("code.redeemed", "delivered"), ("code.reversed", "delivered")]
        )
        self.assertEqual(self._session(order)["state"], "cancelled")
        self._enter(self._quotation_of())

    def test_held_by_the_hub_alone(self):
        self._coupon()
        first, second = self._quotation_of(), self._quotation_of()
        self._enter(first)
        used = "This code is being used in another order. Try again later."
        self.assertEqual(self._refused(second), used)
        first._action_cancel()
        self._enter(second)
        second.action_confirm()
        self._send()
        gone = "This code has been used already, or has nothing left."
        self.assertEqual(self._refused(self._quotation_of()), gone)

    def test_a_condition(self):
        self._coupon(min_total=150)
        refusal = "Points refuses this code: the order does not meet its conditions"
        self.assertEqual(self._refused(self._quotation_of()), refusal)
        order = self._quotation_of(150)
        self._enter(order)
        self.assertEqual(order.amount_total, 135)
