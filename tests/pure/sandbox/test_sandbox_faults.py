"""The fault plan does what it says: tests of retries and recovery rely on every word of it."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

PATH = "/crm/objects/2026-09/contacts"
ANN = {"properties": {"email": "ann@example.com"}}


def test_status_body_and_headers_without_doing_anything(sandbox, api):
    sandbox.fault(status=503, body={"status": "error"}, headers={"Retry-After": "7"}, times=2)
    for _ in range(2):
        answer = api("POST", PATH, ANN)
        assert (answer.status, answer.data, answer.headers["Retry-After"]) == (503, {"status": "error"}, "7")
    assert sandbox.contacts() == []
    assert api("POST", PATH, ANN).status == 201


def test_rules_match_by_path_method_and_turn(sandbox, api):
    sandbox.fault(path="/contacts", method="POST", skip=1, times=1, status=500)
    statuses = [api("POST", PATH, {"properties": {"firstname": "A"}}).status for _ in range(3)]
    assert (statuses, api("GET", PATH).status) == ([201, 500, 201], 200)
    (rule,) = sandbox.faults()
    assert (rule["seen"], rule["hits"]) == (3, 1)


def test_dropped_before_the_write(sandbox, api):
    sandbox.fault(drop="before", times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        api("POST", PATH, ANN)
    assert sandbox.contacts() == []


def test_dropped_after_the_write(sandbox, api):
    """The case that an exporter cannot tell from the one above; only the record count can."""
    sandbox.fault(drop="after", times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        api("POST", PATH, ANN)
    assert len(sandbox.contacts()) == 1
    (logged,) = sandbox.requests()
    assert (logged["status"], logged["body"]) == (None, ANN)


def test_half_of_the_answer(sandbox, api):
    sandbox.fault(truncate=True, times=1)
    with pytest.raises(http.client.IncompleteRead):
        api("POST", PATH, ANN)
    assert len(sandbox.contacts()) == 1
    assert api("GET", PATH).status == 200


def test_html_as_a_proxy_sends_it(sandbox, api):
    sandbox.fault(html=True, times=1)
    answer = api("POST", PATH, ANN)
    assert (answer.status, answer.headers["Content-Type"], answer.data) == (
        502,
        "text/html; charset=UTF-8",
        None,
    )
    assert answer.text.startswith("<!DOCTYPE html>")
    sandbox.fault(html=True, status=200, times=1)
    assert api("POST", PATH, ANN).status == 200
    assert sandbox.contacts() == []


def test_latency(sandbox, api):
    sandbox.fault(latency=0.3, times=1)
    start = time.monotonic()
    assert api("POST", PATH, ANN).status == 201
    assert time.monotonic() - start >= 0.3


def test_a_hanging_request_is_let_go_when_the_faults_are_cleared(sandbox, api):
    sandbox.fault(hang=60)
    with pytest.raises(TimeoutError):
        api("GET", PATH, timeout=0.3)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(api, "POST", PATH, ANN)
        time.sleep(0.2)
        assert not hanging.done()
        sandbox.faults_clear()
        with pytest.raises(http.client.RemoteDisconnected):
            hanging.result(5)
    assert sandbox.contacts() == []


@pytest.mark.parametrize(("limit", "policy"), [("burst", "TEN_SECONDLY_ROLLING"), ("daily", "DAILY")])
def test_a_429_on_demand(sandbox, api, limit, policy):
    sandbox.fault(limit=limit, retry_after=3, times=1)
    answer = api("POST", PATH, ANN)
    assert (answer.status, answer.data["policyName"], answer.headers["Retry-After"]) == (429, policy, "3")
    assert api("POST", PATH, ANN).status == 201


def test_every_nth_item_is_invalid_however_the_batches_are_cut(sandbox, api):
    """What bisecting down a rejected batch needs: the same items stay bad in smaller batches."""
    sandbox.configure(custom_properties=[{"name": "customer", "hasUniqueValue": True}])
    sandbox.fault(path="/batch/upsert", invalid_every=10)

    def send(keys):
        batch = [{"id": key, "idProperty": "customer", "properties": {"city": "Gent"}} for key in keys]
        return api("POST", f"{PATH}/batch/upsert", {"inputs": batch}).status

    keys = [str(number) for number in range(1, 31)]
    assert send(keys) == 400
    assert sandbox.contacts() == []
    bad = [key for key in keys if send([key]) == 400]
    assert bad == ["10", "20", "30"]
    assert len(sandbox.contacts()) == 27


def test_an_unknown_word_in_a_rule_is_refused(sandbox):
    with pytest.raises(ValueError, match="statsu"):
        sandbox.fault(statsu=500)


def test_the_first_rule_that_matches_wins(sandbox, api):
    sandbox.fault(status=500, times=1)
    sandbox.fault(status=503)
    assert [api("GET", PATH).status for _ in range(3)] == [500, 503, 503]


def test_keep_alive_survives_errors(sandbox):
    """Many requests on one connection, bad ones among them: the server must not lose its place in the stream."""
    connection = http.client.HTTPConnection(sandbox.url.split("//")[1], timeout=5)
    headers = {"Authorization": "Bearer sandbox-token", "Content-Type": "application/json"}
    sandbox.fault(status=500, method="POST", skip=1, times=1)
    statuses = []
    for body in ("{", json.dumps(ANN), json.dumps(ANN), "[]"):
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    assert statuses == [400, 500, 201, 400]
