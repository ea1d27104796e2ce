"""Stand-ins that are written with the kit, outside of the sandbox's folder: the skeleton's, and one with OAuth."""

import base64
import json
import shutil
import time
from urllib.parse import urlencode

import pytest
from sandbox_fixtures import CLIENT, Api, load_client

SKELETON = CLIENT.parents[2] / "dev" / "skeleton" / "retail_hub_acme"
STAND_IN = SKELETON / "tests" / "sandbox" / "acme.py"
CUSTOMERS = "/acme/v1/customers"
BY_KEY = f"{CUSTOMERS}/key"
ANN = {"email": "ann@example.com", "name": "Ann"}
KEYS = {"Authorization": None, "X-Account-Key": "sandbox-token"}
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


LIMITED = """

class Limited(Acme):
    def headers(self, caller):
        return (("X-Left", self.limits.left("hour")),)
"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory):
    """The sandbox with a copy of the skeleton's stand-in, far from the kit. It says how many calls are left."""
    place = tmp_path_factory.mktemp("addon") / "stand_in.py"
    place.write_text(STAND_IN.read_text(encoding="utf-8") + LIMITED, encoding="utf-8")
    with load_client().SandboxProcess(providers={"acme": f"{place}:Limited"}) as client:
        yield client


@pytest.fixture
def call(acme):
    """Make a call to the stand-in; ``call(method, path, data, **headers)``."""
    acme.reset()
    api = Api(acme.url)
    return lambda method, path, data=None, **headers: api(method, path, data, {**KEYS, **headers})


def test_it_is_short():
    assert len(STAND_IN.read_text(encoding="utf-8").splitlines()) < 100


def test_records(acme, call):
    made = call("PUT", f"{BY_KEY}/7", ANN)
    assert (made.status, made.data) == (201, {"id": "1", "key": "7", **ANN})
    changed = call("PUT", f"{BY_KEY}/7", {"name": None, "city": "Gent"})
    assert (changed.status, changed.data) == (
        200,
        {"id": "1", "key": "7", "email": ANN["email"], "city": "Gent"},
    )
    found = call("GET", f"{CUSTOMERS}?email=ann%40example.com").data["customers"]
    assert found == [changed.data]
    assert call("GET", f"{CUSTOMERS}/1").data == changed.data
    assert call("PUT", f"{BY_KEY}/8", ANN).status == 409
    [record] = acme.records("customers", "acme")
    assert record["properties"] == {"key": "7", "email": ANN["email"], "city": "Gent"}
    assert acme.state()["acme"]["customers"] == {"active": 1, "archived": 0}
    assert (call("DELETE", f"{CUSTOMERS}/1").status, call("GET", f"{CUSTOMERS}/1").status) == (204, 404)
    assert call("PUT", f"{BY_KEY}/8", ANN).data["id"] == "2"


def test_a_merge(acme, call):
    """The old id leads to the record that is left, and unique values are free again."""
    call("PUT", f"{BY_KEY}/7", ANN)
    call("PUT", f"{BY_KEY}/8", {"name": "Anna", "city": "Gent"})
    assert call("POST", f"{CUSTOMERS}/1/merge", {"into": "2"}).status == 204
    assert call("GET", f"{CUSTOMERS}/1").data == {
        "id": "2",
        "key": "8",
        "name": "Anna",
        "city": "Gent",
        "email": ANN["email"],
    }
    [record] = acme.records("customers", "acme")
    assert (record["id"], record["mergedIds"]) == ("2", ["1"])
    assert call("PUT", f"{BY_KEY}/7", {}).status == 201


def test_parts_of_a_path_may_have_any_character(call):
    assert call("PUT", f"{BY_KEY}/res.partner%2C7%2F8", {}).data["key"] == "res.partner,7/8"


@pytest.mark.parametrize("headers", [{"X-Account-Key": None}, {"X-Account-Key": "other"}])
def test_credentials(call, headers):
    answer = call("GET", CUSTOMERS, **headers)
    assert (answer.status, answer.data) == (401, {"message": "missing or unknown credentials"})


def test_what_is_refused(call):
    assert call("GET", "/acme/v1/nothing").status == 404
    assert call("POST", CUSTOMERS).status == 405
    assert [call("PUT", f"{BY_KEY}/7", body).status for body in (b"", b"{", b"[]", {"email": "ann"})] == [
        400
    ] * 3 + [422]


def test_limits(acme, call):
    """A call that is refused does not count, and neither does one with unknown credentials."""
    acme.configure("acme", calls_per_hour=2)
    answers = [
        call("GET", CUSTOMERS),
        call("GET", CUSTOMERS, **{"X-Account-Key": "x"}),
        call("GET", CUSTOMERS),
        call("GET", CUSTOMERS),
    ]
    assert [each.status for each in answers] == [200, 401, 200, 429]
    assert [each.headers["X-Left"] for each in answers] == ["1", None, "0", None]
    acme.configure("acme", calls_per_hour=3)
    assert call("GET", CUSTOMERS).status == 200
    acme.reset()
    assert call("GET", CUSTOMERS).headers["X-Left"] == "999999"


def test_faults(acme, call):
    acme.fault(limit="hour", retry_after=9, times=1)
    answer = call("GET", CUSTOMERS)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "9")
    acme.fault(invalid_every=2)
    statuses = [call("PUT", f"{BY_KEY}/{key}", {"name": "Ann"}).status for key in (1, 2, 3, 2, 1)]
    assert statuses == [201, 400, 201, 400, 200]


def test_what_the_provider_calls_a_secret_is_hidden(acme, call):
    call("GET", CUSTOMERS)
    [entry] = acme.requests()
    assert entry["headers"]["x-account-key"] == "***"


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
    shutil.copy(STAND_IN, tmp_path / "an_addon" / "stand_in.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with load_client().SandboxProcess(providers={"acme": "an_addon.stand_in:Acme"}) as client:
        assert client.state()["acme"]["customers"] == {"active": 0, "archived": 0}


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("acme", ("/acme/", "/crm/"), "acme and hubspot would both answer /crm/"),
        ("hubspot", ("", ""), "there are two providers hubspot"),
    ],
)
def test_providers_that_collide(tmp_path, name, change, reason):
    """The error says why the process ended: a test shows nothing else."""
    place = tmp_path / "stand_in.py"
    place.write_text(STAND_IN.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with (
        pytest.raises(RuntimeError, match=f"did not start: (.|\n)*{reason}"),
        load_client().SandboxProcess(providers={name: f"{place}:Acme"}),
    ):
        pass
