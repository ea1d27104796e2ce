"""A remote that is down or slow: it is left alone, what waits goes out in order, and others are not held up."""

import itertools

from hub import PATIENCE, calls, customers, inputs, job_titles, let_cron_run

from stack import wait_until

NEW_API = "/crm/objects/2026-09/"


def is_open(hub):
    rows = hub.odoo.db.query("SELECT is_open FROM retail_circuit WHERE connector_id = %s", hub.id)
    return rows == [(True,)]


def make_probe_due(hub):
    """Half a minute later."""
    hub.odoo.db.query(
        "UPDATE retail_circuit SET next_probe_at = now() AT TIME ZONE 'UTC' WHERE connector_id = %s", hub.id
    )
    let_cron_run(hub.odoo.db)


def test_down_and_up_again(connect, sandbox):
    """Two calls fail, and no more are made while changes pile up; one probe, then the newest of each, once."""
    sandbox.fault(path="/batch/", status=503)
    hub = connect()
    ids = hub.create(*customers(10, function="1"))
    wait_until(lambda: is_open(hub), PATIENCE, "the circuit to open")
    assert len(calls(sandbox)) == 2
    for number in range(2, 6):
        hub.write(ids, function=str(number))
    hub.wait_until_idle()
    assert len(calls(sandbox)) == 2

    make_probe_due(hub)
    wait_until(lambda: len(calls(sandbox)) == 3, PATIENCE, "the probe")
    assert len(calls(sandbox)[-1]["body"]["inputs"]) == 1
    hub.wait_until_idle()
    assert is_open(hub)

    sandbox.faults_clear()
    make_probe_due(hub)
    wait_until(lambda: set(hub.count()) == {"delivered", "superseded"}, PATIENCE, "all to be delivered")
    assert not is_open(hub)
    assert [contact["properties"]["jobtitle"] for contact in sandbox.contacts()] == ["5"] * 10
    assert job_titles(sandbox)[-10:] == ["5"] * 10
    assert len(inputs(sandbox)[-10:]) == len({one["id"] for one in inputs(sandbox)[-10:]}) == 10


def test_slow_remote_holds_one_worker(connect, sandbox):
    """The lane has two workers. A remote that takes its time has one of them, however much comes for it."""
    sandbox.fault(path=NEW_API, latency=3)
    slow = connect(batch_size=1)
    for values in customers(4):
        slow.create(values)
    wait_until(lambda: sandbox.faults()[0]["hits"], PATIENCE, "the slow remote to be called")
    slow.set_flows(active=False)
    other = connect(api_version="v3")
    other.create(*customers(1))
    other.wait(delivered=1, timeout=3)
    assert slow.count()["pending"] > 0
    slow.wait(delivered=4)
    starts = [call["at"] for call in calls(sandbox) if NEW_API in call["path"]]
    assert all(later - earlier >= 3 for earlier, later in itertools.pairwise(starts))
