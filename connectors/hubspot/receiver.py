"""Receives HubSpot's webhooks: lists of reports that records changed, with signatures of version 3.

A report may be late, repeated, or out of order: it says which records to read again, not what they are now.
Source: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
"""

import base64
import hashlib
import hmac
import json
import re
import time
from urllib.parse import unquote

from ...core.problem import Problem
from ...core.strict_json import read_json
from ..authentication import Credential
from ..receiver import Receiver, ReportedChange, SignatureError

SIGNATURE = "x-hubspot-signature-v3"
TIMESTAMP = "x-hubspot-request-timestamp"
# The last one is that of an app that connects with OAuth: it signs the app's webhooks, too.
SECRETS = ("webhook_secret", "former_webhook_secret", "client_secret")
TOLERANCE = 300  # seconds, past and future
MAX_SIGNATURE = 100
_TIMESTAMP = re.compile(r"[0-9]{1,15}")
# HubSpot decodes these before it signs.
_DECODED = re.compile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
CHANGES = {
    "creation": "created",
    "propertyChange": "updated",
    "associationChange": "updated",
    "deletion": "deleted",
    "privacyDeletion": "erased",
    "restore": "restored",
    "merge": "merged",
}
OBJECTS = {
    "0-1": "contact",
    "0-2": "company",
    "0-3": "deal",
    "0-8": "line_item",
    "0-53": "invoice",
    "0-123": "order",
}
VALUE = "propertyValue"  # may be personal, and may be out of date
# What tells a report from another: an eventId alone is not unique.
IDENTITY = (
    "portalId",
    "subscriptionType",
    "objectId",
    "primaryObjectId",
    "propertyName",
    "occurredAt",
    "eventId",
)


class HubSpotReceiver(Receiver):
    """Verifies with the client secret of the app that sends the webhooks."""

    secret_names = SECRETS
    credentials = (
        Credential(
            SECRETS[0], "Client secret of the app that sends webhooks", required=False, former=SECRETS[1]
        ),
        Credential(SECRETS[1], "Former client secret of that app", required=False),
    )

    def verify(self, request, secrets):
        """Check the signature of version 3. Those of versions 1 and 2 say nothing of the time, and do not count."""
        timestamp, signature = (request.headers.get(name, "") for name in (TIMESTAMP, SIGNATURE))
        if not _TIMESTAMP.fullmatch(timestamp) or not 0 < len(signature) <= MAX_SIGNATURE:
            raise SignatureError("A header is missing or not valid.")
        if abs(time.time() - int(timestamp) / 1000) > TOLERANCE:
            raise SignatureError("The time is too far from ours.")
        known = [secret for name in SECRETS if (secret := secrets.get(name))]
        expected = [
            _signature(secret, request, uri, timestamp)
            for secret in known
            for uri in _signed_uris(request.url)
        ]
        if not any([hmac.compare_digest(each, signature.encode()) for each in expected]):
            raise SignatureError("The signature is not valid.")

    def commands(self, request):
        reports = read_json(request.body)
        if not isinstance(reports, list) or not 1 <= len(reports) <= self.MAX_ITEMS:
            raise Problem("invalid-request", f"Send a list of 1 to {self.MAX_ITEMS} events.")
        return [_change(report) for report in reports]


def _signed_uris(url):
    """Return what HubSpot may have signed: it decodes some escapes, and libraries of its own decode all."""
    return dict.fromkeys((_DECODED.sub(lambda found: unquote(found[0]), url), unquote(url)))


def _signature(secret, request, uri, timestamp):
    content = f"{request.method}{uri}".encode() + request.body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest())


def _change(report):
    """
    :raise Problem: it is no event
    """
    name = report.get("subscriptionType") if isinstance(report, dict) else None
    if not isinstance(name, str) or not 0 < len(name) <= MAX_SIGNATURE:
        raise Problem("invalid-request", "An event has a subscriptionType, which is a text.")
    kind, _dot, change = name.partition(".")
    return ReportedChange(
        _identity(report),
        OBJECTS.get(str(report.get("objectTypeId")), "") if kind == "object" else kind,
        _ids(report),
        CHANGES.get(change, change),
        {name: value for name, value in report.items() if name != VALUE},
    )


def _identity(report):
    values = json.dumps([report.get(name) for name in IDENTITY])
    return f"hubspot-{hashlib.sha256(values.encode()).hexdigest()[:40]}"


def _ids(report):
    """Return the ids of the records of a report, each once. After a merge, the first one is what is left."""
    merged = report.get("mergedObjectIds")
    named = [report.get(name) for name in ("newObjectId", "primaryObjectId", "objectId", "fromObjectId")]
    named += merged[:100] if isinstance(merged, list) else []
    texts = [str(each) for each in named if isinstance(each, int | str) and not isinstance(each, bool)]
    return tuple(dict.fromkeys(text for text in texts if 0 < len(text) <= 40))
