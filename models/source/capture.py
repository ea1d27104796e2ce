"""Capture: record, in the user's transaction, which business events happened.

A model is captured by inheriting ``retail.capture`` and naming its events. Changes are captured where
the ORM writes columns (``_write_multi``): recomputed fields count, and a write that changes nothing does not. Captured
events are buffered and inserted by ``retail.event`` at precommit, in one statement.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

import psycopg2

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .pending import pending

CAPTURED = "retail_hub.captured"


class Transition(NamedTuple):
    """A change of a stored field that is a fact, if ``happened(old value, new value)`` is true.

    The old value of a new record is None.
    """

    event_type: str
    field: str
    happened: Callable[[Any, Any], bool]


def becomes(*values, since=None):
    """Return the test of a :class:`Transition` to one of ``values`` from one of ``since`` (None: any other value)."""

    def happened(old, new):
        return new in values and old not in values and (since is None or old in since)

    return happened


def updated_events(model):
    """Return the names of a model's update events, each of which is of other records."""
    return tuple(filter(None, (model._retail_updated_event, *model._retail_more_updated_events)))


def by_updated_event(records):
    """Return ``{update event: those of the records that have it}``; see :meth:`RetailCapture._retail_with_state`."""
    return {event_type: records._retail_with_state(event_type) for event_type in updated_events(records)}


class CapturedEvent(NamedTuple):
    """A new state of a record, or a fact, that was captured and is not inserted yet.

    :param company_id: of a fact, or of a state of a record that companies share
    :param payload: snapshot (JSON text) of a fact whose record will be deleted before precommit; otherwise the snapshot
        is built from the record and ``details`` at precommit
    :param occurred_at: None: now
    :param details: what was known of a fact when it was captured (JSON text)
    :param excluding_flows: ids of the flows whose filter a record that will be deleted does not match
    :param kept_name: of a record that will be deleted, see :meth:`RetailCapture._retail_public_name`
    :param correlation_id: of a fact whose record will be deleted: the process to which it belongs
    """

    event_type: str
    res_id: int
    is_fact: bool = False
    company_id: int | None = None
    payload: str | None = None
    occurred_at: datetime | None = None
    details: str | None = None
    excluding_flows: tuple[int, ...] = ()
    kept_name: str | None = None
    correlation_id: str | None = None


