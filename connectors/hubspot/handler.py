"""What HubSpot gets of some types of events: the protocol of customers, documents and shipments."""

from abc import ABC, abstractmethod
from typing import ClassVar


class Handler(ABC):
    """Turns the items of its event types into requests.

    :param adapter: for the mapping
    """

    event_types: ClassVar[tuple[str, ...]]

    def __init__(self, adapter):
        self.adapter = adapter
        self.mapper = adapter.mapper

    def references(self, event_type, data):
        """Return the records that must be at HubSpot before this one; see :meth:`Adapter.references`."""
        return ()

    @abstractmethod
    def prepare(self, item):
        """Turn an item into a request; see :meth:`Adapter.prepare`."""
