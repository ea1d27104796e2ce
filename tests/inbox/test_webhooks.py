"""Webhooks: verified, stored once, acknowledged, and carried out in their order."""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from hubspot.utils.signature import Signature
from standardwebhooks import Webhook

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.queue_job.exception import RetryableJobError

from ...connectors.webhook.receiver import StandardWebhooksReceiver
from ...core.problem import Problem
from .common import ApiCase

ANNA = {"external_id": "C-1", "name": {"full": "Anna"}}


class WebhookCase(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.action_receive_webhooks()
        cls.hooks = cls.system.webhook_client_id
        cls.hooks.scope_ids = cls.client.scope_ids
        cls.secret = cls.credential("inbound_secret").action_generate()["params"]["secret"]

    @classmethod
    def credential(cls, name):
        return cls.system.credential_ids.filtered(lambda each: each.name == name)

    def command(self, data=None, name="customer.upsert"):
        return {"type": name, "timestamp": "2026-11-28T10:00:00Z", "data": ANNA if data is None else data}

    def signed(self, body, *, secret=None, message_id=None, at=None):
        message_id, at = message_id or str(uuid.uuid4()), at or datetime.now(UTC)
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret or self.secret).sign(message_id, at, body.decode()),
        }

    def hook(self, content=None, *, body=None, headers=None, token=None, query="", **options):
        """Call the connector's URL; return the response."""
        body = json.dumps(self.command() if content is None else content).encode() if body is None else body
        token = self.system.webhook_token if token is None else token
        return self.opener.post(
            f"{self.base_url()}/retail/webhooks/{token}{query}",
            data=body,
            headers=self.signed(body, **options) if headers is None else headers,
            timeout=60,
        )

    def carry_out(self):
        self.env["retail.message"]._carry_out_received(self.system.id)

    def customers(self):
        return self.env["res.partner"].search([("name", "=", "Anna")])

    def assertForged(self, response):
        problem = self.assertProblem(response, "invalid-signature", 401)
        self.assertNotIn(self.secret[6:], response.text)
        return {name: value for name, value in problem.items() if name != "trace_id"}


