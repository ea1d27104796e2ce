"""Deliveries that die in several drains at once."""

from hub import PATIENCE, calls, customers

from stack import wait_until

LATENCY = 0.2


def test_two_drains_notify_the_owner_once(connect, sandbox):
    """Half of all die of one cause, in two drains that note it at the same time."""
    sandbox.fault(path="/batch/", latency=LATENCY, invalid_every=2)
    hub = connect(batch_size=10)
    values = customers(200)
    hub.create(*values[:100])
    wait_until(lambda: len(calls(sandbox)) > 1, PATIENCE, "the first drain to be at work")
    hub.create(*values[100:])
    hub.wait(delivered=100, dead=100)
    hub.wait_until_idle()
    groups = hub.odoo.db.query(
        "SELECT id, total_seen, is_open FROM retail_error_group WHERE connector_id = %s", hub.id
    )
    assert [(seen, is_open) for _id, seen, is_open in groups] == [(100, True)]
    activities = hub.odoo.db.query(
        "SELECT count(*) FROM mail_activity WHERE res_model = 'retail.error.group' AND res_id = %s AND active",
        groups[0][0],
    )
    assert activities == [(1,)]
    assert hub.jobs_in("failed") == []
