"""Error groups: failed deliveries of one connector and company with the same cause, and who is assigned to them."""

import operator as operators

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...core.const import State
from ..outbox.name_search import searched_text
from ..outbox.names import public_names, with_names
from ..outbox.state_sets import IN_CLAIMABLE
from ..outbox.status_sql import CORRECTED, failed_sql

NAMED = 3  # records that the list of failed events names
FAILED = "failed"  # cause of an alert
COMPARISONS = {
    ">": operators.gt,
    ">=": operators.ge,
    "<": operators.lt,
    "<=": operators.le,
    "in": lambda count, counts: count in counts,
}

# A failed delivery that is replayed counts as repaired only once it is delivered.
UNREPAIRED = SQL(
    """(EXISTS (SELECT FROM retail_delivery d WHERE %(of_group)s AND d.state = 'dead')
     OR EXISTS (SELECT FROM retail_delivery d
                 WHERE %(of_group)s AND d.state %(in_claimable)s AND d.attempts > 0 AND d.is_manual)
     OR EXISTS (SELECT FROM retail_delivery d
                 WHERE %(of_group)s AND d.state = 'in_flight' AND d.is_manual))""",
    of_group=SQL(
        "d.connector_id = g.connector_id AND d.company_id = g.company_id AND d.fingerprint = g.fingerprint"
    ),
    in_claimable=IN_CLAIMABLE,
)


