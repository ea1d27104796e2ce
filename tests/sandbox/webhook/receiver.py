"""The provider ``webhook``: takes signed events, each id once; what a provider has is said in providers.py."""

import base64
import hashlib
import hmac
import json
import threading
import time

from kit.wire import json_response

SECRET = "whsec_" + base64.b64encode(b"the secret of the sandbox itself").decode()
SETTINGS = {
    "secrets": [SECRET],  # any of these is accepted
    "tolerance": 300,  # seconds that a timestamp may be off
    "refuse": [],  # an event whose body contains one of these texts is refused (422)
}
REQUIRED = ("id", "source", "type")  # of CloudEvents 1.0, besides specversion


class Refusal(Exception):
    """Ends a request: status, and why."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status, self.reason = status, reason


class Receiver:
    """Everything below ``/hooks``; it remembers every id and takes each one once."""

    PREFIXES = ("/hooks",)

    def __init__(self):
        self.lock = threading.Lock()
        self.settings = {}
        self.reset()

    def reset(self):
        with self.lock:
            self.settings.clear()
            self.settings.update(
                {name: list(v) if isinstance(v, list) else v for name, v in SETTINGS.items()}
            )
            self.events = {}  # id -> what records() tells

    def configure(self, changes):
        with self.lock:
            self.settings.update(changes)

    def limit_reached(self, which, retry_after=None):
        """The 429; ``which`` makes no difference."""
        headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
        return json_response(429, {"error": "too many events"}, headers)

    def handle(self, request):
        try:
            return self.take(request)
        except Refusal as refusal:
            return json_response(refusal.status, {"error": refusal.reason})

    def take(self, request):
        if request.method != "POST":
            raise Refusal(405, "events are posted")
        self.verify(request)
        event = self.read(request)
        if any(text in request.body.decode() for text in self.settings["refuse"]):
            raise Refusal(422, f"not wanted: {json.dumps(event)}")
        signatures = len(request.headers["webhook-signature"].split())
        with self.lock:
            kept = self.events.setdefault(
                event["id"],
                {"path": request.path, "times": 0, "signatures": signatures, "event": event, "replays": []},
            )
            kept["times"] += 1
            if event.get("replayid") not in (None, *kept["replays"]):
                kept["replays"].append(event["replayid"])
        return json_response(202, {})

    def verify(self, request):
        """The three headers, a fresh timestamp, and a signature of the body by a secret of ours."""
        headers = request.headers
        identity, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not identity or not at.isdecimal() or abs(time.time() - int(at)) > self.settings["tolerance"]:
            raise Refusal(401, "no id, or no timestamp of now")
        content = f"{identity}.{at}.".encode() + request.body
        given = headers.get("webhook-signature", "").split()
        for secret in self.settings["secrets"]:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            digest = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
            if any(hmac.compare_digest(f"v1,{digest}", signature) for signature in given):
                return
        raise Refusal(401, "no valid signature")

    def read(self, request):
        """The event in structured mode, whose id is that of the message."""
        if request.headers.get("content-type", "").partition(";")[0] != "application/cloudevents+json":
            raise Refusal(415, "not a CloudEvent in structured mode")
        event = request.json()
        if event.get("specversion") != "1.0" or not all(event.get(name) for name in REQUIRED):
            raise Refusal(400, "not a CloudEvent 1.0")
        if event["id"] != request.headers["webhook-id"]:
            raise Refusal(400, "the event has another id than the message")
        return event

    def summary(self):
        with self.lock:
            return {"events": len(self.events)}

    def records(self, kind):
        """``events``: {path, times, signatures, event, replays} of each id, in the order in which they first came."""
        if kind != "events":
            raise ValueError(f"no {kind} here")
        with self.lock:
            return [dict(kept) for kept in self.events.values()]
