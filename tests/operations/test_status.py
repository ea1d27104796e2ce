"""Screens say what is so: what waits, for what and since when; what is blocked, corrected, or cannot be sent."""

from datetime import datetime
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ...connectors.hubspot.adapter import HubSpotAdapter
from ...connectors.items import Reference
from ...core.const import OPEN_STATES
from ..common import RetailCase

OUTAGE = (
    "HubSpot has not answered since 1/2/26, 3:04\u202fAM: its events are sent as soon as it does. The next attempt is"
    " at 1/2/26, 3:09\u202fAM."
)


class StatusCase(RetailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "clerk", "base.group_user,retail_hub.group_user", tz="UTC")

    def _as_clerk(self, record):
        record.invalidate_recordset()
        return record.with_user(self.clerk)

    def _state_of(self, record):
        """Return the sync state of a record as the clerk sees it."""
        self._commit()
        states = self.env["retail.sync.state"].with_user(self.clerk)
        states.invalidate_model()
        return states.search([("res_model", "=", record._name), ("res_id", "=", record.id)])

    def _break_down(self):
        self.env["retail.circuit"].sudo().create(
            {
                "connector_id": self.connector.id,
                "is_open": True,
                "reason": "HTTP 503.",
                "opened_at": "2026-01-02 03:04:00",
                "next_probe_at": "2026-01-02 03:09:00",
            }
        )
        self.connector.invalidate_recordset()


@tagged("post_install", "-at_install")
class TestWaiting(StatusCase):
    def _send_now(self, deliveries):
        params = self._as_clerk(deliveries).action_replay()["params"]
        return params["type"], params["message"]

    def test_during_an_outage(self):
        """The event, the record and Send Now say since when the system does not answer."""
        delivery = self._deliveries(self._partner())
        self._break_down()
        self.assertEqual(self._as_clerk(delivery).wait_reason, OUTAGE)
        self.assertEqual(self._state_of(self.env["res.partner"].browse(delivery.res_id)).reason, OUTAGE)
        self.assertEqual(self._send_now(delivery), ("warning", f"Events queued: 1. {OUTAGE}"))

    def test_during_a_pause(self):
        delivery = self._deliveries(self._partner())
        self.connector.action_pause()
        self.connector.sudo().state_since = "2026-01-02 03:04:00"
        paused = "HubSpot has been paused since 1/2/26, 3:04\u202fAM: its events are sent once it is activated again."
        self.assertEqual(self._as_clerk(delivery).wait_reason, paused)
        self.assertEqual(self._send_now(delivery), ("warning", f"Events queued: 1. {paused}"))

    def test_before_it_is_due(self):
        delivery = self._deliveries(self._partner())
        delivery.sudo().next_attempt_at = "2036-01-02 03:04:00"
        self.assertEqual(self._as_clerk(delivery).wait_reason, "It is sent at 1/2/36, 3:04\u202fAM.")
        delivery.sudo().attempts = 1
        self.assertEqual(self._as_clerk(delivery).wait_reason, "The next attempt is at 1/2/36, 3:04\u202fAM.")

    def test_next_attempt(self):
        """The time is shown if it is that of the next attempt: not if it has passed, or something else comes first."""
        partner = self._partner()
        delivery = self._deliveries(partner)

        def shown():
            self.env.flush_all()
            self.env.invalidate_all()
            planned = self._state_of(partner).planned_attempt_at
            badges = delivery.event_id.with_user(self.clerk).delivery_badges
            self.assertEqual(badges[0]["next_attempt_at"], fields.Datetime.to_string(planned))
            self.assertEqual(delivery.with_user(self.clerk).planned_attempt_at, planned)
            return planned

        delivery.sudo().next_attempt_at = "2026-01-02 03:04:00"
        self.assertFalse(shown())
        delivery.sudo().next_attempt_at = "2036-01-02 03:04:00"
        self.assertEqual(shown(), datetime(2036, 1, 2, 3, 4))
        self._break_down()
        self.assertFalse(shown())
        self.connector.circuit_ids.sudo().is_open = False
        self.connector.invalidate_recordset()
        self.assertEqual(shown(), datetime(2036, 1, 2, 3, 4))
        self.connector.action_pause()
        self.assertFalse(shown())

    def test_without_a_job_runner(self):
        delivery = self._deliveries(self._partner())
        delivery.sudo().next_attempt_at = "2026-01-02 03:04:00"
        self.assertEqual(
            self._as_clerk(delivery).wait_reason,
            "It is due since 1/2/26, 3:04\u202fAM. No job runner is running: the scheduled action sends it.",
        )
        self._run_job_runner()
        self.assertEqual(
            self._as_clerk(delivery).wait_reason, "It is due since 1/2/26, 3:04\u202fAM, and is sent next."
        )

    def test_behind_an_earlier_event(self):
        partner = self._partner()
        older = self._deliveries(partner)
        older.sudo().state = "unknown"
        partner.city = "Ghent"
        newer = self._deliveries(partner)[-1]
        self.assertEqual(
            self._as_clerk(newer).wait_reason,
            f"It is sent after an earlier event of the same record: {older.display_name}.",
        )

    def test_send_now_while_all_is_well(self):
        delivery = self._deliveries(self._partner())
        self.assertEqual(self._send_now(delivery), ("success", "Events queued: 1. They are being sent."))
        self._drain()
        self.assertFalse(self._as_clerk(delivery).wait_reason)

    def test_retry_now(self):
        """It says what it does, and that it does nothing if nothing waits."""
        self._break_down()
        self._deliveries().sudo().unlink()
        self.assertEqual(
            self.connector.action_probe()["params"]["message"],
            "No event is due, so nothing was sent. Click Test Connection instead.",
        )
        self._deliveries(self._partner())
        self.assertEqual(
            self.connector.action_probe()["params"]["message"],
            "One event is sent as a test. The result appears on this page.",
        )
        self.connector.circuit_ids.sudo().is_open = False
        self.assertEqual(self.connector.action_probe()["params"]["message"], "HubSpot answers again.")


