"""The API as such: who may call, what is refused and how, and that a request is carried out once."""

import gzip
import json
from collections import defaultdict, deque
from datetime import timedelta
from urllib.parse import quote

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ...controllers.api import endpoint
from ...core.api_key import new_key
from ...models.inbox import limits
from .common import BASE, ApiCase

ANNA = {"external_id": "C-1", "name": {"full": "Anna"}}


@tagged("-at_install", "post_install")
class TestApi(ApiCase):
    def count(self):
        return self.env["res.partner"].search_count([("name", "=", "Anna")])

    # -- who may call ------------------------------------------------------------------------------

    def test_keys(self):
        prefix, secret = self.key[:17], self.key[17:]
        wrong = [
            "",
            "x",
            self.key[:-1],
            self.key + "x",
            prefix + secret[::-1],
            "rhk_AAAAAAAAAAAA_" + "A" * 43,
        ]
        for key in wrong:
            with self.assertNoLogs("odoo.http", "WARNING"):
                response = self.call("GET", "/customers/C-1", key=key)
            self.assertProblem(response, "unauthorized", 401)
            self.assertEqual(response.headers["WWW-Authenticate"], 'Bearer realm="retail_hub"')
        for headers in ({"Authorization": f"Basic {self.key}"}, {"Authorization": self.key}):
            self.assertProblem(self.call("GET", "/customers/C-1", headers=headers), "unauthorized", 401)

    def test_the_key_is_kept_as_a_hash(self):
        key = self.client.key_ids
        self.assertEqual(self.key[: len(key.prefix)], key.prefix)
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(k)::text FROM retail_api_key k")
        self.assertNotIn(self.key[18:], str(self.env.cr.fetchall()))

    def test_rotation(self):
        second = self.env["retail.api.key"]._issue(self.client)
        with self.assertRaisesRegex(UserError, "two live keys"):
            self.env["retail.api.key"]._issue(self.client)
        for key in (self.key, second):
            self.assertEqual(self.post("/customers", ANNA, key=key).status_code // 100, 2)
        self.client.key_ids[-1].action_revoke()
        self.assertProblem(self.post("/customers", ANNA), "unauthorized", 401)
        self.assertEqual(self.post("/customers", ANNA, key=second).status_code, 200)

    def test_who_made_and_revoked_a_key_stands_in_the_chatter(self):
        manager = new_test_user(self.env, "has_keys", "retail_hub.group_manager")
        client = self.new_client("Noted", self.system, ())
        client.with_user(manager).action_new_key()
        key = client.key_ids
        key.with_user(manager).action_revoke()
        key.with_user(manager).action_revoke()
        notes = client.message_ids.filtered(lambda message: message.author_id == manager.partner_id)
        self.assertEqual(
            [note.body.striptags() for note in notes.sorted("id")],
            [f"Key created: {key.prefix}", f"Key revoked: {key.prefix}"],
        )

    def test_an_expired_key(self):
        self.client.key_ids.expires_at = fields.Datetime.subtract(fields.Datetime.now(), seconds=1)
        self.assertProblem(self.post("/customers", ANNA), "unauthorized", 401)
        self.assertEqual(self.client.key_ids.state, "expired")

    def test_an_archived_client(self):
        self.client.active = False
        self.assertProblem(self.post("/customers", ANNA), "unauthorized", 401)
        self.assertFalse(self.client.user_id.active)

    def test_scopes(self):
        self.client.scope_ids = self.env.ref("retail_hub.scope_customers_read")
        problem = self.assertProblem(self.post("/customers", ANNA), "forbidden", 403)
        self.assertEqual(problem["detail"], "The client lacks the scope customers:write.")
        self.assertEqual(self.count(), 0)

    def test_ip_ranges(self):
        self.client.ip_ranges = "203.0.113.0/24\n2001:db8::/32"
        self.assertProblem(self.post("/customers", ANNA), "forbidden", 403)
        self.client.ip_ranges = "127.0.0.0/8"
        self.assertEqual(self.post("/customers", ANNA).status_code, 201)
        with self.assertRaisesRegex(ValidationError, "nowhere"):
            self.client.ip_ranges = "nowhere"

    # -- what is refused ---------------------------------------------------------------------------

    def test_bodies(self):
        for body in (
            b"",
            b"{",
            b"[]",
            b'"x"',
            b'{"external_id": "C-1", "external_id": "C-2"}',
            b'{"x": NaN}',
            b'{"x": -Infinity}',
            b'{"x": 1e999}',
            b'{"external_id": "\xff"}',
            b'{"external_id": "a\\u0000b"}',
            b'{"external_id": "\\ud800"}',
            b'{"x": ' + b"[" * 100 + b"]" * 100 + b"}",
            b'{"x": ' + b"[" * 100_000,
            b'{"x": ' + b"9" * 5000 + b"}",
        ):
            with self.subTest(body[:40]):
                self.assertProblem(self.call("POST", "/customers", body=body), "invalid-json", 400)

    def test_content_that_does_not_match(self):
        secret = "S3cret@example.com"
        for content, pointers in (
            ({}, ["/external_id"]),
            ({"external_id": ""}, ["/external_id"]),
            ({"external_id": "C 1"}, ["/external_id"]),
            ({"external_id": "C-1", "surname": secret}, ["/surname"]),
            ({"external_id": "C-1", "phone": {"number": secret}}, ["/phone/number"]),
            ({"external_id": "C-1", "addresses": [{"kind": secret}]}, ["/addresses/0/kind"]),
            ({"external_id": 7, "name": secret}, ["/name", "/external_id"]),
        ):
            with self.subTest(content):
                response = self.post("/customers", content)
                self.assertProblem(response, "invalid-request", 422, pointers)
                self.assertNotIn(secret, response.text)

    def test_paths_methods_and_types(self):
        self.assertProblem(self.call("GET", "/nothing"), "not-found", 404)
        self.assertProblem(self.call("GET", "/customers/a/b"), "not-found", 404)
        response = self.call("DELETE", "/customers/C-1")
        self.assertProblem(response, "method-not-allowed", 405)
        self.assertEqual(response.headers["Allow"], "GET")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = self.call("POST", "/customers", body=b"external_id=C-1", headers=headers)
        self.assertProblem(response, "unsupported-media-type", 415)

    def test_a_compressed_body(self):
        body = gzip.compress(json.dumps(ANNA).encode())
        response = self.call("POST", "/customers", body=body, headers={"Content-Encoding": "gzip"})
        problem = self.assertProblem(response, "unsupported-media-type", 415)
        self.assertEqual(problem["detail"], "Send the content as it is, not compressed.")

    def test_a_large_body(self):
        content = {**ANNA, "company_name": "x" * 1_100_000}
        self.assertProblem(self.post("/customers", content), "too-large", 413)

    def test_a_client_that_has_expired(self):
        self.client.expires_at = fields.Datetime.now() + timedelta(minutes=1)
        self.assertEqual(self.post("/customers", ANNA).status_code, 201)
        self.client.expires_at = fields.Datetime.now() - timedelta(minutes=1)
        self.assertProblem(self.post("/customers", ANNA), "unauthorized", 401)

    def test_calls_per_minute(self):
        self.post("/customers", ANNA)
        self.env["retail.api.rate"].search([]).unlink()
        self.client.calls_per_minute = 3
        responses = [self.call("GET", "/customers/C-1") for _number in range(4)]
        self.assertEqual([response.status_code for response in responses], [200, 200, 200, 429])
        found = [response.headers["RateLimit"].partition(";t=")[0] for response in responses]
        self.assertEqual(found, ['"default";r=2', '"default";r=1', '"default";r=0', '"default";r=0'])
        self.assertProblem(responses[3], "rate-limited", 429)
        self.assertLessEqual(int(responses[3].headers["Retry-After"]), 20)
        self.client.calls_per_minute = 0
        response = self.call("GET", "/customers/none")
        self.assertEqual((response.status_code, "RateLimit" in response.headers), (404, False))

    def test_guessed_keys(self):
        """Many wrong keys from one address are refused for a while; the right one is not."""
        self.patch(limits, "_guesses", defaultdict(deque))
        responses = [self.call("GET", "/customers/none", key=new_key()) for _number in range(21)]
        self.assertEqual([response.status_code for response in responses], [401] * 20 + [429])
        self.assertProblem(responses[20], "rate-limited", 429)
        seconds = responses[20].headers["Retry-After"]
        self.assertLessEqual(int(seconds), 61)
        self.assertEqual(responses[20].headers["RateLimit"], f'"guesses";r=0;t={seconds}')
        self.assertEqual(responses[20].headers["RateLimit-Policy"], '"guesses";q=20;w=60')
        self.assertEqual(self.call("GET", "/customers/none").status_code, 404)

    def test_paths_that_do_not_exist(self):
        for path in (
            "/",
            "/nothing",
            "//",
            "/customers/a%0Ab",
            "/customers/%0A",
            "/customers/C-1/",
            "/messages/a/b/cancel",
        ):
            with self.subTest(path=path):
                self.assertProblem(self.call("GET", path), "not-found", 404)

    def test_texts_that_cannot_be_stored(self):
        with self.assertNoLogs("odoo.addons.retail_hub", "WARNING"):
            for path in ("/customers/%00", "/customers/a%00b", "/messages/%00"):
                self.assertProblem(self.call("GET", path), "not-found", 404)

    def test_external_ids_with_slashes(self):
        """Proxies pass on %2F as it is, or decode it."""
        for number, external_id in enumerate(("2026/0001", "a/b/cancel", "...", ".a/.b", "50%2F7", "C?1#x")):
            answer = self.post("/customers", {"external_id": external_id, "name": {"full": f"N {number}"}})
            self.assertEqual(answer.status_code, 201, answer.text)
            for path in (quote(external_id, safe=""), quote(external_id)):
                with self.subTest(path=path):
                    found = self.call("GET", f"/customers/{path}")
                    self.assertEqual((found.status_code, found.json()["id"]), (200, answer.json()["id"]))

    def test_external_ids_that_no_path_can_have(self):
        for external_id in (".", "..", "a/../b", "/a", "a/", "a//b", "./a", "a/."):
            with self.subTest(external_id=external_id):
                content = {**ANNA, "external_id": external_id}
                self.assertProblem(self.post("/customers", content), "invalid-request", 422, ["/external_id"])

    def test_the_base_path_and_documents(self):
        for path in ("", "/"):
            self.assertProblem(self.call("GET", path), "not-found", 404)
        for path in ("/openapi.json", "/problems/not-found"):
            response = self.call("POST", path, {})
            self.assertProblem(response, "method-not-allowed", 405)
            self.assertEqual(response.headers["Allow"], "GET")

    def test_a_body_in_chunks(self):
        """Its length is not known before it is read."""
        body = json.dumps(ANNA).encode()
        limit = endpoint.MAX_BYTES
        for size, status in ((len(body), 201), (limit, 200), (limit + 1, 413), (limit + 100_000, 413)):
            with self.subTest(size=size):
                chunks = iter([body, b" " * (size - len(body))] if size > len(body) else [body])
                self.assertEqual(self.call("POST", "/customers", body=chunks).status_code, status)

    def test_an_unexpected_error(self):
        """The caller learns nothing of it, and may send the request again."""
        received = type(self.env["retail.received.customer"])

        text = "secret " + "of Anna"  # a traceback quotes the line that raises

        def fail(*_args):
            raise ZeroDivisionError(text)

        with self.assertLogs("odoo.addons.retail_hub.controllers.api.dispatcher", "ERROR") as logs:
            self.patch(received, "_create", fail)
            response = self.post("/customers", ANNA, idempotency_key="K")
        problem = self.assertProblem(response, "internal", 500)
        self.assertNotIn("ZeroDivision", response.text)
        self.assertIn(problem["trace_id"], logs.output[0])
        self.assertNotIn(text, "".join(logs.output))
        self.assertEqual(len(self.messages()), 0)

    # -- once --------------------------------------------------------------------------------------

    def test_the_same_request_again(self):
        first = self.post("/customers", ANNA, idempotency_key="K-1")
        again = self.post("/customers", ANNA, idempotency_key="K-1")
        self.assertEqual((again.status_code, again.content), (first.status_code, first.content))
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")
        self.assertEqual(again.headers["Retail-Trace-Id"], first.headers["Retail-Trace-Id"])
        self.assertEqual((self.count(), len(self.messages())), (1, 1))

    def test_a_refusal_again(self):
        content = {"external_id": "C-9"}
        first = self.post("/customers", content, idempotency_key="K-1")
        again = self.post("/customers", content, idempotency_key="K-1")
        self.assertProblem(first, "invalid-request", 422, ["/name"])
        self.assertEqual((again.status_code, again.content), (422, first.content))
        self.assertEqual(again.headers["Content-Type"], "application/problem+json")

    def test_another_request_with_the_key(self):
        self.post("/customers", ANNA, idempotency_key="K-1")
        response = self.post("/customers", {**ANNA, "job_title": "x"}, idempotency_key="K-1")
        self.assertProblem(response, "key-reused", 422)
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Anna")]).function)

    def test_the_key_of_another_client(self):
        other = self.new_client("Other", self.system, self.scopes)
        key = self.env["retail.api.key"]._issue(other)
        self.post("/customers", ANNA, idempotency_key="K-1")
        response = self.post("/customers", ANNA, idempotency_key="K-1", key=key)
        self.assertEqual((response.status_code, response.json()["outcome"]), (200, "unchanged"))

    def test_keys_that_are_no_keys(self):
        for key in ("x" * 256, "a b", "ä"):
            response = self.call(
                "POST", "/customers", ANNA, headers={"Idempotency-Key": key.encode("latin-1")}
            )
            self.assertProblem(response, "invalid-header", 400)

    # -- test mode ---------------------------------------------------------------------------------

    def test_mode(self):
        self.client.is_test = True
        response = self.post("/customers", ANNA)
        self.assertEqual((response.status_code, response.json()["outcome"]), (201, "created"))
        self.assertEqual(self.count(), 0)
        self.assertEqual(self.messages().state, "tested")
        self.assertProblem(self.post("/customers", {"external_id": "C-9"}), "invalid-request", 422, ["/name"])

    # -- what is told of it ------------------------------------------------------------------------

    def test_message(self):
        response = self.post("/customers", ANNA)
        found = self.call("GET", f"/messages/{response.headers['Retail-Trace-Id']}")
        self.assertEqual(
            {name: value for name, value in found.json().items() if name != "received_at"},
            {
                "id": response.headers["Retail-Trace-Id"],
                "command": "customer.upsert",
                "state": "done",
                "subject": "customer/C-1",
                "status": 201,
                "problem": "",
                "errors": [],
            },
        )
        other = self.env["retail.api.key"]._issue(self.new_client("Other", self.system, self.scopes))
        path = f"/messages/{response.headers['Retail-Trace-Id']}"
        self.assertProblem(self.call("GET", path, key=other), "not-found", 404)

    def test_openapi(self):
        response = self.opener.get(f"{self.base_url()}{BASE}/openapi.json", timeout=30)
        self.assertEqual(response.status_code, 200)
        found = response.json()
        self.assertEqual(found["openapi"], "3.1.0")
        self.assertEqual(
            set(found["paths"]),
            {
                "/batch",
                "/campaign-responses",
                "/customers",
                "/customers/{external_id}",
                "/customers/{external_id}/erase",
                "/events",
                "/inventory",
                "/loyalty/confirmations",
                "/loyalty/holds",
                "/loyalty/holds/{external_id}/commit",
                "/loyalty/holds/{external_id}/release",
                "/loyalty/members",
                "/loyalty/members/{external_id}",
                "/loyalty/points",
                "/loyalty/points/{external_id}/reverse",
                "/messages/{id}",
                "/orders",
                "/orders/{external_id}",
                "/orders/{external_id}/amend",
                "/orders/{external_id}/cancel",
                "/orders/{external_id}/confirm",
                "/orders/{external_id}/hold",
                "/orders/{external_id}/payments/authorize",
                "/orders/{external_id}/payments/capture",
                "/orders/{external_id}/payments/fail",
                "/orders/{external_id}/payments/refund",
                "/orders/{external_id}/process",
                "/orders/{external_id}/refunds",
                "/orders/{external_id}/release",
                "/orders/{external_id}/returns",
                "/orders/{external_id}/shipments",
                "/prices",
            },
        )
        self.assertEqual(
            set(found["paths"]["/customers"]["post"]["responses"]),
            {"200", "201", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503"},
        )
        for path in ("/customers/{external_id}", "/inventory", "/messages/{id}"):
            self.assertIn("429", found["paths"][path]["get"]["responses"], path)
        self.assertIn("CustomerUpsertV1", found["components"]["schemas"])

    def test_problem_pages(self):
        response = self.call("GET", "/nothing")
        page = self.opener.get(response.json()["type"], timeout=30)
        self.assertEqual((page.status_code, page.json()["title"]), (200, "Not found"))

    def test_personal_data_is_masked(self):
        self.post("/customers", {**ANNA, "email": "anna@example.com"})
        user = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "api-clerk",
                "group_ids": [(6, 0, [self.env.ref("retail_hub.group_user").id])],
            }
        )
        shown = self.messages().with_user(user)
        self.assertEqual(json.loads(shown.shown_content)["email"], "a***@e***.com")
        user.group_ids += self.env.ref("retail_hub.group_personal_data")
        shown.invalidate_recordset()
        self.assertEqual(json.loads(shown.shown_content)["email"], "anna@example.com")
