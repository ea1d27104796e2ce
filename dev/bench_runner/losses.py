"""What never arrives when the remote has a bad day: the hub, and Odoo's webhook automation.

Each changes one customer after the other, as users do, while the same share of its calls goes wrong: 2 % are
answered 500, and 1 % are answered later than the one second that the automation waits. (A late call still takes
effect, so it is no loss.) In the middle the remote is down for two seconds. A change is lost if the remote does not
have it at the end.
"""

import contextlib
import logging
import time
from dataclasses import dataclass
from statistics import median

import odoo_here
from bench import say
from customers import make_customers
from figures import Figure, middle
from remote import start_sandbox
from sides import (
    WEBHOOK_PATH,
    accept_webhooks,
    make_webhook_automation,
    start_hub,
    webhooks,
)

CHANGES = 200
INTERVAL = 0.05  # seconds between two changes
REFUSED_EVERY = 50  # calls
LATE_EVERY = 100  # calls
LATE_SECONDS = 1.5
DOWN_SECONDS = 2
HUB_PATH = "/crm/objects"


@dataclass
class Changes:
    """The changes of a run, by number: the seconds that each took, and which were made while the remote was down."""

    label: str
    seconds: list
    down: range

    def result(self, name, arrived):
        """Return what became of them; `arrived` are the texts that the remote has."""
        lost = [number for number in range(len(self.seconds)) if f"{self.label} {number}" not in arrived]
        return {
            f"{name}_lost": len(lost),
            f"{name}_lost_while_down": len(set(lost) & set(self.down)),
            f"{name}_user_ms": 1000 * median(self.seconds),
            f"{name}_longest_user_ms": 1000 * max(self.seconds),
        }


def measure(bench):
    logging.getLogger("odoo.addons.base.models.ir_actions").setLevel(
        logging.ERROR
    )  # failures are counted here
    sandbox = start_sandbox(bench)
    count = bench.scaled(CHANGES, least=LATE_EVERY)
    hub = start_hub(bench, "losses", sandbox, count)
    webhook = make_webhook_automation(bench, sandbox)
    webhook_ids = make_customers(webhook, count)
    hub.drain(hub.customer_ids)
    _change(webhook, webhook_ids[0], "warm-up")
    runs = []
    for number in range(bench.runs):
        label = f"Run {number}, change"
        runs.append(
            {
                "changes": count,
                **_measure_hub(hub, sandbox, label),
                **_measure_webhook(webhook, webhook_ids, sandbox, label),
            }
        )
        say(f"losses: hub {runs[-1]['hub_lost']}, webhook automation {runs[-1]['webhook_lost']} of {count}")
    yield _figure(count, runs)


def _figure(count, runs):
    hub, webhook = middle(runs, "hub_lost", "webhook_lost")
    worst = max(run["hub_lost"] for run in runs)
    return Figure(
        "outbound_losses",
        hub,
        f"of {count} lost",
        "webhook automation",
        webhook,
        hub / webhook if webhook else None,
        "0",
        worst == 0,
        runs,
    )


def _measure_hub(hub, sandbox, label):
    changes = _change_all(hub.database, hub.customer_ids, sandbox, HUB_PATH, label)
    with contextlib.closing(hub.database.connect()) as connection, connection.cursor() as cursor:
        hub.wait(cursor)
    return changes.result("hub", {contact["properties"]["jobtitle"] for contact in sandbox.contacts()})


def _measure_webhook(database, ids, sandbox, label):
    changes = _change_all(database, ids, sandbox, WEBHOOK_PATH, label)
    return changes.result("webhook", {content["function"] for content in webhooks(sandbox)})


def _change_all(database, ids, sandbox, path, label):
    """Change the customers in turn, under the faults."""
    half = len(ids) // 2
    _plan_faults(sandbox, path, len(ids))
    seconds = _change_some(database, ids[:half], label, 0)
    _go_down(sandbox, path)
    end = time.monotonic() + DOWN_SECONDS
    while time.monotonic() < end and len(seconds) < len(ids):
        position = len(seconds)
        seconds += _change_some(database, ids[position : position + 1], label, position)
    time.sleep(max(0, end - time.monotonic()))
    down = range(half, len(seconds))
    _plan_faults(sandbox, path, len(ids))
    seconds += _change_some(database, ids[len(seconds) :], label, len(seconds))
    return Changes(label, seconds, down)


def _change_some(database, ids, label, first):
    seconds = []
    for number, partner_id in enumerate(ids, first):
        start = time.perf_counter()
        _change(database, partner_id, f"{label} {number}")
        seconds.append(time.perf_counter() - start)
        time.sleep(max(0, INTERVAL - seconds[-1]))
    return seconds


def _change(database, partner_id, function):
    with odoo_here.environment(database) as env:
        env["res.partner"].browse(partner_id).write({"function": function})
        env.cr.commit()


def _plan_faults(sandbox, path, calls):
    """Have every so many of the calls refused or answered late, from now on."""
    sandbox.faults_clear()
    for number in range(calls // REFUSED_EVERY):
        # A request that a rule has taken is not seen, nor counted, by the rules after it.
        sandbox.fault(path=path, skip=number * (REFUSED_EVERY - 1) + REFUSED_EVERY // 2, times=1, status=500)
    for number in range(calls // LATE_EVERY):
        late = {"latency": LATE_SECONDS, **({"status": 200, "body": {}} if path == WEBHOOK_PATH else {})}
        sandbox.fault(path=path, skip=number * (LATE_EVERY - 1) + LATE_EVERY // 3, times=1, **late)
    accept_webhooks(sandbox)


def _go_down(sandbox, path):
    sandbox.faults_clear()
    sandbox.fault(path=path, drop="before")