@tagged("post_install", "-at_install")
class TestBlocked(StatusCase):
    def setUp(self):
        super().setUp()
        self.customer = self._partner("Ann Lee", False)
        self._drain()
        self.order = self._partner("Order", "order@example.com")
        self.invoice = self._partner("Invoice", "invoice@example.com")
        needs = {str(self.order.id): self.customer, str(self.invoice.id): self.order}

        def references(_adapter, _event_type, data):
            needed = needs.get(data["id"])
            return [Reference("customer", needed.id)] if needed else []

        self.enterContext(patch.object(HubSpotAdapter, "references", references))
        self._drain()

    def _status(self, record):
        delivery = self._as_clerk(self._deliveries(record)[-1])
        return delivery.state, delivery.status, delivery.wait_reason

    def test_behind_a_customer_that_failed(self):
        """It is blocked, not waiting, and names the customer, also behind another one."""
        blocked = "It is blocked by Ann Lee, which has failed. Repair that first."
        self.assertEqual(self._status(self.order), ("pending", "blocked", blocked))
        self.assertEqual(
            self._status(self.invoice),
            ("pending", "blocked", "It is sent after Order, which is blocked by Ann Lee. Repair that first."),
        )
        for record in (self.order, self.invoice):
            self.assertEqual(self._state_of(record).state, "blocked")
            self.assertEqual(record.with_user(self.clerk).retail_sync_state, "blocked")
        self.assertEqual(self._state_of(self.order).reason, blocked)

    def test_leads_to_the_customer(self):
        delivery = self._as_clerk(self._deliveries(self.invoice))
        failed = self._deliveries(self.customer)
        self.assertEqual(delivery.action_open_blocker()["res_id"], failed.id)
        self.assertTrue(delivery.can_open_blocking_record)
        action = delivery.action_open_blocking_record()
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", self.customer.id))

    def test_search(self):
        deliveries = self.env["retail.delivery"].with_user(self.clerk)
        found = deliveries.search([("status", "=", "blocked")], order="id")
        self.assertEqual(found.mapped("res_id"), [self.order.id, self.invoice.id])
        self.assertEqual(deliveries.search([("status", "=", "dead")]).res_id, self.customer.id)
        self.assertFalse(deliveries.search([("status", "=", "pending")]))

    def test_send_now(self):
        params = self._as_clerk(self._deliveries(self.order)).action_replay()["params"]
        self.assertEqual(
            (params["type"], params["message"]),
            ("warning", "Events queued: 1. Order is blocked by Ann Lee, which has failed."),
        )

    def _edit_behind_a_fact(self):
        """Make what is blocked a fact, which a newer state does not replace; return the delivery of the newer one."""
        self._deliveries(self.order).sudo().kind = "fact"
        self.order.city = "Ghent"
        return self._as_clerk(self._deliveries(self.order)[-1])

    def test_an_edit_of_what_is_blocked(self):
        """It goes nowhere either, and does not hide that what comes after the record is blocked."""
        newer = self._edit_behind_a_fact()
        behind = "It is sent after an earlier event of the same record, which is blocked by Ann Lee. Repair that first."
        self.assertEqual((newer.state, newer.wait_reason), ("pending", behind))
        self.assertEqual(
            self._status(self.invoice),
            ("pending", "blocked", "It is sent after Order, which is blocked by Ann Lee. Repair that first."),
        )
        self.assertEqual(self._state_of(self.order).state, "blocked")

    def _send_now(self, delivery):
        params = self._as_clerk(delivery).action_replay()["params"]
        return params["type"], params["message"]

    def test_send_now_an_edit_of_what_is_blocked(self):
        self.assertEqual(
            self._send_now(self._edit_behind_a_fact()),
            ("warning", "Events queued: 1. Order is blocked by Ann Lee, which has failed."),
        )

    def test_resync_of_what_is_blocked(self):
        self._edit_behind_a_fact()
        self.clerk.group_ids += self.env.ref("base.group_partner_manager")
        params = self.order.with_user(self.clerk).action_retail_resync()["params"]
        self.assertEqual(
            (params["type"], params["message"]),
            ("warning", "Events queued: 1. Order is blocked by Ann Lee, which has failed."),
        )

    def test_send_now_what_waits_for_another_record(self):
        self.customer.email = "ann@example.com"
        self._commit()
        self.assertEqual(
            self._send_now(self._deliveries(self.order)),
            ("warning", "Events queued: 1. Order is sent after Ann Lee."),
        )

    def test_send_now_what_waits_for_a_retry_of_an_earlier_event(self):
        newer = self._edit_behind_a_fact()
        older = self._deliveries(self.order)[0]
        older.sudo().write({"waits_for": False, "next_attempt_at": "2036-01-02 03:04:00"})
        self.assertEqual(
            self._send_now(newer),
            ("warning", f"Events queued: 1. Order is sent after an earlier event: {older.display_name}."),
        )
        older.sudo().next_attempt_at = "2026-01-02 03:04:00"
        self.assertEqual(self._send_now(newer), ("success", "Events queued: 1. They are being sent."))

    def test_timeline(self):
        event = self._deliveries(self.order).event_id.with_user(self.clerk)
        self.assertEqual(event.standing, "blocked")
        self.assertEqual(
            event.problem, "HubSpot: It is blocked by Ann Lee, which has failed. Repair that first."
        )
        [badge] = event.delivery_badges
        self.assertEqual((badge["state"], badge["label"]), ("blocked", "Blocked"))

    def test_no_longer_once_the_customer_was_corrected(self):
        self.customer.email = "ann@example.com"
        self.assertEqual(self._status(self.order)[:2], ("pending", "pending"))
        self.assertEqual(self._status(self.order)[2], "It is sent after Ann Lee.")
        self.assertEqual(self._state_of(self.order).state, "waiting")
        self._drain()
        self._drain()
        self.assertEqual(self._status(self.invoice)[:2], ("delivered", "delivered"))


