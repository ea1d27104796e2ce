"""Keys, limits, calls at the same time, idempotency keys, errors and outages of Talon.One; and its specification."""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from openapi_spec import MISSING, Mismatch
from talon_one_calls import (
    DAY,
    INTEGRATION,
    MANAGEMENT,
    PROFILES,
    PROGRAM,
    SESSIONS,
    TOO_MANY,
    Deployment,
    effects,
    specification,
)

SESSION = {"customerSession": {"profileId": "ann"}}
EVENT = {"type": "review", "profileId": "ann"}
ADD = f"{PROGRAM}/profile/ann/add_points"
# The six writes that know an idempotency key, each after the same preparations.
SIX = [
    (
        "PUT",
        f"{SESSIONS}/S9",
        {"customerSession": {"profileId": "ann", "attributes": {"ShippingCity": "Ghent"}}},
    ),
    ("POST", f"{SESSIONS}/S1/returns", {"return": {"returnedCartItems": [{"position": 0, "quantity": 1}]}}),
    ("PUT", f"{SESSIONS}/S2/reopen", None),
    ("PUT", f"{PROFILES}/ann", {"attributes": {"Name": "Ann"}}),
    ("PUT", PROFILES, {"customerProfiles": [{"integrationId": "ann"}]}),
    ("POST", "/v2/events", EVENT),
]


@pytest.fixture
def talon(sandbox):
    return Deployment(sandbox)


@pytest.fixture
def orders(talon):
    """Two sessions that are closed."""
    for key in ("S1", "S2"):
        talon.order(key, items=[("LAMP", 4, 10)])


# ----- the specification -----


@pytest.mark.skipif(specification() is None, reason=MISSING)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"{SESSIONS}/S1", {"customerSession": {"currency": "EUR"}}),
        ("PUT", f"{SESSIONS}/S1", {"customerSession": {"cartItems": [{"sku": "A"}]}}),
        ("PUT", f"{SESSIONS}/S1", {}),
        ("PUT", f"{SESSIONS}/S1?dry=1", SESSION),
        ("PUT", f"{SESSIONS}/S1?quick=true", SESSION),
        ("GET", f"{PROGRAM}/profile/ann/transactions?pageSize=1001", None),
        ("GET", "/v1/loyalty_programs/club/profile/ann/balances", None),
        ("PUT", ADD, {"points": 0}),
        ("POST", f"{SESSIONS}/S1/undo", {}),
    ],
)
def test_the_check_of_requests_sees(method, path, body):
    with pytest.raises(Mismatch):
        specification().check_request(method, path, body)


@pytest.mark.skipif(specification() is None, reason=MISSING)
@pytest.mark.parametrize(
    "change",
    [{"id": "1"}, {"state": "paid"}, {"total": "10.00"}, {"created": "yesterday"}, {"colour": "red"}],
)
def test_the_check_of_answers_sees(talon, change):
    answer = talon.session(profileId="ann")
    specification().check_answer("PUT", f"{SESSIONS}/S1", 200, answer)
    wrong = {**answer, "customerSession": {**answer["customerSession"], **change}}
    with pytest.raises(Mismatch):
        specification().check_answer("PUT", f"{SESSIONS}/S1", 200, wrong)


# ----- keys -----


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "ApiKey-v1 wrong",
        "sandbox-api-key",
        "Bearer sandbox-api-key",
        MANAGEMENT["Authorization"],
        "ApiKey-v1 sandbox-mgmt-key",
    ],
)
def test_the_integration_key(talon, value):
    answer = talon("PUT", f"{SESSIONS}/S1", SESSION, headers={"Authorization": value})
    assert (answer.status, answer.data) == (401, {"message": "Invalid API key", "StatusCode": 401})
    assert talon.records("sessions") == []


def test_points_are_not_added_with_the_integration_key(talon):
    """The Management API has a key of its own."""
    talon.profile()
    assert talon.refused("PUT", ADD, {"points": 5}) == (401, None)
    assert (
        talon.refused("PUT", ADD, {"points": 5}, headers={"Authorization": "ManagementKey-v1 wrong"})[0]
        == 401
    )
    assert talon.records("transactions") == []


