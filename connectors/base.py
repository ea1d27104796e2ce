"""The contract between the hub and an adapter. Plain Python: no Odoo, no I/O.

The hub gives an adapter a list of :class:`Item`. The adapter turns each into a remote request
(:meth:`Adapter.prepare`), sends the requests in batches (:meth:`Adapter.send`), and returns one :class:`Outcome` per
item, in the same order. Optional abilities are protocols: :class:`SchemaReader`, :class:`Provisioner`,
:class:`Finder`, :class:`Sampler`.
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
    """Calls one provider's API through the HTTP client that the hub passes in.

    The client authorizes calls, counts them, enforces the deadline and reads the rate limits. An adapter stores
    nothing about records and never sleeps: it returns an outcome that asks for a later attempt instead.
    """

    def __init__(self, settings: Settings, mapper: "Mapper", http: "HttpClient"):
        self.settings = settings
        self.mapper = mapper
        self.http = http

    @abstractmethod
    def prepare(self, item: Item) -> Prepared:
        """Return the remote request for an item, without any I/O.

        :raise MappingError: a value cannot be mapped (``field`` names the property), or the event type is not
            supported
        """

    @abstractmethod
    def send(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Send at most ``batch_size`` items, of any operations, and return one outcome per item, in order.

        Remote failures are returned as outcomes, never raised. One bad item does not fail the others.
        """

    @classmethod
    def request_of(cls, url: str, request: Mapping[str, Any]) -> Any:
        """Return the JSON body of a call that sends one item alone, for *Copy as curl*.

        :param url: the URL that was called
        :param request: the stored request: ``operation``, and the body of :class:`Prepared`
        """
        return {name: value for name, value in request.items() if name != "operation"}

    @abstractmethod
    def resolve(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Resolve items in doubt, so that each takes effect exactly once. Return one outcome per item, in order.

        Resend only calls that are safe to repeat: those with an idempotency key, and those that set a state. For
        all others, first read back what the remote has.
        """

    @abstractmethod
    def test_connection(self) -> ConnectionReport:
        """Make one cheap authenticated call, and return what it says about the account.

        :raise RemoteError: the call failed; the message is for the admin
        """

    def references(self, event_type: str, data: Mapping[str, Any]) -> Sequence[Reference]:
        """Return the records that this event refers to by remote id. The event waits until they are delivered."""
        return ()


@runtime_checkable
class SchemaReader(Protocol):
    """An adapter that can read which properties the remote's records have."""

    def remote_properties(self, object_name: str) -> Sequence[RemoteProperty]:
        """Return the properties of an object's records.

        :raise RemoteError: the call failed; the message is for the admin
        """


@runtime_checkable
class Provisioner(Protocol):
    """An adapter that can create what the hub needs at the remote, such as properties for match keys."""

    def set_up(self, objects: Sequence[RemoteObject]) -> Sequence[str]:
        """Create what these objects lack at the remote; return a description of each thing created, for the admin.

        :raise RemoteError: the call failed; the message is for the admin
        """


@runtime_checkable
class Finder(Protocol):
    """An adapter that can find a remote record by the match key that an earlier attempt sent."""

    def prepare_search(self, item: Item, operation: str, key: str) -> Prepared | None:
        """Return a request that looks up the remote record of a deleted Odoo record; None if there is no such lookup.

        The hub calls it if the Odoo record was deleted or merged while an attempt to create the remote record was
        in doubt, and passes the request to ``send``. The outcome has the remote id of the record that was found, or
        neither remote id nor error if there is none. A failed search is an error. The adapter changes nothing: the
        hub sends the erasure or merge afterwards, with that remote id. Without this ability, they fail with
        ``CREATION_IN_DOUBT``.

        :param item: an item without data
        :param operation: the operation of that attempt's :class:`Prepared`
        :param key: the key of that attempt's :class:`Prepared`
        """


@runtime_checkable
class Sampler(Protocol):
    """An adapter that can send examples of events, so that whoever builds the receiver can try it."""

    def prepare_sample(self, item: Item) -> Prepared:
        """Return the request for an item with example data, without any I/O. It says that it is a test.

        Otherwise it is as :meth:`Adapter.prepare` returns it. The hub passes it to ``send`` when an admin clicks *Send
        Sample*. Implement this only if the remote can tell a test from a real event, or keeps them apart.

        :raise MappingError: a value cannot be mapped, or the event type is not supported
        """
