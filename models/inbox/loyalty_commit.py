"""``loyalty.commit``: spend points that are held."""

from odoo import models


class LoyaltyCommit(models.AbstractModel):
    _name = "retail.command.loyalty.commit"
    _description = "Retail Hub: Spend Held Points"
    _inherit = ["retail.command.loyalty.hold"]

    def _apply(self, command, sender):
        hold = self._hold_of(command, sender)
        points = hold.points if command.points is None else float(command.points)
        if hold.state == "committed" and hold.spent == points:
            return self._applied(hold, "unchanged")
        self._check_held(hold)
        self.env["retail.loyalty.member"]._check_points(hold.card_id, command.points)
        if points > hold.points:
            raise self._too_many(hold.points, "/points")
        hold._commit(points)
        return self._applied(hold, "committed")
