from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_loyalty_limit = fields.Float(
        "Points to Correct Without Approval",
        default=0,
        help="Users may correct a difference of up to so many points between a card and the ledger. A manager corrects"
        " larger ones.",
    )
