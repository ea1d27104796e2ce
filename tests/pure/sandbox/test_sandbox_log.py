"""The request log hides credentials wherever they travel, by rule: a new provider need not think of it."""

import base64
import json
from urllib.parse import urlencode

import pytest

SECRET = "do-not-show"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def logged(sandbox, api):
    """Make a call, and return its entry in the log."""

    def call(method, path, data=None, **headers):
        api(method, path, data, {name.replace("_", "-"): value for name, value in headers.items()})
        (entry,) = sandbox.requests(since=sandbox.request_count() - 1)
        assert SECRET not in json.dumps(entry)
        return entry

    return call


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "Set-Cookie",
        "X-App-Token",
        "X-Api-Key",
        "ApiKey",
        "X-Management-Secret",
        "Webhook-Signature",
        "X-HubSpot-Signature-v3",
        "X-Shopify-Hmac-Sha256",
        "X-Session-Id",
    ],
)
def test_headers(logged, name):
    assert logged("GET", "/crm/x", **{name: SECRET})["headers"][name.lower()] == "***"


def test_headers_that_are_no_secrets_stay(logged):
    shown = {"webhook-id": "msg_1", "webhook-timestamp": "1764000000", "idempotency-key": "key-1"}
    entry = logged("POST", "/hooks", {}, **shown)
    assert {name: entry["headers"][name] for name in shown} == shown


def test_forms(logged):
    form = {
        "client_secret": SECRET,
        "refresh_token": SECRET,
        "code": SECRET,
        "code_verifier": SECRET,
        "token": SECRET,
        "assertion": SECRET,
        "client_assertion": SECRET,
        "password": SECRET,
    }
    shown = {"grant_type": "refresh_token", "client_id": "app", "token_type_hint": "refresh_token"}
    entry = logged("POST", "/anywhere", urlencode(form | shown).encode(), Content_Type=FORM)
    assert entry["body"] == dict.fromkeys(form, "***") | shown


def test_json_at_any_depth(logged):
    body = {"client_secret": SECRET, "grants": [{"refresh_token": SECRET, "code": "SPRING"}], "token": SECRET}
    assert logged("POST", "/anywhere", body)["body"] == {
        "client_secret": "***",
        "grants": [{"refresh_token": "***", "code": "SPRING"}],
        "token": "***",
    }


def test_queries(logged):
    """A code is a secret on its way to an OAuth server; elsewhere it may be a voucher's."""
    oauth = f"code={SECRET}&client_secret={SECRET}&grant_type=authorization_code"
    entry = logged("POST", f"/oauth/v1/token?{oauth}")
    assert entry["path"] == "/oauth/v1/token?code=***&client_secret=***&grant_type=authorization_code"
    path = "/anywhere?code=SPRING&page_token=2&fields=a%2Cb"
    assert logged("GET", path)["path"] == path


def test_tokens_in_paths(logged):
    assert (
        logged("GET", f"/oauth/v1/refresh-tokens/{SECRET}?a=1")["path"] == "/oauth/v1/refresh-tokens/***?a=1"
    )


def test_text_and_bytes_are_shown_as_they_are(logged):
    assert logged("POST", "/anywhere", b"\xff token")["body"] == "\ufffd token"


def test_basic_credentials(logged):
    pair = base64.b64encode(f"app:{SECRET}".encode()).decode()
    entry = logged("POST", "/oauth/v3/token", b"", Authorization=f"Basic {pair}")
    assert pair not in json.dumps(entry)
