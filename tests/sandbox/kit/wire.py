"""HTTP/1.1 on a socket: reads requests, and writes responses. Supports only what API clients send."""

import json
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

MAX_LINE = 65536  # bytes
MAX_HEADERS = 100
LISTS = {"associations", "properties"}  # arguments that may be repeated
FORM = "application/x-www-form-urlencoded"
REASONS = {status.value: status.phrase for status in HTTPStatus}
encode = json.JSONEncoder(separators=(",", ":")).encode


class BadRequest(Exception):
    """The bytes are not a supported HTTP request. The connection is closed."""


class Request:
    """A request. ``headers``: lower-case name -> value. ``path`` is unquoted, and has no query."""

    __slots__ = ("body", "fault", "headers", "method", "path", "query", "target")

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        path, _, self.query = target.partition("?")
        self.path = unquote(path) if "%" in path else path
        self.fault = None

    def arguments(self):
        """Return the query string as a dict. The last value of a repeated name counts, except for ``LISTS``."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        arguments = dict(pairs)
        for listed in LISTS & arguments.keys():
            arguments[listed] = ",".join(value for name, value in pairs if name == listed)
        return arguments

    def form(self):
        """Return the fields of a form in the body as a dict; None if the body is no form."""
        if not self.headers.get("content-type", "").startswith(FORM):
            return None
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self):
        """Return the JSON body as Python data. Raises ValueError."""
        return json.loads(self.body)


class Response:
    """``body`` is bytes; the server adds Content-Length and Date."""

    __slots__ = ("body", "content_type", "headers", "status")

    def __init__(self, status, body=b"", headers=(), content_type="application/json;charset=utf-8"):
        self.status, self.body, self.headers, self.content_type = status, body, headers, content_type


def json_response(status, data, headers=()):
    return Response(status, encode(data).encode(), headers)


def read_request(stream, send):
    """Return the next request on the connection, or None if the client has closed it."""
    line = stream.readline(MAX_LINE)
    if line in (b"\r\n", b"\n"):  # RFC 9112, section 2.2: one empty line before a request is ignored
        line = stream.readline(MAX_LINE)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest(line)
    headers = read_headers(stream)
    if "transfer-encoding" in headers:
        raise BadRequest("chunked bodies are not supported")
    if headers.get("expect", "").lower() == "100-continue":
        send(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = int(headers.get("content-length") or 0)
    return Request(parts[0], parts[1], headers, stream.read(length) if length else b"")


def read_headers(stream):
    headers = {}
    for _ in range(MAX_HEADERS):
        line = stream.readline(MAX_LINE)
        if line in (b"\r\n", b"\n", b""):
            return headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    raise BadRequest("too many headers")


def render(response, date, close=False):
    """Return the whole response as bytes, to be sent in one piece."""
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Unknown')}", f"Date: {date}"]
    if response.body or response.status not in (204, 304):
        lines += [f"Content-Type: {response.content_type}", f"Content-Length: {len(response.body)}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    if close:
        lines.append("Connection: close")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + response.body
