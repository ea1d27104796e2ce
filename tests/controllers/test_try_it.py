"""Try It: a call as a client, in test mode, and the curl command for it."""

import json
import shlex

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..inbox.orders import OrderCase


@tagged("-at_install", "post_install")
class TestTryIt(OrderCase):
    scopes = ("orders:read", "orders:write", "inventory:read")

    def trial(self, operation="placeOrder", **values):
        action = self.client.action_try_it()
        with Form(self.env[action["res_model"]].browse(action["res_id"])) as form:
            form.operation = operation
            for name, value in values.items():
                form[name] = value
        return form.record

    def sent(self, *args, **values):
        trial = self.trial(*args, **values)
        trial.action_send()
        return trial.http_status, json.loads(trial.answer)

    def test_what_the_client_may(self):
        choices = self.trial().operation_choices
        self.assertIn("placeOrder", choices)
        self.assertIn("getMessage", choices)
        self.assertNotIn("upsertCustomer", choices)

    def test_an_example_is_filled_in(self):
        trial = self.trial("cancelOrder")
        self.assertEqual(
            (trial.target, json.loads(trial.body)),
            ("/orders/W-1001/cancel", {"reason": "The customer changed their mind."}),
        )
        self.assertEqual(self.trial("confirmOrder").body, "{}")
        trial = self.trial("getInventory")
        self.assertEqual((trial.target, trial.body, trial.takes_body), ("/inventory", False, False))

    def test_examples_of_reads(self):
        """They are valid as they stand."""
        self.client.scope_ids = self.env["retail.api.scope"].search([])
        self.assertEqual(self.trial("getCustomer").target, "/customers/C-1")
        self.assertEqual(self.trial("searchCustomers").target, "/customers?email=anna%40example.com")
        self.assertEqual(self.sent("searchCustomers"), (200, {"items": [], "next": ""}))

    def test_a_command_is_checked_and_nothing_is_kept(self):
        count = self.env["sale.order"].search_count([])
        status, answer = self.sent(body=json.dumps(self.order()))
        self.assertEqual((status, answer["outcome"], answer["total"]), (201, "created", "24.20"))
        self.assertEqual(self.env["sale.order"].search_count([]), count)
        self.assertEqual((self.messages().state, self.messages().is_test), ("tested", True))
        self.assertEqual(self.free(self.mug), 20)
        self.assertFalse(self.client.is_test)

    def test_a_read(self):
        status, answer = self.sent("getInventory", target="/inventory?sku=MUG&sku=PLATE")
        self.assertEqual(status, 200)
        self.assertEqual([item["available"] for item in answer["items"]], ["20", "5"])

    def test_refusals(self):
        for values, status, kind in (
            ({"body": "{"}, 400, "invalid-json"),
            ({"body": json.dumps(self.order(total="99"))}, 422, "total-mismatch"),
            ({"target": "/nothing"}, 404, "not-found"),
            ({"target": "/customers", "body": "{}"}, 403, "forbidden"),
        ):
            found, answer = self.sent(**values)
            self.assertEqual((found, answer["type"].rpartition("/")[2]), (status, kind))

    def test_the_curl_command(self):
        trial = self.trial(body='{"note": "Gil\'s"}')
        words = shlex.split(trial.curl.replace("\\\n", " "))
        headers = [words[number + 1] for number, word in enumerate(words) if word == "-H"]
        self.assertEqual(words[:4], ["curl", "-X", "POST", f"{trial.get_base_url()}/retail/v1/orders"])
        self.assertEqual(
            headers,
            [
                "Authorization: Bearer $RETAIL_HUB_KEY",
                "Content-Type: application/json",
                f"Idempotency-Key: {trial.idempotency_key}",
            ],
        )
        self.assertEqual(words[-2:], ["--data-raw", '{"note": "Gil\'s"}'])
        self.assertNotIn("Idempotency-Key", self.trial("getOrder").curl)

    def test_the_signature_of_the_curl_command_is_valid(self):
        self.client.requires_signature = True
        self.client.action_new_signing_secret()
        trial = self.trial(body=json.dumps(self.order(), indent=2))
        words = shlex.split(trial.curl.replace("\\\n", " "))
        headers = dict(words[number + 1].split(": ", 1) for number, word in enumerate(words) if word == "-H")
        headers["Authorization"] = f"Bearer {self.key}"
        for status in (201, 401):  # a signature counts once
            response = self.call("POST", "/orders", body=words[-1].encode(), headers=headers)
            self.assertEqual(response.status_code, status, response.text)

    def test_who_may(self):
        clerk = new_test_user(self.env, "tries_clerk", "base.group_user,retail_hub.group_user")
        with self.assertRaises(AccessError):
            self.client.with_user(clerk).action_try_it()
        manager = new_test_user(self.env, "tries_manager", "base.group_user,retail_hub.group_manager")
        action = self.client.with_user(manager).action_try_it()
        trial = self.env[action["res_model"]].with_user(manager).browse(action["res_id"])
        trial.action_send()
        self.assertTrue(trial.http_status)
