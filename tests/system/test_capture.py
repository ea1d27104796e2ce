"""Which changes are kept: those that were committed, and of many edits of one record the last."""

import uuid

import pytest
from hub import calls, customers, emails, job_titles

from stack import OdooError

MANY = 10_000


def event_count(hub):
    [(count,)] = hub.odoo.db.query("SELECT count(*)::int FROM retail_event")
    return count


def test_fifty_edits_make_one_call(connect, sandbox):
    """Each edit is a transaction of its own, as when a clerk or an import goes over a record again and again."""
    hub = connect()
    [partner] = hub.create(*customers(1))
    hub.wait(delivered=1)
    hub.set_flows(window_seconds=5)
    for number in range(50):
        hub.write([partner], function=f"title {number}")
    hub.wait(delivered=2, superseded=49)
    assert job_titles(sandbox) == ["", "title 49"]
    [(last,)] = hub.deliveries("id", state="delivered")[1:]
    assert hub.deliveries("superseded_by_id, attempts", state="superseded") == [(last, 0)] * 49


def test_rolled_back_write_has_no_event(hub, sandbox):
    """The write reaches the database before the constraint refuses it: only the rollback undoes the event."""
    ids = hub.create(*customers(3))
    [child] = hub.create(*customers(1, parent_id=ids[0]))
    hub.wait(delivered=4)
    before = event_count(hub)
    with pytest.raises(OdooError, match="recursive"):
        hub.write(ids, function="never committed", parent_id=child)
    assert event_count(hub) == before
    hub.write(ids, function="committed")
    hub.wait(delivered=7)
    assert event_count(hub) == before + 3
    titles = [contact["properties"].get("jobtitle", "") for contact in sandbox.contacts()]
    assert sorted(titles) == ["", "committed", "committed", "committed"]


def test_rows_of_a_failed_import_have_no_event(hub, sandbox):
    """An import with a bad row is undone by a savepoint, in a transaction that is committed all the same.

    Odoo had flushed the good row before it, so that precommit hooks had run for it.
    """
    [taken] = customers(1, barcode=uuid.uuid4().hex)
    hub.create(taken)
    hub.wait(delivered=1)
    before = event_count(hub)
    good, bad = customers(2)
    columns = ["name", "email", "barcode"]
    rows = [[good["name"], good["email"], uuid.uuid4().hex], [bad["name"], bad["email"], taken["barcode"]]]
    answer = hub.odoo.call("res.partner", "load", columns, rows)
    assert answer["ids"] is False
    assert answer["messages"][-1]["record"] == 1
    assert event_count(hub) == before

    answer = hub.odoo.call("res.partner", "load", columns, rows[:1])
    hub.wait(delivered=2)
    assert hub.deliveries("res_id")[1:] == [(answer["ids"][0],)]
    assert emails(sandbox) == sorted([taken["email"], good["email"]])


def test_import_of_ten_thousand(hub, sandbox):
    """One transaction, 10,000 events, none lost, and calls of up to 100 customers: not one call each."""
    values = customers(MANY)
    before = event_count(hub)
    hub.create(*values)
    assert event_count(hub) == before + MANY
    hub.wait(timeout=120, delivered=MANY)
    sizes = [len(call["body"]["inputs"]) for call in calls(sandbox)]
    assert sum(sizes) == MANY
    assert max(sizes) == 100
    assert len(sizes) <= 120
    assert emails(sandbox) == sorted(one["email"] for one in values)
    assert set(hub.deliveries("attempts")) == {(1,)}
