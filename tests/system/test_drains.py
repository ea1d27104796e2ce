"""Several drains of one lane at once, in processes of their own."""

import pytest
from hub import PATIENCE, calls, customers, inputs

from stack import wait_until

LATENCY = 0.2


def overlaps(requests):
    """Return how many requests came while the one before was still being answered."""
    starts = [request["at"] for request in requests]
    return sum(later - earlier < LATENCY for earlier, later in zip(starts, starts[1:], strict=False))


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
    assert overlaps(calls(sandbox)) >= 3
    assert sorted(one["id"] for one in inputs(sandbox)) == sorted(one["email"] for one in values)
    assert {size for size in (len(call["body"]["inputs"]) for call in calls(sandbox))} == {10}
    assert set(slow_hub.deliveries("attempts, error_class")) == {(1, None)}
    slow_hub.wait_until_idle()
    assert slow_hub.jobs_in("failed") == []


def test_order_per_customer(slow_hub, sandbox):
    """Changes go on while two drains are at work: for no customer may an older state come after a newer one.

    Nor may two calls about one customer be on their way together, as the remote might swap them.
    """
    ids = slow_hub.create(*customers(60, function="00"))
    for number in range(1, 16):
        slow_hub.write(ids, function=f"{number:02}")
    wait_until(lambda: set(slow_hub.count()) <= {"delivered", "superseded"}, PATIENCE, "all to be delivered")
    assert overlaps(calls(sandbox)) >= 3
    assert {contact["properties"]["jobtitle"] for contact in sandbox.contacts()} == {"15"}
    histories = by_customer(sandbox)
    assert len(histories) == 60
    for history in histories.values():
        assert [title for _at, title in history] == sorted({title for _at, title in history})
        times = [at for at, _title in history]
        assert all(later - earlier >= LATENCY for earlier, later in zip(times, times[1:], strict=False))


def by_customer(sandbox):
    """Return ``{e-mail: [(time, job title), …]}`` of what was sent."""
    histories = {}
    for call in calls(sandbox):
        for one in call["body"]["inputs"]:
            sent = one["properties"]
            histories.setdefault(sent["email"], []).append((call["at"], sent["jobtitle"]))
    return histories
