"""An Odoo without queue_job's runner: the scheduled action delivers, and the setup check says so."""

from hub import PATIENCE, customers, emails, open_connector

from stack import wait_until

RUNNER = "Job runner"


def findings(odoo):
    """Return ``{check: status}`` of a new setup check."""
    check = odoo.call("retail.setup.check", "action_open")["res_id"]
    domain = [("check_id", "=", check)]
    lines = odoo.call("retail.setup.check.line", "search_read", domain, ["name", "status"])
    return {line["name"]: line["status"] for line in lines}


def test_cron_delivers_without_job_runner(start_odoo, sandbox):
    """No job may be left waiting for a runner that never comes; the commit itself wakes the scheduled action.

    Otherwise it comes once a minute, which is longer than this test waits.
    """
    hub = open_connector(start_odoo("bare", workers=1, jobrunner=False), sandbox)
    assert findings(hub.odoo)[RUNNER] == "warning"
    wait_until(lambda: is_cron_asleep(hub.odoo.db), PATIENCE, "the cron worker to have nothing to do")
    values = customers(3)
    hub.create(*values)
    hub.wait(delivered=3)
    assert emails(sandbox) == sorted(one["email"] for one in values)
    assert set(hub.deliveries("attempts")) == {(1,)}
    assert hub.odoo.db.query("SELECT state FROM queue_job") == []

    sandbox.fault(path="/batch/", times=1, status=503)
    hub.create(*customers(2))
    wait_until(lambda: hub.deliveries("id", error_class="transient"), PATIENCE, "the attempt that fails")
    hub.make_due()
    hub.wait(delivered=5)


def is_cron_asleep(db):
    """Tell whether the scheduled action has run after the start, and for all that it was woken for since."""
    return db.query(
        "SELECT 1 FROM ir_cron c WHERE active AND lastcall IS NOT NULL AND NOT EXISTS"
        " (SELECT FROM ir_cron_trigger WHERE cron_id = c.id AND call_at <= now() AT TIME ZONE 'UTC')"
    )


def test_setup_check_sees_the_job_runner(hub):
    """The runner may be in another process or on another host: its lock in the database tells."""
    assert findings(hub.odoo)[RUNNER] == "ok"
