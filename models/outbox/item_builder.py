"""Building the items of deliveries, from the current values of the records."""

import logging
from itertools import groupby

import psycopg2
import pydantic

from ...connectors.base import Finder
from ...connectors.items import Item
from ...core.errors import BusinessError, DependencyError, FlowFaultError, MappingError, RemoteError
from ...core.tracebacks import without_values
from ...schemas.base import error_text
from ...schemas.subjects import line_key, record_key, subject_of
from .dependencies import Dependencies
from .effects import effect_of

_logger = logging.getLogger(__name__)


class ItemBuilder:
    """Builds the items of one connector's deliveries, a model at a time.

    It may write: the payload of a fact that could not be built before, and deliveries of records that others depend on.
    A preview rolls that back.
    """

    def __init__(self, connector, adapter, faults=()):
        self.connector = connector._for_its_companies()
        self.env = self.connector.env
        self.adapter = adapter
        self.faults = {fault.flow_id: fault for fault in faults}

    def build(self, deliveries):
        """Give each :class:`~.outgoing.OutgoingDelivery` its item.

        What cannot go out is decided; it has an item all the same if its payload could be built.

        :raise FlowFaultError: a flow that is not among ``faults`` cannot be evaluated; the transaction may be aborted
        """
        for each in deliveries:
            if fault := self.faults.get(each.claim.flow_id):
                each.wait_for(fault)
        deliveries = [each for each in deliveries if each.decision is None]
        ordered = sorted(deliveries, key=_model_of)
        for res_model, of_model in groupby(ordered, key=_model_of):
            self._build_model(res_model, list(of_model))

    def _build_model(self, res_model, deliveries):
        self._add_payloads(res_model, deliveries)
        self.connector._hold_back([each for each in deliveries if each.decision is None])
        found = [each for each in deliveries if each.payload is not None]
        if not found:
            return
        values = self._record_values(res_model, found)
        ids = {each.claim.res_id for each in found}
        bindings = self.env["retail.binding"]._by_record(self.connector, res_model, ids)
        remote_ids = self._resolve_references([each for each in found if each.decision is None])
        for each in found:
            each.binding = bindings.get(each.claim.res_id)
            each.item = self._item(
                each,
                self._values_of(each, values),
                remote_ids.get(each.claim.id, {}),
            )

    def _item(self, delivery, values, remote_ids):
        claim, binding = delivery.claim, delivery.binding
        return Item(
            trace_id=str(claim.id),
            event_type=claim.event_type,
            data=delivery.payload,
            idempotency_key=claim.uuid,
            remote_id=_remote_id(claim, binding),
            in_doubt=claim.is_in_doubt,
            occurred_at=claim.occurred_at,
            subject=subject_of(claim.res_model, claim.res_id, delivery.payload),
            correlation_id=claim.correlation_id or "",
            causation_id=claim.causation_id or "",
            replay_id=str(claim.id) if claim.is_replay else "",
            remote_ids=remote_ids,
            remote_object=binding.remote_object if binding else "",
            checkpoint=claim.checkpoint or {},
            record_values=values,
            merged_remote_ids=delivery.merged_remote_ids,
            unreadable=delivery.unreadable,
            links=binding.links if binding else {},
            record_key=record_key(claim.res_model, claim.res_id),
            line_key=line_key(claim.res_model),
        )

    # -- payloads ----------------------------------------------------------------------------------

    def _add_payloads(self, res_model, deliveries):
        records = self.env[res_model].with_context(active_test=False)
        records = records.browse({each.claim.res_id for each in deliveries})._retail_existing()
        flows = self.env["retail.flow"].browse(
            {each.claim.flow_id for each in deliveries if each.claim.flow_id}
        )
        excluded = {flow.id: set((records - self._matching(flow, records)).ids) for flow in flows}
        states = {each.claim.res_id for each in deliveries if not each.is_fact}
        canonical = {}
        for of_company in self._by_company(records.browse(states) & records, deliveries):
            canonical |= of_company._retail_payloads()
        for each in deliveries:
            claim = each.claim
            if each.is_fact:
                self._add_payload(each, self._fact_payload, each, records)
                self._pass_on(each)
            elif claim.res_id not in canonical:
                self._seek_deleted(each)
            else:
                self._add_payload(each, self._state_payload, each, *canonical[claim.res_id])
            is_excluded = claim.res_id in excluded.get(claim.flow_id, ())
            if is_excluded and not each.sought and not self._is_owed(each):
                each.cancel(self.env._("The record does not match the filter of the flow."))

    def _readable(self, records):
        """Return the records as they are sent: without archived parts, in the language of the connector."""
        return records.with_context(active_test=True, lang=self.adapter.settings.lang or None)

    def _by_company(self, records, deliveries):
        """Return :meth:`_readable` records by company. What waits is of branches that may not be served any more."""
        branch_ids = {each.claim.company_id for each in deliveries} - {None}
        return self.connector._by_company(self._readable(records), branch_ids)

    def _is_owed(self, delivery):
        """Return whether it ends a record that the remote has: then it is sent whatever the filter says."""
        claim, payload = delivery.claim, delivery.payload
        effect = effect_of(self.connector, claim.event_type, claim.res_model)
        return delivery.is_fact and payload is not None and effect.is_owed(payload)

    def _pass_on(self, delivery):
        """Cancel the end of a remote record that another Odoo record shares."""
        claim = delivery.claim
        effect = effect_of(self.connector, claim.event_type, claim.res_model)
        heir_id = delivery.payload is not None and effect.pass_on(delivery.payload, claim.lane)
        if heir_id:
            heir = self.env[claim.res_model].browse(heir_id)
            delivery.cancel(
                self.env._("The remote record is now that of %(record)s.", record=heir._retail_reference())
            )

    def _matching(self, flow, records):
        try:
            return flow._matching(records)
        except psycopg2.OperationalError:
            raise
        except Exception as error:  # the filter may use a field that an update has removed
            raise FlowFaultError(self._filter_text(flow, records._name, error), flow.id) from error

    def _filter_text(self, flow, res_model, error):
        return self.env._(
            "The filter “Only Records” cannot be evaluated. %(problem)s",
            problem=flow._why_not_evaluated(res_model, error),
        )

    def _add_payload(self, delivery, build, *args):
        try:
            delivery.payload = build(*args)
        except RemoteError as error:
            delivery.decide(error)

    def _state_payload(self, delivery, payload, remarks):
        if isinstance(payload, Exception):
            raise self._payload_error(delivery.claim, payload) from payload
        delivery.warnings = [each.text for each in remarks]
        delivery.unreadable = frozenset(each.field for each in remarks if each.is_unreadable)
        return payload

    def _fact_payload(self, delivery, records):
        """Return the saved payload of a fact.

        :param records: those that exist
        """
        claim = delivery.claim
        payload = claim.payload if claim.payload is not None else self._late_snapshot(claim)
        payload = self._with_present_parts(claim, payload, records)
        effect = effect_of(self.connector, claim.event_type, claim.res_model)
        delivery.merged_remote_ids = effect.merged_remote_ids(payload)
        self._check_ended(claim.res_model, effect.ended_ids(payload))
        return payload

    def _with_present_parts(self, claim, payload, records):
        record = self._readable(records.browse(claim.res_id) & records).with_prefetch(records._ids)
        if not record:
            return payload
        try:
            return {**payload, **record._retail_present_parts(claim.event_type)}
        except psycopg2.Error:
            raise
        except Exception as error:
            raise self._payload_error(claim, error) from error

    def _check_ended(self, res_model, ids):
        """Check that no record which was merged or deleted may be at the remote without our knowing its remote id.

        Only for providers with objects; for others, such as webhooks, the Odoo id says which record it is.

        :raise BusinessError: an attempt to create it is in doubt, and was not looked up
        """
        if not ids or not self.adapter.mapper.provider.objects:
            return
        in_doubt = self.env["retail.delivery.attempt"]._in_doubt(self.connector, res_model, ids)
        if in_doubt:
            message = self.env._(
                "The remote system may still have a record of %(records)s: the response to its creation was lost, and"
                " it is not known whether it exists. Look for it there and delete it, then discard this event.",
                records=", ".join(self.env[res_model].browse(id_)._retail_reference() for id_ in in_doubt),
            )
            raise BusinessError(message, code="CREATION_IN_DOUBT")

    def _late_snapshot(self, claim):
        """Build and store the payload of a fact that could not be built when it happened.

        :raise MappingError: it still cannot be built
        """
        record = self._readable(self.env[claim.res_model].browse(claim.res_id).exists())
        record = record.with_company(claim.company_id or self.connector.company_id)
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

    def _payload_error(self, claim, error):
        """Return the error for a payload that cannot be built. It names the field; other exceptions are logged."""
        if isinstance(error, pydantic.ValidationError):
            field, _colon, problem = error_text(error).partition(": ")
            message = self.env._(
                "The field “%(field)s” of the record has an invalid value (%(problem)s). Correct the record.",
                field=field,
                problem=problem,
            )
            return MappingError(message, code="CANONICAL_FORM", field=field)
        _logger.error("Cannot build the payload of delivery %s\n%s", claim.id, without_values(error))
        message = self.env._("The record could not be read. See the server log for details.")
        return MappingError(message, code="PAYLOAD_FAILED")

    def _seek_deleted(self, delivery):
        """Look up the remote record that an attempt in doubt may have created for a deleted record, or cancel.

        The erasure or merge that follows needs its remote id.
        """
        claim = delivery.claim
        sought = self.env["retail.delivery.attempt"]._sought(self.connector, claim.res_model, [claim.res_id])
        delivery.sought = sought.get(claim.res_id) if isinstance(self.adapter, Finder) else None
        if delivery.sought:
            delivery.item = Item(str(claim.id), claim.event_type, {}, claim.uuid)
        else:
            delivery.cancel(self.env._("The record was deleted before it was sent."))

    # -- mapped fields and references --------------------------------------------------------------

    def _record_values(self, res_model, deliveries):
        """Return ``{record id: {path: value}}`` for the Odoo fields that the field maps use."""
        wanted = {each.claim.event_type for each in deliveries}
        record_paths = self.adapter.mapper.record_paths
        authors = self.connector._path_authors(
            (event_type, path) for event_type in wanted for path in record_paths(event_type)
        )
        if not authors:
            return {}
        records = self.env[res_model].browse({each.claim.res_id for each in deliveries}).exists()
        values = {}
        try:
            for of_company in self._by_company(records, deliveries):
                values |= self.env["retail.field.map"]._record_values(of_company, authors)
            return values
        except psycopg2.OperationalError:
            raise
        except psycopg2.Error as error:
            flow_id = next((each.claim.flow_id for each in deliveries if each.claim.flow_id), None)
            if flow_id is None:
                raise
            _logger.error("Cannot read the mapped fields of connector %s", self.connector.id, exc_info=error)
            raise FlowFaultError(self._mapping_text(authors), flow_id) from error

    def _mapping_text(self, paths):
        return self.env._(
            "One of the Odoo fields in the mapping cannot be read: %(paths)s. Upgrade the module that adds it, or"
            " switch off its line. The server log names the field.",
            paths=", ".join(paths),
        )

    def _values_of(self, delivery, values):
        """Return the Odoo fields of one record. If they could not be read, its delivery fails."""
        found = values.get(delivery.claim.res_id, {})
        if not isinstance(found, Exception):
            return found
        if delivery.decision is None:
            message = self.env._("Fields of the record could not be read. See the server log for details.")
            delivery.decide(MappingError(message, code="FIELD_MAP"))
        return {}

    def _resolve_references(self, deliveries):
        """Return ``{delivery id: {Reference: RemoteId}}``; decide deliveries that must wait for other records."""
        references = {
            each.claim.id: self.adapter.references(each.claim.event_type, each.payload) for each in deliveries
        }
        dependencies = Dependencies(self.connector, {one for each in references.values() for one in each})
        resolved = {}
        for each in deliveries:
            try:
                found, left_out = dependencies.remote_ids(references[each.claim.id], each.claim.lane)
                resolved[each.claim.id] = found
                each.warnings += left_out
            except DependencyError as error:
                each.wait_for(error)
            except MappingError as error:
                each.decide(error)
        return resolved


def _model_of(delivery):
    return delivery.claim.res_model


def _remote_id(claim, binding):
    """Return the remote id to send to. None to find or create a record again that was not found, if a user asks."""
    if binding is None or (binding.is_not_found and claim.is_manual):
        return None
    return binding.remote_id
