"""Counts of failures: what a newer event has corrected is not among them, anywhere."""

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ..common import RetailCase
from .test_status import StatusCase


@tagged("post_install", "-at_install")
class TestCounts(StatusCase):
    """Two customers without a match key have failed for one cause, and one of them is corrected."""

    def setUp(self):
        super().setUp()
        self.corrected, self.left = self._partner("Ann", False), self._partner("Bo", False)
        self._drain()
        self.group = self.env["retail.error.group"].search([]).with_user(self.clerk)
        self.corrected.email = "ann@example.com"
        self._commit()
        self.env.invalidate_all()

    def _failed(self):
        return self._deliveries(self.corrected, state="dead"), self._deliveries(self.left)

    def test_connector(self):
        connector = self.connector.with_user(self.clerk)
        self.assertEqual((connector.dead_count, connector.waiting_count), (1, 1))
        found = self.env["retail.error.group"].search(connector.action_view_dead()["domain"])
        self.assertEqual(found.dead_count, connector.dead_count)

    def test_group(self):
        corrected, left = self._failed()
        self.assertEqual(
            (self.group.dead_count, self.group.corrected_count, self.group.total_seen), (1, 1, 2)
        )
        self.assertEqual((self.group.sample_id, self.group.record_name), (left, "Bo"))
        deliveries = self.env["retail.delivery"].with_user(self.clerk)
        self.assertEqual(deliveries.search(self.group.action_view_dead()["domain"]), left)
        self.assertEqual(deliveries.search(self.group.action_view_corrected()["domain"]), corrected)

    def test_repair(self):
        """Its title, its list and what it sends are about what is left."""
        wizard = self.env["retail.dead.letter.wizard"].with_user(self.clerk)
        wizard = wizard.browse(self.group.action_repair()["res_id"])
        self.assertEqual(
            (wizard.total_count, wizard.chosen_count, wizard.failed_ids.res_id), (1, 1, self.left.id)
        )
        wizard.scope = "filter"
        self.assertEqual(wizard.chosen_count, 1)
        wizard.scope = "all"
        wizard.discard_reason = "Not a customer."
        wizard.action_discard()
        corrected, left = self._failed()
        self.assertEqual((corrected.state, left.state), ("dead", "cancelled"))

    def test_all_corrected(self):
        """Nothing is left to do, and the activity says so; it is done once the newer events have arrived."""
        self.left.email = "bo@example.com"
        self._commit()
        self.env.invalidate_all()
        self.env["retail.error.group"]._cron_refresh()
        self.assertEqual(
            (self.group.dead_count, self.group.corrected_count, self.group.is_open), (0, 2, True)
        )
        self.assertFalse(self.env["retail.error.group"].search([("dead_count", ">", 0)]))
        [activity] = self.group.sudo().activity_ids
        self.assertEqual(activity.summary, f"To be sent again: {self.group.sudo().display_name}")
        self.assertIn("Nothing is left to do", activity.note)
        self._drain()
        self.env["retail.error.group"]._cron_refresh()
        self.assertEqual((self.group.corrected_count, self.group.is_open), (0, False))
        self.assertFalse(self.group.sudo().activity_ids)

    def test_a_correction_that_fails_counts(self):
        self.corrected.email = "ann@example.x"
        self._drain()
        self.env.invalidate_all()
        groups = self.env["retail.error.group"].search([])
        self.assertEqual(sum(groups.mapped("dead_count")), self.connector.dead_count)
        self.assertEqual(sum(groups.mapped("corrected_count")), 0)

    def test_activity(self):
        self.env["retail.error.group"]._cron_refresh()
        [activity] = self.group.sudo().activity_ids
        self.assertEqual(activity.summary, f"1 failed: {self.group.sudo().display_name}")

    def test_filters_of_events(self):
        """As the filters of the views have them."""
        corrected, left = self._failed()
        deliveries, events = (
            self.env[name].with_user(self.clerk) for name in ("retail.delivery", "retail.event")
        )
        for domain, found in (
            (self._filter("retail_delivery_view_search", "dead"), left),
            (self._filter("retail_delivery_view_search", "corrected"), corrected),
        ):
            self.assertEqual(deliveries.search(domain), found)
        domain = self._filter("retail_event_view_search", "failed")
        self.assertEqual(events.search(domain), left.event_id)

    def test_groups_of_a_list(self):
        """A list that is grouped by status counts as its badges say, and opens what it counts."""
        deliveries = self.env["retail.delivery"].with_user(self.clerk)
        groups = deliveries.formatted_read_group([], ["status"], ["__count"])
        self.assertEqual(
            {group["status"]: group["__count"] for group in groups},
            {"cancelled": 1, "corrected": 1, "dead": 1, "pending": 1},
        )
        for group in groups:
            found = deliveries.search(group["__extra_domain"])
            self.assertEqual(found.mapped("status"), [group["status"]])

    def _filter(self, view, name):
        """Return the domain of a filter of a search view."""
        arch = etree.fromstring(self.env.ref(f"retail_hub.{view}").arch)
        return safe_eval(arch.xpath(f"//filter[@name='{name}']")[0].get("domain"))


@tagged("post_install", "-at_install")
class TestCountsOfRuns(RetailCase):
    def test_run(self):
        """A backfill is done with failures only while one is left to correct."""
        partner = self._partner("Ann", False)
        self._deliveries(partner).unlink()
        run = self.env["retail.bulk.run"].create(
            {"kind": "backfill", "connector_id": self.connector.id, "domain": f"[('id', '=', {partner.id})]"}
        )
        run.action_start()
        while self._drain(lane="bulk"):
            pass
        self.env.invalidate_all()
        self.assertEqual((run.status, run.dead_count, run.corrected_count), ("done_with_failures", 1, 0))
        runs = self.env["retail.bulk.run"]
        self.assertEqual(runs.search([("has_failures", "=", True)]), run)
        partner.email = "ann@example.com"
        self._commit()
        self.env.invalidate_all()
        self.assertEqual((run.status, run.dead_count, run.corrected_count), ("done", 0, 1))
        self.assertFalse(runs.search([("has_failures", "=", True)]))
        self.assertFalse(self.env["retail.delivery"].search(run.action_view_dead()["domain"]))
        self._drain()
        self.env.invalidate_all()
        self.assertEqual((run.corrected_count, run.superseded_count), (0, 1))
