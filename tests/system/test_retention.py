"""Retention beside users and drains, in the scheduler's own process."""

import contextlib

from hub import PATIENCE, customers

from stack import Database, wait_until


def let_retention_run(db):
    """Have the scheduled action that removes what is old come now; by itself it comes once an hour."""
    db.query(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' WHERE id ="
        " (SELECT res_id FROM ir_model_data WHERE module = 'retail_hub' AND name = 'ir_cron_retention')"
    )
    Database("postgres").query("SELECT pg_notify('cron_trigger', %s)", db.name)


def wait_for(hub, **states):
    def is_done():
        let_retention_run(hub.odoo.db)
        return hub.count() == states

    wait_until(is_done, PATIENCE, f"{states} deliveries", interval=1)


def test_waits_for_nobody(connect, odoo):
    """A row that a user's transaction holds is left for the next run; all else goes, and new work goes out."""
    hub = connect()
    hub.create(*customers(6))
    hub.wait(delivered=6)
    odoo.db.query(
        "UPDATE retail_delivery SET finished_at = finished_at - interval '31 days' WHERE connector_id = %s",
        hub.id,
    )
    held = hub.deliveries("id")[2][0]
    with contextlib.closing(odoo.db.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute("SELECT FROM retail_delivery WHERE id = %s FOR UPDATE", (held,))
        wait_for(hub, delivered=1)
        assert hub.deliveries("id") == [(held,)]
        assert len(hub.attempts("a.id")) == 1
        hub.create(*customers(1))
        hub.wait(delivered=2)
    wait_for(hub, delivered=1)
    [(kept,)] = hub.deliveries("id")
    assert kept > held
    [(removed,)] = odoo.db.query("SELECT sum(delivery_count)::int FROM retail_retention")
    assert removed == 6
