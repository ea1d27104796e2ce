"""Deliveries: an event on its way to a connector, as a state machine."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...core.const import CLAIMABLE_STATES, EventKind, Lane, State
from .names import event_type_selection, parse_reference, readable, record_names
from .state_sets import IN_CLAIMABLE, IN_FINISHED, IN_OPEN
from .status_sql import failed_sql
from .unchecked_many2one import UncheckedMany2one


class RetailDelivery(models.Model):
    _name = "retail.delivery"
    _description = "Outgoing Event"
    _inherit = ["retail.checked", "retail.caused", "retail.conflicting"]
    _rec_names_search = ["record_name"]
    _order = "id desc"
    _log_access = False

    event_id = fields.Many2one("retail.event", required=True, readonly=True, ondelete="cascade", index=True)
    flow_id = UncheckedMany2one("retail.flow", readonly=True)
    connector_id = UncheckedMany2one("retail.connector", required=True, readonly=True)
    company_id = UncheckedMany2one("res.company", required=True, readonly=True)  # the event's
    event_type = fields.Selection(event_type_selection, required=True, readonly=True)
    kind = fields.Selection([("state", "State"), ("fact", "Fact")], required=True, readonly=True)
    lane = fields.Selection([(lane.value, lane.value.title()) for lane in Lane], required=True, readonly=True)
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record ID", model_field="res_model", required=True, readonly=True)
    record_name = fields.Char("Record", compute="_compute_record_name")
    can_open_record = fields.Boolean(compute="_compute_can_open_record")
    can_open_connector = fields.Boolean(compute="_compute_can_open_connector")
    state = fields.Selection(
        [
            (State.PENDING.value, "Waiting"),
            (State.IN_FLIGHT.value, "In flight"),
            (State.UNKNOWN.value, "In doubt"),
            (State.DELIVERED.value, "Delivered"),
            (State.DEAD.value, "Failed"),
            (State.SUPERSEDED.value, "Superseded"),
            (State.CANCELLED.value, "Cancelled"),
            (State.PUBLISHED.value, "In the feed"),
        ],
        required=True,
        readonly=True,
        group_expand=True,
        help="In doubt: it was sent, but no response arrived. Newer changes of the record wait until it is known"
        " whether it was applied. In the feed: the system reads it from the API.",
    )
    attempts = fields.Integer(
        "Attempts Used",
        readonly=True,
        aggregator=False,
        help="Waiting for a call limit, for another record or for the connector uses up no attempt.",
    )
    is_manual = fields.Boolean(
        "Requested Manually", readonly=True, help="A user requested it with Resync, Replay or Send Now."
    )
    is_replay = fields.Boolean(
        "Sent Again",
        readonly=True,
        help="The event had been sent to the connector before, and a user requested it again.",
    )
    queued_at = fields.Datetime("Queued", readonly=True)
    next_attempt_at = fields.Datetime("Due", readonly=True)
    lease_until = fields.Datetime(readonly=True)
    finished_at = fields.Datetime("Finished", readonly=True)
    superseded_by_id = fields.Many2one("retail.delivery", readonly=True, ondelete="set null")
    error_message = fields.Text("Error", readonly=True)
    fingerprint = fields.Char(
        "Cause Code", readonly=True, help="Failures with the same cause have the same text here."
    )
    warning = fields.Text(readonly=True)
    shown_warning = fields.Text(
        "Note", compute="_compute_shown_warning", help="The warning, with the name of the other record."
    )
    waits_for = fields.Char(readonly=True, help="The record that the remote system needs first.")
    waits_for_name = fields.Char("Waiting For", compute="_compute_waits_for_name")
    checkpoint = fields.Json(
        readonly=True,
        copy=False,
        help="What the remote system already has, if sending takes several attempts.",
    )
    bulk_run_id = fields.Many2one(
        "retail.bulk.run",
        "Backfill or Replay",
        readonly=True,
        ondelete="set null",
        help="The backfill or replay that queued it.",
    )
    owner_id = fields.Many2one(
        "res.users",
        "Assigned to",
        compute="_compute_owner_id",
        search="_search_owner_id",
        help="Who takes care of it if it fails: the user assigned to the flow, or else the connector's responsible"
        " user.",
    )
    is_waiting_retry = fields.Boolean(compute="_compute_is_waiting_retry", search="_search_is_waiting_retry")
    attempt_ids = fields.One2many("retail.delivery.attempt", "delivery_id", "Attempts")
    attempts_note = fields.Char(compute="_compute_attempts_note")

    _due_idx = models.Index(f"(connector_id, lane, next_attempt_at, id) WHERE state {IN_CLAIMABLE.code}")
    _open_idx = models.Index(f"(connector_id, res_model, res_id, id) WHERE state {IN_OPEN.code}")
    _lease_idx = models.Index("(lease_until) WHERE state = 'in_flight'")
    _dead_idx = models.Index("(connector_id, res_model, res_id) WHERE state = 'dead'")
    # For lists on screens: a few rows of a large table.
    _dead_group_idx = models.Index("(connector_id, fingerprint, id) WHERE state = 'dead'")
    _dead_list_idx = models.Index("(id) WHERE state = 'dead'")
    _retry_list_idx = models.Index(f"(id) WHERE state {IN_CLAIMABLE.code} AND attempts > 0")
    _finished_idx = models.Index(f"(connector_id, finished_at, state) WHERE state {IN_FINISHED.code}")
    _subject_idx = models.Index("(res_id, res_model, connector_id, id)")
    _bulk_run_idx = models.Index("(bulk_run_id, state, finished_at) WHERE bulk_run_id IS NOT NULL")
    _waits_idx = models.Index("(waits_for, connector_id) WHERE waits_for IS NOT NULL")
    _superseded_idx = models.Index("(superseded_by_id) WHERE superseded_by_id IS NOT NULL")

    @api.depends("event_type", "connector_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(event_type_selection(self))
        for delivery in self:
            label = labels.get(delivery.event_type, delivery.event_type)
            delivery.display_name = f"{label} → {delivery._system().name} (#{delivery.id})"

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_record_name(self):
        names = record_names(self.env, ((each.res_model, each.res_id) for each in self))
        for delivery in self:
            delivery.record_name = names[delivery.res_model, delivery.res_id]

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_open_record(self):
        for delivery in self:
            delivery.can_open_record = bool(readable(self.env, delivery.res_model, delivery.res_id))

    @api.depends("connector_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_open_connector(self):
        """Users of a branch do not see the connector of the company above that serves it."""
        readable_ids = set(self.connector_id._filtered_access("read").ids)
        for delivery in self:
            delivery.can_open_connector = delivery.connector_id.id in readable_ids

    @api.depends("waits_for")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_waits_for_name(self):
        for delivery in self:
            reference = parse_reference(delivery.waits_for)
            delivery.waits_for_name = reference and record_names(self.env, [reference])[reference]

    @api.depends("flow_id.owner_id", "connector_id.responsible_id")
    def _compute_owner_id(self):
        for delivery in self:
            # As the superuser: users of a branch see neither the connector that serves it nor its flows.
            flow = delivery.flow_id.sudo()
            delivery.owner_id = flow.owner_id or delivery._system().responsible_id

    def _search_owner_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        by_connector = Domain("flow_id.owner_id", "=", False) & Domain(
            "connector_id.responsible_id", "in", value
        )
        return Domain("flow_id.owner_id", "in", value) | by_connector

    @api.depends("state", "attempts")
    def _compute_is_waiting_retry(self):
        for delivery in self:
            delivery.is_waiting_retry = delivery.state in CLAIMABLE_STATES and delivery.attempts > 0

    def _search_is_waiting_retry(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "in", CLAIMABLE_STATES), ("attempts", ">", 0)]

    @api.depends("warning", "conflicts_with")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_shown_warning(self):
        for delivery in self:
            delivery.shown_warning = delivery._with_name_of_other(delivery.warning)

    @api.depends("state", "attempts", "attempt_ids", "conflict_name")
    def _compute_attempts_note(self):
        for delivery in self:
            delivery.attempts_note = delivery._describe_attempts()

    def _describe_attempts(self):
        """Return what there is to say about the list of attempts: only those that made a call are in it."""
        if self.attempts > len(self.attempt_ids) > 0:
            return self.env._("Attempts that ended before a call was made are not in this list.")
        if self.attempt_ids:
            return False
        ended = {
            State.DELIVERED: self.env._("No call was needed: the remote system already has this content."),
            State.SUPERSEDED: self.env._("No call was made: a newer event is sent instead."),
            State.CANCELLED: self.env._("No call was made: the event was cancelled."),
            State.PUBLISHED: self.env._("No call is made: the system reads the event from the API."),
        }
        if self.state == State.DELIVERED and self.conflicts_with:
            return self.env._(
                "No call was made: the record is a possible duplicate of %(record)s.",
                record=self.conflict_name,
            )
        if self.state in ended:
            return ended[self.state]
        if self.attempts:
            return self.env._("No call was made: an error ended each attempt before it.")
        return self.env._("No call has been made yet.")

    # -- actions -----------------------------------------------------------------------------------

    def action_open_record(self):
        """Open the record that the delivery is about."""
        self.ensure_one()
        return self.event_id.action_open_record()

    def action_open_waited_for(self):
        """Open the last delivery of the record that this one waits for."""
        self.ensure_one()
        res_model, res_id = parse_reference(self.waits_for) or ("", 0)
        last = self.search(
            [
                ("connector_id", "=", self.connector_id.id),
                ("res_model", "=", res_model),
                ("res_id", "=", res_id),
            ],
            order="id desc",
            limit=1,
        )
        if not last:
            raise UserError(self.env._("This event no longer waits for another record."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": last.id,
            "views": [(False, "form")],
        }

    # -- hooks -------------------------------------------------------------------------------------

    def _report_failed(self, connector):
        """Hook that runs when deliveries of a connector have failed for good."""

    @api.model
    def _after_arrival(self, connector, deliveries):
        """Hook that runs when it is recorded that these :class:`~.outgoing.OutgoingDelivery` have arrived."""

    # -- changes of a flow -------------------------------------------------------------------------

    @api.model
    def _reschedule(self, flow, due_at, was_scheduled, is_retimed):
        """Apply a changed flow to its waiting deliveries: they change the lane, and the time if the timing changed.

        A delivery without an attempt is due by the new schedule, or one window after it was queued. If it is already
        due by the old schedule, it stays due. A delivery that waits for a retry only changes the lane. Deliveries
        that a user or a bulk run requested, and those in flight, do not change.

        :param due_at: the next time of the schedule (UTC, naive); None for a flow with a window
        :param was_scheduled: the flow had a schedule before, and still has one
        :param is_retimed: the timing of the flow has changed
        :return: whether any delivery waits
        """
        self.flush_model()
        rows = self.env.execute_query(self._reschedule_sql(flow, due_at, was_scheduled, is_retimed))
        self.invalidate_model(["lane", "next_attempt_at"])
        return bool(rows)

    @api.model
    def _reschedule_sql(self, flow, due_at, was_scheduled, is_retimed):
        # Locks rows in the order in which drains claim them, and skips rows that a drain holds.
        return SQL(
            """
            WITH waiting AS (
                SELECT id, state = 'pending' AND attempts = 0 AND error_class IS NULL
                           AND NOT (%(was_scheduled)s AND next_attempt_at <= %(now)s) AS is_retimed
                  FROM retail_delivery
                 WHERE connector_id = %(connector)s AND flow_id = %(flow)s
                   AND state %(in_claimable)s AND NOT is_manual
                   AND bulk_run_id IS NULL
              ORDER BY next_attempt_at, id FOR UPDATE SKIP LOCKED)
            UPDATE retail_delivery d
               SET lane = %(lane)s,
                   next_attempt_at = CASE
                       WHEN NOT (waiting.is_retimed AND %(is_retimed)s) THEN d.next_attempt_at
                       ELSE COALESCE(%(due_at)s::timestamp,
                                     d.queued_at + make_interval(secs => %(window)s)) END
              FROM waiting WHERE d.id = waiting.id
         RETURNING d.id
            """,
            connector=flow.connector_id.id,
            flow=flow.id,
            lane=flow.lane,
            window=flow.window_seconds,
            in_claimable=IN_CLAIMABLE,
            now=self.env.cr.now(),
            due_at=due_at,
            was_scheduled=was_scheduled,
            is_retimed=is_retimed,
        )

    # -- queries -----------------------------------------------------------------------------------

    @api.model
    def _count_by_connector(self, connectors):
        """Return ``{connector id: (waiting, delivered today, failed)}``. What was corrected has not failed."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT connector_id, sum(waiting)::int, sum(delivered)::int, sum(dead)::int
                  FROM (SELECT connector_id, 1 AS waiting, 0 AS delivered, 0 AS dead FROM retail_delivery
                         WHERE state %(in_open)s AND %(is_shown)s
                     UNION ALL
                        SELECT connector_id, 0, 1, 0 FROM retail_delivery
                         WHERE state = 'delivered' AND finished_at >= %(today)s AND %(is_shown)s
                     UNION ALL
                        SELECT connector_id, 0, 0, 1 FROM retail_delivery d
                         WHERE %(failed)s AND %(is_shown)s) counted
                 WHERE connector_id = ANY(%(connectors)s)
              GROUP BY connector_id
                """,
                connectors=connectors.ids,
                in_open=IN_OPEN,
                is_shown=self._is_shown_sql(connectors),
                failed=failed_sql(SQL("d")),
                today=fields.Datetime.now().replace(hour=0, minute=0, second=0),
                to_flush=self._fields["state"],
            )
        )
        return {connector_id: tuple(counts) for connector_id, *counts in rows}

    @api.model
    def _is_shown_sql(self, connectors):
        """Return the condition for the deliveries that the user may see: there may be some of branches."""
        if self.env.su or not any(connector._branch_ids() for connector in connectors):
            return SQL("TRUE")
        return SQL("company_id = ANY(%s)", self.env.companies.ids)

    @api.model
    def _lanes_with_due_work(self):
        """Return ``(connector id, lane)`` for all lanes with a due delivery, or with one that can serve as a probe."""
        return self.env.execute_query(
            SQL(
                """
                SELECT c.id, lane.name FROM retail_connector c, unnest(%(lanes)s::text[]) lane(name)
                 WHERE EXISTS (SELECT FROM retail_delivery d
                                WHERE d.connector_id = c.id AND d.lane = lane.name
                                  AND d.state %(in_claimable)s
                                  AND d.next_attempt_at <= statement_timestamp() AT TIME ZONE 'UTC')
                    OR EXISTS (SELECT FROM retail_circuit o JOIN retail_delivery d USING (connector_id)
                                WHERE o.connector_id = c.id AND o.is_open
                                  AND o.next_probe_at <= statement_timestamp() AT TIME ZONE 'UTC'
                                  AND d.lane = lane.name AND d.attempts > 0 AND d.state %(in_claimable)s)
              ORDER BY lane.name DESC, c.id
                """,
                lanes=[lane.value for lane in Lane],
                in_claimable=IN_CLAIMABLE,
            )
        )

    @api.model
    def _seconds_to_next(self, connector, lane):
        """Return the seconds until the lane's next delivery is due; None if there is none in the future."""
        [(seconds,)] = self.env.execute_query(
            SQL(
                """
                SELECT extract(epoch FROM min(next_attempt_at) - statement_timestamp() AT TIME ZONE 'UTC')::float
                  FROM retail_delivery
                 WHERE connector_id = %s AND lane = %s AND state %s
                   AND next_attempt_at > statement_timestamp() AT TIME ZONE 'UTC'
                """,
                connector.id,
                lane,
                IN_CLAIMABLE,
            )
        )
        return None if seconds is None else max(seconds, 0.0)

    @api.model
    def _sent_ids(self, connector, res_model, ids):
        """Return those of these record ids of which the connector may have got an event, as a list."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT res_id FROM retail_delivery"
                " WHERE res_id = ANY(%s) AND res_model = %s AND connector_id = %s AND state IN %s",
                list(ids),
                res_model,
                connector.id,
                (State.DELIVERED.value, State.UNKNOWN.value, State.PUBLISHED.value),
                to_flush=self._fields["state"],
            )
        )
        return [res_id for (res_id,) in rows]

    @api.model
    def _waiting_facts(self, records):
        """Return the facts about these records that wait to be sent."""
        return self.search(
            [
                ("res_model", "=", records._name),
                ("res_id", "in", records.ids),
                ("kind", "=", EventKind.FACT.value),
                ("state", "=", State.PENDING.value),
            ]
        )

    def _cancel(self, reason):
        self.write({"state": State.CANCELLED.value, "finished_at": fields.Datetime.now(), "warning": reason})

    @api.model
    def _has_unfinished(self, connector, res_model, ids):
        """Return whether any delivery of deleted records must end before the event of their deletion is sent.

        These are deliveries in flight or in doubt, and waiting facts: a record may have absorbed another one before
        it was itself merged away. A waiting state does not count, because a deleted record has no state to send.

        :param ids: of the deleted records
        """
        states = (State.IN_FLIGHT.value, State.UNKNOWN.value)
        sought = self.env["retail.delivery.attempt"]._sought(connector, res_model, ids)
        uncertain = Domain("res_id", "in", ids) & Domain("state", "in", states)
        is_needed = Domain("res_id", "in", list(sought)) | Domain("kind", "=", EventKind.FACT.value)
        waiting = Domain("res_id", "in", ids) & is_needed & Domain("state", "=", State.PENDING.value)
        of_connector = Domain("connector_id", "=", connector.id) & Domain("res_model", "=", res_model)
        return bool(self.search_count(of_connector & (uncertain | waiting), limit=1))
