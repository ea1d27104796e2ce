"""Repairing failed deliveries: what was sent last, and what will be sent now."""

import json
from collections import namedtuple

from odoo import SUPERUSER_ID, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...core.const import OPEN_STATES, State
from ...core.errors import RemoteError
from ..outbox.attempt_snapshot import masked_request, property_digests, request_properties
from ..outbox.dispatch import DeliveryBatch
from ..outbox.names import with_names

Request = namedtuple("Request", "properties digests clear record_values", defaults=({}, {}))
Request.__doc__ = """``{property: masked text}``, and ``[{property: keyed hash}]``, one for each key.

Of what will be sent now, ``clear`` is ``{property: text}``, and ``record_values`` is ``{path: value}`` of the Odoo
fields in it. Show it only to users who may read the records.
"""

Preview = namedtuple("Preview", "request reason conflicts_with is_final", defaults=(None, None, None, False))
Preview.__doc__ = """The :class:`Request`, or why there is none, and the other record that this is about (``model,id``).

``is_final``: it cannot be sent as it is now, and does not merely have to wait.
"""
CHECKED = 1000  # deliveries of which a preview is built before they are sent again


def changed_properties(failed, request):
    """Return the names of the properties that differ between two requests, masked or not."""
    before, now = failed.properties, request.properties
    [known] = failed.digests
    # The key of the hashes may have been removed: then only the visible values are compared.
    digests = next((each for each in request.digests if each.items() & known.items()), known)
    seen = {name for name in (*before, *now) if (before.get(name) or "") != (now.get(name) or "")}
    hidden = {name for name in known.keys() & digests.keys() if known[name] != digests[name]}
    return seen | hidden


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    def _error_groups(self):
        """Return ``{error group: its deliveries among these}``."""

        def cause(record):
            return record.connector_id.id, record.company_id.id, record.fingerprint

        causes = self.grouped(cause)
        groups = self.env["retail.error.group"].search(
            [("connector_id", "in", self.connector_id.ids), ("fingerprint", "in", self.mapped("fingerprint"))]
        )
        by_cause = groups.grouped(cause)
        return {by_cause[each]: deliveries for each, deliveries in causes.items() if each in by_cause}

    def _why_hopeless(self):
        """Return ``{id: reason}`` of those that cannot be sent as they are now; of many, only the first are checked."""
        stopped = self.filtered(lambda each: each.state in (State.DEAD, State.CANCELLED))
        previews = stopped.sorted("id")[:CHECKED]._preview()
        return {
            id_: with_names(self.env, preview.reason or "")
            for id_, preview in previews.items()
            if preview.is_final
        }

    # -- dry run -------------------------------------------------------------------------------------

    def _failed_requests(self):
        """Return ``{id: Request}`` of what was sent last, without deliveries that could never be built."""
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
        """Build the requests without sending or recording anything.

        :return: ``{id: Preview}``
        """
        previews = {}
        # As the superuser, like the drain; the wizard has checked access. Rolled back: completing a fact may write.
        for connector, deliveries in self.sudo().grouped("connector_id").items():
            savepoint = self.env.cr.savepoint()
            try:
                previews.update(deliveries._preview_of(connector))
            finally:
                savepoint.close(rollback=True)
        return previews

    def _preview_of(self, connector):
        # As the superuser: as the drain, which prepares the request, does.
        connector = connector.with_user(SUPERUSER_ID)._for_its_companies()
        try:
            connection = connector._connection()
        except (RemoteError, UserError) as error:
            return {delivery_id: Preview(reason=str(error)) for delivery_id in self.ids}
        with connection as adapter:
            batch = DeliveryBatch(connector, adapter, self._as_claims())
            batch.preview()
        return {each.claim.id: _previewed(each) for each in batch.deliveries}


def _previewed(delivery):
    if delivery.is_ready:
        prepared = delivery.prepared
        clear = request_properties({"operation": prepared.operation, **prepared.body})
        masked = request_properties(masked_request(prepared))
        return Preview(Request(masked, property_digests(prepared), clear, prepared.item.record_values))
    reason = delivery.error.message if delivery.error else delivery.warning
    is_final = delivery.decision is not None and delivery.decision.state not in OPEN_STATES
    return Preview(None, reason, delivery.conflicts_with, is_final)
