"""What will become of deliveries, found without a call: which will fail, and which are left out."""

from collections import Counter
from typing import NamedTuple

from odoo.fields import Domain

from ...core.const import OPEN_STATES, EventKind, State
from .claim import Claim
from .dispatch import DeliveryBatch
from .names import parse_reference


class Found(NamedTuple):
    """Numbers of deliveries by reason."""

    failing: Counter
    left_out: Counter


class Forecast:
    """Prepares deliveries of one connector as the drain does, and then the records for which they wait.

    It writes what the drain would write, such as records to be sent first: the caller rolls that back.
    """

    def __init__(self, connector, adapter):
        self.env = connector.env
        self.connector = connector
        self.adapter = adapter
        self._why_missing = {}  # "model,id" of an awaited record -> why it will not arrive; "" if it will

    def of(self, claims):
        """Return :class:`Found` for these claims. What only waits for a record that will arrive is in neither."""
        found = Found(Counter(), Counter())
        for each in self._prepared(claims):
            if _is_cancelled(each):
                found.left_out[each.warning] += 1
            elif reason := self._why_failing(each):
                found.failing[self._in_words(each, reason)] += 1
        return found

    def _in_words(self, delivery, reason):
        if not _awaited(delivery):
            return reason
        return self.env._("A record that must be sent first cannot be sent: %(reason)s", reason=reason)

    def _prepared(self, claims):
        batch = DeliveryBatch(self.connector, self.adapter, claims)
        batch.preview()
        awaited = {_awaited(each) for each in batch.deliveries} - {None} - self._why_missing.keys()
        if awaited:
            self._why_missing |= dict.fromkeys(awaited, "")  # also of those that wait for each other
            self._look_up(awaited)
        return batch.deliveries

    def _look_up(self, references):
        last = {reference: self._last_delivery(*parse_reference(reference)) for reference in references}
        for reference, delivery in last.items():
            if delivery.state == State.DEAD:
                self._why_missing[reference] = delivery.error_message
        claims = [_as_claim(delivery) for delivery in last.values() if delivery.state in OPEN_STATES]
        for each in self._prepared(claims) if claims else ():
            reference = f"{each.claim.res_model},{each.claim.res_id}"
            self._why_missing[reference] = each.warning if _is_cancelled(each) else self._why_failing(each)

    def _why_failing(self, delivery):
        """Return why it will fail, or wait for a record that fails; "" if it will not."""
        if awaited := _awaited(delivery):
            return self._why_missing[awaited]
        is_key_in_use = delivery.waits_for and delivery.error.code != "FLOW_FAULT"
        return delivery.error.message if delivery.error is not None and not is_key_in_use else ""

    def _last_delivery(self, res_model, res_id):
        """Return the delivery that decides whether a record will arrive, as in :mod:`.dependencies`."""
        unfinished = [*(each.value for each in OPEN_STATES), State.DEAD.value]
        about = Domain("res_model", "=", res_model) & Domain("res_id", "=", res_id)
        decides = Domain("kind", "=", EventKind.STATE.value) | Domain("state", "in", unfinished)
        of_connector = Domain("connector_id", "=", self.connector.id)
        return self.env["retail.delivery"].search(of_connector & about & decides, order="id desc", limit=1)


def _is_cancelled(delivery):
    return delivery.decision is not None and delivery.decision.state is State.CANCELLED


def _awaited(delivery):
    """Return the record that must arrive first, such as ``res.partner,7``; None if it waits for no record."""
    is_waiting = delivery.waits_for and delivery.error.code == "WAITS_FOR"
    return delivery.waits_for if is_waiting else None


def _as_claim(delivery):
    event = delivery.event_id
    return Claim(
        id=delivery.id,
        lease_until=None,
        uuid=event.uuid,
        event_type=event.event_type,
        kind=event.kind,
        flow_id=delivery.flow_id.id or None,
        res_model=delivery.res_model,
        res_id=delivery.res_id,
        payload=event.payload or None,
        details=event.details or None,
        occurred_at=event.occurred_at,
        correlation_id=event.correlation_id,
        company_id=delivery.company_id.id,
    )
