"""The form of a connector proposes the one action that helps, in each of its states."""

from lxml import etree

from odoo import fields
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .test_status import StatusCase


@tagged("post_install", "-at_install")
class TestNextStep(StatusCase):
    def _next_step(self, connector=None):
        """Return the next step, and check that it alone is a primary button that is shown."""
        connector = connector or self.connector
        self.env.flush_all()
        connector.invalidate_recordset()
        form = etree.fromstring(self.env["retail.connector"].get_view(view_type="form")["arch"])
        names = {each.get("name") for each in form.iter("field")} & set(connector._fields)
        values = {name: connector[name] for name in names}
        shown = [
            button.get("name")
            for button in form.xpath(
                "//*[self::header or contains(@class, 'alert')]//button[contains(@class, 'btn-primary')]"
            )
            if not any(
                safe_eval(node.get("invisible", "False"), values)
                for node in (button, *button.iterancestors("div"))
            )
        ]
        actions = {
            "connect": ["action_connect"],
            "test": ["action_test_connection"],
            "activate": ["action_activate"],
            "probe": ["action_probe"],
            "backfill": ["action_backfill"],
        }
        self.assertEqual(shown, actions.get(connector.next_step, []))
        return connector.next_step

    def _draft(self, **values):
        return self.env["retail.connector"].create(
            {"name": "Draft", "provider": "hubspot", "base_url": self.connector.base_url, **values}
        )

    def test_from_draft_to_active(self):
        draft = self._draft()
        self.assertEqual(self._next_step(draft), "credentials")
        self.assertEqual(self._as_clerk(draft).next_step, "credentials")
        draft.credential_ids.filtered("required").value = "wrong"
        self.assertEqual(self._next_step(draft), "test")
        draft.action_test_connection()
        self.assertEqual((draft.test_succeeded, self._next_step(draft)), (False, "test"))
        draft.credential_ids.filtered("required").value = "sandbox-token"
        draft.action_test_connection()
        self.assertEqual(self._next_step(draft), "activate")
        draft.sudo().tested_at = "2026-01-02 03:04:00"  # before the credential was entered
        self.assertEqual(self._next_step(draft), "test")
        draft.action_activate()
        self.assertEqual(self._next_step(draft), "backfill")
        draft.action_decline_backfill()
        self.assertFalse(self._next_step(draft))

    def test_consent(self):
        """With OAuth, the client is entered first, and the tokens come from the consent."""
        draft = self._draft(auth_method="oauth")
        self.assertEqual(self._next_step(draft), "credentials")
        draft.credential_ids.filtered(lambda each: each.required and not each.is_obtained).value = "client"
        self.assertEqual(self._next_step(draft), "connect")

    def test_outage(self):
        """What helps is an attempt, not a backfill; without an event to send, it is the test, which ends the outage."""
        self.assertEqual(self._next_step(), "backfill")
        self._partner()
        self._commit()
        self._break_down()
        self.assertEqual(self._next_step(), "probe")
        self.assertEqual(self._as_clerk(self.connector).next_step, "probe")
        self._deliveries().sudo().state = "superseded"
        self.assertEqual(self._next_step(), "test")
        self.connector.action_test_connection()
        self.assertEqual((self._next_step(), self.connector.health), ("backfill", "active"))

    def test_pause(self):
        self.connector.action_pause()
        self.assertEqual(self._next_step(), "activate")
        self.connector.active = False
        self.assertFalse(self._next_step())

    def test_pause_after_a_test_that_failed(self):
        """Activation would not help: first a test that succeeds."""
        self.connector.credential_ids.value = "wrong"
        self.connector.action_test_connection()
        self.connector.action_pause()
        self.assertEqual(self._next_step(), "test")
        self.connector.credential_ids.value = "sandbox-token"
        self.connector.action_test_connection()
        self.assertEqual(self._next_step(), "activate")

    def test_wait(self):
        """Nothing helps while the remote system asks to wait: the offer comes back afterwards."""
        self.connector._throttle(60)
        self.assertFalse(self._next_step())

    def test_test_failed(self):
        self.connector.credential_ids.value = "wrong"
        self.connector.action_test_connection()
        self.assertEqual(self._next_step(), "test")

    def test_token_refused(self):
        """An earlier test says nothing: first a test that succeeds, then activation."""
        self.connector.action_test_connection()
        self.connector.sudo().tested_at = "2026-01-02 03:04:00"
        self.connector._need_attention("The token was refused.")
        self.assertEqual(self._next_step(), "test")
        self.connector.action_test_connection()
        self.connector.sudo().tested_at = fields.Datetime.add(fields.Datetime.now(), seconds=1)
        self.assertEqual(self._next_step(), "activate")

    def test_consent_revoked(self):
        """With OAuth, a new consent is needed; afterwards, a test."""
        self.connector.auth_method = "oauth"
        self.connector.credential_ids.sudo().write({"changed_at": "2026-01-02 03:04:00"})
        self.connector._need_attention("The consent was revoked.")
        self.assertEqual(self._next_step(), "connect")
        later = fields.Datetime.add(self.connector.state_since, seconds=1)
        self.connector.credential_ids.sudo().write({"changed_at": later})
        self.assertEqual(self._next_step(), "test")


@tagged("post_install", "-at_install")
class TestSorting(StatusCase):
    def test_lists_sort_by_the_next_attempt(self):
        """Those without one come last, whichever way: what is due, delivered, or waits for something else."""
        other = self._create_connector("Other")
        other.action_activate()
        names = ("late", "soon", "due", "delivered", "behind", "held")
        partners = {name: self._partner(name, f"{name}@example.com") for name in names}
        self._commit()
        found = {
            name: self._deliveries(partner, connector_id=self.connector.id)
            for name, partner in partners.items()
        }
        found["late"].sudo().next_attempt_at = "2036-01-02 03:04:00"
        found["soon"].sudo().next_attempt_at = "2036-01-01 03:04:00"
        found["due"].sudo().next_attempt_at = "2026-01-02 03:04:00"
        found["delivered"].sudo().write({"state": "delivered", "next_attempt_at": "2036-01-01 01:00:00"})
        found["behind"].sudo().write(
            {"waits_for": f"res.partner,{partners['late'].id}", "next_attempt_at": "2036-01-01 02:00:00"}
        )
        self._deliveries(partners["held"], connector_id=self.connector.id).sudo().unlink()
        found["held"] = self._deliveries(partners["held"], connector_id=other.id)
        found["held"].sudo().next_attempt_at = "2036-01-01 02:30:00"
        other.action_pause()
        deliveries = (
            self.env["retail.delivery"].browse(each.id for each in found.values()).with_user(self.clerk)
        )
        self.assertTrue(deliveries.fields_get(["planned_attempt_at"])["planned_attempt_at"]["sortable"])
        by_id = {each.id: name for name, each in found.items()}
        for order, first in (
            ("planned_attempt_at", ["soon", "late"]),
            ("planned_attempt_at desc", ["late", "soon"]),
        ):
            listed = deliveries.search([("id", "in", deliveries.ids)], order=order)
            self.assertEqual([by_id[each.id] for each in listed][:2], first)
            self.assertEqual(
                [bool(each.planned_attempt_at) for each in listed], [True, True, False, False, False, False]
            )
