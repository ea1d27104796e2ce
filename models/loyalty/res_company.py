from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_loyalty_limit = fields.Float(
        "Points to Correct Without Approval",
        default=0,
        help="Users can correct differences of up to this many points between a card and the ledger. Larger ones need a"
        " manager.",
    )
    retail_confirm_above = fields.Float(
        "Redemptions to Confirm Above",
        default=0,
        help="Customers confirm it if they redeem more points than this at a till, in a web shop or in another system:"
        " with a code that Odoo sends them, or with their card. At tills, it is about programs whose points a loyalty"
        " engine owns. 0: no confirmation is needed.",
    )
