from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_loyalty_limit = fields.Float(
        "Points to Correct Without Approval",
        default=0,
        help="Users can correct differences of up to this many points between a card and the ledger. Larger ones need a"
        " manager.",
    )
