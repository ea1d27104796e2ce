"""Lots: points of a purchase are pending first, others expire, and the ledger proves all of them."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .test_returns_of_orders import CHANGES, CreditCase

DAY = "2031-01-10"


@tagged("post_install", "-at_install")
class TestLots(CreditCase):
    """A customer with 10 points from before, and a program whose points are pending for 14 days, and last a month."""

    wanted = ("order.placed", "order.cancelled", "loyalty.expired", *CHANGES)

    def setUp(self):
        super().setUp()
        self._on(DAY)
        self.lots = self.env["retail.loyalty.lot"]
        self.program.write({"retail_pending_days": 14, "retail_expiry_period": 1})

    def _on(self, day):
        """Let it be another day, until the end of the test."""
        clock = freeze_time(f"{day} 12:00:00")
        clock.start()
        self.addCleanup(clock.stop)

    def _mature(self):
        count = self.lots._mature(100)
        self._commit()
        self.env.invalidate_all()
        return count

    def _open(self):
        """Return (state, points left, last day) of the card's lots that are not used up, by expiry."""
        self._commit()
        self.env.invalidate_all()
        lots = self.lots.search([("card_id", "=", self.card.id), ("left", "!=", 0)])
        return [(lot.state, lot.left, lot.expires_on and str(lot.expires_on)) for lot in lots]

    def _figures(self):
        self._commit()
        self.env.invalidate_all()
        day = self.card.retail_expiring_on
        return self.card.points, self.card.retail_pending, self.card.retail_expiring_points, day and str(day)

    def _assert_all(self):
        """The lots add up to the balance and what is pending, the ledger to the balance, and so does what was sent."""
        self._booked(self.card)
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(self.card), [])
        lots = self.lots.search([("card_id", "=", self.card.id)])
        self.assertAlmostEqual(sum(lots.mapped("left")), self.card.points + self.card.retail_pending, 6)
        types = (*CHANGES, "loyalty.expired")
        sent = self._events(self.card).filtered(lambda event: event.event_type in types)
        self.assertAlmostEqual(sum(float(event.payload["points"]) for event in sent), self.card.points, 6)

    def test_pending_then_available(self):
        order = self._ordered(3)
        self.assertEqual(self._since(1), [("earn", 61.5), ("pending", -61.5)])
        entries = self.env["retail.loyalty.entry"].search(
            [("card_id", "=", self.card.id), ("kind", "!=", "adjust")]
        )
        self.assertEqual(set(entries.mapped("order_name")), {order.name})
        self.assertEqual(self._figures(), (10, 61.5, 0, False))
        self.assertEqual(self._open(), [("pending", 61.5, "2031-02-24"), ("available", 10, False)])
        self._assert_all()
        self._on("2031-01-23")
        self.assertEqual(self._mature(), 0)
        self._on("2031-01-24")
        self.assertEqual((self._mature(), self._mature()), (1, 0))
        self.assertEqual(self._since(3), [("available", 61.5)])
        self.assertEqual(self._figures(), (71.5, 0, 61.5, "2031-02-24"))
        self.assertEqual(self._open(), [("available", 61.5, "2031-02-24"), ("available", 10, False)])
        self._assert_all()

    def test_what_is_pending_is_not_spent(self):
        """Neither by the order that earns it, nor by another one, nor by a checkout of a web shop."""
        order = self._quotation(2)
        order._update_programs_and_rewards()
        self.assertEqual(order._get_real_points_for_coupon(self.card), 10)
        order._apply_program_reward(self.program.reward_ids, self.card)
        self.assertEqual(order.order_line.filtered("is_reward_line").points_cost, 10)
        self.assertEqual(order._get_real_points_for_coupon(self.card), 0)
        order.action_confirm()
        self.assertEqual(self._since(1), [("earn", 41), ("pending", -41), ("redeem", -10)])
        self.assertEqual(self._open(), [("pending", 41, "2031-02-24")])
        other = self._quotation(2)
        other._update_programs_and_rewards()
        self.assertEqual(other._get_real_points_for_coupon(self.card), 0)
        self.assertNotIn(self.card, other._get_claimable_rewards())
        other.order_line = [Command.create(self._reward_values())]
        with self.assertRaises(ValidationError):
            other.action_confirm()
        holds = self.env["retail.loyalty.hold"]
        self.assertFalse(holds._hold(self.card, "1", 15, connector_id=self.connector.id, external_id="H"))
        self._assert_all()

    def _reward_values(self):
        return {
            "name": "3 off",
            "product_id": self.program.reward_ids.discount_line_product_id.id,
            "price_unit": -3,
            "reward_id": self.program.reward_ids.id,
            "coupon_id": self.card.id,
            "points_cost": 10,
            "reward_identifier_code": "x",
        }

    def test_the_first_to_expire_is_spent_first(self):
        self.program.retail_pending_days = 0
        self._ordered(1)
        self._on("2031-01-15")
        self._ordered(1)
        self._sell(self.card)  # earns 41, and spends 10
        self._sell(self.card)
        self._sell(self.card)
        self.assertEqual(
            self._open(),
            [
                ("available", 11, "2031-02-15"),
                *[("available", 41, "2031-02-15")] * 3,
                ("available", 10, False),
            ],
        )
        self._assert_all()

    def test_expiry(self):
        self.program.write(
            {"retail_pending_days": 0, "retail_expiry_period": 30, "retail_expiry_unit": "days"}
        )
        self._ordered(2)
        self.assertEqual(self._figures(), (51, 0, 41, "2031-02-09"))
        self._on("2031-02-09")
        self.assertEqual(self._mature(), 0, "It is the last day.")
        self._on("2031-02-10")
        values = {"connector_id": self.connector.id, "external_id": "H", "company_id": self.env.company.id}
        hold = self.env["retail.loyalty.hold"]._hold(self.card, "30", 15, **values)
        self.assertEqual(self._mature(), 1)
        self.assertEqual(self._since(2), [("expire", -21)])
        self.assertEqual(self._open(), [("available", 20, "2031-02-09"), ("available", 10, False)])
        self.assertEqual(self._mature(), 0, "The rest is held for a checkout.")
        hold._commit(5)
        self.assertEqual((self._mature(), self._mature()), (1, 0))
        self.assertEqual(self._since(3), [("redeem", -5), ("expire", -15)])
        expired = self._events(self.card, "loyalty.expired")
        self.assertEqual([event.payload["points"] for event in expired], ["-21", "-15"])
        self.assertEqual(self._open(), [("available", 10, False)])
        self._assert_all()

    def test_a_return_takes_what_is_pending_first(self):
        invoice = self._bill(self._ordered(3))
        credit_note = self._credit(invoice, {self.product: 1})
        self.assertEqual(self._since(3), [("available", 20.5), ("reverse", -20.5)])
        self.assertEqual(self._figures()[:2], (10, 41))
        credit_note.button_draft()
        self.assertEqual(self._since(5), [("reverse", 20.5), ("pending", -20.5)])
        self.assertEqual(self._figures()[:2], (10, 61.5))
        credit_note.action_post()
        self._on("2031-01-24")
        self._mature()
        self.assertEqual(self._figures()[:2], (51, 0))
        self._credit(invoice, {self.product: 2})
        self.assertEqual(self._open(), [("available", 10, False)])
        self._assert_all()

    def test_a_return_of_what_is_pending_is_never_refused(self):
        self.program.retail_spent_points = "refuse"
        invoice = self._bill(self._ordered(2))
        self.card.points = 0
        self._commit()
        self._credit(invoice)
        self.assertEqual((self._figures()[:2], self._open()), ((0, 0), []))
        self._assert_all()

    def test_points_that_come_back(self):
        """They go to where they were spent from. A cancelled order takes back what is pending of it."""
        order = self._sell(self.card)
        self.assertEqual(self._open(), [("pending", 41, "2031-02-24")])
        order._action_cancel()
        self.assertEqual(self._open(), [("available", 10, False)])
        self.assertEqual(self._figures(), (10, 0, 0, False))
        self._assert_all()

    def test_points_that_are_owed(self):
        self._ordered(2)
        self.card.points = -20
        self.assertEqual(self._open(), [("pending", 41, "2031-02-24"), ("owed", -20, False)])
        self._assert_all()
        self.card.points = -15
        self.assertEqual(self._open(), [("pending", 41, "2031-02-24"), ("owed", -15, False)])
        self._on("2031-01-24")
        self._mature()
        self.assertEqual(self._open(), [("available", 26, "2031-02-24")])
        self._assert_all()

    def test_lots_that_were_changed_in_the_database(self):
        self._ordered(2)
        self._commit()
        self.env.cr.execute(
            'UPDATE retail_loyalty_lot SET "left" = "left" + 5 WHERE card_id = %s AND state = %s',
            [self.card.id, "pending"],
        )
        self.env.cr.execute(
            'UPDATE retail_loyalty_lot SET "left" = 3 WHERE card_id = %s AND state = %s',
            [self.card.id, "available"],
        )
        self.env.invalidate_all()
        [found] = self.env["retail.loyalty.proof"]._differences(self.card)
        self.assertEqual((found.cause, found.points, found.balance), ("lots", 49, 51))
        differences = self.env["retail.loyalty.difference"]
        differences._cron_prove()
        difference = differences.search([("card_id", "=", self.card.id), ("state", "=", "open")])
        self.assertEqual(difference.correction, "match")
        manager = new_test_user(self.env, "lots_manager", "base.group_user,retail_hub.group_manager")
        with self.assertRaisesRegex(UserError, "Choose Match Lots"):
            difference.with_user(manager).action_enter()
        difference.with_user(manager).action_match_lots()
        self.assertEqual(difference.state, "corrected")
        self.assertEqual(self._figures()[:2], (10, 41))
        self._assert_all()

    def test_merged_customers(self):
        """What is pending on either card is pending on the one that stays, until the same day."""
        other = self.env["res.partner"].create({"name": "Ann L.", "email": "ann@example.com"})
        gone = self._card(points=40, partner_id=other.id)
        self._ordered(1)
        order = self._quotation(2, partner_id=other.id)
        order._update_programs_and_rewards()
        order.action_confirm()
        self._commit()
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((self.customer | other).ids, self.customer)
        self.assertEqual(self._figures()[:2], (50, 61.5))
        self.assertEqual((gone.points, gone.retail_pending), (0, 0))
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(self.card | gone), [])
        self._on("2031-01-24")
        self.assertEqual(self._mature(), 2)
        self.assertEqual(self._figures()[:2], (111.5, 0))
        self._assert_all()

    def test_an_erased_customer(self):
        """Also what is pending is gone, and does not come back on its day."""
        self._ordered(1)
        self.customer.sudo()._retail_erase()
        self._commit()
        self.assertEqual((self.card.points, self.card.retail_pending), (0, 0))
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(self.card), [])
        self._on("2031-01-24")
        self.assertEqual(self._mature(), 0)
        self.assertEqual(self.card.points, 0)

    def test_one_card_that_fails(self):
        """It does not stop the others, and is done when it can be."""
        self._ordered(2)
        bob = self.env["res.partner"].create({"name": "Bob"})
        card = self._card(partner_id=bob.id)
        order = self._quotation(1, partner_id=bob.id)
        order._update_programs_and_rewards()
        order.action_confirm()
        self._on("2031-01-24")
        first = type(self.env["loyalty.card"])
        move = first._retail_move

        def fail(record, *args, **options):
            if record == self.card:
                raise ZeroDivisionError
            return move(record, *args, **options)

        self.patch(first, "_retail_move", fail)
        with mute_logger("odoo.addons.retail_hub.models.loyalty.failure"):
            self.assertEqual((self._mature(), self._mature()), (1, 0))
        self.assertEqual((card.points, self.card.points), (20.5, 10))
        found = self.env["retail.loyalty.difference"].search([])
        self.assertEqual(
            (found.cause, found.card_id, found.correction, found.state),
            ("matured", self.card, "again", "open"),
        )
        self.patch(first, "_retail_move", move)
        self.assertEqual(self._mature(), 1)
        self.assertEqual(self.card.points, 51)
        found.sudo()._cron_prove()
        self.assertEqual((found.state, self.card.points), ("resolved", 51))
        self._assert_all()

    def test_settings(self):
        """Without them there are no lots. What was earned before does not expire, what was begun goes on."""
        program = self._create_program(name="Plain")
        card = self._card(points=5, program=program)
        self._booked(card)
        self.assertFalse(self.lots.search([("card_id", "=", card.id)]))
        program.retail_expiry_period = 2
        lot = self.lots.search([("card_id", "=", card.id)])
        self.assertEqual((lot.state, lot.left, lot.expires_on), ("available", 5, False))
        card.points = 8
        self._booked(card)
        lot = self.lots.search([("card_id", "=", card.id), ("expires_on", "!=", False)])
        self.assertEqual((lot.left, lot.expires_on), (3, fields.Date.to_date(DAY) + timedelta(days=59)))
        program.retail_expiry_period = 0
        card.points = 9
        self._booked(card)
        self.assertEqual(self.lots.search([("card_id", "=", card.id)]).mapped("left"), [3, 5, 1])
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(card), [])
