"""The connector: what an admin sets, tests and starts."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..common import TOKEN, RetailCase


@tagged("post_install", "-at_install")
class TestConnector(RetailCase):
    def test_defaults(self):
        connector = self.env["retail.connector"].create({"name": "New"})
        self.assertEqual((connector.base_url, connector.api_version), ("https://api.hubapi.com", "2026-09"))
        self.assertEqual((connector.connect_timeout, connector.read_timeout), (5.0, 20.0))
        self.assertEqual(connector.credential_ids.mapped("name"), ["access_token"])
        self.assertEqual(
            connector.flow_ids.filtered("active").mapped(
                lambda flow: (flow.event_type, flow.mode, flow.window_seconds, flow.lane)
            ),
            [
                ("customer.created", "realtime", 2, "realtime"),
                ("customer.updated", "realtime", 2, "realtime"),
                ("customer.merged", "realtime", 2, "realtime"),
                ("customer.erased", "realtime", 2, "realtime"),
            ],
        )
        customers = connector.flow_ids.filtered("active")
        others = connector.flow_ids - customers
        self.assertEqual(
            others.mapped("event_type"),
            [
                "invoice.posted",
                "invoice.updated",
                "invoice.cancelled",
                "invoice.paid",
                "order.placed",
                "order.updated",
                "order.cancelled",
                "shipment.confirmed",
                "shipment.updated",
            ],
        )
        self.assertEqual(
            [(row.subject, row.object_name, row.key_property) for row in connector.object_ids],
            [
                ("customer", "hubspot.contact", "email"),
                ("business_customer", "hubspot.contact", "email"),
                ("order", "hubspot.order", "odoo_id"),
                ("invoice", "hubspot.invoice", "odoo_id"),
            ],
        )

    def test_test_connection(self):
        self.sandbox.configure(clock_skew=300)
        action = self.connector.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        self.assertTrue(self.connector.test_succeeded)
        self.assertIn("Connected to HubSpot account", self.connector.test_result)
        self.assertAlmostEqual(self.connector.clock_skew, 300, delta=3)

    def test_test_connection_with_a_wrong_token(self):
        self.sandbox.configure(tokens=["another"])
        action = self.connector.action_test_connection()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("access token", action["params"]["message"])
        self.assertFalse(self.connector.test_succeeded)

    def test_test_connection_with_nobody_there(self):
        self.connector.base_url = "http://127.0.0.1:9"
        self.connector.credential_ids.value = TOKEN
        action = self.connector.action_test_connection()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("127.0.0.1", action["params"]["message"])

    def test_test_connection_without_a_usable_response(self):
        for body in ({}, [], "no JSON", {"portalId": None}):
            with self.subTest(body=body):
                self.sandbox.fault(path="/details", status=200, body=body)
                action = self.connector.action_test_connection()
                self.assertEqual(action["params"]["type"], "danger")
                self.assertFalse(self.connector.test_succeeded)
                self.assertIn("HubSpot did" if body != "no JSON" else "JSON", self.connector.test_result)
                self.sandbox.faults_clear()

    def test_activation_needs_the_credentials(self):
        connector = self.env["retail.connector"].create({"name": "New"})
        with self.assertRaisesRegex(UserError, "First enter the credential “.*” of New"):
            connector.action_activate()
        self.assertEqual(connector.state, "draft")

    def test_bad_values(self):
        for values, message in (
            ({"base_url": "api.example.com"}, "must look like https://api.example.com"),
            ({"base_url": "https://user:secret@api.example.com"}, "must look like https://api.example.com"),
            ({"api_version": "v1"}, "supports these API versions: 2026-09, v3"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, message):
                self.connector.write(values)

    def test_bad_flow_values(self):
        flow = self.connector.flow_ids[0]
        for values, message in (
            ({"domain": "[('nope', '=', 1)]"}, "The filter “Only Records” of .* is not valid"),
            ({"domain": "city = 'Ghent'"}, "The filter “Only Records” of .* is not valid"),
            ({"window_seconds": -1}, "The window must be between 0 and 86400 seconds"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, message):
                flow.write(values)

    def test_what_was_activated_is_not_deleted(self):
        """Deleting a flow while a user saves a customer would make the user's transaction fail."""
        with self.assertRaisesRegex(UserError, "You cannot delete a connector that was activated"):
            self.connector.unlink()
        with self.assertRaisesRegex(UserError, "You cannot delete a flow"):
            self.connector.flow_ids[0].unlink()
        draft = self.env["retail.connector"].create({"name": "Draft"})
        draft.flow_ids[0].unlink()
        draft.unlink()

    def test_counts(self):
        self._partner()
        self._partner("Nobody", False)
        self._drain()
        self._partner("Bo", "bo@example.com")
        self._commit()
        self.connector.invalidate_recordset()
        counts = (
            self.connector.waiting_count,
            self.connector.delivered_today_count,
            self.connector.dead_count,
        )
        self.assertEqual(counts, (1, 1, 1))

    def test_defaults_of_the_company(self):
        self.env["res.config.settings"].create({"retail_realtime_window": 5}).execute()
        connector = self.env["retail.connector"].create({"name": "New"})
        customers = connector.flow_ids.filtered("active")
        self.assertEqual(set(customers.mapped("window_seconds")), {5})
        connector.flow_ids[0].mode = "micro_batch"
        self.assertEqual(connector.flow_ids[0].window_seconds, 60)

    def test_legacy_api_version(self):
        self.connector.api_version = "v3"
        self.connector.credential_ids.value = TOKEN
        self.connector.action_activate()
        self._partner()
        self._drain()
        self.assertEqual(self._calls(), ["/crm/v3/objects/contacts/batch/upsert"])

    def test_a_manager_duplicates_a_connector(self):
        """The copy is a draft with the same settings, and without credentials."""
        manager = new_test_user(self.env, "duplicator", "base.group_user,retail_hub.group_manager")
        self._choose_object("business_customer", "company")
        self._choice("business_customer").key_property = "domain"
        copied, again = (self.connector.with_user(manager).copy() for _time in range(2))
        self.assertEqual((copied.name, copied.state), ("HubSpot (copy)", "draft"))
        self.assertEqual(again.name, "HubSpot (copy) (copy)")
        self.assertEqual(copied.base_url, self.connector.base_url)
        self.assertEqual(
            copied.credential_ids.mapped(lambda credential: (credential.name, credential.is_set)),
            [("access_token", False)],
        )
        choices = copied.object_ids.mapped(lambda row: (row.subject, row.object_name, row.key_property))
        self.assertIn(("business_customer", "hubspot.company", "domain"), choices)
        self.assertEqual(len(choices), len(self.connector.object_ids))
