"""HTTP for adapters: pooled connections, time-outs on every call, no automatic retries and no redirects.

A call returns a :class:`Response`, whatever its status, or raises a :class:`~..core.errors.RemoteError` that says
whether the remote may have carried it out (``uncertain``).

Several threads may call at once; ``before_call`` and ``after_answer`` then run in any of them. This is the only file
that imports ``requests``.
"""

import contextlib
import functools
import json as jsonlib
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import exceptions as http_errors
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers, select_proxy
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import InvalidHeader as InvalidAnswerHeader
from urllib3.exceptions import LocationValueError, NewConnectionError, ReadTimeoutError

from ..core import remote_data
from ..core.errors import OUT_OF_TIME, AuthError, RemoteError, TransientError
from ..core.known_secrets import KnownSecrets
from ..core.redaction import MASK, redact_text
from .call_log import MAX_TEXT, Call, CallLog, masked_headers, message_of
from .guarded_pool import KeptConnectionClosed, any_address, pool_classes
from .kept_connections import KeptConnections
from .provider import Settings

USER_AGENT = "retail-hub (Odoo)"
MAX_RESPONSE_BYTES = 20_000_000
MAX_ERROR_BYTES = 1_000_000  # of a longer response of status 400 or more, only the status counts
MAX_MASKED_BYTES = 1_000_000  # a longer response cannot be used if it has a secret in it
MAX_HEADER = 8_192  # characters
_HEADERS = {"User-Agent": USER_AGENT, "Accept": "application/json", "Content-Type": "application/json"}
_CHUNK = 65_536
_DEFECTS = (ArithmeticError, ValueError)  # what libraries raise on malformed bodies that they do not expect
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_ENVIRONMENT = (
    *_PROXY_VARIABLES, *map(str.lower, _PROXY_VARIABLES), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "REQUEST_METHOD",
)  # fmt: skip
_MAY_BE_UNSTORABLE = re.compile(rb"\\u(?:0000|d[89a-f])|\xed[\xa0-\xbf]|\x00", re.IGNORECASE)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_kept = KeptConnections()


@dataclass(frozen=True, slots=True)
class Response:
    """A response of any status.

    :param status: the HTTP status
    :param headers: case-insensitive
    :param json: the parsed body; None if the body is empty, or the status is 400 or more and the body is not JSON or
        larger than a description of errors
    :param date: the remote's clock (UTC), from the ``Date`` header; None without one
    :param text: the beginning of the body, if the provider's ``http_options`` say ``reads_json=False``
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    json: Any = field(default=None, repr=False)
    date: datetime | None = None
    text: str = field(default="", repr=False)

    @property
    def object(self) -> dict:
        """The body if it is a JSON object, else an empty dict."""
        return self.json if isinstance(self.json, dict) else {}


@dataclass(slots=True)
class _Note:
    """What is known of a call's response, for the log."""

    status: int | None = None
    message: str = ""


