"""Bulk runs: selecting the records or events, and feeding them into the bulk lane a chunk at a time."""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...core.const import OPEN_STATES, EventKind, Lane, State
from ...core.tracebacks import without_values
from ...schemas import EVENT_TYPES
from ...tools.filters import parse_filter, problem_text, validate_filter
from ...tools.limited import limit_filter, reader_of
from ...tools.readable import check_filter
from ..source.capture import CapturedEvent
from .bulk_run import SETUP_ERRORS
from .state_sets import IN_OPEN
from .status_sql import blocked_sql

_logger = logging.getLogger(__name__)

CHUNK = 500  # maximum number of waiting deliveries per run


class RetailBulkRun(models.Model):
    _inherit = "retail.bulk.run"

    # -- what is sent ------------------------------------------------------------------------------

    def _flows(self):
        return self.flow_id if self.kind == "backfill" else self.flow_ids

    def _check_setup(self):
        """Check that the run is complete.

        :raise UserError: something is missing, or a flow is off, or of another connector
        """
        self._check_flows_of_connector()
        flows = self._flows()
        for records in (self.connector_id, flows):
            records._origin.check_access("read")  # a client may have chosen them
        if not flows:
            raise UserError(self.env._("Choose the events to send."))
        inactive = flows.filtered(lambda flow: not flow.active)
        if inactive:
            raise UserError(self.env._("The flow “%(flow)s” is off.", flow=inactive[0].display_name))
        if self.kind == "replay" and not self.from_date:
            raise UserError(self.env._("Enter the start of the period to replay."))

    def _setup_problem(self, error):
        """Return one of ``SETUP_ERRORS`` in words."""
        text = problem_text(self.env, error)
        if text is None:
            _logger.error("Cannot select what bulk run %s sends\n%s", self.id, without_values(error))
            text = self.env._("The selection cannot be evaluated. See the server log for details.")
        return text

    def _counts_by_event_type(self):
        """Return ``{event type: number of records or events}``. Also works for a run that is not saved yet.

        :raise: one of ``SETUP_ERRORS``
        """
        with self.env.cr.savepoint(flush=False):
            if self.kind == "backfill":
                return {self.flow_id.event_type: self._records().search_count(self._record_domain())}
            return dict(
                self.env.execute_query(
                    SQL("SELECT e.event_type, count(*)::int %s GROUP BY e.event_type", self._events_sql())
                )
            )

    def _id_range(self):
        """Return the lowest and the highest id of the records or events to send."""
        if self.kind == "backfill":
            records, domain = self._records(), self._record_domain()
            first, last = (records.search(domain, order=f"id {way}", limit=1).id for way in ("asc", "desc"))
            return first, last
        [ids] = self.env.execute_query(SQL("SELECT min(e.id), max(e.id) %s", self._events_sql()))
        return ids

    def _records(self):
        """Return the model with the rights of who started the run, or looks at its preview.

        With full access, the number of records that match a filter would give away what the user may not read.
        """
        connector = self.connector_id
        user = self.started_by_id or self.env.user
        records = reader_of(self.env[self.res_model], user, connector.company_id, connector._branch_ids())
        return records.with_context(active_test=True)

    def _record_domain(self):
        records = self._records()
        chosen, of_flow = parse_filter(self.env, self.domain), self.flow_id._domain_of(records._name)
        if self.domain != self._flow_filter():
            check_filter(records, chosen)
        validate_filter(records, chosen & of_flow)
        domain = records._retail_history_domain(self.flow_id.event_type)
        domain &= limit_filter(records, chosen & of_flow)
        domain &= self.connector_id._company_domain(records, records.env.companies.ids)
        if self.since:
            domain &= records._retail_changed_domain(self.since)
        return domain

    def _events_sql(self):
        """Return FROM and WHERE for the events to replay: all facts, and the newest state of each subject."""
        return SQL(
            """
              FROM retail_event e
             WHERE %(is_gotten)s AND %(matches_e)s
               AND (e.kind = 'fact' OR NOT EXISTS (
                    SELECT FROM retail_event n
                     WHERE n.res_id = e.res_id AND n.res_model = e.res_model AND n.id > e.id
                       AND n.kind = 'state' AND n.company_id = e.company_id AND %(matches_n)s OFFSET 0))
            """,
            is_gotten=self.connector_id._origin._gets_sql(SQL("e")),
            matches_e=self._matches(SQL("e")),
            matches_n=self._matches(SQL("n")),
        )

    def _matches(self, alias):
        """Return the condition for event type and time. The range includes the whole second of ``to_date``."""
        end = (self.to_date or fields.Datetime.now()) + timedelta(seconds=1)
        return SQL(
            "%(e)s.event_type = ANY(%(types)s) AND %(e)s.occurred_at >= %(start)s AND %(e)s.occurred_at < %(end)s",
            e=alias,
            types=self._flows().mapped("event_type"),
            start=self.from_date,
            end=end,
        )

    # -- feeding -----------------------------------------------------------------------------------

    @api.model
    def _connector_ids_with_work(self):
        """Return the ids of connectors with a run that can queue more, or that can be marked as done."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT r.connector_id FROM retail_bulk_run r CROSS JOIN LATERAL (%s) w(waiting)
                 WHERE r.state = 'running' AND w.waiting < CASE WHEN r.position < r.last_id THEN %s ELSE 1 END
                """,
                self._waiting_sql(SQL("r.id")),
                CHUNK,
                to_flush=self._fields["state"],
            )
        )
        return [connector_id for (connector_id,) in rows]

    @api.model
    def _waiting_sql(self, run_id):
        """Return the query for the number of waiting deliveries. Those that a failed record blocks hold up no run."""
        return SQL(
            "SELECT count(*)::int FROM retail_delivery d WHERE d.bulk_run_id = %s AND d.state %s AND NOT %s",
            run_id,
            IN_OPEN,
            blocked_sql(SQL("d")),
        )

    @api.model
    def _feed(self, connector):
        """Queue the next chunk of the connector's oldest run with less than a chunk waiting.

        The run's row is locked meanwhile, and other drains skip it. The caller commits, and retries after a
        serialization failure.

        :return: the number of deliveries queued
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM retail_bulk_run WHERE connector_id = %s AND state = 'running'"
                " ORDER BY id FOR UPDATE SKIP LOCKED",
                connector.id,
                to_flush=self._fields["state"],
            )
        )
        self.invalidate_model()
        for (run_id,) in rows:
            # As the superuser: progress is read-only for users; records are read as the user who started the run.
            queued = self.sudo().browse(run_id)._feed_run()
            if queued:
                return queued
        return 0

    def _feed_run(self):
        """Queue the next chunk of this run, or mark it as done; return the number of deliveries queued."""
        [(waiting,)] = self.env.execute_query(self._waiting_sql(SQL("%s", self.id)))
        queued = 0
        while not queued and waiting < CHUNK and self.position < self.last_id and self.state == "running":
            queued = self._feed_chunk(CHUNK - waiting)
        if not queued and not waiting and self.state == "running":
            self.write({"state": "done", "ended_at": fields.Datetime.now()})
        return queued

    def _feed_chunk(self, limit):
        """Queue at most ``limit`` deliveries, and advance the position; return the number queued."""
        feed = self._feed_records if self.kind == "backfill" else self._feed_events
        try:
            self._check_setup()
            with self.env.cr.savepoint(flush=False):
                position, queued, left_alone = feed(limit)
        except SETUP_ERRORS as error:
            self._fail(self._setup_problem(error))
            return 0
        self.write(
            {
                "position": position,
                "queued": self.queued + queued,
                "left_alone": self.left_alone + left_alone,
            }
        )
        return queued

    def _feed_records(self, limit):
        """Queue the next records of a backfill; return as :meth:`_feed_events` does."""
        domain = self._record_domain() & Domain("id", ">", self.position) & Domain("id", "<=", self.last_id)
        records = self._records().search(domain, order="id", limit=limit)
        if not records:
            return self.last_id, 0, 0
        # As the superuser: what decides whether a record has the event may be nobody's to read.
        rows = [self._as_captured(record) for record in self._wanted(records.sudo())]
        # As the superuser: users create no events; these were checked when the records were searched.
        events = self.env["retail.event"].with_user(self.started_by_id).sudo()
        queued = events._insert(
            records._name, rows, connectors=self.connector_id, lane=Lane.BULK.value, bulk_run_id=self.id
        )
        return records.ids[-1], queued, 0

    def _wanted(self, records):
        """Return those of the records that have the event: of a till's orders, those that are no mere refunds."""
        event_type = self.flow_id.event_type
        if EVENT_TYPES[event_type].kind is EventKind.STATE:
            return records._retail_with_state(event_type)
        return records._retail_with_fact(event_type)

    def _as_captured(self, record):
        event_type = self.flow_id.event_type
        if EVENT_TYPES[event_type].kind is EventKind.STATE:
            return CapturedEvent(event_type, record.id)
        company_id = record.company_id.id or None
        happened_at = record._retail_history_time(event_type)
        return CapturedEvent(
            event_type, record.id, is_fact=True, company_id=company_id, occurred_at=happened_at
        )

    def _feed_events(self, limit):
        """Queue the next events of a replay; return (new position, number queued, number that already wait)."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, d.id, d.state
                  FROM (SELECT e.id %(events)s AND e.id > %(position)s AND e.id <= %(last)s
                      ORDER BY e.id LIMIT %(limit)s) c
             LEFT JOIN LATERAL (
                    SELECT d.id, d.state FROM retail_delivery d
                     WHERE d.event_id = c.id AND d.connector_id = %(connector)s
                  ORDER BY d.state %(in_open)s DESC, d.id DESC LIMIT 1) d ON TRUE
              ORDER BY c.id
                """,
                events=self._events_sql(),
                position=self.position,
                last=self.last_id,
                limit=limit,
                connector=self.connector_id.id,
                in_open=IN_OPEN,
            )
        )
        if not rows:
            return self.last_id, 0, 0
        ended = (State.DEAD, State.CANCELLED)
        is_open = [event_id for event_id, _delivery, state in rows if state in OPEN_STATES]
        undelivered = [delivery_id for _event, delivery_id, state in rows if state in ended]
        others = [event_id for event_id, _delivery, state in rows if state not in (*OPEN_STATES, *ended)]
        self._replay(undelivered)
        if others:
            flow_ids = self._flows().ids
            self.env["retail.delivery"]._queue_again(
                others, flow_ids, Lane.BULK.value, self.id, connector_id=self.connector_id.id
            )
        return rows[-1][0], len(undelivered) + len(others), len(is_open)

    def _replay(self, delivery_ids):
        """Replay failed or cancelled deliveries in the bulk lane, each in its place in its subject's order."""
        deliveries = self.env["retail.delivery"].browse(delivery_ids)
        deliveries.write({"lane": Lane.BULK.value, "bulk_run_id": self.id})
        deliveries._replay()

    def _fail(self, reason):
        """Stop at the current position, and alert the responsible user. *Resume* continues the run."""
        self.write({"state": "failed", "state_reason": reason})
        connector = self.connector_id
        responsible = connector._get_responsible(otherwise=(self.started_by_id,))
        summary = self.env._("%(run)s has failed", run=self.display_name)
        connector._raise_alert(self._alert_cause(), summary, reason, responsible)

    def _alert_cause(self):
        return f"{self._name},{self.id}"
