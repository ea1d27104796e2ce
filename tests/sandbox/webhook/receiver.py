"""The stand-in ``webhook``: accepts signed events, and handles each id once."""

import base64
import hashlib
import hmac
import json
import time

from kit.account import Account
from kit.wire import json_response

SECRET = "whsec_" + base64.b64encode(b"the secret of the sandbox itself").decode()
SETTINGS = {
    "secrets": [SECRET],  # any of these is accepted
    "tolerance": 300,  # seconds that a timestamp may be off
    "refuse": [],  # an event whose body contains one of these texts is refused (422)
}
REQUIRED = ("id", "source", "type")  # of CloudEvents 1.0, besides specversion


class Receiver(Account):
    """Receives events on all paths below ``/hooks``, and handles each id once."""

    PREFIXES = ("/hooks",)
    SETTINGS = SETTINGS

    def start(self):
        self.events = {}  # id -> entry of records()

    def route(self, request, caller):
        if request.method != "POST":
            raise self.failure(405, "events are posted")
        self.verify(request)
        event = self.read(request)
        if any(text in request.body.decode() for text in self.settings["refuse"]):
            raise self.failure(422, f"not wanted: {json.dumps(event)}")
        signatures = len(request.headers["webhook-signature"].split())
        with self.lock:
            entry = self.events.setdefault(
                event["id"],
                {"path": request.path, "times": 0, "signatures": signatures, "event": event, "replays": []},
            )
            entry["times"] += 1
            if event.get("replayid") not in (None, *entry["replays"]):
                entry["replays"].append(event["replayid"])
        return json_response(202, {})

    def verify(self, request):
        """Check the three headers, the timestamp, and the signature of the body."""
        headers = request.headers
        identity, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not identity or not at.isdecimal() or abs(time.time() - int(at)) > self.settings["tolerance"]:
            raise self.failure(401, "no id, or no timestamp of now")
        content = f"{identity}.{at}.".encode() + request.body
        given = headers.get("webhook-signature", "").split()
        for secret in self.settings["secrets"]:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            digest = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
            if any(hmac.compare_digest(f"v1,{digest}", signature) for signature in given):
                return
        raise self.failure(401, "no valid signature")

    def read(self, request):
        """Return the event, in structured mode, after checking that its id is that of the message."""
        if request.headers.get("content-type", "").partition(";")[0] != "application/cloudevents+json":
            raise self.failure(415, "not a CloudEvent in structured mode")
        event = request.json()
        if event.get("specversion") != "1.0" or not all(event.get(name) for name in REQUIRED):
            raise self.failure(400, "not a CloudEvent 1.0")
        if event["id"] != request.headers["webhook-id"]:
            raise self.failure(400, "the event has another id than the message")
        return event

    def summary(self):
        with self.lock:
            return {"events": len(self.events)}

    def records(self, kind):
        """Return ``events``: {path, times, signatures, event, replays} for each id, in the order of arrival."""
        if kind != "events":
            raise ValueError(f"no {kind} here")
        with self.lock:
            return [dict(entry) for entry in self.events.values()]
