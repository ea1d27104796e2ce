"""Before a write is done: calls at the same time are refused, and a repeated idempotency key gets the first answer."""

import contextlib
import json
import re
import threading
from urllib.parse import unquote

from kit.wire import Response

from .failures import in_use, invalid

LIFETIME = 86_400  # seconds that an answer is kept
LONGEST_KEY = 255
SESSION = re.compile(r"/v2/customer_sessions/(?P<session>[^/]+)(/returns|/reopen)?")
PROFILE = re.compile(r"/v2/customer_profiles/(?P<profile>[^/]+)")
# The only writes that know the header Idempotency-Key.
IDEMPOTENT = (
    ("PUT", SESSION),
    ("POST", SESSION),
    ("PUT", PROFILE),
    ("PUT", re.compile("/v2/customer_profiles")),
    ("POST", re.compile("/v2/events")),
)
EVENTS = re.compile("/v[23]/events")
NEVER = threading.Event()


class Busy:
    """The sessions and profiles that a call is changing. A second call for one of them is refused."""

    def __init__(self):
        self._lock = threading.Lock()
        self.taken = set()

    @contextlib.contextmanager
    def hold(self, things, seconds):
        """Hold these for a time, and for as long as the block runs. Raises Failure."""
        with self._lock:
            used = sorted(self.taken & things)
            if used:
                raise in_use(f"another request is updating the {used[0][0]}")
            self.taken |= things
        try:
            if things and seconds:
                NEVER.wait(seconds)
            yield
        finally:
            with self._lock:
                self.taken -= things


def concerned(deployment, request):
    """Return the {(kind, key)} that a write changes one after the other: its session, and its profile."""
    path = request.target.partition("?")[0]
    session, profile = SESSION.fullmatch(path), PROFILE.fullmatch(path)
    if request.method == "GET" or not (session or profile or EVENTS.fullmatch(path)):
        return set()
    if profile:
        return {("profile", unquote(profile["profile"]))}
    found, data = set(), body_of(request)
    if session:
        key = unquote(session["session"])
        found.add(("session", key))
        stored = deployment.sessions.get(key, {}).get("profileId")
        data = data.get("customerSession")
        owners = {stored, data.get("profileId") if isinstance(data, dict) else None}
    else:
        owners = {data.get("profileId")}
    return found | {("profile", each) for each in owners if each and isinstance(each, str)}


def body_of(request):
    """Return the JSON object in the body, an empty one if it is wrong: others say so."""
    try:
        data = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


class Answers:
    """Answers to requests with an idempotency key. The key counts, whatever the body is."""

    def __init__(self, deployment):
        self.deployment = deployment

    def key_of(self, request):
        """Return what the answer is kept under, None if it is not. Raises Failure."""
        given, path = request.headers.get("idempotency-key"), request.target.partition("?")[0]
        known = any(method == request.method and pattern.fullmatch(path) for method, pattern in IDEMPOTENT)
        if not given or not known or request.arguments().get("dry") == "true":
            return None
        if len(given) > LONGEST_KEY:
            raise invalid("Too long", f"An idempotency key has at most {LONGEST_KEY} characters", "/")
        return request.method, path, given

    def find(self, key):
        """Return the answer that is kept, None if there is none, or no more."""
        at, status, body = self.deployment.answers.get(key, (0, None, None))
        is_old = at + LIFETIME <= self.deployment.clock.now()
        return None if status is None or is_old else Response(status, body)

    def keep(self, key, response):
        errors_too = self.deployment.settings["idempotency_keeps_errors"]
        if key is not None and (response.status < 300 or (response.status == 400 and errors_too)):
            self.deployment.answers[key] = (self.deployment.clock.now(), response.status, response.body)
