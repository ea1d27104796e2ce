"""A batch of claimed deliveries: prepare, send, record."""

import json
import logging
from contextlib import suppress

from ...connectors.call_log import CallLog
from ...connectors.items import Outcome
from ...core import remote_data
from ...core.errors import (
    ADAPTER_FAILED,
    FlowFaultError,
    MappingError,
    RemoteError,
    TransientError,
)
from ...core.redaction import redact_text
from ...core.tracebacks import without_values
from .attempt_snapshot import comparable_hash, masked_request, named_values
from .item_builder import ItemBuilder
from .outcome import OutcomeRecorder
from .outgoing import MAX_CHECKPOINT, OutgoingDelivery
from .rows import StartedAttempt
from .shared_keys import SharedKeys

_logger = logging.getLogger(__name__)


class DeliveryBatch:
    """Deliveries of one connector that are sent together.

    ``prepare``, ``decide_shared_keys`` and ``record`` run in a transaction each, and may be repeated after a rollback.
    ``send`` runs after the first two, without a transaction. ``deliveries`` has an
    :class:`~.outgoing.OutgoingDelivery` for each claim.
    """

    def __init__(self, connector, adapter, claims):
        self.env = connector.env
        self.connector = connector
        self.adapter = adapter
        self.claims = claims
        self.deliveries = []
        self.faults = []

    @property
    def ready(self):
        """The deliveries that will be sent."""
        return [each for each in self.deliveries if each.is_ready]

    # -- prepare -----------------------------------------------------------------------------------

    def prepare(self):
        """Build the remote requests, and insert the attempts."""
        self._build()
        self._clear_faults()
        self.start_attempts(self.ready)

    def preview(self):
        """Build the remote requests without inserting attempts. A delivery that waits is built without its links.

        It may write, such as the payload of a fact that could not be built before: the caller rolls that back.
        """
        self._build_despite_faults()
        for each in self.deliveries:
            if each.waits_for and each.item:
                with suppress(RemoteError):
                    self._set_prepared(each)
        self.decide_shared_keys()

    def _clear_faults(self):
        """Flows that could be evaluated work again."""
        faulty = {fault.flow_id for fault in self.faults}
        used = {(claim.flow_id, claim.res_model) for claim in self.claims if claim.flow_id}
        for flow_id, res_model in used:
            flow = self.env["retail.flow"].browse(flow_id)
            if flow_id not in faulty and flow._cached_filter(res_model).is_faulty:
                flow._clear_fault()

    def _build_despite_faults(self):
        while True:
            try:
                with self.env.cr.savepoint(flush=False):
                    self._build()
                return
            except FlowFaultError as fault:
                self.faults.append(fault)

    def _build(self):
        self.deliveries = [OutgoingDelivery(claim) for claim in self.claims]
        ItemBuilder(self.connector, self.adapter, self.faults).build(self.deliveries)
        for each in self.deliveries:
            if each.item and each.decision is None:
                self._prepare_delivery(each)

    def _prepare_delivery(self, delivery):
        try:
            self._set_prepared(delivery)
        except RemoteError as error:
            delivery.decide(error)
            return
        if delivery.prepared is None:  # the adapter has no lookup for it
            delivery.cancel(self._deleted())
        elif _is_known_to_remote(delivery):
            delivery.skip()

    def _set_prepared(self, delivery):
        delivery.prepared = self._prepare_item(delivery)
        if delivery.prepared:
            delivery.warnings += delivery.prepared.warnings

    def _prepare_item(self, delivery):
        try:
            if delivery.sought:
                return self.adapter.prepare_search(delivery.item, *delivery.sought)
            return self.adapter.prepare(delivery.item)
        except RemoteError:
            raise
        except Exception as error:  # a defect of an adapter must not stop the other items
            _logger.error(
                "The adapter of connector %s failed to prepare delivery %s\n%s",
                self.connector.id,
                delivery.item.trace_id,
                without_values(error),
            )
            raise MappingError(
                self.env._("The adapter failed. See the server log for details."), code=ADAPTER_FAILED
            ) from error

    def _deleted(self):
        return self.env._("The record was deleted before it was sent.")

    # -- attempts ----------------------------------------------------------------------------------

    def start_attempts(self, deliveries):
        """Insert the attempts. A delivery waits if another started attempt has the same match key."""
        rows = [self._attempt_row(each) for each in deliveries]
        attempt_ids = self.env["retail.delivery.attempt"]._start(rows)
        for each in deliveries:
            each.attempt_id = attempt_ids.get(each.claim.id)
            if each.attempt_id is None:
                each.postpone()

    def _attempt_row(self, delivery):
        claim, key = delivery.claim, delivery.new_key
        return StartedAttempt(
            claim.id,
            claim.attempts + 1,
            claim.is_manual,
            self._masked_request(delivery.prepared),
            natural_key=delivery.prepared.key if key and not delivery.sought else None,
            key=f"{self.connector.id}:{claim.res_model}:{key}" if key else None,
        )

    def _masked_request(self, prepared):
        """Return the request to store, as JSON text. To look for secrets in all of it at once takes little time."""
        request, secrets = masked_request(prepared), self.adapter.http.secrets
        text = json.dumps(request, ensure_ascii=False)
        return json.dumps(secrets.mask(request), ensure_ascii=False) if secrets.occur_in(text) else text

    def decide_shared_keys(self):
        """Decide the deliveries whose match key another Odoo record has at the remote.

        This needs a transaction of its own, after the attempts were committed.
        """
        SharedKeys(self).decide()

    # -- send --------------------------------------------------------------------------------------

    def send(self):
        """Send or resolve the prepared deliveries, and set their outcomes."""
        by_trace = {each.item.trace_id: each for each in self.ready}
        batch = [each.prepared for each in by_trace.values()]
        in_doubt = [prepared for prepared in batch if prepared.item.in_doubt]
        fresh = [prepared for prepared in batch if not prepared.item.in_doubt]
        # Those in doubt last: to resolve one may take many calls, and the others need not wait for that.
        log = CallLog(list(by_trace))
        self.adapter.http.log = log
        outcomes = self._call(self.adapter.send, fresh) + self._call(self.adapter.resolve, in_doubt)
        log.mask_messages(
            [prepared.body for prepared in batch],
            [value for prepared in batch for value in named_values(prepared.body, prepared.personal)],
        )
        found = {outcome.trace_id: outcome for outcome in outcomes}
        for trace_id, delivery in by_trace.items():
            delivery.calls = log.of(trace_id)
            delivery.outcome = self._checked(found.get(trace_id), trace_id)
            warnings = remote_data.values(tuple(delivery.outcome.warnings))
            delivery.warnings += (redact_text(str(warning)) for warning in warnings)

    def _checked(self, outcome, trace_id):
        """Return the adapter's outcome if it is valid, or else an uncertain error."""
        if outcome is None:
            _logger.error(
                "The adapter of connector %s returned no outcome for delivery %s", self.connector.id, trace_id
            )
            return Outcome(trace_id, error=self._adapter_failed())
        if outcome.remote_id is not None and not remote_data.is_id(outcome.remote_id):
            message = self.env._("The remote system returned an ID that cannot be stored.")
            return Outcome(trace_id, error=TransientError(message, code="BAD_ID", uncertain=True))
        if not remote_data.fits(outcome.checkpoint or {}, *MAX_CHECKPOINT):
            # Without a part of it, the next attempt might do again what was done.
            message = self.env._("The remote system returned more than can be stored.")
            return Outcome(trace_id, error=TransientError(message, code="BAD_CHECKPOINT", uncertain=True))
        return outcome

    def _call(self, send, batch):
        if not batch:
            return []
        try:
            return send(batch)
        except Exception as error:  # a defect of an adapter must neither lose nor block deliveries
            _logger.error("The adapter of connector %s failed\n%s", self.connector.id, without_values(error))
            return [Outcome(prepared.item.trace_id, error=self._adapter_failed()) for prepared in batch]

    def _adapter_failed(self):
        message = self.env._("The adapter failed. See the server log for details.")
        return TransientError(message, code=ADAPTER_FAILED, uncertain=True)

    # -- record ------------------------------------------------------------------------------------

    def record(self):
        """Write the new state, the attempt and the binding of each delivery."""
        OutcomeRecorder(self.connector, self.deliveries).record()

    def parts(self):
        """Return one batch per delivery, to record them one by one."""
        parts = []
        for each in self.deliveries:
            part = DeliveryBatch(self.connector, self.adapter, [each.claim])
            part.deliveries = [each]
            parts.append(part)
        return parts

    def give_up_recording(self):
        """Replace outcomes that cannot be recorded with an uncertain error."""
        message = self.env._("The response could not be recorded. See the server log for details.")
        error = TransientError(message, code="NOT_RECORDED", uncertain=True)
        for each in self.deliveries:
            if each.attempt_id:
                each.outcome = Outcome(each.item.trace_id, error=error)
            else:
                each.decide(error.not_sent())

    def outcomes(self):
        """Return the outcomes of the deliveries that were sent."""
        return [each.outcome for each in self.deliveries if each.outcome]


def _is_known_to_remote(delivery):
    claim = delivery.claim
    if delivery.binding is None or delivery.is_fact or claim.is_manual or claim.is_in_doubt:
        return False
    return delivery.binding.sent_hash == comparable_hash(delivery.prepared.comparable)
