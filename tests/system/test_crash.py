"""Crashes and broken connections between "sent" and "recorded": resolved by itself, in effect once."""

import os
import signal

import pytest
from hub import PATIENCE, calls, customers, emails, job_titles, open_connector

from stack import wait_until


def kill_workers(odoo):
    for pid in odoo.pids("WorkerHTTP"):
        os.kill(pid, signal.SIGKILL)


def lease_end(hub):
    """Return when the lease of the only delivery ends, in seconds since 1970."""
    [(at,)] = hub.deliveries("extract(epoch FROM lease_until)::float")
    return at


def test_worker_killed_between_send_and_record(start_odoo, sandbox):
    """The worker dies while it waits for the answer, and the remote carries the call out all the same.

    Nobody knows then whether it arrived. It must be sent again, by a call that can be repeated, but not before
    a worker that is alive would have given up: that is what the lease is for.
    """
    hub = open_connector(start_odoo("killed"), sandbox, connect_timeout=0.1, read_timeout=1.2)
    sandbox.fault(path="/batch/", latency=1, times=1)
    [values] = customers(1)
    hub.create(values)
    wait_until(lambda: sandbox.faults()[0]["hits"], PATIENCE, "the call")
    kill_workers(hub.odoo)
    wait_until(lambda: emails(sandbox) == [values["email"]], PATIENCE, "the remote to carry it out")
    assert hub.deliveries("state, attempts") == [("in_flight", 0)]
    lease = lease_end(hub)
    assert lease > sandbox.requests()[-1]["at"] + 0.1 + 1.2

    hub.wait_for_cron(delivered=1)
    assert emails(sandbox) == [values["email"]]
    assert hub.deliveries("attempts, error_class") == [(2, None)]
    assert hub.attempts("a.number, a.state") == [(1, "unknown"), (2, "succeeded")]
    assert [call["at"] >= lease for call in calls(sandbox)] == [False, True]
    assert hub.jobs_in("failed") == []


FAULTS = {
    "connection closed after the work was done": {"drop": "after"},
    "half of the answer": {"truncate": True},
    "slower than the read time-out": {"latency": 1.0},
    "a web page instead of an error": {"html": True},
    "a web page instead of the answer": {"html": True, "status": 200},
}
CODES = {
    "connection closed after the work was done": "CONNECTION_LOST",
    "half of the answer": "BROKEN_ANSWER",
    "slower than the read time-out": "READ_TIMEOUT",
    "a web page instead of an error": "HTTP_502",
    "a web page instead of the answer": "NOT_JSON",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_usable_answer(connect, sandbox, fault):
    """Whoever takes this for a refusal loses a customer, whoever sends a "create" again has it twice."""
    hub = connect(read_timeout=0.4)
    sandbox.fault(path="/batch/", times=1, **FAULTS[fault])
    values = customers(3)
    hub.create(*values)
    hub.wait(unknown=3)
    assert set(hub.deliveries("attempts, error_class, error_code")) == {(1, "transient", CODES[fault])}

    hub.make_due()
    hub.wait(delivered=3)
    assert emails(sandbox) == sorted(one["email"] for one in values)
    assert set(hub.deliveries("attempts, error_class")) == {(2, None)}
    assert [state for (state,) in hub.attempts("a.state")] == ["unknown"] * 3 + ["succeeded"] * 3
    wait_until(lambda: len(calls(sandbox)) > 1, PATIENCE, "the slow call to be logged")
    assert len(calls(sandbox)) == 2
    assert emails(sandbox) == sorted(one["email"] for one in values)


def test_update_during_an_unknown_outcome_waits_for_it(connect, sandbox):
    """A newer state must not overtake one that may still be on its way: the older would win in the end.

    The resend reads the record anew, so that it says "three", and the newer delivery needs no call.
    """
    hub = connect(read_timeout=0.4)
    [partner] = hub.create(*customers(1, function="one"))
    hub.wait(delivered=1)
    sandbox.fault(path="/batch/", times=1, drop="after")
    hub.write([partner], function="two")
    hub.wait(delivered=1, unknown=1)
    hub.write([partner], function="three")
    hub.make_due()
    hub.wait(delivered=3)
    assert hub.deliveries("attempts") == [(1,), (2,), (0,)]
    assert job_titles(sandbox) == ["one", "two", "three"]
    assert [contact["properties"]["jobtitle"] for contact in sandbox.contacts()] == ["three"]
