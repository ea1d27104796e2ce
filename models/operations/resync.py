"""Resync: send a record again on request, even if the remote is up to date."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ...core.const import CLAIMABLE_STATES, OPEN_STATES, EventKind, State
from ...schemas import EVENT_TYPES
from ..outbox.names import event_type_selection
from ..source.capture import CapturedEvent, by_updated_event

REVIVABLE = (*CLAIMABLE_STATES, State.DEAD, State.CANCELLED)


class RetailSyncState(models.Model):
    _inherit = "retail.sync.state"

    @api.model
    def _resync(self, records, connectors=None):
        """Queue the records' events, to be sent now.

        Failed facts go first. Then each connector gets the current state of the record, or its newest fact where there
        is no state event or the connector does not take it.

        :param connectors: only these; None: every connector of the user's companies, or that serves one as a branch
        :raise UserError: if nothing is to be sent
        """
        records.check_access("read")
        self.env["retail.delivery"].check_access("read")
        if connectors is None:
            connectors = self.env["retail.connector"]._serving(self.env.companies)
        others, count = records, 0
        for event_type, stated in by_updated_event(records).items():
            others -= stated
            takers, queued = self._resync_states(event_type, stated, connectors)
            count += queued + self._resync_facts(stated, connectors - takers)
            count += len(self._dead_facts(stated, takers)._replay())
        count += self._resync_facts(others, connectors)
        if not count:
            raise UserError(self._why_nothing_to_resync(records, connectors))
        return self._requested(records, connectors)._report_queued(count=count)

    @api.model
    def _requested(self, records, connectors):
        """Return the requested deliveries of the records that are open."""
        return self.env["retail.delivery"].search(
            [
                ("res_model", "=", records._name),
                ("res_id", "in", records.ids),
                ("connector_id", "in", connectors.ids),
                ("state", "in", OPEN_STATES),
                ("is_manual", "=", True),
            ]
        )

    @api.model
    def _why_nothing_to_resync(self, records, connectors):
        if erased := records.filtered(lambda record: getattr(record, "retail_erased_at", False)):
            return self.env._(
                "%(record)s was erased on %(date)s, and is not sent any more.",
                record=erased[0].display_name,
                date=format_date(self.env, erased[0].retail_erased_at),
            )
        events = self.env["retail.event"]
        for event_type, stated in by_updated_event(records).items():
            if stated and not events._routes({event_type}, connectors):
                return self.env._(
                    "No active connector has a flow for “%(event)s”. A Retail Hub manager can add one.",
                    event=dict(event_type_selection(self))[event_type],
                )
        if events._routes(_event_types(records._name), connectors):
            return self.env._(
                "There is nothing to send. Either nothing has been sent for this record yet, or it is already being"
                " sent."
            )
        return self.env._(
            "No active connector has a flow for such records. A Retail Hub manager can add one."
        )

    @api.model
    def _resync_states(self, event_type, records, connectors):
        """Return (connectors that take the state event, number of deliveries)."""
        # As the superuser: users create no events; the callers have checked access to the records.
        events = self.env["retail.event"].sudo()
        routes = events._routes({event_type}, connectors)
        takers = connectors.browse({route.connector_id for route in routes})
        if not takers:
            return takers, 0
        rows = [CapturedEvent(event_type, record_id) for record_id in records.ids]
        return takers, events._insert(records._name, rows, connectors=takers, is_manual=True)

    @api.model
    def _resync_facts(self, records, connectors):
        """Send failed facts again, then the newest fact; return the number of deliveries.

        If the remote record was not found, all facts are sent again: the newest alone would not restore it.
        """
        count = 0
        for connector in connectors if records else ():
            missing = self.env["retail.binding"]._not_found_records(connector, records)
            count += self._resend_all_facts(missing, connector)
            count += self._resend_facts(records - missing, connector)
        return count

    @api.model
    def _resend_facts(self, records, connector):
        newest = self._newest_facts(records, connector)
        deliveries = self._dead_facts(records, connector)
        deliveries |= deliveries.browse(delivery for *_, delivery, state in newest if state in REVIVABLE)
        ended = [
            row for row in newest if row[-1] in (None, State.DELIVERED, State.SUPERSEDED, State.PUBLISHED)
        ]
        again = deliveries._queue_again([row[0] for row in ended], [row[1] for row in ended])
        return len(again) + len(deliveries._replay())

    @api.model
    def _resend_all_facts(self, records, connector):
        """Send all facts again that are not open, in order; return the number of deliveries."""
        self._dead_facts(records, connector)._discard(self.env._("Replaced by a Resync of all events."))
        ended = [row for row in self._facts(records, connector) if row[-1] not in OPEN_STATES]
        deliveries = self.env["retail.delivery"]
        return len(deliveries._queue_again([row[0] for row in ended], list({row[1] for row in ended})))

    @api.model
    def _dead_facts(self, records, connectors):
        return self.env["retail.delivery"].search(
            [
                ("res_model", "=", records._name),
                ("res_id", "in", records.ids),
                ("connector_id", "in", connectors.ids),
                ("state", "=", State.DEAD.value),
                ("kind", "=", EventKind.FACT.value),
            ]
        )

    @api.model
    def _newest_facts(self, records, connector):
        """Return the rows of :meth:`_facts` with the newest fact of each record."""
        return self._facts(records, connector, SQL("DISTINCT ON (e.res_id)"))

    @api.model
    def _facts(self, records, connector, distinct=None):
        """Return ``(event id, flow id, delivery id, state)`` of the records' facts that a connector takes.

        The delivery is the event's open one, or else its last; None without any.
        """
        routes = self.env["retail.event"]._routes(_event_types(records._name), connector) if records else []
        if not routes:
            return []
        return self.env.execute_query(
            SQL(
                """
                SELECT %s e.id, f.id, d.id, d.state
                  FROM retail_event e
                  JOIN retail_flow f ON f.event_type = e.event_type
             LEFT JOIN LATERAL (
                       SELECT d.id, d.state FROM retail_delivery d
                        WHERE d.event_id = e.id AND d.connector_id = f.connector_id
                     ORDER BY d.finished_at IS NULL DESC, d.id DESC LIMIT 1) d ON TRUE
                 WHERE e.res_id = ANY(%s) AND e.res_model = %s AND e.kind = 'fact' AND f.id = ANY(%s) AND %s
              ORDER BY e.res_id, e.id DESC
                """,
                distinct or SQL(),
                records.ids,
                records._name,
                [route.flow_id for route in routes],
                connector._gets_sql(SQL("e")),
                to_flush=self.env["retail.delivery"]._fields["state"],
            )
        )


def _event_types(model):
    """Return the names of the event types about a model."""
    return {name for name, each in EVENT_TYPES.items() if model in each.models}