@pytest.mark.parametrize(("api", "headers"), [("integration", INTEGRATION), ("management", MANAGEMENT)])
def test_keys_expire(talon, api, headers):
    talon.profile()
    path = f"{PROGRAM}/profile/ann/balances" if api == "integration" else PROGRAM
    talon.configure(**{f"{api}_key_expires": "2099-01-01T00:00:00Z"})
    assert talon("GET", path, headers=headers).status == 200
    talon.configure(ahead_s=100 * 365 * DAY)
    assert talon("GET", path, headers=headers).status == 401


def test_a_test_key_changes_nothing(talon):
    talon.configure(integration_key_is_test=True)
    assert effects(talon.order(), "value") == [("addLoyaltyPoints", 100)]
    talon.profile()
    talon.good("POST", f"{PROGRAM}/profile/ann/join")
    state = talon.sandbox.state()["talon_one"]
    assert (state["sessions"], state["profiles"], talon.records("transactions")) == (0, 0, [])


def test_operations_of_the_management_key(talon):
    talon.configure(management_operations=["getLoyaltyPrograms"])
    assert talon.manage("GET", "/v1/loyalty_programs").status == 200
    answer = talon.manage("GET", PROGRAM)
    assert (answer.status, answer.data["StatusCode"]) == (403, 403)


def test_no_key_is_in_the_log(talon, sandbox):
    talon.profile()
    talon.add(5)
    assert {each["headers"]["authorization"] for each in sandbox.requests()} == {"***"}


# ----- limits -----


def test_three_calls_a_second_for_each_operation_of_the_management_api(talon):
    """The answer says nothing of when to come back."""
    talon.configure(management_interval_s=3_600)
    talon.profile()
    answers = [talon.manage("PUT", ADD, {"points": 5}) for _ in range(4)]
    assert [each.status for each in answers] == [204, 204, 204, 429]
    names = [name.lower() for name in answers[3].headers]
    assert [name for name in names if "retry" in name or "limit" in name] == []
    assert (talon.deduct(5).status, talon.active()) == (204, 10)
    assert [talon("GET", f"{PROGRAM}/profile/ann/balances").status for _ in range(9)] == [200] * 9


def test_the_window_is_a_second(talon):
    talon.profile()
    statuses, start = [], time.monotonic()
    while statuses[-1:] != [429] and len(statuses) < 50:
        statuses.append(talon.manage("PUT", ADD, {"points": 5}).status)
    assert (statuses[-1], len(statuses) > 3) == (429, True)
    while statuses[-1] != 204 and time.monotonic() < start + 10:
        statuses.append(talon.manage("PUT", ADD, {"points": 5}).status)
    assert statuses[-1] == 204
    assert time.monotonic() - start >= 1


def test_a_429_on_demand(talon, sandbox):
    talon.profile()
    sandbox.fault(path="add_points", limit="addLoyaltyPoints", times=1)
    assert talon.manage("PUT", ADD, {"points": 5}).status == 429
    assert talon.records("transactions") == []


# ----- calls at the same time -----


@pytest.fixture
def slow(talon):
    """Start a write that takes long, and return how it ends. It is in progress."""
    talon.configure(busy_s=1)
    with ThreadPoolExecutor() as pool:

        def start(*call):
            running = pool.submit(talon, *call)
            deadline = time.monotonic() + 10
            while not talon.sandbox.state()["talon_one"]["in_progress"] and time.monotonic() < deadline:
                threading.Event().wait(0.01)
            return running

        yield start


@pytest.mark.parametrize(
    ("method", "path", "body", "is_accepted"),
    [
        ("PUT", f"{SESSIONS}/S1", {"customerSession": {"profileId": "bob"}}, False),
        ("PUT", f"{SESSIONS}/S2", SESSION, False),
        ("PUT", f"{PROFILES}/ann", {}, False),
        ("POST", "/v2/events", EVENT, False),
        ("POST", "/v3/events", {**EVENT, "integrationId": "E1"}, False),
        ("PUT", f"{SESSIONS}/S2", {"customerSession": {"profileId": "bob"}}, True),
        ("PUT", f"{PROFILES}/bob", {}, True),
    ],
)
def test_a_second_write_for_a_session_or_a_profile(talon, slow, method, path, body, is_accepted):
    """It is refused at once, and can be repeated as it is."""
    running = slow("PUT", f"{SESSIONS}/S1", SESSION)
    answer = talon(method, path, body)
    assert (answer.status in (200, 204)) == is_accepted
    if not is_accepted:
        assert (answer.status, answer.data["StatusCode"]) == (409, 409)
        assert TOO_MANY in answer.data["message"]
    assert talon("GET", f"{SESSIONS}/S1").status in (200, 404)
    assert running.result().status == 200
    talon.configure(busy_s=0)
    assert talon(method, path, body).status in (200, 204)


