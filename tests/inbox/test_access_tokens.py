"""Access tokens of our own (OAuth 2.0 client credentials), and those of an outside issuer."""

import base64
import time
from collections import defaultdict, deque
from unittest.mock import patch
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import HOST, freeze_time, tagged
from odoo.tests.common import _super_send

from ...core import access_token
from ...models.inbox import limits
from ...tools import encryption
from ..common import options
from .common import ApiCase
from .issuer import AUDIENCE, ISSUER, Issuer
from .test_api import ANNA

TOKEN = "/retail/oauth/token"


class TokenCase(ApiCase):
    def setUp(self):
        super().setUp()
        self.patch(limits, "_guesses", defaultdict(deque))

    def ask(self, form=None, headers=None, **changes):
        """Ask for a token; return the response."""
        form = {"grant_type": "client_credentials", **self.credentials(), **changes} if form is None else form
        form = {name: value for name, value in form.items() if value is not None}
        return self.opener.post(self.base_url() + TOKEN, data=form, headers=headers, timeout=60)

    def credentials(self, key=None):
        key = key or self.key
        return {"client_id": key[:16], "client_secret": key}

    def token(self, **changes):
        response = self.ask(**changes)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()["access_token"]

    def assertRefused(self, response, error, status):
        self.assertEqual((response.status_code, response.json()["error"]), (status, error), response.text)
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertNotIn(self.key[17:], response.text)

    def look(self, token):
        return self.call("GET", "/customers/C-1", key=token)


