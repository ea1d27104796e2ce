"""A loyalty engine owns points: orders go out, and balances come back, each change once."""

from datetime import timedelta

from odoo.tests import tagged

from .engine_case import EngineCase
from .engine_faults import EngineFaults, VoucherifyFaults
from .engine_story import EngineStory


@tagged("post_install", "-at_install")
class TestEngineOwns(EngineStory, EngineFaults, VoucherifyFaults, EngineCase):
    """Voucherify: points are booked some seconds after the order, and the hub takes back those of parts of orders."""

    def test_points_of_an_order_whose_arrival_is_not_recorded_yet(self):
        """They wait for the order: read at once, they would be of none."""
        card = self._card()
        self._send()
        order = self._paid_order()
        self._send()
        delivery = self._deliveries(order, event_type="order.paid", connector_id=self.engine.id)
        finished_at = delivery.finished_at
        delivery.sudo().write({"state": "in_flight", "finished_at": False})
        self._read_again()
        self.assertEqual(self._ledger(card), [])
        delivery.sudo().write({"state": "delivered", "finished_at": finished_at + timedelta(minutes=1)})
        self._read_again()
        entry = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)])
        self.assertEqual((entry.points, entry.order_model, entry.order_id), (100, "sale.order", order.id))

    def test_the_job_that_reads_may_commit(self):
        """Tests call it themselves; queue_job refuses commits of jobs whose function does not say that they may."""
        functions = self.env["queue.job.function"]
        name = functions.job_function_name("retail.loyalty.reader", "_run")
        self.assertTrue(functions.job_config(name).allow_commit)


@tagged("post_install", "-at_install")
class TestOdooOwns(EngineCase):
    owner = "odoo"

    def test_each_change_is_pushed(self):
        card = self._card(points=30)
        self._send()
        card.points += 12
        self._send()
        self.assertEqual(self._at_engine(), 42)
        self.assertEqual(self._read_again(), 1, "What Odoo changed was booked: it is not read again.")
        self.assertEqual(self._ledger(card), [("adjust", 30, 30), ("adjust", 12, 42)])
        account = self.env["retail.loyalty.account"].search([("card_id", "=", card.id)])
        self.assertEqual((account.remote_balance, account.read_due_at), (42, False))
