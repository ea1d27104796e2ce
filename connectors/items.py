"""The data that the hub and an adapter exchange: items, their requests and their outcomes. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.errors import RemoteError

if TYPE_CHECKING:
    from .loyalty import KeptPoints


@dataclass(frozen=True, slots=True)
class MatchKeys:
    """The remote properties that identify a record until its remote id is known.

    :param primary: the property, such as ``email``
    :param fallback: used for items that have no value for ``primary``; empty if there is none
    """

    primary: str
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A record to which a request refers by remote id, such as ``Reference("customer", 7)``.

    :param kind: the canonical kind, such as ``customer``
    :param id: of the Odoo record
    :param channel: of an order, such as ``web``; empty for other records
    :param is_required: False if the request can be sent without it, should no active flow send that record
    """

    kind: str
    id: int
    channel: str = ""
    is_required: bool = field(default=True, compare=False)


class RemoteId(NamedTuple):
    """A remote record.

    :param id: of the record
    :param object: the name of its object; empty if unknown
    """

    id: str
    object: str = ""


Links = Mapping[str, Sequence[str]]  # {remote object: ids of its records}


@dataclass(frozen=True, slots=True)
class Item:
    """One delivery, as the adapter sees it.

    :param trace_id: the delivery's id; identifies the item in batch responses
    :param event_type: the name of the event type, such as ``customer.updated``
    :param data: the canonical payload: the JSON form of a model in ``schemas/``
    :param idempotency_key: the same for every attempt
    :param remote_id: of the record that the event is about; None if it is not linked to a remote record yet
    :param in_doubt: an earlier attempt may have taken effect, but its outcome is unknown
    :param subject: the record that the event is about, such as ``customer/7`` or ``order/web/7``
    :param occurred_at: when it happened (UTC, naive)
    :param correlation_id: identifies the business process
    :param causation_id: the event that led to this one; empty if unknown
    :param replay_id: set if a user replayed the event; the same for every attempt of that replay
    :param remote_ids: the known remote ids of the records that :meth:`Adapter.references` returned
    :param record_values: ``{path: value}`` of the Odoo fields that the connector's field maps use
    :param remote_object: the object of ``remote_id``; empty if unknown
    :param merged_remote_ids: for a merge, the remote ids of the records that were merged into this one
    :param checkpoint: from the :class:`Outcome` of the previous attempt
    :param unreadable: canonical fields that have a value in Odoo which cannot be sent, such as a phone number with a
        typo. They are empty in ``data``, but the remote keeps what it has.
    :param links: what the remote record was linked to when it was sent before, see :class:`Prepared`
    :param without: remote properties to leave empty, because another remote record has their values
    :param record_key: identifies the record among all of Odoo's, for good: a value for a match key property of your
        own. It is opaque: do not take it apart
    :param line_key: what the keys of the record's lines begin with; the id of a line follows
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
    unreadable: frozenset[str] = frozenset()
    links: Links = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    record_key: str = ""
    line_key: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An item with its remote request.

    :param item: the item
    :param operation: items with the same operation may share a call, such as ``upsert:email``, ``update``, ``merge``
    :param body: what the remote receives for this item: JSON values, without credentials
    :param comparable: the part of the body that is worth a call when it changes: all of it, but for what is
        different in each attempt. The hub stores its hash, and does not send a state whose hash is the same. The
        preview shows it, so it has no nested dicts.
    :param key: the match key's value: what the remote finds the record by while it has no remote id, such as the
        email address or Odoo's ID. The hub makes sure that no two Odoo records use the same one, and keeps it,
        encrypted, while the attempt is in doubt. None if the item creates no record.
    :param is_subject: whether the outcome's remote id is that of the event's subject, to which it is then linked.
        None: for a state it is, for a fact it is not.
    :param personal: names of properties that hold personal data although their names do not say so, see
        :func:`~.mapper.personal_properties`. The hub masks their values in the stored request and in error messages.
    :param object: the remote object that is created or changed; empty if the adapter has no objects
    :param warnings: what was left out, for the user
    :param links: the remote records to which the record is linked afterwards, as far as the hub knows. The hub passes
        them to the record's next :class:`Item`, so that a link which Odoo no longer has can be ended, but none that
        people made. None if the request changes no links.
    :param key_property: the remote property of the match key. The hub names it in :attr:`Item.without` if another
        record has the key. Empty if the adapter leaves no property out: then the hub leaves the key out of the data.
    """

    item: Item
    operation: str
    body: Mapping[str, Any]
    comparable: Mapping[str, Any]
    key: str | None = None
    is_subject: bool | None = None
    personal: frozenset[str] = frozenset()
    object: str = ""
    warnings: Sequence[str] = ()
    links: Links | None = None
    key_property: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one item.

    :param trace_id: that of the item
    :param remote_id: of the record that was created, changed or found. The hub links it to the Odoo record; if it is
        linked to another Odoo record, the item fails instead.
    :param error: None if the item was delivered
    :param http_status: for the attempt that users see
    :param response: what else the remote said, for the attempt that users see: a small dict of JSON values
    :param checkpoint: how far an item got that needs more than one attempt, for the next attempt's :class:`Item`: a
        small dict of JSON values. None: as far as before, so that no error loses it; empty: the next attempt begins
        anew
    :param warnings: what was left out because the remote refused it, for the user
    :param merged_ids: if the remote id has changed, because the record was merged with others there: the former ids of
        all of these. The hub treats Odoo records with such an id as possible duplicates.
    :param kept_points: of a return or a cancelled order, the points that the remote left with members. The hub takes
        them back, and sends that.
    """

    trace_id: str
    remote_id: str | None = None
    error: RemoteError | None = None
    http_status: int | None = None
    response: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: Mapping[str, Any] | None = None
    warnings: Sequence[str] = ()
    merged_ids: Sequence[str] = ()
    kept_points: "Sequence[KeptPoints]" = ()


def failed(batch: Sequence[Prepared], error: RemoteError) -> list[Outcome]:
    """Return one outcome per item, all with the same error."""
    return [
        Outcome(p.item.trace_id, p.item.remote_id, error, error.http_status, error.response) for p in batch
    ]
