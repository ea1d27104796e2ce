"""What screens say in each state: attempts, causes, refusals and notifications."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ...core.const import ErrorClass
from ..common import RetailCase

QUEUED = "Events queued: 1."


@tagged("post_install", "-at_install")
class TestTexts(RetailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "clerk", "base.group_user,retail_hub.group_user", tz="UTC")

    # -- attempts ----------------------------------------------------------------------------------

    def _note(self, delivery):
        delivery.invalidate_recordset()
        return delivery.attempts_note

    def test_attempts_of_an_event_that_failed_before_a_call(self):
        partner = self._partner("Nobody", False)
        self._drain()
        dead = self._deliveries(partner)
        self.assertEqual((dead.state, dead.attempts, len(dead.attempt_ids)), ("dead", 1, 0))
        expected = "No call was made: an error ended each attempt before it."
        self.assertEqual(self._note(dead), expected)
        dead._replay()
        self.assertEqual(self._note(dead), expected)
        self._drain()
        dead._discard("Not needed.")
        self.assertEqual(self._note(dead), "No call was made: the event was cancelled.")

    def test_attempts_before_and_after(self):
        partner = self._partner()
        delivery = self._deliveries(partner)
        self.assertEqual(self._note(delivery), "No call has been made yet.")
        self._drain()
        self.assertFalse(self._note(delivery))
        delivery.sudo().attempts = 2
        self.assertEqual(
            self._note(delivery), "Attempts that ended before a call was made are not in this list."
        )

    def test_attempts_of_an_event_that_needs_none(self):
        partner = self._partner()
        self._drain()
        partner.phone = "+32 470 12 34 56"
        partner.phone = False
        older, newer = self._deliveries(partner)
        self._drain()
        self.assertEqual((older.state, newer.state), ("delivered", "delivered"))
        self.assertEqual(self._note(newer), "No call was needed: the remote system already has this content.")
        partner.city = "Ghent"
        self._commit()
        partner.city = "Bruges"
        superseded = self._deliveries(partner)[-2]
        self._drain()
        self.assertEqual(superseded.state, "superseded")
        self.assertEqual(self._note(superseded), "No call was made: a newer event is sent instead.")

    # -- causes ------------------------------------------------------------------------------------

    def test_causes(self):
        self._partner("Nobody", False)
        self._partner("Bad", "bad@example.x")
        self._drain()
        groups = self.env["retail.error.group"].search([], order="fingerprint")
        self.assertEqual(
            groups.mapped(lambda group: (group.display_name, group.fingerprint)),
            [
                (
                    "HubSpot: the record has no value for the match key (email)",
                    "HubSpot: mapping KEY_MISSING (email)",
                ),
                ("HubSpot: a value was refused (email)", "HubSpot: validation INVALID_EMAIL (email)"),
            ],
        )
        self.assertEqual(self._deliveries(state="dead").mapped("cause"), groups.mapped("cause"))
        found = self.env["retail.error.group"].name_search("INVALID_EMAIL")
        self.assertEqual([name for _id, name in found], ["HubSpot: a value was refused (email)"])

    def test_every_class_of_error_has_a_title(self):
        delivery = self._deliveries(self._partner())
        self.assertEqual(set(delivery._causes_by_class()), set(ErrorClass))
        labels = dict(delivery._fields["error_class"]._description_selection(self.env))
        self.assertEqual(set(labels), {each.value for each in ErrorClass})
        self.assertFalse(delivery.cause)

    # -- refusals ----------------------------------------------------------------------------------

    def test_why_an_event_is_not_cancelled(self):
        delivery = self._deliveries(self._partner())
        for state, expected in {
            "unknown": "An event in doubt cannot be cancelled: it was sent, and the remote system may have applied"
            " it. It is resolved at its next attempt. To resolve it now, click Replay.",
            "in_flight": "An event in flight cannot be cancelled: it is being sent now.",
            "dead": "Only waiting events can be cancelled. To give up failed events, click Repair, then Discard.",
        }.items():
            delivery.sudo().state = state
            with self.subTest(state), self.assertRaises(UserError) as raised:
                delivery.action_cancel()
            self.assertEqual(raised.exception.args[0], expected)
        delivery.sudo().state = "pending"
        delivery.action_cancel()
        self.assertEqual(delivery.state, "cancelled")

    # -- notifications -----------------------------------------------------------------------------

    def _resync(self, partner):
        """Return the kind and the text of the notification that a clerk gets."""
        params = partner.with_user(self.clerk).action_retail_resync()["params"]
        return params["type"], params["message"]

    def test_resync_says_what_it_waits_for(self):
        partner = self._partner()
        self._drain()
        self.assertEqual(self._resync(partner), ("success", f"{QUEUED} They are being sent."))
        self.connector.action_pause()
        paused = self._since(
            "HubSpot has been paused since %s: its events are sent once it is activated again."
        )
        self.assertEqual(self._resync(partner), ("warning", f"{QUEUED} {paused}"))
        status = self.env["retail.sync.state"].with_user(self.clerk).search([("res_id", "=", partner.id)])
        self.assertEqual(status.reason, paused)
        self.connector.action_activate()
        self.connector._need_attention("The token was refused.")
        self.assertEqual(
            self._resync(partner),
            (
                "warning",
                f"{QUEUED} "
                + self._since(
                    "HubSpot has needed attention since %s: its events are sent once it is activated again."
                ),
            ),
        )
        self.connector.action_activate()
        self.connector.circuit_ids.sudo().write({"is_open": True, "opened_at": "2026-01-02 03:04:00"})
        self.assertEqual(
            self._resync(partner),
            (
                "warning",
                f"{QUEUED} HubSpot has not answered since 1/2/26, 3:04\u202fAM: its events are sent as soon as it"
                " does.",
            ),
        )

    def _since(self, text):
        """Return a text with the time since when the connector is in its state."""
        return text % self.connector.with_user(self.clerk)._time(self.connector.state_since)

    def test_resync_while_one_of_two_connectors_waits(self):
        self._create_connector("Second")
        partner = self._partner()
        self._drain()
        self._drain(self.connector.search([("name", "=", "Second")]))
        self.connector.action_pause()
        self.assertEqual(
            self._resync(partner),
            (
                "warning",
                "Events queued: 2. "
                + self._since(
                    "HubSpot has been paused since %s: its events are sent once it is activated again."
                )
                + " The others are being sent.",
            ),
        )

    def test_resync_while_the_remote_asked_to_wait(self):
        partner = self._partner()
        self._drain()
        self.connector._throttle(60)
        until = self.connector.with_user(self.clerk)._time(self.connector.throttled_until)
        self.assertEqual(
            self._resync(partner),
            ("warning", f"{QUEUED} HubSpot asked to wait until {until}. Its events are sent afterwards."),
        )

    def test_no_notification_has_to_be_closed_by_hand(self):
        """What a failed test says stays on the form."""
        self.connector.credential_ids.value = "wrong"
        params = self.connector.action_test_connection()["params"]
        self.assertEqual((params["type"], params.get("sticky", False)), ("danger", False))
        self.assertEqual(self.connector.test_result, params["message"])

    # -- the preview of the mapping ----------------------------------------------------------------

    def test_preview_offers_the_models_of_the_object(self):
        action = self.connector.action_preview_mapping()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((preview.object_name, preview.model_choices), ("hubspot.contact", ["res.partner"]))
        self.assertEqual(preview.object_choices, self.connector.object_name_choices)
        preview.object_name = "hubspot.order"
        self.assertEqual(preview.model_choices, ["pos.order", "sale.order"])