@pytest.mark.parametrize("call", SIX[1:3])
def test_returns_and_reopening_are_writes_too(talon, orders, slow, call):
    running = slow("PUT", f"{PROFILES}/ann", {})
    assert talon.refused(*call) == (409, None)
    assert running.result().status == 200
    assert talon(*call).status == 200


def test_parallel_calls_are_refused_without_any_setting(talon):
    """Two at the same time are one too many; none of them is lost or doubled."""
    call = ("POST", "/v2/events?silent=no", EVENT)
    with ThreadPoolExecutor(8) as pool:
        statuses = [each.status for each in pool.map(lambda _: talon(*call), range(40))]
    assert set(statuses) == {200, 409}
    assert talon.active() == 50 * statuses.count(200)


# ----- idempotency -----


@pytest.mark.parametrize(("method", "path", "body"), SIX)
def test_the_six_writes_that_know_an_idempotency_key(talon, orders, method, path, body):
    """The second answer is the first one, byte by byte, and nothing happens again."""
    before = talon.records("events")
    first = talon(method, path, body, key="K1")
    state = everything(talon)
    second = talon(method, path, body, key="K1")
    assert first.status in (200, 204)
    assert (second.status, second.text) == (first.status, first.text)
    assert everything(talon) == state
    assert len(talon.records("events")) - len(before) <= 1


def everything(talon):
    return [talon.records(kind) for kind in ("sessions", "profiles", "events", "transactions", "coupons")]


def test_without_a_key_it_happens_again(talon):
    talon.profile()
    for key in (None, None, "K1", "K1", "K2"):
        talon("POST", "/v2/events", EVENT, key=key)
    assert talon.active() == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", ADD, {"points": 50}),
        ("POST", "/v3/events", {**EVENT, "integrationId": "E1"}),
        ("POST", "/v1/coupon_reservations/TENOFF", {"integrationIDs": ["ann"]}),
        ("POST", f"{PROGRAM}/profile/ann/join", None),
    ],
)
def test_all_other_writes_ignore_the_key(talon, method, path, body):
    talon.profile()
    headers = {**(MANAGEMENT if path == ADD else {}), "Idempotency-Key": "K1"}
    first, second = (talon(method, path, body, headers=headers) for _ in range(2))
    seconds = {ADD: 204, "/v3/events": 409, "/v1/coupon_reservations/TENOFF": 201}
    assert (first.status < 300, second.status) == (True, seconds.get(path, 400))
    assert talon.balance()["activePoints"] == {ADD: 100, "/v3/events": 50}.get(path, 0)


def test_after_a_day_a_key_runs_again(talon):
    for ahead, points in ((0, 50), (DAY - 60, 50), (DAY + 60, 100)):
        talon.configure(ahead_s=ahead)
        talon("POST", "/v2/events", EVENT, key="K1")
        assert talon.active() == points


def test_a_key_counts_for_its_path_whatever_the_body_is(talon):
    talon.session(profileId="ann", idempotency="K1", attributes={"ShippingCity": "Ghent"})
    talon.session(attributes={"ShippingCity": "Bruges"}, idempotency="K1")
    talon.session("S2", attributes={"ShippingCity": "Bruges"}, idempotency="K1")
    cities = [each["attributes"]["ShippingCity"] for each in talon.records("sessions")]
    assert cities == ["Ghent", "Bruges"]


