"""OAuth: consent by a button, tokens that renew themselves, one worker at a time, and what happens when they end."""

from contextlib import nullcontext
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL

from ...connectors import oauth
from ...core.errors import TransientError
from ...models.connector.oauth import CALLBACK, OAUTH_LOCK
from ..common import TOKEN, RetailCase

SECRET = "sandbox-secret"


class OAuthCase(RetailCase):
    """A connector that is about to be connected."""

    def setUp(self):
        super().setUp()
        self.connector.write({"auth_method": "oauth", "state": "draft"})
        for name, value in (("client_id", "sandbox-client"), ("client_secret", SECRET)):
            self._credential(name).value = value

    def _credential(self, name):
        return self.connector.credential_ids.filtered(lambda credential: credential.name == name)

    def _consent(self, connector=None):
        """Do what a browser does: follow the button to the consent page, and back."""
        action = (connector or self.connector).action_connect()
        self.assertEqual(action["type"], "ir.actions.act_url")
        answer = requests.get(action["url"], allow_redirects=False, timeout=5)
        back = urlsplit(answer.headers["Location"])
        self.assertEqual(f"{back.scheme}://{back.netloc}{back.path}", self.connector.oauth_callback)
        return {name: values[0] for name, values in parse_qs(back.query).items()}


@tagged("post_install", "-at_install")
class TestOAuth(OAuthCase):
    def _connect(self):
        answer = self._consent()
        self.env["retail.connector"]._consume_consent(answer["state"])._finish_consent(answer["code"])
        self.assertTrue(self.connector.test_succeeded, self.connector.test_result)
        self.connector.action_activate()

    def _token_calls(self):
        return [call for call in self.sandbox.requests() if call["path"].endswith("/token")]

    def _let_token_end_soon(self):
        self.connector.token_ends_at -= timedelta(seconds=1790)
        self.connector.token_given_at -= timedelta(seconds=1790)

    def test_connect(self):
        self.assertEqual(
            sorted(self.connector.credential_ids.mapped("name")),
            ["access_token", "client_id", "client_secret", "refresh_token"],
        )
        self.assertFalse(self.connector.is_connected)
        self._connect()
        self.assertTrue(self.connector.is_connected)
        partner = self._partner()
        self._drain()
        self.assertEqual(self._deliveries(partner).state, "delivered")
        self.assertEqual(len(self._token_calls()), 1)

    def test_needs_the_client(self):
        self._credential("client_id").sudo().encrypted_value = False
        with self.assertRaisesRegex(UserError, "client ID"):
            self.connector.action_connect()
        with self.assertRaises(UserError):
            self.connector.action_activate()

    def test_consent_of_somebody_else(self):
        """The state is good once, for the user who opened the page, and not for long."""
        answer = self._consent()
        other = self.env.ref("base.user_demo", raise_if_not_found=False) or self.env["res.users"].create(
            {"name": "Otto", "login": "otto"}
        )
        connectors = self.env["retail.connector"]
        with self.assertRaises(AccessError):
            connectors.with_user(other)._consume_consent(answer["state"])
        with self.assertRaises(AccessError):
            connectors._consume_consent("guessed")
        connectors._consume_consent(answer["state"])
        with self.assertRaises(AccessError):
            connectors._consume_consent(answer["state"])
        answer = self._consent()
        self.connector.sudo().consent_until -= timedelta(minutes=11)
        with self.assertRaises(AccessError):
            connectors._consume_consent(answer["state"])

    def test_address_changes_during_the_consent(self):
        """The code that comes back was given for the old address: it is not sent to the new one."""
        for values in ({"base_url": "https://elsewhere.example.com"}, {"api_version": "v3"}):
            with self.subTest(values):
                answer = self._consent()
                before = {name: self.connector[name] for name in values}
                self.connector.write(values)
                with self.assertRaises(AccessError):
                    self.env["retail.connector"]._consume_consent(answer["state"])
                self.connector.write(before)
                for name, value in (("client_id", "sandbox-client"), ("client_secret", SECRET)):
                    self._credential(name).value = value
        answer = self._consent()
        self.connector.name = "Another name"
        self.assertTrue(self.env["retail.connector"]._consume_consent(answer["state"]))

    def test_consent_is_refused(self):
        self.sandbox.configure(oauth_consent=False)
        answer = self._consent()
        self.assertNotIn("code", answer)
        self.env["retail.connector"]._consume_consent(answer["state"])._refuse_consent()
        self.assertFalse(self.connector.test_succeeded)

    def test_wrong_secret(self):
        self._credential("client_secret").value = "wrong"
        answer = self._consent()
        self.env["retail.connector"]._consume_consent(answer["state"])._finish_consent(answer["code"])
        self.assertFalse(self.connector.is_connected)
        self.assertIn("client secret", self.connector.test_result)

    def test_renewed_before_it_ends(self):
        self._connect()
        before = self._credential("access_token")._get_secret()
        self._let_token_end_soon()
        self._partner()
        self._drain()
        self.assertEqual(self._deliveries().mapped("state"), ["delivered"])
        self.assertNotEqual(self._credential("access_token")._get_secret(), before)
        self.assertEqual(len(self._token_calls()), 2)

    def test_renewed_when_it_is_refused(self):
        """A token that is refused in the middle is renewed once; nothing is lost, and nobody is notified."""
        self._connect()
        self._let_token_end_soon()
        self.connector.token_ends_at += timedelta(seconds=1790)
        self.sandbox.act("expire_access_tokens")
        partner = self._partner()
        self._drain()
        self.assertEqual((self.connector.state, self._deliveries(partner).state), ("active", "pending"))
        self._drain()
        self.assertEqual(
            (self._deliveries(partner).state, self._deliveries(partner).attempts), ("delivered", 1)
        )
        self.assertEqual(len(self._token_calls()), 2)

    def test_disconnected_at_the_remote(self):
        """No token helps any more: the connector says so, and work waits."""
        self._connect()
        self._let_token_end_soon()
        self.sandbox.act("uninstall_app")
        partner = self._partner()
        self._drain()
        self.assertEqual(self.connector.state, "attention")
        self.assertIn("Connect again", self.connector.state_reason)
        self.assertEqual(
            (self._deliveries(partner).state, self._deliveries(partner).attempts), ("pending", 0)
        )

    def test_remote_gives_no_token_for_now(self):
        self._connect()
        self._let_token_end_soon()
        self.sandbox.fault(path="/token", status=503, times=1)
        partner = self._partner()
        self._drain()
        self.assertEqual(self.connector.state, "active")
        self.assertTrue(self.connector.is_throttled)
        self.connector.throttled_until = False
        self._drain()
        self.assertEqual(self._deliveries(partner).state, "delivered")

    def test_answers_without_a_usable_token(self):
        self._connect()
        used = self._credential("access_token")._get_secret()
        bodies = ({}, [], {"access_token": None}, {"access_token": ["a"]}, {"access_token": " \n"})
        more = ({"access_token": {"a": 1}}, {"access_token": "ü"}, {"access_token": "a" * 20_000}, "no JSON")
        for body in (*bodies, *more):
            with self.subTest(body=str(body)[:40]):
                self._let_token_end_soon()
                self.sandbox.fault(path="/token", status=200, body=body)
                action = self.connector.action_test_connection()
                self.assertEqual(action["params"]["type"], "danger")
                expected = "invalid JSON" if body == "no JSON" else "issued no access token"
                self.assertIn(expected, self.connector.test_result)
                self.assertEqual(self._credential("access_token")._get_secret(), used)
                self.sandbox.faults_clear()

    def test_odd_durations(self):
        """A token whose duration the remote does not say counts as valid for half an hour."""
        self._connect()
        half, year = 1_800, 366 * 86_400
        durations = {
            "abc": half,
            -1: half,
            None: half,
            0: half,
            True: half,
            "3600": 3_600,
            1e300: year,
            "9" * 400: year,
        }
        for duration, seconds in durations.items():
            with self.subTest(duration=duration):
                self.connector.token_ends_at = "2020-01-01"
                body = {"access_token": TOKEN, "refresh_token": ["x"], "expires_in": duration}
                self.sandbox.fault(path="/token", status=200, body=body)
                self.connector.action_test_connection()
                self.assertTrue(self.connector.test_succeeded)
                self.assertAlmostEqual(self.connector._token_seconds(), seconds, delta=60)
                self.sandbox.faults_clear()

    def test_who_waited_takes_what_there_is(self):
        """A second worker that saw the old token asks nobody."""
        self._connect()
        used = self._credential("access_token")._get_secret()
        self._let_token_end_soon()
        first = self.connector._renewed_token(used)
        with patch.object(oauth, "refresh", side_effect=AssertionError("asked again")):
            self.assertEqual(self.connector._renewed_token(used), first)
            self.assertEqual(self.connector._renewed_token(first, is_refused=True), first)

    def test_address_changed_since_the_drain_began(self):
        """The token of the new address is not sent to the old one."""
        self._connect()
        elsewhere = self._create_connector("Elsewhere", base_url="https://elsewhere.example.com")
        with (
            patch.object(type(self.connector), "_own_transaction", lambda _self: nullcontext(elsewhere)),
            self.assertRaises(TransientError) as caught,
        ):
            self.connector._renewed_token("used")
        self.assertEqual((caught.exception.code, caught.exception.is_sent), ("ADDRESS_CHANGED", False))

    def _token_locks(self):
        """Return how many locks of its tokens this transaction holds."""
        [(count,)] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
                " AND classid = %s AND objid = %s",
                OAUTH_LOCK,
                self.connector.id,
            )
        )
        return count

    def test_another_path_locks_nothing(self):
        """The tokens stay: a check of the mapping in the same transaction may renew one."""
        self._connect()
        self._let_token_end_soon()
        self.connector.base_url = f"{self.sandbox.url}/"
        self.assertEqual(self._token_locks(), 0)
        self.connector._refresh_properties()
        self.assertEqual(len(self._token_calls()), 2)

    def test_a_renewal_does_not_wait_for_its_own_transaction(self):
        self._connect()
        self.connector.base_url = "https://elsewhere.example.com"
        self.assertEqual(self._token_locks(), 1)
        with self.assertRaises(TransientError) as caught:
            self.connector._renewed_token("used")
        self.assertEqual(caught.exception.code, "TOKEN_LOCKED")

    def test_expired_while_the_remote_is_down(self):
        """Each button that needs a token says so in words."""
        self._connect()
        self._let_token_end_soon()
        self.sandbox.fault(path="/token", status=503)
        self._partner()
        for action in (
            self.connector.action_test_connection,
            self.connector.action_refresh_properties,
            self.connector.action_set_up,
        ):
            with self.subTest(action.__name__):
                shown = action()["params"]
                self.assertEqual(shown["type"], "danger")
                self.assertIn("issued no access token", shown["message"])
        preview = self.env["retail.mapping.preview"].browse(
            self.env["retail.mapping.preview"]._open(self.connector)["res_id"]
        )
        self.assertIn("issued no access token", preview.problem)

    def test_secrets_stay_secret(self):
        self._connect()
        sent = [str(call) for call in self.sandbox.requests()]
        self.assertFalse([text for text in sent if SECRET in text])
        self.assertNotIn(SECRET, str(self.connector.read()))


