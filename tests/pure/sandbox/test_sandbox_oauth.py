"""OAuth of the sandbox: consent, tokens, expiry, revocation, scopes; in part with HubSpot's own client."""

import json
import time
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hubspot import HubSpot
from hubspot.oauth import ApiException
from hubspot.utils.oauth import get_auth_url

REDIRECT = "https://shop.example.com/callback?connector=3"
APP = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
SCOPES = ("oauth", "crm.objects.contacts.read", "crm.objects.contacts.write")
CONTACTS = "/crm/objects/2026-09/contacts"
FORM = {"Authorization": None, "Content-Type": "application/x-www-form-urlencoded"}
VERSIONS = pytest.mark.parametrize("version", ["v1", "v3", "2026-03", "2026-09"])


@pytest.fixture
def post(api):
    """POST a form: ``post(path, field=value)``."""
    return lambda path, **form: api("POST", path, urlencode(form).encode(), FORM)


@pytest.fixture
def consent(api):
    """Open the consent page as the official client's link does; returns the answer and what the app gets to hear."""

    def visit(scope=SCOPES, **changes):
        arguments = {"client_id": APP["client_id"], "redirect_uri": REDIRECT, "scope": scope, "state": "s 1"}
        link = urlsplit(get_auth_url(**{**arguments, **changes}))
        answer = api("GET", f"{link.path}?{link.query}", headers={"Authorization": None})
        there = urlsplit(answer.headers.get("Location") or "")
        heard = {name: values[0] for name, values in parse_qs(there.query).items()}
        return SimpleNamespace(status=answer.status, url=there, heard=heard)

    return visit


@pytest.fixture
def connect(consent, post):
    """The whole way to the first tokens."""

    def go(version="2026-09", scope=SCOPES):
        code = consent(scope).heard["code"]
        form = {**APP, "grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": code}
        return post(f"/oauth/{version}/token", **form).data

    return go


@pytest.fixture
def refresh(post):
    def go(tokens, version="2026-09"):
        token = tokens["refresh_token"]
        return post(f"/oauth/{version}/token", **APP, grant_type="refresh_token", refresh_token=token)

    return go


@pytest.fixture
def call(api):
    """GET a page of contacts with an access token."""
    return lambda token: api("GET", CONTACTS, headers={"Authorization": f"Bearer {token}"})


def test_the_consent_page_leads_back_with_code_and_state(consent):
    answer = consent()
    assert (answer.status, answer.url.netloc, answer.url.path) == (302, "shop.example.com", "/callback")
    assert answer.heard == {"connector": "3", "state": "s 1", "code": answer.heard["code"]}


def test_a_user_who_says_no(sandbox, consent):
    sandbox.configure(oauth_consent=False)
    heard = consent().heard
    assert (heard["error"], heard["state"], "code" in heard) == ("access_denied", "s 1", False)


@pytest.mark.parametrize(
    "changes", [{"client_id": "other"}, {"redirect_uri": "https://evil.example.com"}, {"scope": None}]
)
def test_an_error_page_leads_nowhere(sandbox, consent, changes):
    """Never back to an address that is not the app's."""
    sandbox.configure(oauth_redirect_uris=[REDIRECT])
    assert (consent().status, consent(**changes).status, consent(**changes).heard) == (302, 400, {})


@pytest.mark.parametrize("place", ["scope", "optional_scope"])
@pytest.mark.parametrize("scope", ["crm.schemas.line_items.write", "crm.schemas.products.write", "nonsense"])
def test_a_scope_that_hubspot_does_not_have(consent, place, scope):
    """An error page, also if it is optional: an app cannot declare it."""
    asked = {place: (*SCOPES, scope)}
    answer = consent(**asked)
    assert (answer.status, answer.heard) == (400, {})


def test_a_scope_that_the_app_does_not_declare(sandbox, consent):
    sandbox.configure(oauth_scopes=[*SCOPES, "e-commerce"])
    asked = [("e-commerce",), ("crm.objects.orders.read",)]
    assert [consent(optional_scope=each).status for each in asked] == [302, 400]


def test_an_account_has_no_unknown_scopes(sandbox):
    with pytest.raises(Exception, match=r"crm\.schemas\.line_items\.write"):
        sandbox.configure(scopes=["crm.schemas.line_items.write"])


@VERSIONS
def test_tokens_of_every_version(connect, refresh, call, version):
    tokens = connect(version)
    assert {name: tokens[name] for name in ("token_type", "hub_id", "scopes", "expires_in", "token_use")} == {
        "token_type": "bearer",
        "hub_id": 44237313,
        "scopes": list(SCOPES),
        "expires_in": 1800,
        "token_use": "access_token",
    }
    assert call(tokens["access_token"]).status == 200
    again = refresh(tokens, version).data
    assert again["refresh_token"] == tokens["refresh_token"]
    assert again["access_token"] != tokens["access_token"]
    assert [call(each["access_token"]).status for each in (tokens, again)] == [200, 200]


