"""One account at a remote system: what all stand-ins have in common."""

import copy
import re
import threading
from typing import NamedTuple
from urllib.parse import unquote

from .failure import Failure
from .limits import Limits


class Caller(NamedTuple):
    """Who calls: the token, its scopes (None: all), and whether OAuth issued it."""

    token: str
    scopes: list | None = None
    is_app: bool = False


class Account:
    """A provider of the sandbox; a stand-in is a subclass, which says what it does differently.

    ``PREFIXES``: the beginnings of the URL paths that it answers.
    ``SETTINGS``: what tests may change, with the values at the start.
    ``LIMITS``: {name: :class:`~.limits.Limit`} of calls.
    ``ROUTES``: (method, path such as ``/v1/people/{key}``, name of a method), see :meth:`route`.
    ``SECRET_HEADERS``, ``SECRET_PATHS``: what the request log hides besides the usual, see ``masking.py``.
    ``oauth``: an :class:`~.oauth.OAuth`, None if there is none.
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

    # --- what a stand-in says ---

    def start(self):
        """Make ``stores`` ({kind: Store}) and what else a new account has."""
        self.stores = {}

    def authenticate(self, request):
        """Who calls, such as :meth:`bearer` returns; raises Failure. It is handed to the other methods."""

    def failure(self, status, message):
        """The Failure that says this in the words of the API: for 400, 401, 404, 405 and 429."""
        return Failure(status, {"error": message}, message)

    def unauthorized(self):
        """The Failure for a call without credentials that are known."""
        return self.failure(401, "missing or unknown credentials")

    def headers(self, caller):
        """(name, value) of the headers that every answer to an authenticated call has."""
        return ()

    def limit_reached(self, which, retry_after=None):
        """The answer to a call over the limit of that name; ``retry_after``: seconds, None if it is not told."""
        failure = self.failure(429, f"too many calls ({which})")
        if retry_after is not None:
            failure.headers = (*failure.headers, ("Retry-After", retry_after))
        return failure.response()

    # --- what the control API asks ---

    def reset(self):
        """As a new account."""
        with self.lock:
            self.settings.clear()
            self.settings.update(copy.deepcopy(self.SETTINGS))
            self.limits.reset()
            if self.oauth:
                self.oauth.reset()
            self.start()

    def configure(self, changes):
        """Change settings; raises ValueError."""
        with self.lock:
            self.settings.update(changes)

    def summary(self):
        """Numbers of what is there: ``{kind: {active, archived}}``."""
        with self.lock:
            numbers = {kind: store.summary() for kind, store in self.stores.items()}
            return {**numbers, "oauth": self.oauth.summary()} if self.oauth else numbers

    def records(self, kind):
        """Every record of a kind, as :meth:`~.store.Store.export` describes it."""
        with self.lock:
            return self.stores[kind].export()

    # --- HTTP ---

    def handle(self, request):
        """The response to a request; many threads call it at once."""
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

        It gets the request and, by name, the parts of the path in braces.
        """
        path, is_known = request.target.partition("?")[0], False
        for method, pattern, action in self._routes:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                parts = {name: unquote(value) for name, value in match.groupdict().items()}
                with self.lock:
                    return getattr(self, action)(request, **parts)
            is_known = is_known or bool(match)
        raise self.failure(405, "method not allowed") if is_known else self.failure(404, "not found")

    # --- helpers ---

    def bearer(self, request):
        """The Caller with the Bearer token: one of the setting ``tokens``, or one that OAuth issued; raises Failure."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if token in self.settings.get("tokens", ()):
                return Caller(token, self.settings.get("scopes"))
            scopes = self.oauth and self.oauth.scopes_of(token)
            if scopes is not None:
                return Caller(token, scopes, is_app=True)
        raise self.unauthorized()

    def body_of(self, request):
        """The JSON object in the body; raises Failure."""
        try:
            data = request.json()
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise self.failure(400, "the body is no JSON object")
        return data

    def check_spoilt(self, request, identity):
        """Raise Failure if the fault plan (``invalid_every``) wants the item of that identity to be a bad one."""
        if request.fault is not None and request.fault.spoils(identity):
            raise self.failure(400, "spoilt by the fault plan")


def pattern_of(path):
    """A compiled pattern for a path with parts in braces, each of which is one segment or the end of one."""
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile("".join(f"(?P<{p}>[^/]+)" if n % 2 else re.escape(p) for n, p in enumerate(parts)))