@tagged("post_install", "-at_install")
class TestCorrected(StatusCase):
    def setUp(self):
        super().setUp()
        self.partner = self._partner("Ann Lee", False)
        self._drain()

    def test_badge_after_a_correction(self):
        """Once it was saved, nothing is left to do, and nothing says that it failed."""
        self.assertEqual(self._state_of(self.partner).state, "failed")
        self.partner.email = "ann@example.com"
        failed, newer = self._deliveries(self.partner)
        self.assertEqual((failed.state, failed.status), ("dead", "corrected"))
        self.assertEqual(failed.action_open_replacement()["res_id"], newer.id)
        status = self._state_of(self.partner)
        self.assertEqual((status.state, status.delivery_id.id), ("waiting", newer.id))
        self.assertEqual(self.partner.with_user(self.clerk).retail_sync_state, "waiting")
        self.assertEqual(failed.event_id.standing, "waiting")
        self._drain()
        self.assertEqual(self._state_of(self.partner).state, "in_sync")

    def test_bound_record(self):
        """The same for a record that the remote has already."""
        self.partner.email = "ann@example.com"
        self._drain()
        self.partner.email = "ann@example.x"
        self._drain()
        self.assertEqual(self._state_of(self.partner).state, "failed")
        self.partner.email = "lee@example.com"
        self.assertEqual(self._state_of(self.partner).state, "waiting")

    def test_a_correction_that_fails_too(self):
        self.partner.email = "ann@example.x"
        self._drain()
        self.assertEqual(self._state_of(self.partner).state, "failed")