def test_the_official_client(sandbox, consent):
    api = HubSpot(host=sandbox.url).oauth
    first = api.tokens_api.create(
        grant_type="authorization_code", redirect_uri=REDIRECT, code=consent().heard["code"], **APP
    )
    second = api.tokens_api.create(grant_type="refresh_token", refresh_token=first.refresh_token, **APP)
    assert (second.refresh_token, second.expires_in) == (first.refresh_token, 1800)
    about = api.access_tokens_api.get(second.access_token)
    assert (about.token, about.hub_id, about.scopes, about.app_id) == (
        second.access_token,
        44237313,
        list(SCOPES),
        1234567,
    )
    assert 1795 < about.expires_in <= 1800
    assert api.refresh_tokens_api.get(first.refresh_token).client_id == "sandbox-client"
    client = HubSpot(access_token=second.access_token, host=sandbox.url)
    assert client.crm.contacts.basic_api.get_page().results == []
    api.refresh_tokens_api.archive(first.refresh_token)
    with pytest.raises(ApiException) as caught:
        api.tokens_api.create(grant_type="refresh_token", refresh_token=first.refresh_token, **APP)
    assert (caught.value.status, json.loads(caught.value.body)["status"]) == (400, "BAD_REFRESH_TOKEN")


def test_a_code_is_good_once_and_for_its_redirect_uri(consent, post):
    form = {**APP, "grant_type": "authorization_code", "redirect_uri": REDIRECT}
    code = consent().heard["code"]
    statuses = [post("/oauth/2026-09/token", **form, code=code) for _ in range(2)]
    assert [each.status for each in statuses] == [200, 400]
    assert {name: statuses[1].data[name] for name in ("status", "message", "error")} == {
        "status": "BAD_AUTH_CODE",
        "message": "missing or unknown auth code",
        "error": "invalid_grant",
    }
    form["redirect_uri"] = "https://shop.example.com/other"
    answer = post("/oauth/2026-09/token", **form, code=consent().heard["code"])
    assert (answer.status, answer.data["status"]) == (400, "BAD_REDIRECT_URI")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "other"}, "BAD_CLIENT_ID", "invalid_request"),
        ({"client_secret": "other"}, "BAD_CLIENT_SECRET", "invalid_request"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE", "unsupported_grant_type"),
        ({"refresh_token": "other"}, "BAD_REFRESH_TOKEN", "invalid_grant"),
    ],
)
def test_refusals_of_the_token_endpoint(connect, post, changes, status, error):
    form = {**APP, "grant_type": "refresh_token", "refresh_token": connect()["refresh_token"]}
    assert post("/oauth/2026-09/token", **form).status == 200
    answer = post("/oauth/2026-09/token", **{**form, **changes})
    assert (answer.status, answer.data["status"], answer.data["error"]) == (400, status, error)
    assert answer.data["error_description"] == answer.data["message"]


def test_parameters_belong_in_a_form(api, post, connect):
    """In the query string only v1 takes them; JSON is taken by none."""
    form = {**APP, "grant_type": "refresh_token", "refresh_token": connect()["refresh_token"]}
    assert api("POST", "/oauth/2026-09/token", form).status == 415
    assert post(f"/oauth/2026-09/token?{urlencode(form)}").data["status"] == "BAD_CLIENT_ID"
    assert post(f"/oauth/v1/token?{urlencode(form)}").status == 200


def test_an_expired_token(sandbox, connect, refresh, call):
    tokens = connect()
    sandbox.act("expire_access_tokens")
    answer = call(tokens["access_token"])
    assert (answer.status, answer.data["category"], answer.data["status"]) == (
        401,
        "EXPIRED_AUTHENTICATION",
        "error",
    )
    assert answer.data["message"] == "The OAuth token used to make this call expired 1 second(s) ago."
    (when,) = answer.data["context"]["expire time"]
    assert when.endswith("Z")
    assert call(refresh(tokens).data["access_token"]).status == 200


def test_a_token_expires_by_itself(sandbox, connect, call):
    sandbox.configure(oauth_token_lifetime_s=1)
    tokens = connect()
    assert (tokens["expires_in"], call(tokens["access_token"]).status) == (1, 200)
    time.sleep(1.1)
    assert call(tokens["access_token"]).data["category"] == "EXPIRED_AUTHENTICATION"
    assert sandbox.state()["hubspot"]["oauth"] == {"grants": 1, "access_tokens": 0}


