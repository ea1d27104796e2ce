"""What drains owe to their transactions: rows that others hold are left alone, and no lock outlives its drain."""

import contextlib
from pathlib import Path

import pytest
import requests
from hub import TOKEN, customers, emails, let_cron_run

from database import run_odoo, setting
from stack import wait_until

SLOT_LOCKS = 1919247457  # the first number of the advisory locks that drains hold while they run
LINK_LOCKS = 1919247459  # of those that are held while new links are made
GATE = 4711  # of the lock by which a test holds up transactions


@contextlib.contextmanager
def held(db, delivery_id):
    """Hold a delivery as another transaction that is about to change it does."""
    with contextlib.closing(db.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute("SELECT FROM retail_delivery WHERE id = %s FOR UPDATE", [delivery_id])
        yield


@pytest.mark.parametrize("which", [0, 1], ids=["the older", "the newer"])
def test_a_subject_of_which_a_row_is_held_is_skipped(connect, sandbox, which):
    """All that waits of a customer travels as one: without the row that is held, an old state would go out."""
    hub = connect(window=600)
    held_up, free = customers(2)
    [partner] = hub.create({**held_up, "function": "Buyer"})
    hub.write([partner], function="Owner")
    hub.create(free)
    rows = hub.deliveries("id, res_id")
    both = [delivery_id for delivery_id, res_id in rows if res_id == partner]
    assert (len(both), len(rows)) == (2, 3)
    with held(hub.odoo.db, both[which]):
        hub.odoo.db.query(
            "UPDATE retail_delivery SET next_attempt_at = now() AT TIME ZONE 'UTC'"
            " WHERE connector_id = %s AND id != %s",
            hub.id,
            both[which],
        )
        let_cron_run(hub.odoo.db)
        hub.wait(pending=2, delivered=1)
        assert emails(sandbox) == [free["email"]]
    hub.make_due()
    hub.wait(superseded=1, delivered=2)


@contextlib.contextmanager
def trigger(db, table, event, body):
    """Have PostgreSQL do something whenever a row of a table is inserted or updated."""
    db.query(
        f"CREATE FUNCTION test_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$;"
        f"CREATE TRIGGER test_trigger BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION test_trigger()"
    )
    try:
        yield
    finally:
        db.query("DROP FUNCTION test_trigger CASCADE")


FAILING_DRAIN = """
import psycopg2

env.cr.execute("UPDATE retail_delivery SET next_attempt_at = now() AT TIME ZONE 'UTC' WHERE connector_id = %s", [{0}])
env.cr.commit()
try:
    env["retail.drain"]._run({0}, "realtime")
except psycopg2.errors.RaiseException:
    env.cr.rollback()
else:
    raise AssertionError("the drain did not fail")
env.cr.execute("SELECT objid FROM pg_locks WHERE pid = pg_backend_pid() AND classid = {1}")
assert env.cr.fetchall() == []
"""


def test_a_drain_that_fails_gives_its_slot_back(connect):
    """PostgreSQL refuses the claim. The lock is the session's: it would stay, and nobody could drain the lane."""
    hub = connect(window=600)
    hub.create(*customers(1))
    log = Path(setting("RETAIL_HUB_LOGS"), f"{hub.odoo.db.name}-shell.log")
    refuse = "IF NEW.state = 'in_flight' THEN RAISE EXCEPTION 'no room'; END IF;"
    with trigger(hub.odoo.db, "retail_delivery", "UPDATE", refuse):
        script = FAILING_DRAIN.format(hub.id, SLOT_LOCKS)
        run_odoo("shell", "-d", hub.odoo.db.name, "--no-http", log=log, script=script)


def test_counts_are_taken_at_read_committed(connect, sandbox):
    """Whoever waits for the row of a limit or of a circuit then sees what was counted: nobody has to start anew."""
    hub = connect()
    db = hub.odoo.db
    db.query("CREATE TABLE test_levels (name text, level text)")
    note = "INSERT INTO test_levels VALUES (TG_TABLE_NAME, current_setting('transaction_isolation'));"
    try:
        with trigger(db, "retail_quota", "UPDATE", note):
            hub.create(*customers(1))
            hub.wait(delivered=1)
            hub.wait_until_idle()
        assert db.query("SELECT DISTINCT name, level FROM test_levels") == [
            ("retail_quota", "read committed")
        ]
    finally:
        db.query("DROP TABLE test_levels")


def merged_contact(sandbox, first, second):
    """Create a HubSpot contact that answers to two email addresses, as a merge leaves it behind."""
    url, headers = f"{sandbox.url}/crm/v3/objects/contacts", {"Authorization": f"Bearer {TOKEN}"}
    ids = []
    for email in (first, second):
        answer = requests.post(url, json={"properties": {"email": email}}, headers=headers, timeout=10)
        ids.append(answer.json()["id"])
    body = {"primaryObjectId": ids[0], "objectIdToMerge": ids[1]}
    return requests.post(f"{url}/merge", json=body, headers=headers, timeout=10).json()["id"]


def waiting_for(db, number):
    """Return how many transactions wait for an advisory lock with this first number."""
    where = (
        "locktype = 'advisory' AND classid = %s AND NOT granted AND database = (SELECT oid FROM pg_database"
    )
    [(count,)] = db.query(
        f"SELECT count(*)::int FROM pg_locks WHERE {where} WHERE datname = current_database())", number
    )
    return count


@contextlib.contextmanager
def locked(db, number):
    with contextlib.closing(db.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [number])
        yield


def test_two_drains_link_one_remote_record_once(connect, sandbox):
    """Two lanes record at the same moment that their customers are one and the same contact of HubSpot."""
    hub = connect(window=600)
    db = hub.odoo.db
    first, second = customers(2)
    contact = merged_contact(sandbox, first["email"], second["email"])
    partners = hub.create(first, second)
    make_due = (
        "UPDATE retail_delivery SET lane = %s, next_attempt_at = now() AT TIME ZONE 'UTC'"
        " WHERE connector_id = %s AND res_id = %s"
    )
    hold = f"PERFORM pg_advisory_xact_lock_shared({GATE}, 0);"
    with trigger(db, "retail_binding", "INSERT", hold):
        with locked(db, GATE):
            # One after the other: whoever is sent with the contact's second address makes it the first one.
            db.query(make_due, "realtime", hub.id, partners[0])
            let_cron_run(db)
            wait_until(lambda: waiting_for(db, GATE) == 1, 30, "the first drain does not bind")
            db.query(make_due, "bulk", hub.id, partners[1])
            let_cron_run(db)
            wait_until(
                lambda: waiting_for(db, LINK_LOCKS) == 1, 30, "the second drain does not wait for the first"
            )
        hub.wait(delivered=2, pending=1)  # the first customer is sent again, after the flow's window
        hub.wait_until_idle()
    [(bound, remote_id)] = db.query(
        "SELECT res_id, remote_id FROM retail_binding WHERE connector_id = %s", hub.id
    )
    aliases = db.query(
        "SELECT res_id, primary_id, is_remote FROM retail_alias WHERE connector_id = %s", hub.id
    )
    [alias] = set(partners) - {bound}
    assert (remote_id, aliases) == (contact, [(alias, bound, True)])
    assert hub.deliveries("res_id", state="pending") == [(bound,)]
