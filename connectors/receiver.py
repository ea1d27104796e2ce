"""What a receiver is: it verifies a provider's webhooks, and says what they ask for. Plain Python: no Odoo, no I/O."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .authentication import Credential


class SignatureError(Exception):
    """A request was not signed by who it says, or at another time. It is for nobody's eyes but a developer's."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request as it came in.

    :param method: such as ``POST``
    :param url: as the sender called it, still percent-encoded: behind a proxy, another one than the server sees
    :param headers: with lower-case names
    :param body: the bytes as they came
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """Something that a webhook asks for, in canonical form.

    :param id: unique for the sender. What comes again with the same id is carried out once
    :param type: such as ``order.place``. The hub refuses those that it does not know
    :param data: the content, not checked yet
    """

    id: str
    type: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReportedChange:
    """A remote record of which a webhook says that it changed. What it says of the record may be out of date.

    :param id: unique for the sender. What comes again with the same id is stored once
    :param object: the name of the remote object, such as ``contact``; empty if the webhook does not say
    :param remote_ids: of the record; after a merge, of all records that became one
    :param change: ``created``, ``updated``, ``deleted``, ``restored``, ``merged``, ``erased``, or the remote's own word
    :param data: what to keep of the webhook. It may be out of date, so leave out values, above all personal ones
    """

    id: str
    object: str
    remote_ids: Sequence[str]
    change: str
    data: Mapping[str, Any] = field(repr=False)


class Receiver(ABC):
    """Reads the webhooks of a provider."""

    MAX_ITEMS: int = 100
    """The maximum number of commands or changes in one webhook."""
    credentials: Sequence[Credential] = ()
    """What the admin enters for webhooks, besides the credentials of the authentication method."""
    secret_names: Sequence[str] = ()
    """The names of the credentials that verify webhooks. One of them is enough, so that the old and the new secret are
    both valid while the admin replaces one."""

    @abstractmethod
    def verify(self, request: WebhookRequest, secrets: Mapping[str, str]) -> None:
        """Check that a request is genuine, and was sent just now. If no secret is set, no request is genuine.

        :param secrets: ``{name: clear text}`` of the credentials in ``secret_names``; empty texts for those that are
            not set
        :raise SignatureError: it is not genuine
        """

    @abstractmethod
    def commands(self, request: WebhookRequest) -> Sequence[ReceivedCommand | ReportedChange]:
        """Return what a verified request asks for, or which records it says have changed.

        The ids are the same if the remote sends the same webhook again.

        :raise Problem: its content cannot be read (``invalid-json``, ``invalid-request``)
        """
