"""A backfill of a few thousand customers while the server is killed: it goes on where it was."""

from hub import customers, emails, let_cron_run, open_connector

from stack import wait_until

COUNT = 3000


def start_backfill(hub, mark):
    """Start a backfill of the customers with this reference; return the run's id."""
    values = {
        "kind": "backfill",
        "connector_id": hub.id,
        "domain": f"[('partner_share', '=', True), ('ref', '=', '{mark}')]",
    }
    [run] = hub.odoo.call("retail.bulk.run", "create", [values])
    hub.odoo.call("retail.bulk.run", "action_start", [run])
    return run


def read_run(hub, columns, run):
    [row] = hub.odoo.db.query(f"SELECT {columns} FROM retail_bulk_run WHERE id = %s", run)
    return row


def test_killed_in_the_middle(start_odoo, sandbox):
    """Each customer is queued once and is one contact, whatever was on its way when the server died."""
    odoo = start_odoo("bulk_run", workers=3)
    vals_list = customers(COUNT, ref="backfill")
    for start in range(0, COUNT, 1000):
        odoo.call(
            "res.partner", "create", vals_list[start : start + 1000], context={"tracking_disable": True}
        )
    hub = open_connector(odoo, sandbox, connect_timeout=0.2, read_timeout=2)
    sandbox.fault(path="/batch/", latency=0.15)
    run = start_backfill(hub, "backfill")
    wait_until(lambda: len(sandbox.contacts()) >= 1000, 60, "1,000 contacts")
    odoo.kill()
    sandbox.faults_clear()
    state, total, queued = read_run(hub, "state, total, queued", run)
    assert (state, total) == ("running", COUNT)
    assert 1000 <= queued < COUNT

    odoo.start()

    def is_done():
        let_cron_run(odoo.db)
        return read_run(hub, "state", run) == ("done",)

    wait_until(is_done, 120, "the backfill to end", interval=1)
    assert hub.count() == {"delivered": COUNT}
    assert len(set(hub.deliveries("res_id"))) == COUNT
    assert set(hub.deliveries("lane, bulk_run_id")) == {("bulk", run)}
    assert read_run(hub, "queued, left_alone", run) == (COUNT, 0)
    assert emails(sandbox) == sorted(values["email"] for values in vals_list)
