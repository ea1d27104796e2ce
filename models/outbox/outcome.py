"""Recording the outcomes of a batch: states, attempts and bindings, and then the health of the connector."""

import json
from collections import defaultdict

from ...core import remote_data
from ...core.const import State
from ...core.errors import (
    OWN_LIMIT,
    AuthError,
    ConflictError,
    QuotaError,
    ReferenceNotFoundError,
    RemoteNotFoundError,
    TransientError,
)
from ...core.policy import DEFAULT_QUOTA_DELAY, fingerprint
from ...core.redaction import redact, redact_text
from ...schemas.subjects import model_of
from .alias import AliasRow
from .attempt_snapshot import key_hash, property_digests
from .dependencies import bound_records, queue_state
from .effects import effect_of
from .merged_there import MergedThere
from .relink import relink
from .rows import BindingRow, DeliveryRow, FinishedAttempt
from .shared_keys import alias_warning, released_keys
from .taken import decide_taken


class OutcomeRecorder:
    """Records the outcomes of a batch.

    :param deliveries: a list of :class:`~.outgoing.OutgoingDelivery`
    """

    def __init__(self, connector, deliveries):
        self.env = connector.env
        self.connector = connector
        self.deliveries = deliveries
        self.sent = [each for each in deliveries if each.outcome]

    def record(self):
        """Decide the next state of each delivery, and write all changes. Safe to repeat after a rollback."""
        for each in self.sent:
            self._decide(each)
        arrived = [each for each in self.sent if each.outcome.error is None]
        bound = self._bind(arrived)
        self._store_attempted_links()
        bound += self._put_aliases()
        self._end_aliases(arrived)
        self._relink(arrived)
        self._look_again_for_waits()
        recorded = self.env["retail.delivery"]._record([self._delivery_row(each) for each in self.deliveries])
        self.env["retail.delivery.attempt"]._finish([_finished_attempt(each) for each in self.sent])
        self._end_waits(bound, recorded)
        self._mark_not_found()
        self._supersede_dead(recorded)
        self._finish_facts()
        self.env["retail.delivery"]._after_arrival(self.connector, arrived)

    def _decide(self, delivery):
        if delivery.sought and delivery.outcome.error is None:
            delivery.cancel(self.env._("The record was deleted before it was sent."))
        elif delivery.is_partial and delivery.outcome.error is None:
            delivery.send_again()
        else:
            delivery.decide(delivery.outcome.error)
            decide_taken(self.connector, delivery)

    def _look_again_for_waits(self):
        """End waits for records that arrived meanwhile: whoever delivered them could not see these waits yet."""
        by_model = defaultdict(lambda: defaultdict(list))
        for each in self.deliveries:
            if each.waits_for:
                res_model, _comma, res_id = each.waits_for.partition(",")
                by_model[res_model][int(res_id)].append(each)
        for res_model, waiting in by_model.items():
            primaries, bindings = bound_records(self.connector, res_model, waiting)
            for res_id, deliveries in waiting.items():
                bound = bindings.get(primaries.get(res_id, res_id))
                for each in deliveries if bound and not bound.is_not_found else ():
                    if each.key_in_use is None or each.key_in_use != bound.key_hash:
                        each.end_wait()

    def _delivery_row(self, delivery):
        claim, decision, error = delivery.claim, delivery.decision, delivery.error
        row = DeliveryRow(
            claim.id,
            claim.lease_until,
            decision.state.value,
            decision.delay,
            decision.attempts,
            warning=delivery.warning,
            waits_for=delivery.waits_for,
            checkpoint=delivery.checkpoint,
            conflicts_with=delivery.conflicts_with,
        )
        if error is None:
            return row
        return row._replace(
            error_class=error.error_class.value,
            error_code=error.code,
            error_field=error.field,
            error_message=delivery.masked_message,
            fingerprint=fingerprint(self.connector.name, error.error_class, error.code, error.field),
        )

    # -- bindings ----------------------------------------------------------------------------------

    def _bind(self, arrived):
        """Bind what arrived. An item fails if its remote record is that of another Odoo record of the model.

        :return: ``model,id`` of the records that are bound
        """
        MergedThere(self.connector, arrived).share()
        rows = {each: row for each in arrived if (row := _binding_row(each))}
        links = {
            (row.remote_id, row.remote_object, row.res_model): each for each, row in reversed(rows.items())
        }
        firsts = set(links.values())
        alone = [row for each, row in rows.items() if each in firsts or not row.is_new_link]
        bound = self.env["retail.binding"]._bind(self.connector, alone)
        shared = {each: row for each, row in rows.items() if (row.res_model, row.res_id) not in bound}
        refused = {each for each, row in shared.items() if not self._bind_shared(each, row)}
        return [f"{row.res_model},{row.res_id}" for each, row in rows.items() if each not in refused]

    def _bind_shared(self, delivery, row):
        """Bind a record to the remote record of another one, if that does not exist any more.

        :return: whether it is bound
        """
        bindings = self.env["retail.binding"]
        others = bindings._linked_to(self.connector, row)
        if not others:
            bindings._bind(self.connector, [row._replace(is_new_link=False)])
        elif not delivery.sought:  # else nothing was sent: what was found is the other record's
            others.sent_hash = False  # its content at the remote may have been replaced
            self._share_or_refuse(delivery, row, others[0])
        return not others

    def _share_or_refuse(self, delivery, row, other):
        records = self.env[row.res_model]
        if not records._retail_may_share:
            delivery.refuse(self._shared_record_error(row, other), other.res_id)
            return
        self.env["retail.binding"]._of_records(self.connector, row.res_model, [row.res_id]).unlink()
        self.env["retail.alias"]._pass_on(self.connector, row.res_model, row.res_id, other.res_id)
        warning = alias_warning(self.env, row.res_model, other.res_id)
        delivery.share(other.res_id, row.key_hash, True, warning)
        queue_state(self.connector, records.browse(other.res_id), delivery.claim.lane)

    def _store_attempted_links(self):
        """Keep what failed attempts may have linked: if Odoo no longer has such a link later, it must be ended."""
        for each in self.sent:
            if each.outcome.error and each.binding and each.prepared.links:
                claim = each.claim
                bindings = self.env["retail.binding"]
                bindings._of_records(self.connector, claim.res_model, [claim.res_id])._add_links(
                    each.prepared.links
                )

    # -- aliases -----------------------------------------------------------------------------------

    def _end_aliases(self, arrived):
        """Forget what records were aliases of that are bound now, and send those whose key is free now."""
        aliases = self.env["retail.alias"]
        for each in arrived:
            if each.alias and not each.shared_with and not each.left_to and each.error is None:
                aliases._of_records(self.connector, each.claim.res_model, [each.claim.res_id]).unlink()
        for res_model, ids in _changed(arrived).items():
            if self.env[res_model]._retail_may_share:
                aliases._resend_refused(self.connector, res_model, ids)
        for res_model, keys in released_keys(arrived).items():
            if self.env[res_model]._retail_may_share:
                aliases._release(self.connector, res_model, keys)

    def _put_aliases(self):
        """Store which records are aliases now.

        :return: ``model,id`` of each
        """
        found = {each: each.shared_with or each.left_to for each in self.deliveries}
        rows = [
            AliasRow(each.claim.res_model, each.claim.res_id, *alias)
            for each, alias in found.items()
            if alias
        ]
        self.env["retail.alias"]._put(self.connector, rows)
        return [f"{row.res_model},{row.res_id}" for row in rows if not row.is_partial]

    def _relink(self, arrived):
        """Have what refers to a record linked to its new remote record, if it had another one or shared it."""
        for each in arrived:
            if each.error is None and not each.is_fact and not each.shared_with and _is_another(each):
                records = self.env[each.claim.res_model]
                relink(self.connector, records.browse(each.claim.res_id))

    # -- facts and failures ------------------------------------------------------------------------

    def _shared_record_error(self, row, other):
        records = self.env[row.res_model]
        message = self.env._(
            "%(record)s was sent to the remote record %(remote_id)s, which is already linked to %(other)s, and may"
            " have overwritten it. Merge the two records in Odoo; or correct what they share, such as the email"
            " address, then replay this event and resync %(other)s.",
            record=records.browse(row.res_id)._retail_reference(),
            remote_id=row.remote_id,
            other=records.browse(other.res_id)._retail_reference(),
        )
        return ConflictError(message, code="SHARED_RECORD")

    def _mark_not_found(self):
        """Mark bindings whose remote record was not found, so that a resync creates the record again."""
        for each in self.sent:
            for res_model, res_id in _not_found(each):
                self.env["retail.binding"]._mark_not_found(self.connector, res_model, res_id)

    def _end_waits(self, bound, recorded):
        """End the waits for records that are bound, also those that began in this batch."""
        awaited = {each.waits_for for each in self.deliveries}
        for each in self.deliveries:
            found = recorded.get(each.claim.id)
            if found is None or found.is_awaited:
                awaited.add(f"{each.claim.res_model},{each.claim.res_id}")
        self.env["retail.delivery"]._end_waits(self.connector, awaited.intersection(bound))

    def _supersede_dead(self, recorded):
        delivered = [each.claim.id for each in self.deliveries if each.decision.state is State.DELIVERED]
        with_dead = [id_ for id_ in delivered if id_ in recorded and recorded[id_].has_dead]
        if with_dead:
            self.env["retail.delivery"]._supersede_dead(with_dead)

    def _finish_facts(self):
        for each in self.sent:
            if each.is_fact and each.error is None:
                effect = effect_of(self.connector, each.claim.event_type, each.claim.res_model)
                effect.delivered(each.payload, each.outcome.remote_id)


