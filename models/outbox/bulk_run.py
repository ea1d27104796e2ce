"""Backfill and replay: many records or events for one connector, fed into its bulk lane a chunk at a time.

A run is pulled, not pushed: a drain of the bulk lane that finds nothing to claim asks for the next chunk. The
position is committed with the chunk, so that a run goes on after a crash where it was, without a gap or a repeat.
"""

from ast import literal_eval
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, formatLang

from ...core.const import OPEN_STATES, EventKind, Lane, State
from ...schemas import EVENT_TYPES
from ..source.capture import CapturedEvent

CHUNK = 500  # deliveries of one run that wait at the same time, at most
RATE_MINUTES = 5
UNFIT = (
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    UserError,
    psycopg2.DataError,
    psycopg2.ProgrammingError,
)
SETUP_FIELDS = {"kind", "connector_id", "flow_id", "flow_ids", "domain", "since", "from_date", "to_date"}
STATE_EVENTS = [event_type.name for event_type in EVENT_TYPES.values() if event_type.kind is EventKind.STATE]


class RetailBulkRun(models.Model):
    _name = "retail.bulk.run"
    _description = "Backfill or Replay"
    _order = "id desc"
    _check_company_auto = True

    kind = fields.Selection(
        [("backfill", "Backfill"), ("replay", "Replay")], required=True, default="backfill"
    )
    connector_id = fields.Many2one(
        "retail.connector", required=True, check_company=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    connector_state = fields.Selection(related="connector_id.state", string="State of the Connector")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("failed", "Failed"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    state_reason = fields.Char("Reason", readonly=True, copy=False)
    flow_id = fields.Many2one(
        "retail.flow",
        "Event",
        check_company=True,
        compute="_compute_flows",
        precompute=True,
        store=True,
        readonly=False,
        ondelete="set null",
        domain=f"[('connector_id', '=', connector_id), ('event_type', 'in', {STATE_EVENTS!r})]",
        help="What is sent for each record. Only events that tell how a record is now can be sent for all records.",
    )
    flow_ids = fields.Many2many(
        "retail.flow",
        string="Events",
        check_company=True,
        compute="_compute_flows",
        precompute=True,
        store=True,
        readonly=False,
        domain="[('connector_id', '=', connector_id)]",
    )
    res_model = fields.Char("Model", related="flow_id.res_model")
    domain = fields.Char(
        "Only Records",
        compute="_compute_domain",
        precompute=True,
        store=True,
        readonly=False,
        help="It starts with the filter of the flow, which applies in any case. Archived records are left out"
        " unless the filter names the field “Active”.",
    )
    since = fields.Datetime("Changed Since", help="Empty: all records.")
    from_date = fields.Datetime("From", help="Events that happened at this time or later.")
    to_date = fields.Datetime("To", copy=False, help="Empty: until the replay is started.")
    preview_count = fields.Integer("To Send", compute="_compute_preview")
    preview_calls = fields.Integer(
        "Calls, About",
        compute="_compute_preview",
        help="With full batches. A record whose content the remote is known to have costs none; a batch that both"
        " makes and changes records takes two.",
    )
    preview_quota = fields.Char("Left of Today's Quota", compute="_compute_preview")
    preview_error = fields.Char(compute="_compute_preview")
    total = fields.Integer(readonly=True, copy=False, help="Records or events when it was started.")
    queued = fields.Integer(readonly=True, copy=False, help="Deliveries that it queued so far.")
    left_alone = fields.Integer(
        readonly=True, copy=False, help="Events that were already on their way to the connector."
    )
    position = fields.Integer(
        readonly=True, copy=False, help="Id of the record or event that was queued last."
    )
    last_id = fields.Integer(
        readonly=True, copy=False, help="Id of the last record or event when it was started."
    )
    started_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    started_at = fields.Datetime("Started", readonly=True, copy=False)
    ended_at = fields.Datetime("Ended", readonly=True, copy=False)
    waiting_count = fields.Integer("Waiting", compute="_compute_counts")
    delivered_count = fields.Integer("Delivered", compute="_compute_counts")
    dead_count = fields.Integer("Dead", compute="_compute_counts")
    superseded_count = fields.Integer(
        "Superseded", compute="_compute_counts", help="Something newer of the same record took its place."
    )
    cancelled_count = fields.Integer("Cancelled", compute="_compute_counts")
    progress = fields.Float(compute="_compute_counts", help="Percent that is not waiting any more.")
    rate = fields.Float(
        "Per Minute", compute="_compute_counts", digits=(16, 0), help="Finished, over the last minutes."
    )
    estimated_end = fields.Datetime(compute="_compute_counts")

    _running_idx = models.Index("(connector_id, id) WHERE state = 'running'")

    @api.depends("kind", "connector_id", "flow_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for run in self:
            run.display_name = f"{kinds[run.kind]} → {run.connector_id.name or ''}" + (
                f" (#{run.id})" if isinstance(run.id, int) else ""
            )

    @api.depends("kind", "connector_id")
    def _compute_flows(self):
        for run in self:
            flows = run.connector_id.flow_ids.filtered("active")
            states = flows.filtered(lambda flow: flow.event_type in STATE_EVENTS)
            is_backfill = run.kind == "backfill"
            # What only tells that a record is new says no more than what tells how it is.
            run.flow_id = (
                is_backfill and states.sorted(lambda flow: not flow.event_type.endswith(".updated"))[:1]
            )
            run.flow_ids = False if is_backfill else flows

    @api.depends("flow_id")
    def _compute_domain(self):
        for run in self:
            run.domain = run.flow_id.domain or "[]"

    @api.depends(
        "kind", "connector_id", "flow_id", "flow_ids", "domain", "since", "from_date", "to_date", "state"
    )
    def _compute_preview(self):
        self.preview_count = self.preview_calls = 0
        self.preview_quota = self.preview_error = False
        for run in self:
            if run.state == "draft" and run.connector_id:
                run._preview()

    def _preview(self):
        try:
            self._check_setup()
            counts = self._counts_by_event_type()
        except UNFIT as error:
            self.preview_error = str(error)
            return
        provider = self.connector_id._get_provider()
        batch_size = self.connector_id.batch_size
        self.preview_count = sum(counts.values())
        self.preview_calls = sum(
            provider.calls_for(event_type, count, batch_size) for event_type, count in counts.items()
        )
        self.preview_quota = self._quota_text()

    def _quota_text(self):
        if "retail.quota" not in self.env:
            return False
        quota = self.env["retail.quota"]._left_today(self.connector_id)
        if not quota:
            return False
        left, limit = (formatLang(self.env, calls, digits=0) for calls in quota)
        return self.env._("%(left)s of %(limit)s calls", left=left, limit=limit)

    def _compute_counts(self):
        counts = self._delivery_counts()
        for run in self:
            by_state, recent = counts.get(run._origin.id, ({}, 0))
            run.waiting_count = sum(by_state.get(state.value, 0) for state in OPEN_STATES)
            run.delivered_count = by_state.get(State.DELIVERED.value, 0)
            run.dead_count = by_state.get(State.DEAD.value, 0)
            run.superseded_count = by_state.get(State.SUPERSEDED.value, 0)
            run.cancelled_count = by_state.get(State.CANCELLED.value, 0)
            run._compute_pace(recent)

    def _compute_pace(self, recent):
        now = fields.Datetime.now()
        handled = self.queued + self.left_alone - self.waiting_count
        is_running = self.state == "running"
        minutes = min(RATE_MINUTES, max((now - (self.started_at or now)).total_seconds() / 60, 1 / 60))
        self.progress = 100.0 if self.state == "done" else min(100.0, 100.0 * handled / (self.total or 1))
        self.rate = recent / minutes if is_running else 0.0
        left = max(self.total - handled, 0)
        self.estimated_end = now + timedelta(minutes=left / self.rate) if self.rate else False

    def _delivery_counts(self):
        """Return ``{run id: ({state: count}, number finished in the last minutes)}``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT bulk_run_id, state, count(*)::int, (count(*) FILTER (WHERE finished_at >=
                       statement_timestamp() AT TIME ZONE 'UTC' - make_interval(mins => %s)))::int
                  FROM retail_delivery WHERE bulk_run_id = ANY(%s)
              GROUP BY bulk_run_id, state
                """,
                RATE_MINUTES,
                self._origin.ids,
                to_flush=self.env["retail.delivery"]._fields["state"],
            )
        )
        counts = {}
        for run_id, state, count, recent in rows:
            by_state, recent_before = counts.get(run_id, ({}, 0))
            counts[run_id] = ({**by_state, state: count}, recent_before + recent)
        return counts

    # -- CRUD --------------------------------------------------------------------------------------

    @api.constrains("kind", "connector_id", "flow_id", "flow_ids")
    def _check_flows(self):
        for run in self:
            if (run.flow_id | run.flow_ids).connector_id - run.connector_id:
                raise ValidationError(self.env._("The events must be events of the connector."))

    def write(self, vals):
        if SETUP_FIELDS & vals.keys() and any(run.state != "draft" for run in self):
            raise UserError(self.env._("What was started is not changed any more: make a new one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_open(self):
        if any(run.state in ("running", "paused", "failed") for run in self):
            raise UserError(self.env._("Cancel it before you delete it."))

    # -- actions -----------------------------------------------------------------------------------

    def action_start(self):
        """Fix what is to be sent, and begin."""
        self._check_state("draft")
        for run in self:
            run._start()
        self._wake()

    def _start(self):
        try:
            self._check_setup()
            total = sum(self._counts_by_event_type().values())
        except UNFIT as error:
            raise UserError(str(error)) from error
        if not total:
            raise UserError(self.env._("There is nothing to send."))
        if self.connector_id.state == "draft":
            raise UserError(self.env._("Activate %(name)s first.", name=self.connector_id.name))
        now = fields.Datetime.now()
        if self.kind == "replay" and not self.to_date:
            self.to_date = now
        first_id, last_id = self._id_range()
        self.write(
            {
                "state": "running",
                "total": total,
                "position": first_id - 1,
                "last_id": last_id,
                "started_by_id": self.env.uid,
                "started_at": now,
            }
        )

    def action_pause(self):
        """Queue no more; what is queued already goes out."""
        self._check_state("running")
        reason = self.env._("Paused by %(user)s.", user=self.env.user.name)
        self.write({"state": "paused", "state_reason": reason})

    def action_resume(self):
        """Go on where it was."""
        self._check_state("paused", "failed")
        self.write({"state": "running", "state_reason": False})
        self._clear_alerts()
        self._wake()

    def action_cancel(self):
        """Give it up; what is queued already goes out."""
        self._check_state("draft", "running", "paused", "failed")
        reason = self.env._("Cancelled by %(user)s.", user=self.env.user.name)
        self.write({"state": "cancelled", "state_reason": reason, "ended_at": fields.Datetime.now()})
        self._clear_alerts()

    def _clear_alerts(self):
        for run in self:
            run.connector_id._clear_alert(run._alert_cause())

    def _check_state(self, *states):
        self.check_access("write")
        if any(run.state not in states for run in self):
            raise UserError(self.env._("It has changed meanwhile. Reload the page."))

    def action_refresh(self):
        """Have the client read the progress again, as it does after any button."""

    def action_view_waiting(self):
        return self._action_deliveries([("state", "in", [state.value for state in OPEN_STATES])])

    def action_view_delivered(self):
        return self._action_deliveries([("state", "=", State.DELIVERED.value)])

    def action_view_dead(self):
        return self._action_deliveries([("state", "=", State.DEAD.value)])

    def _action_deliveries(self, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_delivery")
        return {**action, "domain": [("bulk_run_id", "=", self.id), *domain], "context": {}}

    def _wake(self):
        for connector in self.connector_id:
            self.env["retail.wake"]._wake_at_commit(connector.id, Lane.BULK.value, 0.0)

    # -- what is sent ------------------------------------------------------------------------------

    def _flows(self):
        return self.flow_id if self.kind == "backfill" else self.flow_ids

    def _check_setup(self):
        """:raise UserError: if there is nothing that could be sent, in words for the admin"""
        flows = self._flows()
        if not flows:
            raise UserError(self.env._("Choose what to send."))
        inactive = flows.filtered(lambda flow: not flow.active)
        if inactive:
            raise UserError(self.env._("The flow “%(flow)s” is switched off.", flow=inactive[0].display_name))
        if self.kind == "replay" and not self.from_date:
            raise UserError(self.env._("Choose from which time on events are replayed."))

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


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def action_backfill(self):
        """Open a new backfill to this connector."""
        return self._action_bulk_run("backfill", self.env._("Backfill"))

    def action_replay_range(self):
        """Open a new replay to this connector."""
        return self._action_bulk_run("replay", self.env._("Replay"))

    def _action_bulk_run(self, kind, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "retail.bulk.run",
            "views": [(False, "form")],
            "context": {"default_kind": kind, "default_connector_id": self.id},
        }
