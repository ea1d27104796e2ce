"""A stand-in that is written with the kit, outside of the sandbox's folder: the example, and one with OAuth."""

import base64
import json
import shutil
import time
from urllib.parse import urlencode

import pytest
from sandbox_fixtures import CLIENT, Api, load_client

EXAMPLE = CLIENT.parent / "kit" / "example.py"
PEOPLE = "/example/v1/people"
ANN = {"email": "ann@example.com", "name": "Ann"}
KEYS = {"Authorization": None, "X-Account": "example", "X-Api-Key": "example-key"}
WITH_OAUTH = """
from kit import Account, OAuth, json_response
from kit.oauth import SETTINGS


class LoginServer(OAuth):
    AUTHORIZE, TOKEN, INTROSPECT, REVOKE = "/login/authorize", "/login/token", "/login/introspect", "/login/revoke"


class Crm(Account):
    PREFIXES = ("/login/", "/my/")
    SETTINGS = SETTINGS
    ROUTES = (("GET", "/my/scopes/{name}", "scopes"),)
    oauth_class = LoginServer

    def authenticate(self, request):
        return self.bearer(request)

    def scopes(self, request, name):
        return json_response(200, {"name": name})
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The sandbox with a copy of the example, far from the kit."""
    place = shutil.copy(EXAMPLE, tmp_path_factory.mktemp("addon") / "stand_in.py")
    with load_client().SandboxProcess(providers={"example": f"{place}:Example"}) as client:
        yield client


@pytest.fixture
def call(example):
    """Make a call to the example; ``call(method, path, data, **headers)``."""
    example.reset()
    api = Api(example.url)
    return lambda method, path, data=None, **headers: api(method, path, data, {**KEYS, **headers})


def test_the_example_is_short():
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 100


def test_records(example, call):
    made = call("PUT", f"{PEOPLE}/7", ANN)
    assert (made.status, made.data) == (201, {"id": "1", "key": "7", **ANN})
    changed = call("PUT", f"{PEOPLE}/7", {"name": None, "city": "Gent"})
    assert (changed.status, changed.data) == (
        200,
        {"id": "1", "key": "7", "email": ANN["email"], "city": "Gent"},
    )
    found = call("GET", f"{PEOPLE}?email=ann%40example.com").data["people"]
    assert found == [changed.data]
    assert call("GET", f"{PEOPLE}/7").data == call("GET", f"{PEOPLE}/1").data == changed.data
    assert call("PUT", f"{PEOPLE}/8", ANN).status == 409
    [record] = example.records("people", "example")
    assert record["properties"] == {"key": "7", "email": ANN["email"], "city": "Gent"}
    assert example.state()["example"]["people"] == {"active": 1, "archived": 0}
    assert (call("DELETE", f"{PEOPLE}/7").status, call("GET", f"{PEOPLE}/7").status) == (204, 404)
    assert call("PUT", f"{PEOPLE}/8", ANN).data["id"] == "2"


def test_a_merge(example, call):
    """The old id leads to the record that is left, and unique values are free again."""
    call("PUT", f"{PEOPLE}/7", ANN)
    call("PUT", f"{PEOPLE}/8", {"name": "Anna", "city": "Gent"})
    assert call("POST", f"{PEOPLE}/7/merge", {"into": "2"}).status == 204
    assert call("GET", f"{PEOPLE}/1").data == {
        "id": "2",
        "key": "8",
        "name": "Anna",
        "city": "Gent",
        "email": ANN["email"],
    }
    [record] = example.records("people", "example")
    assert (record["id"], record["mergedIds"]) == ("2", ["1"])
    assert call("GET", f"{PEOPLE}/7").status == 404


def test_parts_of_a_path_may_have_any_character(call):
    assert call("PUT", f"{PEOPLE}/res.partner%2C7%2F8", {}).data["key"] == "res.partner,7/8"


@pytest.mark.parametrize("headers", [{"X-Api-Key": None}, {"X-Api-Key": "other"}, {"X-Account": "other"}])
def test_credentials(call, headers):
    answer = call("GET", PEOPLE, **headers)
    assert (answer.status, answer.data) == (401, {"error": "missing or unknown credentials"})


def test_what_is_refused(call):
    assert call("GET", "/example/v1/nothing").status == 404
    assert call("POST", PEOPLE).status == 405
    assert [call("PUT", f"{PEOPLE}/7", body).status for body in (b"", b"{", b"[]", {"email": "ann"})] == [
        400
    ] * 3 + [422]


