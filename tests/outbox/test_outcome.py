"""What follows a failure: the classes of error of a delivery, seen through real answers of the sandbox."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import TOKEN, RetailCase


@tagged("post_install", "-at_install")
class TestOutcome(RetailCase):
    def _seconds_until(self, moment):
        return (moment - fields.Datetime.now()).total_seconds()

    def test_remote_is_down(self):
        self.sandbox.fault(drop="before", times=1)
        delivery = self._deliveries(self._partner())
        self._drain()
        self.assertEqual(
            (delivery.state, delivery.attempts, delivery.error_class), ("unknown", 1, "transient")
        )
        self.assertTrue(3 <= self._seconds_until(delivery.next_attempt_at) <= 7)
        self._make_due(delivery)
        self._drain()
        self.assertEqual((delivery.state, delivery.attempts, delivery.error_message), ("delivered", 2, False))
        self.assertEqual(len(self.sandbox.contacts()), 1)

    def test_nobody_listens(self):
        """A refused connection is certain: nothing was sent."""
        self.connector.base_url = "http://127.0.0.1:9"
        self.connector.credential_ids.value = TOKEN
        self.connector.action_activate()
        delivery = self._deliveries(self._partner())
        self._drain()
        self.assertEqual(
            (delivery.state, delivery.attempts, delivery.error_class), ("pending", 1, "transient")
        )

    def test_closed_after_the_write(self):
        """The customer exists once, although it was sent twice."""
        self.sandbox.fault(path="/batch/upsert", drop="after", times=1)
        delivery = self._deliveries(self._partner())
        self._drain()
        self.assertEqual((delivery.state, delivery.attempt_ids.state), ("unknown", "unknown"))
        self._make_due(delivery)
        self._drain()
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual(len(self.sandbox.contacts()), 1)

    def test_answers_that_are_not_answers(self):
        """HTML or half a JSON may follow a write that was done: in doubt, then resolved."""
        for number, fault in enumerate(({"html": True}, {"truncate": True})):
            self.sandbox.fault(times=1, **fault)
            delivery = self._deliveries(self._partner(f"N{number}", f"n{number}@example.com"))
            self._drain()
            self.assertEqual((delivery.state, delivery.error_class), ("unknown", "transient"), fault)
            self._make_due(delivery)
            self._drain()
            self.assertEqual(delivery.state, "delivered", fault)
            self.assertEqual(len(self.sandbox.contacts()), number + 1)

    def test_slow(self):
        self.connector.read_timeout = 0.2
        self.sandbox.fault(latency=1, times=1)
        delivery = self._deliveries(self._partner())
        self._drain()
        self.assertEqual((delivery.state, delivery.error_class), ("unknown", "transient"))

    def test_schedule_ends(self):
        """After the last attempt of the schedule the delivery is dead, with its reason."""
        self.sandbox.fault(status=503)
        delivery = self._deliveries(self._partner())
        for _number in range(11):
            self.assertEqual(delivery.state, "pending")
            self._make_due(delivery)
            self.env["retail.circuit"]._make_probe_due(self.connector)
            self._drain()
        self.assertEqual((delivery.state, delivery.attempts, delivery.error_class), ("dead", 11, "transient"))
        self.sandbox.faults_clear()
        delivery.action_replay()
        self.env["retail.circuit"]._make_probe_due(self.connector)
        self._drain()
        self.assertEqual((delivery.state, delivery.attempts), ("delivered", 12))

    def test_replay_does_not_restart_the_schedule(self):
        self.sandbox.fault(status=503)
        delivery = self._deliveries(self._partner())
        delivery.sudo().write({"state": "dead", "attempts": 11})
        delivery.action_replay()
        self._drain()
        self.assertEqual((delivery.state, delivery.attempts), ("dead", 12))
        self.assertTrue(delivery.attempt_ids.is_manual)

    def test_credentials_refused(self):
        """The connector pauses, the responsible is notified once, and no attempt is used up."""
        self.sandbox.configure(tokens=["another"])
        deliveries = self._deliveries(self._partner()) + self._deliveries(
            self._partner("Bo", "bo@example.com")
        )
        self._drain()
        self.assertEqual(self.connector.state, "attention")
        self.assertIn("access token", self.connector.state_reason)
        self.assertEqual(deliveries.mapped("state"), ["pending"] * 2)
        self.assertEqual(deliveries.mapped("attempts"), [0, 0])
        self.assertEqual(self.connector.activity_ids.user_id, self.connector.responsible_id)
        self.assertEqual(len(self.connector.activity_ids), 1)
        self.assertEqual(self._drain(), 0)
        self.sandbox.configure(tokens=[TOKEN])
        self.connector.action_activate()
        self.assertFalse(self.connector.activity_ids)
        self._drain()
        self.assertEqual(deliveries.mapped("state"), ["delivered"] * 2)

    def test_burst_limit(self):
        """The connector rests until the window has passed; nothing is counted against the deliveries."""
        self.sandbox.fault(limit="burst", times=1)
        delivery = self._deliveries(self._partner())
        self._drain()
        self.assertEqual((delivery.state, delivery.attempts, delivery.error_class), ("pending", 0, "quota"))
        self.assertTrue(8 <= self._seconds_until(self.connector.throttled_until) <= 11)
        newer = self._deliveries(self._partner("Bo", "bo@example.com"))
        self.assertEqual(self._drain(), 0)
        self.assertEqual(len(self._calls()), 1)
        self.connector.throttled_until = fields.Datetime.now() - timedelta(seconds=1)
        self._make_due(delivery)
        self._drain()
        self.assertEqual((delivery.state, delivery.attempts), ("delivered", 1))
        self.assertEqual((newer.state, newer.attempts), ("delivered", 1))

    def test_wake_up_after_a_burst_limit(self):
        """The lane is drained again when the window has passed, not a cron's minute later."""
        self._run_job_runner()
        self.sandbox.fault(limit="burst", times=1)
        self._partner()
        self._drain()
        job = self.env["queue.job"].search([("model_name", "=", "retail.drain")])
        self.assertTrue(7 <= self._seconds_until(job.eta) <= 12)

    def test_wake_up_of_the_other_lane(self):
        """A throttled connector's other lane is drained after the window, too."""
        self._run_job_runner()
        self.connector.throttled_until = fields.Datetime.now() + timedelta(seconds=10)
        self.assertEqual(self._drain(lane="bulk"), 0)
        job = self.env["queue.job"].search([("model_name", "=", "retail.drain")])
        self.assertEqual(job.channel, "root.retail.bulk")
        self.assertTrue(7 <= self._seconds_until(job.eta) <= 12)

    def test_daily_limit(self):
        self.sandbox.fault(limit="daily", times=1)
        delivery = self._deliveries(self._partner())
        self._drain()
        self.assertEqual((delivery.error_class, delivery.error_code), ("quota", "DAILY"))
        self.assertTrue(self._seconds_until(self.connector.throttled_until) > 60)

    def test_one_bad_among_a_hundred(self):
        values = [{"name": f"N{i}", "email": f"n{i}@example.com"} for i in range(100)]
        values[37]["email"] = "n37@example.x"
        partners = self.env["res.partner"].create(values)
        self._drain()
        dead = self._deliveries(state="dead")
        self.assertEqual(dead.res_id, partners[37].id)
        self.assertEqual(
            (dead.error_class, dead.error_code, dead.error_field), ("validation", "INVALID_EMAIL", "email")
        )
        self.assertEqual(len(self._deliveries(state="delivered")), 99)
        self.assertEqual(len(self.sandbox.contacts()), 99)

    def test_alike_failures_have_one_fingerprint(self):
        self.env["res.partner"].create([{"name": f"N{i}", "email": f"n{i}@example.x"} for i in range(3)])
        self._partner("Nobody", False)
        self._drain()
        dead = self._deliveries(state="dead")
        self.assertEqual(sorted(len(group) for group in dead.grouped("fingerprint").values()), [1, 3])

    def test_assigned_to(self):
        """A failed delivery is assigned to the flow's owner, or else to the connector's responsible user."""
        clerk = new_test_user(self.env, "clerk", "base.group_user,retail_hub.group_user")
        self._partner("Nobody", False)
        self._drain()
        dead = self._deliveries(state="dead")
        self.assertEqual(dead.owner_id, self.connector.responsible_id)
        dead.flow_id.owner_id = clerk
        self.assertEqual(dead.owner_id, clerk)
        self.assertEqual(self._deliveries(state="dead", owner_id=clerk.id), dead)
        self.assertFalse(self._deliveries(state="dead", owner_id=self.connector.responsible_id.id))

    def test_deleted_at_the_remote(self):
        """An edit does not bring back what HubSpot deleted; a person who presses Resync does."""
        partner = self._partner()
        self._drain()
        [contact] = self.sandbox.contacts()
        with self.connector._connection() as adapter:
            adapter.api.http.request("DELETE", f"/crm/objects/2026-09/contacts/{contact['id']}")
        partner.city = "Ghent"
        self._drain()
        dead = self._deliveries(state="dead")
        self.assertEqual((dead.error_class, dead.error_code), ("business", "OBJECT_NOT_FOUND"))
        partner.city = "Bruges"
        self._drain()
        self.assertEqual(len(self._deliveries(state="dead")), 2)
        partner.action_retail_resync()
        self._drain()
        self.assertEqual(self._contacts()["ann@example.com"]["city"], "Bruges")
        self.assertFalse(self._deliveries(state="dead"))

    @mute_logger("odoo.addons.retail_hub.models.outbox.dispatch")
    def test_adapter_with_a_mistake(self):
        """An adapter that raises what it must not leaves the outcome unknown, and loses nothing."""
        delivery = self._deliveries(self._partner())
        adapter_class = self.connector._get_provider().adapter
        self.patch(adapter_class, "send", lambda self, batch: 1 / 0)
        self._drain()
        self.assertEqual((delivery.state, delivery.error_code), ("unknown", "ADAPTER_FAILED"))

    def test_the_log_has_no_values(self):
        """An exception's message may quote what was sent; the log has its type, and where it was raised."""
        partner = self._partner()
        adapter_class = self.connector._get_provider().adapter

        def fail(_adapter, item_or_batch):
            raise ValueError(f"cannot handle {partner.email}")

        for method in ("prepare", "send"):
            with (
                self.subTest(method=method),
                patch.object(adapter_class, method, fail),
                self.assertLogs("odoo.addons.retail_hub", "ERROR") as logs,
            ):
                partner.city = method
                self._drain()
            text = "\n".join(logs.output)
            self.assertIn("builtins.ValueError", text)
            self.assertIn("in fail", text)
            self.assertNotIn(partner.email, text)

    def test_those_in_doubt_are_resolved_last(self):
        """To resolve one may take long; what is new does not wait for that."""
        calls = []
        adapter_class = self.connector._get_provider().adapter
        for method in ("send", "resolve"):
            original = getattr(adapter_class, method)

            def note(adapter, batch, method=method, original=original):
                calls.append((method, [prepared.item.data["name"]["full"] for prepared in batch]))
                return original(adapter, batch)

            self.patch(adapter_class, method, note)
        in_doubt = self._deliveries(self._partner("Doubt", "doubt@example.com"))
        self.sandbox.fault(path="/batch/", drop="after", times=1)
        self._drain()
        self.assertEqual(in_doubt.state, "unknown")
        calls.clear()
        self._partner("New", "new@example.com")
        self._make_due(in_doubt)
        self._drain()
        self.assertEqual(calls[:2], [("send", ["New"]), ("resolve", ["Doubt"])])

    def test_cancel(self):
        delivery = self._deliveries(self._partner())
        delivery.action_cancel()
        self.assertEqual(self._drain(), 0)
        with self.assertRaisesRegex(UserError, "Only waiting events can be cancelled"):
            delivery.action_cancel()
        delivery.action_replay()
        self._drain()
        self.assertEqual(delivery.state, "delivered")
        with self.assertRaisesRegex(UserError, "There is nothing to replay"):
            delivery.action_replay()
