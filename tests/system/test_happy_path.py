"""A customer's way from a commit in Odoo to the remote, by the real job runner."""

from hub import TOKEN, calls, customers, emails


def test_customer_arrives(connect, sandbox):
    """The whole way, with the window that connectors have by default: one event, one attempt, one contact."""
    hub = connect(window=2)
    [values] = customers(1, phone="+32 470 12 34 56")
    [partner] = hub.create(values)
    hub.wait(delivered=1)
    [contact] = sandbox.contacts()
    assert contact["properties"]["email"] == values["email"]
    assert contact["properties"]["phone"] == "+32470123456"
    assert hub.deliveries("event_type, res_model, res_id, attempts, error_class") == [
        ("customer.created", "res.partner", partner, 1, None)
    ]
    assert hub.attempts("a.number, a.state, a.http_status") == [(1, "succeeded", 200)]
    assert hub.odoo.db.query(
        "SELECT res_model, res_id, remote_id FROM retail_binding WHERE connector_id = %s", hub.id
    ) == [("res.partner", partner, contact["id"])]
    assert len(calls(sandbox)) == 1


def test_jobs_carry_ids_only(connect):
    """A job's arguments stay in queue_job for weeks and are shown to any of its users: no personal data."""
    hub = connect(window=2)
    [values] = customers(1, phone="+32 470 65 43 21")
    hub.create(values)
    hub.wait(delivered=1)
    hub.wait_until_idle()
    assert set(hub.jobs("state, exc_info")) == {("done", None)}
    arguments = {(lane, str(args), str(kwargs)) for lane, args, kwargs in hub.jobs("channel, args, kwargs")}
    assert arguments == {
        (f"root.retail.{lane}", f'[{hub.id}, "{lane}"]', "{}") for lane in ("realtime", "bulk")
    }
    rows = "".join(row for (row,) in hub.jobs("to_jsonb(queue_job)::text"))
    for text in (values["email"], values["name"], values["phone"], "+32470654321", TOKEN):
        assert text not in rows


def test_change_of_a_sent_customer_is_an_update(hub, sandbox):
    """The second call must find the contact by its remote id: by the old email it would make another one."""
    [values] = customers(1)
    [partner] = hub.create(values)
    hub.wait(delivered=1)
    hub.write([partner], email=f"new.{values['email']}")
    hub.wait(delivered=2)
    assert emails(sandbox) == [f"new.{values['email']}"]
    assert [call["path"].rpartition("/")[2] for call in calls(sandbox)] == ["upsert", "update"]


def test_write_that_changes_nothing_is_not_sent(hub, sandbox):
    """Saving a form unchanged is not an event; a change that the mapping does not see makes no call."""
    [values] = customers(1)
    [partner] = hub.create(values)
    hub.wait(delivered=1)
    hub.write([partner], email=values["email"], comment="for us only")
    hub.write([partner], barcode=f"B{partner}")
    hub.wait(delivered=2)
    assert hub.deliveries("event_type, attempts") == [("customer.created", 1), ("customer.updated", 0)]
    assert len(calls(sandbox)) == 1
