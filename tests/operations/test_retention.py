"""Retention: what is finished and old goes, and nothing else does."""

import logging
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.base.models.ir_cron import IrCron

from ...models.operations import retention
from ..common import RetailCase

NOW = datetime(2030, 5, 31, 12, 0)


@tagged("post_install", "-at_install")
class TestRetention(RetailCase):
    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time(NOW))

    def _ended(self, days, state="delivered", connector=None, **values):
        """Deliver a new customer, and have that been ``days`` (a number or timedelta) ago; return the delivery."""
        connector = connector or self.connector
        partner = self._partner(email=False, company_id=connector.company_id.id)
        delivery = self._deliveries(partner, connector_id=connector.id)
        at = NOW - (days if isinstance(days, timedelta) else timedelta(days=days))
        delivery.event_id.occurred_at = at
        delivery.write({"state": state, "finished_at": at, "queued_at": at, **values})
        self.env["retail.delivery.attempt"].create(
            {"delivery_id": delivery.id, "number": 1, "state": "succeeded", "started_at": at}
        )
        self.env.flush_all()
        return delivery

    def _purge(self):
        """Run the scheduled action as the scheduler does."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("retail_hub.ir_cron_retention").method_direct_trigger()

    def _purge_interrupted(self):
        """Run it with the time for one batch only."""
        with (
            patch.object(IrCron, "_commit_progress", return_value=0.0) as progress,
            patch.object(retention, "BATCH_SIZE", 2),
        ):
            self.env["retail.retention"]._cron_purge()
        self.env.invalidate_all()
        [call] = progress.call_args_list
        return call.args[0], call.kwargs["remaining"]

    def _retention(self, company=None):
        company = company or self.env.company
        return self.env["retail.retention"].search([("company_id", "=", company.id)])

    # -- what goes ---------------------------------------------------------------------------------

    def test_finished_go_with_their_attempts(self):
        deliveries = [self._ended(31, state) for state in ("delivered", "superseded", "cancelled")]
        deliveries = self.env["retail.delivery"].union(*deliveries)
        events, attempts = deliveries.event_id, deliveries.attempt_ids
        self.assertEqual((len(events), len(attempts)), (3, 3))
        with self.assertLogs("odoo.addons.retail_hub", logging.INFO) as log:
            self._purge()
            self.assertEqual((deliveries.exists().ids, attempts.exists().ids), ([], []))
        self.assertEqual(events.exists(), events, "an event is kept for longer")
        self.assertEqual(
            [record.getMessage() for record in log.records],
            [f"Retention: 3 old rows of retail_delivery removed, company {self.env.company.id}"],
        )

    def test_the_boundary_of_age(self):
        second = timedelta(seconds=1)
        young, old = self._ended(30), self._ended(timedelta(days=30) + second)
        self._purge()
        self.assertEqual((young | old).exists(), young)
        young.event_id.occurred_at = NOW - timedelta(days=90)
        old_event = self.env["retail.event"].search([("delivery_ids", "=", False)])
        old_event.occurred_at = NOW - timedelta(days=90)
        self._purge()
        self.assertEqual(len(old_event.exists()), 1)
        old_event.occurred_at -= second
        self._purge()
        self.assertEqual(len(old_event.exists()), 0)

    def test_dead_and_open_stay_with_attempts_and_event(self):
        states = ("dead", "pending", "in_flight", "unknown")
        deliveries = [self._ended(5000, state) for state in states]
        deliveries = self.env["retail.delivery"].union(*deliveries)
        events, attempts = deliveries.event_id, deliveries.attempt_ids
        self._purge()
        self.assertEqual(len(deliveries.exists()), 4)
        self.assertEqual(len(attempts.exists()), 4)
        self.assertEqual(len(events.exists()), 4)

    def test_a_dead_one_goes_after_a_person_gave_it_up(self):
        delivery = self._ended(5000, "dead")
        delivery._discard("Nobody needs it.")
        self.assertGreater(delivery.finished_at, NOW - timedelta(days=5000))
        delivery.finished_at = NOW  # the database's clock is not the frozen one
        self._purge()
        self.assertTrue(delivery.exists(), "its age counts from when it was given up")
        with freeze_time(NOW + timedelta(days=31)):
            self._purge()
        self.assertFalse(delivery.exists())

    def test_a_dead_state_that_became_moot_is_kept_from_then_on(self):
        """Superseded today, whenever it died: today somebody may still want to see why."""
        dead = self._ended(5000, "dead")
        partner = self.env["res.partner"].browse(dead.res_id)
        partner.email = "ann@example.com"
        with freeze_time(datetime.utcnow()):
            self._drain()
        self.assertEqual(self._deliveries(partner).mapped("state"), ["superseded", "delivered"])
        self.assertGreater(dead.finished_at, NOW - timedelta(days=5000))

    def test_an_event_stays_while_one_of_its_deliveries_does(self):
        """Two connectors want it: one has it, the other's delivery is dead."""
        other = self._create_connector("Another HubSpot")
        partner = self._partner(company_id=self.env.company.id)
        deliveries = self._deliveries(partner)
        self.assertEqual((len(deliveries), len(deliveries.event_id)), (2, 1))
        old = NOW - timedelta(days=5000)
        deliveries.event_id.occurred_at = old
        deliveries.write({"state": "delivered", "finished_at": old})
        dead = deliveries.filtered(lambda delivery: delivery.connector_id == other)
        dead.state = "dead"
        self._purge()
        self.assertEqual(deliveries.exists(), dead)
        self.assertTrue(dead.event_id.exists())
        dead.write({"state": "cancelled"})
        event = dead.event_id
        self._purge()
        self.assertEqual((deliveries | dead).exists().ids, [])
        self.assertFalse(event.exists(), "it goes in the same run as its last delivery")

    def test_what_took_the_place_of_an_older_one_may_go_first(self):
        delivered = self._ended(40)
        superseded = self._ended(20, "superseded", superseded_by_id=delivered.id)
        self._purge()
        self.assertFalse(delivered.exists())
        self.assertEqual((superseded.state, superseded.superseded_by_id.id), ("superseded", False))

    # -- settings ----------------------------------------------------------------------------------

    def test_each_company_has_its_own_settings(self):
        company = self.env["res.company"].create({"name": "Other", "retail_delivery_days": 3})
        other = self._create_connector("HubSpot of Other", company_id=company.id)
        ours = self._ended(4)
        theirs, their_young = self._ended(4, connector=other), self._ended(2, connector=other)
        self._purge()
        self.assertEqual((ours | theirs | their_young).exists(), ours | their_young)
        self.assertEqual(self._retention(company).delivery_count, 1)
        self.assertEqual(self._retention().delivery_count, 0)

    def test_events_too(self):
        company = self.env["res.company"].create({"name": "Other", "retail_event_days": 31})
        other = self._create_connector("HubSpot of Other", company_id=company.id)
        ours, theirs = self._ended(40).event_id, self._ended(40, connector=other).event_id
        self._purge()
        self.assertEqual((ours | theirs).exists(), ours)
        self.assertEqual((self._retention().event_count, self._retention(company).event_count), (0, 1))

    def test_archived_connectors_too(self):
        delivery = self._ended(31)
        self.connector.active = False
        self._purge()
        self.assertFalse(delivery.exists())

    def test_less_than_a_day_is_refused(self):
        for field in ("retail_delivery_days", "retail_event_days"):
            for days in (0, -1):
                with self.assertRaisesRegex(ValidationError, "at least 1 day"):
                    self.env.company[field] = days
            self.env.company[field] = 1

    def test_without_a_setting_nothing_goes(self):
        """A column that something else emptied must not read as "keep for 0 days"."""
        delivery = self._ended(5000)
        self.env.cr.execute("UPDATE res_company SET retail_delivery_days = NULL, retail_event_days = NULL")
        self.env.invalidate_all()
        self._purge()
        self.assertTrue(delivery.exists())

    def test_settings_show_what_was_removed(self):
        with Form(self.env["res.config.settings"]) as settings:
            self.assertEqual(settings.retail_retention_summary, "Nothing has been removed yet.")
            self.assertEqual((settings.retail_delivery_days, settings.retail_event_days), (30, 90))
        self._ended(31)
        self._ended(91)
        self._purge()
        self._purge()
        summary = Form(self.env["res.config.settings"]).retail_retention_summary
        self.assertIn("Removed so far: 2 outgoing events, 1 events, 0 incoming messages.", summary)
        self.assertIn("2030", summary)

    # -- batches -----------------------------------------------------------------------------------

    def test_batches_and_resumption(self):
        """Each batch is committed with its progress; a run that was stopped is gone on with by the next."""
        days = (35, 34, 33, 32, 31)
        deliveries = [self._ended(days) for days in days]
        self.assertEqual(self._purge_interrupted(), (2, 2))
        self.assertEqual([len(delivery.exists()) for delivery in deliveries], [0, 0, 1, 1, 1], "oldest first")
        self.assertEqual(self._purge_interrupted(), (2, 2))
        self.assertEqual([len(delivery.exists()) for delivery in deliveries], [0, 0, 0, 0, 1])
        count, remaining = self._purge_interrupted()
        self.assertEqual(count, 1)
        self.assertGreater(remaining, 0, "events were not looked at yet")
        self.assertEqual([len(delivery.exists()) for delivery in deliveries], [0, 0, 0, 0, 0])
        self.assertEqual(self._retention().delivery_count, 5)

    def test_one_run_removes_all_batches(self):
        events = [self._ended(91).event_id for _n in range(5)]
        with patch.object(retention, "BATCH_SIZE", 2):
            self._purge()
        self.assertEqual([len(event.exists()) for event in events], [0] * 5)
        self.assertEqual((self._retention().delivery_count, self._retention().event_count), (5, 5))
        cron = self.env.ref("retail_hub.ir_cron_retention")
        progress = self.env["ir.cron.progress"].search([("cron_id", "=", cron.id)], order="id desc", limit=1)
        self.assertEqual((progress.done, progress.remaining), (10, 0))

    # -- sync state --------------------------------------------------------------------------------

    def _status(self, partner):
        return self.env["retail.sync.state"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", partner.id)]
        )

    def test_sync_state_after_a_purge(self):
        """The binding remembers that and when the customer was sent, under the same id as before."""
        partner = self._partner()
        self.assertEqual(self._deliveries(partner).state, "pending")
        self._drain()
        before = self._status(partner)
        delivery = self._deliveries(partner)
        self.assertEqual((before.state, before.delivery_id), ("in_sync", delivery))
        delivery.finished_at = NOW - timedelta(days=31)
        sent_at = self.env["retail.binding"].search([("res_id", "=", partner.id)]).sent_at
        self._purge()
        after = self._status(partner)
        self.assertEqual(after.ids, before.ids)
        self.assertEqual(
            (after.state, after.since, after.delivery_id.id, after.connector_id, after.company_id),
            ("in_sync", sent_at, False, self.connector, self.env.company),
        )
        self.assertEqual(partner.retail_sync_state, "in_sync")
        self.assertEqual(after.action_open_delivery()["tag"], "display_notification")
        after.action_resync()
        [resent] = self._deliveries(partner)
        self.env.invalidate_all()
        self.assertEqual((after.state, after.delivery_id), ("waiting", resent))
        self.assertEqual(after.action_open_delivery()["res_id"], resent.id)

    def test_sync_state_shows_the_worst_of_a_bound_record(self):
        partner = self._partner()
        self._drain()
        status = self._status(partner)
        partner.city = "Ghent"
        dead = self._deliveries(partner)[-1]
        partner.city = "Bruges"
        waiting = self._deliveries(partner)[-1]
        self.env.invalidate_all()
        self.assertEqual((status.state, status.delivery_id), ("waiting", waiting))
        dead.write({"state": "dead", "error_message": "No"})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(
            (status.state, status.delivery_id), ("waiting", waiting), "the newer state replaces it"
        )
        dead.kind = "fact"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((status.state, status.delivery_id, status.reason), ("failed", dead, "No"))
        self.assertEqual(len(self._status(partner)), 1)

    def test_sync_state_of_what_never_arrived(self):
        """Without a binding, one row per record and connector: dead before open before delivered."""
        partner = self._partner("Nobody", False)
        partner.flush_recordset()
        first = self._deliveries(partner)
        first.write({"state": "dead", "kind": "fact"})
        partner.city = "Ghent"
        second = self._deliveries(partner)[-1]
        self.assertEqual(self._status(partner).delivery_id, first)
        first.state = "delivered"
        self.env.flush_all()
        self.assertEqual(self._status(partner).delivery_id, second)
        self.assertEqual(self._status(partner).state, "waiting")
        second.state = "cancelled"
        self.env.flush_all()
        self.assertEqual(self._status(partner).delivery_id, first)
        self.assertEqual(self._status(partner).id, first.id)

    def test_what_is_not_found_at_the_remote_is_not_in_sync(self):
        partner = self._partner()
        self._drain()
        self._deliveries(partner).finished_at = NOW - timedelta(days=31)
        self.env["retail.binding"]._mark_not_found(self.connector, "res.partner", partner.id)
        self._purge()
        self.assertFalse(self._status(partner))
        self.assertFalse(partner.retail_sync_state)
