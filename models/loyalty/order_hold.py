"""Points that quotations and carts redeem: as many as the customer wants. Those of an engine are held meanwhile."""

import math

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .till_hold import HOLD_MINUTES

PAYMENT_MINUTES = 30  # for which points are held once a payment has begun


class LoyaltyReward(models.Model):
    _inherit = "loyalty.reward"

    def _retail_takes_any_amount(self):
        """Return whether each point of a loyalty card takes the same amount off."""
        is_discount = self.reward_type == "discount" and self.discount_mode == "per_point"
        return is_discount and self.program_id.program_type == "loyalty" and not self.clear_wallet


class SaleOrder(models.Model):
    _inherit = "sale.order"

    retail_wanted_points = fields.Json(
        readonly=True, copy=False, help="How many points of a card the order redeems, by ID, if not all."
    )

    # -- how many ----------------------------------------------------------------------------------

    def _retail_want_points(self, card, points):
        """Redeem so many points of a card, and no more.

        :param points: a float; 0: as many as there are
        """
        others = {
            key: value for key, value in (self.retail_wanted_points or {}).items() if key != str(card.id)
        }
        # As the superuser: the field is read-only; whoever may apply rewards may choose how many points.
        self.sudo().retail_wanted_points = {**others, **({str(card.id): points} if points else {})} or False

    def _retail_spendable_points(self, card):
        """Return how many points of a card the order can redeem, besides those that it redeems, wanted or not."""
        return super()._get_real_points_for_coupon(card)  # pylint: disable=super-method-mismatch

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """The customer may want to keep some."""
        points = super()._get_real_points_for_coupon(coupon, post_confirm=post_confirm)
        wanted = (self.retail_wanted_points or {}).get(str(coupon.id))
        if wanted is None:
            return points
        used = sum(self.order_line.filtered(lambda line: line.coupon_id == coupon).mapped("points_cost"))
        return min(points, max(wanted - used, 0.0))

    def _retail_usable_points(self, reward, card, product=None):
        """Return how many points of a card the reward would take: the order may cost less than they are worth.

        :param product: that the customer chose, if the reward has several
        """
        try:
            lines = self._get_reward_line_values(reward, card, product=product)
        except UserError:  # which Odoo raises again when somebody adds the reward
            return 0.0
        return sum(line["points_cost"] for line in lines)

    def action_open_reward_wizard(self):
        """Ask how many points to redeem, or for a confirmation, even if there is only one reward."""
        self.ensure_one()
        self._update_programs_and_rewards()
        claimable = self._get_claimable_rewards()
        rewards = self.env["loyalty.reward"].union(*claimable.values())
        if not any(self._retail_asks(card, reward) for card in claimable for reward in claimable[card]):
            return super().action_open_reward_wizard()
        action = self.env["ir.actions.actions"]._for_xml_id("sale_loyalty.sale_loyalty_reward_wizard_action")
        default = {"default_selected_reward_id": rewards.id} if len(rewards) == 1 else {}
        return {**action, "context": {"active_id": self.id, **default}}

    def _retail_asks(self, card, reward):
        """Return whether something has to be asked before a reward is added."""
        if reward._retail_takes_any_amount():
            return True
        # As the superuser: whoever sells has no rights on holds.
        return self._retail_must_confirm(card.sudo(), self._retail_usable_points(reward, card))

    # -- holding -----------------------------------------------------------------------------------

    def _retail_redeemed_points(self):
        """Return ``{card (superuser) of a program whose points an engine owns: points that the order redeems}``."""
        redeemed = {}
        # As the superuser: whoever sells may have no rights on cards.
        for line in self.sudo().order_line:
            if line.coupon_id and line.points_cost > 0 and line.coupon_id.program_id._retail_engine():
                redeemed[line.coupon_id] = redeemed.get(line.coupon_id, 0.0) + line.points_cost
        return redeemed

    def _retail_hold_redeemed(self, minutes, coupon=None):
        """Hold what the orders redeem; return why one of them cannot redeem it, in words. Empty: all is held.

        :param coupon: the only card to look at
        """
        for order in self.filtered(lambda order: order.state in ("draft", "sent")):
            for card, points in order._retail_redeemed_points().items():
                if coupon in (None, card) and (reason := order._retail_hold_points(card, points, minutes)):
                    return reason
        return ""

    def _retail_hold_points(self, card, points, minutes, code=None):
        """Hold points of a card for this order.

        What a hold covers was checked before, as long as it lasts, or if the order has been paid for since.

        :param card: as the superuser
        :param points: a float
        :param code: with which the customer confirms a large redemption; None if nobody can enter one here
        :return: why the order cannot redeem them, in words; empty if they are held
        """
        holds = card.env["retail.loyalty.hold"]
        hold = holds._of_sale(self, card)
        is_checked = points <= hold.points and self._retail_still_counts(hold)
        is_offline = hold.is_offline if is_checked else card._retail_is_offline()
        left = holds._offline_left(card, hold) if is_offline and not is_checked else math.inf
        if points > left:
            return self._retail_limited_points(card, max(left, 0.0))
        if not holds._hold_for_sale(self, card, minutes, points, is_offline=is_offline):
            return self._retail_missing_points(card)
        return "" if is_checked else self._retail_unconfirmed_points(holds._of_sale(self, card), code)

    def _retail_still_counts(self, hold):
        """Return whether what was checked for a hold need not be checked again. A hold that was refused is released."""
        if hold._is_valid():
            return True
        # As the superuser: whoever confirms an order may have no rights on payments.
        payments = self.sudo().transaction_ids.filtered(lambda each: each.state in ("authorized", "done"))
        return hold.state in ("held", "expired") and bool(payments)

    def _apply_program_reward(self, reward, coupon, **options):
        """Hold the points that the reward redeems.

        :raise UserError: they cannot be redeemed. Then the order is as before: a web shop shows the error, and goes on.
        """
        with self.env.cr.savepoint():
            result = super()._apply_program_reward(reward, coupon, **options)
            reason = "" if "error" in result else self._retail_hold_redeemed(HOLD_MINUTES, coupon)
            if reason:
                raise UserError(reason)
        return result

    def _retail_limited_points(self, card, left):
        """Return the error for more points of a card than can be redeemed while its engine is away."""
        return self.env._(
            "%(order)s cannot redeem so many points of %(program)s, whose balance cannot be checked now: at most"
            " %(available)s. Redeem fewer points, or try again later.",
            order=self.name,
            program=card.program_id.name,
            available=card._retail_points_text(left),
        )

    def _retail_missing_points(self, card):
        """Return the error for points of a card that the order cannot redeem any more."""
        available = max(card.points - card._retail_held()[card], 0.0)
        return self.env._(
            "%(order)s cannot redeem its points of %(program)s any more: %(available)s are available, and the others"
            " were redeemed elsewhere. Remove the reward, or choose fewer points.",
            order=self.name,
            program=card.program_id.name,
            available=card._retail_points_text(available),
        )

    def action_confirm(self):
        """Spend what is held."""
        for order in self:
            if reason := order._retail_hold_redeemed(1):
                raise UserError(reason)
            redeemed = order._retail_redeemed_points()
            holds = order._retail_order_holds().filtered(lambda hold, cards=redeemed: hold.card_id in cards)
            for hold in holds:
                hold._end("committed", spent=hold.points)
        return super().action_confirm()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def unlink(self):
        """Forget how many points a reward should take that is removed."""
        removed = [(line.order_id, line.coupon_id) for line in self if line.is_reward_line and line.coupon_id]
        result = super().unlink()
        for order, card in removed:
            if order.exists() and (order.retail_wanted_points or {}).get(str(card.id)):
                order._retail_want_points(card, 0)
        return result


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        """Hold the points that the orders redeem while they are being paid.

        :raise ValidationError: they cannot be redeemed any more
        """
        transactions = super().create(vals_list)
        # As the superuser: whoever pays has no rights on cards.
        if reason := transactions.sudo().sale_order_ids._retail_hold_redeemed(PAYMENT_MINUTES):
            raise ValidationError(reason)
        return transactions
