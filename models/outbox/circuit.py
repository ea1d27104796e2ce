"""Circuit breakers: a remote that does not respond gets no calls except for a periodic probe.

Only drains write the rows, in short READ COMMITTED transactions. So a drain that waited for the row's lock sees the
latest counts, and there are no serialization failures.
"""

import json
from dataclasses import asdict

from odoo import api, fields, models
from odoo.tools import SQL

from ...core import breaker

PROBE_LEASE = 120  # seconds after which a probe without a result is repeated
QUIET_SECONDS = 3600  # after an email about an outage, no further one for this time
OUTAGE = "outage"  # cause of an alert


class RetailCircuit(models.Model):
    _name = "retail.circuit"
    _description = "Retail Hub Circuit Breaker"
    _inherit = ["retail.checked"]
    _log_access = False
    _rec_name = "connector_id"

    connector_id = fields.Many2one("retail.connector", required=True, readonly=True, ondelete="cascade")
    is_open = fields.Boolean(readonly=True)
    reason = fields.Char(readonly=True)
    opened_at = fields.Datetime(readonly=True)
    next_probe_at = fields.Datetime(readonly=True)
    probe_seconds = fields.Integer(readonly=True)
    notified_at = fields.Datetime(readonly=True, help="Start of the last outage that was reported by email.")
    counted = fields.Json(readonly=True, help="Answered and failed events of the last minutes.")

    _connector_unique = models.UniqueIndex("(connector_id)")

    # -- for drains --------------------------------------------------------------------------------

    @api.model
    def _take_probe(self, connector):
        """Reserve the due probe for the caller, until its result is counted; return whether there was one."""
        return bool(
            self.env.execute_query(
                SQL(
                    "UPDATE retail_circuit SET next_probe_at = clock_timestamp() AT TIME ZONE 'UTC'"
                    "       + make_interval(secs => %s)"
                    " WHERE connector_id = %s AND is_open"
                    "   AND next_probe_at <= clock_timestamp() AT TIME ZONE 'UTC' RETURNING id",
                    PROBE_LEASE,
                    connector.id,
                )
            )
        )

    @api.model
    def _count(self, connector, answered, failed, reason):
        """Count the calls of a batch, and open or close the circuit.

        :param answered: the number of calls with a response
        :param failed: the number of calls without a usable response
        :param reason: the message of the first failure
        :return: "opened", "closed" or None
        """
        self.invalidate_model(flush=False)
        now, row_id, is_open, probe_seconds, counted = self._lock(connector)
        if is_open:
            return self._probed(row_id, probe_seconds, reason, succeeded=answered > 0)
        health = breaker.count(breaker.Health.from_json(counted), now, answered, failed)
        if breaker.is_broken(health):
            self._set_open(row_id, reason)
            return "opened"
        self._update(row_id, SQL("counted = %s", json.dumps(asdict(health))))
        return None

    def _lock(self, connector):
        """Lock the connector's row, or create it; return (seconds since 1970, id, is open, probe seconds, counted)."""
        self.env.execute_query(
            SQL(
                "INSERT INTO retail_circuit (connector_id, is_open) SELECT %s, FALSE"
                " WHERE NOT EXISTS (SELECT FROM retail_circuit WHERE connector_id = %s)"
                " ON CONFLICT (connector_id) DO NOTHING RETURNING id",
                connector.id,
                connector.id,
            )
        )
        [row] = self.env.execute_query(
            SQL(
                "SELECT extract(epoch FROM clock_timestamp())::float, id, is_open, probe_seconds, counted"
                "  FROM retail_circuit WHERE connector_id = %s FOR UPDATE",
                connector.id,
            )
        )
        return row

    def _probed(self, row_id, probe_seconds, reason, succeeded):
        if succeeded:
            self._update(
                row_id, SQL("is_open = FALSE, counted = NULL, next_probe_at = NULL, probe_seconds = 0")
            )
            return "closed"
        self._schedule_probe(row_id, breaker.next_probe_seconds(probe_seconds), reason)
        return None

    def _set_open(self, row_id, reason):
        self._update(
            row_id, SQL("is_open = TRUE, counted = NULL, opened_at = clock_timestamp() AT TIME ZONE 'UTC'")
        )
        self._schedule_probe(row_id, breaker.next_probe_seconds(0), reason)

    def _schedule_probe(self, row_id, seconds, reason):
        self._update(
            row_id,
            SQL(
                "reason = %s, probe_seconds = %s,"
                " next_probe_at = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %s)",
                reason,
                seconds,
                seconds,
            ),
        )

    def _update(self, row_id, assignments):
        self.env.execute_query(
            SQL("UPDATE retail_circuit SET %s WHERE id = %s RETURNING id", assignments, row_id)
        )
        self.invalidate_model(flush=False)

    @api.model
    def _make_probe_due(self, connectors):
        self.env.execute_query(
            SQL(
                "UPDATE retail_circuit SET next_probe_at = clock_timestamp() AT TIME ZONE 'UTC'"
                " WHERE connector_id IN %s AND is_open RETURNING id",
                tuple(connectors.ids),
            )
        )
        self.invalidate_model(flush=False)

    # -- alerts ------------------------------------------------------------------------------------

    @api.model
    def _announce(self, connector, change):
        """Alert the connector's responsible user that the circuit opened, or close the alert.

        Also sends an email, if *Email on Outage* is set.

        :param change: "opened" or "closed"
        """
        circuit = self.search([("connector_id", "=", connector.id)])
        if change == "opened":
            circuit._announce_opening(connector)
        else:
            circuit._announce_closing(connector)

    def _announce_opening(self, connector):
        note = self.env._(
            "%(reason)s Nothing is lost: events wait, and are sent in order as soon as the system answers again."
            " Retail Hub keeps checking.",
            reason=self.reason or "",
        )
        summary = self.env._("%(name)s does not answer", name=connector.name)
        quiet = connector.with_context(mail_activity_quick_update=True)
        quiet._raise_alert(OUTAGE, summary, note, connector._get_responsible())
        if not self.notified_at or (self.opened_at - self.notified_at).total_seconds() > QUIET_SECONDS:
            self.notified_at = self.opened_at
            connector._send_email(summary, note)

    def _announce_closing(self, connector):
        minutes = max(int((self.env.cr.now() - self.opened_at).total_seconds() // 60), 1)
        summary = self.env._("%(name)s answers again", name=connector.name)
        note = self.env._("Back after about %(minutes)s min. Waiting events are being sent.", minutes=minutes)
        connector._clear_alert(OUTAGE, feedback=f"{summary}. {note}")
        if self.notified_at == self.opened_at:
            connector._send_email(summary, note)
