"""Connects capture with the outbox, into which captured events are inserted."""

from collections import defaultdict

from odoo import api, models

from .effects import effect_of


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

    def _retail_excluding_flows(self, event_type):
        # As the superuser: whoever deletes the records may have no rights on flows, and what their filters name.
        records = self.sudo().with_context(active_test=False)
        excluding = defaultdict(list)
        for route in self.env["retail.flow"]._routes().get(event_type, ()):
            for record_id in records._retail_excluded_by(route.flow_id, event_type):
                excluding[record_id].append(route.flow_id)
        return excluding

    def _retail_excluded_by(self, flow_id, event_type):
        """Return the ids of the records that a flow excludes. The end of what was sent is never excluded."""
        flow = self.env["retail.flow"].browse(flow_id)
        excluded = set((self - flow._matching_or_all(self)).ids)
        return excluded - effect_of(flow.connector_id, event_type, self._name).sent_ids(excluded)

    def unlink(self):
        # As the superuser: whoever deletes the record may have no rights on outgoing events.
        doomed = self.sudo().with_context(active_test=False)
        doomed._retail_cancel_excluded_facts()
        self.env["retail.event"]._keep_names(doomed)
        return super().unlink()

    def _retail_cancel_excluded_facts(self):
        """Cancel waiting facts that the filters of their flows exclude: once the record is deleted, nobody can tell."""
        waiting = self.env["retail.delivery"]._waiting_facts(self)
        for flow, deliveries in waiting.grouped("flow_id").items():
            matching = flow._matching_or_all(self).ids
            excluded = deliveries.filtered(lambda each, ids=matching: each.res_id not in ids)
            excluded._cancel(self.env._("The record does not match the filter of the flow."))