class HttpClient:
    """Calls paths below one base URL. The hub owns it and passes it to an adapter. A context manager.

    :param settings: base URL and time-outs; ``HTTPS_PROXY`` and ``REQUESTS_CA_BUNDLE`` are honoured
    :param headers: sent with every call, to authorize it; they never appear in a message or a repr
    :param max_bytes: the largest body to read, after decompression
    :param guard: a :class:`~.guard.Guard` that checks the addresses to connect to; None allows all. A proxy resolves
        names itself: then the guard only checks what the URL says.
    :param uses_proxy: False to ignore the proxies of the environment, for URLs whose addresses must be checked
    :param reads_json: False if only the status matters: the body may be anything, and goes to ``Response.text``
    :param refusal: the error that every call raises instead of sending anything, such as a missing credential
    :param secrets: the secrets of the connector. A remote that quotes one in a response does not get it stored: they
        are masked in the headers, the JSON and the text of every :class:`Response`

    Attributes: ``clock_skew`` is the remote's clock minus ours, in seconds (accurate to about one second).
    ``before_call``, if set, is called before each request, and may raise a :class:`~..core.errors.RemoteError` to
    prevent it. ``after_answer``, if set, is called with the headers of each response, with lower-case names.
    ``log``, if set, collects the calls.
    """

    def __init__(
        self,
        settings: Settings,
        headers=None,
        max_bytes=MAX_RESPONSE_BYTES,
        guard=None,
        uses_proxy=True,
        reads_json=True,
        refusal: RemoteError | None = None,
        secrets: KnownSecrets | None = None,
    ):
        self.base_url = settings.base_url.rstrip("/")
        self.timeout = (settings.connect_timeout, settings.read_timeout)
        self.max_bytes = max_bytes
        self.reads_json = reads_json
        self.refusal = refusal
        self.secrets = secrets or KnownSecrets()
        self.deadline: float | None = None  # time.monotonic(); no call starts after it
        self.clock_skew: float | None = None
        self.before_call: Callable[[], None] | None = None
        self.after_answer: Callable[[dict[str, str]], None] | None = None
        self.log: CallLog | None = None
        self._headers = {**default_headers(), **_HEADERS}
        self._auth = _HeaderAuth(headers or {})
        self._proxies, self._verify = _environment(self.base_url)
        # An equal client may use its connections later: what they depend on is in the key, except for the credentials,
        # which are sent with each call.
        self._key = (self.base_url, guard, self.timeout, settings.parallel_calls, self._verify)
        self._adapter = _kept.take(
            self._key, lambda: _BoundedAdapter(guard, sum(self.timeout), settings.parallel_calls)
        )
        if not uses_proxy:
            self._proxies = {}

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        """Release the connections; the client must not be used any more."""
        adapter, self._adapter = self._adapter, None
        if adapter:  # released twice, two clients would share them
            _kept.keep(self._key, adapter)

    @property
    def host(self):
        """The host name of the remote, for messages."""
        return _host(self.base_url)

    def request(
        self, method, path, json=None, params=None, is_write=None, content=None, headers=None
    ) -> Response:
        """Make one call, and return the response, whatever its status is.

        :param method: such as ``POST``
        :param path: appended to the base URL; empty, or starts with ``/``
        :param json: the body, to be serialized; None to send ``content``, if any
        :param params: the query; it never appears in a message
        :param is_write: whether the call may change something; None: all methods but GET, HEAD and OPTIONS do. Set it
            to False for a search by ``POST``, so that a lost response leaves no item in doubt
        :param content: the body as bytes, instead of ``json``
        :param headers: for this call only; one that authorizes it replaces that of the client
        :raise TransientError: there is no response, or an unusable one (``uncertain`` if a write may have happened); or
            the deadline has passed (``OUT_OF_TIME``)
        :raise AuthError: the credentials contain characters that a header cannot have
        :raise RemoteError: the hub does not allow the call (``refusal``, ``before_call``, ``guard``), for instance
            because a call limit is reached: nothing was sent
        """
        is_write = method not in _SAFE_METHODS if is_write is None else is_write
        if self.deadline is not None and time.monotonic() > self.deadline:
            error = TransientError(
                "Not sent yet, because earlier calls in the batch took too long.", code=OUT_OF_TIME
            )
            raise error.not_sent()
        if self.refusal:
            raise self.refusal.not_sent()
        self._run_before_call()
        body = content if json is None else jsonlib.dumps(json, separators=(",", ":")).encode()
        started_at = time.monotonic()
        request = requests.PreparedRequest()
        note = _Note()
        try:
            self._prepare(request, method, path, body, params, headers)
            with self._open(request, is_write) as raw:
                note.status = raw.status_code
                self._read_headers(raw)
                response = self._read(raw, is_write)
                note.message = message_of(response.json) or (response.text if response.status >= 400 else "")
                return response
        except http_errors.RequestException as exc:
            raise self._failure(exc, is_write, time.monotonic() - started_at) from None
        except LocationValueError:
            raise self._bad_address() from None
        except Urllib3Error:
            raise self._broken_answer(is_write) from None
        finally:
            self._log(request, note, round(1000 * (time.monotonic() - started_at)))

    def _log(self, request, note, milliseconds):
        """Note a call that was sent, without secrets and without the query, which may hold personal data."""
        if self.log is None or not request.url:
            return
        url = redact_text(request.url.partition("?")[0])
        headers, message = masked_headers(request.headers or {}), note.message
        # To look for secrets in all of it at once takes little time.
        if self.secrets.occur_in("\n".join([url, message, *headers, *headers.values()])):
            url, headers, message = self.secrets.mask([url, headers, message])
        self.log.add(Call(request.method, url, headers, note.status, message[:MAX_TEXT], milliseconds))

    def _broken_answer(self, is_write):
        return self._no_answer(is_write, "BROKEN_ANSWER", "sent an invalid or incomplete response")

    def _run_before_call(self):
        before_call = self.before_call
        if before_call is None:
            return
        try:
            before_call()  # pylint: disable=not-callable  # it is not None here
        except RemoteError as error:
            raise error.not_sent() from None

    def _prepare(self, request, method, path, body, params, headers):
        # Without a session of ``requests``: it would merge settings, keep cookies and look for redirects in each call.
        request.prepare(
            method,
            self.base_url + path,
            headers={**self._headers, **(headers or {})},
            data=body,
            params=params,
            auth=self._auth.with_own(headers or {}),
        )

    def _open(self, request, is_write):
        try:
            return self._send(request)
        except http_errors.ConnectionError as exc:
            # A server may close a kept connection just as the call is sent (RFC 9112, section 9.3.1).
            if is_write or not _caused_by(exc, KeptConnectionClosed):
                raise
            return self._send(request)

    def _send(self, request):
        return self._adapter.send(
            request, stream=True, timeout=self.timeout, verify=self._verify, proxies=self._proxies
        )

    def _read_headers(self, raw):
        date = _http_date(raw.headers.get("Date"))
        if date is not None:
            self.clock_skew = (date - datetime.now(UTC)).total_seconds()
        if self.after_answer:
            self.after_answer({name.lower(): value for name, value in raw.headers.items()})

    def _read(self, raw, is_write):
        if 300 <= raw.status_code < 400:
            raise TransientError(
                f"{self.host} redirected the call (HTTP {raw.status_code}). Check the URL of the connector.",
                code="REDIRECT",
                http_status=raw.status_code,
            )
        date, headers = _http_date(raw.headers.get("Date")), self._masked_headers(raw.headers)
        if not self.reads_json:
            return Response(raw.status_code, headers, None, date, self.secrets.mask(self._text(raw)))
        content = self._body(raw, is_write)
        is_json, data = _parse(content)
        if not is_json and raw.status_code < 400:
            what = "a web page instead of JSON" if content.lstrip()[:1] == b"<" else "invalid JSON"
            raise self._no_answer(is_write, "NOT_JSON", f"sent {what}", raw.status_code)
        data = self._masked_data(content, data, raw.status_code, is_write)
        return Response(raw.status_code, headers, data, date)

    def _masked_headers(self, headers):
        if any(len(value) > MAX_HEADER for value in headers.values()):
            headers = {name: value if len(value) <= MAX_HEADER else MASK for name, value in headers.items()}
            headers = CaseInsensitiveDict(headers)
        if not self.secrets.occur_in("\n".join(headers.values())):
            return headers
        return CaseInsensitiveDict(self.secrets.mask(dict(headers)))

    def _masked_data(self, content, data, status, is_write):
        """Return the data with the secrets masked; None if that is too much work for an error.

        :raise TransientError: it is too much work, and the data is not about an error
        """
        if data is None or not self._has_secret(content, data):
            return data
        masked = self.secrets.mask_all(data) if len(content) <= MAX_MASKED_BYTES else None
        if masked is None and status < 400:
            what = "sent a large response that contains the credentials"
            raise self._no_answer(is_write, "ANSWER_TOO_LARGE", what, status)
        return masked

    def _has_secret(self, content, data):
        try:
            # Not the content itself: each letter that is no ASCII may be escaped in it, which takes long to undo.
            text = jsonlib.dumps(data, ensure_ascii=False)
        except RecursionError:
            return True  # what is nested that deeply is masked unseen
        is_short = len(content) <= MAX_MASKED_BYTES
        return self.secrets.occur_in(text) if is_short else self.secrets.are_quoted_in(text)

    def _body(self, raw, is_write):
        """Return the body; empty if it is too large to describe an error.

        :raise TransientError: it is too large
        """
        body = bytearray()
        try:
            for chunk in raw.iter_content(_CHUNK):
                body += chunk
                if raw.status_code >= 400 and len(body) > min(self.max_bytes, MAX_ERROR_BYTES):
                    return b""
                if len(body) > self.max_bytes:
                    raise self._no_answer(
                        is_write,
                        "ANSWER_TOO_LARGE",
                        f"sent more than {self.max_bytes} bytes",
                        raw.status_code,
                    )
        except _DEFECTS:
            raise self._broken_answer(is_write) from None
        return bytes(body)

    def _text(self, raw):
        body = bytearray()
        if raw.status_code < 400 and _is_longer(raw.headers.get("Content-Length"), self.max_bytes):
            return ""  # nobody reads it: closing the connection is quicker
        # The status is all that counts, and it has arrived: a body that is cut off or slow is no failure.
        with contextlib.suppress(http_errors.RequestException, Urllib3Error, *_DEFECTS):
            for byte in raw.iter_content(1):
                body += byte
                if len(body) >= self.max_bytes:
                    break
        text = remote_data.storable(body.decode(errors="replace"))
        # A secret that is cut off at the end would not be recognized.
        return text if len(body) < self.max_bytes else text[: max(len(text) - self.secrets.longest, 0)]

    def _failure(self, exc, is_write, seconds):
        """Return the error for an exception of ``requests``, after a call that took these seconds."""
        if isinstance(exc, http_errors.InvalidHeader) and not _caused_by(exc, InvalidAnswerHeader):
            return bad_credentials()
        if isinstance(exc, (http_errors.InvalidURL, http_errors.InvalidSchema, http_errors.MissingSchema)):
            return self._bad_address()
        if isinstance(exc, http_errors.SSLError):
            return self._tls(exc, is_write)
        if _caused_by(exc, (http_errors.ReadTimeout, ReadTimeoutError)):
            return self._no_answer(is_write, "READ_TIMEOUT", self._exceeded_limit(seconds))
        reason = _unconnected(exc, self.timeout[0])
        if reason:
            return TransientError(f"Cannot connect to {self.host}: {reason}.", code="UNREACHABLE")
        is_lost = _caused_by(exc, RemoteDisconnected) or not _caused_by(exc, HTTPException)
        if isinstance(exc, http_errors.ConnectionError) and is_lost:
            return self._no_answer(is_write, "CONNECTION_LOST", "closed the connection before it responded")
        return self._no_answer(is_write, "BROKEN_ANSWER", "sent an invalid or incomplete response")

    def _tls(self, exc, is_write):
        untrusted = _caused_by(exc, ssl.SSLCertVerificationError)
        why = "its certificate is not trusted" if untrusted else "TLS failed"
        return TransientError(
            f"Cannot make a secure connection to {self.host}: {why}.",
            code="TLS",
            uncertain=is_write and not untrusted,
        )

    def _exceeded_limit(self, seconds):
        """Return which limit ended a call: that of the wait for the next byte, or that of the whole call."""
        silence, whole = self.timeout[1], sum(self.timeout)
        if seconds < whole:
            return f"sent nothing for {silence:g} s"
        return f"did not complete its response within {whole:g} s"

    def _no_answer(self, is_write, code, what, status=None):
        tail = " The call may or may not have been carried out." if is_write else ""
        return TransientError(f"{self.host} {what}.{tail}", code=code, http_status=status, uncertain=is_write)

    def _bad_address(self):
        return TransientError("The URL of the connector is not valid.", code="BAD_URL")


