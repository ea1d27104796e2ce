"""How fast new customers reach HubSpot: the hub, an exporter that makes one job per record, webhook automation.

All run in turn against the same sandbox. The time runs from the commit of the transaction that created the
customers until the last is known to have arrived.
"""

import time

import odoo_here
from bench import say
from customers import customers
from figures import Figure, middle
from profiles import profiled
from remote import start_sandbox
from sides import (
    HAS_OPEN,
    Side,
    accept_webhooks,
    make_webhook_automation,
    start_exporter,
    start_hub,
    webhooks,
)

HUB_CUSTOMERS = 3000
PEER_CUSTOMERS = 300
WEBHOOK_CUSTOMERS = 300
GOAL = 40


def measure(bench):
    sandbox = start_sandbox(bench)
    hub = _hub(bench, sandbox)
    peer = _peer(bench, sandbox)
    webhook = make_webhook_automation(bench, sandbox)
    for side in (hub, peer):
        _drain(side, sandbox, 100, "warm-up")
    _notify(webhook, sandbox, 100, "warm-up")
    runs = []
    for number in range(bench.runs):
        hub_run, hub_contacts = _drain(hub, sandbox, hub.size, f"run{number}")
        peer_run, peer_contacts = _drain(peer, sandbox, peer.size, f"run{number}")
        _check_alike(hub_contacts, peer_contacts)
        notified = _notify(webhook, sandbox, bench.scaled(WEBHOOK_CUSTOMERS), f"run{number}")
        runs.append(
            {
                "hub": hub_run.rate,
                "peer": peer_run.rate,
                "webhook": notified,
                "hub_cpus": hub_run.cpus,
                "peer_cpus": peer_run.cpus,
            }
        )
        say(f"outbound: hub {hub_run}, peer {peer_run}, webhook automation {notified:.0f}/s")
    if bench.profile:
        with profiled(hub.server.pids()):
            _drain(hub, sandbox, 2 * hub.size, "profile")
    yield from _figures(runs)


def _figures(runs):
    hub, peer, webhook = middle(runs, "hub", "peer", "webhook")
    yield Figure(
        "outbound_customers",
        hub,
        "customers/s",
        "one job per record",
        peer,
        hub / peer,
        f"≥ {GOAL} ×",
        hub / peer >= GOAL,
        runs,
    )
    name = "outbound_customers_webhook"
    yield Figure(name, hub, "customers/s", "webhook automation", webhook, hub / webhook, "", None, runs)


def _hub(bench, sandbox):
    hub = start_hub(bench, "hub", sandbox)
    return Side("hub", hub.database, hub.server, bench.scaled(HUB_CUSTOMERS), HAS_OPEN)


def _peer(bench, sandbox):
    database, server = start_exporter(bench, sandbox)
    is_missing_some = "SELECT count(*) < %(total)s FROM bench_contact"
    return Side("peer", database, server, bench.scaled(PEER_CUSTOMERS), is_missing_some)


def _drain(side, sandbox, count, label):
    """Create customers and wait until all have arrived; return how that went, and the contacts that there are."""
    sandbox.reset()
    if side.name == "hub":  # the sandbox gives the same ids again, which are those of the customers before
        side.database.query("DELETE FROM retail_binding")
    run = side.run(count, lambda: _create(side.database, count, label))
    contacts = sandbox.contacts()
    if len(contacts) != count:
        raise RuntimeError(f"{side.name}: {count} customers became {len(contacts)} contacts")
    return run, contacts


def _create(database, count, label):
    """Create customers; return the moment of the commit."""
    with odoo_here.environment(database) as env:
        env["res.partner"].create(customers(env, count, label))
        return odoo_here.commit(env)


def _notify(database, sandbox, count, label):
    """Create customers, each of which Odoo posts to the sandbox after the commit; return how many per second."""
    sandbox.reset()
    accept_webhooks(sandbox)
    with odoo_here.environment(database) as env:
        values = customers(env, count, label)
        env["res.partner"].create(values)
        committed = odoo_here.commit(env)
        seconds = time.perf_counter() - committed
    arrived = sorted(content["email"] for content in webhooks(sandbox))
    if arrived != sorted(one["email"] for one in values):
        raise RuntimeError(f"webhook automation: {count} customers became {len(arrived)} notifications")
    return count / seconds


def _check_alike(hub_contacts, peer_contacts):
    """Both must have sent the same, or their rates could not be compared."""
    hub = _properties(hub_contacts)
    for email, properties in _properties(peer_contacts).items():
        if hub[email] != properties:
            raise RuntimeError(f"the hub and its peer differ: {hub[email]} {properties}")


def _properties(contacts):
    ignored = ("createdate", "lastmodifieddate", "hs_object_id")
    return {
        contact["properties"]["email"]: {
            name: value for name, value in contact["properties"].items() if name not in ignored
        }
        for contact in contacts
    }
