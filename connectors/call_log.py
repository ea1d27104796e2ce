"""The calls that were made for each item of a batch: what users see of an attempt. Secrets are masked."""

import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.redaction import MASK, mask_values, redact_text
from .texts import clean

MAX_CALLS = 20  # kept for each item; the first ones and the last one tell most
MAX_TEXT = 1000
MAX_ERRORS = 200  # of a response, whose messages are read
_SECRET_HEADERS = ("auth", "token", "key", "secret", "signature", "cookie", "password")
_MESSAGES = ("message", "error", "detail", "title")


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    :param url: without the user's secrets
    :param headers: as they were sent, secrets masked
    :param status: None if there was no response
    :param message: what the remote said of an error, in its own words
    :param milliseconds: from the first byte sent to the last one read
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    message: str = ""
    milliseconds: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "status": self.status,
            "message": self.message,
        }


class CallLog:
    """Collects calls. Those of a thread are about the items that it last named, see :meth:`about`.

    :param trace_ids: of all items of the batch, for calls of an adapter that names none
    """

    def __init__(self, trace_ids: Sequence[str] = ()):
        self._all = tuple(trace_ids)
        self._local = threading.local()
        self._calls: dict[str, list[Call]] = defaultdict(list)

    @contextlib.contextmanager
    def about(self, trace_ids: Sequence[str]) -> Iterator[None]:
        """Note that the calls which this thread makes in the block are about these items."""
        before = getattr(self._local, "trace_ids", None)
        self._local.trace_ids = tuple(trace_ids)
        try:
            yield
        finally:
            self._local.trace_ids = before

    def add(self, call: Call) -> None:
        trace_ids = getattr(self._local, "trace_ids", None)
        for trace_id in self._all if trace_ids is None else trace_ids:
            calls = self._calls[trace_id]
            if len(calls) == MAX_CALLS:
                calls.pop()
            calls.append(call)

    def mask_messages(self, sent: Sequence[Any], values: Sequence[str] = ()) -> None:
        """Mask personal data in what the remote said: it may quote any item of a batch.

        :param sent: the bodies of all items
        :param values: more values to mask
        """
        cleaned: dict[str, str] = {"": ""}
        for calls in self._calls.values():
            for number, call in enumerate(calls):
                if call.message not in cleaned:
                    cleaned[call.message] = mask_values(clean(call.message, sent, MAX_TEXT), values)
                calls[number] = replace(call, message=cleaned[call.message])

    def of(self, trace_id: str) -> Sequence[Call]:
        return self._calls.get(trace_id, ())


def about(http: Any, batch: Sequence[Any]) -> contextlib.AbstractContextManager[None]:
    """Return a context manager: the calls that this thread makes in it are about these items.

    :param http: a :class:`~.http_client.HttpClient`
    :param batch: a list of :class:`~.items.Prepared`
    """
    log = getattr(http, "log", None)
    return log.about([prepared.item.trace_id for prepared in batch]) if log else contextlib.nullcontext()


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with their secrets masked; of ``Authorization``, the scheme stays."""
    return {name: _masked(name, str(value)) for name, value in headers.items()}


def _masked(name, value):
    if not any(word in name.lower() for word in _SECRET_HEADERS):
        return redact_text(value)
    scheme, space, _rest = value.partition(" ")
    return f"{scheme} {MASK}" if space and name.lower() == "authorization" else MASK


def message_of(data: Any) -> str:
    """Return what the remote said of an error in its own words, from the JSON of a response; "" if it said nothing."""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors")
    entries = [
        data,
        *(
            each
            for each in (errors[:MAX_ERRORS] if isinstance(errors, list) else ())
            if isinstance(each, dict)
        ),
    ]
    texts = [
        next((each[name][:MAX_TEXT] for name in _MESSAGES if isinstance(each.get(name), str)), "")
        for each in entries
    ]
    return "\n".join(dict.fromkeys(filter(None, texts)))[:MAX_TEXT]