@tagged("-at_install", "post_install")
class TestOAuthTokens(TokenCase):
    # -- the token endpoint ------------------------------------------------------------------------

    def test_a_token(self):
        response = self.ask()
        self.assertEqual(response.status_code, 200, response.text)
        found = response.json()
        self.assertEqual(set(found), {"access_token", "token_type", "expires_in", "scope"})
        self.assertEqual(found["token_type"], "Bearer")
        self.assertEqual(found["expires_in"], 900)
        self.assertEqual(found["scope"], "customers:read customers:write")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(self.post("/customers", ANNA, key=found["access_token"]).status_code, 201)
        self.assertEqual(self.messages().client_id, self.client)

    def test_credentials_in_the_header(self):
        text = base64.b64encode(f"{self.key[:16]}:{self.key}".encode()).decode()
        form = {"grant_type": "client_credentials"}
        response = self.ask(form, {"Authorization": f"Basic {text}"})
        self.assertEqual(response.status_code, 200, response.text)
        both = {**form, **self.credentials()}
        self.assertRefused(self.ask(both, {"Authorization": f"Basic {text}"}), "invalid_request", 400)

    def test_wrong_credentials(self):
        other = self.env["retail.api.key"]._issue(self.client)
        for changes in (
            {"client_secret": None},
            {"client_id": None},
            {"client_secret": "x"},
            {"client_secret": self.key[:-1] + ("A" if self.key[-1] != "A" else "B")},
            {"client_id": "rhk"},
            {"client_id": other[:16]},
            {"client_secret": self.key[:16]},
            {"client_id": "a.b.c", "client_secret": "a.b.c"},
            {"client_id": "", "client_secret": ""},
        ):
            with self.subTest(list(changes)):
                response = self.ask(**changes)
                self.assertRefused(response, "invalid_client", 401)
                self.assertEqual(response.headers["WWW-Authenticate"], 'Basic realm="retail_hub"')
        for text in ("Basic", "Basic x", "Basic 4pyT", "Bearer " + self.key):
            response = self.ask({"grant_type": "client_credentials"}, {"Authorization": text})
            self.assertRefused(response, "invalid_client", 401)

    def test_a_token_is_no_credential(self):
        token = self.token()
        self.assertRefused(self.ask(client_secret=token), "invalid_client", 401)

    def test_other_requests(self):
        self.assertRefused(self.ask(grant_type="password"), "unsupported_grant_type", 400)
        self.assertRefused(self.ask(grant_type=None), "unsupported_grant_type", 400)
        twice = [("grant_type", "client_credentials"), *self.credentials().items(), ("client_id", "x")]
        response = self.opener.post(self.base_url() + TOKEN, data=twice, timeout=60)
        self.assertRefused(response, "invalid_request", 400)
        response = self.opener.post(self.base_url() + TOKEN, json=self.credentials(), timeout=60)
        self.assertRefused(response, "invalid_request", 400)
        response = self.ask(client_secret="x" * 30_000)
        self.assertEqual((response.status_code, response.json()["error"]), (413, "invalid_request"))

    def test_guessing_is_slowed_down(self):
        for _number in range(20):
            self.assertRefused(self.ask(client_secret="x"), "invalid_client", 401)
        response = self.ask(client_secret="x")
        self.assertRefused(response, "temporarily_unavailable", 429)
        self.assertIn("Retry-After", response.headers)

    # -- scopes ------------------------------------------------------------------------------------

    def test_fewer_scopes(self):
        token = self.token(scope="customers:read")
        problem = self.assertProblem(self.post("/customers", ANNA, key=token), "forbidden", 403)
        self.assertEqual(problem["detail"], "The client lacks the scope customers:write.")
        self.assertProblem(self.look(token), "not-found", 404)

    def test_more_scopes(self):
        for scope in ("orders:write", "customers:read orders:write", "*", "admin"):
            self.assertRefused(self.ask(scope=scope), "invalid_scope", 400)

    def test_a_scope_that_was_taken_away(self):
        token = self.token()
        self.client.scope_ids = self.env.ref("retail_hub.scope_customers_read")
        self.assertProblem(self.post("/customers", ANNA, key=token), "forbidden", 403)

    # -- how long it is valid ----------------------------------------------------------------------

    def test_revocation_works_at_once(self):
        token = self.token()
        self.assertProblem(self.look(token), "not-found", 404)
        self.client.key_ids.action_revoke()
        self.assertProblem(self.look(token), "unauthorized", 401)

    def test_the_client(self):
        token = self.token()
        for values in ({"active": False}, {"expires_at": "2020-01-01"}, {"ip_ranges": "203.0.113.0/24"}):
            with self.subTest(values):
                before = {name: self.client[name] for name in values}
                self.client.write(values)
                self.assertIn(self.look(token).status_code, (401, 403))
                self.client.write(before)
                self.assertEqual(self.look(token).status_code, 404)

    def test_expiry(self):
        with freeze_time(fields.Datetime.subtract(fields.Datetime.now(), seconds=1000)):
            old = self._issue()
        with freeze_time(fields.Datetime.subtract(fields.Datetime.now(), seconds=800)):
            present = self._issue()
        self.assertProblem(self.look(old), "unauthorized", 401)
        self.assertProblem(self.look(present), "not-found", 404)

    def _issue(self, **changes):
        key_id, key = self.env["retail.token.key"]._present()
        claims = {
            "sub": str(self.client.id),
            "key": self.client.key_ids.id,
            "scope": "customers:read",
            **changes,
        }
        return access_token.issue(key, key_id, claims)

    def test_forged(self):
        key_id, key = self.env["retail.token.key"]._present()
        now = int(time.time())
        claims = {
            "iss": "retail_hub",
            "aud": "retail_hub",
            "exp": now + 60,
            "sub": str(self.client.id),
            "key": self.client.key_ids.id,
            "scope": "customers:read",
        }
        self.assertProblem(self.look(jwt.encode(claims, key, "HS256", {"kid": key_id})), "not-found", 404)
        other = self.new_client("Other", self.system, self.scopes)
        for token in (
            jwt.encode(claims, b"x" * 32, "HS256", {"kid": key_id}),
            jwt.encode(claims, key, "HS256", {"kid": "other"}),
            jwt.encode(claims, key, "HS256"),
            jwt.encode(claims, key * 2, "HS512", {"kid": key_id}),
            jwt.encode(claims, "", "none", {"kid": key_id}),
            jwt.encode({**claims, "exp": now - 60}, key, "HS256", {"kid": key_id}),
            jwt.encode({**claims, "aud": "x"}, key, "HS256", {"kid": key_id}),
            jwt.encode({**claims, "sub": str(other.id)}, key, "HS256", {"kid": key_id}),
            "x" * 20_000 + ".x.x",
            "a.b.c",
            "..",
        ):
            self.patch(limits, "_guesses", defaultdict(deque))
            self.assertProblem(self.look(token), "unauthorized", 401)

    # -- keys --------------------------------------------------------------------------------------

    def test_the_key_takes_turns(self):
        keys = self.env["retail.token.key"]
        first = self.token()
        self.assertEqual(len(keys.search([])), 1)
        self.assertEqual(self.look(self.token()).status_code, 404)
        self.assertEqual(len(keys.search([])), 1)
        keys._renew()
        self.assertEqual(self.look(first).status_code, 404)  # of the former key
        second = self.token()
        self.assertNotEqual(*(jwt.get_unverified_header(token)["kid"] for token in (first, second)))
        keys._drop_all()
        for token in (first, second):
            self.assertProblem(self.look(token), "unauthorized", 401)
        self.assertEqual(self.look(self.token()).status_code, 404)

    def test_an_old_key_is_replaced(self):
        keys = self.env["retail.token.key"]
        before = keys._present()
        self.env.cr.execute("UPDATE retail_token_key SET create_date = create_date - interval '31 days'")
        keys.invalidate_model()
        self.assertNotEqual(keys._present(), before)
        self.assertEqual(keys._find(before[0]), before[1])

    def test_the_key_is_encrypted(self):
        _key_id, key = self.env["retail.token.key"]._present()
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(k)::text FROM retail_token_key k")
        self.assertNotIn(base64.b64encode(key).decode(), str(self.env.cr.fetchall()))
        before = self.env["retail.token.key"].search([]).encrypted_value
        self.env["retail.credential"]._rotate_all()
        after = self.env["retail.token.key"].search([]).encrypted_value
        self.assertNotEqual(after, before)
        self.assertEqual(encryption.decrypt(after), encryption.decrypt(before))


