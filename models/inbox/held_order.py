"""Orders that are captured and reserved, but not shipped yet.

They are held until their customer has confirmed, or until somebody has looked at them.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..outbox.names import action_open

HOLDS = [("held", "Held"), ("confirmed", "Confirmed"), ("expired", "Expired")]
REVIEWS = [("open", "To Review"), ("released", "Released")]
REVIEW = "order_review"  # the cause of an alert


class SaleOrder(models.Model):
    _name = "sale.order"
    # In this order: the mixin extends one that sales orders have.
    _inherit = ["retail.alerting", "sale.order"]

    retail_hold = fields.Selection(
        HOLDS,
        "Hold",
        readonly=True,
        copy=False,
        help="A held order is not shipped. It is cancelled unless its customer confirms it in time.",
    )
    retail_held_until = fields.Datetime("Held Until", readonly=True, copy=False)
    retail_hold_ended_at = fields.Datetime("Hold Ended", readonly=True, copy=False)
    retail_review = fields.Selection(
        REVIEWS,
        "Review",
        readonly=True,
        copy=False,
        help="An order to review is not shipped until somebody has released it.",
    )
    retail_review_reason = fields.Char("Reason for Review", readonly=True, copy=False)
    retail_review_opened_at = fields.Datetime("Review Opened", readonly=True, copy=False)
    retail_released_at = fields.Datetime("Released", readonly=True, copy=False)
    retail_released_by = fields.Char("Released By", readonly=True, copy=False)
    retail_cancelled_at = fields.Datetime("Cancelled", readonly=True, copy=False)

    _retail_held_idx = models.Index("(retail_held_until) WHERE retail_hold = 'held'")

    def _retail_not_shipped(self):
        """Return why the order must not be shipped now: ``held`` or ``review``; "" if it may be."""
        if self.state != "sale":
            return ""
        if self.retail_hold == "held":
            return "held"
        return "review" if self.retail_review == "open" else ""

    def _retail_check_shippable(self):
        """
        :raise UserError: an order must not be shipped now
        """
        for order in self:
            why_not = order._retail_not_shipped()
            if why_not == "held":
                raise UserError(
                    self.env._(
                        "%s is held until its customer confirms it. It cannot be shipped before that.",
                        order.name,
                    )
                )
            if why_not:
                raise UserError(
                    self.env._(
                        "%(order)s is to be reviewed: %(reason)s Open the sales order, and release it for shipping, or"
                        " cancel it.",
                        order=order.name,
                        reason=order.retail_review_reason,
                    )
                )

    # -- holds -------------------------------------------------------------------------------------

    def _retail_start_hold(self, minutes):
        self.write(
            {"retail_hold": "held", "retail_held_until": fields.Datetime.now() + timedelta(minutes=minutes)}
        )

    def _retail_extend_hold(self, minutes):
        """Hold the order until so many minutes from now; return whether that is longer than before."""
        until = fields.Datetime.now() + timedelta(minutes=minutes)
        if until <= self.retail_held_until:
            return False
        self.retail_held_until = until
        return True

    def _retail_end_hold(self, state):
        self.write({"retail_hold": state, "retail_hold_ended_at": fields.Datetime.now()})

    def _retail_is_over(self):
        """Return whether the hold has lasted as long as it was to."""
        return self.retail_held_until <= fields.Datetime.now()

    def _recompute_prices(self):
        self._retail_check_price_free()
        return super()._recompute_prices()

    def _recompute_taxes(self):
        self._retail_check_price_free()
        return super()._recompute_taxes()

    def _retail_check_price_free(self):
        """
        :raise UserError: the customer was promised the price
        """
        held = self.filtered(lambda order: order._retail_not_shipped() == "held")
        if held:
            raise UserError(
                self.env._(
                    "%s is held for its customer at the price that was shown to the customer.", held[0].name
                )
            )

    # -- reviews -----------------------------------------------------------------------------------

    def _retail_open_review(self, reason):
        """Have a person look at the order before it is shipped.

        :param reason: a sentence
        """
        # As the superuser: whoever asks for the review, the hub chooses who makes it.
        order = self.sudo()
        reasons = [order.retail_review_reason] if order.retail_review == "open" else []
        order.write(
            {
                "retail_review": "open",
                "retail_review_reason": " ".join([*reasons, reason]),
                "retail_review_opened_at": fields.Datetime.now(),
                "retail_released_at": False,
                "retail_released_by": False,
            }
        )
        order._raise_alert(
            REVIEW,
            self.env._("Review the order: release or cancel it"),
            order.retail_review_reason,
            order._retail_reviewer(),
        )

    def _retail_reviewer(self):
        """Return who reviews the order: its salesperson, the leader of its team, or who looks after the system."""
        preferred = (self.user_id, self.team_id.user_id)
        if self.retail_connector_id:
            return self.retail_connector_id._get_responsible(preferred=preferred)
        return self.company_id._retail_caretaker(preferred)

    def action_retail_release(self):
        """Release the order for shipping."""
        self.check_access("write")
        for order in self:
            if order.state != "sale" or order.retail_review != "open":
                raise UserError(self.env._("%s does not need a review.", order.name))
            order._retail_release(self.env.user.name)

    def _retail_release(self, name):
        """
        :param name: of the person or system that releases it
        """
        # As the superuser: the caller may change the order, its alert belongs to somebody else.
        order = self.sudo()
        order.write(
            {
                "retail_review": "released",
                "retail_released_at": fields.Datetime.now(),
                "retail_released_by": name,
            }
        )
        order._clear_alert(REVIEW, self.env._("Released for shipping by %s", name))

    def action_draft(self):
        """What was asked of an order before it was cancelled does not count for what it becomes then."""
        captured = self.filtered("retail_connector_id")
        captured.write(
            {
                "retail_hold": False,
                "retail_review": False,
                "retail_failure": False,
                "retail_cancelled_at": False,
            }
        )
        return super().action_draft()

    def _action_cancel(self):
        result = super()._action_cancel()
        for order in self.filtered("retail_connector_id"):
            order.retail_cancelled_at = fields.Datetime.now()
            if order.retail_review == "open":
                order._clear_alert(REVIEW)
        return result


class StockPicking(models.Model):
    _inherit = "stock.picking"

    # As the superuser: people in the warehouse read no orders, but have to know that one is not to be shipped.
    retail_not_shipped = fields.Char(compute="_compute_retail_not_shipped", compute_sudo=True)

    @api.depends("state", "sale_id.state", "sale_id.retail_hold", "sale_id.retail_review")
    def _compute_retail_not_shipped(self):
        for picking in self:
            is_open = picking.state not in ("done", "cancel")
            picking.retail_not_shipped = is_open and picking.sale_id._retail_not_shipped()

    def action_open_retail_order(self):
        """Open the order that is held or to be reviewed."""
        self.ensure_one()
        return action_open(self.env, "sale.order", self.sale_id.id)