@tagged("post_install", "-at_install")
class TestReplay(StatusCase):
    def setUp(self):
        super().setUp()
        self.partner = self._partner("Nobody", False)
        self._drain()
        self.dead = self._deliveries(self.partner)

    def _wizard(self, deliveries):
        action = deliveries.with_user(self.clerk).action_repair()
        return self.env[action["res_model"]].with_user(self.clerk).browse(action["res_id"])

    def test_one_that_cannot_be_sent(self):
        """It stays failed, and says why."""
        with self.assertRaisesRegex(
            UserError, "Nothing was sent. The customer has no value for the match key"
        ):
            self._as_clerk(self.dead).action_replay()
        wizard = self._wizard(self.dead)
        self.assertFalse(wizard.can_succeed)
        with self.assertRaisesRegex(UserError, "Nothing was sent.\nEvents that cannot be sent: 1."):
            wizard.action_replay()
        self.assertEqual(self.dead.state, "dead")

    def test_some_that_can(self):
        refused = self._partner("Jon", "jon@example.x")
        self._drain()
        refused = self._deliveries(refused)
        report = self._wizard(self.dead + refused).action_replay()["params"]
        self.assertEqual(report["type"], "warning")
        self.assertRegex(
            report["message"],
            r"^Events queued: 1. They are being sent. Events that cannot be sent: 1. The customer has no value",
        )
        self.assertEqual((self.dead.state, refused.state), ("dead", "pending"))

    def test_nothing_has_changed(self):
        """It may be sent, but is not what the window proposes."""
        refused = self._partner("Jon", "jon@example.x")
        self._drain()
        wizard = self._wizard(self._deliveries(refused))
        self.assertEqual((wizard.status, wizard.can_succeed), ("unchanged", False))
        refused.email = "jon@example.com"
        self.assertTrue(self._wizard(self._deliveries(refused)[0]).can_succeed)

    def test_what_the_window_proposes(self):
        """Replay is the main button only if it can succeed, whatever it is applied to."""
        refused = self._partner("Jon", "jon@example.x") + self._partner("Bo", "bo@example.x")
        self._drain()
        wizard = self._wizard(self._deliveries(refused[0]) + self._deliveries(refused[1]))
        for scope in ("all", "one", "filter"):
            wizard.scope = scope
            self.assertFalse(wizard.proposes_replay, scope)
        refused[1].email = "bo@example.com"
        wizard.scope = "all"
        wizard.action_validate()
        self.assertEqual((wizard.changed_count, wizard.proposes_replay), (1, True))
        wizard.action_next()
        self.assertEqual((wizard.can_succeed, wizard.proposes_replay), (True, True))
        wizard.scope = "filter"
        self.assertFalse(wizard.proposes_replay)
        buttons = etree.fromstring(wizard.get_view(view_type="form")["arch"]).findall(
            ".//button[@name='action_replay']"
        )
        self.assertEqual(
            {button.get("class"): button.get("invisible") for button in buttons},
            {"btn-primary": "not proposes_replay", "btn-secondary": "proposes_replay"},
        )

    def test_during_an_outage(self):
        self._break_down()
        refused = self._partner("Jon", "jon@example.x")
        delivery = self._deliveries(refused)
        delivery.sudo().state = "dead"
        report = self._wizard(delivery).action_replay()["params"]
        self.assertEqual((report["type"], report["message"]), ("warning", f"Events queued: 1. {OUTAGE}"))


