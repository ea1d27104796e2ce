"""Who may call the sandbox's HubSpot and how often, and the control API."""

import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

PATH = "/crm/objects/2026-09/contacts"
SANDBOX = Path(__file__).parents[2] / "sandbox"


def remaining(answer):
    names = ("Max", "Remaining", "Interval-Milliseconds", "Daily", "Daily-Remaining")
    return [int(answer.headers[f"X-HubSpot-RateLimit-{name}"]) for name in names]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Basic sandbox-token"])
def test_401_without_a_known_token(api, token):
    answer = api("GET", PATH, headers={"Authorization": token})
    assert (answer.status, answer.data["status"], answer.data["category"]) == (
        401,
        "error",
        "INVALID_AUTHENTICATION",
    )


def test_a_token_can_be_revoked_and_replaced(sandbox, api):
    sandbox.configure(tokens=["other"])
    assert api("GET", PATH).status == 401
    assert api("GET", PATH, headers={"Authorization": "Bearer other"}).status == 200


def test_burst_limit(sandbox, api):
    sandbox.configure(ten_secondly_limit=2, daily_limit=50)
    assert remaining(api("GET", PATH)) == [2, 1, 10000, 50, 49]
    assert remaining(api("GET", PATH)) == [2, 0, 10000, 50, 48]
    answer = api("GET", PATH)
    assert (answer.status, answer.data["errorType"], answer.data["policyName"]) == (
        429,
        "RATE_LIMIT",
        "TEN_SECONDLY_ROLLING",
    )
    assert answer.data["message"] == "You have reached your ten_secondly_rolling limit."
    assert (remaining(answer), answer.headers["Retry-After"]) == ([2, 0, 10000, 50, 48], None)
    sandbox.configure(retry_after=10)
    assert api("GET", PATH).headers["Retry-After"] == "10"


def test_burst_limit_rolls_on(sandbox, api):
    sandbox.configure(ten_secondly_limit=1, interval_s=1)
    assert [api("GET", PATH).status for _ in range(2)] == [200, 429]
    time.sleep(1.1)
    assert [api("GET", PATH).status for _ in range(2)] == [200, 429]


def test_daily_limit(sandbox, api):
    sandbox.configure(daily_limit=1)
    assert api("GET", PATH).status == 200
    answer = api("GET", PATH)
    assert (answer.status, answer.data["policyName"]) == (429, "DAILY")
    assert answer.data["message"] == "You have reached your daily limit."


def test_limit_of_associations(sandbox, api):
    """Of their own: other calls are not hit by it."""
    sandbox.configure(associations_limit=1)
    path = "/crm/associations/2026-09/contacts/companies/labels"
    answers = [api("GET", path) for _ in range(2)]
    assert [each.status for each in answers] == [200, 429]
    assert answers[1].data["policyName"] == "TEN_SECONDLY_ROLLING"
    assert api("GET", PATH).status == 200
    sandbox.configure(associations_limit=3)
    assert api("GET", path).status == 200


def test_limit_of_searches(sandbox, api):
    """On top of the other limits; other calls are not hit by it."""
    sandbox.configure(search_limit=0)
    answer = api("POST", f"{PATH}/search", {})
    assert (answer.status, answer.data["policyName"], answer.data["message"]) == (
        429,
        "SECONDLY",
        "You have reached your secondly limit.",
    )
    assert api("GET", PATH).status == 200
    sandbox.configure(search_limit=1)
    assert api("POST", f"{PATH}/search", {}).status == 200


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_account_information(sandbox, api, version):
    details = api("GET", f"/account-info/{version}/details").data
    assert (details["portalId"], details["accountType"], details["dataHostingLocation"]) == (
        44237313,
        "STANDARD",
        "na1",
    )
    sandbox.configure(daily_limit=500)
    (usage,) = api("GET", f"/account-info/{version}/api-usage/daily/private-apps").data["results"]
    assert (usage["name"], usage["usageLimit"], usage["currentUsage"]) == (
        "private-apps-api-calls-daily",
        500,
        2,
    )


@pytest.mark.parametrize(
    ("zone", "offset", "hours"), [("Asia/Kolkata", "+05:30", 5.5), ("America/Phoenix", "-07:00", -7)]
)
def test_the_day_of_the_account(sandbox, api, zone, offset, hours):
    """The daily limit ends at midnight in its timezone."""
    sandbox.configure(time_zone=zone)
    details = api("GET", "/account-info/2026-09/details").data
    assert [details[name] for name in ("timeZone", "utcOffset", "utcOffsetMilliseconds")] == [
        zone,
        offset,
        hours * 3_600_000,
    ]
    (usage,) = api("GET", "/account-info/2026-09/api-usage/daily/private-apps").data["results"]
    there = datetime.fromisoformat(usage["resetsAt"]) + timedelta(hours=hours)
    assert there.strftime("%H:%M:%S") == "00:00:00"


