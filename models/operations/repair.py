"""Repairing dead deliveries: what would go out now, sending again, giving up with a reason."""

import json
from collections import namedtuple

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...core.const import State
from ..outbox.attempt_snapshot import masked_request, property_digests, request_properties
from ..outbox.claim import IS_UNCERTAIN, Claim
from ..outbox.dispatch import DeliveryBatch

Request = namedtuple("Request", "properties digests")
Request.__doc__ = """``{property: masked text}``, and ``[{property: keyed hash}]``, one for each key."""


def changed_properties(failed, request):
    """Return the names of the properties that differ between two requests, masked or not."""
    before, now = failed.properties, request.properties
    [known] = failed.digests
    # The hashes are of a key that may be gone: then only what can be seen is compared.
    digests = next((each for each in request.digests if each.items() & known.items()), known)
    seen = {name for name in (*before, *now) if (before.get(name) or "") != (now.get(name) or "")}
    hidden = {name for name in known.keys() & digests.keys() if known[name] != digests[name]}
    return seen | hidden


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    discard_reason = fields.Char(readonly=True, help="Why a person gave it up.")

    # -- actions -----------------------------------------------------------------------------------

    def action_replay(self):
        """Send dead or cancelled deliveries again, and waiting ones now; the retry schedule goes on."""
        self.check_access("read")
        if not self._replay():
            raise UserError(self.env._("Nothing to replay: these deliveries are delivered or on their way."))

    def action_repair(self):
        """Open the wizard for those of the deliveries that are dead."""
        dead = self.filtered(lambda delivery: delivery.state == State.DEAD)
        if not dead:
            raise UserError(self.env._("None of these deliveries is dead: there is nothing to repair."))
        return self.env["retail.dead.letter.wizard"]._open(deliveries=dead)

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
        self.env["retail.drain"]._wake_deliveries(replayed)
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
            self.env["retail.drain"]._wake_deliveries(queued)
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
        self.invalidate_model()
        self.env["retail.error.group"].invalidate_model(["dead_count", "sample_id"])

    def _error_groups(self):
        """Return ``{error group: its deliveries among these}``."""
        causes = self.grouped(lambda delivery: (delivery.connector_id.id, delivery.fingerprint))
        groups = self.env["retail.error.group"].search(
            [("connector_id", "in", self.connector_id.ids), ("fingerprint", "in", self.mapped("fingerprint"))]
        )
        by_cause = groups.grouped(lambda group: (group.connector_id.id, group.fingerprint))
        return {by_cause[cause]: deliveries for cause, deliveries in causes.items() if cause in by_cause}

    # -- a look at what would go out -----------------------------------------------------------------

    def _failed_requests(self):
        """Return ``{id: Request}``: what was sent last; nothing for those that could never be built."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (delivery_id) delivery_id, request, request_digests
                  FROM retail_delivery_attempt WHERE delivery_id = ANY(%s) AND request IS NOT NULL
              ORDER BY delivery_id, id DESC
                """,
                self.ids,
                to_flush=self.env["retail.delivery.attempt"]._fields["request"],
            )
        )
        return {
            delivery_id: Request(request_properties(json.loads(request)), [json.loads(digests or "{}")])
            for delivery_id, request, digests in rows
        }

    def _preview(self):
        """Build what would go out now, send nothing and record nothing.

        :return: ``{id: (Request, None)}``, or ``{id: (None, reason)}`` for what would not go out
        """
        previews = {}
        for connector, deliveries in self.sudo().grouped("connector_id").items():
            # As the drain does it, and taken back: a fact may write what only the moment of sending knows.
            savepoint = self.env.cr.savepoint()
            try:
                previews.update(deliveries._preview_of(connector))
            finally:
                savepoint.close(rollback=True)
        return previews

    def _preview_of(self, connector):
        connector = connector.with_user(SUPERUSER_ID).with_company(connector.company_id)
        try:
            adapter = connector._adapter()
        except UserError as error:
            return {delivery_id: (None, str(error)) for delivery_id in self.ids}
        with adapter:
            batch = DeliveryBatch(connector, adapter, self._as_claims())
            batch.preview()
        built = {
            delivery_id: (
                Request(request_properties(masked_request(prepared)), property_digests(prepared)),
                None,
            )
            for delivery_id, prepared in batch.prepared.items()
        }
        refused = {
            delivery_id: (None, error.message if error else batch.warnings.get(delivery_id))
            for delivery_id, (_decision, error) in batch.decisions.items()
        }
        return built | refused

    def _as_claims(self):
        """Return the deliveries as a drain would claim them after a replay; nothing is claimed."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT d.id, d.lease_until, e.uuid, d.event_type, d.kind, d.flow_id, d.res_model, d.res_id,
                       d.attempts, TRUE, %s, e.payload, e.details, e.occurred_at, e.correlation_id,
                       e.causation_id, d.lane, d.checkpoint, d.is_replay
                  FROM retail_delivery d JOIN retail_event e ON e.id = d.event_id
                 WHERE d.id = ANY(%s)
              ORDER BY d.id
                """,
                IS_UNCERTAIN,
                self.ids,
                to_flush=self._fields["state"],
            )
        )
        return [Claim(*row) for row in rows]
