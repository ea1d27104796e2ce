"""What the system tests share: a connector between a real Odoo and the sandbox, and what became of its work."""

import itertools
import uuid

from stack import Database, wait_until

TOKEN = "sandbox-token"
PATIENCE = 30  # seconds for what normally takes a second or two

_numbers = itertools.count(1)


class Hub:
    """An active connector of a running Odoo, whose remote is the sandbox.

    What became of deliveries is read by SQL, so that looking needs no worker of the server under test.
    """

    def __init__(self, odoo, sandbox, connector_id):
        self.odoo = odoo
        self.sandbox = sandbox
        self.id = connector_id

    # -- doing -------------------------------------------------------------------------------------

    def create(self, *vals_list):
        """Create partners in one call, hence in one transaction; return their ids."""
        return self.odoo.call("res.partner", "create", list(vals_list), context={"tracking_disable": True})

    def write(self, ids, **values):
        """Change partners in one call, hence in one transaction."""
        self.odoo.call("res.partner", "write", ids, values, context={"tracking_disable": True})

    def connector(self, method, *args):
        return self.odoo.call("retail.connector", method, [self.id], *args)

    def set_token(self, token):
        """Do what an admin does who types a credential."""
        domain = [("connector_id", "=", self.id)]
        self.odoo.call(
            "retail.credential",
            "write",
            self.odoo.call("retail.credential", "search", domain),
            {"value": token},
        )

    def set_flows(self, **values):
        domain = [("connector_id", "=", self.id)]
        self.odoo.call("retail.flow", "write", self.odoo.call("retail.flow", "search", domain), values)

    def make_due(self):
        """Bring forward what waits for its next attempt, and the scheduled action, which comes once a minute."""
        self.odoo.db.query(
            "UPDATE retail_delivery SET next_attempt_at = now() AT TIME ZONE 'UTC'"
            " WHERE connector_id = %s AND state IN ('pending', 'unknown')",
            self.id,
        )
        let_cron_run(self.odoo.db)

    # -- looking -----------------------------------------------------------------------------------

    def deliveries(self, columns, **values):
        """Return rows of this connector's deliveries, oldest first."""
        where = "".join(f" AND {name} = %s" for name in values)
        statement = f"SELECT {columns} FROM retail_delivery WHERE connector_id = %s{where} ORDER BY id"
        return self.odoo.db.query(statement, self.id, *values.values())

    def attempts(self, columns):
        """Return rows of the attempts of this connector's deliveries, oldest first."""
        return self.odoo.db.query(
            f"SELECT {columns} FROM retail_delivery_attempt a JOIN retail_delivery d ON d.id = a.delivery_id"
            " WHERE d.connector_id = %s ORDER BY a.id",
            self.id,
        )

    def jobs(self, columns):
        """Return rows of the jobs that were to drain this connector, oldest first."""
        return self.odoo.db.query(
            f"SELECT {columns} FROM queue_job WHERE starts_with(identity_key, %s) ORDER BY id",
            f"retail_hub:drain:{self.id}:",
        )

    def count(self):
        """Return ``{state: number of deliveries}``."""
        return dict(
            self.odoo.db.query(
                "SELECT state, count(*)::int FROM retail_delivery WHERE connector_id = %s GROUP BY state",
                self.id,
            )
        )

    def state(self):
        """Return the connector's (state, whether it gives a reason)."""
        [row] = self.odoo.db.query(
            "SELECT state, state_reason IS NOT NULL FROM retail_connector WHERE id = %s", self.id
        )
        return row

    # -- waiting -----------------------------------------------------------------------------------

    def wait(self, timeout=PATIENCE, **states):
        """Wait until there are exactly these numbers of deliveries: ``wait(delivered=3, dead=1)``."""
        try:
            wait_until(lambda: self.count() == states, timeout, "")
        except TimeoutError:
            raise AssertionError(f"not {states} but {self.count()} after {timeout} s") from None

    def wait_for_cron(self, timeout=PATIENCE, **states):
        """Wait for deliveries that only the scheduled action brings about; it comes every second, not minute."""

        def is_done():
            let_cron_run(self.odoo.db)
            return self.count() == states

        wait_until(is_done, timeout, f"{states} deliveries", interval=1)

    def wait_until_idle(self):
        """Wait until no drain of this connector runs."""
        wait_until(lambda: not self.jobs_in("enqueued", "started"), PATIENCE, "the connector's jobs to end")

    def jobs_in(self, *states):
        return [state for (state,) in self.jobs("state") if state in states]


def open_connector(odoo, sandbox, window=0, **values):
    """Create a connector to the sandbox, set its credential and press Activate."""
    name = f"HubSpot {next(_numbers)}"
    values = {"name": name, "base_url": sandbox.url, **values}
    hub = Hub(odoo, sandbox, odoo.call("retail.connector", "create", [values])[0])
    hub.set_flows(window_seconds=window)
    hub.set_token(TOKEN)
    hub.connector("action_activate")
    return hub


def customers(count, **values):
    """Return the values of new customers, none of which was used before."""
    mark = uuid.uuid4().hex[:8]
    return [{"name": f"Ann Lee{n}", "email": f"ann{n}@{mark}.example.com", **values} for n in range(count)]


def calls(sandbox):
    """Return the logged requests that write contacts, in the order in which they came."""
    requests = [request for request in sandbox.requests() if "/batch/" in request["path"]]
    writes = [request for request in requests if not request["path"].endswith("/batch/read")]
    return sorted(writes, key=lambda request: request["at"])


def inputs(sandbox):
    """Return everything that was sent in batches, in order."""
    return list(itertools.chain.from_iterable(request["body"]["inputs"] for request in calls(sandbox)))


def job_titles(sandbox):
    """Return the job titles that were sent, in order."""
    return [one["properties"]["jobtitle"] for one in inputs(sandbox)]


def emails(sandbox):
    """Return the sorted email addresses of the sandbox's contacts."""
    return sorted(contact["properties"]["email"] for contact in sandbox.contacts())


def let_cron_run(db):
    """Have the hub's scheduled action come now; by itself it comes once a minute."""
    db.query(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' WHERE id ="
        " (SELECT res_id FROM ir_model_data WHERE module = 'retail_hub' AND name = 'ir_cron_drain')"
    )
    Database("postgres").query("SELECT pg_notify('cron_trigger', %s)", db.name)


def keep_hub_cron_only(db):
    """Switch off all scheduled actions but the hub's own."""
    db.query(
        "UPDATE ir_cron SET active = id IN (SELECT res_id FROM ir_model_data"
        " WHERE module = 'retail_hub' AND model = 'ir.cron')"
    )


def complaints(log):
    """Return the lines of a server's log that report an error."""
    return [
        line for line in log.splitlines() if " ERROR " in line or " CRITICAL " in line or "Traceback" in line
    ]
