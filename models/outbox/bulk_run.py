"""Backfill and replay: sends many records or events to one connector, through its bulk lane, a chunk at a time.

A run is pulled, not pushed: a drain of the bulk lane that finds nothing to claim asks for the next chunk. The
position is committed together with the chunk, so that after a crash a run continues without a gap or a repetition.
"""

from contextlib import suppress
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, formatLang

from ...core.const import ARRIVED_STATES, OPEN_STATES, Lane, State
from ...schemas import EVENT_TYPES
from ...tools.filters import FilterError, parse_filter
from ...tools.readable import check_filter
from .names import model_label
from .status_sql import BLOCKED, blocked_sql, corrected_sql, failed_sql

RATE_MINUTES = 5
SETUP_ERRORS = (
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    UserError,
    psycopg2.DataError,
    psycopg2.ProgrammingError,
)
SETUP_FIELDS = {
    "kind", "connector_id", "flow_id", "flow_ids", "res_model", "domain", "since", "from_date", "to_date",
}  # fmt: skip
BACKFILLED = [name for name, event_type in EVENT_TYPES.items() if event_type.can_backfill]


DONE_WITH_FAILURES = "done_with_failures"


def _status_selection(model):
    states = model.env["retail.bulk.run"]._fields["state"]._description_selection(model.env)
    return [*states, (DONE_WITH_FAILURES, model.env._("Done with Failures"))]


