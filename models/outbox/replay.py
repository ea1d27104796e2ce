"""Replaying, cancelling and discarding deliveries, at a user's request."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...core.const import CLAIMABLE_STATES, State
from .claim import IS_UNCERTAIN
from .state_sets import in_states


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    discard_reason = fields.Char(readonly=True, help="Why a user discarded it.")

    # -- actions -----------------------------------------------------------------------------------

    def action_replay(self):
        """Send failed or cancelled deliveries again, and waiting ones now, and say what came of it.

        Attempts used so far still count. Those that cannot be sent as they are now stay as they are.

        :raise UserError: nothing is sent
        """
        self.check_access("read")
        hopeless = self._why_hopeless()
        replayed = (self - self.browse(hopeless))._replay()
        reasons = list(dict.fromkeys(hopeless.values()))
        if not replayed and reasons:
            raise UserError(self.env._("Nothing was sent. %(reasons)s", reasons="\n".join(reasons)))
        if not replayed:
            raise UserError(
                self.env._("There is nothing to replay: these events have been delivered or are being sent.")
            )
        return replayed._report_queued(self._texts_about_hopeless(hopeless))

    def action_cancel(self):
        """Cancel waiting deliveries. For failed ones, see :meth:`_discard`."""
        self.check_access("read")
        states = set(self.mapped("state"))
        if states != {State.PENDING}:
            raise UserError(self._why_not_cancelled(states))
        # As the superuser: states are read-only for users, who may cancel what they may read.
        self.sudo().write({"state": State.CANCELLED.value, "finished_at": self.env.cr.now()})

    def _why_not_cancelled(self, states):
        """Return why deliveries cannot be cancelled that are not all waiting."""
        if State.UNKNOWN in states:
            return self.env._(
                "An event in doubt cannot be cancelled: it was sent, and the remote system may have applied it. It is"
                " resolved at its next attempt. To resolve it now, click Replay."
            )
        if State.IN_FLIGHT in states:
            return self.env._("An event in flight cannot be cancelled: it is being sent now.")
        return self.env._(
            "Only waiting events can be cancelled. To give up failed events, click Repair, then Discard."
        )

    def _texts_about_hopeless(self, hopeless):
        """Return the texts for a notification about deliveries that were not queued.

        :param hopeless: as :meth:`_why_hopeless` returns it
        """
        if not hopeless:
            return []
        reasons = dict.fromkeys(hopeless.values())
        return [self.env._("Events that cannot be sent: %(count)s.", count=len(hopeless)), *reasons]

    def _why_hopeless(self):
        """Hook: return ``{id: reason}`` of the deliveries that would fail again, or be cancelled, at once."""
        return {}

    # -- business methods --------------------------------------------------------------------------

    def _replay(self):
        """Queue deliveries to be sent again; return those that were queued.

        They are sent in the order of their ids, each with the same idempotency key as before. Those whose last
        attempt may have taken effect are in doubt, and are resolved.
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE retail_delivery d
                   SET state = CASE WHEN %s THEN 'unknown' ELSE 'pending' END,
                       next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC', is_manual = TRUE,
                       finished_at = NULL, discard_reason = NULL
                 WHERE d.id = ANY(%s) AND d.state %s
             RETURNING d.id
                """,
                IS_UNCERTAIN,
                self.ids,
                in_states(State.DEAD, State.CANCELLED, *CLAIMABLE_STATES),
                to_flush=self._fields["state"],
            )
        )
        self._forget_cached()
        replayed = self.browse(sorted(delivery_id for (delivery_id,) in rows))
        self.env["retail.wake"]._wake_deliveries(replayed)
        return replayed

    @api.model
    def _queue_again(self, event_ids, flow_ids, lane=None, bulk_run_id=None, connector_id=None):
        """Queue new deliveries of events, in order and due now. An event keeps its uuid, the idempotency key.

        :param flow_ids: flows of one connector
        :param lane: overrides the lane of the flows
        :param bulk_run_id: the replay that queues them
        :param connector_id: flows of other connectors are left out; None: of all connectors
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
                 WHERE e.id = ANY(%s) AND f.connector_id = COALESCE(%s, f.connector_id)
              ORDER BY e.id, f.id
             RETURNING id
                """,
                lane,
                bulk_run_id,
                flow_ids,
                event_ids,
                connector_id,
            )
        )
        queued = self.browse([delivery_id for (delivery_id,) in rows])
        if bulk_run_id is None:  # the drain that feeds a bulk run needs no wake-up
            self.env["retail.wake"]._wake_deliveries(queued)
        return queued

    def _discard(self, reason):
        """Cancel failed deliveries, with a reason; return those that had failed."""
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
        """Invalidate the fields that are computed from deliveries' states. Other models extend it."""
        self.invalidate_model()