def makes_links(deliveries):
    """Return whether recording these deliveries links an Odoo record to a remote record that it was not linked to."""
    rows = (_binding_row(each) for each in deliveries if each.outcome and each.outcome.error is None)
    return any(row and row.is_new_link for row in rows)


def _finished_attempt(delivery):
    outcome, error = delivery.outcome, delivery.error or delivery.outcome.error
    response = None
    if outcome.response:
        response = json.dumps(redact(remote_data.values(outcome.response)), ensure_ascii=False)
    if error is None:
        return FinishedAttempt(
            delivery.attempt_id, "succeeded", outcome.http_status, response, calls=delivery.calls_json
        )
    return FinishedAttempt(
        delivery.attempt_id,
        "unknown" if error.uncertain else "failed",
        error.http_status or outcome.http_status,
        response,
        error.error_class.value,
        error.code,
        delivery.masked_message,
        json.dumps(property_digests(delivery.prepared)[0]),
        delivery.calls_json,
    )


def _binding_row(delivery):
    """Return the :class:`~.rows.BindingRow` of a delivery that arrived; None if it links its record to nothing."""
    claim, prepared = delivery.claim, delivery.prepared
    remote_id = delivery.outcome.remote_id or prepared.item.remote_id
    is_subject = not delivery.is_fact if prepared.is_subject is None else prepared.is_subject
    if not remote_id or not is_subject:
        return None
    return BindingRow(
        claim.res_model,
        claim.res_id,
        remote_id,
        key_hash(prepared.key) if prepared.key else None,
        None if delivery.left_to else delivery.content_hash,
        prepared.object,
        is_new_link=delivery.binding is None or delivery.binding.remote_id != remote_id,
        company_id=claim.company_id,
        links=None if prepared.links is None else json.dumps(prepared.links),
    )


