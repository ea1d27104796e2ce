"""What drains owe to their transactions: rows that others hold are left alone, and no lock outlives its drain."""

import contextlib
from pathlib import Path

import pytest
from hub import customers, emails, let_cron_run

from database import run_odoo, setting

SLOT_LOCKS = 1919247457  # the first number of the advisory locks that drains hold while they run


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
    """PostgreSQL refuses a statement. The lock is the session's: it would stay, and nobody could drain the lane."""
    hub = connect(window=600)
    hub.create(*customers(1))
    log = Path(setting("RETAIL_HUB_LOGS"), f"{hub.odoo.db.name}-shell.log")
    with trigger(hub.odoo.db, "retail_delivery_attempt", "INSERT", "RAISE EXCEPTION 'no room';"):
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
