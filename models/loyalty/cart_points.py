"""The web shop's cart: signed-in members choose how many of their points it redeems."""

from typing import Any, NamedTuple

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_round

from ..source.canonical_values import decimal


class CartPoints(NamedTuple):
    """What a member can redeem in a cart.

    :param available: points, with those that the cart redeems
    :param redeemed: points, 0.0 if none
    :param most: the points that the cart can take
    :param worth: the money that those take off
    """

    card: Any
    reward: Any
    available: float
    redeemed: float
    most: float
    worth: float

    def in_field(self, points):
        """Return points as a browser's field for numbers has them."""
        return decimal(points)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _retail_cart_points(self):
        """Return a :class:`CartPoints` for each card of the signed-in member that this cart can redeem."""
        points = [self._retail_points_of(card, reward) for card, reward in self._retail_member_rewards()]
        return [each for each in points if each.most >= each.reward.required_points]

    def _retail_member_rewards(self):
        """Return ``[(card of the signed-in member, reward that takes any amount of its points)]``."""
        cards = self.applied_coupon_ids | self.coupon_point_ids.coupon_id | self.order_line.coupon_id
        own = cards.filtered(lambda card: card._retail_is_of_user() and card.partner_id == self.partner_id)
        programs = own.program_id.filtered_domain(self._get_program_domain())
        return [
            (card, reward)
            for card in own.sorted("id")
            if card.program_id in programs
            for reward in card.program_id.reward_ids
            if reward._retail_takes_any_amount()
        ]

    def _retail_points_of(self, card, reward):
        redeemed = sum(self._retail_lines_of(card, reward).mapped("points_cost"))
        per_point = reward.currency_id._convert(
            reward.discount, self.currency_id, self.company_id, fields.Date.context_today(self), round=False
        )
        delivery = sum(self._get_no_effect_on_threshold_lines().mapped("price_total"))
        available = self._retail_spendable_points(card) + redeemed
        most = min(available, (self.amount_total - delivery) / per_point + redeemed)
        most = float_round(most, precision_rounding=reward.required_points, rounding_method="DOWN")
        return CartPoints(card, reward, available, redeemed, most, most * per_point)

    def _retail_lines_of(self, card, reward):
        return self.order_line.filtered(lambda line: line.coupon_id == card and line.reward_id == reward)

    def _retail_all_or_nothing(self, claimable):
        """Return which of the rewards a cart offers with a button: for the others, it asks for a number of points.

        :param claimable: ``{card: rewards}``
        """
        others = {
            card: rewards.filtered(lambda reward: not reward._retail_takes_any_amount())
            for card, rewards in claimable.items()
        }
        return {card: rewards for card, rewards in others.items() if rewards}

    def _retail_redeem_in_cart(self, card_id, points):
        """Redeem so many points of a card of the signed-in member, instead of what the cart redeems of it now.

        :param points: a float; 0.0 to redeem none
        :raise UserError: they cannot be redeemed. Then the cart is as before.
        """
        self._update_programs_and_rewards()
        own = [(card, reward) for card, reward in self._retail_member_rewards() if card.id == card_id]
        if not own:
            raise ValidationError(self.env._("The points of this card cannot be redeemed here."))
        [(card, reward), *_others] = own
        with self.env.cr.savepoint():
            self._retail_lines_of(card, reward).unlink()
            if points:
                self._retail_redeem_number(card, reward, points)
            self._verify_cart_after_update()

    def _retail_redeem_number(self, card, reward, points):
        """
        :raise UserError: there are not so many, or they cannot be redeemed
        """
        available = self._retail_spendable_points(card)
        if not reward.required_points <= points <= available:
            raise ValidationError(
                self.env._(
                    "Enter how many points to redeem: at most %(most)s.",
                    most=card._retail_points_text(max(available, 0.0)),
                )
            )
        if points % 1 and not card._retail_takes_fractions():
            raise ValidationError(self.env._("Enter a whole number of points."))
        self._retail_want_points(card, points)
        result = self._apply_program_reward(reward, card)
        if "error" in result:
            raise UserError(result["error"])
