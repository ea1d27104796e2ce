"""Codes of loyalty engines on quotations and in carts: asked for when they are entered, held, and used once."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..source.canonical_values import decimal
from .code_asker import Basket
from .code_program import GIFT_CARD

MOST_RELEASES = 5
WHOLE = 1.0  # a coupon is used, or it is not


class RetailLoyaltyHold(models.Model):
    _inherit = "retail.loyalty.hold"

    sale_order_id = fields.Many2one("sale.order", readonly=True, ondelete="set null", index="btree_not_null")
    engine_hold = fields.Char(
        "Hold at the Engine", readonly=True, help="The name under which the engine holds a code."
    )

    @api.model
    def _of_sale(self, order, card):
        """Return the hold of a card for an order, whatever its state."""
        return self.search(
            [("sale_order_id", "=", order.id), ("card_id", "=", card.id)], order="id desc", limit=1
        )

    @api.model
    def _ended_early(self, code, name):
        """Return the names, at an engine, of the holds of a code that ended before their time.

        :param name: of the hold that is to come
        """
        domain = [
            ("card_id.code", "=", code),
            ("state", "in", ("released", "expired")),
            ("held_until", ">", fields.Datetime.now()),
            ("engine_hold", "not in", (False, name)),
        ]
        return self.search(domain, order="id desc", limit=MOST_RELEASES).mapped("engine_hold")

    @api.model
    def _key_of_sale(self, order, card):
        """Return what identifies a redemption of a sales order."""
        engine = card._retail_code_engine() or card.program_id._retail_engine()
        return {"connector_id": engine.id, "external_id": f"sale/{order.id}/{card.id}"}

    @api.model
    def _hold_for_sale(self, order, card, minutes, points=None, **values):
        """Have an order hold points of a card; return whether they are there, and not held for another order.

        :param card: as the superuser
        :param points: a float; None: what a code is worth
        """
        hold = self._of_sale(order, card)
        if hold.state == "held":
            hold._end("released")
        self._expire(card)
        if points is None:
            available = card.points - card._retail_held()[card]
            points = available if card.program_type == GIFT_CARD else WHOLE
        if points <= 0 or not self.env["retail.loyalty.account"]._reserve(card, decimal(points)):
            return False
        values |= {
            "state": "held",
            "points": points,
            "spent": 0,
            "held_until": fields.Datetime.now() + timedelta(minutes=minutes),
            "ended_at": False,
        }
        if hold:
            hold.write(values)
            return True
        key = self._key_of_sale(order, card)
        about = {"sale_order_id": order.id, "card_id": card.id, "reference": order.name}
        about["engine_hold"] = order._retail_code_hold()
        self.create({**key, **about, **values, "company_id": order.company_id.id})
        return True


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # -- entering a code ---------------------------------------------------------------------------

    def _try_apply_code(self, code):
        """Ask the loyalty engine that has the code first, and hold it for this order."""
        self.ensure_one()
        if self.state in ("draft", "sent"):
            code, problem = self.env["retail.code.asker"]._get_code(code, self._retail_basket())
            if problem:
                return {"error": problem}
        elif self.env["retail.code.asker"]._is_of_engine(code):
            return {"error": self.env._("Enter this code before the order is confirmed.")}
        result = super()._try_apply_code(code)
        if "error" in result:
            self._retail_drop_codes()
        return result

    def _retail_basket(self):
        """Return the order as the :class:`~.code_asker.Basket` of a code."""
        # As the superuser: what an engine has to know of an order does not depend on who sells, who has no rights on
        # holds either.
        order, holds = self.sudo(), self.env["retail.loyalty.hold"].sudo()
        return Basket(
            company=order.company_id,
            currency=order.currency_id,
            hold=order._retail_code_hold(),
            order=lambda: order._retail_canonical("order.placed", {}).canonical(),
            has=order._retail_holds_code,
            take=lambda card, minutes: holds._hold_for_sale(order, card, minutes),
            repeats=(order.id, order.amount_total) if order._retail_channel() == "web" else None,
        )

    # -- what is held ------------------------------------------------------------------------------

    def _retail_order_holds(self):
        """Return the holds (superuser) of these orders that have not ended, whether their time is over or not."""
        # As the superuser: whoever sells has no rights on holds.
        holds = self.env["retail.loyalty.hold"].sudo()
        return (
            holds.search([("sale_order_id", "in", self.ids), ("state", "=", "held")]) if self.ids else holds
        )

    def _retail_holds_code(self, card):
        return any(hold.card_id == card and hold._is_valid() for hold in self._retail_order_holds())

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """What is held for the order itself can be spent by it."""
        points = super()._get_real_points_for_coupon(coupon, post_confirm=post_confirm)
        if not coupon.id:
            return points
        own = self._retail_order_holds().filtered(lambda hold: hold.card_id.id == coupon.id)
        return points + sum(hold.points for hold in own if hold._is_valid())

    def _retail_used_codes(self):
        """Return ``{card (superuser) of an engine's code: points that the order's rewards cost}``."""
        used = {}
        # As the superuser: whoever confirms an order may have no rights on cards.
        for line in self.sudo().order_line:
            if line.coupon_id and line.coupon_id._retail_code_engine():
                used[line.coupon_id] = used.get(line.coupon_id, 0.0) + line.points_cost
        return used

    def _retail_drop_codes(self):
        """Release the codes, and the points, that the orders do not use any more."""
        for hold in self._retail_order_holds():
            order = hold.sale_order_id
            # Odoo applies the cards of a customer to each of their orders.
            entered = order.applied_coupon_ids.filtered(lambda card: card._retail_code_engine())
            if hold.card_id not in entered | order.order_line.coupon_id:
                hold._end("released")

    def _update_programs_and_rewards(self):
        result = super()._update_programs_and_rewards()
        self._retail_drop_codes()
        return result

    # -- confirming and cancelling -----------------------------------------------------------------

    def action_confirm(self):
        """Use the codes of the orders: what is held becomes what is spent."""
        for order in self.filtered(lambda order: order.state in ("draft", "sent")):
            order._retail_use_codes()
        return super().action_confirm()

    def _retail_use_codes(self):
        """End the holds of the order's codes, so that Odoo can spend them.

        :raise UserError: the time is over, and another order has a code
        """
        for card, points in self._retail_used_codes().items():
            holds = card.env["retail.loyalty.hold"]
            hold = holds._of_sale(self, card)
            if not (hold and hold._is_valid()) and not holds._hold_for_sale(self, card, 1):
                raise UserError(
                    self.env._(
                        "The code %(code)s is not held for this order any more, and has been used elsewhere. Remove it"
                        " from the order.",
                        code=card.code,
                    )
                )
            holds._of_sale(self, card)._end("committed", spent=points)
        self._retail_order_holds()._end("released")

    def _action_cancel(self):
        result = super()._action_cancel()
        self._retail_order_holds()._end("released")
        return result

    def unlink(self):
        self._retail_order_holds()._end("released")
        return super().unlink()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders.exists()._retail_drop_codes()
        return result
