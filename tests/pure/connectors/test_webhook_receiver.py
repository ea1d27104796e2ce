"""Webhooks of custom systems: the contract of all receivers, signed with the library of Standard Webhooks."""

from datetime import UTC, datetime

from receiver_contract import ReceiverCase, ReceiverContract
from standardwebhooks import Webhook

from odoo.addons.retail_hub.connectors.webhook.provider import WEBHOOK


def sign(body, secret, at, _url):
    moment = datetime.fromtimestamp(int(at), UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at)),
        "webhook-signature": Webhook(secret).sign("msg_1", moment, body.decode()),
    }


class TestWebhookReceiver(ReceiverContract):
    CASE = ReceiverCase(
        WEBHOOK,
        sign,
        ("whsec_" + "b2xk" * 8, "whsec_" + "bmV3" * 8, "whsec_" + "b3Ro" * 8),
        {"type": "customer.upsert", "timestamp": "2026-11-28T10:00:00Z", "data": {"external_id": "C-1"}},
        ("webhook-id", "webhook-timestamp", "webhook-signature"),
    )
