"""The limits of an account, shared by all drains of all workers: HubSpot never has to say no."""

import contextlib
import itertools
from collections import Counter

from hub import PATIENCE, calls, customers, emails

from stack import wait_until

LIMIT = 40
LATENCY = 0.1
DAY = 86_400


def set_limit(hub, seconds, limit):
    """Do what a manager does who types a limit."""
    domain = [("connector_id", "=", hub.id), ("seconds", "=", seconds)]
    found = hub.odoo.call("retail.quota", "search", domain)
    hub.odoo.call("retail.quota", "write", found, {"max_calls": limit})


def most_in_ten_seconds(requests):
    """Return the largest number of requests within any 10 s, as the remote saw them."""
    times = sorted(request["at"] for request in requests)
    return max(sum(at <= later < at + 10 for later in times[n:]) for n, at in enumerate(times))


def overlaps(requests):
    """Return how many requests came while the one before was still being answered."""
    return sum(later["at"] - earlier["at"] < LATENCY for earlier, later in itertools.pairwise(requests))


def statuses(requests):
    return Counter(request["status"] for request in requests)


def set_lane(hub, event_type, lane):
    domain = [("connector_id", "=", hub.id), ("event_type", "=", event_type)]
    hub.odoo.call("retail.flow", "write", hub.odoo.call("retail.flow", "search", domain), {"lane": lane})


def test_two_workers_share_the_limit(connect, sandbox, odoo):
    """The drains of two lanes want 80 calls and more at once, and 40 are allowed in 10 s.

    Nobody has to wait for the scheduled action, no attempt is used up, and no transaction fails for the others.
    """
    sandbox.configure(ten_secondly_limit=LIMIT)
    sandbox.fault(path="/batch/", latency=LATENCY)
    begin = odoo.log_path.stat().st_size
    values = customers(400)
    ids = odoo.call("res.partner", "create", values[:200], context={"tracking_disable": True})
    hub = connect(batch_size=5)
    set_limit(hub, 10, LIMIT)
    set_lane(hub, "customer.created", "bulk")
    hub.create(*values[200:])
    hub.write(ids, function="Regular")
    hub.wait(delivered=400, timeout=4 * PATIENCE)
    assert emails(sandbox) == sorted(one["email"] for one in values)
    assert hub.odoo.db.query(
        "SELECT lane, count(*)::int FROM retail_delivery WHERE connector_id = %s GROUP BY 1 ORDER BY 1",
        hub.id,
    ) == [("bulk", 200), ("realtime", 200)]
    assert statuses(sandbox.requests()) == {200: len(sandbox.requests())}
    assert len(calls(sandbox)) >= 80
    assert most_in_ten_seconds(sandbox.requests()) <= LIMIT
    assert overlaps(calls(sandbox)) >= 3
    assert set(hub.deliveries("attempts, error_class")) == {(1, None)}
    assert "could not serialize" not in odoo.log_path.read_text(encoding="utf-8")[begin:]
    assert counted(hub, DAY) == len(sandbox.requests())


def counted(hub, seconds):
    [(used,)] = hub.odoo.db.query(
        "SELECT (counted->>'used')::int FROM retail_quota WHERE connector_id = %s AND seconds = %s",
        hub.id,
        seconds,
    )
    return used


def test_day_that_is_used_up(connect, sandbox):
    """The remote is not called in vain; work waits unharmed, and goes out once the admin allows more."""
    hub = connect(batch_size=1)
    set_limit(hub, DAY, 3)
    hub.create(*customers(5))
    wait_until(lambda: hub.count() == {"delivered": 3, "pending": 2}, PATIENCE, "three to arrive")
    hub.wait_until_idle()
    assert len(sandbox.requests()) == 3
    assert set(hub.deliveries("attempts", state="pending")) == {(0,)}
    set_limit(hub, DAY, 10)
    hub.connector("action_activate")
    hub.make_due()
    hub.wait(delivered=5)
    assert set(hub.deliveries("attempts")) == {(1,)}


def test_call_that_another_worker_counts_meanwhile(connect, sandbox, odoo):
    """Who finds the last call being counted by somebody else waits for that, and then makes none."""
    hub = connect()
    set_limit(hub, DAY, 3)
    hub.create(*customers(1))
    hub.wait(delivered=1)
    hub.wait_until_idle()
    with contextlib.closing(odoo.db.connect()) as other:
        other.autocommit = False
        other.cursor().execute(
            "UPDATE retail_quota SET counted = jsonb_set(counted, '{used}', '3')"
            " WHERE connector_id = %s AND seconds = %s",
            (hub.id, DAY),
        )
        hub.create(*customers(1))
        wait_until(lambda: waiting_for_locks(odoo.db), PATIENCE, "a drain to wait for the count")
        other.commit()
    wait_until(lambda: hub.count() == {"delivered": 1, "pending": 1}, PATIENCE, "the call to be refused")
    hub.wait_until_idle()
    assert (len(sandbox.requests()), counted(hub, DAY)) == (1, 3)
    assert hub.deliveries("attempts", state="pending") == [(0,)]


def waiting_for_locks(db):
    return db.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
