"""What travels between the hub and an adapter: items, their requests and their outcomes. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ..core.errors import RemoteError


@dataclass(frozen=True, slots=True)
class MatchKeys:
    """By which remote property a record that has no remote id yet is found.

    ``fallback`` is used for an item that has no value for ``primary``; empty: there is none.
    """

    primary: str
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that a request names by its remote id: a customer, ``Reference("customer", 7)``.

    ``kind`` is canonical; an order has its ``channel``. Without ``is_required``, the request does without a record that
    the connector's flows leave out.
    """

    kind: str
    id: int
    channel: str = ""
    is_required: bool = field(default=True, compare=False)


class RemoteId(NamedTuple):
    """The id of a remote record, and which object of the adapter it is (empty: not known)."""

    id: str
    object: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One delivery, as the adapter sees it.

    :param trace_id: names the item in batch answers: the delivery's id
    :param data: the canonical payload: the JSON form of a model in ``schemas/``
    :param idempotency_key: stays the same for every attempt
    :param in_doubt: an earlier attempt may have been applied, although no answer came
    :param subject: the record that the event is about, such as ``customer/7`` or ``order/web/7``
    :param occurred_at: when it happened (UTC, naive)
    :param correlation_id: the business process
    :param causation_id: the event that led to this one; empty if unknown
    :param replay_id: set, and the same on every attempt, if a person asked for the event to be sent again
    :param remote_ids: remote ids of the records that :meth:`Adapter.references` names, as far as they are known
    :param record_values: values of the Odoo record, by path, for which the connector's field maps ask
    :param remote_object: the object of ``remote_id``; empty if unknown
    :param merged_remote_ids: of a merge: the remote ids of those that were merged into this record
    :param checkpoint: that of the last attempt's :class:`Outcome`
    """

    trace_id: str
    event_type: str
    data: Mapping[str, Any]
    idempotency_key: str
    remote_id: str | None = None
    in_doubt: bool = False
    occurred_at: datetime | None = None
    subject: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    replay_id: str = ""
    remote_ids: Mapping[Reference, RemoteId] = field(default_factory=dict)
    record_values: Mapping[str, Any] = field(default_factory=dict)
    remote_object: str = ""
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    merged_remote_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """An item with its remote request.

    ``operation`` groups what may travel in one call (``upsert:email``, ``update``, ``merge``);
    ``body`` is what the remote gets for this item (JSON-able, without credentials);
    ``comparable`` is the part of it whose change makes a new call worth while: the hub stores its hash and
    skips a state that the remote already has; ``key`` is the value (of a natural key) by which the remote
    identifies the record: no two records of ours may claim the same one. ``is_subject`` is True if the remote id
    of the outcome is that of the record which a fact is about; that of a state always is. ``personal`` are names
    of properties that hold personal data though they are not called so: what is kept of the request masks them.
    ``object`` names the remote object that it makes or changes, empty if the adapter has none.
    """

    item: Item
    operation: str
    body: Mapping[str, Any]
    comparable: Mapping[str, Any]
    key: str | None = None
    is_subject: bool = False
    personal: frozenset[str] = frozenset()
    object: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: ``error`` is None if the remote has it.

    ``checkpoint`` is what an item that takes more than one try hands to the next one: a small dict of JSON values.
    """

    trace_id: str
    remote_id: str | None = None
    error: RemoteError | None = None
    http_status: int | None = None
    response: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: Mapping[str, Any] = field(default_factory=dict)


def failed(batch: Sequence[Prepared], error: RemoteError) -> list[Outcome]:
    """Return one outcome for each item, all with the same error."""
    return [
        Outcome(p.item.trace_id, p.item.remote_id, error, error.http_status, error.response) for p in batch
    ]
