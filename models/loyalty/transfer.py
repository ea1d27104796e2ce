"""Moving points from one card to another."""

from odoo import models
from odoo.exceptions import UserError

from .adjustment import explained_changes


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_transfer(self, target, points, reason):
        """Move points to another card of the same program.

        :param points: a float above 0
        :param reason: for people
        :raise UserError: they are not available, or the cards are of different programs
        """
        self.ensure_one()
        if target.program_id != self.program_id or target == self:
            raise UserError(self.env._("Points can be transferred to another card of the same program only."))
        self._retail_adjust(
            -points, self.env._("Transferred to %(card)s: %(reason)s", card=target.code, reason=reason)
        )
        target._retail_adjust(
            points, self.env._("Transferred from %(card)s: %(reason)s", card=self.code, reason=reason)
        )

    def _retail_adjust(self, points, reason):
        """Change the points of a card by hand: of those that are taken, none may be held for a checkout.

        :raise UserError: there are not so many
        """
        self.env.cr.flush()  # enters what was changed just now
        # As the superuser: whether the user may change the card was checked; accounts are the hub's own.
        accounts = self.env["retail.loyalty.account"].sudo()
        accounts.env["retail.loyalty.hold"]._expire(self)
        if points < 0 and not accounts._reserve(self, str(-points)):
            raise UserError(
                self.env._(
                    "%(card)s does not have %(points)g points that can be taken.",
                    card=self.display_name,
                    points=-points,
                )
            )
        amounts = {"issued": points} if points > 0 else {"used": -points}
        with explained_changes(self.env.cr):
            self.env["loyalty.history"].create({"card_id": self.id, "description": reason, **amounts})
            self.with_context(loyalty_no_mail=True).points += points
        self.env.cr.flush()
        if points < 0:
            accounts._free(self, str(-points))