@tagged("-at_install", "post_install")
class TestOutsideTokens(TokenCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(options("allow_hosts = 127.0.0.1"))

    @classmethod
    def _request_handler(cls, session, request, /, **kwargs):
        if urlsplit(request.url).hostname == HOST:
            return _super_send(session, request, **kwargs)
        return super()._request_handler(session, request, **kwargs)

    def setUp(self):
        super().setUp()
        self.issuer = self.enterContext(Issuer())
        self.client.write(
            {
                "issuer": ISSUER,
                "jwks_url": self.issuer.url,
                "audience": AUDIENCE,
                "claim_name": "sub",
                "claim_value": "web-shop",
            }
        )
        self.client.key_ids.action_revoke()
        # In tests, a refusal undoes what other transactions stored meanwhile: calls have to find something.
        self.post("/customers", ANNA, key=self.issuer.token())
        self.env["retail.jwks"].sudo().search([]).unlink()
        self.issuer.calls = 0

    def make_due(self):
        self.env.cr.execute("UPDATE retail_jwks SET tried_at = tried_at - interval '61 seconds'")

    def test_a_valid_token(self):
        response = self.post("/customers", ANNA, key=self.issuer.token())
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(self.messages().client_id, self.client)
        self.assertEqual(self.client.status, "live")

    def test_claims_that_do_not_fit(self):
        now = int(time.time())
        for changes in (
            {"sub": "other"},
            {"sub": None},
            {"sub": ["web-shop"]},
            {"aud": "https://other.example.com"},
            {"iss": "https://login.example.org/"},
            {"iss": "retail_hub"},
            {"exp": now - 60},
            {"exp": None},
            {"nbf": now + 60},
        ):
            self.patch(limits, "_guesses", defaultdict(deque))
            with self.subTest(changes):
                self.assertProblem(self.look(self.issuer.token(**changes)), "unauthorized", 401)

    def test_forged(self):
        stranger = Issuer()
        pem = jwt.algorithms.RSAAlgorithm.from_jwk(self.issuer.keys["k1"]).public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        claims = jwt.decode(self.issuer.token(), options={"verify_signature": False})
        with patch.object(jwt.algorithms.HMACAlgorithm, "prepare_key", lambda _self, key: key):
            confused = jwt.encode(claims, pem, "HS256", {"kid": "k1"})
        for token in (
            self.issuer.token(private=stranger.private["k1"]),
            jwt.encode(claims, "", "none", {"kid": "k1"}),
            confused,
            self.issuer.token(padding="x" * 20_000),
        ):
            self.assertProblem(self.look(token), "unauthorized", 401)

    def test_scopes_of_the_token(self):
        self.client.scope_claim = "scope"
        for scope, status in (
            ("customers:write openid", 200),
            (["customers:write"], 200),
            ("customers:read", 403),
            ("", 403),
            (None, 403),
            ({"customers:write": 1}, 403),
        ):
            with self.subTest(scope):
                response = self.post("/customers", ANNA, key=self.issuer.token(scope=scope))
                self.assertEqual(response.status_code, status, response.text)

    def test_a_token_gives_no_scope_that_the_client_has_not(self):
        self.client.write(
            {"scope_claim": "scope", "scope_ids": self.env.ref("retail_hub.scope_customers_read")}
        )
        token = self.issuer.token(scope="customers:write customers:read")
        self.assertProblem(self.post("/customers", ANNA, key=token), "forbidden", 403)

    # -- the issuer's keys -------------------------------------------------------------------------

    def test_keys_are_kept(self):
        for _number in range(3):
            self.assertEqual(self.look(self.issuer.token()).status_code, 200)
        self.assertEqual(self.issuer.calls, 1)
        self.client.invalidate_recordset()
        self.assertEqual(self.client.issuer_status, "1 keys were read.")

    def test_a_new_key(self):
        """It is read once a minute at most, however many tokens name keys that nobody has."""
        self.assertEqual(self.look(self.issuer.token()).status_code, 200)
        self.issuer.add_key("k2")
        self.assertProblem(self.look(self.issuer.token("k2")), "unauthorized", 401)
        self.assertEqual(self.issuer.calls, 1)
        self.make_due()
        self.assertEqual(self.look(self.issuer.token("k2")).status_code, 200)
        self.assertEqual(self.issuer.calls, 2)

    def test_a_withdrawn_key(self):
        token = self.issuer.token()
        self.assertEqual(self.look(token).status_code, 200)
        del self.issuer.keys["k1"]
        self.issuer.add_key("k2")
        self.env.cr.execute("UPDATE retail_jwks SET read_at = read_at - interval '61 minutes'")
        self.make_due()
        self.assertProblem(self.look(token), "unauthorized", 401)

    def test_an_issuer_that_does_not_answer(self):
        """The keys that are known stay valid, and the form says what is wrong."""
        self.assertEqual(self.look(self.issuer.token()).status_code, 200)
        self.issuer.status = 500
        self.env.cr.execute("UPDATE retail_jwks SET read_at = read_at - interval '61 minutes'")
        self.make_due()
        with self.assertLogs("odoo.addons.retail_hub.models.inbox.jwks", "WARNING"):
            self.assertEqual(self.look(self.issuer.token()).status_code, 200)
        self.client.invalidate_recordset()
        self.assertIn("500", self.client.issuer_status)

    def test_unknown_issuers_are_not_asked(self):
        self.client.write({"issuer": "https://login.example.org/"})
        self.assertProblem(self.look(self.issuer.token()), "unauthorized", 401)
        self.assertEqual(self.issuer.calls, 0)

    def test_names_that_lead_inside(self):
        """What a name leads to is known when it is called, and refused then."""
        self.client.jwks_url = "https://localhost/jwks"
        with self.assertLogs("odoo.addons.retail_hub.models.inbox.jwks", "WARNING") as logs:
            self.client.action_read_issuer_keys()
        self.assertIn("ADDRESS_REFUSED", logs.output[0])
        self.client.invalidate_recordset()
        self.assertIn("not public", self.client.issuer_status)
        self.assertProblem(self.look(self.issuer.token()), "unauthorized", 401)

    # -- what may be entered -----------------------------------------------------------------------

    def test_addresses_inside(self):
        """Nobody has the server call its own network."""
        for url in (
            "http://10.0.0.1/jwks",
            "https://[::1]/",
            "ftp://x.example.com",
            "x",
        ):
            with self.subTest(url), self.assertRaises(ValidationError):
                self.client.jwks_url = url
        with self.assertRaises(ValidationError):
            self.client.issuer = "http://login.example.com/"
        with self.assertRaises(ValidationError):
            self.client.audience = False

    def test_another_company_that_names_the_issuer(self):
        """It trusts its own keys, and its tokens are for its own client."""
        stranger = self.enterContext(Issuer())
        company = self.env["res.company"].create({"name": "Other"})
        system = self.system.create(
            {
                "name": "Other",
                "provider": "webhook",
                "base_url": "https://other.example.com",
                "company_id": company.id,
            }
        )
        other = self.new_client(
            "Other",
            system,
            self.scopes,
            issuer=ISSUER,
            jwks_url=stranger.url,
            audience=AUDIENCE,
            claim_value="web-shop",
        )
        authenticate = self.env["retail.api.client"]._authenticate
        self.assertEqual(authenticate(stranger.token(), "127.0.0.1").client_id, other.id)
        self.assertEqual(authenticate(self.issuer.token(), "127.0.0.1").client_id, self.client.id)