def bad_credentials() -> RemoteError:
    """Return the error for a secret that cannot be put into an HTTP header. The message does not quote it."""
    return AuthError(
        "The credentials contain characters that are not allowed. Enter them again.", code="BAD_CREDENTIALS"
    )


def _environment(base_url):
    """Return what the environment says for a URL: (proxies, whether or by what to verify certificates)."""
    try:
        return _environment_settings(base_url, tuple(map(os.environ.get, _ENVIRONMENT)))
    except ValueError:  # an invalid URL is reported by the first call
        return {}, True


@functools.lru_cache(maxsize=64)
def _environment_settings(base_url, _values):
    """As :func:`_environment`.

    :param _values: of the environment's variables, so that a change is noticed
    """
    with requests.Session() as session:
        found = session.merge_environment_settings(base_url, {}, None, None, None)
    return found["proxies"], True if found["verify"] is None else found["verify"]


class _BoundedAdapter(HTTPAdapter):
    """Limits the duration of calls, and connects to the addresses that the guard allows."""

    def __init__(self, guard, call_seconds, connections):
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0)
        self._guard = guard
        self._call_seconds = call_seconds
        self.poolmanager.pool_classes_by_scheme = pool_classes(guard or any_address, call_seconds)

    def proxy_manager_for(self, *args, **options):
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = pool_classes(any_address, self._call_seconds)
        return manager

    def send(self, request, proxies=None, **options):
        if self._guard and select_proxy(request.url, proxies):
            self._guard.check_url(request.url)
        return super().send(request, proxies=proxies, **options)


