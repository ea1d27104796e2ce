"""Capture: notice, in the user's transaction, what the hub should tell others.

A model is captured by inheriting ``retail.capture`` and saying which events it makes. Changes are noticed
where the ORM writes columns (``_write_multi``), so that recomputed fields count and a write that changes
nothing does not. What was noticed is kept by ``retail.event`` at precommit, in one statement.
"""

import json
from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

PENDING = "retail_hub.noticed"


class RetailCapture(models.AbstractModel):
    _name = "retail.capture"
    _description = "Notices the business events of a model"

    _retail_created_event = None
    _retail_updated_event = None
    _retail_erased_event = None

    @api.model
    def _retail_watched_fields(self):
        """Return the names of the stored fields whose change is an update event (a frozenset)."""
        return frozenset()

    @api.model
    def _retail_default_domain(self):
        """Return the filter that a new flow for this model starts with, as text."""
        return "[]"

    @api.model
    def _retail_subject_domain(self):
        """Return the domain of the records that are the subjects of their own events."""
        return Domain.TRUE

    @api.model
    def _retail_changed_domain(self, since):
        """Return the domain of the subjects that have changed since a time."""
        return Domain("write_date", ">=", since)

    def _retail_subjects(self):
        """Return ``{id: (id of the event's subject, company id or None)}`` of those records that (still) exist."""
        return {record.id: (record.id, record.company_id.id or None) for record in self.exists()}

    def _retail_payloads(self):
        """Return ``{id: (canonical payload, warnings)}`` of the records as they are now.

        The payload is a dict of JSON values, the warnings a list of texts. A record whose payload cannot
        be built has the exception in the payload's place.
        """
        raise NotImplementedError

    @api.model
    def _retail_complete_fact(self, connector, event_type, payload):
        """Return a fact's payload with what only the moment of sending knows, such as remote ids.

        :raise RemoteError: if it cannot be sent yet, or never
        """
        return payload

    @api.model
    def _retail_fact_delivered(self, connector, event_type, payload, remote_id):
        """Do what follows from a fact that has arrived, such as forgetting a binding."""

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._retail_notice(self._retail_created_event)
        return records

    def write(self, vals):
        result = super().write(vals)
        relations = self._retail_watched_relations().intersection(vals)
        if relations:
            self._retail_notice(self._retail_updated_event)
        return result

    def _write_multi(self, vals_list):
        super()._write_multi(vals_list)
        if not self._retail_wants(self._retail_updated_event):
            return
        watched = self._retail_watched_fields()
        changed = [
            record.id for record, vals in zip(self, vals_list, strict=True) if not watched.isdisjoint(vals)
        ]
        self.browse(changed)._retail_notice(self._retail_updated_event)

    def unlink(self):
        if self._retail_wants(self._retail_erased_event):
            self._retail_notice_erased()
        return super().unlink()

    @api.model
    def _retail_watched_relations(self):
        """Return the watched fields that have no column and so never pass ``_write_multi``."""
        return frozenset(name for name in self._retail_watched_fields() if not self._fields[name].column_type)

    @api.model
    def _retail_wants(self, event_type):
        return event_type in self.env["retail.flow"]._routes()

    def _retail_notice(self, event_type):
        """Remember that ``event_type`` happened to these records, until precommit."""
        if self and self._retail_wants(event_type):
            self._retail_pending().add_states(self._name, event_type, self.ids)

    def _retail_notice_fact(self, event_type, payload, company):
        """Remember a fact about this record, with its snapshot (a dict of JSON values)."""
        self.ensure_one()
        if self._retail_wants(event_type):
            self._retail_pending().add_fact(self._name, event_type, self.id, company.id, payload)

    def _retail_notice_erased(self):
        """Remember, before they go, that these records are erased: afterwards nothing is left to read."""
        for record in self:
            record._retail_notice_fact(self._retail_erased_event, {"id": str(record.id)}, record.company_id)

    def _retail_pending(self):
        precommit = self.env.cr.precommit
        if PENDING not in precommit.data:
            precommit.data[PENDING] = Noticed()
            precommit.add(self.env(su=True)["retail.event"]._keep_noticed)
        return precommit.data[PENDING]


class Noticed:
    """What happened since the last precommit, in order: one entry per state of a subject, and each fact."""

    def __init__(self):
        self.rows = {}

    def add_states(self, model, event_type, ids):
        """The first state event of a record names it (what was created now is not also updated); the last
        one places it, because its content is read later than all that happened."""
        for record_id in ids:
            first, *_rest = self.rows.pop((model, record_id), (event_type,))
            self.rows[model, record_id] = (first, record_id, False, None, None)

    def add_fact(self, model, event_type, record_id, company_id, payload):
        self.rows[model, len(self.rows), event_type] = (
            event_type,
            record_id,
            True,
            company_id or None,
            json.dumps(payload),
        )

    def by_model(self):
        """Return ``{model: rows}`` as :meth:`RetailEvent._keep` takes them."""
        rows = defaultdict(list)
        for (model, *_key), row in self.rows.items():
            rows[model].append(row)
        return rows
