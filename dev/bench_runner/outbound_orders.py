"""How fast confirmed orders, with their lines and links, reach HubSpot: the hub, and one job per order.

Each has a HubSpot of its own, which knows the customers already. The time runs from the commit after which the
orders wait until the last is known to have arrived.
"""

from collections.abc import Callable
from dataclasses import dataclass

import odoo_here
from bench import say
from customers import make_customers
from figures import Figure, middle
from internals import queue_facts
from orders import copy_orders, make_orders
from profiles import profiled
from remote import start_sandbox
from sides import HAS_OPEN, Side, start_exporter, start_hub

HUB_ORDERS = 2000
PEER_ORDERS = 200
CUSTOMERS = 500
WARM_UP = 100
GOAL = 25
IS_MISSING_SOME = "SELECT count(*) < %(total)s FROM bench_order"
# Properties that HubSpot fills itself, and the key by which each side finds its records.
OF_THE_SIDE = {
    "createdate",
    "hs_createdate",
    "hs_lastmodifieddate",
    "hs_object_id",
    "lastmodifieddate",
    "odoo_id",
}


@dataclass
class Shop:
    """A side, its HubSpot, and what its orders are made from. ``queue(env, ids)`` has orders wait to be sent."""

    side: Side
    sandbox: object
    customer_ids: list
    original_ids: list
    queue: Callable

    def send(self, count, label):
        """Make orders, and wait until all have arrived; return how that went."""
        return self.side.run(count, lambda: self._place(count, label))

    def _place(self, count, label):
        with odoo_here.environment(self.side.database, odoo_here.SUPERUSER_ID) as env:
            self.queue(env, copy_orders(env, self.original_ids, self.customer_ids, count, label))
            return odoo_here.commit(env)


def measure(bench):
    hub, peer = _hub(bench), _peer(bench)
    for shop in (hub, peer):
        shop.send(bench.scaled(WARM_UP, least=20), "warm-up")
        _arrived(shop)
    runs = []
    for number in range(bench.runs):
        hub_run = hub.send(hub.side.size, f"run{number}")
        peer_run = peer.send(peer.side.size, f"run{number}")
        runs.append(
            {
                "hub": hub_run.rate,
                "peer": peer_run.rate,
                "hub_cpus": hub_run.cpus,
                "peer_cpus": peer_run.cpus,
            }
        )
        say(f"outbound_orders: hub {hub_run}, peer {peer_run}")
    _check_alike(_arrived(hub), _arrived(peer))
    if bench.profile:
        with profiled(hub.side.server.pids()):
            hub.send(2 * hub.side.size, "profile")
    hub_rate, peer_rate = middle(runs, "hub", "peer")
    yield Figure(
        "outbound_orders",
        hub_rate,
        "orders/s",
        "one job per order",
        peer_rate,
        hub_rate / peer_rate,
        f"≥ {GOAL} ×",
        hub_rate / peer_rate >= GOAL,
        runs,
    )


def _customers(bench):
    return bench.scaled(CUSTOMERS, least=20)


def _hub(bench):
    sandbox = start_order_sandbox(bench, "bench_hub_sandbox")
    hub = start_hub(bench, "hub", sandbox, _customers(bench), events=("order.placed",))
    hub.drain(hub.customer_ids)
    original_ids = make_orders(hub.database, hub.customer_ids)
    side = Side("hub", hub.database, hub.server, bench.scaled(HUB_ORDERS), HAS_OPEN, total=len(original_ids))
    return Shop(side, sandbox, hub.customer_ids, original_ids, _queue)


def _queue(env, ids):
    """Have the orders wait as the hub does when they are confirmed."""
    queue_facts(env, "order.placed", env["sale.order"].browse(ids))


def _peer(bench):
    sandbox = start_order_sandbox(bench, "bench_peer_sandbox")
    database, server = start_exporter(bench, sandbox)
    customer_ids = make_customers(database, _customers(bench))
    original_ids = make_orders(database, customer_ids)
    side = Side("peer", database, server, bench.scaled(PEER_ORDERS), IS_MISSING_SOME, total=len(original_ids))
    return Shop(side, sandbox, customer_ids, original_ids, _enqueue)


def _enqueue(env, ids):
    env["sale.order"].browse(ids)._bench_export_later()


def start_order_sandbox(bench, label):
    """Start a HubSpot that knows how our orders and lines are found."""
    sandbox = start_sandbox(bench, label)
    keys = [
        {"name": "odoo_id", "hasUniqueValue": True, "objectType": name} for name in ("orders", "line_items")
    ]
    sandbox.configure(custom_properties=keys, currencies=["EUR", "USD"])
    return sandbox


def _check_alike(hub_orders, peer_orders):
    """Both must have sent the same, or their rates could not be compared."""
    for name, order in peer_orders.items():
        if hub_orders.get(name) != order:
            raise RuntimeError(f"the hub and its peer differ: {hub_orders.get(name)} {order}")


def _arrived(shop):
    """Return what the HubSpot of a side has: {name of an order: (properties, those of its lines, emails)}."""
    lines, contacts = (
        {each["id"]: _sent(each) for each in shop.sandbox.records(kind)}
        for kind in ("line_items", "contacts")
    )
    orders = {}
    for order in shop.sandbox.records("orders"):
        linked = order["associations"]
        orders[order["properties"]["hs_order_name"]] = (
            _sent(order),
            sorted((lines[each] for each in linked["line_items"]), key=lambda line: line["hs_sku"]),
            [contacts[each]["email"] for each in linked["contacts"]],
        )
    if len(orders) != shop.side.total:
        raise RuntimeError(f"{shop.side.name}: {shop.side.total} orders became {len(orders)}")
    return orders


def _sent(record):
    return {name: value for name, value in record["properties"].items() if name not in OF_THE_SIDE}
