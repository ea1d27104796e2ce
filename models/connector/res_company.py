from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_responsible_id = fields.Many2one(
        "res.users",
        "Retail Hub Responsible",
        domain="[('share', '=', False)]",
        help="Default for new connectors. Also gets the activities of connectors without a responsible user.",
    )
