"""The end of what a branch had sent: it goes where the record is, also if the branch is not served any more."""

import json

from odoo import api, models

from .effects import EFFECTS, effect_of


class RetailEvent(models.Model):
    _inherit = "retail.event"

    @api.model
    def _is_owed(self, model, row, route):
        if row.event_type not in EFFECTS or row.payload is None:
            return False
        if route.company_id not in self.env["res.company"].browse(row.company_id)._retail_lineage():
            return False
        connector = self.env["retail.connector"].browse(route.connector_id)
        return effect_of(connector, row.event_type, model).is_owed(json.loads(row.payload))
