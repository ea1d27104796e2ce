"""Choosing how many points of a loyalty card a reward takes."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..models.loyalty.entry import DIGITS


class SaleLoyaltyRewardWizard(models.TransientModel):
    _inherit = "sale.loyalty.reward.wizard"

    retail_takes_any_amount = fields.Boolean(compute="_compute_retail_available")
    retail_available = fields.Float("Available Points", digits=(16, 2), compute="_compute_retail_available")
    retail_points = fields.Float(
        "Points to Redeem",
        digits=DIGITS,
        compute="_compute_retail_points",
        store=True,
        readonly=False,
        help="Fewer than there are, if the customer wants to keep some.",
    )

    @api.depends("selected_reward_id", "order_id")
    def _compute_retail_available(self):
        for wizard in self:
            card = wizard._retail_card()
            wizard.retail_takes_any_amount = bool(card)
            wizard.retail_available = wizard.order_id._get_real_points_for_coupon(card) if card else 0

    @api.depends("selected_reward_id", "order_id")
    def _compute_retail_points(self):
        for wizard in self:
            wizard.retail_points = wizard.retail_available

    def _retail_card(self):
        """Return the card that pays for the reward if each of its points takes the same off; else an empty one."""
        reward = self.selected_reward_id
        if not reward or not reward._retail_takes_any_amount():
            return self.env["loyalty.card"]
        claimable = self.order_id._get_claimable_rewards()
        return next(
            (card for card, rewards in claimable.items() if reward in rewards), self.env["loyalty.card"]
        )

    def action_apply(self):
        """Redeem as many points as were entered.

        :raise ValidationError: there are not so many, or the card has whole points only
        """
        card = self._retail_card()
        if card:
            available = self.order_id._get_real_points_for_coupon(card)
            if not 0 < self.retail_points <= available:
                raise ValidationError(
                    self.env._("Enter how many points to redeem: at most %(most)g.", most=available)
                )
            if self.retail_points % 1 and not card._retail_takes_fractions():
                raise ValidationError(self.env._("Enter a whole number of points."))
            self.order_id._retail_want_points(
                card, 0 if self.retail_points == available else self.retail_points
            )
        return super().action_apply()
