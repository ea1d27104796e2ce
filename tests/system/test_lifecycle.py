"""The module's update and removal while work waits."""

import subprocess
from pathlib import Path

import pytest
from hub import PATIENCE, calls, complaints, customers, emails, open_connector

from stack import setting, wait_until


@pytest.fixture(scope="module")
def server(start_odoo):
    return start_odoo("lifecycle")


def update_module(database):
    """Run ``odoo -u retail_hub``, as a deployment does while the server is down."""
    log = Path(setting("RETAIL_HUB_LOGS"), f"{database.name}-update.log")
    command = ["odoo", "-d", database.name, "-u", "retail_hub", "--stop-after-init", "--no-http"]
    with open(log, "w", encoding="utf-8") as output:
        subprocess.run(command, check=True, stdout=output, stderr=subprocess.STDOUT)
    return log.read_text(encoding="utf-8")


def job_states(odoo):
    """Return ``{state: number}`` of all jobs of the hub."""
    return dict(
        odoo.db.query(
            "SELECT state, count(*)::int FROM queue_job WHERE starts_with(model_name, 'retail.') GROUP BY state"
        )
    )


def test_update_keeps_waiting_work(server, sandbox):
    """Jobs and deliveries of before the update are done by the code of after it; configuration stays."""
    hub = open_connector(server, sandbox, window=30)
    hub.create(*customers(5))
    wait_until(lambda: hub.jobs_in("pending"), PATIENCE, "a job that waits")
    server.stop()
    log = update_module(server.db)
    assert complaints(log) == []
    assert hub.count() == {"pending": 5}
    assert hub.jobs_in("pending") == ["pending"]

    server.start()
    hub.odoo.db.query("UPDATE queue_job SET eta = now() AT TIME ZONE 'UTC' WHERE state = 'pending'")
    hub.make_due()
    hub.wait(delivered=5)
    hub.wait_until_idle()
    assert set(hub.deliveries("attempts")) == {(1,)}
    assert len(calls(sandbox)) == 1
    assert set(job_states(server)) == {"done"}
    assert hub.odoo.db.query(
        "SELECT DISTINCT window_seconds FROM retail_flow WHERE connector_id = %s AND active", hub.id
    ) == [(30,)]


def test_uninstall_leaves_nothing_behind(server, sandbox):
    """A job whose model is gone fails for ever; a hook that stays breaks every write on a partner."""
    hub = open_connector(server, sandbox, window=30)
    [partner] = hub.create(*customers(1))
    wait_until(lambda: hub.jobs_in("pending"), PATIENCE, "a job that waits")
    wait_until(lambda: set(job_states(server)) <= {"pending", "done"}, PATIENCE, "the jobs that were due")
    begin = server.log_path.stat().st_size
    [module] = server.call("ir.module.module", "search", [("name", "=", "retail_hub")])
    server.call("ir.module.module", "button_immediate_uninstall", [module])

    assert server.db.query("SELECT state FROM ir_module_module WHERE name = 'retail_hub'") == [
        ("uninstalled",)
    ]
    assert job_states(server) == {}
    assert server.db.query("SELECT tablename FROM pg_tables WHERE starts_with(tablename, 'retail_')") == []
    assert server.db.query("SELECT key FROM ir_config_parameter WHERE starts_with(key, 'retail')") == []
    server.call("res.partner", "write", [partner], {"name": "Life Goes On", "email": "on@example.com"})
    server.call("res.partner", "unlink", [partner])
    assert complaints(server.log_path.read_text(encoding="utf-8")[begin:]) == []
    assert emails(sandbox) == []