def test_limits(example, call):
    """A call that is refused does not count, and neither does one with unknown credentials."""
    example.configure("example", calls_per_hour=2)
    answers = [
        call("GET", PEOPLE),
        call("GET", PEOPLE, **{"X-Api-Key": "x"}),
        call("GET", PEOPLE),
        call("GET", PEOPLE),
    ]
    assert [each.status for each in answers] == [200, 401, 200, 429]
    assert [each.headers["X-Left"] for each in answers] == ["1", None, "0", None]
    example.configure("example", calls_per_hour=3)
    assert call("GET", PEOPLE).status == 200
    example.reset()
    assert call("GET", PEOPLE).headers["X-Left"] == "999999"


def test_faults(example, call):
    example.fault(limit="hour", retry_after=9, times=1)
    answer = call("GET", PEOPLE)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "9")
    example.fault(invalid_every=2)
    statuses = [call("PUT", f"{PEOPLE}/{key}", {"name": "Ann"}).status for key in (1, 2, 3, 2, 1)]
    assert statuses == [201, 400, 201, 400, 200]


def test_what_the_provider_calls_a_secret_is_hidden(example, call):
    call("GET", PEOPLE)
    [entry] = example.requests()
    assert (entry["headers"]["x-account"], entry["headers"]["x-api-key"]) == ("***", "***")


# ----- OAuth -----


@pytest.fixture(scope="module")
def crm(tmp_path_factory):
    file = tmp_path_factory.mktemp("addon") / "__init__.py"
    file.with_name("crm.py").write_text(WITH_OAUTH, encoding="utf-8")
    file.write_text("from .crm import Crm\n", encoding="utf-8")
    with load_client().SandboxProcess(providers={"crm": f"{file}:Crm"}) as client:
        yield client


@pytest.fixture
def post(crm):
    """POST a form to the authorization server, with the app's credentials in the header."""
    crm.reset()
    basic = base64.b64encode(b"sandbox-client:sandbox-secret").decode()

    def post(path, basic=basic, **form):
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        return Api(crm.url)("POST", f"/login/{path}", urlencode(form).encode(), headers)

    return post


def test_client_credentials(crm, post):
    token = post("token", grant_type="client_credentials", scope="a b").data
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("bearer", 1800, "a b")
    api = Api(crm.url, token["access_token"])
    assert api("GET", "/my/scopes/x").data == {"name": "x"}
    crm.act("expire_access_tokens", "crm")
    assert (api("GET", "/my/scopes/x").status, api("GET", "/my/scopes/x").data["error"]) == (
        401,
        "invalid_token",
    )


def test_refresh_and_revocation(crm, post):
    token = post("token", grant_type="client_credentials").data
    refreshed = post("token", grant_type="refresh_token", refresh_token=token["refresh_token"]).data
    assert refreshed["access_token"] != token["access_token"]
    about = post("introspect", token=refreshed["access_token"]).data
    assert about["active"] and 0 < about["exp"] - time.time() <= 1800
    assert post("revoke", token=token["refresh_token"]).status == 200
    refused = post("token", grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert (refused.status, refused.data["error"]) == (400, "invalid_grant")
    assert post("introspect", token=token["refresh_token"]).data == {"active": False}
    assert crm.state()["crm"]["oauth"] == {"grants": 0, "access_tokens": 2}


def test_refusals(post):
    unknown = base64.b64encode(b"sandbox-client:wrong").decode()
    assert post("token", unknown, grant_type="client_credentials").data["error"] == "invalid_client"
    assert post("token", grant_type="password").data["error"] == "unsupported_grant_type"
    assert post("token", "not base64", grant_type="client_credentials").data["error"] == "invalid_client"


def test_no_secret_of_an_app_is_logged(crm, post):
    post(
        "token",
        "x",
        grant_type="client_credentials",
        client_id="sandbox-client",
        client_secret="sandbox-secret",
    )
    assert "sandbox-secret" not in json.dumps(crm.requests())


# ----- finding a provider -----


def test_a_dotted_path(tmp_path, monkeypatch):
    (tmp_path / "an_addon").mkdir()
    shutil.copy(EXAMPLE, tmp_path / "an_addon" / "stand_in.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with load_client().SandboxProcess(providers={"example": "an_addon.stand_in:Example"}) as client:
        assert client.state()["example"]["people"] == {"active": 0, "archived": 0}


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("example", ("/example/", "/crm/"), "example and hubspot would both answer /crm/"),
        ("hubspot", ("", ""), "there are two providers hubspot"),
    ],
)
def test_providers_that_collide(tmp_path, capfd, name, change, reason):
    place = tmp_path / "stand_in.py"
    place.write_text(EXAMPLE.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with (
        pytest.raises(RuntimeError, match="did not start"),
        load_client().SandboxProcess(providers={name: f"{place}:Example"}),
    ):
        pass
    assert reason in capfd.readouterr().err
