"""A real HTTP server whose answers are generated: made up from scratch, or those of a real receiver with changes."""

import gzip
import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 20  # seconds
OWN_HEADERS = {b"content-length", b"transfer-encoding", b"connection", b"content-encoding"}


@dataclass(frozen=True)
class Raw:
    """JSON text to put into a body as it is, such as a number that is too long for Python."""

    text: bytes = field(repr=False)

    def __repr__(self):
        return f"Raw({self.text[:20]}… {len(self.text)})"


@dataclass(frozen=True)
class Answer:
    """What to answer to one request.

    :param status: None for that of the receiver, like ``body``
    :param headers: ``(name, value)`` as bytes, besides the receiver's
    :param edits: ``(position, value)``: put the value into the place of this part of the receiver's JSON body
    :param framing: how the end of the body is told, see :meth:`_framed`
    :param is_kept: leave the connection open, if the framing allows it
    """

    status: int | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: Any = None
    edits: tuple[tuple[int, Any], ...] = ()
    framing: str = "length"
    is_kept: bool = True

    def render(self, real):
        """Return (status, the answer as bytes, whether the connection stays open).

        :param real: (status, headers, body) of the receiver
        """
        real_status, real_headers, real_body = real
        status = real_status if self.status is None else self.status
        body = _edited(real_body, self.edits) if self.body is None else _body(self.body)
        framing_headers, framed, is_kept = self._framed(body)
        names = {name.lower() for name, _value in self.headers} | OWN_HEADERS
        kept = [(name, value) for name, value in real_headers if name.lower() not in names]
        lines = [b"%s: %s" % pair for pair in (*kept, *self.headers, *framing_headers)]
        head = b"\r\n".join([b"HTTP/1.1 %d Generated" % status, *lines])
        is_final = status >= 200  # else the client waits for the final answer
        return status, head + b"\r\n\r\n" + framed, is_final and is_kept and self.is_kept

    def _framed(self, body):
        """Return (headers, body as sent, whether the connection can stay open)."""
        match self.framing:
            case "close":
                return [(b"Connection", b"close")], body, False
            case "chunked":
                middle = len(body) // 2
                parts = [part for part in (body[:middle], body[middle:]) if part]
                chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
                return [(b"Transfer-Encoding", b"chunked")], chunks + b"0\r\n\r\n", True
            case "cut off":
                return [(b"Content-Length", b"%d" % (len(body) + 7))], body, False
            case "gzip":
                packed = gzip.compress(body, 1)
                return (
                    [(b"Content-Encoding", b"gzip"), (b"Content-Length", b"%d" % len(packed))],
                    packed,
                    True,
                )
            case "no gzip":
                return [(b"Content-Encoding", b"gzip"), (b"Content-Length", b"%d" % len(body))], body, True
            case "extra":  # bytes that belong to no answer
                return [(b"Content-Length", b"%d" % len(body))], body + b"HTTP/1.1 200 OK\r\n\r\n", True
        return [(b"Content-Length", b"%d" % len(body))], body, True


class HostileServer:
    """A context manager. It gives the answers of ``script`` in turn, and then those of the receiver.

    ``statuses`` are those that were sent for each event id, of receivers of webhooks.

    :param receiver: URL of a server that is asked first
    """

    def __init__(self, receiver):
        self._receiver = urlsplit(receiver)
        self._lock = threading.Lock()
        self._script = []
        self.statuses = {}

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exc):
        self._listener.close()

    def script(self, answers):
        with self._lock:
            self._script = list(answers)
            self.statuses = {}

    def _accept(self):
        with suppress(OSError):
            while True:
                stream, _address = self._listener.accept()
                threading.Thread(target=self._converse, args=(stream,), daemon=True).start()

    def _converse(self, stream):
        stream.settimeout(TIMEOUT)
        with suppress(OSError, ValueError), stream, stream.makefile("rb") as reader:
            is_kept = True
            while is_kept and (request := _read_request(reader)):
                with self._lock:
                    answer = self._script.pop(0) if self._script else Answer()
                status, data, is_kept = answer.render(self._ask(*request))
                with self._lock:
                    self.statuses.setdefault(request[2].get("webhook-id"), []).append(status)
                stream.sendall(data)

    def _ask(self, method, path, headers, body):
        connection = HTTPConnection(self._receiver.hostname, self._receiver.port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            pairs = [(name.encode(), value.encode("latin-1")) for name, value in answer.getheaders()]
            return answer.status, pairs, answer.read()
        finally:
            connection.close()


def _read_request(reader):
    """Return (method, path, headers with lower-case names, body); None if the client is gone."""
    line = reader.readline().split()
    if not line:
        return None
    headers = {}
    while (header := reader.readline().strip()) != b"":
        name, _colon, value = header.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.pop("content-length", 0)))
    for name in ("host", "connection", "accept-encoding"):
        headers.pop(name, None)
    return line[0].decode(), line[1].decode(), headers, body


def _edited(body, edits):
    """Return a JSON body with parts of it replaced; a body that is no JSON as it is."""
    if not edits:
        return body
    try:
        holder = [json.loads(body)]
    except ValueError:
        return body
    for position, value in edits:
        places = list(_places(holder))
        container, key = places[position % len(places)]
        container[key] = value
    return _encode(holder[0])


def _places(container):
    """Yield ``(container, key)`` of each value, outer ones first."""
    items = container.items() if isinstance(container, dict) else enumerate(container)
    for key, value in list(items):
        yield container, key
        if isinstance(value, (dict, list)):
            yield from _places(value)


def _body(body):
    return body.text if isinstance(body, Raw) else _encode(body)


def _encode(value):
    """Return JSON that may be invalid: with lone surrogates, ``NaN``, and :class:`Raw` parts."""
    match value:
        case Raw():
            return value.text
        case dict():
            return b"{%s}" % b",".join(_encode(key) + b":" + _encode(each) for key, each in value.items())
        case list() | tuple():
            return b"[%s]" % b",".join(map(_encode, value))
        case str():
            is_plain = len(value) % 2  # both forms of characters that are not ASCII
            return json.dumps(value, ensure_ascii=not is_plain).encode("utf-8", "surrogatepass")
    return json.dumps(value).encode()
