"""Retention: delete old finished records, in small transactions that wait for no lock.

Failed deliveries stay until a person replays or discards them, and an event stays as long as one of its deliveries.
Messages that are still to be carried out stay, too.
"""

import logging
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime, formatLang

from ...core.const import FINISHED_STATES

_logger = logging.getLogger(__name__)

BATCH_SIZE = 5000  # rows per transaction
FINISHED = ("done", "tested", "cancelled", "noted")  # messages of which nobody has anything to do


class RetailRetention(models.Model):
    _name = "retail.retention"
    _description = "Retail Hub: Retention"
    _inherit = ["retail.checked"]
    _log_access = False
    _rec_name = "company_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    ran_at = fields.Datetime("Last Run", readonly=True)
    delivery_count = fields.Integer("Outgoing Events Removed", readonly=True)
    event_count = fields.Integer("Events Removed", readonly=True)
    message_count = fields.Integer("Incoming Messages Removed", readonly=True)

    _company_unique = models.UniqueIndex("(company_id)")

    def _summary(self):
        """Return one line for the settings page, about one company or none."""
        if not self:
            return self.env._("Nothing has been removed yet.")
        return self.env._(
            "%(time)s. Removed so far: %(deliveries)s outgoing events, %(events)s events, %(messages)s incoming"
            " messages.",
            time=format_datetime(self.env, self.ran_at),
            deliveries=formatLang(self.env, self.delivery_count, digits=0),
            events=formatLang(self.env, self.event_count, digits=0),
            messages=formatLang(self.env, self.message_count, digits=0),
        )

    @api.model
    def _cron_purge(self):
        """Delete what is older than each company's retention period. The next run continues where this one stops."""
        steps = self._steps()
        for position, step in enumerate(steps, 1):
            is_full = True
            while is_full:
                count = self.env["retail.drain"]._transaction(step)
                is_full = count == BATCH_SIZE
                remaining = BATCH_SIZE if is_full else len(steps) - position  # at least so much
                if not self.env["ir.cron"]._commit_progress(count, remaining=remaining):
                    return

    def _steps(self):
        """Return functions that delete one batch each and return its size; events after their deliveries."""
        connectors = self.env["retail.connector"].search([("active", "in", (True, False))], order="id")
        # Of branches, too: a connector may serve them, or have done so.
        companies = connectors.company_id.with_context(active_test=False)
        companies = companies.search([("id", "child_of", companies.ids)], order="id")
        steps = [
            *(
                (connector.company_id.retail_delivery_days, self._purge_deliveries, connector)
                for connector in connectors
            ),
            *((company.retail_event_days, self._purge_events, company) for company in companies),
            *((company.retail_message_days, self._purge_finished, company) for company in companies),
            *((company.retail_refused_days, self._purge_refused, company) for company in companies),
        ]
        return [partial(purge, owner, days) for days, purge, owner in steps if days > 0]

    def _purge_deliveries(self, connector, days):
        """Delete finished deliveries with their attempts, oldest first; return their number."""
        old = SQL(
            """
            SELECT id FROM retail_delivery
             WHERE connector_id = %s AND state IN %s AND finished_at < %s
          ORDER BY finished_at LIMIT %s FOR UPDATE SKIP LOCKED
            """,
            connector.id,
            tuple(state.value for state in FINISHED_STATES),
            fields.Datetime.now() - timedelta(days=days),
            BATCH_SIZE,
        )
        return self._purge("retail_delivery", old, connector.company_id, "delivery_count")

    def _purge_events(self, company, days):
        """Delete events without deliveries, oldest first; return their number."""
        # OFFSET 0 makes it a lookup per event. As a join it would read all deliveries for each batch.
        old = SQL(
            """
            SELECT e.id FROM retail_event e
             WHERE e.company_id = %s AND e.occurred_at < %s
               AND NOT EXISTS (SELECT FROM retail_delivery d WHERE d.event_id = e.id OFFSET 0)
          ORDER BY e.occurred_at LIMIT %s FOR UPDATE OF e SKIP LOCKED
            """,
            company.id,
            fields.Datetime.now() - timedelta(days=days),
            BATCH_SIZE,
        )
        return self._purge("retail_event", old, company, "event_count")

    def _purge_finished(self, company, days):
        """Delete messages of which nobody has anything to do, oldest first; return their number."""
        return self._purge_messages(company, days, FINISHED)

    def _purge_refused(self, company, days):
        """Delete refused messages, oldest first; return their number."""
        return self._purge_messages(company, days, ("refused",))

    def _purge_messages(self, company, days, states):
        old = SQL(
            """
            SELECT id FROM retail_message
             WHERE company_id = %s AND received_at < %s AND state IN %s
          ORDER BY received_at LIMIT %s FOR UPDATE SKIP LOCKED
            """,
            company.id,
            fields.Datetime.now() - timedelta(days=days),
            states,
            BATCH_SIZE,
        )
        return self._purge("retail_message", old, company, "message_count")

    def _purge(self, table, old, company, counter):
        """Delete the rows that ``old`` selects and locks, and count them for the company; return their number."""
        [(count,)] = self.env.execute_query(
            SQL(
                """
                WITH old AS MATERIALIZED (%(old)s),
                     deleted AS (DELETE FROM %(table)s t USING old WHERE t.id = old.id RETURNING t.id)
                SELECT count(*) FROM deleted
                """,
                old=old,
                table=SQL.identifier(table),
            )
        )
        self._note(company, counter, count)
        if count:
            _logger.info("Retention: %s old rows of %s removed, company %s", count, table, company.id)
        return count

    def _note(self, company, counter, count):
        """Store what the settings page shows: the last run, and the number of deleted records."""
        self.env.execute_query(
            SQL(
                """
                INSERT INTO retail_retention AS r (company_id, ran_at, %(counter)s)
                VALUES (%(company)s, %(now)s, %(count)s)
                    ON CONFLICT (company_id) DO UPDATE
                   SET ran_at = EXCLUDED.ran_at, %(counter)s = COALESCE(r.%(counter)s, 0) + EXCLUDED.%(counter)s
             RETURNING id
                """,
                company=company.id,
                now=fields.Datetime.now(),
                counter=SQL.identifier(counter),
                count=count,
            )
        )
        self.invalidate_model()
