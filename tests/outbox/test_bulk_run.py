"""Backfill and range replay: what is sent, how often, and who may do it."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ...models.outbox import bulk_run_feed
from ..common import RetailCase


@tagged("post_install", "-at_install")
class TestBulkRun(RetailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mark = cls.env["res.partner.category"].create({"name": "To backfill"})
        cls.domain = f"[('category_id', '=', {cls.mark.id})]"

    def _customers(self, count, prefix="n"):
        """Make customers without an event."""
        with patch.object(type(self.env["res.partner"]), "_retail_capture_state"):
            partners = self.env["res.partner"].create(
                [
                    {"name": f"N{i}", "email": f"{prefix}{i}@example.com", "category_id": self.mark.ids}
                    for i in range(count)
                ]
            )
            self.env.flush_all()
        return partners

    def _flow(self, event_type, connector=None):
        flows = (connector or self.connector).flow_ids
        return flows.filtered(lambda flow: flow.event_type == event_type)

    def _backfill(self, **values):
        values = {"kind": "backfill", "connector_id": self.connector.id, "domain": self.domain, **values}
        return self.env["retail.bulk.run"].create(values)

    def _replay(self, **values):
        """Replay all of the last hour; events before it are as old as other tests made them."""
        connector = self.env["retail.connector"].browse(values.get("connector_id", self.connector.id))
        values = {
            "kind": "replay",
            "connector_id": connector.id,
            "from_date": fields.Datetime.now() - timedelta(hours=1),
            **values,
        }
        self._commit()
        return self.env["retail.bulk.run"].create(values)

    def _counts(self, run):
        run.invalidate_recordset()
        return run.state, run.queued, run.waiting_count, run.delivered_count, run.dead_count

    def _chunks_of(self, size):
        self.enterContext(patch.object(bulk_run_feed, "CHUNK", size))

    # -- backfill ----------------------------------------------------------------------------------

    def test_backfill(self):
        """What was previewed is what happens: each customer once, in full batches, in the bulk lane."""
        partners = self._customers(250)
        run = self._backfill()
        self.assertEqual(run.flow_id, self._flow("customer.updated"))
        self.assertEqual((run.preview_count, run.preview_calls, run.preview_error), (250, 3, False))
        run.action_start()
        self.assertEqual((run.state, run.total, run.started_by_id), ("running", 250, self.env.user))
        self.assertEqual(self._drain(), 0)
        self.assertEqual(self._drain(lane="bulk"), 250)
        self.assertEqual(self._counts(run), ("done", 250, 0, 250, 0))
        self.assertEqual((run.progress, bool(run.ended_at)), (100.0, True))
        self.assertEqual(len(self._contacts()), 250)
        self.assertEqual(len(self._calls()), 3)
        deliveries = self._deliveries(bulk_run_id=run.id)
        self.assertEqual(deliveries.mapped("res_id"), partners.ids)
        self.assertEqual(
            (set(deliveries.mapped("lane")), any(deliveries.mapped("is_manual"))), ({"bulk"}, False)
        )

    def test_flow_filter_and_addresses(self):
        """The filter of the flow always applies, and an address is part of its customer."""
        partners = self._customers(4)
        self._flow("customer.updated").domain = "[('city', '=', 'Ghent')]"
        with patch.object(type(self.env["res.partner"]), "_retail_capture_state"):
            partners[:2].city = "Ghent"
            address = {"type": "delivery", "parent_id": partners[0].id, "city": "Ghent"}
            self.env["res.partner"].create({**address, "name": "Shop", "category_id": self.mark.ids})
            self.env.flush_all()
        run = self._backfill()
        self.assertEqual(run.preview_count, 2)
        run.action_start()
        self.assertEqual(self._drain(lane="bulk"), 2)
        self.assertEqual(self._counts(run), ("done", 2, 0, 2, 0))

    def test_since(self):
        """Also a customer of whom only an address has changed."""
        partners = self._customers(3)
        with patch.object(type(self.env["res.partner"]), "_retail_capture_state"):
            address = self.env["res.partner"].create({"type": "delivery", "parent_id": partners[0].id})
            self.env.flush_all()
        since = fields.Datetime.now() - timedelta(days=1)
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = %s WHERE id = ANY(%s)",
            [since - timedelta(days=1), partners[:2].ids],
        )
        self.env.invalidate_all()
        self.assertTrue(address.write_date > since)
        run = self._backfill(since=since)
        self.assertEqual(run.preview_count, 2)
        run.action_start()
        self._drain(lane="bulk")
        self.assertEqual(sorted(self._contacts()), ["n0@example.com", "n2@example.com"])

    def test_known_content_makes_no_call(self):
        self._customers(5)
        self._backfill().action_start()
        self._drain(lane="bulk")
        self.assertEqual(len(self._calls()), 1)
        again = self._backfill()
        again.action_start()
        self._drain(lane="bulk")
        self.assertEqual(self._counts(again), ("done", 5, 0, 5, 0))
        self.assertEqual(len(self._calls()), 1)

    def test_preview_of_what_will_fail(self):
        """Customers without the match key are counted before anything is sent."""
        self._choice("customer").fallback_key_property = False
        customers = self._customers(5)
        customers[:2].email = False
        run = self._backfill()
        self.assertEqual(run.preview_count, 5)
        first, cause = run.preview_failures.split("\n")
        self.assertEqual(first, "2 of 5 records cannot be sent:")
        self.assertRegex(cause, r"^2 × .*email")
        self.assertEqual(self._calls(), [])
        customers[:2].email = "x@example.com"
        run.invalidate_recordset()
        self.assertEqual(run.preview_failures, False)

    def test_pause_and_resume(self):
        """Pausing stops the feeding; resuming leaves no gap and sends nothing twice."""
        partners = self._customers(25)
        self._chunks_of(10)
        run = self._backfill()
        run.action_start()
        self.assertEqual(self.env["retail.bulk.run"]._feed(self.connector), 10)
        self.assertEqual(self.env["retail.bulk.run"]._feed(self.connector), 0)
        self.assertEqual(self.env["retail.bulk.run"]._connector_ids_with_work(), [])
        run.action_pause()
        self.assertIn(self.env.user.name, run.state_reason)
        self.assertEqual(self._drain(lane="bulk"), 10)
        self.assertEqual(self._counts(run), ("paused", 10, 0, 10, 0))
        self.assertEqual(self.env["retail.bulk.run"]._connector_ids_with_work(), [])
        run.action_resume()
        self.assertEqual(self.env["retail.bulk.run"]._connector_ids_with_work(), self.connector.ids)
        self.assertEqual(self._drain(lane="bulk"), 15)
        self.assertEqual(self._counts(run), ("done", 25, 0, 25, 0))
        self.assertEqual(self._deliveries(bulk_run_id=run.id).mapped("res_id"), partners.ids)

    def test_progress(self):
        self._customers(20)
        self._chunks_of(10)
        run = self._backfill()
        run.action_start()
        self.env["retail.bulk.run"]._feed(self.connector)
        run.action_pause()
        self._drain(lane="bulk")
        run.action_resume()
        run.started_at = fields.Datetime.now() - timedelta(minutes=2)
        self._counts(run)
        self.assertEqual(run.progress, 50.0)
        self.assertAlmostEqual(run.rate, 5.0, delta=0.3)
        self.assertAlmostEqual((run.estimated_end - fields.Datetime.now()).total_seconds(), 120, delta=10)

    def test_cancel(self):
        self._customers(20)
        self._chunks_of(10)
        run = self._backfill()
        run.action_start()
        self.env["retail.bulk.run"]._feed(self.connector)
        run.action_cancel()
        self.assertEqual(self._drain(lane="bulk"), 10)
        self.assertEqual(self._counts(run), ("cancelled", 10, 0, 10, 0))
        with self.assertRaisesRegex(UserError, "The state of this run has changed"):
            run.action_resume()

    def test_realtime_is_not_delayed(self):
        """A change of a record that the backfill has queued goes out at once, in place of the backfill's."""
        partners = self._customers(3)
        run = self._backfill()
        run.action_start()
        self.env["retail.bulk.run"]._feed(self.connector)
        partners[1].city = "Ghent"
        self.assertEqual(self._drain(), 1)
        self.assertEqual(list(self._contacts()), ["n1@example.com"])
        self.assertEqual(self._drain(lane="bulk"), 2)
        self.assertEqual(self._counts(run), ("done", 3, 0, 2, 0))
        self.assertEqual(run.superseded_count, 1)

    def test_broken_filter(self):
        """It fails where a person sees it, and goes on after the filter is mended."""
        self._customers(20)
        self._chunks_of(10)
        run = self._backfill()
        run.action_start()
        self.env["retail.bulk.run"]._feed(self.connector)
        flow = self._flow("customer.updated")
        self.env.cr.execute(
            "UPDATE retail_flow SET domain = %s WHERE id = %s", ["[('gone', '=', 1)]", flow.id]
        )
        self.env.invalidate_all()
        with patch.object(type(flow), "_matching", lambda self, records: records):
            self.assertEqual(self._drain(lane="bulk"), 10)
        self.assertEqual(self._counts(run), ("failed", 10, 0, 10, 0))
        self.assertIn("gone", run.state_reason)
        self.assertIn("has failed", self.connector.activity_ids.summary)
        flow.domain = "[]"
        run.action_resume()
        self.assertEqual(self._drain(lane="bulk"), 10)
        self.assertEqual(self._counts(run), ("done", 20, 0, 20, 0))
        self.assertEqual(len(self._contacts()), 20)

    def test_what_is_added_and_dropped_since_the_start(self):
        """A record that matches only since the start is sent, too, and the form says so."""
        partners = self._customers(20)
        with patch.object(type(self.env["res.partner"]), "_retail_capture_state"):
            (partners[5] | partners[6]).category_id = False
            self.env.flush_all()
            self._chunks_of(2)
            run = self._backfill()
            run.action_start()
            self.assertEqual((run.total, run.added_count, run.dropped_count), (18, 0, 0))
            (partners[5] | partners[6]).category_id = self.mark
            self.env.flush_all()
        self.assertEqual(self._drain(lane="bulk"), 20)
        self.assertEqual(self._counts(run), ("done", 20, 0, 20, 0))
        self.assertEqual((run.total, run.added_count, run.dropped_count), (18, 2, 0))
        with patch.object(type(self.env["res.partner"]), "_retail_capture_state"):
            run = self._backfill()
            run.action_start()
            partners[7].category_id = False
            self.env.flush_all()
        self._drain(lane="bulk")
        run.invalidate_recordset()
        self.assertEqual((run.total, run.queued, run.added_count, run.dropped_count), (20, 19, 0, 1))

    def test_the_filter_is_that_of_the_chosen_flow(self):
        flow = self._flow("customer.created")
        flow.domain = "[('city', '=', 'Ghent')]"
        run = self.env["retail.bulk.run"].create({"connector_id": self.connector.id, "flow_id": flow.id})
        self.assertEqual((run.flow_id, run.domain), (flow, flow.domain))

    def test_facts_are_not_backfilled(self):
        flow = self._flow("customer.merged")
        with self.assertRaisesRegex(ValidationError, "“Customers merged” cannot be backfilled"):
            self._backfill(flow_id=flow.id)

    def test_preview_of_what_cannot_be(self):
        self.assertIn("no_such", self._backfill(domain="[('no_such', '=', 1)]").preview_error)
        self._flow("customer.created").active = False
        run = self._backfill(flow_id=self._flow("customer.created").id)
        self.assertIn("is off", run.preview_error)
        with self.assertRaisesRegex(UserError, "is off"):
            run.action_start()
        with self.assertRaisesRegex(UserError, "nothing to send"):
            self._backfill().action_start()

    # -- replay ------------------------------------------------------------------------------------

    def _facts(self, partner, count):
        """Let facts happen that need no call, and return their events."""
        before = self._deliveries(partner).event_id
        for _number in range(count):
            payload = {"id": str(partner.id), "merged_ids": []}
            partner._retail_capture_fact("customer.merged", payload, self.env.company)
            self._commit()
        return (self._deliveries(partner).event_id - before).sorted("id")

    def test_replay_to_a_new_connector(self):
        """One delivery per customer, each fact, all with the events that happened."""
        ann, bob = self._partner(), self._partner("Bob", "bob@example.com")
        self._drain()
        ann.city = "Ghent"
        self._drain()
        facts = self._facts(bob, 3)
        self._drain()
        newest = self._deliveries(ann)[-1].event_id + self._deliveries(bob)[0].event_id + facts
        other = self._create_connector("Other")
        self.sandbox.reset()
        run = self._replay(connector_id=other.id)
        self.assertEqual((run.preview_count, run.preview_calls), (5, 5))
        run.action_start()
        self._drain(other, lane="bulk")
        self.assertEqual(self._counts(run), ("done", 5, 0, 5, 0))
        deliveries = self._deliveries(connector_id=other.id)
        self.assertEqual(deliveries.event_id.ids, sorted(newest.ids))
        self.assertEqual(deliveries.mapped("event_id.id"), sorted(newest.ids))
        self.assertEqual(set(deliveries.mapped("lane")), {"bulk"})
        self.assertEqual(self._contacts()["ann@example.com"]["city"], "Ghent")
        order = deliveries.filtered(lambda delivery: delivery.kind == "fact").sorted("finished_at, id")
        self.assertEqual(order.event_id, facts)

    def test_replay_of_what_was_delivered(self):
        """It is sent although nothing has changed, under the same event."""
        partner = self._partner()
        self._drain()
        run = self._replay(flow_ids=[Command.set(self._flow("customer.created").ids)])
        run.action_start()
        self.assertEqual(self._drain(lane="bulk"), 1)
        first, again = self._deliveries(partner)
        self.assertEqual((again.event_id, again.is_manual), (first.event_id, True))
        self.assertEqual(len(self._calls()), 2)
        self.assertEqual(len(self.sandbox.contacts()), 1)

    def test_replay_keeps_the_place(self):
        """What is dead waits again where it was; what is on its way is left alone."""
        dead, cancelled, waiting = (self._partner(f"P{i}", f"p{i}@example.com") for i in range(3))
        rows = [self._deliveries(partner) for partner in (dead, cancelled, waiting)]
        rows[0].sudo().write({"state": "dead", "attempts": 4})
        rows[1].sudo().write({"state": "cancelled"})
        rows[2].sudo().next_attempt_at = "2100-01-01"
        self._commit()
        run = self._replay()
        self.assertEqual(run.preview_count, 3)
        run.action_start()
        self.assertEqual(self._drain(lane="bulk"), 2)
        self.assertEqual(self._counts(run), ("done", 2, 0, 2, 0))
        self.assertEqual((run.left_alone, run.progress), (1, 100.0))
        for partner, row in zip((dead, cancelled, waiting), rows, strict=True):
            self.assertEqual(self._deliveries(partner), row)
        self.assertEqual([row.state for row in rows], ["delivered", "delivered", "pending"])
        self.assertEqual((rows[0].attempts, rows[0].lane, rows[2].bulk_run_id.id), (5, "bulk", False))

    def test_replay_range(self):
        """The newest event of the range counts, whatever happened after it."""
        partner = self._partner()
        self._drain()
        old = self._deliveries(partner).event_id
        old.sudo().occurred_at = "2020-01-15 10:00:00"
        partner.city = "Ghent"
        self._drain()
        run = self._replay(from_date="2020-01-15 10:00:00", to_date="2020-01-15 10:00:00")
        self.assertEqual(run.preview_count, 1)
        run.action_start()
        self._drain(lane="bulk")
        self.assertEqual(self._deliveries(bulk_run_id=run.id).event_id, old)
        self.assertEqual(self._contacts()["ann@example.com"]["city"], "Ghent")
        nothing = self._replay(from_date="2020-01-15 10:00:01", to_date="2020-01-16 10:00:00")
        self.assertEqual(nothing.preview_count, 0)

    def test_replay_in_chunks(self):
        """Chunks leave no gap and repeat nothing."""
        partner = self._partner()
        self._drain()
        facts = self._facts(partner, 7)
        self._drain()
        self._chunks_of(3)
        run = self._replay(flow_ids=[Command.set(self._flow("customer.merged").ids)])
        run.action_start()
        self.assertEqual([self.env["retail.bulk.run"]._feed(self.connector) for _try in range(2)], [3, 0])
        self._drain(lane="bulk")
        self.assertEqual(self._counts(run), ("done", 7, 0, 7, 0))
        self.assertEqual(self._deliveries(bulk_run_id=run.id).mapped("event_id.id"), facts.ids)

    # -- rights ------------------------------------------------------------------------------------

    def test_only_managers(self):
        clerk = new_test_user(self.env, "bulk_clerk", groups="base.group_user,retail_hub.group_user")
        manager = new_test_user(self.env, "bulk_manager", groups="base.group_user,retail_hub.group_manager")
        self._customers(1)
        run = self._backfill()
        self.assertEqual(run.with_user(clerk).preview_count, 1)
        with self.assertRaises(AccessError):
            run.with_user(clerk).action_start()
        run.with_user(manager).action_start()
        self.assertEqual(run.started_by_id, manager)
        self._drain(lane="bulk")
        self.assertEqual(self._deliveries(bulk_run_id=run.id).event_id.user_id, manager)

    def test_other_company(self):
        """Neither its runs and connectors are in reach, nor are its customers sent."""
        company = self.env["res.company"].create({"name": "Other"})
        manager = new_test_user(self.env, "bulk_manager", groups="base.group_user,retail_hub.group_manager")
        run = self._backfill()
        connector = self._create_connector("Theirs", company_id=company.id)
        with self.assertRaises(AccessError):
            self.env["retail.bulk.run"].with_user(manager).create(
                {"connector_id": connector.id}
            ).action_start()
        partners = self._customers(2)
        partners[0].company_id = company
        self.assertEqual(run.preview_count, 1)

    def test_a_flow_of_another_connector_that_is_off(self):
        """Neither is it chosen, nor does a run that has it send anything to the other connector."""
        self._facts(self._partner(), 1)
        other = self._create_connector("Theirs")
        theirs = self._flow("customer.merged", other)
        theirs.active = False
        flows = self._flow("customer.merged") | theirs
        with self.assertRaisesRegex(ValidationError, "Choose events of this connector"):
            self._replay(flow_ids=flows.ids)
        run = self._replay(flow_ids=self._flow("customer.merged").ids)
        self.env.cr.execute(
            "INSERT INTO retail_bulk_run_retail_flow_rel VALUES (%s, %s)", [run.id, theirs.id]
        )
        run.invalidate_recordset()
        theirs.active = True
        self.assertIn("Choose events of this connector", run.preview_error)
        with self.assertRaisesRegex(UserError, "Choose events of this connector"):
            run.action_start()
        queued = self.env["retail.delivery"]._queue_again(
            self._deliveries().event_id.ids, theirs.ids, connector_id=self.connector.id
        )
        self.assertFalse(queued)

    def test_a_run_that_was_started_with_a_flow_of_another_connector(self):
        self._facts(self._partner(), 1)
        other = self._create_connector("Theirs")
        run = self._replay(flow_ids=self._flow("customer.merged").ids)
        run.action_start()
        self.env.cr.execute(
            "INSERT INTO retail_bulk_run_retail_flow_rel VALUES (%s, %s)",
            [run.id, self._flow("customer.merged", other).id],
        )
        self._drain(lane="bulk")
        self.assertEqual(self._counts(run)[:2], ("failed", 0))
        self.assertEqual(run.state_reason, "Choose events of this connector.")
        self.assertFalse(self._deliveries(connector_id=other.id))

    def test_what_was_started_is_fixed(self):
        self._customers(1)
        run = self._backfill()
        run.action_start()
        with self.assertRaisesRegex(UserError, "You cannot change a run after its start"):
            run.domain = "[]"
        with self.assertRaisesRegex(UserError, "Cancel this run before"):
            run.unlink()
