"""How the tests sign requests for each receiver, with the signers of others."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hubspot.utils.signature import Signature
from standardwebhooks import Webhook

from odoo.addons.retail_hub.connectors.hubspot.receiver import HubSpotReceiver
from odoo.addons.retail_hub.connectors.receiver import Receiver, WebhookRequest
from odoo.addons.retail_hub.connectors.talon_one.receiver import TalonOneReceiver
from odoo.addons.retail_hub.connectors.voucherify.receiver import EARLY, TOLERANCE, VoucherifyReceiver
from odoo.addons.retail_hub.connectors.webhook.receiver import StandardWebhooksReceiver

URL = "https://odoo.example.com/retail/webhooks/abc?x=1"


@dataclass(frozen=True)
class Case:
    """A receiver, and how a request for it is signed.

    :param sign: takes body, secret, Unix time and URL; returns the headers with lower-case names
    :param secrets: three different ones
    :param content: a valid body as data
    :param headers: the names of the headers that a request needs
    :param tolerance: seconds (past, future) within which a request is of now
    :param is_dated: its time is the ``created_at`` of the content
    :param tail: what makes another body if it is added
    :param is_signed: whether the secret proves what a request says and when it was sent, and not only who sends it
    :param many: returns a body with so many items as data; None: a list of the content
    """

    name: str
    receiver: Receiver
    sign: Callable[[bytes, str, float, str], dict[str, str]]
    secrets: Sequence[str]
    content: Any
    headers: Sequence[str]
    tolerance: tuple[int, int] = (300, 300)
    is_dated: bool = False
    tail: bytes = b" "
    is_signed: bool = True
    many: Callable[[int], Any] | None = None

    @property
    def body(self):
        return self.body_at(None)

    def body_at(self, at):
        """Return the body of a request at this Unix time; None for now."""
        content = self.content
        if self.is_dated:
            content = {**content, "created_at": datetime.fromtimestamp(at or time.time(), UTC).isoformat()}
        return json.dumps(content).encode()

    def request(self, body=None, secret=None, at=None, url=URL, **headers):
        """Return a request that is signed for these values; then ``headers`` replace some, None removes one."""
        body = self.body_at(at) if body is None else body
        signed = self.sign(body, secret or self.secrets[0], time.time() if at is None else at, url)
        found = {**signed, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return WebhookRequest(
            "POST", url, {name: each for name, each in found.items() if each is not None}, body
        )

    def known(self, *secrets):
        """Return the credentials of a connector with these secrets, the present one first."""
        names = self.receiver.secret_names
        return {**dict.fromkeys(names, ""), **dict(zip(names, secrets, strict=False))}


def _standard(body, secret, at, _url):
    moment = datetime.fromtimestamp(int(at), UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at)),
        "webhook-signature": Webhook(secret).sign("msg_1", moment, body.decode()),
    }


def _hubspot(body, secret, at, url):
    stamp = str(int(at * 1000))
    signature = Signature.get_signature(secret, body.decode(), "v3", url, "POST", stamp)
    return {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}


def _voucherify(body, secret, _at, _url):
    """The body is signed without the white space between its tokens, which ``json`` writes after ``:`` and ``,``."""
    try:
        signed = json.dumps(json.loads(body), separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        signed = body
    return {"x-voucherify-signature": hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}


def _talon_one(_body, secret, _at, _url):
    return {"authorization": f"Bearer {secret}", "x-uuid": "9aa05ee1-876f-42e6-9a5d-fc0bd424d9cb"}


def _tiers(count):
    one = {"CustomerProfileID": "odoo-7", "LoyaltyProgramID": 5, "SubledgerID": "", "CurrentTier": "Gold"}
    return {"NotificationType": "TierUpgrade", "TotalResultSize": count, "Data": [one] * count}


CASES = (
    Case(
        "webhook",
        StandardWebhooksReceiver(),
        _standard,
        ("whsec_" + "b2xk" * 8, "whsec_" + "bmV3" * 8, "whsec_" + "b3Ro" * 8),
        {"type": "customer.upsert", "timestamp": "2026-11-28T10:00:00Z", "data": {"external_id": "C-1"}},
        ("webhook-id", "webhook-timestamp", "webhook-signature"),
    ),
    Case(
        "hubspot",
        HubSpotReceiver(),
        _hubspot,
        ("old-secret", "new-secret", "other-secret"),
        [
            {
                "eventId": 1,
                "subscriptionType": "contact.creation",
                "objectId": 123,
                "occurredAt": 1795000000000,
            }
        ],
        ("x-hubspot-signature-v3", "x-hubspot-request-timestamp"),
    ),
    Case(
        "voucherify",
        VoucherifyReceiver(),
        _voucherify,
        ("old-secret", "new-secret", "other-secret"),
        {
            "id": "whs_1",
            "project_id": "proj_1",
            "type": "customer.updated",
            "data": {"customer": {"id": "cust_1", "name": "Anna, of Gent"}},
        },
        ("x-voucherify-signature",),
        tolerance=(TOLERANCE, EARLY),
        is_dated=True,
        tail=b"x",
    ),
    Case(
        "talon_one",
        TalonOneReceiver(),
        _talon_one,
        ("old-token", "new-token", "other-token"),
        {
            "NotificationType": "LoyaltyAddedDeductedPointsBalances",
            "ProfileIntegrationID": "odoo-7",
            "LoyaltyProgramID": 5,
            "SubledgerID": None,
            "TypeOfChange": "campaign_manager",
            "EmployeeName": "Franziska Schneider",
            "CurrentPoints": 10.99,
            "Actions": [{"Amount": 10.99, "Operation": "addition", "Reason": "Compensation"}],
        },
        ("authorization",),
        is_signed=False,
        many=_tiers,
    ),
)
