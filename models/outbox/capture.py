"""Connects capture with the outbox, into which captured events are inserted."""

from odoo import api, models


class RetailCapture(models.AbstractModel):
    _inherit = "retail.capture"

    @api.model
    def _retail_wants(self, event_type):
        return event_type in self.env["retail.flow"]._routes()

    @api.model
    def _retail_insert_captured(self):
        self.env["retail.event"]._insert_captured()

    def _retail_newest_event(self, event_types):
        return self.env["retail.event"]._newest_uuid(self, event_types)