@pytest.mark.parametrize("base", ["/crm/v3/properties/contacts", "/crm/properties/2026-09/contacts"])
def test_properties_on_both_paths(api, base):
    data = {
        "name": "tier",
        "label": "Tier",
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "contactinformation",
    }
    made = api("POST", base, {**data, "options": [{"label": "Gold", "value": "gold"}]})
    assert (made.status, made.data["options"][0]["value"], made.data["hasUniqueValue"]) == (
        201,
        "gold",
        False,
    )
    assert "tier" in [each["name"] for each in api("GET", base).data["results"]]
    assert api("POST", PATH, {"properties": {"firstname": "A", "tier": "lead"}}).status == 400
    api("PATCH", f"{base}/tier", {"options": [{"value": "gold"}, {"value": "lead"}]})
    assert api("POST", PATH, {"properties": {"firstname": "A", "tier": "lead"}}).status == 201
    assert (api("DELETE", f"{base}/tier").status, api("GET", f"{base}/tier").status) == (204, 404)
    assert api("POST", base, {**data, "type": "number"}).status == 400
    assert api("POST", base, {**data, "name": "Tier 2"}).status == 400
    assert api("DELETE", f"{base}/email").status == 400


def test_at_most_ten_unique_properties(sandbox):
    sandbox.configure(custom_properties=[{"name": f"key{n}", "hasUniqueValue": True} for n in range(10)])
    with pytest.raises(ValueError, match="at most 10"):
        sandbox.configure(custom_properties=[{"name": "key10", "hasUniqueValue": True}])


def test_request_log(sandbox, api):
    api("POST", PATH, {"properties": {"firstname": "A"}})
    before, count = time.time(), sandbox.request_count()
    api("GET", f"{PATH}?limit=5")
    (logged,) = sandbox.requests(since=count)
    assert (logged["number"], logged["method"], logged["path"], logged["status"]) == (
        2,
        "GET",
        f"{PATH}?limit=5",
        200,
    )
    assert (logged["body"], logged["headers"]["authorization"]) == (None, "***")
    assert before <= logged["at"] <= time.time()
    assert sandbox.requests()[0]["body"] == {"properties": {"firstname": "A"}}


def test_reset(sandbox, api):
    sandbox.configure(custom_properties=[{"name": "customer"}], daily_limit=7, clock_skew=60)
    sandbox.fault(status=500, skip=1)
    api("POST", PATH, {"properties": {"firstname": "A"}})
    sandbox.reset()
    state = sandbox.state()
    assert (state["requests"], state["faults"], state["settings"]) == (0, [], {"clock_skew": 0.0})
    assert state["hubspot"]["contacts"] == {"active": 0, "archived": 0}
    assert state["hubspot"]["settings"]["daily_limit"] == 1_000_000_000
    assert api("GET", "/crm/v3/properties/contacts/customer").status == 404


def test_clock_skew(sandbox, api):
    sandbox.configure(clock_skew=-3600)
    skew = parsedate_to_datetime(api("GET", PATH).headers["Date"]) - datetime.now(UTC)
    assert -3602 < skew.total_seconds() < -3598


def test_search_lags_behind_writes(sandbox, api):
    sandbox.configure(search_lag_s=1)
    api("POST", PATH, {"properties": {"firstname": "A"}})
    found = [api("POST", f"{PATH}/search", {}).data["total"]]
    time.sleep(1.1)
    found.append(api("POST", f"{PATH}/search", {}).data["total"])
    assert found == [0, 1]


def test_unknown_settings_are_refused(sandbox):
    with pytest.raises(ValueError, match="dayly_limit"):
        sandbox.configure(dayly_limit=1)


def test_it_is_a_program_that_ends_on_sigterm():
    """Started by any Python, without the addon or Odoo on the path; first line of output: where it listens."""
    process = subprocess.Popen(
        [sys.executable, "-I", str(SANDBOX)],
        cwd="/",
        env={},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:")
    port = int(line.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)):
        process.terminate()
        output, errors = process.communicate(timeout=5)
    assert (process.returncode, output, errors) == (0, "", "")