@tagged("post_install", "-at_install")
class TestHealth(StatusCase):
    def _health(self):
        """Return health and trouble, and check that the badge is green only if all is well."""
        self.connector.invalidate_recordset()
        health = self.connector.health
        for view_type in ("list", "kanban"):
            view = etree.fromstring(self.connector.get_view(view_type=view_type)["arch"])
            [badge] = view.xpath("//field[@name='health'][@widget='badge']")
            is_green = safe_eval(badge.get("decoration-success"), {"health": health})
            self.assertEqual(is_green, health == "active", view_type)
        return health, self.connector.trouble

    def test_does_not_answer(self):
        self.assertEqual(self._health(), ("active", False))
        self._break_down()
        self.assertEqual(self._health(), ("unreachable", "Does not answer. HTTP 503."))

    def test_token_refused(self):
        """A test that fails shows, until something arrives again."""
        self.connector.credential_ids.value = "wrong"
        self.connector.action_test_connection()
        self.assertEqual(
            self._health(), ("test_failed", f"The last test failed. {self.connector.test_result}")
        )
        self._partner()
        self._drain()
        self.assertEqual(self._health()[0], "attention")
        self.connector.credential_ids.value = "sandbox-token"
        self.connector.action_activate()
        self.connector.sudo().tested_at = "2026-01-02 03:04:00"
        self._drain()
        self.assertEqual(self._health(), ("active", False))

    def test_has_to_wait(self):
        self.connector._throttle(60)
        self.assertEqual(self._health()[0], "throttled")

    def test_backfill_with_failures(self):
        """It is not done, but done with failures, until these are repaired."""
        partner = self._partner("Nobody", False)
        self._drain()
        self._deliveries().sudo().state = "superseded"
        run = self.env["retail.bulk.run"].create(
            {"kind": "backfill", "connector_id": self.connector.id, "domain": f"[('id', '=', {partner.id})]"}
        )
        run.action_start()
        while self._drain(lane="bulk"):
            pass
        self._drain(lane="bulk")
        run.invalidate_recordset()
        self.assertEqual((run.state, run.status, run.dead_count), ("done", "done_with_failures", 1))
        self.assertEqual(run.search([("has_failures", "=", True)]), run)
        self._deliveries(partner, state="dead")._discard("Not a customer.")
        run.invalidate_recordset()
        self.assertEqual(run.status, "done")
        self.assertFalse(self._deliveries(partner).filtered(lambda each: each.state in OPEN_STATES))


@tagged("post_install", "-at_install")
class TestAfterActivation(StatusCase):
    def test_existing_customers_are_offered(self):
        """Until somebody has sent them, or does not want to."""
        other = self._create_connector("Other")
        other.action_pause()
        self.assertFalse(other.offers_backfill)
        other.action_activate()
        self.assertTrue(other.offers_backfill)
        other.action_decline_backfill()
        self.assertFalse(other.offers_backfill)
        self.assertTrue(self.connector.offers_backfill)
        self.env["retail.bulk.run"].create({"kind": "backfill", "connector_id": self.connector.id})
        self.connector.invalidate_recordset()
        self.assertFalse(self.connector.offers_backfill)

    def test_form(self):
        """Credentials come first, and Test Connection before Activate; messages are below."""
        arch = etree.fromstring(self.env["retail.connector"].get_view(view_type="form")["arch"])
        self.assertEqual(arch.xpath("//notebook/page/@name")[0], "credentials")
        buttons = arch.xpath("//header/button/@name")
        self.assertEqual(buttons[:2], ["action_test_connection", "action_activate"])
        self.assertEqual(
            len(arch.xpath("//sheet/*[self::chatter or contains(@class, 'o-mail-Form-chatter')]")), 1
        )

    def test_phones(self):
        """The state of a record is on its form, too, where the buttons are in a menu."""
        for model in ("res.partner", "sale.order", "account.move", "pos.order"):
            arch = etree.fromstring(self.env[model].get_view(view_type="form")["arch"])
            [button] = arch.xpath("//button[contains(@class, 'o_retail_phone_state')]")
            self.assertIn("d-md-none", button.get("class"))


@tagged("post_install", "-at_install")
class TestRemotePages(StatusCase):
    def test_remote_ids_lead_to_their_page(self):
        """Once a test has told which account it is."""
        partner = self._partner()
        self._drain()
        self.assertFalse(self._state_of(partner).remote_url)
        self.connector.action_test_connection()
        status = self._state_of(partner)
        portal = self.connector.remote_pages
        self.assertRegex(portal, r"^https://app\.hubspot\.com/contacts/\d+/record$")
        self.assertEqual(status.remote_url, f"{portal}/0-1/{status.remote_id}")
        self.assertEqual(status.action_open_remote()["url"], status.remote_url)

    def test_an_outgoing_event_leads_there(self):
        """Also for one that was sent before the page was known; not if the record is nothing there yet."""
        partner = self._partner()
        delivery = self._deliveries(partner)
        self.connector.action_test_connection()
        self.assertFalse(delivery.remote_url)
        with self.assertRaisesRegex(UserError, "The page is not known"):
            delivery.action_open_remote()
        self._drain()
        delivery.invalidate_recordset()
        self.assertEqual(
            delivery.action_open_remote(),
            {"type": "ir.actions.act_url", "url": self._state_of(partner).remote_url, "target": "new"},
        )

    def test_another_address(self):
        """The pages of one account are not those of another."""
        self.connector.action_test_connection()
        self.connector.base_url = "https://api.example.com"
        self.assertFalse(self.connector.remote_pages)
