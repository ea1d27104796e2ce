"""Connects capture with the outbox, into which captured events are inserted."""

from collections import defaultdict

from odoo import api, models

from ..source.capture import CAPTURED
from .effects import effect_of
from .event import EventRow


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

    def _retail_snapshot_facts(self):
        names = {transition.field for transition in self._retail_wanted_transitions()}
        if names:
            self.flush_recordset(names)
        if CAPTURED not in self.env.cr.precommit.data:
            return
        # As the superuser: whoever deletes a record may not read all that its last event names.
        doomed = self.sudo().with_context(active_test=False)
        facts = self._retail_pending().facts_without_payload(self._name, set(self._ids))
        snapshots = {key: doomed._retail_snapshot_of(fact) for key, fact in facts.items()}
        self._retail_pending().rows.update(snapshots)

    def _retail_snapshot_of(self, fact):
        """Return a captured fact about a record that will be deleted with what could only be read until then."""
        row = EventRow(fact.event_type, fact.res_id, fact.company_id, details=fact.details)
        [row] = self.env["retail.event"]._with_snapshots(self._name, [row])
        record = self.browse(fact.res_id)
        excluding = record._retail_excluding_flows(fact.event_type).get(fact.res_id, ())
        return fact._replace(
            payload=row.payload,
            excluding_flows=tuple(excluding),
            kept_name=record._retail_public_name(),
            correlation_id=row.correlation_id,
        )

    def unlink(self):
        # As the superuser: whoever deletes the record may have no rights on outgoing events.
        doomed = self.sudo().with_context(active_test=False)
        doomed._retail_cancel_excluded_facts()
        self.env["retail.event"]._store_names(doomed)
        return super().unlink()

    def _retail_cancel_excluded_facts(self):
        """Cancel waiting facts that the filters of their flows exclude: once the record is deleted, nobody can tell."""
        waiting = self.env["retail.delivery"]._waiting_facts(self)
        for flow, deliveries in waiting.grouped("flow_id").items():
            matching = flow._matching_or_all(self).ids
            excluded = deliveries.filtered(lambda each, ids=matching: each.res_id not in ids)
            excluded._cancel(self.env._("The record does not match the filter of the flow."))
