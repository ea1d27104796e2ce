"""Receives Acme's webhooks: each reports one change of a customer. README.md lists the facts that it relies on.

A report may be late, repeated, or out of order: it says which record changed, not what it is now.
"""

import hashlib
import hmac
import re
import time

from odoo.addons.retail_hub.connectors.authentication import Credential
from odoo.addons.retail_hub.connectors.receiver import Receiver, ReportedChange, SignatureError
from odoo.addons.retail_hub.core.problem import Problem
from odoo.addons.retail_hub.core.strict_json import read_object

SIGNATURE, TIMESTAMP = "x-webhook-signature", "x-webhook-timestamp"
SECRETS = ("webhook_secret", "former_webhook_secret")  # both verify while a secret is being replaced
TOLERANCE = 300  # seconds, past and future
MAX_TEXT = 100
KEPT = ("id", "type")  # the rest may be personal, and out of date
_TIMESTAMP = re.compile("[0-9]{1,12}")


class AcmeReceiver(Receiver):
    """Verifies with the secret that Acme shows to the admin of its webhooks."""

    MAX_ITEMS = 1
    secret_names = SECRETS
    credentials = (
        Credential(SECRETS[0], "Secret of webhooks", required=False, former=SECRETS[1]),
        Credential(SECRETS[1], "Former secret of webhooks", required=False),
    )

    def verify(self, request, secrets):
        """Check the signature, which is of the time and the body."""
        timestamp, signature = (request.headers.get(name, "") for name in (TIMESTAMP, SIGNATURE))
        if not _TIMESTAMP.fullmatch(timestamp) or abs(time.time() - int(timestamp)) > TOLERANCE:
            raise SignatureError("The time is missing, or too far from ours.")
        signed = timestamp.encode() + b"." + request.body
        known = [secret for name in SECRETS if (secret := secrets.get(name))]
        expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in known]
        if not any([hmac.compare_digest(each.encode(), signature.encode()) for each in expected]):
            raise SignatureError("The signature is missing or not valid.")

    def commands(self, request):
        event = read_object(request.body)
        customer = event.get("data") if isinstance(event.get("data"), dict) else {}
        if not all(map(_is_text, (event.get("id"), event.get("type"), customer.get("id")))):
            message = "An event has an id, a type, and the id of a customer, which are texts."
            raise Problem("invalid-request", message)
        kind, _dot, change = event["type"].partition(".")
        kept = {name: event[name] for name in KEPT}
        return [ReportedChange(f"acme-{event['id']}", kind, (customer["id"],), change, kept)]


def _is_text(value):
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT
