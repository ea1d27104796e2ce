from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    retail_responsible_id = fields.Many2one(related="company_id.retail_responsible_id", readonly=False)
    retail_realtime_window = fields.Integer(related="company_id.retail_realtime_window", readonly=False)
    retail_micro_batch_window = fields.Integer(related="company_id.retail_micro_batch_window", readonly=False)
    retail_delivery_days = fields.Integer(related="company_id.retail_delivery_days", readonly=False)
    retail_event_days = fields.Integer(related="company_id.retail_event_days", readonly=False)
    retail_message_days = fields.Integer(related="company_id.retail_message_days", readonly=False)
    retail_refused_days = fields.Integer(related="company_id.retail_refused_days", readonly=False)
    retail_loyalty_limit = fields.Float(related="company_id.retail_loyalty_limit", readonly=False)
    retail_confirm_above = fields.Float(related="company_id.retail_confirm_above", readonly=False)
    retail_retention_summary = fields.Char(compute="_compute_retail_retention_summary")

    @api.depends("company_id")
    def _compute_retail_retention_summary(self):
        for settings in self:
            # As the superuser: whoever may see the settings may know that the deletion runs.
            retention = (
                self.env["retail.retention"].sudo().search([("company_id", "=", settings.company_id.id)])
            )
            settings.retail_retention_summary = retention._summary()
