"""Points that quotations and carts redeem: as many as the customer wants. Those of an engine are held meanwhile."""

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

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """The customer may want to keep some."""
        points = super()._get_real_points_for_coupon(coupon, post_confirm=post_confirm)
        wanted = (self.retail_wanted_points or {}).get(str(coupon.id))
        if wanted is None:
            return points
        used = sum(self.order_line.filtered(lambda line: line.coupon_id == coupon).mapped("points_cost"))
        return min(points, max(wanted - used, 0.0))

    # -- holding -----------------------------------------------------------------------------------

    def _retail_redeemed_points(self):
        """Return ``{card (superuser) of a program whose points an engine owns: points that the order redeems}``."""
        redeemed = {}
        # As the superuser: whoever sells may have no rights on cards.
        for line in self.sudo().order_line:
            if line.coupon_id and line.points_cost > 0 and line.coupon_id.program_id._retail_engine():
                redeemed[line.coupon_id] = redeemed.get(line.coupon_id, 0.0) + line.points_cost
        return redeemed

    def _retail_hold_redeemed(self, minutes):
        """Hold what the orders redeem; return ``[(order, card)]`` of which others hold or have spent too much."""
        short = []
        for order in self.filtered(lambda order: order.state in ("draft", "sent")):
            for card, points in order._retail_redeemed_points().items():
                if not card.env["retail.loyalty.hold"]._hold_for_sale(order, card, minutes, points):
                    short.append((order, card))
        return short

    def _apply_program_reward(self, reward, coupon, **options):
        result = super()._apply_program_reward(reward, coupon, **options)
        if "error" not in result:
            self._retail_hold_redeemed(HOLD_MINUTES)
        return result

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
            for _order, card in order._retail_hold_redeemed(1):
                raise UserError(order._retail_missing_points(card))
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

        :raise ValidationError: they are not available any more
        """
        transactions = super().create(vals_list)
        # As the superuser: whoever pays has no rights on cards.
        for order, card in transactions.sudo().sale_order_ids._retail_hold_redeemed(PAYMENT_MINUTES):
            raise ValidationError(order._retail_missing_points(card))
        return transactions
