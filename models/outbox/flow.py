"""Flows: which events a connector sends, when, and in which lane."""

from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.base.models.res_partner import _tz_get

from ...core.const import Lane, Mode
from ...core.schedule import DAYS, MINUTES_PER_DAY, Schedule
from ...schemas import EVENT_TYPES
from ...tools.cache import cached
from .names import event_type_selection

FILTER_FIELDS = ("domain", "more_domain")
SCHEDULE_FIELDS = ("schedule_time", "schedule_tz", *DAYS)
ROUTE_FIELDS = {
    "active",
    "event_type",
    "connector_id",
    "mode",
    "lane",
    "window_seconds",
    "sends_own",
    *SCHEDULE_FIELDS,
}
CACHED_FIELDS = ROUTE_FIELDS | {*FILTER_FIELDS, "fault"}


class Route(NamedTuple):
    """An active flow, as capture needs it.

    :param branch_ids: the branches of its company that its connector serves, too
    :param schedule: None if the flow has a window instead
    :param sends_own: whether the system is sent what it caused itself
    :param is_pull: nothing is sent: the system reads the events itself
    """

    flow_id: int
    event_type: str
    connector_id: int
    company_id: int
    branch_ids: frozenset[int]
    lane: str
    window_seconds: int
    schedule: Schedule | None
    sends_own: bool = False
    is_pull: bool = False