class RetailBulkRun(models.Model):
    _name = "retail.bulk.run"
    _description = "Backfill or Replay"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _check_company_auto = True

    kind = fields.Selection(
        [("backfill", "Backfill"), ("replay", "Replay")], "Type", required=True, default="backfill"
    )
    connector_id = fields.Many2one(
        "retail.connector", required=True, check_company=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    connector_state = fields.Selection(
        related="connector_id.state", related_sudo=False, string="Connector State"
    )
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
    status = fields.Selection(
        _status_selection,
        compute="_compute_counts",
        help="Done with Failures: all events were queued, and some of them have failed, or wait for a record that has.",
    )
    state_reason = fields.Char("Reason", readonly=True, copy=False)
    flow_id = fields.Many2one(
        "retail.flow",
        "Event",
        check_company=True,
        compute="_compute_flow_id",
        precompute=True,
        store=True,
        readonly=False,
        ondelete="set null",
        domain=f"[('connector_id', '=', connector_id), ('event_type', 'in', {BACKFILLED!r})]",
        help="The event that is sent for each record: a state, or a fact that the record still shows, such as a placed"
        " order or a posted invoice.",
    )
    flow_ids = fields.Many2many(
        "retail.flow",
        string="Events",
        check_company=True,
        compute="_compute_flow_ids",
        precompute=True,
        store=True,
        readonly=False,
        domain="[('connector_id', '=', connector_id)]",
    )
    res_model = fields.Selection(
        "_selection_res_model",
        "Records",
        compute="_compute_res_model",
        precompute=True,
        store=True,
        readonly=False,
        help="Which kind of records to send. Some events have two, such as sales orders and orders of a till.",
    )
    res_model_choices = fields.Json(compute="_compute_res_model_choices")
    domain = fields.Char(
        "Only Records",
        compute="_compute_domain",
        precompute=True,
        store=True,
        readonly=False,
        help="The filter of the flow always applies. Archived records are left out, unless this filter contains the"
        " field “Active”.",
    )
    since = fields.Datetime("Changed Since", help="If empty: all records.")
    from_date = fields.Datetime("From", help="Events that happened at this time or later.")
    to_date = fields.Datetime("To", copy=False, help="If empty: until the start of the replay.")
    preview_count = fields.Integer(
        "Events to Send",
        compute="_compute_preview",
        help="As of now. They are counted again at the start, and what was added meanwhile is sent, too.",
    )
    preview_calls = fields.Integer(
        "Estimated Calls",
        compute="_compute_preview",
        help="For full batches. A record that the remote system already has costs no call. A batch that both creates"
        " and updates records takes two.",
    )
    preview_quota = fields.Char("Calls Left Today", compute="_compute_preview")
    preview_error = fields.Char(compute="_compute_preview")
    total = fields.Integer(readonly=True, copy=False, help="Number of records or events at the start.")
    queued = fields.Integer(readonly=True, copy=False, help="Events queued so far.")
    added_count = fields.Integer(
        "Added Since the Start",
        compute="_compute_added_count",
        help="Records that match the filters only since the start, because somebody changed or saved them."
        " They are sent, too.",
    )
    dropped_count = fields.Integer(
        "Left Out",
        compute="_compute_added_count",
        help="Records that do not have the event, or that were deleted or no longer matched the filters before they"
        " were queued.",
    )
    left_alone = fields.Integer(
        "Already Waiting",
        readonly=True,
        copy=False,
        help="Events that were already waiting and were left alone.",
    )
    position = fields.Integer(
        readonly=True, copy=False, help="ID of the record or event that was queued last."
    )
    last_id = fields.Integer(readonly=True, copy=False, help="ID of the last record or event at the start.")
    started_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    started_at = fields.Datetime("Started", readonly=True, copy=False)
    ended_at = fields.Datetime("Ended", readonly=True, copy=False)
    waiting_count = fields.Integer("Waiting", compute="_compute_counts")
    delivered_count = fields.Integer("Delivered", compute="_compute_counts")
    dead_count = fields.Integer("Failed", compute="_compute_counts")
    blocked_count = fields.Integer(
        "Blocked",
        compute="_compute_counts",
        help="They wait for a record that has failed, and are sent after it.",
    )
    corrected_count = fields.Integer(
        "Corrected",
        compute="_compute_counts",
        help="The event failed, but the record was changed since: a newer event is sent instead.",
    )
    superseded_count = fields.Integer(
        "Superseded", compute="_compute_counts", help="A newer change of the same record was sent instead."
    )
    cancelled_count = fields.Integer("Cancelled", compute="_compute_counts")
    has_failures = fields.Boolean(compute="_compute_counts", search="_search_has_failures")
    wait_reason = fields.Char(
        compute="_compute_wait_reason", help="Why nothing is being sent, and since when."
    )
    progress = fields.Float(compute="_compute_counts", help="Percentage already processed.")
    rate = fields.Float(
        "Per Minute", compute="_compute_counts", digits=(16, 0), help="Average of the last minutes."
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
    def _compute_flow_id(self):
        for run in self:
            flows = run._active_flows().filtered(lambda flow: flow.event_type in BACKFILLED)
            # An update event also creates the record at the remote, so it is the better default.
            best = flows.sorted(lambda flow: not flow.event_type.endswith(".updated"))[:1]
            run.flow_id = best if run.kind == "backfill" else False

    @api.depends("kind", "connector_id")
    def _compute_flow_ids(self):
        for run in self:
            run.flow_ids = False if run.kind == "backfill" else run._active_flows()

    def _active_flows(self):
        return self.connector_id.flow_ids.filtered("active")

    @api.model
    def _selection_res_model(self):
        names = dict.fromkeys(name for event_type in BACKFILLED for name in EVENT_TYPES[event_type].models)
        return [(name, model_label(self.env, name)) for name in names]

    @api.depends("flow_id")
    def _compute_res_model(self):
        for run in self:
            if run.res_model not in run._res_models():
                run.res_model = next(iter(run._res_models()), False)

    @api.depends("flow_id")
    def _compute_res_model_choices(self):
        for run in self:
            run.res_model_choices = run._res_models()

    def _res_models(self):
        return list(EVENT_TYPES[self.flow_id.event_type].models) if self.flow_id else []

    @api.depends("flow_id", "res_model")
    def _compute_domain(self):
        for run in self:
            run.domain = run._flow_filter()

    def _flow_filter(self):
        """Return the flow's filter for the records, as text."""
        return self.flow_id._filter_texts().get(self.res_model, "[]") if self.flow_id else "[]"

    @api.depends(*SETUP_FIELDS, "state")
    def _compute_preview(self):
        self.preview_count = self.preview_calls = 0
        self.update(
            dict.fromkeys(
                (
                    "preview_quota",
                    "preview_error",
                    "preview_failures",
                    "preview_failing_count",
                    "preview_left_out_count",
                ),
                False,
            )
        )
        for run in self:
            if run.state == "draft" and run.connector_id:
                run._preview()

    def _preview(self):
        try:
            self._check_setup()
            counts = self._counts_by_event_type()
        except SETUP_ERRORS as error:
            self.preview_error = self._setup_problem(error)
            return
        provider = self.connector_id._get_provider()
        batch_size = self.connector_id.batch_size
        self.preview_count = sum(counts.values())
        self.preview_calls = sum(
            provider.calls_for(event_type, count, batch_size) for event_type, count in counts.items()
        )
        self.preview_quota = self._quota_text()

    def _quota_text(self):
        quota = self.env["retail.quota"]._left_today(self.connector_id)
        if not quota:
            return False
        left, limit = (formatLang(self.env, calls, digits=0) for calls in quota)
        return self.env._("%(left)s of %(limit)s", left=left, limit=limit)

    @api.depends("state", "total", "queued", "left_alone")
    def _compute_added_count(self):
        for run in self:
            more = run.queued + run.left_alone - run.total
            run.added_count = max(more, 0)
            run.dropped_count = max(-more, 0) if run.state == "done" else 0

    def _compute_counts(self):
        counts = self._delivery_counts()
        corrected, blocked = (
            self._count_where(corrected_sql(SQL("d"))),
            self._count_where(blocked_sql(SQL("d"))),
        )
        for run in self:
            by_state, recent = counts.get(run._origin.id, ({}, 0))
            run.blocked_count = blocked.get(run._origin.id, 0)
            run.waiting_count = sum(by_state.get(state.value, 0) for state in OPEN_STATES) - run.blocked_count
            run.delivered_count = sum(by_state.get(state.value, 0) for state in ARRIVED_STATES)
            run.corrected_count = corrected.get(run._origin.id, 0)
            run.dead_count = by_state.get(State.DEAD.value, 0) - run.corrected_count
            run.superseded_count = by_state.get(State.SUPERSEDED.value, 0)
            run.cancelled_count = by_state.get(State.CANCELLED.value, 0)
            run.has_failures = bool(run.dead_count or run.blocked_count)
            run.status = DONE_WITH_FAILURES if run.state == "done" and run.has_failures else run.state
            run._compute_pace(recent)

    def _search_has_failures(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.env["retail.delivery"].flush_model()
        is_failure = SQL("(%s OR %s)", failed_sql(SQL("d")), blocked_sql(SQL("d")))
        return [("id", "in", SQL("(SELECT d.bulk_run_id FROM retail_delivery d WHERE %s)", is_failure))]

    @api.depends("state", "connector_id")
    def _compute_wait_reason(self):
        for run in self:
            run.wait_reason = run.state == "running" and run.connector_id._why_waiting(Lane.BULK)

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

    def _count_where(self, condition):
        """Return ``{run id: number of deliveries}`` of those deliveries ``d`` that meet the condition."""
        rows = self.env.execute_query(
            SQL(
                "SELECT d.bulk_run_id, count(*)::int FROM retail_delivery d WHERE d.bulk_run_id = ANY(%s) AND %s"
                " GROUP BY d.bulk_run_id",
                self._origin.ids,
                condition,
            )
        )
        return dict(rows)

    # -- CRUD --------------------------------------------------------------------------------------

    @api.constrains("kind", "connector_id", "flow_id", "flow_ids", "res_model")
    def _check_flows(self):
        for run in self:
            run._check_flows_of_connector()
            if run.flow_id and run.flow_id.event_type not in BACKFILLED:
                raise ValidationError(
                    self.env._(
                        "“%(event)s” cannot be backfilled: its records do not show any more when and how it happened."
                        " Replay the events of a period instead.",
                        event=run.flow_id.with_context(retail_of_connector=True).display_name,
                    )
                )
            if run.flow_id and run.res_model not in run._res_models():
                raise ValidationError(self.env._("Choose records that have this event."))

    def _check_flows_of_connector(self):
        """Check that all flows are the connector's, also those that are off: they may be switched on later.

        :raise ValidationError: one is of another connector
        """
        # As the superuser: flows that the user may not read would be left out.
        chosen = self.sudo().with_context(active_test=False)
        if (chosen.flow_id | chosen.flow_ids).connector_id - self.connector_id:
            raise ValidationError(self.env._("Choose events of this connector."))

    @api.constrains("domain", "flow_id")
    def _check_domain(self):
        """Reject a filter that names a field that the user may not read. The preview shows other mistakes."""
        for run in self.filtered("flow_id"):
            if run.domain != run._flow_filter():
                with suppress(FilterError):
                    # Constraints run as the superuser.
                    model = self.env[run.res_model].with_user(self.env.user)
                    check_filter(model, parse_filter(self.env, run.domain))

    def write(self, vals):
        if SETUP_FIELDS & vals.keys() and any(run.state != "draft" for run in self):
            raise UserError(self.env._("You cannot change a run after its start. Create a new one instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_open(self):
        if any(run.state in ("running", "paused", "failed") for run in self):
            raise UserError(self.env._("Cancel this run before you delete it."))

    # -- actions -----------------------------------------------------------------------------------

    def action_start(self):
        """Fix the set of records or events to send, and start."""
        self._check_state("draft")
        for run in self:
            run._start()
        self._wake()

    def _start(self):
        try:
            self._check_setup()
            total = sum(self._counts_by_event_type().values())
        except SETUP_ERRORS as error:
            raise UserError(self._setup_problem(error)) from error
        if not total:
            raise UserError(self.env._("There is nothing to send."))
        if self.connector_id.state == "draft":
            raise UserError(self.env._("First activate %(name)s.", name=self.connector_id.name))
        now = fields.Datetime.now()
        if self.kind == "replay" and not self.to_date:
            self.to_date = now
        first_id, last_id = self._id_range()
        self._advance(
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
        """Stop queuing. Events that are already queued are still sent."""
        self._check_state("running")
        reason = self.env._("Paused by %(user)s.", user=self.env.user.name)
        self._advance({"state": "paused", "state_reason": reason})

    def action_resume(self):
        """Continue a paused or failed run from its position."""
        self._check_state("paused", "failed")
        self._advance({"state": "running", "state_reason": False})
        self._clear_alerts()
        self._wake()

    def action_cancel(self):
        """End the run for good. Events that are already queued are still sent."""
        self._check_state("draft", "running", "paused", "failed")
        reason = self.env._("Cancelled by %(user)s.", user=self.env.user.name)
        self._advance({"state": "cancelled", "state_reason": reason, "ended_at": fields.Datetime.now()})
        self._clear_alerts()

    def _advance(self, vals):
        # As the superuser: the progress is read-only for users. The caller has checked their access.
        self.sudo().write(vals)

    def _clear_alerts(self):
        for run in self:
            run.connector_id._clear_alert(run._alert_cause())

    def _check_state(self, *states):
        self.check_access("write")
        if any(run.state not in states for run in self):
            raise UserError(self.env._("The state of this run has changed. Reload the page."))

    def action_view_waiting(self):
        return self._action_deliveries([("status", "in", [state.value for state in OPEN_STATES])])

    def action_view_blocked(self):
        return self._action_deliveries([("status", "=", BLOCKED)])

    def action_view_delivered(self):
        return self._action_deliveries([("state", "in", [state.value for state in ARRIVED_STATES])])

    def action_view_dead(self):
        return self._action_deliveries([("status", "=", State.DEAD.value)])

    def _action_deliveries(self, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_delivery")
        return {**action, "domain": [("bulk_run_id", "=", self.id), *domain], "context": {}}

    def _wake(self):
        for connector in self.connector_id:
            self.env["retail.wake"]._wake_at_commit(connector.id, Lane.BULK.value, 0.0)
