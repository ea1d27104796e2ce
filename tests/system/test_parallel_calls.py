"""Webhooks: several calls of one drain are in the air at once, and every promise holds all the same."""

import itertools
import json
import os
import signal
from collections import Counter, defaultdict

import pytest
from hub import PATIENCE, Hub, customers

from stack import wait_until

SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgc2FuZGJveCBpdHNlbGY="  # of the sandbox
LATENCY = 0.3
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def webhook_odoo(start_odoo):
    return start_odoo("parallel", workers=3, config_extra={"retail_hub": {"allow_hosts": "127.0.0.1"}})


@pytest.fixture
def open_webhook(webhook_odoo, sandbox):
    """Return a function that opens a connector to the sandbox's receiver, of which one worker has charge."""
    hubs = []

    def open_one(**values):
        fixed = {"provider": "webhook", "base_url": f"{sandbox.url}/hooks", "max_drains": 1}
        name = f"Webhook {next(_numbers)}"
        ids = webhook_odoo.call("retail.connector", "create", [{"name": name, **fixed, **values}])
        hub = Hub(webhook_odoo, sandbox, ids[0])
        hub.set_flows(window_seconds=0)
        domain = [("connector_id", "=", hub.id), ("name", "=", "signing_secret")]
        secrets = webhook_odoo.call("retail.credential", "search", domain)
        webhook_odoo.call("retail.credential", "write", secrets, {"value": SECRET})
        hub.connector("action_activate")
        hubs.append(hub)
        return hub

    yield open_one
    for hub in hubs:
        hub.connector("write", {"active": False})


def posted(sandbox):
    """Return (time, status, event) of each call that the receiver got, in order."""
    requests = [each for each in sandbox.requests() if each["path"].startswith("/hooks")]
    return sorted((each["at"], each["status"], each["body"]) for each in requests)


def test_as_many_calls_as_the_connector_allows(open_webhook, sandbox):
    sandbox.fault(path="/hooks", latency=LATENCY)
    hub = open_webhook(parallel_calls=5)
    hub.create(*customers(30))
    hub.wait(delivered=30)
    assert sandbox.state()["most_at_once"] == 5
    assert Counter(each["times"] for each in sandbox.records("events", "webhook")) == {1: 30}
    assert set(hub.deliveries("attempts, error_class")) == {(1, None)}


def test_one_call_at_a_time(open_webhook, sandbox):
    sandbox.fault(path="/hooks", latency=0.05)
    hub = open_webhook(parallel_calls=1)
    hub.create(*customers(10))
    hub.wait(delivered=10)
    assert sandbox.state()["most_at_once"] == 1


def test_both_lanes_at_once(open_webhook, sandbox):
    """Each lane has a worker of its own: the connector says how many calls they make together."""
    hub = open_webhook(parallel_calls=3)
    hub.set_flows(window_seconds=600)
    sandbox.fault(path="/hooks", latency=0.5)
    hub.create(*customers(48))
    hub.odoo.db.query(
        "UPDATE retail_delivery SET lane = 'bulk' WHERE connector_id = %s AND mod(id, 2) = 0", hub.id
    )
    hub.make_due()
    hub.wait(delivered=48)
    [connector] = hub.connector("read", ["max_parallel_calls"])
    assert sandbox.state()["most_at_once"] == connector["max_parallel_calls"] == 6


def test_order_per_customer(open_webhook, sandbox):
    """Changes go on while calls are in the air, and some fail: none of a customer overtakes another."""
    sandbox.fault(path="/hooks", latency=0.1, status=500, skip=10, times=3)
    sandbox.fault(path="/hooks", latency=0.1)
    hub = open_webhook()
    ids = hub.create(*customers(8, function="00"))
    for number in range(1, 31):
        hub.write(ids, function=f"{number:02}")
    wait_until(lambda: set(hub.count()) <= {"delivered", "superseded"}, PATIENCE, "all to be delivered")
    histories = defaultdict(list)
    for at, status, event in posted(sandbox):
        histories[event["subject"]].append((at, status, event["data"]["job_title"]))
    assert len(histories) == 8
    assert sandbox.state()["most_at_once"] > 1
    assert sum(status == 500 for history in histories.values() for _at, status, _title in history) == 3
    for history in histories.values():
        titles = [title for _at, _status, title in history]
        assert titles == sorted(titles)
        assert titles[-1] == "30"
        assert all(later[0] - earlier[0] >= 0.1 for earlier, later in itertools.pairwise(history))


def test_a_fault_of_the_endpoint_stops(open_webhook, sandbox):
    """The calls in the air finish, and no other one is begun: the rest has used up no attempt."""
    sandbox.fault(path="/hooks", latency=LATENCY, status=503)
    hub = open_webhook(parallel_calls=4)
    hub.create(*customers(20))
    wait_until(lambda: hub.deliveries("id", attempts=1), PATIENCE, "the first answers")
    assert Counter(hub.deliveries("state, attempts, error_code")) == {
        ("pending", 1, "HTTP_503"): 4,
        ("pending", 0, "HTTP_503"): 16,
    }
    assert len(posted(sandbox)) == 4
    sandbox.faults_clear()
    hub.make_due()
    hub.wait_for_cron(delivered=20)
    assert Counter(each["times"] for each in sandbox.records("events", "webhook")) == {1: 20}


def test_worker_killed_with_calls_in_the_air(open_webhook, sandbox):
    """Nothing is lost, and the receiver, which takes each id once, has nothing twice."""
    hub = open_webhook(parallel_calls=8, connect_timeout=0.5, read_timeout=2)
    sandbox.fault(path="/hooks", latency=1, skip=20)
    hub.create(*customers(40))
    wait_until(lambda: sandbox.faults()[0]["hits"] >= 8, PATIENCE, "calls to be in the air")
    for pid in hub.odoo.pids("WorkerHTTP"):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(posted(sandbox)) >= 28, PATIENCE, "the receiver to take what was in the air")
    sandbox.faults_clear()
    hub.wait_for_cron(timeout=2 * PATIENCE, delivered=40)
    events = sandbox.records("events", "webhook")
    assert len({json.dumps(each["event"]["subject"]) for each in events}) == len(events) == 40
    assert {each["times"] for each in events} == {1, 2}
    assert set(hub.deliveries("attempts, error_class")) == {(2, None)}
    assert hub.jobs_in("failed") == []
