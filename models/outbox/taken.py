"""Values that must be unique at the remote, and that the remote record of another Odoo record has."""

from ...core.errors import ConflictError
from .alias import Alias
from .rows import RemoteRow
from .shared_keys import alias_warning


def decide_taken(connector, delivery):
    """Decide what follows if the remote refused a value because another record of Odoo has it there.

    The failure names that record. A customer is sent again without the value, or shares the remote record of the other
    one if it has none itself.

    :param delivery: an :class:`~.outgoing.OutgoingDelivery` with the decision for any other error
    """
    holder_id = _holder_id(connector, delivery)
    if holder_id is None:
        return
    claim = delivery.claim
    delivery.conflicts_with = f"{claim.res_model},{holder_id}"
    if (
        delivery.left_to
        or delivery.is_fact
        or delivery.is_dead
        or not connector.env[claim.res_model]._retail_may_share
    ):
        return
    if not delivery.prepared.item.remote_id:
        warning = alias_warning(connector.env, claim.res_model, holder_id)
        delivery.share(holder_id, delivery.content_hash, True, warning)
        return
    field = delivery.outcome.error.field or ""
    delivery.left_to = Alias(holder_id, delivery.content_hash, True, is_partial=True, remote_property=field)
    bindings = connector.env["retail.binding"]
    bindings._of_records(connector, claim.res_model, [claim.res_id]).sent_hash = False
    delivery.end_wait()  # the next attempt leaves it out


def _holder_id(connector, delivery):
    """Return the id of the record whose remote record has the value; None if there is none."""
    claim, error = delivery.claim, delivery.outcome.error
    taken_by = isinstance(error, ConflictError) and error.taken_by
    if not taken_by or delivery.sought:
        return None
    row = RemoteRow(claim.res_model, claim.res_id, taken_by, delivery.prepared.object)
    return connector.env["retail.binding"]._linked_to(connector, row)[:1].res_id or None