@tagged("-at_install", "post_install")
class TestWebhooks(WebhookCase):
    # -- received ----------------------------------------------------------------------------------

    def test_a_command(self):
        response = self.hook(message_id="m-1")
        self.assertEqual((response.status_code, response.content), (204, b""))
        message = self.messages()
        self.assertEqual(
            (message.state, message.command, message.subject, message.idempotency_key, message.client_id),
            ("received", "customer.upsert", "customer/C-1", "webhook:m-1", self.hooks),
        )
        self.assertFalse(self.customers())
        self.carry_out()
        self.assertEqual(self.messages().state, "done")
        self.assertEqual(len(self.customers()), 1)
        self.assertEqual(self.customers().create_uid, self.hooks.user_id)

    def test_a_duplicate(self):
        for _number in range(3):
            self.assertEqual(self.hook(message_id="m-1").status_code, 204)
        self.carry_out()
        self.assertEqual(self.hook(message_id="m-1").status_code, 204)
        self.assertEqual(self.messages().mapped("state"), ["done"])
        self.assertEqual(self.hook(message_id="m-2").status_code, 204)
        self.assertEqual(len(self.messages()), 2)

    def test_a_list(self):
        content = [self.command({**ANNA, "external_id": f"C-{number}"}) for number in range(3)]
        self.assertEqual(self.hook(content, message_id="m-1").status_code, 204)
        self.assertEqual(self.hook(content, message_id="m-1").status_code, 204)
        self.assertEqual(
            self.messages().mapped("idempotency_key"), [f"webhook:m-1/{number}" for number in range(3)]
        )
        self.carry_out()
        self.assertEqual(set(self.messages().mapped("state")), {"done"})

    def test_it_is_fast(self):
        self.hook()
        seconds = []
        for _number in range(5):
            started = time.monotonic()
            self.assertEqual(self.hook().status_code, 204)
            seconds.append(time.monotonic() - started)
        self.assertLess(min(seconds), 0.2)

    def test_what_is_not_known(self):
        """It is acknowledged, since the sender is who it says, and a person sees that nothing came of it."""
        self.assertEqual(self.hook(self.command(name="coffee.make")).status_code, 204)
        self.carry_out()
        message = self.messages()
        self.assertEqual((message.command, message.state), ("unknown", "refused"))
        self.assertEqual(message.problem, "The hub has no command “coffee.make”.")
        self.assertEqual(json.loads(message.sudo().shown_content)["type"], "coffee.make")
        self.assertEqual(message._retry(), "There is no command of this type.")

    def test_what_is_added_to_the_envelope(self):
        """Fields that we do not know are ignored there, and refused in the command, where they may mean something."""
        envelope = {
            **self.command(),
            "id": "evt_1",
            "api_version": "2027-01",
            "extra": {"data": {"name": "x"}},
        }
        self.assertEqual(self.hook(envelope).status_code, 204)
        self.assertEqual(
            self.hook(self.command({**ANNA, "external_id": "C-2", "vip": True})).status_code, 204
        )
        self.carry_out()
        done, refused = self.messages()
        self.assertEqual((done.state, done.sudo().content), ("done", ANNA))
        self.assertEqual((refused.state, refused.problem_kind), ("refused", "invalid-request"))
        self.assertIn("vip: ", refused.problem_places)
        self.assertEqual(len(self.customers()), 1)

    def test_content_that_does_not_match(self):
        for data in (
            {"external_id": ""},
            {"external_id": "C-1", "lines": 5},
            {"external_id": "C-1", "lines": [1]},
        ):
            self.assertEqual(self.hook(self.command(data)).status_code, 204)
        for message in self.messages():
            self.assertEqual((message.command, message.state), ("customer.upsert", "refused"))
            self.assertIn("The content is not valid", message.problem)
            self.assertTrue(message.problem_places)
            self.assertTrue(message.shown_content)

    def test_bodies(self):
        for body in (
            b"",
            b"{",
            b"[]",
            b"{}",
            b"7",
            b'{"type": "x"}',
            b'{"type": 7, "data": {}}',
            b'{"a": NaN}',
        ):
            with self.subTest(body):
                response = self.hook(body=body)
                self.assertIn(response.status_code, (400, 422), response.text)
        self.assertFalse(self.messages())
        response = self.hook(body=b" " * 1_000_001)
        self.assertProblem(response, "too-large", 413)

    # -- refused -----------------------------------------------------------------------------------

    def test_who_is_not_believed(self):
        body = json.dumps(self.command()).encode()
        problems = [
            self.assertForged(self.hook(**options))
            for options in (
                {"secret": "whsec_" + "b3Ro" * 8},
                {"at": datetime.now(UTC) - timedelta(seconds=310)},
                {"at": datetime.now(UTC) + timedelta(seconds=310)},
                {"headers": {}},
                {"headers": self.signed(body + b" ")},
                {"token": "x" * 43},
                {"token": "x"},
                {"token": self.system.webhook_token[:-1]},
            )
        ]
        self.assertEqual(problems, problems[:1] * len(problems))
        self.assertFalse(self.messages())

    def test_an_unknown_url_takes_as_long(self):
        """A signature is verified there, too, and never right."""
        verify = StandardWebhooksReceiver.verify
        with patch.object(StandardWebhooksReceiver, "verify", autospec=True, side_effect=verify) as called:
            self.assertForged(self.hook(token="x" * 43))
        called.assert_called_once()
        with patch.object(StandardWebhooksReceiver, "verify", autospec=True):
            self.assertForged(self.hook(token="x" * 43))

    def test_no_secret(self):
        self.credential("inbound_secret").action_remove()
        self.assertForged(self.hook())

    def test_rotation(self):
        old = self.secret
        new = self.credential("inbound_secret").action_generate()["params"]["secret"]
        for secret in (old, new):
            self.assertEqual(self.hook(secret=secret).status_code, 204)
        self.credential("former_inbound_secret").action_remove()
        self.assertForged(self.hook(secret=old))
        self.assertEqual(self.hook(secret=new).status_code, 204)

    def test_who_does_not_receive(self):
        for record, values in (
            (self.system, {"active": False}),
            (self.hooks, {"active": False}),
            (self.hooks, {"expires_at": "2020-01-01"}),
            (self.hooks, {"ip_ranges": "203.0.113.0/24"}),
        ):
            with self.subTest(values):
                before = {name: record[name] for name in values}
                record.write(values)
                self.assertForged(self.hook())
                record.write(before)
                self.assertEqual(self.hook().status_code, 204)

    def test_a_new_url(self):
        old = self.system.webhook_token
        self.system.action_receive_webhooks()
        self.assertNotEqual(self.system.webhook_token, old)
        self.assertGreaterEqual(len(self.system.webhook_token), 43)
        self.assertForged(self.hook(token=old))
        self.assertEqual(self.hook().status_code, 204)
        self.assertEqual(self.system.webhook_client_id, self.hooks)
        url = self.system.webhook_url
        self.assertEqual(url, f"{self.system.get_base_url()}/retail/webhooks/{self.system.webhook_token}")
        self.system.action_stop_webhooks()
        self.assertFalse(self.system.webhook_url)
        self.assertForged(self.hook(token=url.rpartition("/")[2]))
        self.assertFalse(self.credential("inbound_secret"))

    def test_other_methods(self):
        response = self.opener.get(
            f"{self.base_url()}/retail/webhooks/{self.system.webhook_token}", timeout=60
        )
        self.assertEqual(response.status_code, 405)

    # -- carried out -------------------------------------------------------------------------------

    def test_scopes(self):
        self.hooks.scope_ids = self.env.ref("retail_hub.scope_customers_read")
        self.hook()
        self.carry_out()
        message = self.messages()
        self.assertEqual((message.state, message.http_status), ("refused", 403))
        self.assertEqual(message.problem, "The client lacks the scope customers:write.")
        self.assertFalse(self.customers())
        self.hooks.scope_ids = self.client.scope_ids
        self.assertEqual(message._retry(), "")
        self.assertEqual((self.messages().state, len(self.customers())), ("done", 1))

    def test_test_mode(self):
        self.hooks.is_test = True
        self.hook()
        self.carry_out()
        self.assertEqual(self.messages().state, "tested")
        self.assertFalse(self.customers())

    def test_order_of_a_subject(self):
        for title in ("first", "second", "third"):
            self.hook(self.command({**ANNA, "job_title": title}))
        self.carry_out()
        self.assertEqual(self.customers().function, "third")
        self.assertEqual(self.messages().mapped("state"), ["done"] * 3)

    def test_what_has_to_wait_holds_back_its_subject_only(self):
        upsert = type(self.env["retail.command.customer.upsert"])
        carried_out = []
        apply = upsert._apply

        def busy(model, command, sender):
            if command.external_id == "C-1" and not carried_out:
                raise Problem("rate-limited", "Busy.")
            carried_out.append(command.external_id)
            return apply(model, command, sender)

        for external_id in ("C-1", "C-1", "C-2"):
            self.hook(self.command({**ANNA, "external_id": external_id}))
        self.patch(upsert, "_apply", busy)
        try:  # Odoo's assertRaises would undo what was done before
            self.carry_out()
            self.fail("It is not carried out again.")
        except RetryableJobError:
            self.assertEqual(carried_out, ["C-2"])
        self.assertEqual(self.messages().mapped("state"), ["received", "received", "done"])
        self.carry_out()
        self.assertEqual(carried_out, ["C-2", "C-1", "C-1"])
        self.assertEqual(self.messages().mapped("state"), ["done"] * 3)

    def test_a_defect(self):
        """It stops neither the others, nor the same message for ever; nothing personal is logged."""
        upsert = type(self.env["retail.command.customer.upsert"])
        apply, text = upsert._apply, "secret " + "of Anna"

        def fail(model, command, sender):
            if command.external_id == "C-1":
                raise ZeroDivisionError(text)
            return apply(model, command, sender)

        for external_id in ("C-1", "C-2"):
            self.hook(self.command({**ANNA, "external_id": external_id}))
        with self.assertLogs("odoo.addons.retail_hub.models.inbox.webhook", "ERROR") as logs:
            self.patch(upsert, "_apply", fail)
            self.carry_out()
        self.assertNotIn(text, "".join(logs.output))
        self.assertEqual(self.messages().mapped("state"), ["refused", "done"])
        self.patch(upsert, "_apply", apply)
        self.assertEqual(self.messages()[0]._retry(), "")

    def test_a_job_is_made(self):
        messages = self.env["retail.message"]
        self.patch(type(self.env["retail.wake"]), "_is_job_runner_running", lambda _self: True)
        for _number in range(2):
            messages._wake_received(self.system.id)
        jobs = self.env["queue.job"].search([("identity_key", "=", f"retail_hub:webhooks:{self.system.id}")])
        self.assertEqual((len(jobs), jobs.channel), (1, "root.retail.inbound"))

    def test_without_a_job_runner_the_cron_does_it(self):
        self.patch(type(self.env["retail.wake"]), "_is_job_runner_running", lambda _self: False)
        cron = self.env.ref("retail_hub.ir_cron_webhooks")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.env["retail.message"]._wake_received(self.system.id)
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), before + 1)
        self.hook()
        self.env["retail.message"]._cron_webhooks()
        self.assertEqual(self.messages().state, "done")

    # -- what an admin enters ----------------------------------------------------------------------

    def test_public_urls(self):
        for url in (
            "odoo.example.com",
            "ftp://x",
            "https://",
            "https://x?y",
            "https://x/#a",
            "https://a@b",
            "x y",
        ):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.system.public_url = url
        self.system.public_url = "https://odoo.example.com/hub/"
        self.assertTrue(self.system.webhook_url.startswith("https://odoo.example.com/hub/retail/webhooks/"))

    def test_a_client_of_another_system(self):
        other = self.system.copy({"name": "Other"})
        with self.assertRaisesRegex(ValidationError, "of another system"):
            other.webhook_client_id = self.hooks
        self.assertFalse(other.webhook_token)

    def test_who_sees_the_url(self):
        user = new_test_user(self.env, "hooks_user", "base.group_user,retail_hub.group_user")
        self.assertNotIn("webhook_token", self.system.with_user(user).fields_get())
        self.assertNotIn("webhook_url", self.system.with_user(user).fields_get())
        manager = new_test_user(self.env, "hooks_manager", "base.group_user,retail_hub.group_manager")
        self.system.with_user(manager).action_receive_webhooks()
        self.assertIn(self.system.webhook_token, self.system.with_user(manager).webhook_url)

    def test_status(self):
        self.assertEqual(self.hooks.status, "webhooks")


