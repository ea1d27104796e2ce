"""A customer's way from Odoo to Acme's stand-in, and a webhook's way from Acme to Odoo."""

import hashlib
import hmac
import json
import time
from pathlib import Path

from odoo.tests import HttpCase, tagged

from odoo.addons.retail_hub.tests.common import RetailCase

STAND_IN = f"{Path(__file__).parent / 'sandbox' / 'acme.py'}:Acme"


class TestAcme(RetailCase):
    sandbox_providers = {"acme": STAND_IN}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connector.active = False  # HubSpot's
        cls.connector = cls._create_connector("Acme", provider="acme", base_url=f"{cls.sandbox.url}/acme")

    def _customers(self):
        return [each["properties"] for each in self.sandbox.records("customers", "acme")]

    def test_a_customer_arrives_changes_and_goes(self):
        partner = self._partner()
        self.assertEqual(self._drain(), 1)
        customer = {"key": str(partner.id), "name": "Ann Lee", "email": "ann@example.com"}
        self.assertEqual(self._customers(), [customer])
        partner.name = "Ann Maria Lee"
        self._drain()
        self.assertEqual(self._customers(), [{**customer, "name": "Ann Maria Lee"}])
        partner.unlink()
        self._drain()
        self.assertEqual(self._customers(), [])

    def test_deleted_while_it_is_unknown_whether_it_arrived(self):
        """The response to its creation was lost: it is looked for, and erased."""
        self.sandbox.fault(method="PUT", drop="after", times=1)
        partner = self._partner()
        self._drain()
        self.assertEqual(len(self._customers()), 1)
        partner.unlink()
        for _ in range(2):
            self._make_due(self._deliveries().filtered(lambda each: each.state in ("pending", "unknown")))
            self._drain()
        self.assertEqual(self._customers(), [])
        self.assertEqual(self._deliveries(event_type="customer.erased").state, "delivered")

    def test_a_refused_value_is_named(self):
        partner = self._partner(email="ann@example.com")
        self.sandbox.fault(method="PUT", status=422, body={"code": "invalid_value", "field": "email"})
        self._drain()
        delivery = self._deliveries(partner)
        self.assertEqual((delivery.state, delivery.error_code), ("dead", "INVALID_VALUE"))


@tagged("-at_install", "post_install")
class TestAcmeWebhooks(HttpCase):
    def test_a_webhook_is_stored_once(self):
        connector = self.env["retail.connector"].create({"name": "Acme", "provider": "acme"})
        connector.action_receive_webhooks()
        secret = connector.credential_ids.filtered(lambda each: each.name == "webhook_secret")
        secret.value = "secret-of-webhooks"
        body = json.dumps({"id": "evt_1", "type": "customer.updated", "data": {"id": "501"}}).encode()
        stamp = str(int(time.time()))
        signed = hmac.new(b"secret-of-webhooks", stamp.encode() + b"." + body, hashlib.sha256)
        headers = {"X-Webhook-Timestamp": stamp, "X-Webhook-Signature": signed.hexdigest()}
        url = f"{self.base_url()}/retail/webhooks/{connector.webhook_token}"
        for _ in range(2):
            response = self.opener.post(url, data=body, headers=headers, timeout=60)
            self.assertEqual(response.status_code, 204)
        message = self.env["retail.message"].search([("connector_id", "=", connector.id)])
        self.assertEqual((message.subject, message.idempotency_key), ("customer/501", "webhook:acme-evt_1"))
