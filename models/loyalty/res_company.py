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
        help="Whoever redeems more points than this in a web shop or another system confirms it, with a code that Odoo"
        " sends to the customer or with the card. 0: no confirmation is needed.",
    )
