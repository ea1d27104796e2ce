"""Flows: how soon they send, and what a change of that does to what already waits."""

from datetime import datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.retail_hub.core.schedule import DAYS, Schedule
from odoo.addons.retail_hub.models.outbox.wake import RetailWake

from ..common import RetailCase

TZ = "Asia/Tokyo"  # clocks never change there: 9 hours before UTC


@tagged("post_install", "-at_install")
class TestFlow(RetailCase):
    def setUp(self):
        super().setUp()
        self.created, self.updated, self.merged, self.erased = self.connector.flow_ids

    def _schedule(self, flows, hours_ahead=5, **values):
        """Have flows run each day at the full hour so far ahead, and return when that is (UTC)."""
        now = self.env.cr.now()
        due_at = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours_ahead)
        local = due_at + timedelta(hours=9)
        flows.write({"mode": "scheduled", "schedule_time": local.hour, "schedule_tz": TZ, **values})
        return due_at

    def _partners(self, count=3):
        return self.env["res.partner"].create(
            [{"name": f"N{n}", "email": f"n{n}@example.com"} for n in range(count)]
        )

    def _seconds_queued(self, delivery):
        return round((delivery.next_attempt_at - delivery.queued_at).total_seconds())

    # -- the schedule ------------------------------------------------------------------------------

    def test_defaults_of_a_scheduled_flow(self):
        self.env.company.partner_id.tz = "Asia/Kathmandu"
        flow = self.env["retail.connector"].create({"name": "New"}).flow_ids[0]
        self.assertEqual((flow.mode, flow.lane, flow.window_seconds), ("realtime", "realtime", 2))
        self.assertFalse(flow.next_run_at)
        flow.mode = "scheduled"
        self.assertEqual((flow.lane, flow.window_seconds, flow.schedule_time), ("bulk", 0, 22.0))
        self.assertEqual(flow.schedule_tz, "Asia/Kathmandu")
        self.assertEqual([flow[day] for day in DAYS], [True] * 7)
        expected = Schedule(22 * 60, "Asia/Kathmandu", frozenset(range(7))).next_after(self.env.cr.now())
        self.assertEqual(flow.next_run_at, expected)
        self.assertEqual((expected.hour, expected.minute), (16, 15))
        flow.mode = "realtime"
        self.assertEqual((flow.lane, flow.window_seconds), ("realtime", 2))

    def test_bad_schedules(self):
        self.updated.mode = "scheduled"
        for values, message in (
            ({"schedule_time": 24.0}, "between 00:00 and 23:59"),
            ({"schedule_time": 23.995}, "between 00:00 and 23:59"),
            ({"schedule_time": -1.0}, "between 00:00 and 23:59"),
            ({"schedule_time": 8.0, **dict.fromkeys(DAYS, False)}, "Select at least one day"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, message):
                self.updated.write(values)

    def test_every_timezone_is_known(self):
        for name, _label in self.updated._fields["schedule_tz"]._description_selection(self.env):
            self.assertTrue(ZoneInfo(name))

    def test_days(self):
        """Only on Wednesdays: the next one, by the clocks of the place."""
        self.updated.write(
            {"mode": "scheduled", "schedule_tz": TZ, **dict.fromkeys(DAYS, False), "wed": True}
        )
        local = self.updated.next_run_at + timedelta(hours=9)
        self.assertEqual((local.weekday(), local.hour), (2, 22))
        ahead = self.updated.next_run_at - self.env.cr.now()
        self.assertTrue(timedelta(0) < ahead <= timedelta(days=7))

    # -- capture -----------------------------------------------------------------------------------

    def test_scheduled(self):
        """Kept until the time; two edits of one record make one call; nothing goes out before."""
        due_at = self._schedule(self.created | self.updated)
        partners = self._partners()
        self._commit()
        partners[0].city = "Ghent"
        deliveries = self._deliveries(connector_id=self.connector.id)
        self.assertEqual(deliveries.mapped("lane"), ["bulk"] * 4)
        self.assertEqual(deliveries.mapped("next_attempt_at"), [due_at] * 4)
        self.assertEqual(self._drain(lane="bulk"), 0)
        self._make_due(deliveries)
        self.assertEqual(self._drain(lane="bulk"), 3)
        self.assertEqual(deliveries.mapped("state"), ["superseded", "delivered", "delivered", "delivered"])
        self.assertEqual(self._contacts()["n0@example.com"]["city"], "Ghent")
        self.assertEqual(len(self._calls()), 1)

    def test_resync_does_not_wait(self):
        self._schedule(self.created | self.updated)
        partner = self._partner()
        self._commit()
        partner.action_retail_resync()
        self.assertEqual(self._drain(lane="bulk"), 1)
        self.assertEqual(self._deliveries(partner).mapped("state"), ["superseded", "delivered"])

    def _wakes(self, function):
        wakes = []
        with patch.object(
            RetailWake, "_wake_at_commit", lambda _wake, *wake: wakes.append(wake), create=False
        ):
            function()
            self._commit()
        return wakes

    def test_wake_ups(self):
        """What is due in more than a minute is the cron's."""
        self._schedule(self.created)
        self.assertEqual(self._wakes(self._partner), [])
        self.created.write({"mode": "micro_batch", "window_seconds": 60})
        self.assertEqual(self._wakes(self._partner), [(self.connector.id, "bulk", 60.0)])
        self.created.window_seconds = 61
        self.assertEqual(self._wakes(self._partner), [])

    def test_no_more_statements(self):
        """To capture for a schedule costs as many statements as to capture for a window."""
        partner = self._partner()
        cities = iter("ABCDE")

        def statements():
            self._commit()
            self.env.cr._now = None  # as in a new transaction
            before = self.env.cr.sql_log_count
            partner.city = next(cities)
            self._commit()
            return self.env.cr.sql_log_count - before

        statements()
        realtime = statements()
        self._schedule(self.updated)
        statements()
        self.assertEqual(statements(), realtime)

    def test_routes_do_not_depend_on_who_asks_first(self):
        """A flow that is off stays off, even if a change that includes archived records is the first to look."""
        visitor = self.env.ref("base.public_user")
        self.connector.flow_ids[0].active = False
        routes = []
        for flows in (
            self.env["retail.flow"],
            self.env["retail.flow"].with_context(active_test=False, lang="fr_FR"),
            self.env["retail.flow"].with_user(visitor).with_context(allowed_company_ids=[]),
        ):
            self.env.registry.clear_cache()
            routes.append(flows._routes())
        self.assertEqual(routes[0], routes[1])
        self.assertEqual(routes[0], routes[2])
        of_connector = [
            r for of_type in routes[0].values() for r in of_type if r.connector_id == self.connector.id
        ]
        active = self.connector.flow_ids.filtered("active")
        self.assertEqual({route.flow_id for route in of_connector}, set(active.ids))

    # -- what already waits ------------------------------------------------------------------------

    def test_realtime_to_scheduled(self):
        """Overdue or not: it waits for the time. What a person requested, or waits for a retry, does not."""
        partners = self._partners(4)
        waiting, retry, quota, manual = deliveries = self._deliveries(res_model="res.partner")
        self._make_due(waiting)
        retry.sudo().write({"attempts": 1, "next_attempt_at": "2021-01-01"})
        quota.sudo().write({"error_class": "quota", "next_attempt_at": "2021-01-01"})
        manual.sudo().write({"is_manual": True, "next_attempt_at": "2021-01-01"})
        due_at = self._schedule(self.created)
        past = datetime(2021, 1, 1)
        self.assertEqual(deliveries.mapped("lane"), ["bulk", "bulk", "bulk", "realtime"])
        self.assertEqual(deliveries.mapped("next_attempt_at"), [due_at, past, past, past])
        self.assertEqual((self._drain(), self._drain(lane="bulk")), (1, 2))
        self.assertEqual(self._deliveries(partners[0]).state, "pending")

    def test_in_flight_and_finished_are_left_alone(self):
        self._partners(3)
        deliveries = self._deliveries(res_model="res.partner")
        for delivery, state in zip(deliveries, ("in_flight", "delivered", "dead"), strict=True):
            delivery.sudo().write({"state": state, "next_attempt_at": "2021-01-01"})
        self.assertEqual(self._wakes(lambda: self._schedule(self.created)), [])
        self.assertEqual(deliveries.mapped("lane"), ["realtime"] * 3)
        self.assertEqual(deliveries.mapped("next_attempt_at"), [datetime(2021, 1, 1)] * 3)

    def test_other_flows_are_left_alone(self):
        delivery = self._deliveries(self._partner())
        due_at = delivery.next_attempt_at
        self._schedule(self.updated)
        self.assertEqual((delivery.lane, delivery.next_attempt_at), ("realtime", due_at))

    def test_scheduled_to_realtime(self):
        self._schedule(self.created)
        self._partners()
        deliveries = self._deliveries(res_model="res.partner")
        wakes = self._wakes(lambda: self.created.write({"mode": "realtime", "window_seconds": 0}))
        self.assertEqual(wakes, [(self.connector.id, "realtime", 0.0)])
        self.assertEqual(deliveries.mapped("lane"), ["realtime"] * 3)
        self.assertEqual([self._seconds_queued(delivery) for delivery in deliveries], [0] * 3)
        self.assertEqual(self._drain(), 3)

    def test_shorter_window(self):
        self.created.window_seconds = 60
        delivery = self._deliveries(self._partner())
        self.assertEqual((self._seconds_queued(delivery), self._drain()), (60, 0))
        self.created.window_seconds = 0
        self.assertEqual((self._seconds_queued(delivery), self._drain()), (0, 1))

    def test_another_lane(self):
        """The lane alone: the time at which it is due stays."""
        self.created.write({"mode": "micro_batch", "lane": "bulk", "window_seconds": 0})
        delivery = self._deliveries(self._partner())
        self._make_due(delivery)
        self.created.lane = "realtime"
        self.assertEqual((delivery.lane, delivery.next_attempt_at), ("realtime", datetime(2020, 1, 1)))
        self.assertEqual((self._drain(lane="bulk"), self._drain()), (0, 1))

    def test_another_time(self):
        """What waits for its time gets the new one; what has come due by the old one does not miss its turn."""
        self._schedule(self.created)
        self._partners(2)
        waiting, due = self._deliveries(res_model="res.partner")
        self._make_due(due)
        due_at = self._schedule(self.created, hours_ahead=7)
        self.assertEqual(waiting.next_attempt_at, due_at)
        self.assertEqual(due.next_attempt_at, datetime(2020, 1, 1))
        self.assertEqual(self._drain(lane="bulk"), 1)

    def test_switched_off(self):
        """It keeps nothing new, and what already waits goes out."""
        self._partner()
        self._commit()
        self.created.active = False
        self._partner("Bo", "bo@example.com")
        self.assertEqual(self._drain(), 1)
        self.assertEqual(list(self._contacts()), ["ann@example.com"])

    def test_order_across_lanes(self):
        """A newer fact of a record waits for what is older, in whatever lane; a newer state takes it along."""
        due_at = self._schedule(self.created)
        gone, kept = self._partners(2)
        older = self._deliveries(gone) | self._deliveries(kept)
        kept.city = "Ghent"
        gone_id = gone.id
        gone.unlink()
        self.assertEqual(self._drain(), 1)
        self.assertEqual(older.mapped("next_attempt_at"), [due_at] * 2)
        self.assertEqual(self._deliveries(kept).mapped("state"), ["superseded", "delivered"])
        self.assertEqual(self._deliveries(res_id=gone_id).mapped("state"), ["pending", "pending"])
        self._make_due(older[0])
        self.assertEqual((self._drain(lane="bulk"), self._drain()), (1, 1))
        self.assertNotIn("pending", self._deliveries(res_id=gone_id).mapped("state"))
