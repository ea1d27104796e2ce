"""What deliveries wait for: how screens show it, and what they say when a user asks to send now."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...core.const import CLAIMABLE_STATES, OPEN_STATES, SENDING_LANES, EventKind, State
from ..connector.notice import notice
from .names import record_names
from .state_sets import IN_OPEN, in_states
from .status_sql import BLOCKED, CORRECTED, blocker_sql, corrected_sql, planned_sql, replacement_sql


def _status_selection(model):
    states = model.env["retail.delivery"]._fields["state"]._description_selection(model.env)
    return [*states, (BLOCKED, model.env._("Blocked")), (CORRECTED, model.env._("Corrected"))]


def _ids(condition):
    return SQL("(SELECT d.id FROM retail_delivery d WHERE %s)", condition)


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    status = fields.Selection(
        _status_selection,
        compute="_compute_status",
        search="_search_status",
        help="Blocked: it waits for a record that has failed. Corrected: it failed, but the record was changed since,"
        " and the newer event is sent instead.",
    )
    blocked_by_id = fields.Many2one("retail.delivery", "Blocked by", compute="_compute_status")
    replaced_by_id = fields.Many2one("retail.delivery", "Newer Event", compute="_compute_status")
    can_open_blocking_record = fields.Boolean(compute="_compute_can_open_blocking_record")
    wait_reason = fields.Text("Waits for", compute="_compute_wait_reason")
    planned_attempt_at = fields.Datetime(
        "Next Attempt",
        compute="_compute_planned_attempt_at",
        help="Empty if it waits for something else first, or is due already.",
    )

    @api.depends("state", "waits_for", "connector_id", "res_model", "res_id")
    def _compute_status(self):
        found = self._status_rows(SQL("d.id = ANY(%s)", self.ids)) if self.ids else {}
        for delivery in self:
            blocker, replacement = found.get(delivery.id, (None, None))
            delivery.blocked_by_id, delivery.replaced_by_id = blocker, replacement
            delivery.status = BLOCKED if blocker else CORRECTED if replacement else delivery.state

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.flush_model()
        d = SQL("d")
        blocked = Domain("id", "in", _ids(SQL("d.waits_for IS NOT NULL AND %s IS NOT NULL", blocker_sql(d))))
        corrected = Domain("id", "in", _ids(corrected_sql(d)))
        states = Domain("state", "in", [each for each in value if each not in (BLOCKED, CORRECTED)])
        if set(CLAIMABLE_STATES) & set(value):
            states &= ~blocked
        if State.DEAD in value:
            states &= ~corrected
        found = [states]
        found += [blocked] if BLOCKED in value else []
        found += [corrected] if CORRECTED in value else []
        return Domain.OR(found)

    def _field_to_sql(self, alias, fname, query=None):
        """Let lists group by the status: what was corrected is not among the failures."""
        if fname != "status":
            return super()._field_to_sql(alias, fname, query)
        self._check_field_access(self._fields[fname], "read")
        self.flush_model()
        d = SQL.identifier(alias)
        return SQL(
            "(CASE WHEN %(corrected)s THEN 'corrected' WHEN %(blocker)s IS NOT NULL THEN 'blocked'"
            " ELSE %(d)s.state END)",
            corrected=corrected_sql(d),
            blocker=blocker_sql(d),
            d=d,
        )

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Let lists sort by the next attempt: those that have none come last."""
        if field_name != "planned_attempt_at":
            return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        self._check_field_access(self._fields[field_name], "read")
        self.flush_model()
        # As the superuser: users of a branch do not see the connector that serves it.
        connectors = self.env["retail.connector"].sudo().search([("active", "in", (True, False))])
        holds = [
            (connector.id, lane, hold.until)
            for connector in connectors
            for lane in SENDING_LANES
            if (hold := connector._hold(lane))
        ]
        planned = planned_sql(SQL.identifier(alias), self.env.cr.now(), holds)
        return SQL("%s %s NULLS LAST", planned, direction)

    @api.model
    def _status_rows(self, condition):
        """Return ``{delivery id: (blocker's id, replacement's id)}``, without those that have neither."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT * FROM (SELECT d.id, %s AS blocker, %s AS replacement FROM retail_delivery d"
                " WHERE d.state %s AND %s) found"
                " WHERE blocker IS NOT NULL OR replacement IS NOT NULL",
                blocker_sql(SQL("d")),
                replacement_sql(SQL("d")),
                in_states(*CLAIMABLE_STATES, State.DEAD),
                condition,
            )
        )
        return {id_: (blocker, replacement) for id_, blocker, replacement in rows}

    @api.depends("blocked_by_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_open_blocking_record(self):
        for delivery in self:
            failed = delivery.blocked_by_id
            delivery.can_open_blocking_record = bool(failed.can_open_record)

    @api.depends("state", "waits_for", "next_attempt_at", "connector_id")
    def _compute_wait_reason(self):
        for delivery in self:
            delivery.wait_reason = delivery._why_waiting() or False

    @api.depends("state", "waits_for", "next_attempt_at", "connector_id")
    def _compute_planned_attempt_at(self):
        now = self.env.cr.now()
        for delivery in self:
            is_planned = (
                delivery.state in CLAIMABLE_STATES
                and delivery.next_attempt_at > now
                and not delivery._why_held()
            )
            delivery.planned_attempt_at = delivery.next_attempt_at if is_planned else False

    def _why_waiting(self):
        """Return in words what a waiting delivery waits for, and since or until when; "" if it does not wait."""
        if self.state not in CLAIMABLE_STATES:
            return ""
        return self._why_held() or self._when_due()

    def _why_held(self):
        """Return in words what it waits for besides its time; "" if it is sent then."""
        return " ".join(filter(None, [self._why_behind_another(), self._why_lane_is_held(self._holds())]))

    def _holds(self):
        """Return ``{(connector, lane): Hold}`` of the lanes of these that send nothing now."""
        lanes = dict.fromkeys((each._system(), each.lane) for each in self)
        holds = {(connector, lane): connector._hold(lane) for connector, lane in lanes}
        return {key: hold for key, hold in holds.items() if hold}

    def _why_lane_is_held(self, holds):
        """Return why the connector does not send it when it is due; "" if it does.

        :param holds: as :meth:`_holds` returns it
        """
        hold = holds.get((self._system(), self.lane))
        return hold.reason if hold and hold.is_on_at(self.next_attempt_at) else ""

    def _why_behind_another(self):
        if self.blocked_by_id:
            return self._why_blocked()
        if self._waits_for_flow():
            return self.env._(
                "It is sent once the flow %(flow)s is corrected. %(problem)s",
                flow=self.waits_for_name,
                problem=self.shown_error or "",
            )
        if self.waits_for:
            return self.env._("It is sent after %(record)s.", record=self.waits_for_name)
        older = self._older_open()
        if older.blocked_by_id:
            return self.env._(
                "It is sent after an earlier event of the same record, which is blocked by %(failed)s. Repair that"
                " first.",
                failed=older.blocked_by_id.record_name,
            )
        if older:
            return self.env._(
                "It is sent after an earlier event of the same record: %(event)s.", event=older.display_name
            )
        return ""

    def _waits_for_flow(self):
        """Return whether it waits for its flow, whose filter or mapping cannot be evaluated."""
        return (self.waits_for or "").startswith("retail.flow,")

    def _why_blocked(self):
        failed = self.blocked_by_id.record_name
        if failed == self.waits_for_name:
            return self.env._(
                "It is blocked by %(record)s, which has failed. Repair that first.", record=failed
            )
        return self.env._(
            "It is sent after %(record)s, which is blocked by %(failed)s. Repair that first.",
            record=self.waits_for_name,
            failed=failed,
        )

    def _older_open(self):
        """Return the older delivery of the same record that has to end before this one is sent, if there is one."""
        older = Domain(
            [
                ("connector_id", "=", self.connector_id.id),
                ("res_model", "=", self.res_model),
                ("res_id", "=", self.res_id),
                ("id", "<", self.id),
                ("state", "in", OPEN_STATES),
            ]
        )
        if self.kind == EventKind.STATE:
            older &= ~(Domain("state", "=", State.PENDING.value) & Domain("kind", "=", EventKind.STATE.value))
        return self.search(older, order="id", limit=1)

    def _when_due(self):
        time = self._system()._time(self.next_attempt_at)
        if self.next_attempt_at > self.env.cr.now():
            return (
                self.env._("The next attempt is at %(time)s.", time=time)
                if self.attempts
                else self.env._("It is sent at %(time)s.", time=time)
            )
        if self.env["retail.wake"]._is_job_runner_running():
            return self.env._("It is due since %(time)s, and is sent next.", time=time)
        return self.env._(
            "It is due since %(time)s. No job runner is running: the scheduled action sends it.", time=time
        )

    @api.depends("waits_for")
    def _compute_shown_error(self):
        return super()._compute_shown_error()

    def _other_record(self):
        return self.waits_for or super()._other_record()

    # -- actions -----------------------------------------------------------------------------------

    def action_open_blocker(self):
        """Open the failed event without which this one is not sent."""
        self.ensure_one()
        return self._action_open(self.blocked_by_id)

    def action_open_blocking_record(self):
        """Open the record that has failed."""
        self.ensure_one()
        if not self.blocked_by_id:
            raise UserError(self.env._("Nothing blocks this event any more."))
        return self.blocked_by_id.action_open_record()

    def action_open_replacement(self):
        """Open the newer event that is sent instead of this one."""
        self.ensure_one()
        return self._action_open(self.replaced_by_id)

    def _action_open(self, delivery):
        if not delivery:
            raise UserError(self.env._("This has changed meanwhile. Reload the page."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": delivery.id,
            "views": [(False, "form")],
        }

    # -- what came of a request to send ------------------------------------------------------------

    def _report_queued(self, left=(), count=None):
        """Return the notification for deliveries that a user asked to send now: what happens to them.

        :param left: texts about others that were left as they are
        :param count: how many were queued; None: all of these
        """
        are_all_sent, texts = self._queued_texts(len(self) if count is None else count)
        kind = "success" if are_all_sent and not left else "warning"
        return notice(kind, " ".join([*texts, *left]))

    def _queued_texts(self, count):
        """Return (whether all of these are sent now, texts about what happens to them).

        :param count: how many were queued
        """
        holds, behind = self._holds(), self._why_behind_others()
        waiting = self.filtered(lambda each: (each._system(), each.lane) in holds or each in behind)
        texts = [self.env._("Events queued: %(count)s.", count=count)]
        texts += dict.fromkeys([*(hold.reason for hold in holds.values()), *behind.values()])
        if not waiting:
            texts.append(self.env._("They are being sent."))
        elif waiting != self:
            texts.append(self.env._("The others are being sent."))
        return not waiting, texts

    def _why_behind_others(self):
        """Return ``{delivery: what it waits for}`` of those that are not sent now even if the connector sends."""
        names = record_names(self.env, {(each.res_model, each.res_id) for each in self})
        older = self._older_held()
        reasons = {
            each: each._why_behind_in_full(
                names[each.res_model, each.res_id], older.get(each.id, self.browse())
            )
            for each in self
        }
        return {each: reason for each, reason in reasons.items() if reason}

    def _why_behind_in_full(self, name, older):
        """Return what it is sent after, in a sentence that names its record; "" if it is sent now.

        :param older: as :meth:`_older_held` has it
        """
        failed = self.blocked_by_id or older.blocked_by_id
        if failed:
            return self.env._(
                "%(record)s is blocked by %(failed)s, which has failed.",
                record=name,
                failed=failed.record_name,
            )
        waiting = self if self.waits_for else older
        if waiting._waits_for_flow():
            return self.env._(
                "%(record)s is sent once the flow %(flow)s is corrected.",
                record=name,
                flow=waiting.waits_for_name,
            )
        if waiting.waits_for:
            return self.env._(
                "%(record)s is sent after %(other)s.", record=name, other=waiting.waits_for_name
            )
        if older:
            return self.env._(
                "%(record)s is sent after an earlier event: %(event)s.", record=name, event=older.display_name
            )
        return ""

    def _older_held(self):
        """Return ``{id: older delivery of the same record}`` of those that wait for one which is not sent now.

        An older state that is not sent any more counts if it waits for another record: so will the newer one.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (d.id) d.id, x.id
                  FROM retail_delivery d
                  JOIN retail_delivery x
                    ON x.connector_id = d.connector_id AND x.res_model = d.res_model AND x.res_id = d.res_id
                   AND x.id < d.id AND x.state %s
                 WHERE d.id = ANY(%s)
                   AND (x.waits_for IS NOT NULL
                        OR x.next_attempt_at > %s AND (d.kind = 'fact' OR x.state != 'pending' OR x.kind = 'fact'))
              ORDER BY d.id, x.id
                """,
                IN_OPEN,
                self.ids,
                self.env.cr.now(),
            )
        )
        return {id_: self.browse(older_id) for id_, older_id in rows}
