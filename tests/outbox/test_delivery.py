"""The way of a delivery: claim, order, coalescing, what is sent and what is not."""

import contextlib
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ...connectors.hubspot.adapter import HubSpotAdapter
from ...connectors.items import Outcome
from ...core.errors import TransientError, ValidationError
from ...models.outbox.rows import DeliveryRow, StartedAttempt
from ...models.outbox.wake import LANE_LOCK
from ..common import FALLBACK_KEY, RetailCase


@tagged("post_install", "-at_install")
class TestDelivery(RetailCase):
    def _flow(self, event_type):
        return self.connector.flow_ids.filtered(lambda flow: flow.event_type == event_type)

    def test_delivered(self):
        partner = self._partner()
        self.assertEqual(self._drain(), 1)
        delivery = self._deliveries(partner)
        self.assertEqual((delivery.state, delivery.attempts, delivery.error_message), ("delivered", 1, False))
        attempt = delivery.attempt_ids
        self.assertEqual((attempt.number, attempt.state, attempt.http_status), (1, "succeeded", 200))
        self.assertNotIn("ann@example.com", attempt.request)
        [contact] = self.sandbox.contacts()
        binding = self.env["retail.binding"].search([("res_id", "=", partner.id)])
        self.assertEqual((binding.remote_id, binding.connector_id), (contact["id"], self.connector))
        self.assertEqual(self._calls(), ["/crm/objects/2026-09/contacts/batch/upsert"])

    def test_coalescing(self):
        """50 edits make one call with the last value; the older ones are superseded by the one that went."""
        partner = self._partner()
        self._commit()
        for number in range(50):
            partner.city = f"City {number}"
            self._commit()
        self.assertEqual(self._drain(), 1)
        deliveries = self._deliveries(partner)
        self.assertEqual(deliveries.mapped("state"), ["superseded"] * 50 + ["delivered"])
        self.assertEqual(deliveries[:50].superseded_by_id, deliveries[50])
        self.assertEqual(self._contacts()["ann@example.com"]["city"], "City 49")
        self.assertEqual(len(self._calls()), 1)

    def test_an_attempt_goes_on_where_the_one_before_stopped(self):
        """What a long document has at the remote already is kept until all of it is there."""
        partner = self._partner()
        sent = []

        def send(_adapter, batch):
            [prepared] = batch
            sent.append(dict(prepared.item.checkpoint))
            error = None if len(sent) == 3 else TransientError("Out of time.", code="OUT_OF_TIME").not_sent()
            checkpoint = {"line_ids": ["1"] * len(sent)} if error else {}
            return [Outcome(prepared.item.trace_id, "7", error, checkpoint=checkpoint)]

        with patch.object(HubSpotAdapter, "send", send):
            for _ in range(3):
                self._make_due(self._deliveries(partner))
                self._drain()
        self.assertEqual(sent, [{}, {"line_ids": ["1"]}, {"line_ids": ["1", "1"]}])
        delivery = self._deliveries(partner)
        self.assertEqual((delivery.state, delivery.attempts, delivery.checkpoint), ("delivered", 1, False))

    def test_an_error_does_not_lose_the_checkpoint(self):
        """An adapter that fails before it gets anywhere has none to return; also a dead letter keeps it."""
        partner = self._partner()
        sent = []

        def send(_adapter, batch):
            [prepared] = batch
            sent.append(dict(prepared.item.checkpoint))
            error = [
                TransientError("Accepted.").not_sent(),
                TransientError("Away.").not_sent(),
                ValidationError("No."),
            ]
            checkpoint = {"transaction": "7"} if len(sent) == 1 else None
            return [Outcome(prepared.item.trace_id, "7", error[len(sent) - 1], checkpoint=checkpoint)]

        with patch.object(HubSpotAdapter, "send", send):
            for _ in range(3):
                self._make_due(self._deliveries(partner))
                self._drain()
        self.assertEqual(sent, [{}, {"transaction": "7"}, {"transaction": "7"}])
        delivery = self._deliveries(partner)
        self.assertEqual((delivery.state, delivery.checkpoint), ("dead", {"transaction": "7"}))

    def test_batches(self):
        self.env["res.partner"].create([{"name": f"N{i}", "email": f"n{i}@example.com"} for i in range(250)])
        self.assertEqual(self._drain(), 250)
        sizes = [len(request["body"]["inputs"]) for request in self.sandbox.requests()]
        self.assertEqual(sizes, [100, 100, 50])
        self.assertEqual(len(self._contacts()), 250)

    def test_batch_size_of_the_connector(self):
        self.connector.batch_size = 20
        self.env["res.partner"].create([{"name": f"N{i}", "email": f"n{i}@example.com"} for i in range(50)])
        self._drain()
        self.assertEqual(
            [len(request["body"]["inputs"]) for request in self.sandbox.requests()], [20, 20, 10]
        )

    def test_unchanged_content_makes_no_call(self):
        partner = self._partner()
        self._drain()
        partner.ref = "not mapped"
        self._commit()
        partner.city = False
        self.assertEqual(self._drain(), 1)
        self.assertEqual(len(self._calls()), 1)
        delivery = self._deliveries(partner)[-1]
        self.assertEqual((delivery.state, delivery.attempt_ids.ids), ("delivered", []))

    def test_resync_sends_what_is_unchanged(self):
        partner = self._partner()
        self._drain()
        partner.action_retail_resync()
        self.assertEqual(self._drain(), 1)
        self.assertEqual(len(self._calls()), 2)
        self.assertTrue(self._deliveries(partner)[-1].attempt_ids.is_manual)

    def test_resync_that_nobody_wants(self):
        self._flow("customer.updated").active = False
        with self.assertRaisesRegex(UserError, "No active connector has a flow for “Customer updated”"):
            self._partner().action_retail_resync()

    def test_no_email_and_no_fallback(self):
        partner = self._partner("Nobody", False)
        self._drain()
        delivery = self._deliveries(partner)
        self.assertEqual(
            (delivery.state, delivery.error_class, delivery.error_code, delivery.error_field),
            ("dead", "mapping", "KEY_MISSING", "email"),
        )
        self.assertIn("email", delivery.error_message)
        self.assertEqual(self._calls(), [])

    def test_no_email_but_a_fallback(self):
        self.sandbox.configure(custom_properties=[{"name": FALLBACK_KEY, "hasUniqueValue": True}])
        self._choice("customer").fallback_key_property = FALLBACK_KEY
        partner = self._partner("Nobody", False)
        self._drain()
        self.assertEqual(self._deliveries(partner).state, "delivered")
        self.assertEqual(self._contacts()["Nobody"][FALLBACK_KEY], str(partner.id))

    def test_deleted_before_it_was_sent(self):
        partner = self._partner()
        delivery = self._deliveries(partner)
        partner.unlink()
        self._drain()
        self.assertEqual(
            (delivery.state, delivery.warning), ("cancelled", "The record was deleted before it was sent.")
        )
        erased = self._deliveries(event_type="customer.erased")
        self.assertEqual(erased.state, "delivered")
        self.assertEqual(self._calls(), [])

    def test_erased_at_the_remote(self):
        partner = self._partner()
        self._drain()
        partner.unlink()
        self._drain()
        self.assertEqual(self._contacts(), {})
        self.assertEqual([contact["archived"] for contact in self.sandbox.contacts()], [True])
        self.assertFalse(self.env["retail.binding"].search([]))

    def test_merged_at_the_remote(self):
        survivor = self._partner("Ann", "ann@example.com", city="Ghent")
        merged = self._partner("Anna", "anna@example.com")
        self._drain()
        self.env["base.partner.merge.automatic.wizard"]._merge((survivor + merged).ids, survivor)
        self._drain()
        self.assertEqual(set(self._deliveries(survivor).mapped("state")), {"delivered"})
        self.assertEqual(list(self._contacts()), ["ann@example.com"])
        survivor.city = "Bruges"
        self._drain()
        self.assertEqual(self._contacts()["ann@example.com"]["city"], "Bruges")
        self.assertEqual(len(self.env["retail.binding"].search([])), 1)

    def test_merges_in_a_row(self):
        """A customer that others were merged into, and that is then merged itself, takes their contacts along."""
        first, second, third = (self._partner(name, f"{name}@example.com") for name in ("a", "b", "c"))
        self._drain()
        merge = self.env["base.partner.merge.automatic.wizard"]._merge
        merge((first + second).ids, second)
        self._commit()
        self.sandbox.fault(path="/merge", status=503, times=1)
        self._drain()
        merge((second + third).ids, third)
        self._drain()
        self.assertEqual(sorted(self._contacts()), ["a@example.com", "b@example.com", "c@example.com"])
        for _ in range(2):
            self._make_due(self._deliveries(event_type="customer.merged"))
            self._drain()
        self.assertEqual(list(self._contacts()), ["c@example.com"])
        self.assertEqual(self._deliveries(event_type="customer.merged").mapped("state"), ["delivered"] * 2)

    def test_survivor_takes_over_the_remote_record(self):
        """If only the merged one was known to the remote, its record becomes the survivor's."""
        merged = self._partner("Anna", "anna@example.com")
        self._drain()
        [before] = self.sandbox.contacts()
        self._flow("customer.created").active = False
        survivor = self._partner("Ann", "ann@example.com")
        self._commit()
        self.env["base.partner.merge.automatic.wizard"]._merge((survivor + merged).ids, survivor)
        self._drain()
        self._drain()
        [after] = self.sandbox.contacts()
        self.assertEqual((after["id"], after["properties"]["email"]), (before["id"], "ann@example.com"))

    def test_dead_letter_of_a_merged_customer(self):
        """Nobody is asked to mend a record that is gone."""
        survivor, merged = self._partner(), self._partner("Nobody", False)
        self._drain()
        dead = self._deliveries(merged)
        self.assertEqual(dead.state, "dead")
        self.env["base.partner.merge.automatic.wizard"]._merge((survivor + merged).ids, survivor)
        self._drain()
        self.assertEqual((dead.state, dead.warning), ("cancelled", "The record was merged or deleted."))

    def test_new_email_is_the_same_contact(self):
        partner = self._partner()
        self._drain()
        partner.email = "ann@new.example.com"
        self._drain()
        self.assertEqual(list(self._contacts()), ["ann@new.example.com"])
        self.assertEqual(len(self.sandbox.contacts()), 1)

    def test_filter_of_the_flow(self):
        self.connector.flow_ids.domain = "[('city', '=', 'Ghent')]"
        inside, outside = self._partner(city="Ghent"), self._partner("Bo", "bo@example.com", city="Paris")
        self._drain()
        self.assertEqual(self._deliveries(inside).state, "delivered")
        self.assertEqual(self._deliveries(outside).state, "cancelled")
        self.assertEqual(list(self._contacts()), ["ann@example.com"])

    def test_internal_users_are_not_customers(self):
        user = self.env["res.users"].create(
            {"name": "Clerk", "login": "clerk@example.com", "email": "clerk@example.com"}
        )
        self._drain()
        self.assertEqual(set(self._deliveries(user.partner_id).mapped("state")), {"cancelled"})

    # -- order -------------------------------------------------------------------------------------

    def test_nothing_overtakes_an_older_fact(self):
        """A stuck fact blocks its own subject, and nobody else's."""
        partner, other = self._partner(), self._partner("Bo", "bo@example.com")
        self._drain()
        partner._retail_capture_fact(
            "customer.merged", {"id": str(partner.id), "merged_ids": []}, self.env.company
        )
        fact = self._deliveries(partner)[-1]
        fact.sudo().next_attempt_at = "2100-01-01"
        partner.city = "Later"
        other.city = "Now"
        self.assertEqual(self._drain(), 1)
        self.assertEqual(self._contacts()["bo@example.com"]["city"], "Now")
        self.assertEqual(self._contacts()["ann@example.com"].get("city", ""), "")
        self._make_due(fact)
        self.assertEqual(self._drain(), 2)
        self.assertEqual(self._contacts()["ann@example.com"]["city"], "Later")

    def test_lanes_are_apart(self):
        """Bulk work waits for its own drain, so that it cannot delay what is urgent."""
        self._flow("customer.created").lane = "bulk"
        bulk = self._deliveries(self._partner())
        urgent = self._deliveries(self._partner("Bo", "bo@example.com"))
        urgent.sudo().lane = "realtime"
        urgent.flush_recordset()
        self.assertEqual(self._drain(), 1)
        self.assertEqual((bulk.state, urgent.state), ("pending", "delivered"))
        self.assertEqual(self._drain(lane="bulk"), 1)
        self.assertEqual(bulk.state, "delivered")

    def test_order_holds_across_lanes(self):
        """A newer state in another lane takes the older one's place instead of racing it."""
        self._flow("customer.updated").lane = "bulk"
        partner = self._partner()
        partner.flush_recordset()
        self._commit()
        partner.city = "Ghent"
        self.assertEqual(self._drain(lane="bulk"), 1)
        self.assertEqual(self._drain(), 0)
        self.assertEqual(self._deliveries(partner).mapped("state"), ["superseded", "delivered"])

    def test_unknown_outcome_blocks_its_subject(self):
        self.sandbox.fault(path="/batch/upsert", drop="after", times=1)
        partner = self._partner()
        self._drain()
        self.assertEqual(self._deliveries(partner).state, "unknown")
        partner.city = "Ghent"
        self.assertEqual(self._drain(), 0)
        self._make_due(self._deliveries(partner)[0])
        self.assertEqual(self._drain(), 2)
        self.assertEqual(self._deliveries(partner).mapped("state"), ["delivered"] * 2)
        self.assertEqual(self._contacts()["ann@example.com"]["city"], "Ghent")

    def test_dead_state_is_superseded_by_what_arrives(self):
        partner = self._partner("Nobody", False)
        self._drain()
        self.assertEqual(self._deliveries(partner).state, "dead")
        self.assertEqual(partner.retail_sync_state, "failed")
        partner.email = "nobody@example.com"
        self._drain()
        self.assertEqual(self._deliveries(partner).mapped("state"), ["superseded", "delivered"])
        partner.invalidate_recordset(["retail_sync_state"])
        self.assertEqual(partner.retail_sync_state, "in_sync")

    # -- leases ------------------------------------------------------------------------------------

    def _claim(self, limit=100):
        self._commit()
        return self.env["retail.delivery"]._claim(self.connector, "realtime", limit, 100)

    def test_claimed_but_never_sent(self):
        """A worker that died before it sent leaves work that simply waits again."""
        delivery = self._deliveries(self._partner())
        self._claim()
        self.assertEqual(delivery.state, "in_flight")
        self.assertEqual(self._claim(), [])
        delivery.sudo().lease_until = "2020-01-01"
        delivery.flush_recordset()
        self.env["retail.delivery"]._expire_leases()
        self.assertEqual((delivery.state, delivery.attempts), ("pending", 0))

    def test_sent_but_not_recorded(self):
        """A worker that died after it sent leaves an unknown outcome, which is resolved by sending again."""
        partner = self._partner()
        delivery = self._deliveries(partner)
        self._claim()
        self.env["retail.delivery.attempt"]._start([StartedAttempt(delivery.id, 1, False, "{}", None, None)])
        delivery.sudo().lease_until = "2020-01-01"
        delivery.flush_recordset()
        self.env["retail.delivery"]._expire_leases()
        self.assertEqual((delivery.state, delivery.attempts), ("unknown", 1))
        self.assertEqual(delivery.attempt_ids.state, "unknown")
        self._drain()
        self.assertEqual((delivery.state, delivery.attempts), ("delivered", 2))
        self.assertEqual(delivery.attempt_ids.sorted("id").mapped("state"), ["unknown", "succeeded"])

    def _let_lease_end(self, delivery):
        delivery.sudo().lease_until = "2020-01-01"
        delivery.flush_recordset()
        self.env["retail.delivery"]._expire_leases()

    def test_unknown_until_resolved(self):
        """A refused attempt, and one that was never made, do not make certain what came before them."""
        delivery = self._deliveries(self._partner())
        self.sandbox.fault(path="/batch/", drop="after", times=1)
        self._drain()
        self.assertEqual((delivery.state, delivery.attempts), ("unknown", 1))
        self.sandbox.fault(path="/batch/", status=503, times=1)
        self._make_due(delivery)
        self._drain()
        self.assertEqual((delivery.state, delivery.attempts), ("unknown", 2))
        self._make_due(delivery)
        self._claim()
        self._let_lease_end(delivery)
        self.assertEqual((delivery.state, delivery.attempts), ("unknown", 2))
        with patch.object(HubSpotAdapter, "send", side_effect=AssertionError("repeated blindly")):
            self._drain_in_doubt(delivery)
        self.assertEqual((delivery.state, delivery.attempts), ("delivered", 3))

    def _drain_in_doubt(self, delivery):
        """Drain with an adapter that resolves without sending."""

        def resolve(_adapter, batch):
            return [Outcome(prepared.item.trace_id, "1") for prepared in batch]

        self._make_due(delivery)
        with patch.object(HubSpotAdapter, "resolve", resolve):
            self._drain()

    def test_unknown_is_not_resolved_at_once(self):
        """When the remote answers again, what just timed out there may still be carried out."""
        delivery = self._deliveries(self._partner())
        self.sandbox.fault(path="/batch/", drop="after", times=1)
        self._drain()
        self.env["retail.delivery"]._bring_forward(self.connector)
        self.assertEqual(self._drain(), 0)
        [(wait,)] = self.env.execute_query(
            SQL(
                "SELECT extract(epoch FROM d.next_attempt_at - a.started_at) FROM retail_delivery d"
                "  JOIN retail_delivery_attempt a ON a.delivery_id = d.id WHERE d.id = %s",
                delivery.id,
            )
        )
        self.assertTrue(4 <= wait < 7, wait)

    def test_what_waited_goes_before_what_came_later(self):
        """Also if it was not sent, because the remote failed for others."""
        for attempts in (1, 0):
            with self.subTest(attempts=attempts):
                first = self._deliveries(self._partner(email=f"first{attempts}@example.com"))
                self.sandbox.fault(path="/batch/", status=503, times=1)
                self._drain()
                self.assertEqual((first.state, first.attempts), ("pending", 1))
                first.sudo().attempts = attempts
                self._partner(email=f"second{attempts}@example.com")
                self.env["retail.delivery"]._bring_forward(self.connector)
                self.assertEqual([claim.id for claim in self._claim(limit=1)], first.ids)
                self.env["retail.delivery"].sudo().search([]).state = "cancelled"

    def test_a_drain_takes_back_what_a_drain_that_is_gone_holds(self):
        """It looks for that once nothing else is due."""
        lost, other = self._partner(), self._partner("Bob", "bob@example.com")
        delivery = self._deliveries(lost)
        self._claim(limit=1)
        delivery.sudo().lease_until = "2020-01-01"
        delivery.flush_recordset()
        self.assertEqual(delivery.state, "in_flight")
        self.assertEqual(self._drain(), 2)
        self.assertEqual(
            (delivery.state, delivery.attempts, self._deliveries(other).state), ("delivered", 1, "delivered")
        )

    def test_a_connector_that_was_deleted(self):
        """Its job may still be there."""
        self.assertEqual(self.env["retail.drain"]._run(self.connector.id + 1000, "realtime"), 0)

    def test_late_outcome_of_a_lost_lease(self):
        """Who lost its lease does not overwrite what the next one wrote."""
        delivery = self._deliveries(self._partner())
        [claim] = self._claim()
        delivery.sudo().lease_until = "2100-01-01"
        delivery.flush_recordset()
        row = DeliveryRow(claim.id, claim.lease_until, "dead", 0.0, 1)
        self.env["retail.delivery"]._record([row])
        self.assertEqual(delivery.state, "in_flight")

    def _unlocked(self, cr):
        """Release a lock in a session that cannot; return the level and the text of what is logged."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertLogs("odoo.addons.retail_hub.models.outbox.drain") as logs,
        ):
            self.env(cr=cr)["retail.drain"]._unlock(LANE_LOCK, 7)
        [record] = logs.records
        return record.levelname, record.getMessage()

    def test_a_lock_goes_with_its_connection(self):
        cr = db_connect(self.env.cr.dbname).cursor()
        self.env.cr.execute("SELECT pg_terminate_backend(%s, 5000)", [cr.connection.info.backend_pid])
        expected = ("WARNING", "Lost the connection to the database, which also releases its locks")
        self.assertEqual(self._unlocked(cr), expected)
        with contextlib.suppress(psycopg2.InterfaceError):
            cr.close()

    def test_a_lock_outlives_a_failed_transaction(self):
        """Code that forgets to roll back shows up: nobody could drain the lane until the session ends."""
        savepoint = self.env.cr.savepoint(flush=False)
        with mute_logger("odoo.sql_db"), contextlib.suppress(psycopg2.errors.DivisionByZero):
            self.env.cr.execute("SELECT 1 / 0")
        expected = ("ERROR", f"Cannot release lock {LANE_LOCK}, 7: its transaction has failed")
        self.assertEqual(self._unlocked(self.env.cr), expected)
        savepoint.close(rollback=True)
