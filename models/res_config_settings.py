from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    retail_responsible_id = fields.Many2one(related="company_id.retail_responsible_id", readonly=False)
    retail_realtime_window = fields.Integer(related="company_id.retail_realtime_window", readonly=False)
    retail_micro_batch_window = fields.Integer(related="company_id.retail_micro_batch_window", readonly=False)
