"""Points redeemed at a till are taken once, with the order, whatever became of its other calls."""

from copy import deepcopy
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .till_case import TillCase


@tagged("post_install", "-at_install")
class TestTillOrders(TillCase):
    def _differences(self):
        return self.env["retail.loyalty.difference"].search([], order="id")

    def test_held_and_taken(self):
        self._hold("U-1", 80)
        self.assertEqual(self._available(), (100, 80))
        order = self._redeem(80, uuid="U-1")
        self.assertEqual(self._available(), (20, 0))
        self.assertEqual(self._holds(), [("U-1", "committed", 80, 80)])
        self.assertEqual(self._booked(), [("redeem", -80, 20)])
        entry = self.env["retail.loyalty.entry"].search([("kind", "=", "redeem")])
        self.assertEqual((entry.order_model, entry.order_id), ("pos.order", order.id))
        line = self.club_card.history_ids.filtered("used")
        self.assertEqual((line.used, line.description, line.order_id), (80, order.display_name, order.id))
        self.assertFalse(self._differences())

    def test_taken_from_the_engine(self):
        """The engine takes the points of the order, and knows the sale; what it earned comes back from there."""
        self._send_engine()
        order = self._redeem(80, uuid="U-1")
        self._send_engine()
        self._read()
        [event] = self._events(self.club_card, "loyalty.redeemed")
        self.assertEqual((event.payload["points"], event.payload["order_id"]), ("-80", str(order.id)))
        # 100 - 80 + the points of 120 that were paid
        self.assertEqual((self._at_engine(), self.club_card.points), (140, 140))

    def _send_engine(self):
        self._send_due()
        self.sandbox.act("process", "voucherify")

    def test_uploaded_twice(self):
        lines = [(self.lamp, 10), self._redeeming(80)]
        payload = self._payload(lines, customer=self.customer, uuid="U-1")
        for _time in range(2):
            self._send(deepcopy(payload))
        order = self.env["pos.order"].search([("uuid", "=", "U-1")])
        order._retail_take_points()
        order._retail_take_points()
        self.assertEqual(self._booked(), [("redeem", -80, 20)])
        self.assertEqual(self._holds(), [("U-1", "committed", 80, 80)])

    def test_what_odoo_does_after_the_upload_changes_nothing(self):
        """Whether its confirmation comes, comes twice or never: it leaves out the cards of engines."""
        order = self._redeem(80, uuid="U-1")
        data = {
            "points": -80,
            "program_id": self.program.id,
            "coupon_id": self.club_card.id,
            "line_codes": ["R-1"],
        }
        for _time in range(2):
            answer = order.with_user(self.cashier).confirm_coupon_programs(
                {str(self.club_card.id): dict(data)}
            )
            self.assertEqual(answer["coupon_updates"], [])
        self.assertEqual(self._booked(), [("redeem", -80, 20)])

    def test_a_cashier_cannot_invent_points(self):
        order = self._redeem(10, uuid="U-1").with_user(self.cashier)
        local = self._create_program("Local", retail_owner="odoo")
        gifts = self._create_program(
            "Gifts", retail_owner="odoo", program_type="gift_card", applies_on="future"
        )
        card = self.club_card
        give = {"points": 5000, "partner_id": self.customer.id}
        for key, about in (
            (card.id, {**give, "program_id": self.program.id}),
            (card.id, {**give, "program_id": local.id, "partner_id": False}),
            (-1, {**give, "program_id": self.program.id}),
            (-2, {**give, "program_id": gifts.id, "coupon_id": card.id, "partner_id": False}),
            (-3, {**give, "program_id": gifts.id, "code": card.code, "partner_id": False}),
        ):
            with self.subTest(key=key):
                order.confirm_coupon_programs({str(key): about})
        with self.assertRaises(AccessError):
            card.with_user(self.cashier).points = 5000
        self._redeem(-50, uuid="U-2", line={"points_cost": -50})
        self.assertEqual(self._booked(), [("redeem", -10, 90)])
        self.assertEqual(self.env["loyalty.card"].search_count([("program_id", "=", self.program.id)]), 1)

    def test_odoo_programs_are_as_before(self):
        """Odoo's own programs are confirmed by its till."""
        local = self._create_program("Local", retail_owner="odoo")
        card = self.env["loyalty.card"].create(
            {"program_id": local.id, "partner_id": self.customer.id, "points": 50}
        )
        order = self._redeem(30, line={"reward_id": local.reward_ids.id, "coupon_id": card.id})
        self.assertEqual(card.points, 50)
        data = {"points": -30, "program_id": local.id, "coupon_id": card.id, "line_codes": ["R-1"]}
        order.confirm_coupon_programs({str(card.id): data})
        self.assertEqual(card.points, 20)
        self.assertFalse(self._holds())
        refused = order.validate_coupon_programs({str(card.id): -30}, [])
        self.assertFalse(refused["successful"])
        self.assertTrue(order.validate_coupon_programs({str(self.club_card.id): -500}, [])["successful"])

    def test_overdraft_is_recorded(self):
        """The money is taken: the sale goes on, and a person sees what was missing."""
        claims = {
            str(self.club_card.id): {
                "points": 130,
                "shown": 140,
                "read_at": "2026-11-30 10:32:00",
                "offline": True,
            }
        }
        order = self._redeem(130, uuid="U-1", claims=claims)
        self.assertEqual(order.state, "paid")
        self.assertEqual(self._booked(), [("redeem", -130, -30)])
        found = self._differences()
        self.assertEqual(
            (found.card_id, found.cause, found.short, found.difference, found.pos_order_id, found.correction),
            (self.club_card, "overdraft", 30, -30, order, "accept"),
        )
        self.assertEqual(found.shown, "140 points, as of 2026-11-30 10:32:00, offline")
        self._redeem(20, uuid="U-2")
        self.assertEqual((self._differences(), found.short), (found, 50))
        found.sudo()._cron_prove()
        self.assertEqual(found.state, "open")
        self.club_card.points += 60
        found.sudo()._cron_prove()
        self.assertEqual(found.state, "resolved")

    def test_who_accepts_an_overdraft(self):
        self._redeem(130, uuid="U-1")
        found = self._differences()
        clerk = new_test_user(self.env, "till_clerk", "base.group_user,retail_hub.group_user")
        with self.assertRaises(AccessError):
            found.with_user(clerk).action_accept()
        found.with_user(self.env.user).action_accept()
        self.assertEqual((found.state, found.ended_by_id), ("corrected", self.env.user))

    def test_points_that_somebody_else_holds(self):
        """A sale that did not hold its points takes them, and leaves a difference: those of the other checkout stay."""
        self._hold("U-2", 80)
        self._redeem(50, uuid="U-1")
        self.assertEqual(self._available(), (50, 80))
        self.assertEqual(self._differences().mapped("short"), [30])

    def test_hold_expired_before_the_upload(self):
        self._hold("U-1", 80)
        hold = self.env["retail.loyalty.hold"].search([])
        self._expire_holds()
        self.env["retail.loyalty.hold"].sudo()._expire()
        self.assertEqual(hold.state, "expired")
        self._redeem(80, uuid="U-1")
        self.assertEqual((self._booked(), hold.state), ([("redeem", -80, 20)], "committed"))
        self.assertFalse(self._differences())

    def test_more_in_the_lines_than_was_held(self):
        """What the customer got counts, not what the till asked for before."""
        self._hold("U-1", 10)
        self._redeem(80, uuid="U-1")
        self.assertEqual((self._available(), self._holds()), ((20, 0), [("U-1", "committed", 10, 80)]))

    def test_nobody_pays_with_the_points_of_others(self):
        bob = self.env["res.partner"].create({"name": "Bob"})
        order = self._redeem(80, customer=bob, uuid="U-1")
        self.assertEqual((order.state, self._available()), ("paid", (100, 0)))
        found = self._differences()
        self.assertEqual((found.cause, found.short, found.pos_order_id), ("owner", 80, order))
        order._retail_take_points()
        self.assertEqual((self._differences(), found.short), (found, 80))

    def test_claims_that_are_nonsense(self):
        for number, claims in enumerate((None, [], "x", {str(self.club_card.id): 7}, {"7": {"shown": []}})):
            with self.subTest(claims=claims):
                self._redeem(1, uuid=f"U-{number}", claims=claims)
        self.assertEqual(self.club_card.points, 95)

    def test_a_fault_stops_no_sale(self):
        def fail(*_args, **_kwargs):
            raise ZeroDivisionError

        claims = {str(self.club_card.id): {"points": 80}}
        logger = "odoo.addons.retail_hub.models.loyalty.failure"
        hold = type(self.env["retail.loyalty.hold"])
        with patch.object(hold, "_spend", fail), self.assertLogs(logger, "ERROR"):
            order = self._redeem(80, uuid="U-1", claims=claims)
        self.assertEqual((order.state, self._available(), self._holds()), ("paid", (100, 0), []))
        for _night in range(2):
            self.env["retail.loyalty.difference"].sudo()._cron_prove()
        self.assertEqual((self._available(), self._booked()), ((20, 0), [("redeem", -80, 20)]))

    def test_returned_rewards_give_their_points_back(self):
        order = self._redeem(80, uuid="U-1")
        reward = order.lines.filtered("is_reward_line")
        back = {**self._redeeming(80), "quantity": -1, "refunded_orderline_id": reward.id}
        self._sell([back, (self.lamp, 1)], customer=self.customer, uuid="U-2")
        self.assertEqual(self._booked(), [("redeem", -80, 20), ("reverse", 80, 100)])

    def test_a_cancelled_order_releases_its_points(self):
        self._hold("U-1", 80)
        order = self.env["pos.order"].create(
            {
                "uuid": "U-1",
                "session_id": self.pos_session.id,
                "company_id": self.env.company.id,
                "amount_tax": 0,
                "amount_total": 0,
                "amount_paid": 0,
                "amount_return": 0,
                "lines": [Command.clear()],
            }
        )
        order.action_pos_order_cancel()
        self.assertEqual((self._available(), self._holds()), ((100, 0), [("U-1", "released", 80, 0)]))
