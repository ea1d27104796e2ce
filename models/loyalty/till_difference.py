"""Differences that an order of a till leaves: its money is taken, and its points were not there."""

from odoo import api, fields, models

from .entry import DIGITS
from .mirror import SMALLEST

TILL_CAUSES = [
    ("overdraft", "Overdrawn at a till"),
    ("owner", "Redeemed for another customer"),
]


class RetailLoyaltyDifference(models.Model):
    _inherit = "retail.loyalty.difference"

    cause = fields.Selection(selection_add=TILL_CAUSES, ondelete={"overdraft": "cascade", "owner": "cascade"})
    correction = fields.Selection(selection_add=[("accept", "Deduct from next points")])
    short = fields.Float(
        "Points Short",
        digits=DIGITS,
        readonly=True,
        help="The points that the order redeemed without the customer having them.",
    )
    pos_order_id = fields.Many2one("pos.order", "Till Order", readonly=True, ondelete="set null")
    shown = fields.Char(readonly=True, help="What the till showed when the customer paid.")

    _till_unique = models.UniqueIndex(
        "(card_id, cause) WHERE state = 'open' AND cause IN ('overdraft', 'owner')"
    )

    @api.depends("short")
    def _compute_difference(self):
        result = super()._compute_difference()
        for each in self.filtered("short"):
            each.difference = -each.short
        return result

    def _compute_correction(self):
        result = super()._compute_correction()
        for each in self.filtered(lambda each: each.cause in dict(TILL_CAUSES)):
            each.correction = "accept"
        return result

    @api.model
    def _note_till(self, card, cause, points, order, claim):
        """Note that an order redeemed points that its customer did not have.

        :param card: as the superuser
        :param points: how many were missing
        :param claim: what the till said, see ``pos.order.retail_loyalty_claims``
        """
        values = {
            "points": card.points,
            "balance": card.points,
            "pos_order_id": order.id,
            "shown": self._shown(claim),
        }
        known = self.search([("card_id", "=", card.id), ("cause", "=", cause), ("state", "=", "open")])
        if known:
            known.write({**values, "short": known.short + points})
            return
        found = {"card_id": card.id, "program_id": card.program_id.id, "company_id": card.company_id.id}
        self.create({**found, **values, "cause": cause, "short": points, "found_at": fields.Datetime.now()})

    @api.model
    def _shown(self, claim):
        """Return what a till showed, for people. It may be anything."""
        balance, read_at = claim.get("shown"), claim.get("read_at")
        if not isinstance(balance, int | float):
            return ""
        text = self.env._("%(points)g points", points=balance)
        if isinstance(read_at, str):
            text = self.env._("%(points)s, as of %(time)s", points=text, time=read_at[:19])
        return self.env._("%(text)s, offline", text=text) if claim.get("offline") else text

    @api.model
    def _cron_prove(self):
        """Compare all cards with the ledger, and end the overdrafts that later points have covered."""
        result = super()._cron_prove()
        open_ = self.search([("state", "=", "open"), ("cause", "=", "overdraft")])
        covered = open_.filtered(lambda each: each.card_id.points >= -SMALLEST)
        covered.write({"state": "resolved", "ended_at": fields.Datetime.now()})
        return result

    def action_accept(self):
        """Accept that points were given away: nothing else is to be done."""
        for each in self.filtered(lambda each: each.state == "open" and each.correction == "accept"):
            each._check_may_correct()
            # As the superuser: whether the user may accept it was checked.
            each.sudo().write(
                {"state": "corrected", "ended_at": fields.Datetime.now(), "ended_by_id": self.env.uid}
            )
