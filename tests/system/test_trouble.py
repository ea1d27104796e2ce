"""Trouble with the remote: what waits, what stops, and that all goes out by itself afterwards."""

from hub import PATIENCE, calls, customers, emails, inputs, job_titles, let_cron_run

from stack import Sandbox, wait_until


def test_remote_that_is_down(connect, odoo):
    """Nothing was sent, so nothing is uncertain; it goes out when the remote is back at the same address."""
    with Sandbox(label="down") as process:
        hub = connect(base_url=process.url)
        process.stop()
        hub.create(*customers(5))
        wait_until(lambda: hub.deliveries("id", attempts=1), PATIENCE, "the first attempt")
        assert set(hub.deliveries("state, error_class, error_code")) == {
            ("pending", "transient", "UNREACHABLE")
        }
        assert hub.state() == ("active", False)
        [reason] = {text for (text,) in hub.deliveries("error_message")}
        assert reason == "Cannot connect to 127.0.0.1: connection refused."

        process.port = int(process.url.rpartition(":")[2])
        process.start()
        hub.make_due()
        hub.wait(delivered=5)
        assert set(hub.deliveries("attempts, error_class, error_message")) == {(2, None, None)}


def test_next_attempt_needs_no_cron(connect, sandbox):
    """The second attempt is 5 s after the first: the drain itself arranges it, the scheduled action is too slow."""
    hub = connect()
    sandbox.fault(path="/batch/", times=1, status=503)
    hub.create(*customers(1))
    hub.wait(delivered=1, timeout=15)
    [first, second] = [request["at"] for request in calls(sandbox)]
    assert 4 <= second - first <= 9


def test_refused_credential(connect, sandbox):
    """Work waits unharmed, without a call, and one person is notified once; a new credential lets it go on."""
    hub = connect()
    sandbox.configure(tokens=["another-token"])
    hub.create(*customers(5))
    wait_until(lambda: hub.state()[0] == "attention", PATIENCE, "the connector to need attention")
    hub.wait(pending=5)
    assert hub.state() == ("attention", True)
    assert activities(hub) == [("Exception", True)]
    hub.create(*customers(3))
    let_cron_run(hub.odoo.db)
    hub.wait_until_idle()
    assert (len(calls(sandbox)), len(activities(hub))) == (1, 1)
    assert set(hub.deliveries("attempts")) == {(0,)}

    hub.set_token("another-token")
    hub.connector("action_activate")
    hub.wait(delivered=8)
    assert set(hub.deliveries("attempts")) == {(1,)}
    assert hub.state() == ("active", False)
    assert activities(hub) == []


def activities(hub):
    """Return what is to be done about the connector: (kind, whether it is for the responsible)."""
    return hub.odoo.db.query(
        "SELECT t.name->>'en_US', a.user_id = c.responsible_id FROM mail_activity a"
        " JOIN mail_activity_type t ON t.id = a.activity_type_id JOIN retail_connector c ON c.id = a.res_id"
        " WHERE a.res_model = 'retail.connector' AND c.id = %s",
        hub.id,
    )


def test_rate_limit(connect, sandbox):
    """Until the time that the remote asked for nobody calls it, whatever is committed meanwhile.

    Being asked to wait uses up no attempt, and nobody has to press a button, nor the scheduled action to come.
    """
    hub = connect()
    sandbox.fault(path="/batch/", limit="burst", retry_after=4, times=1)
    hub.create(*customers(5))
    wait_until(lambda: calls(sandbox), PATIENCE, "the first call")
    for values in customers(5):
        hub.create(values)
    hub.wait(delivered=10, timeout=20)
    [refused, *others] = calls(sandbox)
    assert refused["status"] == 429
    assert min(call["at"] for call in others) - refused["at"] >= 4
    assert len(others) <= 2
    assert set(hub.deliveries("attempts, error_class")) == {(1, None)}
    assert hub.state() == ("active", False)


def test_one_connector_that_hangs_does_not_delay_another(connect, sandbox):
    """Each connector has its own jobs: the one whose remote hangs keeps one slot of the lane, not all."""
    with Sandbox(label="hanging") as process:
        slow = connect(base_url=process.url, read_timeout=50)
        stalled = type(sandbox)(process.url)
        stalled.fault(path="/batch/", hang=45, times=1)
        slow.create(*customers(1))
        wait_until(lambda: stalled.faults()[0]["hits"], PATIENCE, "the call that hangs")
        good = connect()
        good.create(*customers(1))
        good.wait(delivered=1)
        assert slow.deliveries("state")[0] == ("in_flight",)
        stalled.faults_clear()


def test_pause_stops_a_drain_at_work(connect, sandbox):
    """An admin who presses Pause while thousands go out must not wait until they are out."""
    hub = connect(batch_size=1)
    sandbox.fault(path="/batch/", latency=0.1)
    hub.create(*customers(100))
    wait_until(lambda: calls(sandbox), PATIENCE, "the drain to be at work")
    hub.connector("action_pause")
    hub.wait_until_idle()
    sent = hub.count()["delivered"]
    assert hub.count() == {"delivered": sent, "pending": 100 - sent}
    assert sent < 50
    sandbox.faults_clear()
    hub.connector("action_activate")
    hub.wait(delivered=100)
    assert len(inputs(sandbox)) == 100


def test_one_poison_among_a_hundred(hub, sandbox):
    """HubSpot refuses the whole batch for one bad record: it alone is dead, and its neighbours arrive."""
    rule = {
        "property": "jobtitle",
        "pattern": "(?!Poison).*",
        "error": "INVALID_ALPHA",
        "message": "not this",
    }
    sandbox.configure(validation_rules=[rule])
    values = customers(100, function="Good")
    values[42]["function"] = "Poison"
    ids = hub.create(*values)
    hub.wait(delivered=99, dead=1)
    assert hub.deliveries("res_id, attempts, error_class, error_field", state="dead") == [
        (ids[42], 1, "validation", "jobtitle")
    ]
    assert len(emails(sandbox)) == 99
    assert values[42]["email"] not in emails(sandbox)
    assert len(calls(sandbox)) <= 1 + 2 * 7

    hub.write([ids[42]], function="Good")
    hub.wait(delivered=100, superseded=1)
    assert job_titles(sandbox)[-1] == "Good"
    assert len(emails(sandbox)) == 100
