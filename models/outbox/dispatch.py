"""A batch of claimed deliveries, on its way through prepare, send and record."""

import json
import logging
from collections import defaultdict
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

import psycopg2
import pydantic

from ...connectors.base import Finder
from ...connectors.items import Item, MatchKeys, Outcome
from ...core.const import OPEN_STATES, EventKind, State
from ...core.errors import (
    OWN_LIMIT,
    AuthError,
    ConflictError,
    DependencyError,
    MappingError,
    QuotaError,
    ReferenceNotFoundError,
    RemoteError,
    RemoteNotFoundError,
    TransientError,
)
from ...core.policy import DEFAULT_QUOTA_DELAY, Decision, decide, fingerprint, still_in_doubt
from ...core.redaction import MASK, redact, redact_text
from ...schemas.base import error_text
from .attempt_snapshot import comparable_hash, key_hash, masked_request, named_values, property_digests
from .dependencies import Dependencies
from .effects import effect_of

_logger = logging.getLogger(__name__)

ADAPTER_FAILED = "ADAPTER_FAILED"


class DeliveryBatch:
    """Deliveries of one connector that go out together.

    ``prepare``, ``refuse_shared_keys`` and ``record`` run in a transaction each, and may run again after a
    rollback; ``send`` runs between them, without one.
    """

    def __init__(self, connector, adapter, claims):
        self.env = connector.env
        self.connector = connector
        self.adapter = adapter
        self.claims = {claim.id: claim for claim in claims}
        self._reset()

    def _reset(self):
        self.prepared = {}  # claim id -> Prepared
        self.decisions = {}  # claim id -> (Decision, error)
        self.warnings = {}  # claim id -> text
        self.attempt_ids = {}  # claim id -> attempt id
        self.waits = {}  # claim id -> "model,id" of the record that it waits for
        self.checkpoint = {}  # claim id -> what the next try is to know
        self.searches = set()  # ids of the claims that only look for what may have been made
        self.outcomes = []
        self.needs_adapter = False  # the credentials that this one was made with are used up

    # -- prepare -----------------------------------------------------------------------------------

    def prepare(self):
        """Read the records, make the remote requests, and note that they are about to be sent."""
        self._build()
        if self.prepared:
            self._start_attempts()

    def preview(self):
        """Build what would be sent now, note nothing, and leave it in ``prepared`` and ``decisions``.

        What a fact needs from the moment of sending may be written meanwhile: the caller rolls that back.
        """
        self._build()
        self.refuse_shared_keys()
        for claim_id in self.decisions:
            self.prepared.pop(claim_id, None)

    def _build(self):
        self._reset()
        claims = sorted(self.claims.values(), key=attrgetter("res_model"))
        for res_model, claims_of_model in groupby(claims, key=attrgetter("res_model")):
            self._prepare_model(res_model, list(claims_of_model))

    def _start_attempts(self):
        """Note what is about to be sent; what would make the same remote record as another attempt waits."""
        self.attempt_ids = self.env["retail.delivery.attempt"]._start(
            [
                self._attempt_row(self.claims[claim_id], prepared)
                for claim_id, prepared in self.prepared.items()
            ]
        )
        for claim_id in self.prepared.keys() - self.attempt_ids.keys():
            del self.prepared[claim_id]
            claim = self.claims[claim_id]
            decision = Decision(State.PENDING, claim.attempts, 1.0)
            self.decisions[claim_id] = (still_in_doubt(decision) if claim.is_in_doubt else decision, None)

    def _prepare_model(self, res_model, claims):
        flow_ids = {claim.flow_id for claim in claims if claim.flow_id}
        flows = self.env["retail.flow"].browse(flow_ids).exists().grouped("id")
        payloads = self._payloads(res_model, claims, flows)
        record_values = self._record_values(res_model, [claim for claim in claims if claim.id in payloads])
        ids = {claim.res_id for claim in claims}
        bindings = self.env["retail.binding"]._by_record(self.connector, res_model, ids)
        remote_ids = self._resolve_references(claims, payloads)
        for claim in claims:
            if claim.id in remote_ids:
                self._prepare_claim(
                    claim,
                    payloads[claim.id],
                    record_values.get(claim.res_id, {}),
                    flows.get(claim.flow_id),
                    bindings.get(claim.res_id),
                    remote_ids[claim.id],
                )

    def _resolve_references(self, claims, payloads):
        """Return ``{claim id: {Reference: RemoteId}}`` of the claims that need not wait for other records."""
        references = {
            claim.id: self.adapter.references(claim.event_type, payloads[claim.id])
            for claim in claims
            if claim.id in payloads
        }
        dependencies = Dependencies(self.connector, {one for each in references.values() for one in each})
        resolved = {}
        for claim in claims:
            try:
                if claim.id in references:
                    resolved[claim.id], left_out = dependencies.remote_ids(references[claim.id], claim.lane)
                    self._warn(claim, left_out)
            except DependencyError as error:
                self.waits[claim.id] = error.field
                self._decide(claim, error)
            except MappingError as error:
                self._decide(claim, error)
        return resolved

    def _warn(self, claim, texts):
        if texts:
            self.warnings[claim.id] = "\n".join(filter(None, [self.warnings.get(claim.id), *texts]))

    def _record_values(self, res_model, claims):
        """Return ``{record id: {path: value}}`` of the Odoo fields that field maps want of the records."""
        wanted = {claim.event_type for claim in claims}
        paths = {path: None for event_type in wanted for path in self.adapter.mapper.record_paths(event_type)}
        if not paths:
            return {}
        records = self.env[res_model].with_company(self.connector.company_id)
        records = records.browse({claim.res_id for claim in claims}).exists()
        return self.env["retail.field.map"]._record_values(records, paths)

    def _payloads(self, res_model, claims, flows):
        """Return ``{claim id: payload}``; claims without one are decided."""
        records = (
            self.env[res_model]
            .with_context(active_test=False)
            .browse({claim.res_id for claim in claims})
            .exists()
        )
        matching = {flow_id: set(flow._matching(records).ids) for flow_id, flow in flows.items()}
        states = [claim for claim in claims if claim.kind == EventKind.STATE]
        wanted = records.browse({claim.res_id for claim in states}) & records
        canonical = wanted._retail_payloads()
        payloads = {}
        for claim in claims:
            if claim.kind == EventKind.FACT:
                self._add_payload(claim, payloads, self._fact_payload, claim)
            elif claim.res_id not in canonical:
                self._prepare_deleted(claim)
            elif claim.flow_id in matching and claim.res_id not in matching[claim.flow_id]:
                self._cancel(claim, self.env._("The record is outside the filter of the flow."))
            else:
                self._add_payload(claim, payloads, self._state_payload, claim, *canonical[claim.res_id])
        return payloads

    def _prepare_deleted(self, claim):
        """Look for what may have been made of a record that is gone: the erasure or merge to follow needs it."""
        sought = self.env["retail.delivery.attempt"]._sought(self.connector, claim.res_model, [claim.res_id])
        prepared = None
        if sought and isinstance(self.adapter, Finder):
            item = Item(str(claim.id), claim.event_type, {}, self._keys(claim, None), claim.uuid)
            prepared = self.adapter.prepare_search(item, *sought[claim.res_id])
        if prepared is None:
            self._cancel_deleted(claim)
            return
        self.prepared[claim.id] = prepared
        self.searches.add(claim.id)

    def _add_payload(self, claim, payloads, build, *args):
        try:
            payloads[claim.id] = build(*args)
        except RemoteError as error:
            self._decide(claim, error)

    def _state_payload(self, claim, payload, warnings):
        if isinstance(payload, Exception):
            raise self._payload_error(claim, payload) from payload
        self.warnings[claim.id] = "\n".join(warnings)
        return payload

    def _payload_error(self, claim, error):
        """Say which field keeps a record from its canonical form; what nobody foresaw is in the server log."""
        if isinstance(error, pydantic.ValidationError):
            text = error_text(error)
            return MappingError(text, code="CANONICAL_FORM", field=text.partition(":")[0])
        _logger.error("No payload for delivery %s", claim.id, exc_info=error)
        message = self.env._("The record could not be read; the server log has the details.")
        return MappingError(message, code="PAYLOAD_FAILED")

    def _fact_payload(self, claim):
        payload = claim.payload if claim.payload is not None else self._late_snapshot(claim)
        return effect_of(self.connector, claim.event_type, claim.res_model).complete(payload)

    def _late_snapshot(self, claim):
        """Build, and keep, what could not be built when it happened.

        :raise MappingError: it still cannot be
        """
        record = self.env[claim.res_model].browse(claim.res_id).exists()
        if not record:
            raise MappingError(self.env._("The record was deleted before it was sent."), code="RECORD_GONE")
        try:
            payload = record._retail_canonical(claim.event_type, claim.details or {}).canonical()
        except psycopg2.Error:
            raise
        except Exception as error:
            raise self._payload_error(claim, error) from error
        event = self.env["retail.event"].search([("uuid", "=", claim.uuid)])
        event.write({"payload": payload, "payload_error": False})
        return payload

    def _prepare_claim(self, claim, payload, values, flow, binding, remote_ids):
        if isinstance(values, Exception):
            message = self.env._("Fields of the record could not be read; the server log has the details.")
            self._decide(claim, MappingError(message, code="FIELD_MAP"))
            return
        item = Item(
            trace_id=str(claim.id),
            event_type=claim.event_type,
            data=payload,
            keys=self._keys(claim, flow),
            idempotency_key=claim.uuid,
            remote_id=_remote_id(claim, binding),
            in_doubt=claim.is_in_doubt,
            occurred_at=claim.occurred_at,
            subject=f"{claim.res_model}/{claim.res_id}",
            correlation_id=claim.correlation_id or "",
            causation_id=claim.causation_id or "",
            replay_id=str(claim.id) if claim.is_replay else "",
            remote_ids=remote_ids,
            remote_object=binding.remote_object if binding else "",
            checkpoint=claim.checkpoint or {},
            record_values=values,
        )
        try:
            prepared = self._prepare_item(item)
        except RemoteError as error:
            self._decide(claim, error)
            return
        if self._is_known_to_remote(claim, prepared, binding):
            self.decisions[claim.id] = (Decision(State.DELIVERED, claim.attempts), None)
            return
        self.prepared[claim.id] = prepared

    def _prepare_item(self, item):
        try:
            return self.adapter.prepare(item)
        except RemoteError:
            raise
        except Exception as error:  # an adapter may be anybody's: its mistake must not stop the other items
            _logger.exception(
                "The adapter of connector %s could not prepare %s", self.connector.id, item.trace_id
            )
            raise MappingError(
                self.env._("The adapter failed; the server log has the details."), code=ADAPTER_FAILED
            ) from error

    def _keys(self, claim, flow):
        if flow is None:
            return self.connector._get_provider().keys_for(claim.event_type)
        return MatchKeys(flow.key_property or "", flow.fallback_key_property or "")

    def _is_known_to_remote(self, claim, prepared, binding):
        is_skippable = claim.kind == EventKind.STATE and not claim.is_manual and not claim.is_in_doubt
        return (
            is_skippable and binding is not None and binding.sent_hash == comparable_hash(prepared.comparable)
        )

    def _new_key(self, claim_id):
        """Return the hash of the natural key by which the remote will make a record, None if it will not."""
        prepared = self.prepared[claim_id]
        return key_hash(prepared.key) if prepared.key and not prepared.item.remote_id else None

    def refuse_shared_keys(self):
        """No two records may be linked to one remote record by the same natural key.

        A transaction of its own, after the attempts are committed: whoever had an attempt with the same key
        has either linked its record by now, which this transaction sees, or still holds up ours.
        """
        for res_model in {self.claims[claim_id].res_model for claim_id in self.prepared}:
            self._refuse_shared_keys(res_model)

    def _refuse_shared_keys(self, res_model):
        keys = {
            claim_id: self._new_key(claim_id)
            for claim_id in self.prepared
            if self.claims[claim_id].res_model == res_model
        }
        keys = {claim_id: key for claim_id, key in keys.items() if key}
        holders = self.env["retail.binding"]._key_holders(self.connector, res_model, set(keys.values()))
        living = set(self.env[res_model].browse(holders.values()).exists().ids)
        for claim_id, key in keys.items():
            holder = holders.get(key)
            claim = self.claims[claim_id]
            if holder in living and holder != claim.res_id:
                if claim_id in self.searches:  # what would be found is another record's
                    self._cancel_deleted(claim)
                else:
                    self._decide(claim, self._shared_key_error(res_model, holder), final=True)
                self.env["retail.delivery.attempt"].browse(self.attempt_ids.get(claim_id)).unlink()

    def _shared_key_error(self, res_model, holder):
        message = self.env._(
            "%(model)s %(holder)s is already linked to the remote record with this key."
            " Merge the two, or give this one another key.",
            model=self.env["ir.model"]._get(res_model).name,
            holder=f"#{holder}",
        )
        return ConflictError(message, code="SHARED_KEY")

    def _attempt_row(self, claim, prepared):
        request = json.dumps(masked_request(prepared), ensure_ascii=False)
        key = self._new_key(claim.id)
        used = f"{self.connector.id}:{claim.res_model}:{key}" if key else None
        natural_key = prepared.key if key and claim.id not in self.searches else None
        return (
            claim.id,
            claim.attempts + 1,
            claim.is_manual,
            request,
            natural_key,
            used,
        )

    # -- send --------------------------------------------------------------------------------------

    def send(self):
        """Send what was prepared; remember one outcome for each."""
        batch = [prepared for claim_id, prepared in self.prepared.items() if claim_id not in self.decisions]
        in_doubt = [prepared for prepared in batch if prepared.item.in_doubt]
        fresh = [prepared for prepared in batch if not prepared.item.in_doubt]
        self.outcomes = self._call(self.adapter.resolve, in_doubt) + self._call(self.adapter.send, fresh)

    def _call(self, send, batch):
        if not batch:
            return []
        try:
            return send(batch)
        except Exception:  # an adapter may be anybody's: its mistakes must not lose or block deliveries
            _logger.exception("The adapter of connector %s failed", self.connector.id)
            error = TransientError(
                self.env._("The adapter failed; the server log has the details."),
                code=ADAPTER_FAILED,
                uncertain=True,
            )
            return [Outcome(prepared.item.trace_id, error=error) for prepared in batch]

    # -- record ------------------------------------------------------------------------------------

    def record(self):
        """Write what became of each delivery: state, attempt, binding."""
        for outcome in self.outcomes:
            claim = self.claims[int(outcome.trace_id)]
            self.checkpoint[claim.id] = outcome.checkpoint
            if claim.id in self.searches and outcome.error is None:
                self._cancel_deleted(claim)
            else:
                self._decide(claim, outcome.error)
        self._look_again_for_waits()
        self.env["retail.delivery"]._record([self._delivery_row(claim) for claim in self.claims.values()])
        self.env["retail.delivery.attempt"]._finish(
            [self._finished_row(outcome) for outcome in self.outcomes]
        )
        self._bind()
        self._finish_facts()

    def _look_again_for_waits(self):
        """What was waited for may have arrived since, before anybody could see who waits for it."""
        by_model = defaultdict(dict)
        for claim_id, name in self.waits.items():
            res_model, _comma, res_id = name.partition(",")
            by_model[res_model].setdefault(int(res_id), []).append(claim_id)
        for res_model, claim_ids in by_model.items():
            bindings = self.env["retail.binding"]._by_record(self.connector, res_model, claim_ids)
            for res_id, bound in bindings.items():
                for claim_id in () if bound.is_not_found else claim_ids[res_id]:
                    decision, error = self.decisions[claim_id]
                    self.decisions[claim_id] = (replace(decision, delay=0.0), error)

    def _decide(self, claim, error, final=False):
        decision = decide(error, claim.attempts, claim.is_in_doubt)
        self.decisions[claim.id] = (replace(decision, state=State.DEAD) if final else decision, error)

    def _cancel_deleted(self, claim):
        self._cancel(claim, self.env._("The record was deleted before it was sent."))

    def _cancel(self, claim, reason):
        self.decisions[claim.id] = (Decision(State.CANCELLED, claim.attempts), None)
        self.warnings[claim.id] = reason

    def _delivery_row(self, claim):
        decision, error = self.decisions[claim.id]
        fields_at_fault = (None, None, None, None, None)
        if error is not None:
            group = fingerprint(self.connector.name, error.error_class, error.code, error.field)
            fields_at_fault = (
                error.error_class.value,
                error.code,
                error.field,
                self._masked_message(claim.id, error),
                group,
            )
        return (
            claim.id,
            claim.lease_until,
            decision.state.value,
            decision.delay,
            decision.attempts,
            *fields_at_fault,
            self.warnings.get(claim.id) or None,
            self.waits.get(claim.id),
            self._checkpoint(claim),
        )

    def _checkpoint(self, claim):
        """Return what the next try is to know of this one, or of the one before if nothing was sent: JSON text."""
        checkpoint = self.checkpoint.get(claim.id, claim.checkpoint)
        is_open = self.decisions[claim.id][0].state in OPEN_STATES
        return json.dumps(checkpoint) if checkpoint and is_open else None

    def _masked_message(self, claim_id, error):
        """Return the error's text without the personal data that the remote may quote of what was sent."""
        text = redact_text(error.message)
        prepared = self.prepared.get(claim_id)
        for value in named_values(prepared.body, prepared.personal) if prepared else ():
            text = text.replace(value, MASK)
        return text

    def _finished_row(self, outcome):
        error = outcome.error
        response = json.dumps(redact(outcome.response), ensure_ascii=False) if outcome.response else None
        attempt_id = self.attempt_ids[int(outcome.trace_id)]
        if error is None:
            return attempt_id, "succeeded", outcome.http_status, None, None, None, response, None
        state = "unknown" if error.uncertain else "failed"
        status = error.http_status or outcome.http_status
        return (
            attempt_id,
            state,
            status,
            error.error_class.value,
            error.code,
            self._masked_message(int(outcome.trace_id), error),
            response,
            json.dumps(property_digests(self.prepared[int(outcome.trace_id)])[0]),
        )

    def _bind(self):
        bindings = self.env["retail.binding"]
        delivered = [outcome for outcome in self.outcomes if outcome.error is None]
        bound = [row for row in map(self._binding_row, delivered) if row]
        bindings._bind(self.connector, bound)
        self.env["retail.delivery"]._end_waits(
            self.connector, [f"{res_model},{res_id}" for res_model, res_id, *_rest in bound]
        )
        for res_model, res_id in self._not_found_at_remote():
            bindings._mark_not_found(self.connector, res_model, res_id)
        done = [
            claim_id
            for claim_id, (decision, _error) in self.decisions.items()
            if decision.state is State.DELIVERED
        ]
        self.env["retail.delivery"]._supersede_dead(done)

    def _not_found_at_remote(self):
        """Yield (model, id) of the records whose remote record turned out to be gone: then Resync makes it anew."""
        for outcome in self.outcomes:
            claim_id = int(outcome.trace_id)
            if isinstance(outcome.error, RemoteNotFoundError):
                yield self.claims[claim_id].res_model, self.claims[claim_id].res_id
            elif isinstance(outcome.error, ReferenceNotFoundError):
                for reference, remote in self.prepared[claim_id].item.remote_ids.items():
                    if remote.id == outcome.error.remote_id:
                        yield reference.model, reference.id

    def _binding_row(self, outcome):
        claim = self.claims[int(outcome.trace_id)]
        prepared = self.prepared[claim.id]
        remote_id = outcome.remote_id or prepared.item.remote_id
        if not remote_id or not (claim.kind == EventKind.STATE or prepared.is_subject):
            return None
        hashed_key = key_hash(prepared.key) if prepared.key else None
        return (
            claim.res_model,
            claim.res_id,
            remote_id,
            hashed_key,
            comparable_hash(prepared.comparable),
            prepared.object,
        )

    def _finish_facts(self):
        for outcome in self.outcomes:
            claim = self.claims[int(outcome.trace_id)]
            if claim.kind == EventKind.FACT and outcome.error is None:
                effect = effect_of(self.connector, claim.event_type, claim.res_model)
                effect.delivered(claim.payload, outcome.remote_id)

    def record_health(self):
        """Pause the connector if its credentials were refused or the remote asked to wait."""
        errors = [outcome.error for outcome in self.outcomes if outcome.error is not None]
        refused = next((error for error in errors if isinstance(error, AuthError)), None)
        if refused and not self._is_renewable():
            self.connector._need_attention(refused.message)
        quotas = [
            error.retry_after or DEFAULT_QUOTA_DELAY
            for error in errors
            if isinstance(error, QuotaError) and error.code != OWN_LIMIT
        ]
        if quotas:
            self.connector._throttle(max(quotas))
        dead = [id for id, (decision, _error) in self.decisions.items() if decision.state is State.DEAD]
        self.env["retail.delivery"].browse(dead)._report_failed(self.connector)

    def _is_renewable(self):
        """Tell whether the next drain has another token than the one that was refused."""
        self.needs_adapter = self.connector._has_other_token(
            self.adapter.settings.credentials.get("access_token")
        )
        return self.needs_adapter

    def answers(self):
        """Return (deliveries that the remote answered, those that it did not, why not)."""
        sent = [outcome.error for outcome in self.outcomes if outcome.error is None or outcome.error.is_sent]
        failures = [error for error in sent if isinstance(error, TransientError)]
        answered = sum(not isinstance(error, (TransientError, QuotaError)) for error in sent)
        return answered, len(failures), redact_text(failures[0].message) if failures else ""


def _remote_id(claim, binding):
    """A person who sends again a record that is gone at the remote wants it to be found or made anew."""
    if binding is None or (binding.is_not_found and claim.is_manual):
        return None
    return binding.remote_id
