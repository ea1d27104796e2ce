"""How fast waiting customers reach HubSpot: the hub, and an exporter that makes one job per record.

Both run on servers of their own with the same workers and job channels, in turn, against the same sandbox.
The time runs from the commit of the transaction that created the customers until the last is known to have
arrived.
"""

import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path

import odoo_here
from bench import say
from customers import customers
from figures import Figure, middle
from profiles import Usage, profiled

from database import Database, setting
from stack import OdooServer, Sandbox, wait_until

HUB_CUSTOMERS = 3000
PEER_CUSTOMERS = 300
GOAL = 25
TIMEOUT = 600


@dataclass
class Side:
    """One of the two: where it runs, how many customers a run has, and the SQL that tells whether all arrived.

    It is cheap, as it is asked often; ``total`` is how many customers there were in all runs.
    """

    name: str
    database: Database
    server: OdooServer
    customers: int
    has_finished: str
    total: int = 0

    def is_finished(self, cursor):
        cursor.execute(self.has_finished, {"total": self.total})
        return cursor.fetchone()[0]


@dataclass
class Run:
    """Customers per second, the CPUs that were used meanwhile, and what the sandbox has at the end."""

    rate: float
    cpus: dict
    contacts: list

    def __str__(self):
        cpus = ", ".join(f"{kind} {share:.2f}" for kind, share in self.cpus.items())
        return f"{self.rate:.0f}/s (CPUs: {cpus})"


def measure(bench):
    sandbox = bench.enter(Sandbox(label="bench_sandbox"))
    client = _client(sandbox)
    hub = _hub(bench, sandbox)
    peer = _peer(bench, sandbox)
    for side in (hub, peer):
        _drain(side, client, 100, "warm-up")
    runs = []
    for number in range(bench.runs):
        hub_run = _drain(hub, client, hub.customers, f"run{number}")
        peer_run = _drain(peer, client, peer.customers, f"run{number}")
        _check_alike(hub_run.contacts, peer_run.contacts)
        runs.append(
            {"hub": hub_run.rate, "peer": peer_run.rate, "hub_cpus": hub_run.cpus, "peer_cpus": peer_run.cpus}
        )
        say(f"outbound: hub {hub_run}, peer {peer_run}")
    if bench.profile:
        with profiled(hub.server.pids()):
            _drain(hub, client, 2 * hub.customers, "profile")
    hub_rate, peer_rate = middle(runs, "hub", "peer")
    ratio = hub_rate / peer_rate
    yield Figure(
        "outbound_customers",
        hub_rate,
        "customers/s",
        "one job per record",
        peer_rate,
        ratio,
        f"≥ {GOAL} ×",
        ratio >= GOAL,
        runs,
    )


def _client(sandbox):
    """Return what steers the sandbox. Its module is loaded by path: its neighbours have very common names."""
    path = Path(setting("RETAIL_HUB_ROOT"), "tests", "sandbox", "client.py")
    spec = importlib.util.spec_from_file_location("sandbox_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SandboxClient(sandbox.url)


def _hub(bench, sandbox):
    database = bench.database("hub", "retail_hub")
    odoo_here.connect_hub(database, sandbox.url, window=0)
    server = bench.enter(OdooServer(database))
    open_states = "('pending', 'in_flight', 'unknown')"
    has_finished = f"SELECT NOT EXISTS (SELECT FROM retail_delivery WHERE state IN {open_states})"
    return Side("hub", database, server, HUB_CUSTOMERS, has_finished)


def _peer(bench, sandbox):
    database = bench.database("peer", "retail_bench_peer")
    with odoo_here.environment(database) as env:
        parameters = env["ir.config_parameter"].sudo()
        parameters.set_param("bench.url", sandbox.url)
        parameters.set_param("bench.token", "sandbox-token")
        env.cr.commit()
    server = bench.enter(OdooServer(database))
    return Side("peer", database, server, PEER_CUSTOMERS, "SELECT count(*) >= %(total)s FROM bench_contact")


def _drain(side, client, count, label):
    """Create customers and wait until all have arrived; return how that went."""
    client.reset()
    connection = side.database.connect()
    with connection.cursor() as cursor:
        side.total += count
        with odoo_here.environment(side.database) as env:
            env["res.partner"].create(customers(env, count, label))
            committed = odoo_here.commit(env)
            usage = Usage(side.server)
        wait_until(lambda: side.is_finished(cursor), TIMEOUT, f"{side.name}: not all customers arrived", 0.02)
        seconds = time.perf_counter() - committed
        cpus = usage.cpus()
    connection.close()
    contacts = client.contacts()
    if len(contacts) != count:
        raise RuntimeError(f"{side.name}: {count} customers became {len(contacts)} contacts")
    return Run(count / seconds, cpus, contacts)


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
