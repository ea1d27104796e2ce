"""Promise 9: secrets are encrypted with a key outside the database, and are never shown."""

import logging
import os
import stat
import tempfile
from pathlib import Path
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import config

from ...tools import encryption, server_options
from ..common import TOKEN, RetailCase


@tagged("post_install", "-at_install")
class TestCredential(RetailCase):
    def setUp(self):
        super().setUp()
        self.key, self.new_key = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        self._use_keys(self.key)
        self.credential = self.connector.credential_ids
        self.credential.value = TOKEN

    def _use_keys(self, keys):
        patcher = patch.dict(os.environ, {encryption.ENVIRONMENT: keys})
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_never_shown(self):
        """Neither reading nor exporting gives the secret, nor does the table hold it."""
        self.assertEqual(self.credential.read(["value", "is_set"])[0]["value"], False)
        self.assertTrue(self.credential.is_set)
        exported = self.credential.export_data(["name", "value", "is_set"])["datas"]
        self.assertEqual(exported, [["access_token", "", True]])
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT encrypted_value FROM retail_credential WHERE id = %s", [self.credential.id]
        )
        [(token,)] = self.env.cr.fetchall()
        self.assertNotIn(TOKEN, token)
        self.assertEqual(Fernet(self.key).decrypt(token.encode()).decode(), TOKEN)

    def test_empty_value_keeps_the_secret(self):
        self.credential.value = False
        self.assertEqual(self.credential._get_secret(), TOKEN)

    def test_wrong_key(self):
        """A wrong key is a clear error on the connector, and work waits."""
        self._use_keys(self.new_key)
        partner = self._partner()
        self.assertEqual(self._drain(), 0)
        self.assertEqual(self.connector.state, "attention")
        self.assertIn("was encrypted with another key", self.connector.state_reason)
        self.assertEqual(self._deliveries(partner).state, "pending")
        shown = self.connector.action_test_connection()["params"]
        self.assertEqual(shown["type"], "danger")
        self.assertIn("was encrypted with another key", shown["message"])

    def test_malformed_key(self):
        self._use_keys("not a key")
        with self.assertRaisesRegex(UserError, "is not a valid Fernet key"):
            self.credential._get_secret()
        with self.assertRaisesRegex(UserError, "is not a valid Fernet key"):
            self.credential.value = "x"

    def test_rotation(self):
        self._use_keys(f"{self.new_key},{self.key}")
        token = self.credential.sudo().encrypted_value
        self.assertFalse(encryption.uses_newest_key(token))
        self.assertEqual(self.env["retail.credential"]._rotate_all(), 1)
        self.assertTrue(encryption.uses_newest_key(self.credential.sudo().encrypted_value))
        self._use_keys(self.new_key)
        self.assertEqual(self.credential._get_secret(), TOKEN)

    def test_key_from_the_configuration_file(self):
        self._use_keys("")
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(f"[retail_hub]\nsecret_keys = {self.key}\n")
            file.flush()
            self.patch(server_options, "config_files", lambda: [file.name])
            self.assertEqual(encryption.key_source(), "config")
            self.assertEqual(self.credential._get_secret(), TOKEN)

    def test_generated_key_file(self):
        """Without a configured key, one is made once, readable only by Odoo."""
        self._use_keys("")
        self.patch(server_options, "config_files", list)
        with tempfile.TemporaryDirectory() as folder, patch.dict(config.options, {"data_dir": folder}):
            token = encryption.encrypt("secret")
            path = Path(folder, "retail_hub", "secret.key")
            self.assertEqual(encryption.key_file(), path)
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertEqual(encryption.decrypt(token), "secret")
            self.assertEqual(encryption.key_source(), "file")
            self.assertEqual(os.listdir(path.parent), ["secret.key"])

    def test_secret_stays_out_of_what_people_see(self):
        self._partner("Nobody", False)
        self._partner()
        with self.assertLogs("odoo.addons.retail_hub", "DEBUG") as logs:
            self.sandbox.configure(tokens=["another"])
            self._drain()
            self.connector.action_test_connection()
            logging.getLogger("odoo.addons.retail_hub.tests").info("done")
        seen = "\n".join(logs.output)
        for model, names in (
            ("retail.delivery", ["error_message", "warning"]),
            ("retail.delivery.attempt", ["request", "response", "error_message"]),
            ("retail.connector", ["state_reason", "test_result"]),
            ("mail.message", ["body"]),
        ):
            seen += str(self.env[model].search([], limit=500, order="id desc").read(names))
        self.assertNotIn(TOKEN, seen)
