"""The systems that are compared: the hub, an exporter that makes one job per record, Odoo's webhook automation.

Each has a database of its own. The hub and the exporter also have servers of their own, with the same workers
and job channels.
"""

import contextlib
import time
from dataclasses import dataclass

import odoo_here
from customers import make_customers
from internals import queue_states
from profiles import Usage

from stack import Database, OdooServer, wait_until

TIMEOUT = 900
HAS_OPEN = "SELECT EXISTS (SELECT FROM retail_delivery WHERE state IN ('pending', 'in_flight', 'unknown'))"
WEBHOOK_PATH = "/webhook"
WEBHOOK_FIELDS = (
    "name",
    "email",
    "phone",
    "commercial_company_name",
    "function",
    "street",
    "city",
    "zip",
    "country_id",
    "lang",
)


@dataclass
class Run:
    """Records per second, and the CPUs that were used meanwhile."""

    rate: float
    cpus: dict

    def __str__(self):
        cpus = ", ".join(f"{kind} {share:.2f}" for kind, share in self.cpus.items())
        return f"{self.rate:.0f}/s (CPUs: {cpus})"


@dataclass
class Side:
    """A side with a server: the number of records in a run, and the SQL that returns whether some are missing.

    The SQL runs often, so it has to be cheap. ``total`` is the number of records in all runs.
    """

    name: str
    database: Database
    server: OdooServer
    size: int
    is_missing_some: str
    total: int = 0

    def run(self, count, commit):
        """Wait until ``count`` records have arrived; ``commit()`` commits them and returns when (perf_counter)."""
        self.total += count
        with contextlib.closing(self.database.connect()) as connection, connection.cursor() as cursor:
            committed = commit()
            usage = Usage(self.server)
            wait_until(lambda: self._is_finished(cursor), TIMEOUT, f"{self.name}: not all arrived", 0.02)
            return Run(count / (time.perf_counter() - committed), usage.cpus())

    def _is_finished(self, cursor):
        cursor.execute(self.is_missing_some, {"total": self.total})
        return not cursor.fetchone()[0]


@dataclass(eq=False)
class Hub:
    """A connector to the sandbox, its Odoo server, and customers that were there before it."""

    database: Database
    server: OdooServer
    connector_id: int
    customer_ids: list

    def send_again(self, ids, lane="realtime"):
        """Queue these customers as Resync does; return the moment of the commit (time.perf_counter)."""
        with odoo_here.environment(self.database, odoo_here.SUPERUSER_ID) as env:
            queue_states(env, "customer.updated", env["res.partner"].browse(ids), self.connector_id, lane)
            return odoo_here.commit(env)

    def wait(self, cursor, observe=lambda: None, interval=0.02):
        """Wait until nothing is left to deliver; call `observe` each time before looking."""

        def is_over():
            observe()
            cursor.execute(HAS_OPEN)
            return not cursor.fetchone()[0]

        wait_until(is_over, TIMEOUT, "not all deliveries arrived", interval)

    def drain(self, ids, **options):
        """Send these customers again; return the seconds from the commit until the last has arrived."""
        with contextlib.closing(self.database.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(id), 0) FROM retail_delivery")
            [newest] = cursor.fetchone()
            committed = self.send_again(ids)
            self.wait(cursor, **options)
            seconds = time.perf_counter() - committed
            cursor.execute(
                "SELECT count(*) FROM retail_delivery WHERE id > %s AND state = 'delivered'", [newest]
            )
            if cursor.fetchone() != (len(ids),):
                raise RuntimeError("some deliveries did not arrive")
            return seconds


def start_hub(bench, label, sandbox, customer_count=0, events=(), **server_options):
    """Return a hub with a server; the customers are not sent yet.

    :param events: types of events that it wants beside the default ones
    :param server_options: of :class:`~stack.OdooServer`
    """
    database = bench.database(label, "retail_hub")
    ids = make_customers(database, customer_count) if customer_count else []
    connector_id = odoo_here.connect_hub(database, sandbox.url, window=0, events=events)
    return Hub(database, bench.start(OdooServer(database, **server_options)), connector_id, ids)


def start_exporter(bench, sandbox, **server_options):
    """Return (database, server) of the exporter that makes one job per record."""
    database = bench.database("peer", "retail_bench_peer")
    with odoo_here.environment(database) as env:
        parameters = env["ir.config_parameter"].sudo()
        parameters.set_param("bench.url", sandbox.url)
        parameters.set_param("bench.token", "sandbox-token")
        env.cr.commit()
    return database, bench.start(OdooServer(database, **server_options))


def make_webhook_automation(bench, sandbox):
    """Return a database in which an automation rule sends each new or changed customer to the sandbox.

    It needs no server: Odoo sends the notification in the process that made the change, after its commit.
    """
    database = bench.database("webhook", "base_automation")
    with odoo_here.environment(database) as env:
        model = env["ir.model"]._get("res.partner")
        watched = model.field_id.filtered(lambda field: field.name in WEBHOOK_FIELDS)
        env["base.automation"].create(
            {
                "name": "Send customers",
                "model_id": model.id,
                "trigger": "on_create_or_write",
                "trigger_field_ids": watched.ids,
                "action_server_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Send a customer",
                            "model_id": model.id,
                            "state": "webhook",
                            "webhook_url": sandbox.url + WEBHOOK_PATH,
                            "webhook_field_ids": watched.ids,
                        },
                    )
                ],
            }
        )
        env.cr.commit()
    return database


def accept_webhooks(sandbox):
    """Have the sandbox answer each notification at once. It comes after other faults, which are planned first."""
    sandbox.fault(path=WEBHOOK_PATH, status=200, body={})


def webhooks(sandbox, since=0):
    """Return the content of the notifications that the sandbox has accepted."""
    requests = sandbox.requests(since)
    return [r["body"] for r in requests if r["path"] == WEBHOOK_PATH and r["status"] == 200]
