"""Codes of a loyalty engine on quotations: asked for, held, redeemed once, and given back."""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tests import freeze_time, new_test_user, tagged

from .code_case import CodeCase, forget_guesses

NOT_THERE = "This code is invalid (TEA11)."


@tagged("post_install", "-at_install")
class TestCodes(CodeCase):
    def test_from_the_dialog_to_the_redemption(self):
        self._voucher()
        order = self._quotation_of()
        card = self._enter(order)
        [reward] = order.order_line.filtered("reward_id")
        self.assertEqual((reward.price_total, order.amount_total), (-10, 90))
        self.assertEqual((card.program_id.name, card.points), ("Points: 10 % off", 1))
        self.assertEqual(self._holds(), [(order, 1, "held")])
        self.assertEqual(self._sent_codes(order), [])
        order.action_confirm()
        self.assertEqual(order.amount_total, 90)
        self.assertEqual(self._holds(), [(order, 1, "committed")])
        self.assertEqual(self._sent_codes(order), [("code.redeemed", "pending")])
        self.assertEqual(self._at_engine(), (0, None))
        self._send()
        self.assertEqual(self._sent_codes(order), [("code.redeemed", "delivered")])
        self.assertEqual(self._at_engine(), (1, None))
        self.assertEqual(self._ledger(card), [("adjust", 1, 1), ("redeem", -1, 0)])
        self.assertFalse(self.env["retail.loyalty.proof"]._differences())
        [redemption] = self.sandbox.records("redemptions", "voucherify")
        self.assertEqual(redemption["metadata"]["order"], f"sale-{order.id}")
        event = self.env["retail.event"].search([("event_type", "=", "code.redeemed")])
        self.assertEqual((event.payload["amount"], event.payload["kind"]), ("10.00", "discount"))
        self.assertEqual([each["total"] for each in event.payload["lines"]], ["100.00"])

    def test_a_salesperson_has_no_rights_on_connectors(self):
        self._voucher()
        user = new_test_user(self.env, "seller", groups="sales_team.group_sale_salesman")
        order = self._quotation_of()
        order.user_id = user
        order = order.with_user(user)
        wizard = self.env["sale.loyalty.coupon.wizard"].with_user(user)
        wizard.create({"order_id": order.id, "coupon_code": "TEA10"}).action_apply()
        [(card, reward)] = order._get_claimable_rewards().items()
        order._apply_program_reward(reward, card)
        order.action_confirm()
        self.assertEqual(order.amount_total, 90)
        self._send()
        self.assertEqual(self._at_engine(), (1, None))

    def test_an_amount_and_a_percentage_with_a_maximum(self):
        self._voucher("FIVE", discount={"type": "AMOUNT", "amount_off": 500})
        order = self._quotation_of()
        self._enter(order, "FIVE")
        self.assertEqual(order.amount_total, 95)
        self._voucher("MOST", discount={"type": "PERCENT", "percent_off": 50, "amount_limit": 2_000})
        order = self._quotation_of()
        self._enter(order, "MOST")
        self.assertEqual(order.amount_total, 80)

    def test_codes_of_one_kind_share_a_program(self):
        self._voucher("A1")
        self._voucher("A2")
        cards = self._enter(self._quotation_of(), "A1") | self._enter(self._quotation_of(), "A2")
        self.assertEqual(len(cards.program_id), 1)

    def test_two_quotations(self):
        """The code is held for the first one, as long as it is open."""
        self._voucher()
        first, second = self._quotation_of(), self._quotation_of()
        self._enter(first)
        self.assertIn("Points refuses this code: ", self._refused(second))
        first.action_confirm()
        self.assertIn("Points refuses this code: ", self._refused(second))
        self._send()
        self.assertIn("Points refuses this code: ", self._refused(second))
        self.assertEqual(second.amount_total, 100)

    def test_held_by_the_hub_alone(self):
        """An engine that holds nothing says that the code is good, until it is redeemed."""
        self._voucher()
        first, second = self._quotation_of(), self._quotation_of()
        self._enter(first)
        self.sandbox.configure("voucherify", ahead_s=7_200)
        self.assertEqual(self._refused(second), "This code is being used in another order. Try again later.")
        first.action_confirm()
        self.sandbox.configure("voucherify", ahead_s=14_400)
        self.assertEqual(self._refused(second), "This code has been used already, or has nothing left.")

    def test_entered_again(self):
        """It is asked for once, as long as it is held for the order."""
        self._voucher()
        order = self._quotation_of()
        self._enter(order)
        self.assertIn("already applied", self._refused(order))
        self.assertEqual(len(self._asked()), 1)

    def test_a_time_that_is_over(self):
        self._voucher()
        first, second = self._quotation_of(), self._quotation_of()
        self._enter(first)
        later = fields.Datetime.now() + timedelta(minutes=61)
        self.sandbox.configure("voucherify", ahead_s=3_661)
        with freeze_time(later):
            self._enter(second)
            with self.assertRaises(UserError) as caught:
                first.action_confirm()
            self.assertIn("has been used elsewhere", str(caught.exception))
            second.action_confirm()
        self._send()
        self.assertEqual(self._at_engine(), (1, None))

    def test_a_time_that_is_over_and_nobody_else_has_it(self):
        self._voucher()
        order = self._quotation_of()
        self._enter(order)
        self.sandbox.configure("voucherify", ahead_s=3_661)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=61)):
            self.assertEqual(self.env["retail.loyalty.hold"].sudo()._expire(), 1)
            order.action_confirm()
        self.assertEqual(order.amount_total, 90)
        self._send()
        self.assertEqual(self._at_engine(), (1, None))

    def test_removed_from_the_quotation(self):
        self._voucher()
        order = self._quotation_of()
        self._enter(order)
        order.order_line.filtered("reward_id").unlink()
        self.assertEqual(self._holds(), [(order, 1, "released")])
        order.action_confirm()
        self.assertEqual(self._sent_codes(order), [])
        other = self._quotation_of()
        self._enter(other)
        self.assertEqual(other.amount_total, 90)

    def test_a_quotation_that_is_cancelled_or_deleted(self):
        self._voucher("A1")
        self._voucher("A2")
        cancelled, deleted = self._quotation_of(), self._quotation_of()
        self._enter(cancelled, "A1")
        self._enter(deleted, "A2")
        cancelled._action_cancel()
        deleted.unlink()
        holds = self.env["retail.loyalty.hold"].search([])
        self.assertEqual(holds.mapped("state"), ["released", "released"])
        self.assertFalse(any(holds.card_id._retail_held().values()))
        self.assertEqual(self._deliveries(cancelled, connector_id=self.engine.id).ids, [])

    def test_an_order_that_is_cancelled(self):
        self._voucher()
        order = self._quotation_of()
        card = self._enter(order)
        order.action_confirm()
        self._send()
        order._action_cancel()
        self._send()
        self.assertEqual(
            self._sent_codes(order), [("code.redeemed", "delivered"), ("code.reversed", "delivered")]
        )
        self.assertEqual(self._at_engine(), (0, None))
        self.assertEqual(self._ledger(card)[-1], ("reverse", 1, 1))
        event = self.env["retail.event"].search([("event_type", "=", "code.reversed")])
        self.assertEqual((event.payload["amount"], event.payload["lines"]), ("10.00", []))
        self._enter(self._quotation_of())

    def test_an_order_that_is_confirmed_takes_no_code(self):
        """Odoo would take the points without that the engine is told."""
        self._voucher()
        quotation, order = self._quotation_of(), self._quotation_of()
        self._enter(quotation)
        quotation._action_cancel()
        order.action_confirm()
        self.assertEqual(self._refused(order), "Enter this code before the order is confirmed.")

    def test_what_the_engine_refuses(self):
        self._voucher(expiration_date="2020-01-01T00:00:00Z")
        order = self._quotation_of()
        self.assertEqual(self._refused(order), "Points refuses this code: voucher expired")
        self.assertFalse(self.env["loyalty.card"].search([("code", "=", "TEA10")]))
        self.assertEqual(self._holds(), [])

    def test_a_code_that_nobody_knows(self):
        self.assertEqual(self._refused(self._quotation_of(), "TEA11"), NOT_THERE)

    def test_a_visitor_who_guesses(self):
        """Ten codes are tried in vain; then the engine is not asked, not even for one that is right."""
        self._voucher()
        order = self._quotation_of()
        asker = self.env.registry["retail.code.asker"]
        self.addCleanup(forget_guesses, self.env)
        with patch.object(asker, "_visitor", lambda _self: "198.51.100.7"):
            before = self.sandbox.request_count()
            for number in range(10):
                self._refused(order, f"GUESS{number}")
            asked = self.sandbox.request_count()
            self.assertGreaterEqual(asked - before, 10)
            problem = "You have tried too many codes. Try again in a few minutes."
            self.assertEqual(self._refused(order), problem)
        self.assertEqual(self.sandbox.request_count(), asked)
        self.assertTrue(self._enter(order), "Those who work here can go on.")

    def test_guesses_are_counted_by_all_processes(self):
        """They are seen at once by other transactions, stay if the request fails, and come back with time."""
        guesses, visitors = self.env["retail.code.guess"], ("198.51.100.8", "198.51.100.9")
        self.addCleanup(forget_guesses, self.env)
        for _guess in range(10):
            self.assertTrue(guesses._has_some(visitors[0]))
            with suppress(ZeroDivisionError), self.env.cr.savepoint():
                guesses._count(visitors[0])
                raise ZeroDivisionError
        with db_connect(self.env.cr.dbname).cursor() as cr:
            other = self.env(cr=cr)["retail.code.guess"]
            self.assertEqual([other._has_some(each) for each in visitors], [False, True])
            cr.execute("SELECT guesser FROM retail_code_guess")
            self.assertNotIn("198.51.100", str(cr.fetchall()))
            cr.execute("UPDATE retail_code_guess SET full_at = full_at - 61")
        self.assertTrue(guesses._has_some(visitors[0]))
        guesses._count(visitors[0])
        self.assertFalse(guesses._has_some(visitors[0]))
        forget_guesses(self.env, 700)
        guesses._count(visitors[1])
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute("SELECT count(*) FROM retail_code_guess")
            self.assertEqual(cr.fetchone(), (1,), "Those that are over are deleted.")

    def test_the_engine_is_away(self):
        self._voucher()
        order = self._quotation_of()
        away = "Points cannot say now whether this code is valid. Try again later."
        self.sandbox.fault(status=503, path="/v1/vouchers")
        self.assertEqual(self._refused(order), away)
        self.sandbox.faults_clear()
        self.engine.action_pause()
        self.assertEqual(self._refused(order), away)
        self.engine.action_activate()
        self._enter(order)

    def test_the_engine_is_away_after_the_order(self):
        """The redemption waits, and is made once, although an answer is lost."""
        self._voucher()
        order = self._quotation_of()
        self._enter(order)
        self.sandbox.fault(path="/v1/redemptions", method="POST", drop="after", times=1)
        order.action_confirm()
        self._send()
        self.assertEqual(self._sent_codes(order), [("code.redeemed", "delivered")])
        self.assertEqual(self._at_engine(), (1, None))
        self.assertEqual(len(self.sandbox.records("redemptions", "voucherify")), 1)

    def test_refused_after_the_order(self):
        """Somebody has to look at it."""
        self._voucher()
        order = self._quotation_of()
        self._enter(order)
        order.action_confirm()
        self.sandbox.fault(
            path="/v1/redemptions",
            method="POST",
            status=400,
            body={"code": 400, "key": "voucher_disabled", "message": "voucher is disabled"},
        )
        self._send()
        [delivery] = self._deliveries(order, event_type="code.redeemed")
        self.assertEqual((delivery.state, delivery.error_code), ("dead", "voucher_disabled"))

    def test_a_code_for_several_orders(self):
        self._voucher("MANY", redemption={"quantity": 2})
        orders = [self._quotation_of() for _number in range(3)]
        for order in orders[:2]:
            card = self._enter(order, "MANY")
        self.assertEqual(card.points, 2)
        self.assertIn("Points refuses this code: ", self._refused(orders[2], "MANY"))
        for order in orders[:2]:
            order.action_confirm()
        self._send()
        self.assertEqual(self._at_engine("MANY"), (2, None))

    def test_a_code_without_a_limit(self):
        self._voucher("ANY", redemption={})
        orders = [self._quotation_of() for _number in range(3)]
        for order in orders:
            self._enter(order, "ANY")
        for order in orders:
            order.action_confirm()
        self._send()
        self.assertEqual(self._at_engine("ANY"), (3, None))

    def test_gift_card(self):
        self._gift_card()
        order = self._quotation_of(30)
        card = self._enter(order, "GIFT")
        self.assertEqual((order.amount_total, card.points), (0, 50))
        self.assertEqual(self._holds(), [(order, 50, "held")])
        self.assertEqual(
            self._refused(self._quotation_of(10), "GIFT"),
            "This code is being used in another order. Try again later.",
        )
        order.action_confirm()
        self._send()
        self.assertEqual(self._at_engine("GIFT"), (1, 2_000))
        second = self._quotation_of(100)
        self._enter(second, "GIFT")
        self.assertEqual(second.amount_total, 80)
        second.action_confirm()
        refusal = self._refused(self._quotation_of(), "GIFT")
        self.assertEqual(
            refusal,
            "Points refuses this code: the gift card has nothing left, or is being used in another order",
        )
        self._send()
        self.assertEqual(self._at_engine("GIFT"), (2, 0))
        self.assertEqual([points for _kind, points, _balance in self._ledger(card)], [50, -30, -20])
        second._action_cancel()
        self._send()
        self.assertEqual((self._at_engine("GIFT"), card.points), ((1, 2_000), 20))

    def test_goods_that_a_gift_card_paid_come_back(self):
        """What was spent on them goes back to the card, at the engine, too."""
        self._gift_card(amount=10_000)
        order = self._quotation_of(30, quantity=2)
        line = {"product_id": self.product.id, "product_uom_qty": 1, "price_unit": 60, "tax_ids": False}
        order.order_line = [Command.create(line)]
        card = self._enter(order, "GIFT")
        self._pay(order)
        self._send()
        self.assertEqual((order.amount_total, self._at_engine("GIFT")), (20, (1, 0)))
        self._credit_line(order.order_line[0], 1)
        self._send()
        self.assertEqual((card.points, self._at_engine("GIFT")), (25, (1, 2_500)))
        redemptions = self.sandbox.records("redemptions", "voucherify")
        self.assertEqual([each["status"] for each in redemptions], ["SUCCEEDED"])

    def test_a_gift_card_that_was_used_elsewhere(self):
        self._gift_card()
        card = self._enter(self._quotation_of(30), "GIFT")
        self.env["retail.loyalty.hold"].search([]).action_release()
        self.sandbox.configure("voucherify", ahead_s=7_200)
        self._change_balance("GIFT", -4_500)
        order = self._quotation_of(30)
        self._enter(order, "GIFT")
        self.assertEqual((order.amount_total, card.points), (25, 5))

    def test_codes_of_odoo_are_not_asked_for(self):
        program = self.env["loyalty.program"].create(
            {
                "name": "Ours",
                "program_type": "coupons",
                "applies_on": "current",
                "trigger": "with_code",
                "reward_ids": [Command.create({"discount": 20, "required_points": 1})],
            }
        )
        self.env["loyalty.card"].create({"program_id": program.id, "code": "OURS", "points": 1})
        order = self._quotation_of()
        self._enter(order, "OURS")
        order.action_confirm()
        self.assertEqual((order.amount_total, self._asked()), (80, []))
        self.assertEqual(self._sent_codes(order), [])

    def test_switched_off(self):
        self._voucher()
        self.engine.uses_codes = False
        self.assertIn("invalid", self._refused(self._quotation_of()))
        self.engine.uses_codes = True
        flow = self.engine.flow_ids.filtered(lambda flow: flow.event_type == "code.redeemed")
        flow.active = False
        self.assertIn("invalid", self._refused(self._quotation_of()))
        self.assertEqual(self._asked(), [])
