"""Events: what happened in the business, inserted in the transaction in which it happened."""

import json
import logging
from collections import Counter, defaultdict
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from pydantic import ValidationError

from odoo import api, fields, models
from odoo.tools import SQL

from ...core.const import EventKind
from ...core.tracebacks import without_values
from ...schemas import EVENT_TYPES
from ...schemas.base import error_text
from ...tools.own_context import with_own
from ..source.capture import CAPTURED
from ..source.origin import origin_of
from ..source.pending import take_pending
from .branches import is_for_sql, of_branches
from .names import action_open, event_type_selection
from .wake import WAKE_HORIZON

_logger = logging.getLogger(__name__)

NOW = SQL("clock_timestamp() AT TIME ZONE 'UTC'")
AFTER_WINDOW = SQL("%s + make_interval(secs => f.window_seconds)", NOW)


class EventRow(NamedTuple):
    """An event to insert, by the table's columns. ``payload`` and ``details`` are JSON texts."""

    event_type: str
    res_id: int
    company_id: int | None
    payload: str | None = None
    occurred_at: datetime | None = None
    details: str | None = None
    payload_error: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    kept_name: str | None = None


class RetailEvent(models.Model):
    _name = "retail.event"
    _description = "Event"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _log_access = False
    _rec_name = "uuid"

    uuid = fields.Char(
        "Event ID", required=True, readonly=True, help="The same for every system and every attempt."
    )
    event_type = fields.Selection(event_type_selection, required=True, readonly=True)
    kind = fields.Selection([("state", "State"), ("fact", "Fact")], required=True, readonly=True)
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, help="Who made the change.")
    occurred_at = fields.Datetime(required=True, readonly=True)
    correlation_id = fields.Char(readonly=True, help="The business process that the event belongs to.")
    causation_id = fields.Char(readonly=True, help="The event that led to this one.")
    payload = fields.Json(
        readonly=True, help="Content of a fact, saved when it happened. A state is read when it is sent."
    )
    details = fields.Json(
        readonly=True, help="What was known when the fact happened, in addition to the record."
    )
    payload_error = fields.Char(
        readonly=True, help="Why the content could not be saved. It is read again when the event is sent."
    )
    kept_name = fields.Char(readonly=True, help="Of a record that was deleted. Personal data is masked.")
    delivery_ids = fields.One2many("retail.delivery", "event_id", "Outgoing Events")

    _uuid_unique = models.UniqueIndex("(uuid)")
    _subject_idx = models.Index("(res_id, res_model, id)")
    _correlation_idx = models.Index("(correlation_id)")
    _age_idx = models.Index("(company_id, occurred_at)")
    _kept_name_idx = models.Index("(res_id, res_model) INCLUDE (kept_name) WHERE kept_name IS NOT NULL")
    _customer_idx = models.Index("((payload->>'customer_id'), id) WHERE payload->>'customer_id' IS NOT NULL")
    _merged_idx = models.Index("USING gin ((payload->'merged_ids')) WHERE event_type = 'customer.merged'")

    @api.depends("event_type", "res_model", "res_id")
    def _compute_display_name(self):
        labels = dict(self._fields["event_type"]._description_selection(self.env))
        for event in self:
            event.display_name = f"{labels.get(event.event_type, event.event_type)} #{event.id}"

    def action_open_record(self):
        """Open the record that the event is about."""
        self.ensure_one()
        return action_open(self.env, self.res_model, self.res_id)

    @api.model
    def _store_names(self, records):
        """Keep the names of records that will be deleted, with their events; personal data in them is masked."""
        names = [(record.id, record._retail_public_name()) for record in records]
        if names:
            self.env.execute_query(
                SQL(
                    "UPDATE retail_event e SET kept_name = n.name FROM (VALUES %s) AS n(id, name)"
                    " WHERE e.res_id = n.id AND e.res_model = %s RETURNING e.id",
                    SQL(", ").join(names),
                    records._name,
                )
            )

    # -- capture -----------------------------------------------------------------------------------

    @api.model
    def _insert_captured(self):
        """Insert the captured events and their deliveries. A precommit hook, which may run several times."""
        captured = take_pending(self.env.cr, CAPTURED)
        buffer = captured.by_model() if captured else {}
        # Models whose events belong to another record's process come last, so that the events which caused theirs
        # have been inserted and can be found.
        for model in sorted(buffer, key=lambda model: bool(self.env[model]._retail_process_paths)):
            for wave in self._waves(model, buffer[model]):
                self._insert(model, wave)

    @api.model
    def _waves(self, model, captured):
        """Return the captured events as lists to insert one after the other: causes come before their effects.

        The events of a list are for the same flows.
        """
        by_flows = [list(group) for _flows, group in groupby(captured, key=attrgetter("excluding_flows"))]
        return [wave for group in by_flows for wave in self._waves_of_causes(model, group)]

    @api.model
    def _waves_of_causes(self, model, captured):
        causes = self.env[model]._retail_causes
        if not causes:
            return [captured]
        waves, types = [[]], set()
        for each in captured:
            possible = {cause for _path, names in causes.get(each.event_type, ()) for cause in names}
            if possible & types:
                waves.append([])
                types = set()
            waves[-1].append(each)
            types.add(each.event_type)
        return waves

    @api.model
    def _insert(self, model, captured, *, connectors=None, is_manual=False, lane=None, bulk_run_id=None):
        """Insert the events of one model, and a delivery for each flow that wants them, in one statement.

        :param captured: a list of :class:`~..source.capture.CapturedEvent`
        :param connectors: only these connectors; None for all that want the event
        :param is_manual: send at once, even if the remote is known to have the same content
        :param lane: overrides the lane of the flows
        :param bulk_run_id: the backfill that queues them. They are due at once, and its drain needs no wake-up.
        :return: the number of deliveries
        """
        event_types = {each.event_type for each in captured}
        excluded = captured[0].excluding_flows if captured else ()
        routes = [each for each in self._routes(event_types, connectors) if each.flow_id not in excluded]
        wanted = self._wanted(model, self._with_subjects(model, captured), routes)
        if not wanted:
            return 0
        rows = self._with_snapshots(model, [row for row, _routes in wanted])
        branches = of_branches(wanted)
        is_now = is_manual or bulk_run_id is not None
        due_at = {} if is_now else self._due_times(routes)
        for usable, part in self._by_routes(rows, wanted, routes):
            self.env.cr.execute(
                self._insert_sql(model, part, usable, branches, is_manual, lane, bulk_run_id, due_at)
            )
        counts = Counter(route for _row, of_row in wanted for route in of_row)
        sent = [] if bulk_run_id else [route for route in counts if not route.is_pull]
        for route in sent:
            due_in = 0.0 if is_now else self._due_in(route, due_at.get(route.flow_id))
            if due_in <= WAKE_HORIZON:
                self.env["retail.wake"]._wake_at_commit(route.connector_id, lane or route.lane, due_in)
        return counts.total()

    def _by_routes(self, rows, wanted, routes):
        """Return ``[(routes, rows in a row that none of these routes refuses)]``.

        The statement that inserts them joins flows by event type and company, and knows nothing else of who gets what.

        :param wanted: what :meth:`_wanted` returned for the rows
        """
        of_company = defaultdict(set)
        for route in routes:
            of_company[route.event_type, route.company_id].add(route.flow_id)
        refused = [
            frozenset(of_company[row.event_type, row.company_id] - {route.flow_id for route in of_row})
            for row, of_row in wanted
        ]
        groups = groupby(zip(refused, rows, strict=True), key=itemgetter(0))
        return [
            ([route for route in routes if route.flow_id not in flow_ids], [row for _refused, row in group])
            for flow_ids, group in groups
        ]

    @api.model
    def _due_times(self, routes):
        """Return ``{flow id: next time of its schedule}`` (UTC, naive), for routes with a schedule."""
        return {
            route.flow_id: route.schedule.next_after(self.env.cr.now()) for route in routes if route.schedule
        }

    @api.model
    def _due_in(self, route, due_at):
        """Return the seconds until new deliveries of the route are due.

        :param due_at: the next time of its schedule; None without a schedule
        """
        return (due_at - self.env.cr.now()).total_seconds() if due_at else float(route.window_seconds)

    @api.model
    def _routes(self, event_types, connectors):
        routes = self.env["retail.flow"]._routes()
        origin_id = origin_of(self.env.cr)
        return [
            route
            for event_type in sorted(event_types)
            for route in routes.get(event_type, ())
            if connectors is None or route.connector_id in connectors.ids
            if route.connector_id != origin_id or route.sends_own
        ]

    @api.model
    def _with_subjects(self, model, captured):
        """Return an :class:`EventRow` for each fact, and one for each subject among the states.

        A subject that was created is not updated besides, such as by its first address.
        """
        records = self.env[model].browse([each.res_id for each in captured if not each.is_fact])
        subjects = records._retail_subjects()
        rows = {}
        for position, each in enumerate(captured):
            if each.is_fact:
                rows[position] = EventRow(
                    each.event_type,
                    each.res_id,
                    each.company_id,
                    each.payload,
                    each.occurred_at,
                    each.details,
                    correlation_id=each.correlation_id,
                    kept_name=each.kept_name,
                )
            elif each.res_id in subjects:
                subject_id, company_id = subjects[each.res_id]
                company_id = each.company_id or company_id
                key = (subject_id, company_id)
                if key not in rows or each.event_type == self.env[model]._retail_created_event:
                    rows[key] = EventRow(each.event_type, subject_id, company_id)
        # The state of a subject for all companies is also that for one of them.
        return [
            row
            for row in rows.values()
            if _is_fact(row) or row.company_id is None or (row.res_id, None) not in rows
        ]

    @api.model
    def _wanted(self, model, rows, routes):
        """Return ``[(row with a company, the routes that want it)]``.

        The company is the record's own. If it has none, or if the connector is that of a branch which uses the record,
        too, the connector's company has a row of its own.
        """
        by_type = defaultdict(list)
        for route in routes:
            by_type[route.event_type].append(route)
        wanted = {}
        for position, row in enumerate(rows):
            for route in by_type[row.event_type]:
                company_id = self._company_for(model, row, route)
                if company_id:
                    of_fact = (
                        position if _is_fact(row) else None
                    )  # one row for each state, and for every fact
                    key = (of_fact, row.event_type, row.res_id, company_id)
                    wanted.setdefault(key, (row._replace(company_id=company_id), []))[1].append(route)
        return list(wanted.values())

    @api.model
    def _company_for(self, model, row, route):
        """Return the id of the company as whose event a flow gets the row; None if it does not get it."""
        if row.company_id in (None, route.company_id):
            return route.company_id
        if row.company_id in route.branch_ids or self._is_owed(model, row, route):
            return row.company_id
        return route.company_id if self._is_of_branch(model, row.company_id, route.company_id) else None

    @api.model
    def _is_owed(self, model, row, route):
        """Hook: return whether the row ends a record that was sent to the flow when it still served the branch."""
        return False

    @api.model
    def _is_of_branch(self, model, company_id, branch_id):
        """Return whether the company is above the other one, which uses its records of this model."""
        if not self.env[model]._retail_is_used_by_branches:
            return False
        return company_id in self.env["res.company"].browse(branch_id)._retail_lineage()

    # -- snapshots ---------------------------------------------------------------------------------

    @api.model
    def _with_snapshots(self, model, rows):
        """Return the rows with data that is read from their records now: payload of a fact, process and cause.

        A record that cannot be read does not stop the user's transaction: its event is inserted without the data.
        """
        if not any(map(_is_fact, rows)) and not self.env[model]._retail_process_paths:
            return rows
        records = self.env(context={})[model]
        together = records.with_prefetch(tuple(row.res_id for row in rows))
        try:
            with self.env.cr.savepoint(flush=False):
                return [self._with_snapshot(together, row) for row in rows]
        except Exception:  # custom fields and overrides may raise anything: the other records go on
            return [self._with_snapshot_if_possible(records, row) for row in rows]

    @api.model
    def _with_snapshot_if_possible(self, records, row):
        try:
            with self.env.cr.savepoint(flush=False):
                return self._with_snapshot(records, row)
        except Exception as error:
            _logger.error(
                "Cannot build the payload of %s for %s %s\n%s",
                row.event_type,
                records._name,
                row.res_id,
                without_values(error),
            )
            return row._replace(payload_error=self._payload_problem(error))

    @api.model
    def _payload_problem(self, error):
        """Return in words, without personal data, why a payload could not be built."""
        if isinstance(error, ValidationError):
            return error_text(error)
        return self.env._(
            "The record could not be read (%(error)s). See the server log for details.",
            error=error_text(error),
        )

    @api.model
    def _with_snapshot(self, records, row):
        """Return the row with its payload, process and cause.

        :param records: an empty recordset, whose prefetch ids are all records of the batch
        """
        details = json.loads(row.details or "{}")
        record = records.browse(row.res_id).with_prefetch(records._prefetch_ids)
        lang = self.env["res.company"].browse(row.company_id)._retail_lang()
        record = with_own(record.with_company(row.company_id).with_context(lang=lang), retail_details=details)
        if row.payload is None and _is_fact(row):
            fact = record._retail_canonical(row.event_type, details)
            row = row._replace(payload=json.dumps(fact.canonical()))
        elif not record.exists():
            return row
        process, cause = record._retail_process(), record._retail_cause(row.event_type)
        return row._replace(correlation_id=process and f"{process._name},{process.id}", causation_id=cause)

    @api.model
    def _newest_uuid(self, record, event_types):
        """Return the uuid of the newest event of these types about a record, or None."""
        rows = self.env.execute_query(
            SQL(
                "SELECT uuid FROM retail_event WHERE res_id = %s AND res_model = %s AND event_type = ANY(%s)"
                " ORDER BY id DESC LIMIT 1",
                record.id,
                record._name,
                list(event_types),
            )
        )
        return rows[0][0] if rows else None

    @api.model
    def _insert_sql(self, model, rows, routes, branches, is_manual, lane, bulk_run_id, due_at):
        """Return the statement that inserts events and deliveries.

        It joins the table of flows, because the cache may hold a flow that is not committed. It is kept simple, since
        for one row it takes longer to plan than to execute.

        :param branches: see :func:`~.branches.of_branches`
        """
        return SQL(
            """
            WITH e AS (
                INSERT INTO retail_event (uuid, event_type, kind, res_model, res_id, company_id, user_id,
                                          occurred_at, payload, payload_error, details, correlation_id,
                                          causation_id, kept_name)
                SELECT gen_random_uuid(), n.event_type, n.kind, %(model)s, n.res_id, n.company_id, %(user)s,
                       COALESCE(n.occurred_at::timestamp, clock_timestamp() AT TIME ZONE 'UTC'), n.payload::jsonb,
                       n.payload_error, n.details::jsonb,
                       COALESCE(n.correlation_id, %(model)s || ',' || n.res_id), n.causation_id,
                       n.kept_name
                  FROM (VALUES %(rows)s)
                       AS n(event_type, res_id, company_id, payload, occurred_at, details, payload_error,
                            correlation_id, causation_id, kept_name, kind)
             RETURNING id, event_type, kind, res_id, company_id
            )
            INSERT INTO retail_delivery (event_id, flow_id, connector_id, company_id, event_type, kind, lane,
                                         res_model, res_id, state, attempts, is_manual, queued_at, next_attempt_at,
                                         bulk_run_id, finished_at)
            SELECT e.id, f.id, f.connector_id, e.company_id, e.event_type, e.kind,
                   COALESCE(%(lane)s, f.lane),
                   %(model)s, e.res_id, CASE f.mode WHEN 'pull' THEN 'published' ELSE 'pending' END, 0,
                   %(is_manual)s, clock_timestamp() AT TIME ZONE 'UTC', %(due)s, %(bulk_run)s,
                   CASE f.mode WHEN 'pull' THEN clock_timestamp() AT TIME ZONE 'UTC' END
              FROM e JOIN retail_flow f ON f.event_type = e.event_type AND %(is_for)s
             WHERE f.id IN %(flows)s
          ORDER BY e.id, f.id
            """,
            is_for=is_for_sql(branches),
            rows=SQL(", ").join((*row, EVENT_TYPES[row.event_type].kind.value) for row in rows),
            flows=tuple(route.flow_id for route in routes),
            model=model,
            user=self.env.uid,
            is_manual=is_manual,
            due=self._due_sql(is_manual or bulk_run_id is not None, due_at),
            lane=lane,
            bulk_run=bulk_run_id,
        )

    @api.model
    def _due_sql(self, is_now, due_at):
        """Return the due time of a delivery of flow ``f``: now, by its schedule, or after its window."""
        if is_now or not due_at:
            return NOW if is_now else AFTER_WINDOW
        cases = [SQL("WHEN %s THEN %s::timestamp", flow_id, due) for flow_id, due in due_at.items()]
        return SQL("CASE f.id %s ELSE %s END", SQL(" ").join(cases), AFTER_WINDOW)


def _is_fact(row):
    return EVENT_TYPES[row.event_type].kind is EventKind.FACT