@tagged("-at_install", "post_install")
class TestHubSpotWebhooks(WebhookCase):
    """HubSpot says what changed: it is stored for people to see. The proof is HubSpot's own signer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls.env["retail.connector"].create(
            {"name": "HubSpot", "provider": "hubspot", "public_url": "https://odoo.example.com"}
        )
        cls.system.action_receive_webhooks()
        cls.secret = "app-secret"
        cls.credential("webhook_secret").value = cls.secret
        cls.partner = cls.env["res.partner"].create({"name": "Ann Lee"})
        cls.env["retail.binding"].create(
            {
                "connector_id": cls.system.id,
                "res_model": "res.partner",
                "res_id": cls.partner.id,
                "remote_id": "123",
                "remote_object": "contact",
            }
        )

    def signed(self, body, *, url=None, secret=None, at=None):
        url = url or self.system.webhook_url
        stamp = str(int((at or time.time()) * 1000))
        signature = Signature.get_signature(secret or self.secret, body.decode(), "v3", url, "POST", stamp)
        return {
            "Content-Type": "application/json",
            "X-HubSpot-Signature-v3": signature,
            "X-HubSpot-Request-Timestamp": stamp,
        }

    def report(self, **values):
        return {
            "eventId": 1,
            "subscriptionType": "contact.deletion",
            "objectId": 123,
            "occurredAt": 5,
            **values,
        }

    def test_reports(self):
        reports = [
            self.report(),
            self.report(
                subscriptionType="contact.merge", primaryObjectId=7, mergedObjectIds=[123], newObjectId=9
            ),
            self.report(
                subscriptionType="contact.propertyChange", propertyName="email", propertyValue="a@b.com"
            ),
        ]
        self.assertEqual(self.hook(reports).status_code, 204)
        self.assertEqual(self.hook(reports).status_code, 204)
        found = self.messages()
        self.assertEqual(
            [(each.command, each.state, each.subject, each.problem) for each in found],
            [
                ("record.changed", "noted", "contact/123", f"The contact 123 was deleted {THERE}"),
                ("record.changed", "received", "contact/9", f"The contact 9 was merged with 7, 123 {RESENT}"),
                ("record.changed", "noted", "contact/123", f"The contact 123 was updated {THERE}"),
            ],
        )
        self.assertEqual(
            {(each.res_model, each.res_id) for each in found}, {("res.partner", self.partner.id)}
        )
        self.assertNotIn("a@b.com", "".join(found.sudo().mapped("shown_content")))

    def test_a_merge(self):
        """The record is sent again: HubSpot's answer says which contact it has now."""
        binding = self.env["retail.binding"].search([("connector_id", "=", self.system.id)])
        binding.sent_hash = "as sent"
        deliveries = self.env["retail.delivery"].search_count([("connector_id", "=", self.system.id)])
        merge = self.report(
            subscriptionType="contact.merge", primaryObjectId=7, mergedObjectIds=[123], newObjectId=9
        )
        self.hook([merge])
        self.carry_out()
        self.assertEqual(self.messages().state, "noted")  # nothing is sent by a connector that is not active
        self.credential("access_token").value = "token"
        self.system.action_activate()
        self.hook([{**merge, "eventId": 2}])
        self.carry_out()
        self.assertEqual(self.messages().mapped("state"), ["noted", "done"])
        self.assertFalse(binding.sent_hash)
        found = self.env["retail.delivery"].search([("connector_id", "=", self.system.id)], order="id")
        self.assertEqual(len(found), deliveries + 1)
        self.assertEqual((found[-1].res_model, found[-1].res_id), ("res.partner", self.partner.id))

    def test_the_url_is_that_of_the_connector(self):
        """Not that of the headers, which anybody sends, nor that of the server behind a proxy."""
        body = json.dumps([self.report()]).encode()
        token = self.system.webhook_token
        self.assertForged(
            self.hook(body=body, headers=self.signed(body, url=f"{self.base_url()}/retail/webhooks/{token}"))
        )
        evil = f"https://evil.example.com/retail/webhooks/{token}"
        headers = {
            **self.signed(body, url=evil),
            "X-Forwarded-Host": "evil.example.com",
            "X-Forwarded-Proto": "https",
        }
        self.assertForged(self.hook(body=body, headers=headers))
        url = f"{self.system.webhook_url}?x=a:b"
        self.assertEqual(
            self.hook(body=body, headers=self.signed(body, url=url), query="?x=a%3Ab").status_code, 204
        )

    def test_who_is_not_believed(self):
        reports = [self.report()]
        self.assertForged(self.hook(reports, secret="other"))
        self.assertForged(self.hook(reports, at=time.time() - 310))
        self.assertForged(self.hook(reports, at=time.time() + 310))
        self.assertFalse(self.messages())


RESENT = "in the remote system. Odoo sends the record again, and so learns which one is left."
THERE = "in the remote system. Odoo does not read it from there yet, and has changed nothing."
