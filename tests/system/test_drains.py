"""Several drains of one lane at once, in processes of their own."""

import itertools

import pytest
from hub import PATIENCE, calls, customers, inputs, let_cron_run

from stack import wait_until

LATENCY = 0.2


def overlaps(requests):
    """Return how many requests came while the one before was still being answered."""
    starts = [request["at"] for request in requests]
    return sum(later - earlier < LATENCY for earlier, later in itertools.pairwise(starts))


@pytest.fixture
def slow_hub(connect, sandbox):
    """A connector with small batches, whose remote takes its time: its drains overlap."""
    sandbox.fault(path="/batch/", latency=LATENCY)
    return connect(batch_size=10)


def test_two_drains_send_nothing_twice(slow_hub, sandbox):
    """While one drain is at work the next commit wakes another one; they share the work, row by row."""
    values = customers(300)
    slow_hub.create(*values[:200])
    wait_until(lambda: len(calls(sandbox)) > 1, PATIENCE, "the first drain to be at work")
    slow_hub.create(*values[200:])
    slow_hub.wait(delivered=300)
    assert sorted(one["id"] for one in inputs(sandbox)) == sorted(one["email"] for one in values)
    assert overlaps(calls(sandbox)) >= 3
    assert {size for size in (len(call["body"]["inputs"]) for call in calls(sandbox))} == {10}
    assert set(slow_hub.deliveries("attempts, error_class")) == {(1, None)}
    slow_hub.wait_until_idle()
    assert slow_hub.jobs_in("failed") == []


def test_order_per_customer(connect, sandbox):
    """Changes go on while two drains are at work: for no customer may an older state come after a newer one.

    Nor may two calls about one customer be on their way together, as the remote might swap them. One drain
    holds all customers at once here, so that all that the other one finds must be left alone.
    """
    sandbox.fault(path="/batch/", latency=LATENCY)
    hub = connect()
    ids = hub.create(*customers(5, function="00"))
    for number in range(1, 41):
        hub.write(ids, function=f"{number:02}")
    wait_until(lambda: set(hub.count()) <= {"delivered", "superseded"}, PATIENCE, "all to be delivered")
    assert {contact["properties"]["jobtitle"] for contact in sandbox.contacts()} == {"40"}
    histories = by_customer(sandbox)
    assert len(histories) == 5
    for history in histories.values():
        titles = [title for _at, title in history]
        assert titles == sorted(set(titles))
        times = [at for at, _title in history]
        assert all(later - earlier >= LATENCY for earlier, later in itertools.pairwise(times))
    hub.wait_until_idle()
    jobs = sorted(hub.jobs("date_started, date_done"))
    assert any(later < done for (_start, done), (later, _done) in itertools.pairwise(jobs))


def test_batch_of_many_calls_ends_before_its_lease(connect, sandbox):
    """One slow batch with bad records takes many calls. Whoever calls on after the lease races the next drain.

    Its old states then overtake newer ones, its outcomes are dropped because others hold the deliveries by
    then, and since each drain does so in turn, the batch is sent again and again and never recorded.
    """
    rule = {"property": "jobtitle", "pattern": "(?!Bad).*", "message": "not this"}
    sandbox.configure(validation_rules=[rule])
    sandbox.fault(path="/batch/", latency=0.3)
    hub = connect(connect_timeout=0.1, read_timeout=0.4)
    values = customers(100)
    for bad in values[::12]:
        bad["function"] = "Bad"
    hub.create(*values)

    def is_over():
        let_cron_run(hub.odoo.db)
        return ("unknown",) in hub.attempts("a.state") or set(hub.count()) <= {"delivered", "dead"}

    wait_until(is_over, 2 * PATIENCE, "the batch to be done", interval=1)
    assert hub.count() == {"delivered": 91, "dead": 9}
    assert set(hub.attempts("a.state")) == {("succeeded",), ("failed",)}


def by_customer(sandbox):
    """Return ``{email: [(time, job title), …]}`` of what was sent."""
    histories = {}
    for call in calls(sandbox):
        for one in call["body"]["inputs"]:
            sent = one["properties"]
            histories.setdefault(sent["email"], []).append((call["at"], sent["jobtitle"]))
    return histories
