"""Credentials belong to an address: a connector that is pointed elsewhere sends them to nobody."""

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import file_open

from ...tools import server_options
from ..common import RetailCase, options
from ..sandbox.client import SandboxProcess

ELSEWHERE = "https://collector.example"
BAD_URLS = [
    "http://api.example.com", "https://127.0.0.2", "https://[::1]", "https://10.1.2.3", "https://169.254.169.254/latest",
    "https://user:secret@api.example.com", "https://api.example.com@10.1.2.3", "https://api.example.com#@10.1.2.3",
    "https://api.example.com/?next=", "https://api.example.com:22", "https://", "ftp://api.example.com",
    "api.example.com",
    "https://api.example.com:99999", "https://[", "https://api.example.com\\@10.1.2.3", "https://api.example.com/ a",
    "https://api.example.com\n",
    "https://2130706433", "https://0x7f.1", "https://0x7f000001", "https://127.1", "https://0", "https://127.0.0.0x1",
    "https://%31%32%37.0.0.1", "https://[v1.x]", "https://[2606:4700:0::1111]", "https://8.8.8.8.", "https://-a.example",
    "https://a..example", "https://１２７.0.0.1", "https://[2606:4700::1111%25eth0]", "https://a%00.example",
]  # fmt: skip

GOOD_URLS = [
    "https://api.example.com/v3", "https://API.example.com:8443", "https://a.1.example.com.", "https://münchen.example",
    "https://xn--mnchen-3ya.example", "https://8.8.8.8", "https://[2606:4700::1111]", "https://in_1.example.com",
]  # fmt: skip


@tagged("post_install", "-at_install")
class TestDestination(RetailCase):
    def _token(self):
        return self.connector.credential_ids.filtered(lambda credential: credential.name == "access_token")

    def test_another_address(self):
        """Nothing is sent there until a person has entered the credentials for it."""
        for values in (
            {"base_url": ELSEWHERE},
            {"base_url": self.sandbox.url.replace("http:", "https:")},
            {"api_version": "v3"},
        ):
            with self.subTest(values):
                self._token().value = "sandbox-token"
                self.connector.action_activate()
                self.connector.write(values)
                self.assertFalse(self._token().is_set)
                self.assertEqual(self.connector.state, "attention")
                self.assertIn("Enter the credentials again", self.connector.state_reason)
                with self.assertRaises(UserError):
                    self.connector.action_activate()
                action = self.connector.action_test_connection()
                self.assertEqual(action["params"]["type"], "danger")
                self.connector.write({"base_url": self.sandbox.url, "api_version": "2026-09"})

    def test_another_path_of_the_same_host(self):
        """The host is the same: it has the credentials already."""
        self.connector.base_url = f"{self.sandbox.url}/api"
        self.assertTrue(self._token().is_set)

    def test_address_and_credentials_at_once(self):
        with Form(self.connector) as form:
            form.base_url = ELSEWHERE
            with form.credential_ids.edit(0) as line:
                line.value = "token of the other system"
        self.assertTrue(self._token().is_set)
        self.assertEqual(self._token()._get_secret(), "token of the other system")
        self.assertEqual(self.connector.state, "active")

    def test_an_address_and_a_mapping_line_at_once(self):
        """The line is not checked at the new address: that call would take the old token there."""
        other = self.enterContext(SandboxProcess())
        line = self.connector.field_map_ids[:1]
        new = {
            "object_name": "hubspot.contact",
            "remote_property": "zzz_new",
            "source": "constant",
            "expression": "x",
        }
        for command in (Command.create(new), Command.update(line.id, {"remote_property": "zzz_other"})):
            for names in (("base_url", "field_map_ids"), ("field_map_ids", "base_url")):
                with self.subTest(command=command, names=names):
                    self._token().value = "sandbox-token"
                    values = {"base_url": other.url, "field_map_ids": [command]}
                    self.connector.write({name: values[name] for name in names})
                    self.assertEqual(other.requests(), [])
                    self.assertFalse(self._token().is_set)
                    self.connector.base_url = self.sandbox.url
                    self.connector.field_map_ids.filtered(
                        lambda each: "zzz_new" in each.remote_property
                    ).unlink()

    def test_every_provider_has_the_guard(self):
        for url in BAD_URLS:
            with self.subTest(url), self.assertRaises(ValidationError):
                self.connector.base_url = url
        for url in GOOD_URLS:
            with self.subTest(url):
                self.connector.base_url = url
        with options("allow_hosts = hooks.internal"):
            self.connector.base_url = "http://hooks.internal"
        with options("webhook_allow_hosts = hooks.internal"):
            self.assertEqual(server_options.allowed_hosts(), ["hooks.internal"])
            self.connector.base_url = "http://hooks.internal/other"

    def test_a_host_that_is_no_longer_allowed(self):
        """The address is checked for each connection, not only when it is saved."""
        delivery = self._deliveries(self._partner())
        with options(""):
            self._drain()
        self.assertEqual((delivery.state, self.connector.state), ("pending", "attention"))
        self.assertIn("allow_hosts", self.connector.state_reason)
        self.assertEqual(self.sandbox.request_count(), 0)

    def test_a_neutralized_copy_calls_nobody(self):
        """Until somebody activates the connector in the copy."""
        with file_open("retail_hub/data/neutralize.sql") as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.assertEqual((self.connector.state, self.connector.is_neutralized), ("paused", True))
        self._partner()
        self._drain()
        for action in (
            self.connector.action_test_connection,
            self.connector.action_refresh_properties,
            self.connector.action_set_up,
        ):
            self.assertIn("neutralized copy", action()["params"]["message"])
        self.env["retail.setup.check"].create({})
        line = self.env["retail.field.map"].create(
            {
                "connector_id": self.connector.id,
                "object_name": "hubspot.contact",
                "remote_property": "made_up",
                "source": "constant",
                "expression": "x",
            }
        )
        self.assertEqual(self.sandbox.request_count(), 0)
        line.unlink()
        self.connector.action_activate()
        self._drain()
        self.assertEqual(len(self.sandbox.contacts()), 1)
