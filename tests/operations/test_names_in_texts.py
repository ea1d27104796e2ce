"""Texts for people call records by their names, wherever they are shown."""

from unittest.mock import patch

from lxml import etree

from odoo.tests import tagged

from ...connectors.hubspot.adapter import HubSpotAdapter
from ...connectors.items import Reference
from .test_search import SearchCase

# What the drain stores, with ids of records: other fields show it with their names.
STORED = {
    "error_message", "warning", "error_field", "waits_for", "conflicts_with", "correlation_id", "res_model", "res_id",
    "primary_id",
}  # fmt: skip
DEBUG = "base.group_no_one"


@tagged("post_install", "-at_install")
class TestNamesInTexts(SearchCase):
    def setUp(self):
        super().setUp()
        self.one = self._partner("Ann Lee", False)
        self.two = self._partner("Bo Day", "bo@example.com")

    def _drain_after(self):
        """Have the second customer wait for the first one, which fails."""

        def references(_adapter, _event_type, data):
            return [Reference("customer", self.one.id)] if data["id"] == str(self.two.id) else []

        with patch.object(HubSpotAdapter, "references", references):
            self._drain()
            self._make_due(self._deliveries(self.two))
            self._drain()
            yield

    def test_attempts(self):
        """An attempt that failed because of another record names it."""
        self.one.email = "one@example.com"
        self._drain()
        attempt = self._deliveries(self.two).attempt_ids
        attempt.sudo().error_message = f"Contact #{self.one.id} has this value."
        self.assertEqual(attempt.with_user(self.clerk).shown_error, "Ann Lee has this value.")

    def test_mapping_preview(self):
        """A record that waits for another one says for whom."""
        for _waiting in self._drain_after():
            preview = self.env["retail.mapping.preview"].browse(
                self.connector.action_preview_mapping()["res_id"]
            )
            preview.record_ref = f"res.partner,{self.two.id}"
            self.assertEqual(
                preview.problem,
                "Not sent yet. Waiting for Ann Lee, which has failed and must be repaired first.",
            )

    def test_cause(self):
        """The record that must be sent first is no field at fault."""
        for _waiting in self._drain_after():
            delivery = self._deliveries(self.two)
            self.assertEqual(delivery.error_field, f"res.partner,{self.one.id}")
            self.assertEqual(
                (delivery.fault, delivery.cause), (False, "HubSpot: another record must be sent first")
            )
        failed = self._deliveries(self.one)
        self.assertEqual(
            (failed.fault, failed.cause),
            ("email", "HubSpot: the record has no value for the match key (email)"),
        )

    def test_activity(self):
        """It outlives its reader's rights: it names records without personal data."""
        self._drain()
        group = self.env["retail.error.group"].search(
            [("fingerprint", "=", self._deliveries(self.one).fingerprint)]
        )
        group.sudo().error_message = f"Contact #{self.two.id} has this value."
        group._alert_owner()
        note = group.activity_ids.note
        self.assertIn("<p>B*** D*** has this value.</p>", note)
        self.assertIn("The first one is about A*** L***.", note)

    def test_views(self):
        """No screen shows what is stored with ids, but for search fields and the developer mode."""
        views = self.env["ir.ui.view"].search(
            [("model", "=like", "retail.%"), ("type", "in", ("form", "list", "kanban"))]
        )
        self.assertGreater(len(views), 25)
        shown = []
        for view in views:
            for node in etree.fromstring(view.arch).iter("field"):
                is_hidden = (
                    node.get("invisible") == "1" or node.get("column_invisible") == "1" or node.get("widget")
                )
                if node.get("name") in STORED and not is_hidden and DEBUG not in node.get("groups", ""):
                    shown.append((view.model, view.type, node.get("name")))
        self.assertEqual(shown, [])