def test_what_was_refused_can_be_repeated_with_the_key_unless_it_is_kept(talon):
    body = {"customerSession": {"attributes": {"Colour": "red"}}}
    attributes = {"CustomerSession": {"Colour": "string"}}
    for keeps, status in ((False, 200), (True, 400)):
        talon.sandbox.reset()
        talon.configure(idempotency_keeps_errors=keeps)
        assert talon("PUT", f"{SESSIONS}/S1", body, key="K1").status == 400
        talon.configure(attributes=attributes)
        assert talon("PUT", f"{SESSIONS}/S1", body, key="K1").status == status


def test_a_key_has_255_characters(talon):
    assert talon("PUT", f"{SESSIONS}/S1", SESSION, key="x" * 255).status == 200
    assert talon("PUT", f"{SESSIONS}/S1", SESSION, key="x" * 256).status == 400


def test_a_dry_request_leaves_the_key_unused(talon):
    talon.session(query="?dry=true", profileId="ann", idempotency="K1")
    talon.session(profileId="ann", idempotency="K1")
    assert len(talon.records("sessions")) == 1


# ----- outages -----


@pytest.mark.parametrize(("drop", "points"), [("before", 0), ("after", 100)])
def test_lost_answers(talon, sandbox, drop, points):
    """With its key, the request can be sent again: it is booked once."""
    sandbox.fault(drop=drop, times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        talon.order(idempotency="K1")
    assert sum(each["amount"] for each in talon.records("transactions")) == points
    talon.order(idempotency="K1")
    assert (talon.active(), talon.amounts()) == (100, [100])


def test_a_lost_answer_without_a_key_cannot_be_repeated(talon, sandbox):
    sandbox.fault(drop="after", times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        talon.order()
    assert talon.refused("PUT", f"{SESSIONS}/S1", {"customerSession": {"state": "closed"}})[0] == 400
    assert talon.get(f"{SESSIONS}/S1")["customerSession"]["state"] == "closed"


def test_a_lost_answer_of_the_management_api_is_found_by_its_name(talon, sandbox):
    """There is no other way: no key, and no ID in the answer."""
    talon.profile()
    sandbox.fault(path="add_points", drop="after", times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        talon.add(25, name="odoo/77")
    assert [each["name"] for each in talon.transactions(loyaltyTransactionType="manual")] == ["odoo/77"]


def test_an_outage_and_a_slow_engine(talon, sandbox):
    sandbox.fault(status=503, times=2)
    statuses = [talon.api("PUT", f"{PROFILES}/ann", {}, INTEGRATION).status for _ in range(3)]
    assert statuses == [503, 503, 200]
    sandbox.fault(latency=0.3, times=1)
    start = time.monotonic()
    talon.profile()
    assert time.monotonic() - start >= 0.3


def test_an_engine_restored_from_a_backup(talon):
    """It forgets what happened since, also the answers to keys, and goes on."""
    talon.order()
    talon.act("back_up")
    talon.order("S2", idempotency="K1")
    talon.act("restore")
    assert (talon.active(), len(talon.records("sessions"))) == (100, 1)
    talon.order("S2", idempotency="K1")
    assert talon.active() == 200


# ----- errors -----


def test_paths_and_methods_that_there_are_not(talon):
    answers = [
        talon.api(method, path, {}, INTEGRATION)
        for method, path in (("GET", f"{SESSIONS}/S1/nothing"), ("PATCH", f"{SESSIONS}/S1"))
    ]
    assert [each.status for each in answers] == [404, 405]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"'])
def test_bodies_that_are_no_object(talon, body):
    assert talon.refused("PUT", f"{SESSIONS}/S1", body)[0] == 400


def test_settings_that_are_wrong(talon):
    for wrong in (
        {"programs": [{"colour": "red"}]},
        {"rules": [{"kind": "gamble"}]},
        {"coupons": [{"percent": 10}]},
        {"nonsense": 1},
    ):
        with pytest.raises(ValueError, match="nonsense|unknown|wrong"):
            talon.configure(**wrong)
        talon.sandbox.reset()


def test_a_new_deployment_knows_no_id_of_the_old_one(talon, sandbox):
    old = talon.session(profileId="ann")["customerSession"]["id"]
    sandbox.reset()
    assert talon.records("sessions") == []
    assert talon.session(profileId="ann")["customerSession"]["id"] != old
