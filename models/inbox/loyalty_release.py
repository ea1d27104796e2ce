"""``loyalty.release``: release points that are held."""

from odoo import models


class LoyaltyRelease(models.AbstractModel):
    _name = "retail.command.loyalty.release"
    _description = "Retail Hub: Release Held Points"
    _inherit = ["retail.command.loyalty.hold"]

    def _apply(self, command, sender):
        hold = self._hold_of(command, sender)
        if hold.state in ("released", "expired"):
            return self._applied(hold, "unchanged")
        if hold.state == "committed":
            self._check_held(hold)
        hold._end("released")
        return self._applied(hold, "released")
