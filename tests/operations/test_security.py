"""Who may see and do what; promise 10: nothing crosses companies."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..common import RetailCase


@tagged("post_install", "-at_install")
class TestSecurity(RetailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "base.group_user,base.group_partner_manager"
        cls.employee = new_test_user(cls.env, "employee", groups)
        cls.clerk = new_test_user(cls.env, "clerk", f"{groups},retail_hub.group_user")
        cls.manager = new_test_user(cls.env, "manager", f"{groups},retail_hub.group_manager")

    def test_anybody_causes_events(self):
        """An employee without any right on the hub changes customers as ever."""
        partner = self._partner().with_user(self.employee)
        partner.city = "Ghent"
        self._drain()
        self.assertEqual(self._contacts()["ann@example.com"]["city"], "Ghent")
        with self.assertRaises(AccessError):
            self.env["retail.delivery"].with_user(self.employee).search([])
        with self.assertRaises(AccessError):
            partner.action_retail_resync()

    def test_clerk_sees_and_resyncs(self):
        partner = self._partner()
        self._drain()
        as_clerk = partner.with_user(self.clerk)
        self.assertEqual(as_clerk.retail_sync_state, "in_sync")
        as_clerk.action_retail_resync()
        self.assertEqual(self._drain(), 1)
        status = self.env["retail.sync.state"].with_user(self.clerk).search([("res_id", "=", partner.id)])
        self.assertEqual((status.state, status.connector_id), ("in_sync", self.connector))
        status.action_resync()
        self.assertEqual(self._drain(), 1)

    def test_clerk_replays(self):
        partner = self._partner("Jon", "jon@example.x")
        self._drain()
        dead = self._deliveries(partner).with_user(self.clerk)
        dead.action_replay()
        self.assertEqual(dead.state, "pending")

    def test_clerk_does_not_configure(self):
        connector = self.connector.with_user(self.clerk)
        with self.assertRaises(AccessError):
            connector.name = "Mine"
        with self.assertRaises(AccessError):
            connector.action_pause()
        with self.assertRaises(AccessError):
            connector.flow_ids[0].active = False
        with self.assertRaises(AccessError):
            self.env["retail.credential"].with_user(self.clerk).search([])

    def test_clerk_does_not_touch_the_keys(self):
        """Nor through the API, where a method can be called without any record."""
        check = self.env["retail.setup.check"].with_user(self.clerk)
        with self.assertRaises(AccessError):
            check.action_rotate_secrets()
        with self.assertRaises(AccessError):
            check.action_open()

    def test_manager_sets_but_does_not_see_secrets(self):
        credential = self.connector.credential_ids.with_user(self.manager)
        credential.value = "another"
        self.assertTrue(credential.is_set)
        with self.assertRaises(AccessError):
            credential.read(["encrypted_value"])
        self.assertEqual(self.connector.credential_ids._get_secret(), "another")

    def test_nobody_writes_history(self):
        partner = self._partner()
        self._drain()
        delivery = self._deliveries(partner)
        for record, values in (
            (delivery, {"state": "dead"}),
            (delivery.attempt_ids, {"state": "failed"}),
            (delivery.event_id, {"payload": {}}),
        ):
            with self.assertRaises(AccessError):
                record.with_user(self.manager).write(values)

    def test_companies(self):
        """A clerk of one company sees nothing of another's connector."""
        other = self.env["res.company"].create({"name": "Other"})
        self._create_connector("HubSpot of Other", company_id=other.id)
        stranger = new_test_user(
            self.env,
            "stranger",
            "base.group_user,retail_hub.group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        partner = self._partner("Ours", "ours@example.com", company_id=self.env.company.id)
        self._drain()
        for model in (
            "connector",
            "credential",
            "flow",
            "event",
            "delivery",
            "delivery.attempt",
            "binding",
            "sync.state",
        ):
            records = self.env[f"retail.{model}"].with_user(stranger).search([])
            company = (
                records.mapped("company_id")
                if "company_id" in records._fields
                else records.delivery_id.company_id
            )
            self.assertFalse(company - other, model)
        with self.assertRaises(AccessError):
            self._deliveries(partner).with_user(stranger).action_replay()