class RetailErrorGroup(models.Model):
    _name = "retail.error.group"
    _description = "Failed Events"
    _inherit = ["retail.checked", "retail.caused", "retail.conflicting", "mail.thread", "retail.alerting"]
    _order = "is_open desc, last_seen desc, id desc"
    _rec_names_search = ["fingerprint", "error_message"]
    _mail_post_access = "read"

    connector_id = fields.Many2one("retail.connector", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    fingerprint = fields.Char("Cause Code", required=True, readonly=True)
    error_message = fields.Text("Error", readonly=True, help="Of the event that failed last.")
    owner_id = fields.Many2one(
        "res.users",
        "Assigned to",
        readonly=True,
        index="btree_not_null",
        help="Who takes care of it: the user assigned to the flow, or else the connector's responsible user.",
    )
    is_open = fields.Boolean("Unresolved", readonly=True)
    first_seen = fields.Datetime(readonly=True)
    last_seen = fields.Datetime(readonly=True)
    total_seen = fields.Integer(
        "Total Failures", readonly=True, help="Events that have ever failed for this cause."
    )
    dead_count = fields.Integer("Failed", compute="_compute_dead", search="_search_dead_count")
    corrected_count = fields.Integer(
        "Corrected",
        compute="_compute_dead",
        help="Events that failed, but whose record was changed since: a newer event is sent instead.",
    )
    sample_id = fields.Many2one(
        "retail.delivery", "First Failed Event", compute="_compute_dead", help="The oldest event that failed."
    )

    record_name = fields.Char(
        "Record",
        compute="_compute_record_name",
        search="_search_record_name",
        help="The records of the failed events, the first ones by name.",
    )

    _fingerprint_unique = models.UniqueIndex("(connector_id, company_id, fingerprint)")

    @api.depends("cause", "fingerprint")
    def _compute_display_name(self):
        for group in self:
            group.display_name = group.cause or group.fingerprint

    def _compute_dead(self):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT g.id, count(*) FILTER (WHERE %(failed)s), count(*) FILTER (WHERE NOT %(failed)s),
                       min(d.id) FILTER (WHERE %(failed)s)
                  FROM retail_error_group g JOIN retail_delivery d
                    ON d.connector_id = g.connector_id AND d.fingerprint = g.fingerprint AND d.state = 'dead'
                   AND d.company_id = g.company_id
                 WHERE g.id = ANY(%(groups)s)
              GROUP BY g.id
                """,
                groups=self.ids,
                failed=failed_sql(SQL("d")),
                to_flush=self.env["retail.delivery"]._fields["state"],
            )
        )
        found = {group_id: counts for group_id, *counts in rows}
        for group in self:
            group.dead_count, group.corrected_count, group.sample_id = found.get(group.id, (0, 0, False))

    def _search_dead_count(self, operator, value):
        if operator not in COMPARISONS or (operator != "in" and not isinstance(value, int | float)):
            return NotImplemented
        compare = COMPARISONS[operator]
        return [("id", "in", [group.id for group in self.search([]) if compare(group.dead_count, value)])]

    def _compute_record_name(self):
        for group in self:
            first = self.env["retail.delivery"].search(group._dead_domain(), order="id", limit=NAMED)
            names = ", ".join(dict.fromkeys(first.mapped("record_name")))
            more = group.dead_count - len(first)
            group.record_name = (
                self.env._("%(names)s and %(count)s more", names=names, count=more) if more > 0 else names
            )

    def _search_record_name(self, operator, value):
        if searched_text(operator, value) is NotImplemented:
            return NotImplemented
        failed = Domain("status", "=", State.DEAD.value) & Domain("record_name", operator, value)
        causes = self.env["retail.delivery"]._read_group(
            failed, ["connector_id", "company_id", "fingerprint"]
        )
        return Domain.OR(
            Domain("connector_id", "=", connector.id)
            & Domain("company_id", "=", company.id)
            & Domain("fingerprint", "=", fingerprint)
            for connector, company, fingerprint in causes
        )

    # -- actions -----------------------------------------------------------------------------------

    def action_view_dead(self):
        """Open the group's failed deliveries."""
        return self._action_deliveries(self.env._("Failed Events"), self._dead_domain())

    def action_view_corrected(self):
        """Open the group's deliveries that failed, but instead of which newer ones are sent."""
        return self._action_deliveries(self.env._("Corrected Events"), self._domain_of(CORRECTED))

    def _action_deliveries(self, name, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_delivery")
        return {**action, "name": name, "domain": list(domain), "context": {}}

    def _dead_domain(self):
        """Return the domain of the failed deliveries that nobody has corrected."""
        return self._domain_of(State.DEAD.value)

    def _domain_of(self, status):
        self.ensure_one()
        return (
            Domain("connector_id", "=", self.connector_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("fingerprint", "=", self.fingerprint)
            & Domain("status", "=", status)
        )

    # -- for the drain and the cron ------------------------------------------------------------------

    @api.model
    def _note(self, connector, delivery_ids):
        """Update the groups of deliveries that just failed for good, and notify their owners once.

        If two drains do so at the same time, the second one fails to serialize and is retried.
        """
        if not delivery_ids:
            return
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO retail_error_group AS g
                       (connector_id, company_id, fingerprint, error_class, error_code, error_field,
                        error_message, conflicts_with, is_open, first_seen, last_seen, total_seen,
                        create_uid, create_date, write_uid, write_date)
                SELECT d.connector_id, d.company_id, d.fingerprint, max(d.error_class), max(d.error_code),
                       max(d.error_field), (array_agg(d.error_message ORDER BY d.id DESC))[1],
                       (array_agg(d.conflicts_with ORDER BY d.id DESC))[1], TRUE,
                       min(d.finished_at), max(d.finished_at), count(*), %(user)s,
                       clock_timestamp() AT TIME ZONE 'UTC', %(user)s, clock_timestamp() AT TIME ZONE 'UTC'
                  FROM retail_delivery d
                 WHERE d.id = ANY(%(ids)s) AND d.connector_id = %(connector)s AND d.state = 'dead'
                   AND d.fingerprint IS NOT NULL
              GROUP BY d.connector_id, d.company_id, d.fingerprint
              ORDER BY d.company_id, d.fingerprint
                    ON CONFLICT (connector_id, company_id, fingerprint) DO UPDATE
                   SET is_open = TRUE, last_seen = EXCLUDED.last_seen,
                       total_seen = g.total_seen + EXCLUDED.total_seen,
                       error_message = EXCLUDED.error_message, conflicts_with = EXCLUDED.conflicts_with,
                       write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
             RETURNING g.id
                """,
                ids=list(delivery_ids),
                connector=connector.id,
                user=self.env.uid,
                to_flush=self.env["retail.delivery"]._fields["state"],
            )
        )
        self.invalidate_model()
        # Emails go through the mail queue: a drain must not wait for a mail server.
        groups = self.with_context(mail_notify_force_send=False)
        groups.browse([group_id for (group_id,) in rows])._assign()

    def _assign(self):
        """Notify the owner of each group without an activity, or whose owner can no longer take care of it."""
        for group in self:
            user = group._alert(FAILED).user_id
            if not user or group.company_id._retail_why_not(user):
                group.owner_id = group._find_owner()
                group._alert_owner()

    def _find_owner(self):
        """Return the user assigned to the group: the flow's owner, else the connector's responsible user."""
        return self.connector_id._get_responsible((self.sample_id.flow_id.owner_id,), company=self.company_id)

    def _alert_owner(self):
        self._raise_alert(FAILED, user=self.owner_id, **self._texts())

    def _texts(self):
        """Return the texts of the activity, in the owner's language."""
        group = self.with_context(lang=self.owner_id.lang)
        return {"summary": group._summary(), "note": group._instruction()}

    def _summary(self):
        if not self.dead_count:
            return self.env._("To be sent again: %(cause)s", cause=self.display_name)
        return self.env._("%(count)s failed: %(cause)s", count=self.dead_count, cause=self.display_name)

    def _instruction(self):
        error = with_names(self.env, self.error_message or "", public_names)
        if not self.dead_count:
            advice = self.env._(
                "Nothing is left to do: the events were corrected or replayed, and wait to be sent."
            )
            return Markup("<p>%s</p><p>%s</p>") % (error, advice)
        advice = self.env._(
            "The first one is about %(record)s. Correct the cause, then click Repair to check what will be sent, and"
            " send all of them again.",
            record=self._sample_name(),
        )
        return Markup("<p>%s</p><p>%s</p>") % (error, advice)

    def _sample_name(self):
        """Name the record without personal data: the activity's text outlives an erased record."""
        reference = (self.sample_id.res_model, self.sample_id.res_id)
        return public_names(self.env, [reference])[reference]

    # -- the cron ----------------------------------------------------------------------------------

    @api.model
    def _cron_refresh(self):
        """Close the activities of repaired groups, and update the counts in the others."""
        drain = self.env["retail.drain"]
        for connector, delivery_ids in self._unnoted():
            drain._transaction(self._note, connector, delivery_ids)
        for group in self.search([("is_open", "=", True)]):
            drain._transaction(group._refresh)

    @api.model
    def _unnoted(self):
        """Return ``[(connector, delivery ids)]`` of failures whose drain was stopped before it could group them."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT dead.connector_id, array_agg(d.id)
                  FROM (SELECT DISTINCT connector_id, company_id, fingerprint FROM retail_delivery
                         WHERE state = 'dead' AND fingerprint IS NOT NULL) dead
                  JOIN retail_delivery d ON d.connector_id = dead.connector_id
                   AND d.company_id = dead.company_id AND d.fingerprint = dead.fingerprint AND d.state = 'dead'
                 WHERE NOT EXISTS (SELECT FROM retail_error_group g WHERE g.is_open
                                      AND g.connector_id = dead.connector_id AND g.company_id = dead.company_id
                                      AND g.fingerprint = dead.fingerprint)
              GROUP BY dead.connector_id
                """,
                to_flush=self.env["retail.delivery"]._fields["state"],
            )
        )
        return [(self.env["retail.connector"].browse(connector_id), ids) for connector_id, ids in rows]

    def _refresh(self):
        self.invalidate_recordset()
        if not self._is_unrepaired():
            self._close()
            return
        if not self.owner_id or self.company_id._retail_why_not(self.owner_id):
            self._assign()
        alert = self._alert(FAILED)
        if alert and alert.summary != self._texts()["summary"]:
            self._alert_owner()

    def _is_unrepaired(self):
        rows = self.env.execute_query(
            SQL("SELECT 1 FROM retail_error_group g WHERE g.id = %s AND %s", self.id, UNREPAIRED)
        )
        return bool(rows)

    def _close(self):
        self.is_open = False
        left = self.env._("Resolved: all events were delivered, replaced by newer ones, or discarded.")
        self._clear_alert(FAILED, feedback=left)


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    def _report_failed(self, connector):
        result = super()._report_failed(connector)
        self.env["retail.error.group"]._note(connector, self.ids)
        return result

    def _forget_cached(self):
        result = super()._forget_cached()
        self.env["retail.error.group"].invalidate_model(["dead_count", "corrected_count", "sample_id"])
        return result