def _is_another(delivery):
    """Return whether the remote record is another one than what refers to the Odoo record was linked to before."""
    if delivery.prepared.item.remote_id:
        return False  # where records are merged, the remote system moves their links
    was_shared = delivery.alias is not None and not delivery.alias.is_partial
    return was_shared or delivery.binding is not None


def _changed(deliveries):
    """Return ``{model: ids}`` of the records whose remote record has other content now than before."""
    changed = defaultdict(list)
    for each in deliveries:
        known = each.binding and each.binding.sent_hash
        if known and not each.is_fact and known != each.content_hash:
            changed[each.claim.res_model].append(each.claim.res_id)
    return changed


def _not_found(delivery):
    """Yield (model, id) of the records that the remote reported as not found."""
    error = delivery.outcome.error
    if isinstance(error, RemoteNotFoundError):
        yield delivery.claim.res_model, delivery.claim.res_id
    elif isinstance(error, ReferenceNotFoundError):
        for reference, remote in delivery.item.remote_ids.items():
            if remote.id == error.remote_id:
                yield model_of(reference.kind, reference.channel), reference.id


# -- health ----------------------------------------------------------------------------------------


def record_health(connector, adapter, deliveries):
    """Pause the connector if its credentials were refused, or for as long as the remote requested.

    :return: whether the adapter's access token was refused and the connector has another one
    """
    errors = [each.outcome.error for each in deliveries if each.outcome and each.outcome.error]
    has_new_token = False
    refused = next((error for error in errors if isinstance(error, AuthError)), None)
    if refused:
        has_new_token = connector._has_other_token(adapter.settings.credentials.get("access_token"))
        if not has_new_token:
            connector._need_attention(refused.message)
    quotas = [
        error.retry_after or DEFAULT_QUOTA_DELAY
        for error in errors
        if isinstance(error, QuotaError) and error.code != OWN_LIMIT
    ]
    if quotas:
        connector._throttle(max(quotas))
    dead = [each.claim.id for each in deliveries if each.is_dead]
    connector.env["retail.delivery"].browse(dead)._report_failed(connector)
    return has_new_token


def answers(deliveries):
    """Return (number of calls that the remote answered, number that it did not, the first failure's message)."""
    errors = [each.outcome.error for each in deliveries if each.outcome]
    sent = [error for error in errors if error is None or error.is_sent]
    failures = [error for error in sent if isinstance(error, TransientError)]
    answered = sum(not isinstance(error, (TransientError, QuotaError)) for error in sent)
    return answered, len(failures), redact_text(failures[0].message) if failures else ""
