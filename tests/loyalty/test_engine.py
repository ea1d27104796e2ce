"""A loyalty engine owns points: orders go out, and balances come back, each change once."""

import requests

from odoo.tests import tagged

from .engine_case import EngineCase


@tagged("post_install", "-at_install")
class TestEngineOwns(EngineCase):
    def test_from_the_order_to_the_balance(self):
        card = self._card()
        order = self._paid_order()
        self._send()
        self._read()
        self.assertEqual((card.points, self._at_engine()), (100, 100))
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])
        entry = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)])
        self.assertEqual((entry.order_model, entry.order_id), ("sale.order", order.id))
        self.assertEqual(entry.order_name, order.name)
        self.assertEqual([(each.issued, each.used) for each in card.history_ids if each.issued], [(100, 0)])
        self.assertFalse(self.env["retail.loyalty.proof"]._differences())

    def test_a_change_of_the_engine_is_not_sent_back(self):
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        self.assertEqual(self._send(), 0)
        changes = self.env["retail.event"].search(
            [("res_model", "=", "loyalty.card"), ("res_id", "=", card.id)]
        )
        self.assertEqual(changes.mapped("event_type"), ["loyalty.enrolled"])

    def test_read_again_changes_nothing(self):
        card = self._card()
        self._paid_order()
        self._send()
        for _time in range(3):
            self._read_again()
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])

    def test_points_that_are_booked_later(self):
        """The order is at the engine at once; the points come when the engine has processed it."""
        card = self._card()
        self.sandbox.configure("voucherify", processing_s=None)
        self._paid_order()
        self._send()
        self._read()
        self.assertEqual(card.points, 0)
        account = self.env["retail.loyalty.account"].search([("card_id", "=", card.id)])
        self.assertTrue(account.read_due_at)
        self.sandbox.act("process", "voucherify")
        self._read_again()
        self.assertEqual(card.points, 100)
        self.assertFalse(account.read_due_at)

    def test_what_odoo_redeems_is_booked_once(self):
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        card.env["loyalty.history"].create(
            {
                "card_id": card.id,
                "description": "Reward",
                "used": 80,
                "order_model": order._name,
                "order_id": order.id,
            }
        )
        card.points -= 80
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (20, 20))
        self.assertEqual(self._ledger(card), [("earn", 100, 100), ("redeem", -80, 20)])

    def test_a_customer_who_was_a_member_before(self):
        """What they had is the opening; what the engine books later is not a part of it."""
        card = self._card()
        self._send()
        [member] = self.sandbox.records("members", "voucherify")
        self._adjust(member, 250)
        self._read()
        self.assertEqual(self._ledger(card), [("adjust", 250, 250)])

    def _adjust(self, member, points):
        self.sandbox.configure("voucherify", processing_s=0)
        [card] = self.sandbox.records("cards", "voucherify")
        path = (
            f"/v2/loyalties/programs/{member['program_id']}/members/{member['id']}/cards/{card['id']}/points"
        )
        headers = {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}
        response = requests.post(
            self.sandbox.url + path, timeout=10, json={"points": points}, headers=headers
        )
        self.assertEqual(response.status_code, 200, response.text)

    def test_other_cards_and_orders_of_nobody_stay_here(self):
        program = self._create_program("Local", retail_owner="odoo")
        card = self.env["loyalty.card"].create({"program_id": program.id, "partner_id": self.customer.id})
        card.points = 7
        self.assertFalse(self._deliveries(card, connector_id=self.engine.id))
        self.assertEqual(card.points, 7)

    def test_a_late_rejection_is_a_dead_letter(self):
        card = self._card(points=0)
        self._send()
        card.points -= 50
        self._send()
        [delivery] = self._deliveries(card, event_type="loyalty.adjusted")
        self.assertEqual((delivery.state, delivery.error_code), ("dead", "NOT_ENOUGH_BALANCE"))

    def test_the_job_that_reads_may_commit(self):
        """Tests call it themselves; queue_job refuses commits of jobs whose function does not say that they may."""
        functions = self.env["queue.job.function"]
        name = functions.job_function_name("retail.loyalty.reader", "_run")
        self.assertTrue(functions.job_config(name).allow_commit)

    def test_the_engine_is_away(self):
        card = self._card()
        self._send()
        self._read()
        self.sandbox.fault(status=503, path="/v")
        self._paid_order()
        self._drain(self.engine)
        self._read_again()
        self.assertEqual(card.points, 0)
        self.sandbox.faults_clear()
        self.env["retail.circuit"].sudo().search([]).unlink()
        self._make_due(self.env["retail.delivery"].search([("state", "in", ("pending", "unknown"))]))
        self._send()
        self._read_again()
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])


@tagged("post_install", "-at_install")
class TestOdooOwns(EngineCase):
    owner = "odoo"

    def test_each_change_is_pushed(self):
        card = self._card(points=30)
        self._send()
        card.points += 12
        self._send()
        self.assertEqual(self._at_engine(), 42)
        self._read_again()
        self.assertEqual(self._ledger(card), [("adjust", 30, 30), ("adjust", 12, 42)])
