"""Quotations and carts redeem as many points as the customer wants, and hold them until they are confirmed."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .engine_case import EngineCase


@tagged("post_install", "-at_install")
class TestOrderHolds(EngineCase):
    def setUp(self):
        super().setUp()
        self.card = self._card(points=100)
        self._send()

    def _redeem(self, order, points=None):
        """Redeem points of the customer with the dialog of the quotation, by default all."""
        order._update_programs_and_rewards()
        form = Form(self.env["sale.loyalty.reward.wizard"].with_context(active_id=order.id))
        form.selected_reward_id = self.program.reward_ids
        available = form.retail_available
        if points is not None:
            form.retail_points = points
        form.save().action_apply()
        return available

    def _holds(self):
        holds = self.env["retail.loyalty.hold"].search([], order="id")
        return [(hold.sale_order_id, hold.points, hold.state) for hold in holds]

    def _expire(self):
        self.env["retail.loyalty.hold"].search([]).held_until = "2020-01-01"
        self.env.flush_all()

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

    def _begin_payment(self, order):
        method = self.env["payment.method"].with_context(active_test=False).search([], limit=1)
        provider = self.env["payment.provider"].search([("company_id", "=", order.company_id.id)], limit=1)
        return self.env["payment.transaction"].create(
            {
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": f"{order.name}-{self.env['payment.transaction'].search_count([])}",
                "sale_order_ids": [(6, 0, order.ids)],
            }
        )