class RetailFlow(models.Model):
    _name = "retail.flow"
    _description = "Flow"
    _inherit = ["retail.checked"]
    _order = "connector_id, sequence, id"
    _check_company_auto = True

    connector_id = fields.Many2one("retail.connector", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    active = fields.Boolean(
        default=True,
        help="If a flow is off, no new events are saved for it. Events that are already waiting are still sent, unless"
        " you cancel them under Outbox.",
    )
    sequence = fields.Integer(default=10)
    event_type = fields.Selection(event_type_selection, required=True)
    res_model = fields.Char("Model", compute="_compute_res_model")
    res_model_name = fields.Char("Records", compute="_compute_res_model")
    more_res_model = fields.Char("Second Model", compute="_compute_res_model")
    more_res_model_name = fields.Char("Other Records", compute="_compute_res_model")
    mode = fields.Selection(
        [
            (Mode.REALTIME.value, "Realtime"),
            (Mode.MICRO_BATCH.value, "Micro-batch"),
            (Mode.SCHEDULED.value, "Scheduled"),
            (Mode.PULL.value, "Pull"),
        ],
        compute="_compute_mode",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="Realtime: sent within seconds. Micro-batch: collected for the length of the window. Scheduled: sent at a"
        " time of day. Pull: nothing is sent; the system reads the events from the API, also if the connector is a"
        " draft. A change of the mode also applies to events that are already waiting.",
    )
    sends_own = fields.Boolean(
        "Own Changes",
        help="Also send changes that the system itself made through the API. These are usually not needed.",
    )
    window_seconds = fields.Integer(
        "Window (s)",
        compute="_compute_window_seconds",
        precompute=True,
        store=True,
        readonly=False,
        help="How long changes are collected, so that several changes of a record are sent as one.",
    )
    schedule_time = fields.Float(
        "Time of Day", default=22.0, help="Events are sent within a minute of this time."
    )
    schedule_tz = fields.Selection(
        _tz_get,
        "Timezone",
        compute="_compute_schedule_tz",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="The timezone of the time of day.",
    )
    mon = fields.Boolean(default=True)
    tue = fields.Boolean(default=True)
    wed = fields.Boolean(default=True)
    thu = fields.Boolean(default=True)
    fri = fields.Boolean(default=True)
    sat = fields.Boolean(default=True)
    sun = fields.Boolean(default=True)
    next_run_at = fields.Datetime(
        "Next Run",
        compute="_compute_next_run_at",
        help="When changes made now will be sent, in your own timezone.",
    )
    lane = fields.Selection(
        [(Lane.REALTIME.value, "Realtime"), (Lane.BULK.value, "Bulk")],
        compute="_compute_lane",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="Work in the bulk lane never delays work in the realtime lane.",
    )
    owner_id = fields.Many2one(
        "res.users",
        "Assigned to",
        domain="[('share', '=', False)]",
        help="Who takes care of events that fail. If empty: the responsible user of the connector.",
    )

    _event_unique = models.UniqueIndex(
        "(connector_id, event_type)", "This connector already has a flow for this event."
    )

    @api.depends("event_type", "connector_id")
    @api.depends_context("retail_of_connector")
    def _compute_display_name(self):
        """Name the connector and the event; only the event where the connector is shown beside it."""
        labels = dict(event_type_selection(self))
        is_short = self.env.context.get("retail_of_connector")
        for flow in self:
            event = labels.get(flow.event_type, "")
            flow.display_name = event if is_short else f"{flow.connector_id.name or ''}: {event}"

    @api.depends("event_type")
    def _compute_res_model(self):
        for flow in self:
            event_type = EVENT_TYPES.get(flow.event_type)
            flow.res_model = event_type.model if event_type else False
            flow.more_res_model = event_type.more_model if event_type else False
            flow.res_model_name = flow._model_name(flow.res_model)
            flow.more_res_model_name = flow._model_name(flow.more_res_model)

    @api.model
    def _model_name(self, res_model):
        # As the superuser: users may not read the list of models, but may know what they are called.
        return self.env["ir.model"].sudo()._get(res_model).name if res_model else False

    @api.depends("event_type")
    def _compute_mode(self):
        for flow in self:
            event_type = EVENT_TYPES.get(flow.event_type)
            flow.mode = (event_type.mode if event_type else Mode.REALTIME).value

    @api.depends("mode")
    def _compute_window_seconds(self):
        for flow in self:
            company = flow.company_id or self.env.company
            flow.window_seconds = {
                Mode.REALTIME: company.retail_realtime_window,
                Mode.MICRO_BATCH: company.retail_micro_batch_window,
            }.get(flow.mode, 0)

    @api.depends("mode")
    def _compute_lane(self):
        for flow in self:
            flow.lane = (
                {
                    Mode.REALTIME: Lane.REALTIME.value,
                    Mode.SCHEDULED: Lane.BULK.value,
                }.get(flow.mode)
                or flow.lane
                or Lane.REALTIME.value
            )

    @api.depends("connector_id")
    def _compute_schedule_tz(self):
        for flow in self:
            company = flow.connector_id.company_id or self.env.company
            flow.schedule_tz = flow.schedule_tz or company.partner_id.tz or self.env.user.tz or "UTC"

    @api.depends("mode", *SCHEDULE_FIELDS)
    def _compute_next_run_at(self):
        now = self.env.cr.now()
        for flow in self:
            schedule = flow._schedule()
            flow.next_run_at = schedule.next_after(now) if schedule else False

    @api.constrains("window_seconds")
    def _check_window_seconds(self):
        if any(flow.window_seconds < 0 or flow.window_seconds > 86400 for flow in self):
            raise ValidationError(self.env._("The window must be between 0 and 86400 seconds (one day)."))

    @api.constrains("mode", "connector_id")
    def _check_pull(self):
        for flow in self.filtered(lambda flow: flow.mode == Mode.PULL):
            provider = flow.connector_id._get_provider()
            if provider and provider.objects:
                raise ValidationError(
                    self.env._(
                        "%(system)s reads no events from the API. Choose another mode.", system=provider.label
                    )
                )

    @api.constrains("owner_id", "connector_id")
    def _check_owner(self):
        for flow in self.filtered("owner_id"):
            flow.company_id._retail_check_user(flow.owner_id, flow)

    @api.constrains("mode", *SCHEDULE_FIELDS)
    def _check_schedule(self):
        for flow in self.filtered(lambda flow: flow.mode == Mode.SCHEDULED):
            if not any(flow[day] for day in DAYS):
                raise ValidationError(
                    self.env._("Select at least one day for %(flow)s.", flow=flow.display_name)
                )
            if not 0 <= flow._schedule_minute() < MINUTES_PER_DAY:
                raise ValidationError(self.env._("The time of day must be between 00:00 and 23:59."))
            if not _is_known_timezone(flow.schedule_tz):
                raise ValidationError(
                    self.env._(
                        "This server does not know the timezone %(timezone)s.", timezone=flow.schedule_tz
                    )
                )

    # -- schedule ----------------------------------------------------------------------------------

    def _schedule(self):
        """Return the flow's :class:`Schedule`; None if its mode is another, or the schedule is incomplete."""
        self.ensure_one()
        weekdays = frozenset(number for number, day in enumerate(DAYS) if self[day])
        minute = self._schedule_minute()
        is_complete = weekdays and 0 <= minute < MINUTES_PER_DAY and _is_known_timezone(self.schedule_tz)
        if self.mode != Mode.SCHEDULED or not is_complete:
            return None
        return Schedule(minute, self.schedule_tz, weekdays)

    def _schedule_minute(self):
        return round(self.schedule_time * 60)

    def _timing(self):
        """Return the schedule, or the window in seconds."""
        return self._schedule() or self.window_seconds

    def _apply_to_waiting(self, old_timing):
        """Apply the changed flow to deliveries that already wait; see :meth:`RetailDelivery._reschedule`.

        :param old_timing: :meth:`_timing` before the change
        """
        self.ensure_one()
        schedule = self._schedule()
        is_moved = self.env["retail.delivery"]._reschedule(
            self,
            schedule.next_after(self.env.cr.now()) if schedule else None,
            was_scheduled=bool(schedule) and isinstance(old_timing, Schedule),
            is_retimed=old_timing != self._timing(),
        )
        if is_moved:
            self.env["retail.wake"]._wake_at_commit(self.connector_id.id, self.lane, 0.0)

    # -- routing -----------------------------------------------------------------------------------

    @api.model
    @cached()
    def _routes(self):
        """Return ``{event type: tuple of Route}`` for the active flows of all companies."""
        is_open = Domain("connector_id.state", "!=", "draft") | Domain("mode", "=", Mode.PULL.value)
        flows = self.search(is_open & Domain("connector_id.active", "=", True), order="id")
        return {
            event_type: tuple(
                Route(
                    flow.id,
                    event_type,
                    flow.connector_id.id,
                    flow.company_id.id,
                    flow.connector_id._branch_ids(),
                    flow.lane,
                    flow.window_seconds,
                    flow._schedule(),
                    flow.sends_own,
                    flow.mode == Mode.PULL,
                )
                for flow in flows_of_type
            )
            for event_type, flows_of_type in flows.grouped("event_type").items()
        }

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if not CACHED_FIELDS & vals.keys():
            return super().write(vals)
        self.env.registry.clear_cache()
        before = {flow: (flow.lane, flow._timing()) for flow in self}
        result = super().write(vals)
        for flow, (lane, timing) in before.items():
            if (lane, timing) != (flow.lane, flow._timing()):
                flow._apply_to_waiting(timing)
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        """Prevent the deletion of a flow that a user's transaction may refer to at the same moment."""
        if any(flow.connector_id.state != "draft" for flow in self):
            raise UserError(
                self.env._(
                    "You cannot delete a flow of a connector that was activated. Switch it off instead."
                )
            )


def _is_known_timezone(name):
    try:
        return bool(name and ZoneInfo(name))
    except ZoneInfoNotFoundError:
        return False
