"""Sending deliveries again, and giving them up: what people decide about deliveries that are not on their way."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...core.const import State
from .claim import IS_UNCERTAIN


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    discard_reason = fields.Char(readonly=True, help="Why a user discarded it.")

    # -- actions -----------------------------------------------------------------------------------

    def action_replay(self):
        """Send dead or cancelled deliveries again, and waiting ones now; the retry schedule goes on."""
        self.check_access("read")
        if not self._replay():
            raise UserError(
                self.env._("There is nothing to replay: these events have been delivered or are being sent.")
            )

    def action_cancel(self):
        """Give up deliveries that wait; dead ones are discarded with a reason."""
        self.check_access("read")
        if any(delivery.state != State.PENDING for delivery in self):
            raise UserError(
                self.env._(
                    "Only waiting events can be cancelled. To give up failed events, click Repair, then Discard."
                )
            )
        self.sudo().write({"state": State.CANCELLED.value, "finished_at": self.env.cr.now()})

    # -- business methods --------------------------------------------------------------------------

    def _replay(self):
        """Have deliveries sent again; return those that will be.

        They go out in the order of their ids, under the idempotency key that they had. What may have been
        applied by an earlier attempt is resolved.
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE retail_delivery d
                   SET state = CASE WHEN %s THEN 'unknown' ELSE 'pending' END,
                       next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC', is_manual = TRUE,
                       finished_at = NULL, discard_reason = NULL
                 WHERE d.id = ANY(%s) AND d.state IN ('dead', 'cancelled', 'pending', 'unknown')
             RETURNING d.id
                """,
                IS_UNCERTAIN,
                self.ids,
                to_flush=self._fields["state"],
            )
        )
        self._forget_cached()
        replayed = self.browse(sorted(delivery_id for (delivery_id,) in rows))
        self.env["retail.wake"]._wake_deliveries(replayed)
        return replayed

    @api.model
    def _queue_again(self, event_ids, flow_ids, lane=None, bulk_run_id=None):
        """Queue events again, in order, to be sent now; each keeps its uuid, which is the idempotency key.

        :param flow_ids: flows of one connector
        :param lane: instead of the lane of each flow
        :return: the new deliveries
        """
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO retail_delivery (
                       event_id, flow_id, connector_id, company_id, event_type, kind, lane, res_model, res_id,
                       state, attempts, is_manual, is_replay, queued_at, next_attempt_at, bulk_run_id)
                SELECT e.id, f.id, f.connector_id, e.company_id, e.event_type, e.kind, COALESCE(%s, f.lane),
                       e.res_model, e.res_id, 'pending', 0, TRUE, TRUE, clock_timestamp() AT TIME ZONE 'UTC',
                       clock_timestamp() AT TIME ZONE 'UTC', %s
                  FROM retail_event e JOIN retail_flow f ON f.event_type = e.event_type AND f.id = ANY(%s)
                 WHERE e.id = ANY(%s)
              ORDER BY e.id, f.id
             RETURNING id
                """,
                lane,
                bulk_run_id,
                flow_ids,
                event_ids,
            )
        )
        queued = self.browse([delivery_id for (delivery_id,) in rows])
        if bulk_run_id is None:  # its drain needs no wake-up
            self.env["retail.wake"]._wake_deliveries(queued)
        return queued

    def _discard(self, reason):
        """Give up dead deliveries; return those that were dead."""
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE retail_delivery
                   SET state = 'cancelled', discard_reason = %s, finished_at = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE id = ANY(%s) AND state = 'dead'
             RETURNING id
                """,
                reason,
                self.ids,
                to_flush=self._fields["state"],
            )
        )
        self._forget_cached()
        return self.browse(sorted(delivery_id for (delivery_id,) in rows))

    def _forget_cached(self):
        """Forget what is computed from the states of deliveries."""
        self.invalidate_model()