@pytest.mark.parametrize(("action", "status"), [("revoke_refresh_tokens", 200), ("uninstall_app", 401)])
def test_what_revocation_does_to_tokens(sandbox, connect, refresh, call, action, status):
    """A revoked refresh token leaves the access tokens alone; an app that was uninstalled has none."""
    tokens = connect()
    sandbox.act(action)
    assert (refresh(tokens).status, refresh(tokens).data["status"]) == (400, "BAD_REFRESH_TOKEN")
    answer = call(tokens["access_token"])
    assert answer.status == status
    if status == 401:
        assert answer.data["category"] == "INVALID_AUTHENTICATION"
    new = connect()
    assert (call(new["access_token"]).status, refresh(new).status) == (200, 200)


def test_unknown_actions_are_refused(sandbox):
    with pytest.raises(ValueError, match="unknown action: explode; there are expire_access_tokens"):
        sandbox.act("explode")


def test_a_refresh_token_that_changes(sandbox, connect, refresh):
    sandbox.configure(oauth_rotates_refresh_token=True)
    tokens = connect()
    again = refresh(tokens)
    assert again.data["refresh_token"] != tokens["refresh_token"]
    assert (refresh(tokens).status, refresh(again.data).status) == (400, 200)


def test_introspection_and_revocation_of_the_dated_version(connect, post, refresh, call):
    tokens = connect()
    path = "/oauth/2026-09/token"
    about = post(f"{path}/introspect", **APP, token=tokens["access_token"]).data
    assert (about["active"], about["token_use"], about["hub_id"]) == (True, "access_token", 44237313)
    about = post(f"{path}/introspect", **APP, token=tokens["refresh_token"]).data
    assert (about["active"], about["token_use"], about["scopes"]) == (True, "refresh_token", list(SCOPES))
    assert post(f"{path}/revoke", **APP, token=tokens["refresh_token"]).status == 200
    assert post(f"{path}/introspect", **APP, token=tokens["refresh_token"]).data == {"active": False}
    assert (refresh(tokens).status, call(tokens["access_token"]).status) == (400, 200)
    assert post(f"{path}/introspect", token=tokens["access_token"]).data["status"] == "BAD_CLIENT_ID"


def test_scopes(sandbox, api, connect):
    token = connect(scope=("oauth", "crm.objects.contacts.read"))["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert api("GET", CONTACTS, headers=bearer).status == 200
    assert api("POST", f"{CONTACTS}/search", {}, bearer).status == 200
    assert api("GET", "/crm/v3/properties/contacts", headers=bearer).status == 200
    for method, path, body, needed in (
        ("POST", CONTACTS, {"properties": {"firstname": "A"}}, ["crm.objects.contacts.write"]),
        ("GET", "/crm/v3/objects/deals", None, ["crm.objects.deals.read"]),
        (
            "GET",
            "/crm/v3/pipelines/orders",
            None,
            ["crm.schemas.orders.read", "crm.objects.orders.read"],
        ),
    ):
        answer = api(method, path, body, bearer)
        assert (answer.status, answer.data["category"]) == (403, "MISSING_SCOPES")
        assert answer.data["errors"][0]["context"] == {"requiredGranularScopes": needed}
    assert sandbox.contacts() == []
    sandbox.configure(scopes=["crm.objects.deals.read"])
    assert [api("GET", f"/crm/v3/objects/{name}").status for name in ("deals", "orders")] == [200, 403]


def test_an_app_does_not_get_the_daily_limit(api, connect, call):
    headers = call(connect()["access_token"]).headers
    assert headers["X-HubSpot-RateLimit-Max"] == "1000000"
    assert headers["X-HubSpot-RateLimit-Daily"] is None
    assert api("GET", CONTACTS).headers["X-HubSpot-RateLimit-Daily"] == "1000000000"


def test_faults_and_the_request_log(sandbox, connect, refresh, api):
    tokens = connect()
    sandbox.fault(path="/oauth/", status=503, times=1)
    count = sandbox.request_count()
    assert [refresh(tokens).status for _ in range(2)] == [503, 200]
    api("GET", f"/oauth/v1/access-tokens/{tokens['access_token']}")
    logged = sandbox.requests(since=count)
    assert [(each["path"], each["status"]) for each in logged] == [
        ("/oauth/2026-09/token", 503),
        ("/oauth/2026-09/token", 200),
        ("/oauth/v1/access-tokens/***", 200),
    ]
    assert logged[0]["body"] == {
        "client_id": "sandbox-client",
        "client_secret": "***",
        "grant_type": "refresh_token",
        "refresh_token": "***",
    }
    assert tokens["refresh_token"] not in json.dumps(sandbox.requests())


def test_reset_forgets_all_tokens(sandbox, connect, refresh, call):
    tokens = connect()
    sandbox.reset()
    assert (refresh(tokens).status, call(tokens["access_token"]).status) == (400, 401)
    assert sandbox.state()["hubspot"]["oauth"] == {"grants": 0, "access_tokens": 0}