class RetailCapture(models.AbstractModel):
    _name = "retail.capture"
    _description = "Retail Hub: Event Capture"

    _retail_created_event = None
    _retail_updated_event = None
    # The update events of further records of the model, such as of returns beside shipments.
    _retail_more_updated_events = ()
    _retail_erased_event = None
    # Changes of stored fields that are facts.
    _retail_transitions: tuple[Transition, ...] = ()
    # Facts that contain all that a state event would: in their transaction, there is none besides.
    _retail_whole_facts: tuple[str, ...] = ()
    # The field that leads to the subject, if it is another record: a changed line is a change of its order.
    _retail_subject_field: str | None = None
    # Whether the branches of a company use its records, too, such as its customers.
    _retail_is_used_by_branches = False
    # Whether two of its records may be one remote record, such as two customers who are the same person.
    _retail_may_share = False
    # Computed fields that a filter may read record by record, because most records need no query for that.
    _retail_quick_filters: frozenset[str] = frozenset()
    # The field whose value names the record in stored texts; it must not be personal data.
    _retail_number_field: str | None = None
    # Paths to the record where the business process begins, such as an invoice's order: the first that exists.
    _retail_process_paths: tuple[str, ...] = ()
    # ``{event type: ((path to a record, event types), …)}``: the newest of these events is the cause of this one.
    # Customers, stock levels, prices and promotions name none: such a state stands for all changes since the last one,
    # which many events caused.
    _retail_causes: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}

    @api.model
    def _retail_without_key(self, payload):
        """Return a canonical payload without that by which remote systems identify a record."""
        return payload

    def _retail_referring(self):
        """Return the records whose events name these: a list of recordsets."""
        return []

    def _retail_reference(self):
        """Name the record for texts that are stored, which must not hold personal data: by its number or its id."""
        model = self.env["ir.model"]._get(self._name).name
        number = self.exists()[self._retail_number_field] if self._retail_number_field else ""
        return f"{model} {number or f'#{self.id}'}"

    @api.model
    def _retail_watched_fields(self):
        """Return the names of the stored fields that trigger the update event when they change (a frozenset)."""
        return frozenset()

    @api.model
    def _retail_triggers(self):
        """Return :meth:`_retail_watched_fields` and what else users have chosen to send. The outbox overrides this."""
        return self._retail_watched_fields()

    @api.model
    def _retail_default_domain(self):
        """Return the filter of a new flow for this model: a domain as text."""
        return "[]"

    @api.model
    def _retail_subject_domain(self):
        """Return the domain of the records that are the subjects of their own events."""
        return Domain.TRUE

    @api.model
    def _retail_history_domain(self, event_type):
        """Return the domain of the existing records of which a backfill can send this event; None if it cannot.

        A state can always be sent. Of facts, those can that a record still shows: a posted invoice was posted once.
        """
        is_state = event_type in (self._retail_created_event, self._retail_updated_event)
        return self._retail_subject_domain() if is_state else None

    def _retail_history_time(self, event_type):
        """Return when the event happened (UTC), for a record from before it was captured."""
        return self._retail_occurred_at(event_type) or self.create_date

    @api.model
    def _retail_changed_domain(self, since):
        """Return the domain of the subjects that have changed since a time."""
        return Domain("write_date", ">=", since)

    def _retail_has_changed(self, since):
        """Return whether the record has changed since a time."""
        return bool(self.search_count(Domain("id", "=", self.id) & self._retail_changed_domain(since)))

    def _retail_subjects(self):
        """Return ``{id: (id of the event's subject, company id or None)}`` of the records that exist."""
        return {record.id: (record.id, record.company_id.id or None) for record in self.exists()}

    def _retail_existing(self):
        """Return those of the records that exist; what their payloads need may have been read by the same query."""
        return self.exists()

    def _retail_payloads(self):
        """Return ``{id: (canonical payload, remarks)}`` of the records as they are now.

        The payload is a dict of JSON values, the remarks a list of
        :class:`~.remark.Remark`. A record whose payload cannot
        be built has the exception in the payload's place.
        """
        return self._retail_built(lambda record: record._retail_canonical(self._retail_updated_event, {}))

    def _retail_built(self, build):
        """Return the records' payloads as :meth:`_retail_payloads` does, from what ``build(record)`` returns."""
        payloads = {}
        for record in self:
            try:
                payloads[record.id] = (build(record).canonical(), [])
            except psycopg2.Error:
                raise
            except Exception as error:  # custom fields and overrides too: one record must not stop the others
                payloads[record.id] = (error, [])
        return payloads

    def _retail_canonical(self, event_type, details):
        """Return the record's canonical form for this event: a :class:`~..schemas.base.Canonical`.

        :param details: what was known of a fact when it was captured: a dict of JSON values, with ``before`` and
            ``after`` for a :class:`Transition`; empty for a state
        """
        raise NotImplementedError

    def _retail_present_parts(self, event_type):
        """Return what a fact contains of other records, as it is now: a dict of JSON values, which replace saved ones.

        A fact that is sent late must not undo what was sent of them since.
        """
        return {}

    def _retail_with_fact(self, event_type):
        """Return the changed records to which this fact applies: for shipments, deliveries but not receipts."""
        return self

    def _retail_process(self):
        """Return the record where this record's business process begins; None if it is this record."""
        found = (self.mapped(path)[:1] for path in self._retail_process_paths)
        record = next(filter(None, found), None)
        return record and record._retail_origin()

    def _retail_origin(self):
        """Return the record where the business process begins, which may be this one.

        The process of an invoice begins with its order; that of a till order, with the sales order that it settled.
        """
        return self._retail_process() or self

    def _retail_cause(self, event_type):
        """Return the id of the event that caused an event of this type; None if there is none."""
        for path, event_types in self._retail_causes.get(event_type, ()):
            for record in self.mapped(path)[:1] if path else self:
                uuid = record._retail_newest_event(event_types)
                if uuid:
                    return uuid
        return None

    def _retail_occurred_at(self, event_type):
        """Return when the fact happened in the business (UTC); None for now."""
        return None

    # -- what the outbox does ----------------------------------------------------------------------

    @api.model
    def _retail_wants(self, event_type):
        """Return whether an active flow wants events of this type. The outbox overrides this."""
        return False

    @api.model
    def _retail_insert_captured(self):
        """Precommit hook: insert what is in the event buffer. May run several times in a transaction."""

    def _retail_excluding_flows(self, event_type):
        """Return ``{id: ids of the flows of this event that exclude the record}``. The outbox overrides this."""
        return {}

    def _retail_snapshot_facts(self):
        """Give the captured facts about these records, which will be deleted, their payloads. The outbox does it."""

    def _retail_newest_event(self, event_types):
        """Return the id of the newest event of these types about the record, None if there is none."""
        return None

    # -- changes -----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._retail_capture_state(self._retail_created_event)
        for transition in self._retail_wanted_transitions():
            for record in records:
                value = record[transition.field]
                if transition.happened(None, value):
                    record._retail_capture_transition(transition, None, value)
        return records

    def write(self, vals):
        captured_fields = {transition.field for transition in self._retail_wanted_transitions()} & vals.keys()
        if captured_fields:  # a value replaced before it is flushed is a fact, too
            self.flush_recordset(captured_fields)
        result = super().write(vals)
        if self._retail_writes_relations(vals):
            for event_type in updated_events(self):
                self._retail_capture_state(event_type)
        return result

    def _write_multi(self, vals_list):
        transitions = self._retail_wanted_transitions()
        before = self._retail_values_before(transitions, vals_list) if transitions else {}
        result = super()._write_multi(vals_list)
        if before:
            # As the superuser: anybody may flush, such as a visitor who pays.
            self.sudo()._retail_capture_transitions(transitions, vals_list, before)
        self._retail_capture_changes(vals_list)
        return result

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """Capture translations, which are not written by ``_write_multi``."""
        result = super()._update_field_translations(field_name, translations, digest, source_lang)
        self._retail_capture_changes([[field_name]] * len(self))
        return result

    def _retail_capture_changes(self, changes):
        """Capture the new states of records.

        :param changes: for each record of ``self``, the names of its changed fields
        """
        wanted = [event_type for event_type in updated_events(self) if self._retail_wants(event_type)]
        if not wanted:
            return
        watched = self._retail_triggers()
        changed = [
            record.id for record, names in zip(self, changes, strict=True) if not watched.isdisjoint(names)
        ]
        # As the superuser: anybody may flush, such as a visitor who pays.
        records = self.sudo().browse(changed)
        for event_type in wanted:
            records._retail_capture_state(event_type)

    def _retail_values_before(self, transitions, vals_list):
        """Return ``{id: {field: value in the database}}`` if a field of a transition is about to be written."""
        written = {name for vals in vals_list for name in vals}
        names = sorted({transition.field for transition in transitions} & written)
        if not names:
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE id IN %s",
                SQL(", ").join(SQL.identifier(name) for name in names),
                SQL.identifier(self._table),
                tuple(self.ids),
            )
        )
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}

    def unlink(self):
        self._retail_snapshot_facts()
        if self._retail_wants(self._retail_erased_event):
            self._retail_capture_erased()
        if self._retail_subject_field:
            self._retail_capture_state(self._retail_updated_event)
        return super().unlink()

    @api.model
    def _retail_writes_relations(self, names):
        """Return whether one of the fields is watched and has no column, so that ``_write_multi`` never sees it."""
        return any(not self._fields[name].column_type for name in self._retail_triggers().intersection(names))

    @api.model
    def _retail_wanted_transitions(self):
        return [
            transition for transition in self._retail_transitions if self._retail_wants(transition.event_type)
        ]

    def _retail_capture_state(self, event_type, company_id=None):
        """Buffer a state event of these records until precommit.

        :param company_id: the company that it is for, if the subject has none
        """
        if not self or not self._retail_wants(event_type):
            return
        if self._retail_subject_field:
            self[self._retail_subject_field]._retail_capture_state(event_type, company_id)
        else:
            ids = self._retail_with_state(event_type)._retail_without(*self._retail_whole_facts).ids
            self._retail_pending().add_states(self._name, event_type, ids, company_id)

    def _retail_with_state(self, event_type):
        """Return the records whose new state is an event: orders, for example, but not quotations."""
        return self

    def _retail_without(self, *event_types):
        """Return the records without these facts in the buffer of this transaction."""
        if not self or not event_types:
            return self
        facts = self._retail_pending().facts
        return self.filtered(
            lambda record: not any((self._name, event_type, record.id) in facts for event_type in event_types)
        )

    def _retail_capture_transitions(self, transitions, vals_list, before):
        for record, vals in zip(self, vals_list, strict=True):
            # A row that somebody else has just deleted is not a fact, and must not stop a sale.
            for transition in transitions if record.id in before else ():
                if transition.field in vals:
                    old, new = before[record.id][transition.field], record[transition.field]
                    if transition.happened(old, new):
                        record._retail_capture_transition(transition, old, new)

    def _retail_capture_transition(self, transition, old, new):
        self._retail_with_fact(transition.event_type)._retail_capture_fact(
            transition.event_type, details={"before": _plain(old), "after": _plain(new)}
        )

    def _retail_capture_fact(
        self, event_type, payload=None, company=None, details=None, excluding_flows=(), kept_name=None
    ):
        """Buffer a fact about these records until precommit.

        :param payload: its snapshot (a dict of JSON values), if the record will be deleted before precommit
        :param company: of a fact with a payload
        :param details: see :meth:`_retail_canonical`
        :param excluding_flows: see :class:`CapturedEvent`
        :param kept_name: of a record that will be deleted, see :meth:`_retail_public_name`
        """
        if not self._retail_wants(event_type):
            return
        for record in self:
            of_company = record.company_id if company is None else company
            captured = CapturedEvent(
                event_type,
                record.id,
                is_fact=True,
                company_id=of_company.id or None,
                payload=None if payload is None else json.dumps(payload),
                occurred_at=record._retail_occurred_at(event_type) if payload is None else None,
                details=json.dumps(details) if details else None,
                excluding_flows=excluding_flows,
                kept_name=kept_name,
            )
            buffer = self._retail_pending()
            if event_type in self._retail_whole_facts:
                buffer.drop_states(self._name, record.id)
            buffer.add_fact(self._name, captured)

    def _retail_capture_erased(self):
        """Buffer the erasure of these records while they can still be read."""
        event_type = self._retail_erased_event
        excluding = self._retail_excluding_flows(event_type)
        # As the superuser: whoever deletes a record may not read all that its last event names.
        for record in self.sudo():
            record._retail_capture_fact(
                event_type,
                record._retail_erased_payload(),
                record.company_id,
                excluding_flows=tuple(excluding.get(record.id, ())),
                kept_name=record._retail_public_name(),
            )

    def _retail_erased_payload(self):
        """Return what remains to be said of a record that will be deleted: a dict of JSON values."""
        return {"id": str(self.id)}

    def _retail_pending(self):
        # As the superuser: users create no events; what they change is checked by Odoo.
        insert = self.env(su=True)["retail.capture"]._retail_insert_captured
        return pending(self.env.cr, CAPTURED, EventBuffer, insert)


