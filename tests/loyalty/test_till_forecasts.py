"""A till says what an order would earn, if the engine does in time."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .engines import TalonOne
from .till_case import TillCase


class ForecastCase(TillCase):
    points = 0

    def _forecast(self, total=200, rewards=(), user=None):
        lines = [{"product_id": self.lamp.id, "quantity": 1, "total": total}]
        lines += [
            {"product_id": self.vase.id, "quantity": 1, "total": -each, "is_reward": True} for each in rewards
        ]
        with self.enter_registry_test_mode():
            return self._till(user).retail_forecast_points("U-1", self.customer.id, lines)


@tagged("post_install", "-at_install")
class TestTillForecasts(ForecastCase):
    def test_a_forecast_changes_nothing(self):
        self._send_due()
        self.assertEqual(self._forecast(), {self.club_card.id: 200})
        self.assertEqual(self._forecast(rewards=(30,)), {self.club_card.id: 170})
        self.assertEqual((self._at_engine(), self.sandbox.records("orders", "voucherify")), (0, []))

    def test_it_is_what_the_order_earns(self):
        self._send_due()
        self.assertEqual(self._forecast(total=116), {self.club_card.id: 116})
        self._paid_order(116)
        self._send_due()
        self._read_again()
        self.assertEqual(self.club_card.points, 116)

    def test_without_an_answer(self):
        """Somebody who is no member there yet, an engine that is slow, down, or paused."""
        self.assertEqual(self._forecast(), {})
        self._send_due()
        for fault in ({"latency": 2}, {"status": 503}):
            self.sandbox.fault(path="/v2/loyalties/examine", **fault)
            self.assertEqual(self._forecast(), {})
            self.sandbox.faults_clear()
        self.engine.action_pause()
        self.assertEqual(self._forecast(), {})

    def test_what_no_till_sends(self):
        for lines in ("x", [{}], [{"product_id": "x", "quantity": 1, "total": 1}], ["x"]):
            with self.assertRaises(ValidationError):
                self._till().retail_forecast_points("U-1", self.customer.id, lines)
        nobody = new_test_user(self.env, "nobody", "base.group_user")
        with self.assertRaises(AccessError):
            self._forecast(user=nobody)


@tagged("post_install", "-at_install")
class TestTillForecastsTalonOne(ForecastCase):
    remote = TalonOne

    def test_a_forecast_changes_nothing(self):
        self._send_due()
        self.assertEqual(self._forecast(), {self.club_card.id: 200})
        self.assertEqual(self._forecast(rewards=(30,)), {self.club_card.id: 170})
        self.assertEqual((self._at_engine(), self.sandbox.records("sessions", "talon_one")), (0, []))
