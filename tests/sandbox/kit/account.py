"""The base class of all stand-ins: one account at a remote system."""

import copy
import re
import threading
from typing import NamedTuple
from urllib.parse import unquote

from .failure import Failure
from .limits import Limits


class Caller(NamedTuple):
    """An authenticated caller: the token, its scopes (None: all), and whether OAuth issued it."""

    token: str
    scopes: list | None = None
    is_app: bool = False


class Account:
    """A remote account with default behaviour. A stand-in is a subclass.

    ``PREFIXES``: the beginnings of the URL paths that it answers.
    ``SETTINGS``: settings that tests may change, with their defaults.
    ``LIMITS``: {name: :class:`~.limits.Limit`} of calls.
    ``ROUTES``: (HTTP method, path such as ``/v1/people/{key}``, name of a Python method, or a function), see
    :meth:`route`.
    ``SECRET_HEADERS``, ``SECRET_PATHS``: further secrets to hide in the request log, see ``masking.py``.
    ``oauth``: an :class:`~.oauth.OAuth`, or None.
    """

    PREFIXES = ()
    SETTINGS = {}
    LIMITS = {}
    ROUTES = ()
    SECRET_HEADERS = ()
    SECRET_PATHS = None
    oauth_class = None

    def __init__(self):
        self.lock = threading.RLock()
        self.settings = {}
        self.limits = Limits(self.settings, self.LIMITS)
        self.oauth = self.oauth_class(self.settings, self.lock) if self.oauth_class else None
        self.actions = self.oauth.actions() if self.oauth else {}
        self._routes = [(method, pattern_of(path), action) for method, path, action in self.ROUTES]
        self.reset()

    # --- to override ---

    def start(self):
        """Create ``stores`` ({kind: Store}), and the rest of the state of a new account."""
        self.stores = {}

    def authenticate(self, request):
        """Return the caller, as :meth:`bearer` does. It is passed to the other methods. Raises Failure."""

    def failure(self, status, message):
        """Return the Failure with the API's own error body. It is also used for 400, 401, 404, 405 and 429."""
        return Failure(status, {"error": message}, message)

    def unauthorized(self):
        """Return the Failure for a call without valid credentials."""
        return self.failure(401, "missing or unknown credentials")

    def headers(self, caller):
        """Return (name, value) of the headers that every response to an authenticated call has."""
        return ()

    def limit_reached(self, which, retry_after=None):
        """Return the response to a call over the limit of this name.

        :param retry_after: seconds; None for a response without it
        """
        failure = self.failure(429, f"too many calls ({which})")
        if retry_after is not None:
            failure.headers = (*failure.headers, ("Retry-After", retry_after))
        return failure.response()

    # --- for the control API ---

    def reset(self):
        """Restore the state of a new account."""
        with self.lock:
            self.settings.clear()
            self.settings.update(copy.deepcopy(self.SETTINGS))
            self.limits.reset()
            if self.oauth:
                self.oauth.reset()
            self.start()

    def configure(self, changes):
        """Change settings. Raises ValueError."""
        with self.lock:
            self.settings.update(changes)

    def summary(self):
        """Return the numbers of records: ``{kind: {active, archived}}``."""
        with self.lock:
            numbers = {kind: store.summary() for kind, store in self.stores.items()}
            return {**numbers, "oauth": self.oauth.summary()} if self.oauth else numbers

    def records(self, kind):
        """Return all records of a kind, as :meth:`~.store.Store.export` describes them."""
        with self.lock:
            return self.stores[kind].export()

    # --- HTTP ---

    def handle(self, request):
        """Return the response to a request. Several threads call it at once."""
        response = self.oauth and self.oauth.handle(request)
        if response:
            return response
        try:
            caller = self.authenticate(request)
        except Failure as failure:
            return failure.response()
        reached = self.limits.take(request)
        if reached:
            return self.limit_reached(reached)
        try:
            response = self.route(request, caller)
        except Failure as failure:
            response = failure.response()
        response.headers = (*response.headers, *self.headers(caller))
        return response

    def route(self, request, caller):
        """Call the method of the first of ``ROUTES`` that matches, one request at a time.

        The method gets the request, and the parts of the path in braces as named arguments. A function also gets
        the account, as its first argument.
        """
        path, is_known = request.target.partition("?")[0], False
        for method, pattern, action in self._routes:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                parts = {name: unquote(value) for name, value in match.groupdict().items()}
                handler = action if callable(action) else getattr(type(self), action)
                with self.lock:
                    return handler(self, request, **parts)
            is_known = is_known or bool(match)
        raise self.failure(405, "method not allowed") if is_known else self.failure(404, "not found")

    # --- helpers ---

    def bearer(self, request):
        """Return the Caller by its bearer token, from the setting ``tokens`` or from OAuth. Raises Failure."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if token in self.settings.get("tokens", ()):
                return Caller(token, self.settings.get("scopes"))
            scopes = self.oauth and self.oauth.scopes_of(token)
            if scopes is not None:
                return Caller(token, scopes, is_app=True)
        raise self.unauthorized()

    def body_of(self, request):
        """Return the JSON object in the body. Raises Failure."""
        try:
            data = request.json()
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise self.failure(400, "the body is no JSON object")
        return data

    def check_spoilt(self, request, identity):
        """Raise Failure if the fault plan (``invalid_every``) makes this item a bad one."""
        if request.fault is not None and request.fault.spoils(identity):
            raise self.failure(400, "spoilt by the fault plan")


def pattern_of(path):
    """Return a compiled pattern for a path with parts in braces. A part matches a segment, or the end of one."""
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile("".join(f"(?P<{p}>[^/]+)" if n % 2 else re.escape(p) for n, p in enumerate(parts)))
