"""Alerts: one activity for each cause, which closes when its own cause has ended, and not before."""

import runpy
from pathlib import Path

from odoo.tests import new_test_user, tagged

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

    def _new_user(self, name, group="base.group_user"):
        return new_test_user(self.env, login=f"{name}@test", name=name, groups=group)

    def _leave(self, user, how):
        """Have a user no longer be one who can take care of something."""
        if how == "archived":
            user.active = False
        elif how == "portal":
            user.group_ids = self.env.ref("base.group_portal")
        else:
            elsewhere = self.env["res.company"].create({"name": f"Elsewhere {user.name}"})
            user.write({"company_ids": elsewhere.ids, "company_id": elsewhere.id})

    def test_who_can_no_longer_take_care_gets_no_alert(self):
        """Each kind of alert passes over its users in turn: flow, connector, company, manager."""
        company = self.connector.company_id
        manager = self._new_user("Manager", "retail_hub.group_manager")
        for other in self.env.ref("retail_hub.group_manager").all_user_ids - manager:
            self._leave(other, "company")  # such as the administrator
        for how in ("archived", "portal", "company"):
            names = ("Owner", "Responsible", "Head")
            owner, responsible, head = (self._new_user(f"{name} {how}") for name in names)
            flow = self.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.updated")
            flow.owner_id, self.connector.responsible_id = owner, responsible
            company.retail_responsible_id = head
            for leaver, successor in ((owner, responsible), (responsible, head), (head, manager)):
                self._leave(leaver, how)
                with self.subTest(how=how, leaver=leaver.name):
                    flow.fault = False
                    flow._report_fault("No such field.")
                    run = self._failed_run()
                    self._break()
                    self.connector._need_attention("The token was refused.")
                    users = self.connector.activity_ids.user_id
                    self.assertEqual(users, successor)
                    self.assertEqual(len(self.connector.activity_ids), 4)
                    run.action_cancel()
                    self.connector.action_activate()
                    self.connector.activity_ids.unlink()
                    self.env["retail.circuit"].search([]).unlink()

    def test_an_open_alert_is_handed_over(self):
        run = self._failed_run()
        for how in ("archived", "portal", "company"):
            with self.subTest(how):
                user = self._new_user(how)
                self.connector.activity_ids.user_id = user
                self._leave(user, how)
                run._fail("Another reason.")
                self.assertEqual(self.connector.activity_ids.user_id, self.connector.responsible_id)

    def test_failed_events_are_handed_over(self):
        owner = self._new_user("Owner")
        self.connector.flow_ids.owner_id = owner
        self.sandbox.fault(status=400, body={"message": "no", "category": "VALIDATION_ERROR"})
        self._partner()
        self._drain()
        group = self.env["retail.error.group"].search([])
        self.assertEqual((group.owner_id, group.activity_ids.user_id), (owner, owner))
        self._leave(owner, "company")
        self.env["retail.error.group"]._cron_refresh()
        responsible = self.connector.responsible_id
        self.assertEqual((group.owner_id, group.activity_ids.user_id), (responsible, responsible))

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