@tagged("post_install", "-at_install")
class TestCallback(OAuthCase, HttpCase):
    """The address to which the remote sends the admin back."""

    def _come_back(self, **query):
        return self.url_open(f"{CALLBACK}?{urlencode(query)}", allow_redirects=False)

    def test_consent(self):
        self.authenticate("admin", "admin")
        connector = self.connector.with_user(self.env.ref("base.user_admin"))
        answer = self._consent(connector)
        response = self._come_back(**answer)
        self.assertEqual(response.status_code, 303)
        self.assertTrue(
            response.headers["Location"].endswith(
                f"/odoo/action-retail_hub.action_retail_connector/{connector.id}"
            )
        )
        self.assertTrue(self.connector.is_connected)
        self.assertTrue(self.connector.test_succeeded)
        self.assertEqual(self._come_back(**answer).status_code, 403)

    def test_head_finishes_nothing(self):
        """A link checker or a mail gateway looks first; the admin comes later."""
        self.authenticate("admin", "admin")
        connector = self.connector.with_user(self.env.ref("base.user_admin"))
        url = f"{CALLBACK}?{urlencode(self._consent(connector))}"
        self.assertEqual(self.url_open(url, method="HEAD").status_code, 405)
        self.assertFalse(self.connector.is_connected)
        self.url_open(url, allow_redirects=False)
        self.assertTrue(self.connector.is_connected)

    def test_refusal(self):
        self.sandbox.configure(oauth_consent=False)
        self.authenticate("admin", "admin")
        connector = self.connector.with_user(self.env.ref("base.user_admin"))
        self.assertEqual(self._come_back(**self._consent(connector)).status_code, 303)
        self.assertFalse(self.connector.is_connected)
        self.assertIn("not given", self.connector.test_result)

    def test_strangers(self):
        self.assertIn("/web/login", self._come_back(state="x", code="y").headers["Location"])
        self.authenticate("admin", "admin")
        self.assertEqual(self._come_back(state="x", code="y").status_code, 403)
