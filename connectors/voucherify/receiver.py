"""Receives Voucherify's webhooks: each reports one event of the project, or a card transaction of a workflow.

A report may be late, repeated, or out of order, and is a hint only: what a record is now has to be read.
Source: https://docs.voucherify.io/api-reference/introduction-to-webhooks
"""

import hashlib
import hmac
import re
import time
from datetime import UTC, datetime

from ...core.problem import Problem
from ...core.strict_json import read_json, read_object
from ..authentication import Credential
from ..receiver import Receiver, ReportedChange, SignatureError

SIGNATURE = "x-voucherify-signature"
SECRETS = ("webhook_secret", "former_webhook_secret")
DAY = 86_400
TOLERANCE = DAY + 3_600  # seconds: an event is sent again for a day, and no time of the sending is signed
EARLY = 900  # seconds that their clock may be ahead of ours
MAX_TEXT = 100
# White space between the tokens of JSON is not signed; that in texts is.
_TEXT_OR_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+', re.DOTALL)
_SIGNATURE = re.compile("[0-9a-f]{64}")
KEPT = ("type", "created_at", "project_id")  # the rest may be personal, and out of date
CHANGES = {"canceled": "cancelled"}
CARD = "loyalty_card"


class VoucherifyReceiver(Receiver):
    """Verifies with the secret of the project's webhooks."""

    MAX_ITEMS = 1
    secret_names = SECRETS
    credentials = (
        Credential(SECRETS[0], "Secret of webhooks", required=False, former=SECRETS[1]),
        Credential(SECRETS[1], "Former secret of webhooks", required=False),
    )

    def verify(self, request, secrets):
        """Check the signature, and that the event is not older than a day."""
        signature = request.headers.get(SIGNATURE, "")
        if not _SIGNATURE.fullmatch(signature):
            raise SignatureError("The header is missing or not valid.")
        bodies = (request.body, minified(request.body))
        known = [secret for name in SECRETS if (secret := secrets.get(name))]
        expected = [
            hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in known for body in bodies
        ]
        if not any([hmac.compare_digest(each, signature) for each in expected]):
            raise SignatureError("The signature is not valid.")
        at = _created_at(request.body)
        if at is not None and not -TOLERANCE <= at - time.time() <= EARLY:
            raise SignatureError("The event is too old, or of the future.")

    def commands(self, request):
        event = read_object(request.body)
        found = {name: event.get(name) for name in ("id", "type")}
        if not all(isinstance(each, str) and 0 < len(each) <= MAX_TEXT for each in found.values()):
            raise Problem("invalid-request", "An event has an id and a type, which are texts.")
        if not isinstance(event.get("data"), dict):
            raise Problem("invalid-request", "An event has data, which is an object.")
        kept = {name: event[name] for name in KEPT if isinstance(event.get(name), str)}
        key, card = f"voucherify-{found['id']}", _card(event["data"])
        if card:
            return [ReportedChange(key, CARD, (card,), "updated", kept)]
        kind, _dot, change = found["type"].partition(".")
        ids = _ids(event["data"], kind)
        return [ReportedChange(key, kind, ids, CHANGES.get(change, change) or kind, kept)]


def minified(body):
    """Return a body without white space between its tokens, as it is signed."""
    return _TEXT_OR_SPACE.sub(lambda found: found[1] or b"", body)


def _created_at(body):
    """Return when the event happened (Unix seconds); None if the body does not say."""
    try:
        event = read_json(body)
        at = datetime.fromisoformat(event["created_at"])
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (Problem, KeyError, TypeError, ValueError, OverflowError):
        return None


def _ids(data, kind):
    """Return the id of the record that an event is about, if it says so."""
    about = data.get(kind) if isinstance(data.get(kind), dict) else data
    found = about.get("id")
    return (found,) if isinstance(found, str) and 0 < len(found) <= MAX_TEXT else ()


def _card(data):
    """Return the ID of the balance that a workflow says has changed, empty for reports of other things."""
    transaction = data.get("transaction") if isinstance(data.get("transaction"), dict) else {}
    parts = [transaction.get("member_id"), transaction.get("card_id")]
    if not all(isinstance(each, str) and 0 < len(each) <= MAX_TEXT for each in parts):
        return ""
    return "/".join(parts)
