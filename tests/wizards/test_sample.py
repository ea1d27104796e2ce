"""Samples are signed and sent as real events are, say that they are tests, and change nothing else."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from ...schemas import EVENT_TYPES
from ...schemas.examples import EXAMPLES
from ..connector.test_webhook_connector import OTHER, WebhookCase

SILENT = ("stock.", "price.", "promotion.")  # off at first


@tagged("post_install", "-at_install")
class TestSample(WebhookCase):
    def _sample(self, **values):
        """Return the window, filled in as on the screen."""
        action = self.webhook.action_send_samples()
        with Form(self.env[action["res_model"]].browse(action["res_id"])) as form:
            for name, value in values.items():
                form[name] = value
        return form.record

    def _send(self, *event_types):
        """Send the sample of an event type, or all, and return [(event type, status, HTTP status, message)]."""
        sample = self._sample(**({"scope": "one", "event_type": event_types[0]} if event_types else {}))
        sample.action_send()
        return [(each.event_type, each.status, each.http_status, each.message) for each in sample.result_ids]

    def _hub(self):
        """Return what a sample must not change."""
        self._commit()
        connector = self.webhook
        connector.invalidate_recordset()
        return {
            "events": self.env["retail.event"].search_count([]),
            "deliveries": self.env["retail.delivery"].search_count([]),
            "attempts": self.env["retail.delivery.attempt"].search_count([]),
            "connector": connector.read(
                ["state", "health", "tested_at", "throttled_until", "is_circuit_open"]
            ),
        }

    def test_all_that_its_flows_send(self):
        before = self._hub()
        wanted = [name for name in EVENT_TYPES if not name.startswith(SILENT)]
        self.assertEqual(self._send(), [(name, "accepted", 202, False) for name in wanted])
        events = [kept["event"] for kept in self._received()]
        self.assertEqual(
            [(event["type"], event["test"], event["data"]) for event in events],
            [(EVENT_TYPES[name].cloudevents_type, True, EXAMPLES[name].data.canonical()) for name in wanted],
        )
        self.assertEqual({kept["path"] for kept in self._received()}, {"/hooks/in/"})
        self.assertEqual(self._hub(), before)

    def test_one_that_is_off(self):
        self.assertEqual(self._send("stock.level_changed"), [("stock.level_changed", "accepted", 202, False)])
        self.assertEqual(len(self._received()), 1)

    def test_it_is_tried_before_the_first_flow(self):
        """A draft without flows can send one."""
        self.webhook.flow_ids.active = False
        sample = self._sample()
        self.assertEqual((sample.scope, sample.event_type, sample.flow_count), ("one", "order.placed", 0))
        sample.action_send()
        self.assertEqual(sample.result_ids.status, "accepted")
        sample.scope = "flows"
        with self.assertRaisesRegex(UserError, "No flow of Middleware is switched on"):
            sample.action_send()

    def test_the_receiver_says_why(self):
        self.sandbox.configure("webhook", refuse=["SAMPLE-044c"])
        [(_name, status, http_status, message)] = self._send("loyalty.enrolled")
        self.assertEqual((status, http_status), ("refused", 422))
        self.assertIn("127.0.0.1 responded with HTTP 422: it rejected the event: ", message)
        self.assertIn("not wanted", message)

    def test_what_failed_comes_first(self):
        self.sandbox.configure("webhook", refuse=["SAMPLE-044c"])
        statuses = [status for _name, status, _http, _message in self._send()]
        self.assertEqual(set(statuses), {"refused", "accepted"})
        self.assertEqual(statuses, sorted(statuses, reverse=True))

    def test_another_secret(self):
        """After the first one no other call is made, and nothing stops the connector."""
        before = self._hub()
        self.sandbox.configure("webhook", secrets=[OTHER])
        first, *others = self._send()
        self.assertEqual(first[1:3], ("refused", 401))
        self.assertIn("it rejected the signature", first[3])
        self.assertEqual(
            {other[1:] for other in others},
            {("not_sent", 0, "It would fail for the same reason as one above.")},
        )
        self.assertEqual(self.sandbox.request_count(), 1)
        self.assertEqual(self._hub(), before)

    def test_an_outage(self):
        """Samples neither open the circuit nor close it; they go out while it is open, to see whether it lasts."""
        self.sandbox.fault(status=503, times=1000)
        before = self._hub()
        for _time in range(12):
            self.assertEqual(self._send("order.placed")[0][1], "refused")
        self.assertEqual(self._hub(), before)
        self.env["retail.circuit"].create(
            {"connector_id": self.webhook.id, "is_open": True, "reason": "HTTP 503"}
        )
        self.sandbox.faults_clear()
        self.assertEqual(self._send("order.placed")[0][1], "accepted")
        self.assertTrue(self.webhook.is_circuit_open)

    def test_while_it_asked_to_wait(self):
        self.webhook.throttled_until = datetime.now() + timedelta(hours=1)
        with self.assertRaisesRegex(
            UserError, "Middleware asked to wait until .*Send the samples afterwards"
        ):
            self._send("order.placed")
        self.assertEqual(self.sandbox.request_count(), 0)

    def test_samples_count_against_the_limit(self):
        limit = self.env["retail.quota"].create(
            {"connector_id": self.webhook.id, "window": "86400", "max_calls": 2}
        )
        results = self._send()
        self.assertEqual(
            [status for _name, status, _http, _message in results[-3:]], ["not_sent"] + ["accepted"] * 2
        )
        self.assertEqual(
            {each[1:] for each in results[:-2]},
            {("not_sent", 0, "The call limit of this connector is reached.")},
        )
        self.assertEqual((limit.used, self.sandbox.request_count()), (2, 2))

    def test_a_neutralized_copy_sends_none(self):
        self.webhook.sudo().is_neutralized = True
        with self.assertRaisesRegex(UserError, "neutralized copy"):
            self._send("order.placed")
        self.assertEqual(self.sandbox.request_count(), 0)

    def test_who_may(self):
        clerk = new_test_user(self.env, "clerk", "retail_hub.group_user")
        with self.assertRaises(AccessError):
            self.webhook.with_user(clerk).action_send_samples()
        sample = self._sample()
        with self.assertRaises(AccessError):
            sample.with_user(clerk).action_send()
        self.assertEqual(self.sandbox.request_count(), 0)

    def test_which_connectors_can(self):
        """HubSpot cannot tell a sample from a customer."""
        self.assertTrue(self.webhook.can_send_samples)
        self.assertFalse(self.connector.can_send_samples)
        sample = self.env["retail.sample"].browse(self.connector.action_send_samples()["res_id"])
        sample.scope = "one"
        with self.assertRaisesRegex(UserError, "HubSpot takes no samples"):
            sample.action_send()
