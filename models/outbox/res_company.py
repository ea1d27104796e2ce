from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_realtime_window = fields.Integer(
        "Realtime Window (s)", default=2, help="New realtime flows collect changes of a record for this long."
    )
    retail_micro_batch_window = fields.Integer(
        "Micro-batch Window (s)", default=60, help="New micro-batch flows collect changes for this long."
    )
