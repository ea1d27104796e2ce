"""Each value that an event shows is written once more, to see whether an event comes of it."""

from collections import defaultdict
from contextlib import contextmanager, suppress
from enum import Enum

import psycopg2

from odoo.exceptions import UserError

from ...models.source.capture import CAPTURED, updated_events
from ...models.source.pending import take_pending
from .not_sent import NOT_SENT
from .recorded_reads import recorded_reads

FRAMEWORK = ("ir.",)


class NotPossible(Exception):
    """Odoo does not allow the change."""


class Found(Enum):
    """What comes of a change."""

    EVENT = "an event"
    NOTHING = "no event"
    ELSE = "no change that could be an event"


def _write(record, name):
    """Write the value that a record has, as users and computations do."""
    field, value = record._fields[name], record[name]
    with suppress(UserError):  # users may not change it
        record.write({name: field.convert_to_write(value, record)})
    if not field.column_type and name in getattr(record, "_retail_triggers", frozenset)():
        for event_type in updated_events(record):  # Odoo leaves out a value that is the same
            record._retail_capture_state(event_type)
    if field.column_type:
        field._update_cache(record, field.convert_to_cache(value, record), dirty=True)


def _add(line, name):
    """Create another line of the same record.

    :param name: the field that leads to the record
    """
    if line._inherits:
        raise NotPossible  # a copy of a variant is one of a copy of its product
    with _allowed():
        line.copy({name: line[name].id})


def _remove(line, _name):
    with _allowed():
        line.unlink()


@contextmanager
def _allowed():
    try:
        yield
    except (UserError, psycopg2.IntegrityError) as error:
        raise NotPossible from error


def _translate(record, name):
    with _allowed():
        record.update_field_translations(name, {"en_US": record[name] or "x"})


class WatchedCase:
    """For a test class whose connector wants the events that it names."""

    def _assert_watched(self, event_type, *subjects, build=None, reported_by=None):
        """Build the canonical form of each record, and fail for each field that it reads and whose change is no event.

        Each value that was read is written once more: in whatever record it is, an event of the subject has to come
        of it. What is on the list of exceptions must not always be an event.

        :param subjects: recordsets
        :param build: takes a record; None: build what an event of this type contains
        :param reported_by: the event by which changes are sent; None: the same
        """
        build = build or (lambda record: record._retail_canonical(event_type, {}))
        come_of = defaultdict(set)
        for record in (record for records in subjects for record in map(records.browse, records.ids)):
            with recorded_reads(self.env) as reads:
                build(record.sudo())
            for (model, name), ids in sorted(reads.items()):
                if not model.startswith(FRAMEWORK):
                    read = self.env[model].sudo().browse(sorted(ids))
                    come_of[model, name] |= self._found(reported_by or event_type, record, read, name)
        missed, needless = set(), set()
        for (model, name), found in come_of.items():
            is_excepted = any(each.covers(event_type, model, name) for each in NOT_SENT)
            if is_excepted and found == {Found.EVENT}:
                needless.add(f"{model}.{name}")
            if not is_excepted and Found.NOTHING in found:
                missed.add(f"{model}.{name}")
        self.assertFalse(missed, f"no {event_type} reports a change of {sorted(missed)}")
        self.assertFalse(
            needless, f"{event_type} reports changes of {sorted(needless)}, which are on the list"
        )

    def _found(self, event_type, subject, records, name):
        """Return what comes of changes of a field: a set of :class:`Found`."""
        return {
            found
            for record in records
            if record.exists()
            for found in self._found_of(event_type, subject, record, name)
        }

    def _found_of(self, event_type, subject, record, name):
        field = record._fields[name]
        leads_back = name == getattr(record, "_retail_subject_field", None)
        if name == "id" or leads_back or (record._name == subject._name and name in self._deciding(subject)):
            return {Found.ELSE}
        if field.type == "one2many":
            lines = record.with_context(active_test=False)[name]
            changes = (_add, _remove)
            if not self._is_captured_list(event_type, field):
                changes += (_write,)
            return {
                self._come_of(event_type, subject, line, field.inverse_name, change)
                for line in lines
                for change in changes
            }
        change = _translate if field.translate else _write
        return {self._come_of(event_type, subject, record, name, change)}

    def _is_captured_list(self, event_type, field):
        """Return whether creating, changing and deleting a line is a change of the record that has the lines."""
        lines = self.env[field.comodel_name]
        events = {getattr(lines, f"_retail_{kind}_event", None) for kind in ("created", "updated")}
        return getattr(lines, "_retail_subject_field", None) == field.inverse_name and events == {event_type}

    def _come_of(self, event_type, subject, record, name, change):
        savepoint = self.env.cr.savepoint()
        since = self._newest_event(event_type, subject)
        try:
            change(record, name)
            self.env.flush_all()
            if not subject.exists():
                return Found.ELSE
            if self._newest_event(event_type, subject) != since:
                return Found.EVENT  # events are inserted whenever Odoo sets a savepoint
            captured = take_pending(self.env.cr, CAPTURED)
            return Found.EVENT if self._is_captured(event_type, subject, captured) else Found.NOTHING
        except NotPossible:
            return Found.ELSE
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _newest_event(self, event_type, subject):
        of_subject = [("res_model", "=", subject._name), ("res_id", "=", subject.id)]
        events = self.env["retail.event"].sudo()
        return events.search([*of_subject, ("event_type", "=", event_type)], order="id desc", limit=1).id

    def _is_captured(self, event_type, subject, captured):
        return any(
            (model, row.event_type) == (subject._name, event_type)
            and subject.browse(row.res_id)._retail_subjects().get(row.res_id, (0,))[0] == subject.id
            for model, rows in (captured.by_model() if captured else {}).items()
            for row in rows
        )

    def _deciding(self, records):
        """Return the fields that decide whether there is an event at all: those of its transitions."""
        return {transition.field for transition in records._retail_transitions}
