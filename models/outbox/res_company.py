from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_realtime_window = fields.Integer(
        "Realtime Window (s)", default=2, help="How long new realtime flows collect the changes of a record."
    )
    retail_micro_batch_window = fields.Integer(
        "Micro-batch Window (s)", default=60, help="How long new micro-batch flows collect changes."
    )
