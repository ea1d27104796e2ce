"""Alerts: one activity for each cause, which closes when its own cause has ended, and not before."""

import runpy
from pathlib import Path

from odoo.tests import tagged

from ..common import RetailCase

MIGRATION = Path(__file__).parents[2] / "migrations" / "19.0.2.0.0" / "post-migrate.py"


@tagged("post_install", "-at_install")
class TestAlerts(RetailCase):
    def _failed_run(self):
        run = self.env["retail.bulk.run"].create({"connector_id": self.connector.id})
        run.action_start()
        run._fail("No such field.")
        return run

    def _break(self):
        for _ in range(2):
            self.env["retail.circuit"]._count(self.connector, 0, 10, "No answer.")
        self.env["retail.circuit"]._announce(self.connector, "opened")

    def _summaries(self):
        return sorted(self.connector.activity_ids.mapped("summary"))

    def _has_failed(self, run):
        return f"{run.display_name} has failed"

    def test_a_failed_run_stays_open_when_the_connector_answers_again(self):
        run = self._failed_run()
        self._break()
        self.assertEqual(self._summaries(), [self._has_failed(run), "HubSpot does not answer"])
        self.env["retail.circuit"]._announce(self.connector, "closed")
        self.assertEqual(self._summaries(), [self._has_failed(run)])

    def test_a_failed_run_stays_open_when_the_connector_is_activated(self):
        run = self._failed_run()
        self.connector._need_attention("The token was refused.")
        self.assertEqual(self._summaries(), [self._has_failed(run), "HubSpot needs attention"])
        self.connector.action_activate()
        self.assertEqual(self._summaries(), [self._has_failed(run)])

    def test_an_outage_stays_open_when_the_connector_is_activated(self):
        self._break()
        self.connector.action_activate()
        self.assertEqual(self._summaries(), ["HubSpot does not answer"])

    def test_a_failed_run_is_closed_by_what_a_person_does_with_it(self):
        resumed, cancelled, left = (self._failed_run() for _ in range(3))
        self.assertEqual(len(self._summaries()), 3)
        resumed.action_resume()
        cancelled.action_cancel()
        self.assertEqual(self._summaries(), [self._has_failed(left)])

    def test_one_activity_for_each_cause(self):
        """It shows the newest, and stays with the person to whom it was handed over."""
        run = self._failed_run()
        colleague = self.env["res.users"].create({"name": "Olga", "login": "olga"})
        self.connector.activity_ids.user_id = colleague
        run._fail("Another reason.")
        [activity] = self.connector.activity_ids
        self.assertEqual((activity.user_id, activity.note.striptags()), (colleague, "Another reason."))

    def test_an_alert_of_somebody_who_has_left_goes_to_the_responsible(self):
        run = self._failed_run()
        leaver = self.env["res.users"].create({"name": "Olga", "login": "olga"})
        self.connector.activity_ids.user_id = leaver
        leaver.active = False
        run._fail("Another reason.")
        self.assertEqual(self.connector.activity_ids.user_id, self.connector.responsible_id)

    def test_migration(self):
        """Activities of the version before, which had no causes, close with what they are about."""
        run = self._failed_run()
        self._break()
        self.connector._need_attention("The token was refused.")
        self.connector.activity_ids.retail_cause = False
        self.env.flush_all()
        runpy.run_path(str(MIGRATION))["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(
            dict(self.connector.activity_ids.mapped(lambda each: (each.summary, each.retail_cause))),
            {
                self._has_failed(run): f"retail.bulk.run,{run.id}",
                "HubSpot does not answer": "outage",
                "HubSpot needs attention": "attention",
            },
        )
