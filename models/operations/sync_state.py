"""The sync state of each record with each connector: a view over deliveries and bindings."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..outbox.state_sets import IN_ARRIVED, IN_DROPPED
from ..outbox.status_sql import blocker_sql, replacement_sql

STATES = [
    ("received", "Received"),
    ("in_sync", "In sync"),
    ("waiting", "Waiting"),
    ("blocked", "Blocked"),
    ("failed", "Failed"),
]
STATES_BY_SEVERITY = SQL("ARRAY['in_sync', 'waiting', 'blocked', 'failed']")
SEVERITY = ("failed", "blocked", "waiting", "in_sync", "received")


class RetailSyncState(models.Model):
    _name = "retail.sync.state"
    _description = "Sync State"
    _inherit = ["retail.checked", "retail.remote.page"]
    _auto = False
    _order = "connector_id, res_model, res_id"

    connector_id = fields.Many2one("retail.connector", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record ID", model_field="res_model", readonly=True)
    state = fields.Selection(
        STATES,
        readonly=True,
        help="Received: it came from this system, and nothing was sent to it. Blocked: it waits for another record that"
        " has failed. A failed record that was changed since is waiting: its newer values are sent instead.",
    )
    since = fields.Datetime(readonly=True)
    reason = fields.Text(compute="_compute_reason")
    error_message = fields.Text("Error", readonly=True)
    warning = fields.Text(readonly=True)
    delivery_id = fields.Many2one("retail.delivery", "Last Outgoing Event", readonly=True)
    planned_attempt_at = fields.Datetime(related="delivery_id.planned_attempt_at", related_sudo=False)

    @property
    def _table_query(self):
        """One row per record and connector, from the delivery that matters most: a failed one that nothing newer
        replaces, else an open one, else the last one.

        A bound record keeps its row after its deliveries were purged; its id is minus the binding's id. A record
        without a binding has the id of its delivery. Both halves find rows by id and by record through an index; OFFSET
        0 keeps the lookups per row from becoming a join over all deliveries.
        """
        return SQL(
            """
            SELECT -b.id AS id, d.id AS delivery_id, b.connector_id,
                   COALESCE(d.company_id, b.branch_id, c.company_id) AS company_id, b.res_model, b.res_id,
                   CASE WHEN d.id IS NOT NULL THEN %(state)s
                        WHEN b.sent_at IS NULL THEN 'received' ELSE 'in_sync' END AS state,
                   COALESCE(d.finished_at, d.queued_at, b.sent_at) AS since,
                   d.error_message, d.warning
              FROM retail_binding b
              JOIN retail_connector c ON c.id = b.connector_id
         LEFT JOIN LATERAL (
                   SELECT * FROM retail_delivery d
                    WHERE d.connector_id = b.connector_id AND d.res_model = b.res_model AND d.res_id = b.res_id
                      AND d.state NOT %(in_dropped)s
                 ORDER BY %(d_severity)s DESC, d.id DESC LIMIT 1) d ON TRUE
             WHERE d.id IS NOT NULL OR b.is_not_found IS NOT TRUE
         UNION ALL
            SELECT d.id, d.id, d.connector_id, d.company_id, d.res_model, d.res_id,
                   %(state)s, COALESCE(d.finished_at, d.queued_at),
                   d.error_message, d.warning
              FROM retail_delivery d
             WHERE d.state NOT %(in_dropped)s
               AND NOT EXISTS (
                   SELECT FROM retail_binding b
                    WHERE b.connector_id = d.connector_id AND b.res_model = d.res_model
                      AND b.res_id = d.res_id OFFSET 0)
               AND NOT EXISTS (
                   SELECT FROM retail_delivery o
                    WHERE o.connector_id = d.connector_id AND o.res_model = d.res_model AND o.res_id = d.res_id
                      AND o.state NOT %(in_dropped)s
                      AND (%(o_severity)s, o.id) > (%(d_severity)s, d.id)
                 ORDER BY o.id DESC OFFSET 0)
            """,
            state=SQL("(%s)[1 + %s]", STATES_BY_SEVERITY, severity_sql(SQL("d"))),
            d_severity=severity_sql(SQL("d")),
            o_severity=severity_sql(SQL("o")),
            in_dropped=IN_DROPPED,
        )

    @api.depends("state")
    def _compute_reason(self):
        for status in self:
            status.reason = status._get_reason()

    def _get_reason(self):
        if self.state == "received":
            return self.env._("It came from this system. Nothing was sent to it.")
        if self.state == "failed":
            return self.delivery_id.shown_error
        if self.state == "in_sync":
            return self.delivery_id.shown_warning
        delivery = self.delivery_id
        error = False if delivery.waits_for else delivery.shown_error
        return "\n".join(
            filter(None, [delivery._why_waiting() or self.env._("It is being sent now."), error])
        )

    def action_resync(self):
        """Send the record again now, to this connector."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("The record no longer exists."))
        return self._resync(record, self.connector_id)

    def action_open_delivery(self):
        """Open the delivery behind the state, unless it was purged."""
        self.ensure_one()
        if not self.delivery_id:
            params = {"type": "info", "message": self._why_no_delivery()}
            return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
        return {
            "type": "ir.actions.act_window",
            "res_model": "retail.delivery",
            "res_id": self.delivery_id.id,
            "views": [(False, "form")],
        }

    def _why_no_delivery(self):
        if self.state == "received":
            return self._get_reason()
        return self.env._(
            "This record was sent so long ago that the outgoing event was removed. Resync sends it again."
        )

    # -- for records -------------------------------------------------------------------------------

    @api.model
    def _worst_by_record(self, records):
        """Return ``{record id: state}``: the worst over all connectors that the user may see."""
        groups = self._read_group(
            [("res_model", "=", records._name), ("res_id", "in", records.ids)],
            ["res_id"],
            ["state:array_agg_distinct"],
        )
        return {res_id: next(state for state in SEVERITY if state in states) for res_id, states in groups}

    @api.model
    def _action_for(self, record):
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_sync_state")
        title = self.env._("Sync State of %(record)s", record=record.display_name)
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": [("res_model", "=", record._name), ("res_id", "=", record.id)],
        }


def severity_sql(d):
    """Return the SQL for how bad a delivery's state is: 0 delivered or in the feed, 1 waiting, 2 blocked, 3 failed.

    A failed state that something newer replaces is waiting.

    :param d: alias of the delivery's table
    """
    return SQL(
        "(CASE WHEN %(d)s.state %(in_arrived)s THEN 0"
        " WHEN %(d)s.state = 'dead' THEN CASE WHEN %(replacement)s IS NULL THEN 3 ELSE 1 END"
        " WHEN %(blocker)s IS NULL THEN 1 ELSE 2 END)",
        d=d,
        replacement=replacement_sql(d),
        blocker=blocker_sql(d),
        in_arrived=IN_ARRIVED,
    )
