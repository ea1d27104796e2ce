"""Dependencies: records that must be at the remote before a delivery is sent, such as an order's customer."""

from collections import defaultdict
from dataclasses import replace

from odoo.fields import Domain

from ...connectors.items import RemoteId
from ...core.const import OPEN_STATES, EventKind, State
from ...core.errors import DependencyError, MappingError
from ...schemas.subjects import model_of
from ..source.capture import CapturedEvent
from .merged import survivors


class Dependencies:
    """The records to which the deliveries of one batch refer.

    :param references: a set of :class:`~...connectors.items.Reference`
    """

    def __init__(self, connector, references):
        self.env = connector.env
        self.connector = connector
        self._remote_ids = {}
        self._current = {}  # (model, id) of each record that exists, or was merged -> id of the record it is now
        by_model = defaultdict(set)
        for reference in references:
            by_model[_model(reference)].add(reference.id)
        for model, ids in by_model.items():
            self._look_up(model, ids)

    def _look_up(self, model, ids):
        existing = set(self.env[model].browse(ids).exists().ids)
        merged = survivors(self.env, model, ids - existing)
        current_ids = {id_: merged.get(id_, id_) for id_ in (*existing, *merged)}
        primaries, bindings = bound_records(self.connector, model, current_ids.values())
        for id_, current_id in current_ids.items():
            current = primaries.get(current_id, current_id)
            bound = bindings.get(current)
            self._current[model, id_] = current
            if bound and not bound.is_not_found:
                self._remote_ids[model, id_] = RemoteId(bound.remote_id, bound.remote_object)

    def remote_ids(self, references, lane):
        """Return (``{Reference: RemoteId}``, warnings about optional records that are left out).

        A record that was merged stands for the one it was merged into. A record that was never sent to the connector
        is queued in ``lane``.

        :raise DependencyError: a record is not there yet; ``field`` names it, such as ``res.partner,7``
        :raise MappingError: no flow sends a required record
        """
        found, left_out = {}, []
        for reference in references:
            key = (_model(reference), reference.id)
            if key in self._remote_ids:
                found[reference] = self._remote_ids[key]
            elif key in self._current:
                left_out.append(self._wait_or_go_without(self._as_it_is_now(reference), lane))
            else:
                left_out.append(self._deleted(reference))
        return found, left_out

    def _as_it_is_now(self, reference):
        return replace(reference, id=self._current[_model(reference), reference.id])

    def _deleted(self, reference):
        name = self.env[_model(reference)].browse(reference.id)._retail_reference()
        return self.env._("%(name)s was deleted. This was sent without it.", name=name)

    def _wait_or_go_without(self, reference, lane):
        try:
            self._wait(reference, lane)
        except MappingError as error:
            if reference.is_required:
                raise
            return error.message

    def _wait(self, reference, lane):
        record = self.env[_model(reference)].browse(reference.id).with_context(active_test=False)
        name = record._retail_reference()
        last = self._last_delivery(reference)
        if last.state not in OPEN_STATES:
            self._check_is_sent(record, name, last)
        if last.state == State.DEAD:
            message = self.env._(
                "Waiting for %(name)s, which has failed and must be repaired first.", name=name
            )
        else:
            message = self.env._("Waiting for %(name)s, which must arrive first.", name=name)
        if last.state not in (*OPEN_STATES, State.DEAD):
            self._queue(record, name, lane)
        raise DependencyError(message, code="WAITS_FOR", field=f"{record._name},{record.id}")

    def _check_is_sent(self, record, name, last):
        """Check that the record is sent as it is now, whatever happened to its last delivery.

        What a user has discarded is not sent before it changes.

        :raise MappingError: it is not sent
        """
        if last.discard_reason and not record._retail_has_changed(last.finished_at):
            why = self.env._("A user has discarded it.")
        elif self._is_excluded(record):
            why = self.env._("The record does not match the filter of the flow.")
        else:
            return
        message = self.env._("%(name)s must be sent first, but was not sent: %(why)s", name=name, why=why)
        raise MappingError(message, code="NOT_SENT")

    def _is_excluded(self, record):
        """Return whether flows would send the record, but their filters leave it out."""
        routes = self.env["retail.flow"]._routes().get(record._retail_updated_event, ())
        flow_ids = [route.flow_id for route in routes if route.connector_id == self.connector.id]
        flows = self.env["retail.flow"].browse(flow_ids)
        return bool(flows) and not any(flow._matching_or_all(record) for flow in flows)

    def _last_delivery(self, reference):
        """Return the delivery that decides whether the record will arrive: its newest state, or an undelivered fact."""
        unfinished = [*(each.value for each in OPEN_STATES), State.DEAD.value]
        return self.env["retail.delivery"].search(
            Domain(
                [
                    ("connector_id", "=", self.connector.id),
                    ("res_model", "=", _model(reference)),
                    ("res_id", "=", reference.id),
                ]
            )
            & (Domain("kind", "=", EventKind.STATE.value) | Domain("state", "in", unfinished)),
            order="id desc",
            limit=1,
        )

    def _queue(self, record, name, lane):
        if not queue_state(self.connector, record, lane):
            message = self.env._("%(name)s must be sent first, but no active flow sends it.", name=name)
            raise MappingError(message, code="NOT_SENT")


def bound_records(connector, res_model, ids):
    """Return (``{id of an alias: id of its primary}``, ``{id: Bound}`` of the records and primaries that are bound)."""
    bindings = connector.env["retail.binding"]
    bound = bindings._by_record(connector, res_model, ids)
    unbound = set(ids) - bound.keys()
    # A delivery may also wait for a flow that cannot be evaluated, which is no captured record.
    if not unbound or not getattr(connector.env[res_model], "_retail_may_share", False):
        return {}, bound
    aliases = connector.env["retail.alias"]._by_record(connector, res_model, unbound)
    primaries = {id_: alias.primary_id for id_, alias in aliases.items()}
    bound |= (
        bindings._by_record(connector, res_model, set(primaries.values()) - bound.keys()) if primaries else {}
    )
    return {id_: primary for id_, primary in primaries.items() if primary in bound}, bound


def queue_state(connector, record, lane):
    """Queue the state of a record for a connector.

    :return: the number of deliveries; None or 0 if no active flow sends it
    """
    event_type = record._retail_updated_event
    if not event_type or not record._retail_with_state(event_type):
        return None
    event = CapturedEvent(event_type, record.id)
    return connector.env["retail.event"]._insert(record._name, [event], connectors=connector, lane=lane)


def _model(reference):
    return model_of(reference.kind, reference.channel)
