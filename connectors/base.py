"""The contract between the hub and an adapter. Plain Python: no Odoo, no I/O.

The hub hands an adapter a list of :class:`Item`; the adapter turns each into a remote request body
(:meth:`Adapter.prepare`), sends them in batches (:meth:`Adapter.send`) and answers with one
:class:`Outcome` per item, in the same order. What a provider can do besides is a protocol that its adapter has.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .items import Item, Outcome, Prepared, Reference
from .provider import ConnectionReport, RemoteObject, RemoteProperty, Settings

if TYPE_CHECKING:
    from .http_client import HttpClient
    from .mapper import Mapper


class Adapter(ABC):
    """Speaks one provider's API, by the client that the hub hands in.

    The client authorizes and counts calls, keeps the deadline and reads the rate limits. An adapter holds no state
    about records, and never sleeps: what has to wait is an outcome.
    """

    def __init__(self, settings: Settings, mapper: "Mapper", http: "HttpClient"):
        self.settings = settings
        self.mapper = mapper
        self.http = http

    @abstractmethod
    def prepare(self, item: Item) -> Prepared:
        """Turn an item into a remote request, without any I/O.

        :raise MappingError: it cannot be expressed (``field`` names the property), or the event type is not known
        """

    @abstractmethod
    def send(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Send items (at most ``batch_size``, of any operations) and return one outcome each, in order.

        Remote failures are outcomes, never raised. An item that fails does not take others with it.
        """

    @abstractmethod
    def resolve(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Find out, or make sure, that items in doubt are applied exactly once in effect.

        Send again only what the remote knows how to repeat: by the item's idempotency key, or because the call
        sets a state. Read back anything else first.
        """

    @abstractmethod
    def test_connection(self) -> ConnectionReport:
        """Make one cheap authenticated call.

        :raise RemoteError: in words for the admin
        """

    def references(self, event_type: str, data: Mapping[str, Any]) -> Sequence[Reference]:
        """Return the records that must be at the remote before this one is sent; it waits for them."""
        return ()


@runtime_checkable
class SchemaReader(Protocol):
    """An adapter whose remote tells which properties its records have."""

    def remote_properties(self, object_name: str) -> Sequence[RemoteProperty]:
        """Return the properties of an object's records.

        :raise RemoteError: in words for the admin
        """


@runtime_checkable
class Provisioner(Protocol):
    """An adapter that makes at the remote what records need there, such as properties for match keys."""

    def set_up(self, objects: Sequence[RemoteObject]) -> Sequence[str]:
        """Make what the remote lacks for records to become such objects; return what was made, in words.

        :raise RemoteError: in words for the admin
        """


@runtime_checkable
class Finder(Protocol):
    """An adapter that finds a remote record by what an earlier attempt sent."""

    def prepare_search(self, item: Item, operation: str, key: str) -> Prepared | None:
        """Turn an item whose Odoo record was deleted into a request that finds the remote record, or finds none.

        An earlier attempt to make it, by ``operation`` and ``key`` of its :class:`Prepared`, is in doubt.
        None if the remote cannot be asked.
        """
