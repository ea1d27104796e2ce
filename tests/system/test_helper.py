"""The helper that a drain calls when much waits: it works alongside, and gives way to others."""

from hub import PATIENCE, calls, customers, inputs

from stack import wait_until

LATENCY = 0.2


def is_on_its_way_together(requests):
    """Say whether some request came while the one before was still being answered."""
    starts = [request["at"] for request in requests]
    return any(later - earlier < LATENCY for earlier, later in zip(starts, starts[1:], strict=False))


def test_one_commit_is_drained_by_two(connect, sandbox):
    sandbox.fault(path="/batch/", latency=LATENCY)
    hub = connect(batch_size=10)
    values = customers(100)
    hub.create(*values)
    hub.wait(delivered=100)
    assert is_on_its_way_together(calls(sandbox))
    assert sorted(one["id"] for one in inputs(sandbox)) == sorted(one["email"] for one in values)


def test_no_helper_for_what_fits_into_one_batch(connect, sandbox):
    hub = connect(batch_size=10)
    hub.wait_until_idle()
    jobs = len(hub.jobs("id"))
    hub.create(*customers(10))
    hub.wait(delivered=10)
    hub.wait_until_idle()
    assert len(hub.jobs("id")) == jobs + 1


def test_no_helper_where_nothing_arrives(connect, sandbox):
    sandbox.fault(path="/batch/", status=503)
    hub = connect(batch_size=10)
    hub.create(*customers(50))
    wait_until(lambda: len(calls(sandbox)) >= 2, PATIENCE, "two batches to be tried")
    hub.wait_until_idle()
    assert len(calls(sandbox)) == 2  # then the circuit is open
    assert "is_helper" not in str(hub.jobs("kwargs"))


def test_others_are_not_kept_waiting(connect, sandbox):
    """A helper has one of the lane's two slots, but not for longer than nobody else needs it."""
    sandbox.fault(path="/batch/", latency=LATENCY)
    busy = connect(batch_size=10)
    busy.create(*customers(400))
    wait_until(lambda: is_on_its_way_together(calls(sandbox)), PATIENCE, "the helper to be at work")
    busy.set_flows(active=False)
    other = connect()
    other.create(*customers(1))
    other.wait(delivered=1, timeout=4)
    assert busy.count().get("pending", 0) > 0


def test_one_remote_record_for_one_customer(connect, sandbox):
    """Two customers with one email address, in batches that are on their way together."""
    sandbox.fault(path="/batch/", latency=LATENCY)
    hub = connect(batch_size=10)
    values = customers(110)
    for number in range(10, 100, 20):
        for twin in range(number, number + 10):
            values[twin + 10]["email"] = values[twin]["email"]
    hub.create(*values)
    distinct = len({one["email"] for one in values})
    hub.wait(delivered=110)
    [(aliases,)] = hub.odoo.db.query("SELECT count(*)::int FROM retail_alias WHERE connector_id = %s", hub.id)
    assert aliases == 110 - distinct
    bound = hub.odoo.db.query("SELECT remote_id FROM retail_binding WHERE connector_id = %s", hub.id)
    assert len(bound) == len(set(bound)) == distinct
