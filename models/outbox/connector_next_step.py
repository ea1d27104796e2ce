"""What helps a connector now: the one action that its form proposes."""

from odoo import api, fields, models

from .connector_health import HEALTHY, TEST_FAILED, UNREACHABLE

CREDENTIALS, CONNECT, TEST, ACTIVATE, PROBE, BACKFILL = (
    "credentials", "connect", "test", "activate", "probe", "backfill",
)  # fmt: skip


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    next_step = fields.Selection(
        [
            (CREDENTIALS, "Enter the Credentials"),
            (CONNECT, "Connect"),
            (TEST, "Test Connection"),
            (ACTIVATE, "Activate"),
            (PROBE, "Retry Now"),
            (BACKFILL, "Send Existing Customers"),
        ],
        compute="_compute_next_step",
        help="The recommended next action. Empty: there is nothing to do.",
    )

    @api.depends(
        "health",
        "offers_backfill",
        "is_connected",
        "credential_ids.changed_at",
        "state_since",
        "tested_at",
        "test_succeeded",
    )
    def _compute_next_step(self):
        for connector in self:
            connector.next_step = connector._origin and connector.active and connector._next_step()

    def _next_step(self):
        if self.state == "draft":
            return self._step_of_draft()
        if self.state == "attention":
            return self._step_of_attention()
        if self.state == "paused":
            return TEST if self.tested_at and not self.test_succeeded else ACTIVATE
        if self.health == UNREACHABLE:
            return (
                PROBE if self.waiting_count else TEST
            )  # without an event, there is nothing to send as a probe
        if self.health == TEST_FAILED:
            return TEST
        return self.health == HEALTHY and self.offers_backfill and BACKFILL

    def _step_of_draft(self):
        missing = self._credentials().filtered(lambda each: each.required and not each.is_set)
        if missing:
            return CONNECT if all(each.is_obtained for each in missing) else CREDENTIALS
        return ACTIVATE if self._is_tested_since(self._changed_at()) else TEST

    def _step_of_attention(self):
        since = self.state_since or self.create_date
        if self._is_tested_since(max(since, self._changed_at() or since)):
            return ACTIVATE
        is_obtained = any(each.is_obtained for each in self._credentials())
        return CONNECT if is_obtained and (self._changed_at() or since) <= since else TEST

    def _credentials(self):
        # As the superuser: whoever sees the connector may know which credentials are missing.
        return self.sudo().credential_ids

    def _changed_at(self):
        """Return when a credential was last changed (UTC, naive); False if none was."""
        return max(filter(None, self._credentials().mapped("changed_at")), default=False)

    def _is_tested_since(self, time):
        """Return whether the last test succeeded, and not before that time, if it is one."""
        return self.test_succeeded and (not time or self.tested_at >= time)
