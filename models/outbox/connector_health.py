"""How a connector is, and why its events wait: what the screens say about it."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ...core.const import State

HEALTHY, TEST_FAILED, THROTTLED, UNREACHABLE = "active", "test_failed", "throttled", "unreachable"


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

    def _why_waiting(self):
        """Return why events of this connector are not being sent now, since when and until when; "" if they are."""
        self.ensure_one()
        if self.state != "active":
            return self._why_not_active()
        if self.is_circuit_open:
            return self._why_unreachable()
        if self.is_throttled:
            return self.env._(
                "%(name)s asked to wait until %(time)s. Its events are sent afterwards.",
                name=self.name,
                time=self._time(self.throttled_until),
            )
        if self._is_day_used_up():
            return self.env._(
                "The daily call limit of %(name)s is used up: its events are sent when it allows calls again.",
                name=self.name,
            )
        return ""

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

    def _why_unreachable(self):
        values = {"name": self.name, "since": self._time(self.circuit_opened_at)}
        if not self.next_probe_at:
            return self.env._(
                "%(name)s has not answered since %(since)s: its events are sent as soon as it does.", **values
            )
        return self.env._(
            "%(name)s has not answered since %(since)s: its events are sent as soon as it does. The next attempt is at"
            " %(next)s.",
            **values,
            next=self._time(self.next_probe_at),
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
        waiting, _today, _failed = (
            self.env["retail.delivery"]._count_by_connector(self).get(self.id, (0, 0, 0))
        )
        if not waiting:
            return self._notify(
                "warning", self.env._("No event waits, so nothing was sent. Click Test Connection instead.")
            )
        # As the superuser: the circuit is read-only for users; access was checked above.
        self.env["retail.circuit"].sudo()._make_probe_due(self)
        self.env["retail.wake"]._wake_connectors(self)
        return self._notify(
            "info", self.env._("One event is sent as a test. This page shows by itself what comes of it.")
        )