class EventBuffer:
    """The events since the last precommit, in order: one per state of a subject, and every fact.

    ``facts`` are the ``(model, event type, record id)`` of the facts.
    """

    def __init__(self):
        self.rows = {}
        self.facts = set()
        self._numbers = count()

    def copy(self):  # pylint: disable=method-required-super
        """Return a buffer with the same events. Events that are added to either of the two get different numbers."""
        copy = EventBuffer()
        copy.rows, copy.facts, copy._numbers = self.rows.copy(), self.facts.copy(), self._numbers
        return copy

    def add_states(self, model, event_type, ids, company_id=None):
        """The first state event of a record names it (what was created now is not also updated); the last
        one places it, because its content is read later than all that happened."""
        for record_id in ids:
            first, *_rest = self.rows.pop((model, record_id, company_id), (event_type,))
            self.rows[model, record_id, company_id] = CapturedEvent(first, record_id, company_id=company_id)

    def add_fact(self, model, fact):
        self.rows[model, next(self._numbers), fact.event_type] = fact
        self.facts.add((model, fact.event_type, fact.res_id))

    def drop_states(self, model, record_id):
        """Drop the state events of a record."""
        states = [key for key, row in self.rows.items() if key[:2] == (model, record_id) and not row.is_fact]
        for key in states:
            del self.rows[key]

    def drop_fact(self, model, event_type, details):
        """Drop a fact that was undone before it was inserted.

        :param details: as they were captured"""
        undone = [
            key
            for key, row in self.rows.items()
            if row.is_fact and (key[0], row.event_type, row.details) == (model, event_type, details)
        ]
        for key in undone:
            del self.rows[key]

    def facts_without_payload(self, model, ids):
        """Return ``{key: fact}`` of the facts about these records whose payload is still to be built."""
        return {
            key: row
            for key, row in self.rows.items()
            if row.is_fact and row.payload is None and key[0] == model and row.res_id in ids
        }

    def by_model(self):
        """Return ``{model: list of CapturedEvent}``."""
        rows = defaultdict(list)
        for (model, *_key), row in self.rows.items():
            rows[model].append(row)
        return rows


def _plain(value):
    """Return a stored field's value as JSON has it."""
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)
