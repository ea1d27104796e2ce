"""The setup check says what is wrong, with the fix; the scheduled action stands in for the job runner."""

import os
import socket
import time
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import config

from ...tools import encryption, server_options
from ..common import RetailCase


@tagged("post_install", "-at_install")
class TestSetupCheck(RetailCase):
    def _findings(self):
        action = self.env["retail.setup.check"].action_open()
        check = self.env["retail.setup.check"].browse(action["res_id"])
        return {line.name: (line.status, line.text) for line in check.line_ids}

    def _lines(self):
        return {line.name: line for line in self._check()}

    def _check(self):
        check = self.env["retail.setup.check"].create({})
        check._run()
        return check.line_ids

    def _status(self, name):
        return self._findings()[name][0]

    def test_a_system_that_only_calls_in(self):
        """It needs no credentials, unless something is sent to it or its webhooks are to be verified."""
        shop = self.env["retail.connector"].create(
            {"name": "Shop", "provider": "webhook", "base_url": "https://shop.example.com"}
        )
        self.assertEqual(self._status("Shop: credentials"), "error")
        self.env["retail.api.client"].create({"name": "Shop", "connector_id": shop.id})
        findings = self._findings()
        self.assertEqual(
            {name: status for name, (status, _text) in findings.items() if name.startswith("Shop:")},
            {"Shop: API clients": "ok"},
        )
        shop.action_receive_webhooks()
        self.assertEqual(self._status("Shop: credentials"), "error")

    def test_job_runner_is_not_running(self):
        """No runner is connected to the database of a test run."""
        line = self._lines()["Job runner"]
        self.assertEqual((line.status, line.can_open), ("warning", False))

    def test_module_is_not_server_wide(self):
        name = "Module queue_job"
        with patch.dict(config.options, {"server_wide_modules": ["base", "web"]}):
            self.assertEqual(self._status(name), "warning")
        with patch.dict(config.options, {"server_wide_modules": ["base", "web", "queue_job"]}):
            self.assertEqual(self._status(name), "ok")

    def test_channels(self):
        name = "Channels"
        with patch.dict(os.environ, {"ODOO_QUEUE_JOB_CHANNELS": "root:2"}):
            self.assertEqual(self._status(name), "warning")
        channels = "root:4,root.retail.realtime:2,root.retail.bulk:1,root.retail.inbound:1"
        with patch.dict(os.environ, {"ODOO_QUEUE_JOB_CHANNELS": channels}):
            self.assertEqual(self._status(name), "ok")

    def test_own_clock(self):
        host = socket.gethostname()
        name = f"Clocks of {host} and the database"
        self.assertEqual(self._status(name), "ok")
        for skew in (-7, 7):
            self.patch(
                type(self.env["retail.wake"]), "_database_time", lambda _self, skew=skew: time.time() + skew
            )
            line = self._lines()[name]
            fix = f"Synchronize the clock of {host} (NTP). On Linux with systemd, run there as root:"
            self.assertEqual((line.status, line.fix, line.text), ("warning", fix, "timedatectl set-ntp true"))

    def test_encryption_key(self):
        name = "Encryption key"
        self.patch(server_options, "config_files", list)
        with patch.dict(os.environ, {encryption.ENVIRONMENT: ""}):
            self.assertEqual(self._status(name), "warning")
        with patch.dict(os.environ, {encryption.ENVIRONMENT: Fernet.generate_key().decode()}):
            self.assertEqual(self._status(name), "ok")
            self.assertEqual(self._status("HubSpot: credentials"), "error")
            self.assertEqual(self._status("Encrypted credentials"), "warning")

    def test_connector(self):
        self.assertEqual(self._status("HubSpot: connection"), "warning")
        self.sandbox.configure(clock_skew=600)
        self.connector.action_test_connection()
        self.assertEqual(self._status("HubSpot: connection"), "ok")
        self.assertEqual(self._status("HubSpot: clock"), "error")
        self.sandbox.configure(clock_skew=0)
        self.connector.action_test_connection()
        self.assertEqual(self._status("HubSpot: clock"), "ok")
        self.env["retail.circuit"].create(
            {"connector_id": self.connector.id, "is_open": True, "reason": "HTTP 503"}
        )
        self.assertEqual(self._status("HubSpot: sending"), "error")
        self.connector._need_attention("The token was refused.")
        self.assertEqual(self._status("HubSpot: sending"), "error")

    def test_who_can_no_longer_take_care(self):
        archived, portal, moved = (
            new_test_user(self.env, login=f"{name}@test", name=name) for name in ("Ann", "Bob", "Cy")
        )
        self.connector.responsible_id, self.connector.company_id.retail_responsible_id = archived, portal
        flow = self.connector.flow_ids[0]
        flow.owner_id = moved
        titles = [
            f"{name}: responsible user"
            for name in ("HubSpot", self.connector.company_id.name, flow.display_name)
        ]
        self.assertEqual(self._findings().keys() & set(titles), set())
        archived.active = False
        portal.group_ids = self.env.ref("base.group_portal")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        moved.write({"company_ids": elsewhere.ids, "company_id": elsewhere.id})
        action = self.env["retail.setup.check"].action_open()
        lines = self.env["retail.setup.check"].browse(action["res_id"]).line_ids
        found = {line.name: (line.status, line.detail) for line in lines if line.name in titles}
        company = self.connector.company_id.name
        self.assertEqual(
            [found.get(title) for title in titles],
            [
                ("warning", "Ann is no longer active."),
                ("warning", "Bob is no longer an internal user."),
                ("warning", f"Cy no longer has access to the company {company}."),
            ],
        )

    def test_findings_lead_to_where_they_are_corrected(self):
        lines = self._lines()
        action = lines["HubSpot: connection"].action_open()
        self.assertEqual((action["res_model"], action["res_id"]), ("retail.connector", self.connector.id))
        with self.assertRaisesRegex(UserError, "corrected on the server"):
            lines["Job runner"].action_open()

    def test_cron_drains_without_a_job_runner(self):
        partner = self._partner()
        self._commit()
        with self.enter_registry_test_mode():
            self.env.ref("retail_hub.ir_cron_drain").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._deliveries(partner).state, "delivered")

    def test_wake_up_without_a_job_runner_triggers_the_cron(self):
        cron = self.env.ref("retail_hub.ir_cron_drain")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.env["retail.wake"]._wake(self.connector.id, "realtime", 2.0)
        self.assertEqual(len(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - triggers), 1)

    def test_wake_up_with_a_job_runner_enqueues_one_job(self):
        """A second wake-up finds the job of the first; the job carries ids only."""
        wake = self.env["retail.wake"]
        self._run_job_runner()
        for _number in range(2):
            wake._wake(self.connector.id, "bulk", 0.0)
        job = self.env["queue.job"].search([("model_name", "=", "retail.drain")])
        self.assertEqual(
            (job.channel, job.args, job.kwargs), ("root.retail.bulk", [self.connector.id, "bulk"], {})
        )
