"""Voucherify's authentication, limits, errors and outages; and that its specification is at hand."""

import http.client
import time
from urllib.parse import urlencode

import pytest
from openapi_spec import MISSING, Mismatch
from voucherify_calls import PROGRAM, Project, specification

CUSTOMERS = "/v1/customers"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def project(sandbox):
    return Project(sandbox)


# ----- the specification -----


@pytest.mark.skipif(specification() is None, reason=MISSING)
def test_the_examples_of_the_vendor_are_as_its_specification_says():
    """So far as loyalty v2 goes; two examples leave out what is required."""
    wrong = []
    for operation in specification().operations:
        if operation.path.startswith("/v2/loyalties/"):
            wrong += [
                name for name, status, value in examples(operation) if mistaken(operation, status, value)
            ]
    assert wrong == ["Get customer memberships", "Get membership"]


def examples(operation):
    """Yield (name, status, value) of the answers."""
    for status, answer in operation.data["responses"].items():
        content = answer.get("content", {}).get("application/json", {})
        for name, example in content.get("examples", {}).items():
            yield name, int(status), example["value"]


def mistaken(operation, status, value):
    try:
        operation.check_answer(status, value)
    except Mismatch:
        return True
    return False


@pytest.mark.skipif(specification() is None, reason=MISSING)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"/v2/loyalties/programs/{PROGRAM}/members/lmbr_1/cards/lcrd_1/points", {"points": "5"}),
        ("POST", f"/v2/loyalties/programs/{PROGRAM}/members/lmbr_1/cards/card/points", {"points": 5}),
        ("POST", f"/v2/loyalties/programs/{PROGRAM}/members/lmbr_1/cards/lcrd_1/points", {"pints": 5}),
        ("POST", "/v1/orders", {"sourceId": "1"}),
        ("POST", "/v1/orders", {"items": [{"quantity": 1.5}]}),
        ("GET", "/v1/orders?source_id=1", None),
        ("POST", "/v1/orders/1/refund", {}),
        ("POST", "/v1/validations", {}),
    ],
)
def test_the_check_of_requests_sees(method, path, body):
    with pytest.raises(Mismatch):
        specification().check_request(method, path, body)


@pytest.mark.skipif(specification() is None, reason=MISSING)
@pytest.mark.parametrize(
    "change",
    [
        {"id": 1},
        {"status": "PAYED"},
        {"amount": 10.5},
        {"created_at": "yesterday"},
        {"colour": "red"},
        {"items": [{"object": "order_item", "colour": "red"}]},
    ],
)
def test_the_check_of_answers_sees(project, change):
    order = project.order()
    specification().check_answer("POST", "/v1/orders", 200, order)
    with pytest.raises(Mismatch):
        specification().check_answer("POST", "/v1/orders", 200, {**order, **change})


# ----- authentication -----


@pytest.mark.parametrize(
    "keys",
    [
        {"X-App-Id": None, "X-App-Token": None},
        {"X-App-Id": "sandbox-app", "X-App-Token": "wrong"},
        {"X-App-Id": "wrong", "X-App-Token": "sandbox-token"},
        {"X-App-Id": None, "X-App-Token": None, "Authorization": "Bearer sandbox-token"},
    ],
)
def test_both_headers_have_to_be_right(project, keys):
    answer = project("GET", CUSTOMERS, headers=keys)
    assert (answer.status, answer.data["code"], answer.data["key"]) == (401, 401, "unauthorized")


def test_tokens_live_for_fifteen_minutes(project, sandbox):
    def token(**form):
        body = urlencode({"grant_type": "client_credentials", "scope": "customers orders", **form})
        return project("POST", "/v1/oauth/token", body.encode(), wrong=True, headers=FORM)

    made = token().data
    assert (made["expires_in"], made["token_type"]) == (900, "Bearer")
    bearer = {"X-App-Id": None, "X-App-Token": None, "Authorization": f"Bearer {made['access_token']}"}
    assert project("GET", CUSTOMERS, headers=bearer).status == 200
    project.configure(ahead_s=901)
    assert project("GET", CUSTOMERS, headers=bearer).status == 401
    assert token(scope="a,b").data["key"] == "invalid_scope"
    assert token(grant_type="password").data["key"] == "invalid_grant_type"
    assert (
        project("POST", "/v1/oauth/token", b"", wrong=True, headers={**FORM, "X-App-Token": "x"}).status
        == 401
    )


def test_no_secret_is_in_the_log(project, sandbox):
    project.get(CUSTOMERS)
    (entry,) = sandbox.requests()
    assert entry["headers"]["x-app-token"] == "***"


# ----- limits -----


def numbers(answer):
    names = ("X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Type", "Retry-After")
    return tuple(answer.headers[name] for name in names)


