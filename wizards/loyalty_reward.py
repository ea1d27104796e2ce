"""Choosing how many points of a loyalty card a reward takes, and having the customer confirm that."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..models.loyalty.entry import DIGITS
from ..models.loyalty.till_hold import HOLD_MINUTES
from ..models.outbox.names import action_dialog


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
    retail_must_confirm = fields.Boolean(compute="_compute_retail_must_confirm")
    retail_email = fields.Char("Email", compute="_compute_retail_must_confirm")
    retail_phone = fields.Char("Text Message", compute="_compute_retail_must_confirm")
    retail_code = fields.Char(
        "Code of the Customer", help="The code that the customer got, or that of the loyalty card."
    )
    retail_sent_to = fields.Char("Sent To", readonly=True)
    retail_problem = fields.Char("Why Not", readonly=True)

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

    @api.depends("selected_reward_id", "selected_product_id", "order_id", "retail_points")
    def _compute_retail_must_confirm(self):
        for wizard in self:
            # As the superuser: whoever sells has no rights on holds; the card is the one that they may redeem.
            card = wizard._retail_claimed_card().sudo()
            must_confirm = bool(card) and wizard.order_id._retail_must_confirm(card, wizard._retail_cost())
            wizard.retail_must_confirm = must_confirm
            ways = dict(card.env["retail.loyalty.confirmation"]._ways(card)) if must_confirm else {}
            wizard.retail_email, wizard.retail_phone = ways.get("email"), ways.get("sms")

    def _retail_card(self):
        """Return the card that pays for the reward if each of its points takes the same off; else an empty one."""
        reward = self.selected_reward_id
        takes_any_amount = bool(reward) and reward._retail_takes_any_amount()
        return self._retail_claimed_card() if takes_any_amount else self.env["loyalty.card"]

    def _retail_claimed_card(self):
        """Return the card that pays for the reward; an empty one if there is none."""
        claimable = self.order_id._get_claimable_rewards() if self.selected_reward_id else {}
        cards = (card for card, rewards in claimable.items() if self.selected_reward_id in rewards)
        return next(cards, self.env["loyalty.card"])

    def _retail_cost(self):
        """Return how many points the reward takes: at most as many as were entered, and as the order can use."""
        card, product = self._retail_claimed_card(), self.selected_product_id
        usable = self.order_id._retail_usable_points(self.selected_reward_id, card, product)
        return min(self.retail_points, usable) if self.retail_takes_any_amount else usable

    # -- confirming --------------------------------------------------------------------------------

    def action_retail_send_email(self):
        """Send the customer a code by email."""
        return self._retail_send_code("email")

    def action_retail_send_sms(self):
        """Send the customer a code by text message."""
        return self._retail_send_code("sms")

    def _retail_send_code(self, channel):
        self.ensure_one()
        self.order_id.check_access("write")
        # As the superuser: whoever sells has no rights on holds; the card is the one that they may redeem.
        card = self._retail_claimed_card().sudo()
        if not card or not self.retail_must_confirm:
            raise UserError(self.env._("The customer does not have to confirm this."))
        sent_to = self.order_id._retail_send_confirmation(card, self._retail_cost(), channel)
        self.write({"retail_sent_to": sent_to, "retail_problem": False, "retail_code": False})
        return self._retail_again()

    def _retail_again(self):
        return action_dialog(self, self.env._("Available Rewards"), "medium")

    # -- redeeming ---------------------------------------------------------------------------------

    def action_apply(self):
        """Redeem as many points as were entered. If the customer has to confirm them, the window stays open until then.

        :raise ValidationError: there are not so many, or the card has whole points only
        """
        card = self._retail_card()
        if card:
            self._retail_check_points(card)
        # As the superuser: whoever sells has no rights on holds; the card is the one that they may redeem.
        problem = self._retail_hold(self._retail_claimed_card().sudo())
        if problem:
            self.write({"retail_problem": problem, "retail_sent_to": False})
            return self._retail_again()  # an error would undo that the wrong code was counted
        if card:
            is_all = self.retail_points == self.retail_available
            self.order_id._retail_want_points(card, 0 if is_all else self.retail_points)
        return super().action_apply()

    def _retail_check_points(self, card):
        available = self.order_id._get_real_points_for_coupon(card)
        if not 0 < self.retail_points <= available:
            raise ValidationError(
                self.env._("Enter how many points to redeem: at most %(most)g.", most=available)
            )
        if self.retail_points % 1 and not card._retail_takes_fractions():
            raise ValidationError(self.env._("Enter a whole number of points."))

    def _retail_hold(self, card):
        """Hold the points; return why they cannot be redeemed, in words. Odoo's own points are not held."""
        points = self._retail_cost() if card.program_id._retail_engine() else 0.0
        if not points:
            return ""
        return self.order_id._retail_hold_points(card, points, HOLD_MINUTES, (self.retail_code or "").strip())
