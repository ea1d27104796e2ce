from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_loyalty_limit = fields.Float(
        "Points to Correct Without Approval",
        default=0,
        help="Users can adjust a card of a linked program by up to this many points a day, and correct differences of"
        " up to this many points between a card and the ledger. Larger corrections need a manager.",
    )
    retail_confirm_above = fields.Float(
        "Redemptions to Confirm Above",
        default=0,
        help="Customers who redeem more points than this within 24 hours must confirm it with a code that Odoo sends"
        " them, or with their card: at tills, on quotations and in remote systems. In Odoo's web shop, signing in is"
        " enough. In Odoo, this applies to programs whose points a loyalty engine owns. 0: no confirmation is needed.",
    )

    def _retail_needs_manager(self, points):
        """Return whether the user may not correct so many points, since only managers may."""
        self.ensure_one()
        user = self.env.user
        if user.has_group("retail_hub.group_manager"):
            return False
        # As the superuser: whoever sells may have no rights on the company's settings.
        return not user.has_group("retail_hub.group_user") or abs(points) > self.sudo().retail_loyalty_limit
