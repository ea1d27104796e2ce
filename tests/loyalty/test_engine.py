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
        line = card.history_ids.filtered("issued")
        self.assertEqual(line._retail_line_document(), order, "The member's history names it, too.")

    def test_orders_that_arrive_together(self):
        """The engine does not say which of them earned what: each has the points that fit its total."""
        card = self._card()
        self._send()
        for totals in ((116, 100), (100, 116), (7, 300, 42)):
            with self.subTest(totals=totals):
                orders = [self._paid_order(total) for total in totals]
                self._send()
                self._read_again()
                entries = self.env["retail.loyalty.entry"].search(
                    [("card_id", "=", card.id), ("order_id", "in", [each.id for each in orders])]
                )
                found = {entry.order_id: entry.points for entry in entries}
                expected = {order.id: total for order, total in zip(orders, totals, strict=True)}
                self.assertEqual(found, expected)

    def test_a_program_that_is_not_the_engines(self):
        """Others get its points. The engine gets those of its own programs, also if both change at once."""
        self.connector.action_activate()
        self.connector._add_flows(["loyalty.adjusted"], ["loyalty.adjusted"])
        other = self._create_program("House", retail_owner="odoo")
        values = {"partner_id": self.customer.id, "points": 5}
        cards = self.env["loyalty.card"].create(
            [{**values, "program_id": program.id} for program in (other, self.program, other)]
        )
        self.env.cr.flush()
        for card, receivers in zip(cards, ("Test", "both", "Test"), strict=True):
            deliveries = self._deliveries(card, event_type="loyalty.adjusted")
            expected = {"Test": self.connector, "both": self.connector | self.engine}[receivers]
            self.assertEqual(deliveries.connector_id, expected, receivers)

    def test_a_program_that_is_unlinked_meanwhile(self):
        card = self._card()
        self._send()
        card.points += 5
        self.env.cr.flush()
        self.program.write({"retail_connector_id": False, "retail_owner": "odoo"})
        self._send()
        [delivery] = self._deliveries(card, event_type="loyalty.adjusted", connector_id=self.engine.id)
        self.assertEqual((delivery.state, delivery.warning), ("cancelled", "Club is not linked to Points."))

    def test_the_job_that_reads_may_commit(self):
        """Tests call it themselves; queue_job refuses commits of jobs whose function does not say that they may."""
        functions = self.env["queue.job.function"]
        name = functions.job_function_name("retail.loyalty.reader", "_run")
        self.assertTrue(functions.job_config(name).allow_commit)


@tagged("post_install", "-at_install")
class TestOdooOwns(EngineCase):
    owner = "odoo"

    def test_the_engine_is_away_after_it_has_accepted_points(self):
        """They are not sent again: whoever asks what became of them goes on asking."""
        card = self._card()
        self._send()
        self.sandbox.configure(provider=self.remote.provider, processing_s=None)
        card.points += 12
        self._drain(self.engine)
        self.sandbox.fault(status=503, path="/v")
        [delivery] = self._deliveries(card, event_type="loyalty.adjusted")
        for _time in range(2):
            self._make_due(delivery)
            self._drain(self.engine)
        self.sandbox.faults_clear()
        self.env["retail.circuit"].sudo().search([]).unlink()
        self.sandbox.act("process", self.remote.provider)
        self._make_due(delivery)
        self._send()
        self.assertEqual((delivery.state, self._at_engine()), ("delivered", 12))

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
