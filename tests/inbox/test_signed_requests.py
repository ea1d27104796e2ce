"""Signed requests: a client that has to sign is refused without a signature of now, and each counts once."""

import json
import uuid
from collections import defaultdict, deque
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from odoo import fields
from odoo.tests import tagged

from ...models.inbox import limits
from ...tools import encryption
from .common import BASE, ApiCase
from .test_api import ANNA


@tagged("-at_install", "post_install")
class TestSignedRequests(ApiCase):
    def setUp(self):
        super().setUp()
        self.patch(limits, "_guesses", defaultdict(deque))
        self.client.requires_signature = True
        self.secret = self.new_secret()

    def new_secret(self):
        return self.client.action_new_signing_secret()["params"]["secret"]

    def signed(self, method, path, body=b"", *, secret=None, message_id=None, at=None):
        """Return the headers of a request, signed by the library of Standard Webhooks."""
        message_id, at = message_id or str(uuid.uuid4()), at or datetime.now(UTC)
        content = f"{method} {BASE}{path}\n".encode() + body
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret or self.secret).sign(message_id, at, content.decode()),
        }

    def send(self, content=None, idempotency_key=None, headers=None, path="/customers", **options):
        body = json.dumps(ANNA if content is None else content).encode()
        headers = self.signed("POST", path, body, **options) if headers is None else headers
        return self.call("POST", path, body=body, headers=headers, idempotency_key=idempotency_key)

    def assertUnsigned(self, response):
        problem = self.assertProblem(response, "invalid-signature", 401)
        self.assertIn("Sign each request anew", problem["detail"])

    def test_signed(self):
        self.assertEqual(self.send().status_code, 201)
        self.assertEqual(
            self.call("GET", "/customers/C-1", headers=self.signed("GET", "/customers/C-1")).status_code, 200
        )

    def test_query_and_escapes(self):
        """What is signed is what stands in the request line, with its query."""
        path = "/customers/A%2FB%20%C3%A9?x=a+b&y=%26"
        headers = self.signed("GET", path)
        self.assertProblem(self.call("GET", path, headers=headers), "not-found", 404)
        self.assertUnsigned(self.call("GET", path + "1", headers=self.signed("GET", path)))

    def test_unsigned(self):
        self.assertUnsigned(self.post("/customers", ANNA))
        self.assertUnsigned(self.call("GET", "/customers/C-1"))
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            body = json.dumps(ANNA).encode()
            headers = self.signed("POST", "/customers", body)
            del headers[name]
            self.assertUnsigned(self.send(headers=headers))
        self.assertFalse(self.messages())

    def test_forged(self):
        body = json.dumps(ANNA).encode()
        for headers in (
            self.signed("POST", "/customers", body + b" "),
            self.signed("PUT", "/customers", body),
            self.signed("POST", "/orders", body),
            self.signed("POST", "/customers", body, secret="whsec_" + "b3Ro" * 8),
            {**self.signed("POST", "/customers", body), "webhook-id": "other"},
            {**self.signed("POST", "/customers", body), "webhook-timestamp": "1"},
        ):
            self.assertUnsigned(self.send(headers=headers))
        self.assertFalse(self.messages())

    def test_stale_and_future(self):
        for seconds, status in ((-290, 201), (290, 200), (-310, 401), (310, 401)):
            response = self.send(at=datetime.now(UTC) + timedelta(seconds=seconds))
            self.assertEqual(response.status_code, status, response.text)

    def test_replayed(self):
        body = json.dumps(ANNA).encode()
        headers = self.signed("POST", "/customers", body, message_id="m-1")
        self.assertEqual(self.send(headers=headers).status_code, 201)
        self.assertUnsigned(self.send(headers=headers))
        more = {**headers, "webhook-signature": headers["webhook-signature"] + " v1,AAAA"}
        self.assertUnsigned(self.send(headers=more))
        self.assertUnsigned(
            self.send(headers={**headers, "webhook-timestamp": headers["webhook-timestamp"] + ".0"})
        )
        self.assertEqual(len(self.messages()), 1)

    def test_a_signature_counts_for_its_client(self):
        """Another client's ids are its own."""
        self.assertEqual(self.send(message_id="m-1").status_code, 201)
        other = self.new_client("Other", self.system, self.scopes, requires_signature=True)
        self.secret, self.key = (
            other.action_new_signing_secret()["params"]["secret"],
            self.env["retail.api.key"]._issue(other),
        )
        self.assertEqual(self.send(message_id="m-1").status_code, 200)

    def test_a_request_is_repeated(self):
        """Signed anew, it gets the first answer."""
        first = self.send(idempotency_key="K-1")
        again = self.send(idempotency_key="K-1")
        self.assertEqual((again.status_code, again.content), (first.status_code, first.content))
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")

    def test_rotation(self):
        old, new = self.secret, self.new_secret()
        self.assertEqual(self.send(secret=old).status_code, 201)
        self.assertEqual(self.send(secret=new).status_code, 200)
        self.client.action_remove_former_signing_secret()
        self.assertUnsigned(self.send(secret=old))
        self.assertEqual(self.send(secret=new).status_code, 200)

    def test_no_secret(self):
        """Without a secret, nobody is believed."""
        other = self.new_client("Other", self.system, self.scopes, requires_signature=True)
        self.key = self.env["retail.api.key"]._issue(other)
        self.assertUnsigned(self.send())
        self.assertUnsigned(self.post("/customers", ANNA))

    def test_a_token_does_not_replace_the_signature(self):
        form = {"grant_type": "client_credentials", "client_id": self.key[:16], "client_secret": self.key}
        response = self.opener.post(self.base_url() + "/retail/oauth/token", data=form, timeout=60)
        self.key = response.json()["access_token"]
        self.assertUnsigned(self.post("/customers", ANNA))
        self.assertEqual(self.send().status_code, 201)

    def test_who_need_not_sign(self):
        self.client.requires_signature = False
        self.assertEqual(self.post("/customers", ANNA).status_code, 201)

    def test_the_secret_is_encrypted(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(c)::text FROM retail_api_client c")
        self.assertNotIn(self.secret[6:], str(self.env.cr.fetchall()))
        before = self.client.sudo().encrypted_signing_secret
        self.env["retail.credential"]._rotate_all()
        self.assertNotEqual(self.client.sudo().encrypted_signing_secret, before)
        self.assertEqual(encryption.decrypt(self.client.sudo().encrypted_signing_secret), self.secret)
        self.assertEqual(self.send().status_code, 201)

    def test_old_signatures_are_dropped(self):
        self.send()
        signatures = self.env["retail.api.signature"].sudo()
        self.assertEqual(signatures.search_count([]), 1)
        signatures._gc()
        self.assertEqual(signatures.search_count([]), 1)
        signatures.search([]).used_at = fields.Datetime.subtract(fields.Datetime.now(), minutes=16)
        signatures.flush_model()
        signatures._gc()
        self.assertEqual(signatures.search_count([]), 0)
