"""The base class of event handlers: customers, documents, shipments."""

from abc import ABC, abstractmethod
from typing import ClassVar


class Handler(ABC):
    """Prepares requests for the items of its event types.

    :param adapter: the :class:`~.adapter.HubSpotAdapter`, for its mapping
    """

    event_types: ClassVar[tuple[str, ...]]

    def __init__(self, adapter):
        self.adapter = adapter
        self.mapper = adapter.mapper

    def references(self, event_type, data):
        """Return the records to which the event refers; see :meth:`Adapter.references`."""
        return ()

    @abstractmethod
    def prepare(self, item):
        """Return the request for an item; see :meth:`Adapter.prepare`."""
