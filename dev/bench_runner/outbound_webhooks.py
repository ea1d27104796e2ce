"""How fast events reach a webhook whose receiver takes 50 ms for each: the hub, and one job per event.

Most events are of orders of their own; every sixth is one of many of the same order, and these must arrive in the
order in which they happened. No event may be lost, or arrive twice. The time runs from the commit after which the
events wait until the last is known to have arrived. The sides take turns at one receiver.
"""

from collections import defaultdict

import odoo_here
from bench import say
from customers import make_customers
from figures import Figure, middle
from internals import queue_facts
from orders import copy_orders, make_orders
from outbound_orders import start_order_sandbox
from profiles import profiled
from remote import start_sandbox
from sides import HAS_OPEN, Side, start_exporter

from stack import OdooServer

LATENCY = 0.05  # seconds
HUB_EVENTS = 1200
PEER_EVENTS = 200
BUSY_EVERY = 6  # events
EVENTS_OF_BUSY = 10  # of each order that has many
CUSTOMERS = 20
WARM_UP = 100
WORKERS = 2
GOAL = 20
ONE_WORKER_GOAL = 300  # events per second
PATH = "/hooks"
PARALLEL_CALLS = 64  # of one worker: with the default of 8, it makes at most 160 calls of 50 ms in a second
SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgc2FuZGJveCBpdHNlbGY="  # noqa: S105  # the receiver's
IS_WAITING = "SELECT EXISTS (SELECT FROM queue_job WHERE state != 'done')"
OF_ONE_DATABASE = {"customer_id", "id", "product_id"}


def measure(bench):
    receiver = start_sandbox(bench, "bench_receiver")
    hub, peer = Hub(bench, receiver), Peer(bench, receiver)
    _check_alike(*(shop.send(bench.scaled(WARM_UP, least=20), "warm-up")[1] for shop in (hub, peer)))
    runs = []
    for number in range(bench.runs):
        hub.use_workers(1)
        alone, _arrived = hub.send(bench.scaled(HUB_EVENTS, least=24), f"alone{number}")
        hub.use_workers(WORKERS)
        both, _arrived = hub.send(bench.scaled(HUB_EVENTS, least=24), f"run{number}")
        jobs, _arrived = peer.send(bench.scaled(PEER_EVENTS), f"run{number}")
        runs.append(
            {
                "hub": both.rate,
                "one_worker": alone.rate,
                "peer": jobs.rate,
                "hub_cpus": both.cpus,
                "peer_cpus": jobs.cpus,
            }
        )
        say(f"outbound_webhooks: hub {both}, from one worker {alone}, peer {jobs}")
    if bench.profile:
        with profiled(hub.side.server.pids()):
            hub.send(2 * bench.scaled(HUB_EVENTS, least=24), "profile")
    yield from _figures(runs)


def _figures(runs):
    hub, alone, peer = middle(runs, "hub", "one_worker", "peer")
    name, unit, job = "outbound_webhooks", "events/s", "one job per event"
    yield Figure(name, hub, unit, job, peer, hub / peer, f"≥ {GOAL} ×", hub / peer >= GOAL, runs)
    goal, is_met = f"≥ {ONE_WORKER_GOAL}/s", alone >= ONE_WORKER_GOAL
    yield Figure(f"{name}_one_worker", alone, unit, job, peer, alone / peer, goal, is_met, runs)


