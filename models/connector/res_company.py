from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_responsible_id = fields.Many2one(
        "res.users",
        "Retail Hub Responsible",
        domain="[('share', '=', False)]",
        help="Responsible for new connectors, and told of trouble where a connector names nobody.",
    )