def test_calls_of_a_window(project):
    """X-Rate-Limit-Retry is the time of the next call; Retry-After need not be there."""
    project.configure(calls=2, interval_s=60)
    answers = [project("GET", CUSTOMERS) for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    assert [numbers(each) for each in answers] == [
        ("2", "1", None, None),
        ("2", "0", None, None),
        ("2", "0", "api_calls", None),
    ]
    waits = [int(each.headers["X-Rate-Limit-Retry"]) - time.time() for each in answers]
    assert waits[0] < 2
    assert all(55 < each < 62 for each in waits[1:])
    assert answers[2].data["message"].startswith("Too many requests")


def test_a_cycle_that_is_used_up_is_not_over_in_seconds(project):
    project.configure(calls_per_cycle=1, retry_after=3_600)
    project.get(CUSTOMERS)
    answer = project("GET", CUSTOMERS)
    assert (answer.status, numbers(answer)) == (429, ("1", "0", "api_calls_cycle", "3600"))
    assert int(answer.headers["X-Rate-Limit-Retry"]) - time.time() > 3_600


def test_bulk_calls_have_a_limit_of_their_own(project):
    project.configure(bulk_calls=1)
    body = [{"source_id": "1"}]
    answers = [project("POST", f"{CUSTOMERS}/bulk/async", body) for _ in range(2)]
    assert [each.status for each in answers] == [202, 429]
    assert answers[1].headers["X-Rate-Limit-Type"] == "bulk_api_calls"
    assert project("GET", CUSTOMERS).status == 200


@pytest.mark.parametrize("limit", ["api_calls", "bulk_api_calls", "api_calls_cycle"])
def test_a_429_on_demand(project, sandbox, limit):
    sandbox.fault(limit=limit, retry_after=7, times=1)
    answer = project("GET", CUSTOMERS)
    assert (answer.status, answer.headers["X-Rate-Limit-Type"], answer.headers["Retry-After"]) == (
        429,
        limit,
        "7",
    )
    assert project("GET", CUSTOMERS).status == 200


# ----- errors -----


def test_the_shape_of_errors(project):
    answer = project("GET", f"{CUSTOMERS}/cust_0")
    assert answer.data.pop("request_id").startswith("v-")
    assert answer.data == {
        "code": 404,
        "key": "not_found",
        "message": "Resource not found",
        "details": "Cannot find customer with id cust_0",
        "resource_id": "cust_0",
        "resource_type": "customer",
    }


def test_bodies_that_are_no_json(project):
    for kind, status in (("text/plain", 415), (None, 415), ("application/json;charset=utf-8", 200)):
        headers = {"Content-Type": kind}
        assert project("POST", CUSTOMERS, {"source_id": "1"}, headers=headers).status == status


def test_methods_and_paths_that_there_are_not(project):
    answers = [
        project.api(method, path, headers=keys())
        for method, path in (
            ("PATCH", CUSTOMERS),
            ("GET", "/v2/loyalties/nothing"),
        )
    ]
    assert [(each.status, each.data["key"]) for each in answers] == [
        (405, "method_not_allowed"),
        (404, "not_found"),
    ]


def keys():
    return {"Authorization": None, "X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}


# ----- outages -----


def test_an_outage_and_a_slow_engine(project, sandbox):
    sandbox.fault(status=503, times=2)
    assert [project.api("GET", CUSTOMERS, headers=keys()).status for _ in range(3)] == [503, 503, 200]
    sandbox.fault(latency=0.3, times=1)
    start = time.monotonic()
    project.get(CUSTOMERS)
    assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize(("drop", "customers"), [("before", 0), ("after", 1)])
def test_lost_answers(project, sandbox, drop, customers):
    sandbox.fault(drop=drop, times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        project.customer()
    assert len(project.records("customers")) == customers


def test_a_redemption_that_is_in_progress_elsewhere(project, sandbox):
    """The sandbox does one call after the other: a fault plays it."""
    body = {"code": 400, "key": "multiple_requests", "message": "multiple requests"}
    sandbox.fault(path="/v1/redemptions", method="POST", status=400, body=body, times=1)
    redemption = {"redeemables": [{"object": "voucher", "id": "GIFT"}]}
    assert project.refused("POST", "/v1/redemptions", redemption) == (400, "multiple_requests")


# ----- the control API -----


def test_a_new_project_knows_no_id_of_the_old_one(project, sandbox):
    member = project.member()
    sandbox.reset()
    assert project.refused("GET", member.path) == (404, "not_found")
    assert project.member().id != member.id


def test_an_engine_restored_from_a_backup(project):
    """It forgets what happened since, and goes on."""
    member = project.member()
    member.adjust(25)
    project.act("back_up")
    member.adjust(10)
    project.gift_card()
    assert member.balance() == (35, 0)
    project.act("restore")
    assert (member.balance(), project.records("vouchers")) == ((25, 0), [])
    project.order()
    assert member.balance() == (125, 0)
    assert [points for _, _, points in member.transactions()] == [100, 25]


def test_what_the_state_says(project, sandbox):
    project.configure(processing_s=None)
    project.member()
    project.order()
    state = sandbox.state()["voucherify"]
    assert (state["customers"], state["orders"], state["members"], state["waiting"]) == (1, 1, 1, 2)
    project.act("process")
    assert sandbox.state()["voucherify"]["waiting"] == 0
    assert project.records("cards")[0]["balance"]["points"] == 100
    with pytest.raises(ValueError, match="nonsense"):
        project.records("nonsense")
