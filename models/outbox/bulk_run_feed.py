"""What a backfill or a replay sends, and feeding it into the bulk lane, a chunk at a time."""

from ast import literal_eval
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...core.const import OPEN_STATES, Lane, State
from ..source.capture import CapturedEvent
from .bulk_run import UNFIT

CHUNK = 500  # deliveries of one run that wait at the same time, at most


class RetailBulkRun(models.Model):
    _inherit = "retail.bulk.run"

    # -- what is sent ------------------------------------------------------------------------------

    def _flows(self):
        return self.flow_id if self.kind == "backfill" else self.flow_ids

    def _check_setup(self):
        """:raise UserError: if there is nothing that could be sent, in words for the admin"""
        flows = self._flows()
        if not flows:
            raise UserError(self.env._("Choose the events to send."))
        inactive = flows.filtered(lambda flow: not flow.active)
        if inactive:
            raise UserError(self.env._("The flow “%(flow)s” is off.", flow=inactive[0].display_name))
        if self.kind == "replay" and not self.from_date:
            raise UserError(self.env._("Enter the start of the period to replay."))

    def _counts_by_event_type(self):
        """Return ``{event type: number of records or events}``; the run need not be saved.

        :raise: one of ``UNFIT``
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
        """Return the lowest and the highest id of what is to be sent."""
        if self.kind == "backfill":
            records, domain = self._records(), self._record_domain()
            first, last = (records.search(domain, order=f"id {way}", limit=1).id for way in ("asc", "desc"))
            return first, last
        [ids] = self.env.execute_query(SQL("SELECT min(e.id), max(e.id) %s", self._events_sql()))
        return ids

    def _records(self):
        """Return the model, as the hub sees it: whoever previews counts what will be sent."""
        return self.env[self.flow_id.res_model].sudo().with_context(active_test=True)

    def _record_domain(self):
        records = self._records()
        domain = records._retail_subject_domain() & Domain(literal_eval(self.domain or "[]"))
        domain &= Domain(self.flow_id._parse_domain())
        if "company_id" in records._fields:
            domain &= Domain("company_id", "in", (False, self.connector_id.company_id.id))
        if self.since:
            domain &= records._retail_changed_domain(self.since)
        return domain

    def _events_sql(self):
        """Return the FROM and WHERE of the events to replay: each fact, and the newest state of a subject."""
        return SQL(
            """
              FROM retail_event e
             WHERE e.company_id = %(company)s AND %(matches_e)s
               AND (e.kind = 'fact' OR NOT EXISTS (
                    SELECT FROM retail_event n
                     WHERE n.res_id = e.res_id AND n.res_model = e.res_model AND n.id > e.id
                       AND n.kind = 'state' AND n.company_id = e.company_id AND %(matches_n)s OFFSET 0))
            """,
            company=self.connector_id.company_id.id,
            matches_e=self._matches(SQL("e")),
            matches_n=self._matches(SQL("n")),
        )

    def _matches(self, alias):
        """Return the condition for the type and the time; the second of ``to_date`` is part of the range."""
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
        """Return the ids of connectors of which some run could be fed, or has ended unnoticed."""
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
        return SQL(
            "SELECT count(*)::int FROM retail_delivery WHERE bulk_run_id = %s AND state IN %s",
            run_id,
            tuple(state.value for state in OPEN_STATES),
        )

    @api.model
    def _feed(self, connector):
        """Queue the next chunk of the oldest run of a connector that has less than a chunk waiting.

        Whoever feeds holds the run's row; another drain passes it by. The caller commits, and runs it again if it
        fails to serialize.

        :return: number of deliveries queued; 0: nothing to feed
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
            queued = self.sudo().browse(run_id)._feed_run()
            if queued:
                return queued
        return 0

    def _feed_run(self):
        """Queue the next chunk of this run, or end it; return the number of deliveries."""
        [(waiting,)] = self.env.execute_query(self._waiting_sql(SQL("%s", self.id)))
        queued = 0
        while not queued and waiting < CHUNK and self.position < self.last_id and self.state == "running":
            queued = self._feed_chunk(CHUNK - waiting)
        if not queued and not waiting and self.state == "running":
            self.write({"state": "done", "ended_at": fields.Datetime.now()})
        return queued

    def _feed_chunk(self, limit):
        """Queue so many at most and move on; return the number of deliveries."""
        feed = self._feed_records if self.kind == "backfill" else self._feed_events
        try:
            self._check_setup()
            with self.env.cr.savepoint(flush=False):
                position, queued, left_alone = feed(limit)
        except UNFIT as error:
            self._fail(str(error))
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
        """Return the new position, the number of deliveries, and 0."""
        domain = self._record_domain() & Domain("id", ">", self.position) & Domain("id", "<=", self.last_id)
        records = self._records().search(domain, order="id", limit=limit)
        if not records:
            return self.last_id, 0, 0
        rows = [CapturedEvent(self.flow_id.event_type, record_id) for record_id in records.ids]
        events = self.env["retail.event"].with_user(self.started_by_id).sudo()
        queued = events._insert(
            records._name, rows, connectors=self.connector_id, lane=Lane.BULK.value, bulk_run_id=self.id
        )
        return records.ids[-1], queued, 0

    def _feed_events(self, limit):
        """Return the new position, the number of deliveries queued, and of events that were on their way already."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, d.id, d.state
                  FROM (SELECT e.id %(events)s AND e.id > %(position)s AND e.id <= %(last)s
                      ORDER BY e.id LIMIT %(limit)s) c
             LEFT JOIN LATERAL (
                    SELECT d.id, d.state FROM retail_delivery d
                     WHERE d.event_id = c.id AND d.connector_id = %(connector)s
                  ORDER BY d.state IN %(open)s DESC, d.id DESC LIMIT 1) d ON TRUE
              ORDER BY c.id
                """,
                events=self._events_sql(),
                position=self.position,
                last=self.last_id,
                limit=limit,
                connector=self.connector_id.id,
                open=tuple(state.value for state in OPEN_STATES),
            )
        )
        if not rows:
            return self.last_id, 0, 0
        given_up = (State.DEAD, State.CANCELLED)
        is_open = [event_id for event_id, _delivery, state in rows if state in OPEN_STATES]
        revived = [delivery_id for _event, delivery_id, state in rows if state in given_up]
        fresh = [event_id for event_id, _delivery, state in rows if state not in (*OPEN_STATES, *given_up)]
        self._revive(revived)
        if fresh:
            flow_ids = self._flows().ids
            self.env["retail.delivery"]._queue_again(fresh, flow_ids, Lane.BULK.value, self.id)
        return rows[-1][0], len(revived) + len(fresh), len(is_open)

    def _revive(self, delivery_ids):
        """Have dead or cancelled deliveries wait again, each in its place in the order of its subject."""
        deliveries = self.env["retail.delivery"].browse(delivery_ids)
        deliveries.write({"lane": Lane.BULK.value, "bulk_run_id": self.id})
        deliveries._replay()

    def _fail(self, reason):
        """Stop where it is, and tell the responsible; Resume goes on."""
        self.write({"state": "failed", "state_reason": reason})
        connector = self.connector_id
        responsible = connector.responsible_id or connector.company_id.retail_responsible_id
        summary = self.env._("%(run)s has failed", run=self.display_name)
        connector._raise_alert(self._alert_cause(), summary, reason, responsible or self.started_by_id)

    def _alert_cause(self):
        return f"{self._name},{self.id}"
