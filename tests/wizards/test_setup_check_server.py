"""What the setup check finds on the server is corrected by the text that it gives, to the letter."""

import configparser
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.tests import new_test_user, tagged
from odoo.tools import config

from odoo.addons.queue_job.jobrunner import runner

from ...tools import encryption, server_options
from ..common import RetailCase


@tagged("post_install", "-at_install")
class TestSetupCheckServer(RetailCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.conf = self.folder / "odoo.conf"
        self.conf.write_text("[options]\nworkers = 6\n\n[retail_hub]\nallow_hosts = 127.0.0.1\n")
        self.patch(server_options, "config_files", lambda: [str(self.conf)])
        for name in ("_cli_options", "_env_options"):
            self.enterContext(patch.dict(getattr(config, name), clear=True))
        self._set(server_wide_modules=["base", "web"], workers=0, db_name=[])
        self.enterContext(patch.dict(os.environ, {runner_variable: "" for runner_variable in VARIABLES}))

    def _set(self, **options):
        self.enterContext(patch.dict(config._runtime_options, options))

    def _lines(self, user=None):
        check = self.env["retail.setup.check"].with_user(user or self.env.user).create({})
        check._run()
        return {line.name: line for line in check.line_ids}

    def _text(self, name):
        line = self._lines()[name]
        return line.status, line.fix, line.text

    def test_each_finding_has_a_place_or_a_text(self):
        """All that can be wrong at once: nothing is left for the admin to guess."""
        self.patch(runner, "queue_job_config", {})
        self.patch(type(self.env["retail.wake"]), "_database_time", lambda _self: time.time() + 7)
        ann = new_test_user(self.env, login="ann@test", name="Ann")
        flow = self.connector.flow_ids[0]
        self.connector.responsible_id = self.connector.company_id.retail_responsible_id = flow.owner_id = ann
        ann.active = False
        self.connector.action_test_connection()
        self.connector.sudo().write({"clock_skew": 600, "state": "attention", "state_reason": "Refused."})
        other = self._create_connector("Other")
        other.credential_ids.sudo().encrypted_value = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
        self.env["retail.circuit"].create({"connector_id": other.id, "is_open": True, "reason": "HTTP 503"})
        wrong = {name: line for name, line in self._lines().items() if line.status != "ok"}
        host = os.uname().nodename
        company = self.connector.company_id.name
        self.assertEqual(
            set(wrong),
            {
                "Module queue_job",
                "Job runner",
                "Channels",
                f"Clocks of {host} and the database",
                "Encryption key",
                "Encrypted credentials",
                *(f"{name}: responsible user" for name in (company, "HubSpot", flow.display_name)),
                *(f"HubSpot: {what}" for what in ("clock", "sending")),
                *(f"Other: {what}" for what in ("credentials", "connection", "sending")),
            },
        )
        self.assertEqual([name for name, line in wrong.items() if not (line.can_open or line.text)], [])
        self.assertEqual([name for name, line in wrong.items() if not line.fix], [])
        for line in wrong.values():
            if line.can_open:
                line.action_open()
        self.assertEqual(
            {name: line.action_open()["res_model"] for name, line in wrong.items() if line.can_open},
            {
                "Encrypted credentials": "retail.connector",
                f"{company}: responsible user": "res.config.settings",
                "HubSpot: responsible user": "retail.connector",
                f"{flow.display_name}: responsible user": "retail.flow",
                "HubSpot: clock": "retail.connector",
                "HubSpot: sending": "retail.connector",
                **{f"Other: {what}": "retail.connector" for what in ("credentials", "connection", "sending")},
            },
        )

    def test_what_is_right_needs_nothing(self):
        self.connector.action_test_connection()
        right = [line for line in self._lines().values() if line.status == "ok"]
        self.assertIn("HubSpot: connection", [line.name for line in right])
        self.assertEqual([line.name for line in right if line.can_open or line.text or line.fix], [])

    # -- the job runner ----------------------------------------------------------------------------

    def test_module(self):
        """The modules that are loaded now stay."""
        self.assertEqual(
            self._text("Module queue_job"),
            (
                "warning",
                f"In the section [options] of {self.conf}, add or replace this, and restart Odoo:",
                "server_wide_modules = base,web,queue_job",
            ),
        )

    def test_where_the_option_is_set_now(self):
        """A line in the file has no effect on what the command line or the environment says."""
        with patch.dict(config._cli_options, {"server_wide_modules": ["base", "web"]}):
            _status, fix, text = self._text("Module queue_job")
            self.assertEqual(text, "--load=base,web,queue_job")
            self.assertEqual(fix, "Change this in the command line that starts Odoo, and restart it:")
            _status, fix, text = self._text("Job runner")
            self.assertEqual(text, "workers = 6\n--load=base,web,queue_job")
            self.assertEqual(fix, "Start Odoo with these settings:")
        with patch.dict(config._env_options, {"server_wide_modules": ["base", "web"]}):
            _status, fix, text = self._text("Module queue_job")
            self.assertEqual(text, "ODOO_SERVER_WIDE_MODULES=base,web,queue_job")
            self.assertEqual(fix, "Change this environment variable of Odoo, and restart it:")

    def test_only_what_the_job_runner_lacks(self):
        self.assertEqual(self._text("Job runner")[2], "workers = 6\nserver_wide_modules = base,web,queue_job")
        self._set(server_wide_modules=["base", "web", "queue_job"])
        self.assertEqual(self._text("Job runner")[2], "workers = 6")
        self._set(workers=3)
        self._set(db_name=["other"])
        self.assertEqual(self._text("Job runner")[2], f"db_name = other,{self.env.cr.dbname}")
        self._set(db_name=[])
        _status, fix, text = self._text("Job runner")
        self.assertIn("This server has the settings that a job runner needs: restart Odoo.", fix)
        self.assertEqual(text, "workers = 3\nserver_wide_modules = base,web,queue_job")

    def test_channels(self):
        """Those that are configured stay, also those of other modules."""
        lanes = "root.retail.realtime:2,root.retail.bulk:1,root.retail.inbound:1"
        where = f"In the section [queue_job] of {self.conf}, add or replace this, and restart Odoo:"
        for present, wanted in (
            ({}, f"root:4,{lanes}"),
            ({"channels": "root:8,root.mail:1"}, f"root:8,root.mail:1,{lanes}"),
            ({"channels": f"root:8,{lanes[:23]}"}, f"root:8,{lanes}"),
        ):
            with patch.object(runner, "queue_job_config", present):
                self.assertEqual(self._text("Channels"), ("warning", where, f"channels = {wanted}"))
            with patch.object(runner, "queue_job_config", {"channels": wanted}):
                self.assertEqual(self._text("Channels")[::2], ("ok", False))
        with patch.dict(os.environ, {"ODOO_QUEUE_JOB_CHANNELS": "root:3"}):
            _status, fix, text = self._text("Channels")
            self.assertEqual(text, f"ODOO_QUEUE_JOB_CHANNELS=root:3,{lanes}")
            self.assertEqual(fix, "Change this environment variable of Odoo, and restart it:")

    def test_channels_of_a_job_runner_elsewhere(self):
        self._run_job_runner()
        line = self._lines()["Channels"]
        self.assertEqual((line.status, line.text), ("ok", False))
        self.assertIn("cannot be checked from here", line.detail)

    # -- the key -----------------------------------------------------------------------------------

    def test_the_command_moves_the_key(self):
        """Nothing shows the key; the file is still valid, and the key is the same."""
        key_file = self.folder / "it's the.key"
        self.patch(encryption, "key_file", lambda: key_file)
        for before in (
            "[options]\nworkers = 6\n",
            "[retail_hub]\nallow_hosts = 10.1.2.3\n\n[options]\nworkers = 6\n",
        ):
            self.conf.write_text(before)
            status, fix, text = self._text("Encryption key")
            key = key_file.read_text()
            self.assertEqual(status, "warning")
            self.assertIn(f"into the section [retail_hub] of {self.conf}, run this as root", fix)
            self.assertNotIn(key, fix + text)
            subprocess.run(["/bin/sh", "-c", text], check=True)
            written = configparser.ConfigParser(interpolation=None)
            written.read(self.conf)
            self.assertEqual(written["retail_hub"]["secret_keys"], key)
            self.assertEqual(written["options"]["workers"], "6")
            self.assertEqual(self._lines()["Encryption key"].status, "ok")
        self.assertEqual(written["retail_hub"]["allow_hosts"], "10.1.2.3")

    def test_without_a_file(self):
        self.conf.unlink()
        self.patch(encryption, "key_file", lambda: self.folder / "secret.key")
        text = self._text("Encryption key")[2]
        self.assertEqual(text, f"RETAIL_HUB_SECRET_KEYS=$(cat {self.folder}/secret.key)")
        self.assertIn("of odoo.conf, add or replace this", self._text("Module queue_job")[1])

    def test_a_new_key(self):
        """It re-encrypts by the button on the line, if the former key is there, too."""
        newest = Fernet.generate_key().decode()
        former = encryption._keys()[0]
        with patch.dict(os.environ, {encryption.ENVIRONMENT: newest}):
            line = self._lines()["Encrypted credentials"]
            self.assertEqual((line.status, line.can_rotate, line.can_open), ("warning", False, True))
            self.assertIn("None of the configured keys decrypts them all.", line.fix)
        with patch.dict(os.environ, {encryption.ENVIRONMENT: f"{newest},{former}"}):
            line = self._lines()["Encrypted credentials"]
            self.assertEqual((line.can_rotate, line.can_open), (True, False))
            line.action_rotate()
            self.assertEqual(self._lines()["Encrypted credentials"].status, "ok")

    def test_a_key_that_is_none(self):
        with patch.dict(os.environ, {encryption.ENVIRONMENT: "cut off"}):
            status, fix, text = self._text("Encrypted credentials")
        self.assertEqual(status, "error")
        self.assertIn("RETAIL_HUB_SECRET_KEYS", fix)
        made = subprocess.run(
            ["/bin/sh", "-c", text], check=True, capture_output=True, text=True
        ).stdout.strip()
        self.assertEqual(Fernet(made).decrypt(Fernet(made).encrypt(b"x")), b"x")

    # -- who may ------------------------------------------------------------------------------------

    def test_settings_of_a_company(self):
        """Whoever cannot open them reads where they are."""
        company = self.connector.company_id
        ann = new_test_user(self.env, login="ann@test", name="Ann")
        company.retail_responsible_id = ann
        ann.active = False
        manager = new_test_user(self.env, "manager", "base.group_user,retail_hub.group_manager")
        line = self._lines(manager)[f"{company.name}: responsible user"]
        self.assertFalse(line.can_open)
        self.assertIn(f"In the settings of {company.name}, choose another responsible user.", line.fix)


VARIABLES = ("ODOO_QUEUE_JOB_CHANNELS", encryption.ENVIRONMENT)