class _HeaderAuth(requests.auth.AuthBase):
    def __init__(self, headers):
        self._headers = dict(headers)

    def with_own(self, headers):
        """Return the same with the values that a call has for these headers."""
        own = {name: headers[name] for name in self._headers.keys() & headers.keys()}
        return _HeaderAuth({**self._headers, **own}) if own else self

    def __call__(self, request):
        if not all(value.isascii() and value.isprintable() for value in self._headers.values()):
            raise http_errors.InvalidHeader("not allowed")
        request.headers.update(self._headers)
        return request


def _parse(content):
    """Return (whether the content is JSON, the data). An empty body counts as JSON, with None as its data."""
    try:
        data = jsonlib.loads(content) if content else None
        return True, remote_data.storable_texts(data) if _MAY_BE_UNSTORABLE.search(content) else data
    except (ValueError, RecursionError):
        return False, None


def _is_longer(length, limit):
    return (remote_data.count(length) or 0) > limit


def _host(url):
    try:
        return urlsplit(url).hostname or "The remote system"
    except ValueError:
        return "The remote system"


def _http_date(value):
    try:
        date = parsedate_to_datetime(value)
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _causes(exc):
    """Yield ``exc`` and the exceptions that it wraps; requests and urllib3 wrap them in several ways."""
    seen, queue = set(), [exc]
    while queue:
        current = queue.pop()
        if id(current) in seen or not isinstance(current, BaseException):
            continue
        seen.add(id(current))
        yield current
        queue += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]


def _caused_by(exc, kind):
    return any(isinstance(cause, kind) for cause in _causes(exc))


def _unconnected(exc, seconds):
    """Return why no connection was made, as a phrase; None if something may have been sent."""
    if isinstance(exc, http_errors.ConnectTimeout):
        return f"no connection within {seconds:g} s"
    if isinstance(exc, http_errors.ProxyError):
        return "the proxy did not respond, or refused the connection"
    if not _caused_by(exc, NewConnectionError):
        return None
    if _caused_by(exc, socket.gaierror):
        return "unknown host name (DNS)"
    if _caused_by(exc, ConnectionRefusedError):
        return "connection refused"
    return "no route to the host"