class Shop:
    """A side that posts orders. Subclasses say how events wait to be sent, and check how they arrived."""

    def __init__(self, receiver, side, customer_ids, original_ids):
        self.receiver = receiver
        self.side = side
        self.customer_ids = customer_ids
        self.original_ids = original_ids

    def queue(self, env, orders):
        """Have an event of each of these orders wait; an order may be there more than once."""
        raise NotImplementedError

    def check_order(self, newest, arrived):
        """Raise a RuntimeError if events of one order arrived in another order than that in which they happened.

        :param newest: what :meth:`newest` returned before
        """

    def newest(self):
        """Return the id of the newest event so far."""

    def send(self, count, label):
        """Have so many events wait, and wait until all have arrived; return how that went, and what arrived."""
        self.receiver.reset()
        self.receiver.fault(path=PATH, latency=LATENCY)
        newest = self.newest()
        run = self.side.run(count, lambda: self._place(count, label))
        arrived = self.receiver.records("events", "webhook")
        times = sum(each["times"] for each in arrived)
        if (len(arrived), times) != (count, count):
            raise RuntimeError(
                f"{self.side.name}: {count} events became {len(arrived)}, posted {times} times"
            )
        self.check_order(newest, arrived)
        return run, [each["event"] for each in arrived]

    def _place(self, count, label):
        with odoo_here.environment(self.side.database, odoo_here.SUPERUSER_ID) as env:
            busy_events = count // BUSY_EVERY
            busy_count = max(1, busy_events // EVENTS_OF_BUSY)
            orders = count - busy_events + busy_count
            ids = copy_orders(env, self.original_ids, self.customer_ids, orders, label)
            busy, others = ids[:busy_count], iter(ids[busy_count:])
            sequence = [
                busy[number // BUSY_EVERY % busy_count]
                if number % BUSY_EVERY == BUSY_EVERY - 1
                else next(others)
                for number in range(count)
            ]
            self.queue(env, env["sale.order"].browse(sequence))
            return odoo_here.commit(env)


class Hub(Shop):
    def __init__(self, bench, receiver):
        database = bench.database("hub", "retail_hub")
        customer_ids = make_customers(database, CUSTOMERS)
        original_ids = make_orders(database, customer_ids)
        self.connector_id = odoo_here.connect_webhook(
            database, receiver.url + PATH, SECRET, ("order.placed",)
        )
        server = bench.start(OdooServer(database))
        super().__init__(receiver, Side("hub", database, server, 0, HAS_OPEN), customer_ids, original_ids)

    def use_workers(self, count):
        """Let so many workers deliver at a time."""
        with odoo_here.environment(self.side.database) as env:
            connector = env["retail.connector"].browse(self.connector_id)
            connector.write({"max_drains": count, "parallel_calls": PARALLEL_CALLS})
            env.cr.commit()

    def queue(self, env, orders):
        queue_facts(env, "order.placed", orders)

    def newest(self):
        [(newest,)] = self.side.database.query("SELECT coalesce(max(id), 0) FROM retail_event")
        return newest

    def check_order(self, newest, arrived):
        statement = "SELECT uuid, res_id FROM retail_event WHERE id > %s ORDER BY id"
        happened = self.side.database.query(statement, newest)
        position = {each["event"]["id"]: number for number, each in enumerate(arrived)}
        of_order = defaultdict(list)
        for event_id, order_id in happened:
            of_order[order_id].append(position[event_id])
        if any(positions != sorted(positions) for positions in of_order.values()):
            raise RuntimeError("events of one order did not arrive in their order")
        if max(map(len, of_order.values())) < 2:
            raise RuntimeError("no order has several events: nothing is known of their order")


class Peer(Shop):
    """Jobs run in parallel: the order of the events of one order is left to chance, and is not checked."""

    def __init__(self, bench, receiver):
        # What its orders and customers are sent to when they are made.
        database, server = start_exporter(bench, start_order_sandbox(bench, "bench_peer_sandbox"))
        customer_ids = make_customers(database, CUSTOMERS)
        original_ids = make_orders(database, customer_ids)
        with odoo_here.environment(database) as env:
            parameters = env["ir.config_parameter"].sudo()
            parameters.set_param("bench.webhook_url", receiver.url + PATH)
            parameters.set_param("bench.webhook_secret", SECRET)
            env.cr.commit()
        super().__init__(receiver, Side("peer", database, server, 0, IS_WAITING), customer_ids, original_ids)

    def queue(self, env, orders):
        orders._bench_post_later()


def _check_alike(hub_events, peer_events):
    """Both must have sent the same, or their rates could not be compared."""
    hub = {event["data"]["number"]: _comparable(event["data"]) for event in hub_events}
    for event in peer_events:
        number, data = event["data"]["number"], _comparable(event["data"])
        if hub[number] != data:
            raise RuntimeError(f"the hub and its peer differ: {hub[number]} {data}")


def _comparable(data):
    """Return the data of an order without ids of records."""
    found = {name: value for name, value in data.items() if name not in OF_ONE_DATABASE}
    return found | {"lines": [_comparable(line) for line in data["lines"]]} if "lines" in data else found
