"""How a connector is, and why its events wait: what the screens say about it."""

from datetime import datetime
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime, format_time, formatLang

from ...core.const import SENDING_LANES, State
from ...core.quota import DAY_SECONDS

HEALTHY, TEST_FAILED, THROTTLED, UNREACHABLE = "active", "test_failed", "throttled", "unreachable"


class Hold(NamedTuple):
    """Why a lane of a connector sends nothing now. Times are UTC, naive.

    :param reason: for the user, with the time since when, or until when
    :param until: when it ends; None if that is not known
    :param next_at: when the next call is made, if that is before the end
    """

    reason: str
    until: datetime | None = None
    next_at: datetime | None = None

    def is_on_at(self, time):
        """Return whether it goes on at a later time, as far as is known."""
        return self.until is None or self.until > time


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    health = fields.Selection(
        [
            ("draft", "Draft"),
            (HEALTHY, "Active"),
            (THROTTLED, "Has to Wait"),
            (TEST_FAILED, "Test Failed"),
            (UNREACHABLE, "Does Not Answer"),
            ("paused", "Paused"),
            ("attention", "Needs Attention"),
        ],
        "Status",
        compute="_compute_health",
        help="The state, and whether an active connector can send now.",
    )
    trouble = fields.Char("Problem", compute="_compute_trouble")

    @api.depends("state", "is_circuit_open", "throttled_until", "tested_at", "test_succeeded")
    def _compute_health(self):
        for connector in self:
            connector.health = connector._health()

    def _health(self):
        if self.state != "active":
            return self.state
        if self.is_circuit_open:
            return UNREACHABLE
        if self._is_test_failed():
            return TEST_FAILED
        return THROTTLED if self.is_throttled or self._is_day_used_up() else HEALTHY

    def _is_test_failed(self):
        """Return whether the last test failed, and nothing has been delivered since."""
        if not self.tested_at or self.test_succeeded:
            return False
        delivered_since = Domain(
            [
                ("connector_id", "=", self._origin.id),
                ("state", "=", State.DELIVERED.value),
                ("finished_at", ">", self.tested_at),
            ]
        )
        return not self.env["retail.delivery"].search_count(delivered_since, limit=1)

    def _is_day_used_up(self):
        left = self.env["retail.quota"]._left_today(self)
        return bool(left) and not left[0]

    @api.depends("health", "state_reason", "circuit_reason", "test_result", "realtime_reserve")
    def _compute_trouble(self):
        for connector in self:
            connector.trouble = connector._trouble()

    def _trouble(self):
        if self.state != "active":
            return self.state_reason
        if self.health == UNREACHABLE:
            return self.env._("Does not answer. %(reason)s", reason=self.circuit_reason)
        if self.health == TEST_FAILED:
            return self.env._("The last test failed. %(reason)s", reason=self.test_result)
        return self._quota_trouble()

    def _quota_trouble(self):
        left = self.env["retail.quota"]._left_today(self)
        if left is None or left[0] * 100 > left[1] * self.realtime_reserve:
            return False
        if left[0]:
            return self.env._("The remaining calls of today are reserved for realtime work.")
        return self.env._("The daily call limit is used up.")

    # -- why events wait ---------------------------------------------------------------------------

    def _why_waiting(self, lane):
        """Return why events in this lane are not being sent now, since when and until when; "" if they are."""
        hold = self._hold(lane)
        return hold.reason if hold else ""

    def _hold(self, lane):
        """Return the :class:`Hold` on a lane; None if it sends."""
        self.ensure_one()
        if not self._is_started():
            return Hold(self._why_not_started())
        pause = self._pause(lane)
        if self.is_circuit_open:
            return Hold(self._why_unreachable(pause))
        return pause

    def _pause(self, lane):
        """Return the :class:`Hold` on calls in a lane, whether the system answers or not; None if there is none."""
        holds = [*self._throttle_hold(), *self._limit_hold(lane)]
        return max(holds, key=lambda hold: hold.until, default=None)

    def _throttle_hold(self):
        if not self.is_throttled:
            return []
        reason = self.env._(
            "%(name)s asked to wait until %(time)s. Its events are sent afterwards.",
            name=self.name,
            time=self._time(self.throttled_until),
        )
        return [Hold(reason, self.throttled_until, self.throttled_until)]

    def _limit_hold(self, lane):
        limit = self.env["retail.quota"]._exhausted(self, lane)
        if not limit:
            return []
        row = self.env["retail.quota"].browse(limit.row_id)
        why = self._why_day_is_used_up if row.seconds == DAY_SECONDS else self._why_limit_is_reached
        return [Hold(why(limit, row), limit.until, limit.next_at)]

    def _why_day_is_used_up(self, limit, _row):
        values = {"name": self.name, "time": self._time(limit.until)}
        if limit.is_reserved:
            return self.env._(
                "The calls that %(name)s has left today are reserved for realtime work: bulk work is sent when the"
                " daily call limit resets, at %(time)s.",
                **values,
            )
        if limit.next_at < limit.until:
            return self.env._(
                "The daily call limit of %(name)s is used up: its events are sent when it resets, at %(time)s. The"
                " next attempt is at %(next)s.",
                **values,
                next=self._time(limit.next_at),
            )
        return self.env._(
            "The daily call limit of %(name)s is used up: its events are sent when it resets, at %(time)s.",
            **values,
        )

    def _why_limit_is_reached(self, limit, row):
        values = {
            "name": self.name,
            "calls": formatLang(self.env, limit.calls, digits=0),
            "window": dict(row._fields["window"]._description_selection(self.env))[row.window],
            "time": format_time(self.env, limit.until),
        }
        if limit.is_reserved:
            return self.env._(
                "The calls that %(name)s has left of %(calls)s in %(window)s are reserved for realtime work: bulk work"
                " is sent at %(time)s.",
                **values,
            )
        return self.env._(
            "The call limit of %(name)s, %(calls)s in %(window)s, is reached: its events are sent at %(time)s.",
            **values,
        )

    def _why_not_started(self):
        if not self.active:
            return self.env._("%(name)s is archived: its events are not sent.", name=self.name)
        return self._why_not_active()

    def _why_not_active(self):
        values = {"name": self.name, "time": self._time(self.state_since)}
        if self.state == "draft":
            return self.env._("%(name)s is a draft: its events are sent once it is activated.", **values)
        if self.state == "paused" and self.state_since:
            return self.env._(
                "%(name)s has been paused since %(time)s: its events are sent once it is activated again.",
                **values,
            )
        if self.state == "paused":
            return self.env._("%(name)s is paused: its events are sent once it is activated again.", **values)
        if self.state_since:
            return self.env._(
                "%(name)s has needed attention since %(time)s: its events are sent once it is activated again.",
                **values,
            )
        return self.env._(
            "%(name)s needs attention: its events are sent once it is activated again.", **values
        )

    def _why_unreachable(self, pause):
        values = {"name": self.name, "since": self._time(self.circuit_opened_at)}
        if not self.next_probe_at:
            return self.env._(
                "%(name)s has not answered since %(since)s: its events are sent as soon as it does.", **values
            )
        return self.env._(
            "%(name)s has not answered since %(since)s: its events are sent as soon as it does. The next attempt is at"
            " %(next)s.",
            **values,
            next=self._time(max(self.next_probe_at, pause.next_at) if pause else self.next_probe_at),
        )

    def _time(self, at):
        """Return a time (UTC, naive) as the user reads it; "" for none."""
        return format_datetime(self.env, at, dt_format="short") if at else ""

    def _store_test_result(self, succeeded, message, skew):
        """A test that succeeds during an outage ends it: the system answers."""
        result = super()._store_test_result(succeeded, message, skew)
        # As the superuser: the circuit is read-only for users. The caller has checked their access.
        circuits = self.env["retail.circuit"].sudo()
        if succeeded and self.is_circuit_open and circuits._count(self, 1, 0, "") == "closed":
            # As the superuser: the announcement closes an activity, whoever's it is.
            circuits._announce(self.sudo(), "closed")
            self.env["retail.wake"]._wake_connectors(self)
        return result

    # -- actions -----------------------------------------------------------------------------------

    def action_probe(self):
        """Send one delivery now as a probe, although the circuit is open, and say so."""
        self.ensure_one()
        self.check_access("read")
        self.env["retail.delivery"].check_access("read")
        if not self.is_circuit_open:
            return self._notify("success", self.env._("%(name)s answers again.", name=self.name))
        problem = self._why_no_probe()
        if problem:
            return self._notify("warning", problem)
        # As the superuser: the circuit is read-only for users; access was checked above.
        self.env["retail.circuit"].sudo()._make_probe_due(self)
        self.env["retail.wake"]._wake_connectors(self)
        return self._notify(
            "info", self.env._("One event is sent as a test. The result appears on this page.")
        )

    def _why_no_probe(self):
        """Return why no event can be sent as a probe now; "" if one can."""
        if not self._is_started():
            return self._why_not_started()
        lanes = [lane for lane in SENDING_LANES if self.env["retail.delivery"]._has_probe(self, lane)]
        if not lanes:
            return self.env._("No event is due, so nothing was sent. Click Test Connection instead.")
        pauses = [self._pause(lane) for lane in lanes]
        return "" if None in pauses else pauses[0].reason
