"""Whatever holds events up: nothing is sent, and all screens and buttons say the same about it, with times."""

import re
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...connectors.hubspot.adapter import HubSpotAdapter
from ...connectors.items import Reference
from ...connectors.provider import QuotaReading
from ...core.quota import KEPT, SECOND, Window
from .test_status import OUTAGE, StatusCase

DAY = 86_400
TIME = datetime(2036, 1, 2, 3, 4, 5)
OUTAGE_UNTIL_TIME = OUTAGE.replace("1/2/26, 3:09", "1/2/36, 3:04")
SOON = re.compile(r"moments|go out now|being sent|sent next", re.IGNORECASE)
CONNECTOR_REASONS = (
    "outage", "outage_and_wait", "pause", "attention", "wait", "day", "day_reported", "day_reserve", "window",
    "window_reserve",
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestWaitReasons(StatusCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk.group_ids += cls.env.ref("base.group_partner_manager")

    def setUp(self):
        super().setUp()
        self._deliveries().sudo().unlink()  # a user is a customer too
        self.failed, self.partner = self._partner("Bo", "bo@example.com"), self._partner()
        self._deliveries(self.failed).sudo().state = "dead"

    # -- reasons: each returns what is said about it -----------------------------------------------

    def _because_of_outage(self):
        self._break_down()
        self.connector.circuit_ids.sudo().next_probe_at = TIME
        return OUTAGE_UNTIL_TIME

    def _because_of_outage_and_wait(self):
        """The next attempt is not made before both allow it."""
        self._break_down()
        self.connector.throttled_until = TIME
        return OUTAGE_UNTIL_TIME

    def _because_of_pause(self):
        self.connector.action_pause()
        self.connector.sudo().state_since = "2026-01-02 03:04:00"
        return "HubSpot has been paused since 1/2/26, 3:04\u202fAM: its events are sent once it is activated again."

    def _because_of_attention(self):
        self.connector._need_attention("The token was refused.")
        self.connector.sudo().state_since = "2026-01-02 03:04:00"
        since = "since 1/2/26, 3:04\u202fAM"
        return f"HubSpot has needed attention {since}: its events are sent once it is activated again."

    def _because_of_wait(self):
        self.connector.throttled_until = TIME
        return "HubSpot asked to wait until 1/2/36, 3:04\u202fAM. Its events are sent afterwards."

    def _because_of_day(self):
        self._limit(DAY, 10)
        self._take(10)
        midnight = datetime.utcnow().replace(hour=0, minute=0) + timedelta(days=1)
        return (
            "The daily call limit of HubSpot is used up: its events are sent when it resets, at"
            f" {self._time(midnight)}."
        )

    def _because_of_day_reported(self):
        """HubSpot has a midnight of its own, and is asked within the hour."""
        resets_at = self._report(left=0)
        return (
            f"The daily call limit of HubSpot is used up: its events are sent when it resets, at {resets_at}."
            f" The next attempt is at {self._time(datetime.utcnow() + timedelta(hours=1))}."
        )

    def _because_of_day_reserve(self):
        resets_at = self._report(left=2)
        return (
            "The calls that HubSpot has left today are reserved for realtime work: bulk work is sent when the daily"
            f" call limit resets, at {resets_at}."
        )

    def _because_of_window(self):
        self._fill_window(100)
        return "The call limit of HubSpot, 100 in 10 seconds, is reached: its events are sent at 03:04:05 AM."

    def _because_of_window_reserve(self):
        self._fill_window(80)
        return (
            "The calls that HubSpot has left of 100 in 10 seconds are reserved for realtime work: bulk work is sent at"
            " 03:04:05 AM."
        )

    def _time(self, at):
        return self.connector.with_user(self.clerk)._time(at)

    def _limit(self, seconds, calls):
        self.connector.quota_ids.filtered(lambda row: row.seconds == seconds).max_calls = calls

    def _take(self, calls):
        self.connector.quota_ids.filtered(lambda row: row.seconds != DAY).unlink()
        self.assertEqual(self.env["retail.quota"]._take(self.connector, "realtime", calls), 0.0)

    def _report(self, left):
        """Have HubSpot say how many of ten calls are left for five hours; return until when."""
        reading = QuotaReading(DAY, 10, left, 5 * 3600)
        self.env["retail.quota"]._correct(self.connector, [reading])
        return self._time(datetime.utcnow() + timedelta(hours=5))

    def _fill_window(self, used):
        """Count calls that are given back at ``TIME``."""
        row = self.connector.quota_ids.filtered(lambda row: row.seconds == 10)
        at = round((TIME - datetime(1970, 1, 1)).total_seconds()) * SECOND
        number = at // Window(10, 100).width - KEPT
        row.sudo().counted = {"number": number, "counts": [used, *[0] * (KEPT - 1)], "used": used}

    # -- what is said ------------------------------------------------------------------------------

    @contextmanager
    def _waiting(self, reason):
        """Have the customer wait for a reason, in a lane that it holds up; yield the text."""
        with self.env.cr.savepoint() as savepoint:
            lane = "bulk" if reason.endswith("reserve") else "realtime"
            self.connector.flow_ids.lane = lane
            self._deliveries().sudo().lane = lane
            text = getattr(self, f"_because_of_{reason}")()
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(self._drain(lane=lane), 0)
            yield text
            self.assertEqual((self._drain(lane=lane), self._calls()), (0, []))
            savepoint.rollback()
            self.env.invalidate_all()

    def _shown(self, record):
        """Return what the clerk reads about a record on its outgoing event, its sync state and its timeline."""
        delivery = self._as_clerk(self._deliveries(record)[-1])
        event = delivery.event_id
        event.invalidate_recordset()
        return delivery.wait_reason, self._state_of(record).reason, event.delivery_badges[0]["error"]

    def _buttons(self, waiting, failed):
        """Return what Send Now, Resync, Replay (in Repair) and Retry (in the list of failures) say."""

        def send_now():
            return self._as_clerk(self._deliveries(waiting)[-1]).action_replay()

        def resync():
            return waiting.with_user(self.clerk).action_retail_resync()

        def replay():
            action = self._as_clerk(failed).action_repair()
            return (
                self.env[action["res_model"]].with_user(self.clerk).browse(action["res_id"]).action_replay()
            )

        def retry():
            letters = self.env["retail.dead.letter"].with_user(self.clerk)
            return letters.search([("delivery_id", "=", failed.id)]).action_retry()

        reports = {}
        for button in (send_now, resync, replay, retry):
            with self.env.cr.savepoint() as savepoint:
                params = button()["params"]
                reports[button.__name__] = (params["type"], params["message"])
                savepoint.rollback()
                self.env.invalidate_all()
        return reports

    def _check_buttons(self, waiting, failed, text):
        expected = ("warning", f"Events queued: 1. {text}")
        self.assertEqual(
            self._buttons(waiting, failed),
            dict.fromkeys(("send_now", "resync", "replay", "retry"), expected),
        )

    def test_connector(self):
        for reason in CONNECTOR_REASONS:
            with self.subTest(reason), self._waiting(reason) as text:
                self.assertEqual(self._shown(self.partner), (text,) * 3)
                self._check_buttons(self.partner, self._deliveries(self.failed), text)
                self.assertNotRegex(text, SOON)

    def test_realtime_work_passes_the_reserve(self):
        """Nothing is held up in the other lane, and nothing says so."""
        self._run_job_runner()
        for reason in ("day_reserve", "window_reserve"):
            with self.subTest(reason), self._waiting(reason):
                delivery = self._deliveries(self.partner)
                delivery.sudo().lane = "realtime"
                self._make_due(delivery)
                self.assertEqual(
                    self._shown(self.partner)[0], "It is due since 1/1/20, 12:00\u202fAM, and is sent next."
                )
                self.assertEqual(self._shown(self.partner)[2], "")
                params = self._as_clerk(delivery).action_replay()["params"]
                self.assertEqual(
                    (params["type"], params["message"]), ("success", "Events queued: 1. They are being sent.")
                )
                both = delivery + self._deliveries(self.failed)
                params = self._as_clerk(both).action_replay()["params"]
                self.assertRegex(
                    params["message"], r"^Events queued: 2\. The calls .* The others are being sent\.$"
                )
                delivery.sudo().state = "cancelled"

    def test_bulk_run(self):
        for reason in CONNECTOR_REASONS:
            with self.subTest(reason), self.env.cr.savepoint() as savepoint:
                run = self.env["retail.bulk.run"].create(
                    {
                        "kind": "backfill",
                        "connector_id": self.connector.id,
                        "domain": f"[('id', '=', {self.partner.id})]",
                    }
                )
                run.action_start()
                text = getattr(self, f"_because_of_{reason}")()
                self.env.flush_all()
                self.assertEqual(self._drain(lane="bulk"), 0)
                self.assertEqual(self._as_clerk(run).wait_reason, text)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_is_due_later(self):
        """A wait that ends before an event is due does not hold it up; one that may not end does."""
        delivery = self._deliveries(self.partner)
        delivery.sudo().next_attempt_at = TIME + timedelta(days=1)
        later = "It is sent at 1/3/36, 3:04\u202fAM."
        for reason in ("wait", "day_reported", "window", "outage"):
            with self.subTest(reason), self.env.cr.savepoint() as savepoint:
                text = getattr(self, f"_because_of_{reason}")()
                self.env.flush_all()
                is_held = reason == "outage"
                shown = self._as_clerk(delivery)
                self.assertEqual(shown.wait_reason, text if is_held else later)
                self.assertEqual(shown.planned_attempt_at, not is_held and delivery.next_attempt_at)
                first = self._deliveries(self.failed)
                first.sudo().write({"state": "pending", "next_attempt_at": "2020-01-01"})
                found = shown.search([], order="planned_attempt_at, id")
                self.assertEqual(found.ids, [first.id, shown.id] if is_held else [shown.id, first.id])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_archived_or_draft(self):
        """Neither is sent to, and Resync leaves it out."""
        delivery = self._deliveries(self.partner)
        for values, text in (
            ({"active": False}, "HubSpot is archived: its events are not sent."),
            ({"state": "draft"}, "HubSpot is a draft: its events are sent once it is activated."),
        ):
            with self.subTest(text), self.env.cr.savepoint() as savepoint:
                self.connector.sudo().write(values)
                self.assertEqual(self._drain(), 0)
                self.assertEqual(self._shown(self.partner), (text,) * 3)
                params = self._as_clerk(delivery).action_replay()["params"]
                self.assertEqual(
                    (params["type"], params["message"]), ("warning", f"Events queued: 1. {text}")
                )
                savepoint.rollback()
                self.env.invalidate_all()

    def test_another_record(self):
        """What waits for another record, or is blocked by it, says so on all buttons."""
        other = self._partner("Cy", "cy@example.com")
        needs = {str(each.id): other.id for each in (self.partner, self.failed)}

        def references(_adapter, _event_type, data):
            return [Reference("customer", needs[data["id"]])] if data["id"] in needs else []

        self.enterContext(patch.object(HubSpotAdapter, "references", references))
        first, failed = self._deliveries(other), self._deliveries(self.failed)
        first.sudo().next_attempt_at = TIME
        self._drain()
        for delivery in (self._deliveries(self.partner), failed):
            delivery.sudo().write({"waits_for": f"res.partner,{other.id}"})
        waits = "It is sent after Cy."
        self.assertEqual(
            self._shown(self.partner), (waits, waits, "Waiting for Cy, which must arrive first.")
        )
        self._check_other("is sent after Cy.")
        first.sudo().state = "dead"
        blocked = "It is blocked by Cy, which has failed. Repair that first."
        self.assertEqual(self._shown(self.partner), (blocked,) * 3)
        self._check_other("is blocked by Cy, which has failed.")

    def test_its_flow(self):
        """A filter that cannot be evaluated has to be corrected first."""
        [flow] = self.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.created")
        self.env.cr.execute(
            "UPDATE retail_flow SET domain = %s WHERE id = %s", ["[('x_removed', '=', 1)]", flow.id]
        )
        flow.invalidate_recordset()
        self.env.registry.clear_cache()
        with mute_logger("odoo.addons.retail_hub.models.outbox.item_builder"):
            self._deliveries(self.failed).sudo().state = "pending"
            self._make_due(self._deliveries())
            self._drain()
        self.assertEqual(self._deliveries().mapped("error_code"), ["FLOW_FAULT"] * 2)
        problem = (
            "The filter “Only Records” cannot be evaluated. “x_removed”: Contact has no field x_removed."
        )
        text = f"It is sent once the flow {flow.display_name} is corrected. {problem}"
        self.assertEqual(self._shown(self.partner), (text, text, problem))
        self._check_send_now("is sent once the flow HubSpot: Customer created is corrected.")

    def _check_send_now(self, clause):
        params = self._as_clerk(self._deliveries(self.partner)).action_replay()["params"]
        self.assertEqual(
            (params["type"], params["message"]), ("warning", f"Events queued: 1. Ann Lee {clause}")
        )

    def _check_other(self, clause):
        """Check what the buttons say, which name the record."""
        self.env.flush_all()
        self.env.invalidate_all()
        reports = self._buttons(self.partner, self._deliveries(self.failed))
        own, failed = f"Events queued: 1. Ann Lee {clause}", f"Events queued: 1. Bo {clause}"
        self.assertEqual(
            reports,
            {
                "send_now": ("warning", own),
                "resync": ("warning", own),
                "replay": ("warning", failed),
                "retry": ("warning", failed),
            },
        )


@tagged("post_install", "-at_install")
class TestRetryNow(StatusCase):
    """Retry Now, on a connector that does not answer."""

    def setUp(self):
        super().setUp()
        self._deliveries().sudo().unlink()
        self._break_down()

    def _retry(self):
        self._commit()
        self.env.invalidate_all()
        params = self.connector.action_probe()["params"]
        return params["type"], params["message"]

    def test_one_is_sent(self):
        self._partner()
        self.assertEqual(
            self._retry(),
            ("info", "One event is sent as a test. The result appears on this page."),
        )
        self.assertEqual((self._drain(), len(self._calls())), (1, 1))

    def test_a_retry_is_sent(self):
        """Also one that is not due yet."""
        self._deliveries(self._partner()).sudo().write(
            {"attempts": 1, "next_attempt_at": "2036-01-02 03:04:00"}
        )
        self.assertEqual(self._retry()[0], "info")
        self.assertEqual((self._drain(), len(self._calls())), (1, 1))

    def test_nothing_is_due(self):
        nothing = ("warning", "No event is due, so nothing was sent. Click Test Connection instead.")
        self.assertEqual(self._retry(), nothing)
        self._deliveries(self._partner()).sudo().next_attempt_at = "2036-01-02 03:04:00"
        self.assertEqual(self._retry(), nothing)
        self.assertEqual((self._drain(), self._calls()), (0, []))

    def test_no_call_is_allowed(self):
        """It has to wait for something else as well, and says so."""
        self._partner()
        self.connector.throttled_until = TIME
        waits = "HubSpot asked to wait until 1/2/36, 3:04\u202fAM. Its events are sent afterwards."
        self.assertEqual(self._retry(), ("warning", waits))
        self.connector.throttled_until = False
        self.connector.action_pause()
        self.assertRegex(self._retry()[1], "^HubSpot has been paused since ")
        self.connector.action_activate()
        self.env["retail.quota"]._correct(self.connector, [QuotaReading(DAY, 10, 0)])
        self.assertRegex(self._retry()[1], "^The daily call limit of HubSpot is used up: ")
        self.assertEqual((self._drain(), self._calls()), (0, []))
