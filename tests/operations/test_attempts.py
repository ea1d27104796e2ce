"""An attempt shows the call: method, address, headers without secrets, what the remote said, and how to repeat it."""

from odoo.tests import new_test_user, tagged

from ..common import TOKEN, RetailCase


@tagged("post_install", "-at_install")
class TestAttempts(RetailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "clerk", "base.group_user,retail_hub.group_user")

    def _attempt(self, partner):
        return self._deliveries(partner).attempt_ids.with_user(self.clerk)

    def test_call(self):
        partner = self._partner()
        self._drain()
        attempt = self._attempt(partner)
        url = f"{self.sandbox.url}/crm/objects/2026-09/contacts/batch/upsert"
        self.assertEqual(attempt.calls_summary, f"POST {url} → 200")
        self.assertIn("Authorization: Bearer ***", attempt.headers)
        self.assertNotIn(TOKEN, attempt.calls)
        self.assertFalse(attempt.remote_message)

    def test_curl(self):
        """It sends the one record, as it was sent, with masked values."""
        partner = self._partner("Ann Lee", "ann@example.com", function="Buyer's help")
        self._partner("Bob Ray", "bob@example.com")
        self._drain()
        curl = self._attempt(partner).curl
        first, *headers, data = curl.split(" \\\n  ")
        self.assertEqual(first, f"curl -X POST {self.sandbox.url}/crm/objects/2026-09/contacts/batch/upsert")
        self.assertIn("-H 'Authorization: Bearer ***'", headers)
        self.assertRegex(data, r"""^--data '{"inputs": \[{.*"jobtitle": "Buyer'"'"'s help".*}\]}'$""")
        self.assertNotIn("Bob", curl)

    def test_message_of_the_remote(self):
        """In its own words, without personal data of any record in the call."""
        self.sandbox.configure(
            validation_rules=[
                {
                    "property": "jobtitle",
                    "pattern": "(?!Courier).*",
                    "error": "INVALID_OPTION",
                    "message": "Courier was not one of the allowed options",
                }
            ]
        )
        partner = self._partner(function="Courier")
        others = self._partner("Bob", "bob@example.com") + self._partner("Eve", "eve@example.com")
        self._drain()
        attempt = self._attempt(partner)
        self.assertEqual(attempt.state, "failed")
        for other in others:
            self.assertFalse(self._attempt(other).remote_message)
        self.assertIn("Courier was not one of the allowed options", attempt.remote_message)
        self.assertNotIn("ann@example.com", attempt.calls)

    def test_no_response(self):
        self.sandbox.fault(path="/batch/", drop="before", times=1)
        partner = self._partner()
        self._drain()
        self.assertTrue(self._attempt(partner).calls_summary.endswith("/contacts/batch/upsert → –"))
