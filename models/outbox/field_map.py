from odoo import api, models


class RetailFieldMap(models.Model):
    _inherit = "retail.field.map"

    @api.depends("connector_id.flow_ids.active", "connector_id.flow_ids.event_type")
    def _compute_is_used(self):
        return super()._compute_is_used()
