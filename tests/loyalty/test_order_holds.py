"""Quotations and carts redeem as many points as the customer wants, and hold them until they are confirmed."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .engine_case import EngineCase


class OrderHoldCase(EngineCase):
    """A customer who has 100 points, whose balance was read just now."""

    def setUp(self):
        super().setUp()
        self.card = self._card(points=100)
        self._send()
        self._know_balance_of(self.card)

    def _dialog(self, order, points=None, code=None):
        """Return the filled dialog of the quotation, by default with all points."""
        action = order.action_open_reward_wizard()
        self.assertEqual(action["res_model"], "sale.loyalty.reward.wizard")
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        self.assertEqual(form.selected_reward_id, self.program.reward_ids)
        if points is not None:
            form.retail_points = points
        if code is not None:
            form.retail_code = code
        return form.save()

    def _redeem(self, order, points=None):
        """Redeem points of the customer; return how many there were."""
        dialog = self._dialog(order, points)
        available = dialog.retail_available
        self.assertIs(dialog.action_apply(), True)
        return available

    def _holds(self):
        holds = self.env["retail.loyalty.hold"].search([], order="id")
        return [(hold.sale_order_id, hold.points, hold.state) for hold in holds]

    def _expire(self):
        self.env["retail.loyalty.hold"].search([]).held_until = "2020-01-01"
        self.env.flush_all()

    def _begin_payment(self, order, state="draft"):
        method = self.env["payment.method"].with_context(active_test=False).search([], limit=1)
        provider = self.env["payment.provider"].search([("company_id", "=", order.company_id.id)], limit=1)
        return self.env["payment.transaction"].create(
            {
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "state": state,
                "reference": f"{order.name}-{self.env['payment.transaction'].search_count([])}",
                "sale_order_ids": [(6, 0, order.ids)],
            }
        )


@tagged("post_install", "-at_install")
class TestOrderHolds(OrderHoldCase):
    def test_some_points(self):
        order = self._quotation_of(200)
        self.assertEqual(self._redeem(order, 30), 100)
        self.assertEqual((order.amount_total, self._holds()), (170, [(order, 30, "held")]))
        order._update_programs_and_rewards()
        self.assertEqual(order.amount_total, 170, "The rest is not redeemed later.")
        order.action_confirm()
        self.assertEqual(self._holds(), [(order, 30, "committed")])
        self.assertEqual(self._ledger(self.card)[-1], ("redeem", -30, 70))
        self._send()
        self.assertEqual((self.card.points, self._at_engine()), (70, 70))

    def test_all_points(self):
        order = self._quotation_of(200)
        self._redeem(order)
        self.assertEqual((order.amount_total, order.retail_wanted_points), (100, False))

    def test_numbers_that_cannot_be_redeemed(self):
        for points in (0, -5, 101):
            with self.assertRaisesRegex(ValidationError, "at most 100"):
                self._redeem(self._quotation_of(200), points)
        with self.assertRaisesRegex(ValidationError, "whole number"):
            self._redeem(self._quotation_of(200), 2.5)
        self.assertEqual(self._holds(), [])

    def test_a_reward_that_is_removed(self):
        order = self._quotation_of(200)
        self._redeem(order, 30)
        order.order_line.filtered("is_reward_line").unlink()
        self.assertEqual((self._holds(), order.retail_wanted_points), ([(order, 30, "released")], False))
        self.assertEqual(self._redeem(order, 40), 100)
        self.assertEqual((order.amount_total, self._holds()), (160, [(order, 40, "held")]))

    def test_two_orders(self):
        """What one order holds, no other one can redeem."""
        first, second = self._quotation_of(200), self._quotation_of(200)
        self._redeem(first, 80)
        self.assertEqual(self._redeem(second), 20)
        self.assertEqual((first.amount_total, second.amount_total), (120, 180))
        second.action_confirm()
        first.action_confirm()
        self.assertEqual(self.card.points, 0)

    def test_an_order_whose_time_is_over(self):
        """It goes on if the points are still there; otherwise somebody is told what to do."""
        first, second = self._quotation_of(200), self._quotation_of(200)
        self._redeem(first, 80)
        self._expire()
        self._redeem(second, 90)
        message = f"{first.name} cannot redeem its points of Club any more: 10 Points are available"
        with self.assertRaisesRegex(UserError, message):
            first.action_confirm()
        second._action_cancel()
        first.action_confirm()
        self.assertEqual(self.card.points, 20)

    def test_a_payment_holds_the_points(self):
        order = self._quotation_of(200)
        self._redeem(order, 80)
        self._expire()
        self._begin_payment(order)
        hold = self.env["retail.loyalty.hold"].search([])
        self.assertEqual((hold.state, hold.points), ("held", 80))
        self.assertGreater(hold.held_until, fields.Datetime.now() + timedelta(minutes=25))
        other = self._quotation_of(200)
        self._expire()
        self._redeem(other, 30)
        with self.assertRaisesRegex(ValidationError, "cannot redeem its points of Club any more"):
            self._begin_payment(order)


@tagged("post_install", "-at_install")
class TestOrdersWhileTheEngineIsAway(OrderHoldCase):
    """Its balance was not read for two minutes, and it does not answer."""

    def setUp(self):
        super().setUp()
        self.program.retail_offline_limit = 30
        self._go_offline()

    def _go_offline(self):
        self._know_balance_of(self.card, ago=120)
        reader = self.env.registry["retail.loyalty.reader"]
        self.patch(reader, "_read_for_till", lambda _self, _card, _until: False)

    def _refused(self, order, points):
        """Return what the dialog says."""
        dialog = self._dialog(order, points)
        self.assertEqual(dialog.action_apply()["res_id"], dialog.id)
        return dialog.retail_problem

    def test_up_to_the_limit(self):
        """Orders, tills and other systems share the limit of a day."""
        first, second = self._quotation_of(200), self._quotation_of(200)
        at_most = "cannot redeem so many points of Club, whose balance cannot be checked now: at most"
        self.assertIn(f"{first.name} {at_most} 30 Points.", self._refused(first, 31))
        self.assertEqual((first.amount_total, self._holds()), (200, []))
        self._redeem(first, 20)
        self.assertIn(f"{at_most} 10 Points.", self._refused(second, 11))
        self._redeem(second, 10)
        holds = self.env["retail.loyalty.hold"].search([])
        self.assertEqual((holds._offline_left(self.card), holds.mapped("is_offline")), (0, [True, True]))
        first.action_confirm()
        second._action_cancel()
        self.assertEqual(holds._offline_left(self.card), 10)

    def test_none(self):
        self.program.retail_offline_limit = 0
        self.assertIn("at most 0 Points", self._refused(self._quotation_of(200), 1))

    def test_held_before(self):
        """What was held while the engine answered can be redeemed; once its time is over, no more than the limit."""
        order = self._quotation_of(200)
        self._know_balance_of(self.card)
        self._redeem(order, 80)
        self._know_balance_of(self.card, ago=120)
        self._begin_payment(order)
        self._expire()
        with self.assertRaisesRegex(UserError, "at most 30 Points"), self.env.cr.savepoint():
            order.action_confirm()
        with self.assertRaisesRegex(ValidationError, "at most 30 Points"), self.env.cr.savepoint():
            self._begin_payment(order)
        self._know_balance_of(self.card)
        order.action_confirm()
        self.assertEqual(self._holds(), [(order, 80, "committed")])

    def test_paid_before(self):
        """What the customer has paid for goes on."""
        order = self._quotation_of(200)
        self._know_balance_of(self.card)
        self._redeem(order, 80)
        self._begin_payment(order, state="done")
        self._know_balance_of(self.card, ago=120)
        self._expire()
        order.action_confirm()
        self.assertEqual((self._holds(), self.card.points), ([(order, 80, "committed")], 20))

    def test_held_on_another_day(self):
        """A quotation of yesterday counts on the day on which it redeems."""
        order, other = self._quotation_of(200), self._quotation_of(200)
        self._redeem(order, 30)
        self.env.cr.execute("UPDATE retail_loyalty_hold SET create_date = create_date - interval '2 days'")
        self._expire()
        order.action_confirm()
        self.assertIn("at most 0 Points", self._refused(other, 1))

    def test_the_order_stays_as_it_is(self):
        """A web shop catches the error, and shows the cart."""
        order = self._quotation_of(200)
        order._update_programs_and_rewards()
        with self.assertRaisesRegex(UserError, "at most 30 Points"):
            order._apply_program_reward(self.program.reward_ids, self.card)
        self.assertEqual((order.amount_total, self._holds()), (200, []))
