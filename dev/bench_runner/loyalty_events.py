"""How fast changes of points reach a loyalty engine that takes 50 ms for each call: the hub, and one job per event.

Each change is of another card. It is sent, and then looked up: the engine accepts points first, and books them later.
The peer looks at once, in the same job, as the sandbox books by the next call; the hub looks a second later, and also
reads the new balances. The time runs from the commit of the changes until all are known to be booked.
"""

import contextlib

import odoo_here
from bench import say
from customers import make_customers
from figures import Figure, middle
from loyalty_shop import PROGRAM, make_cards, make_program, start_shop
from profiles import profiled
from psycopg2.errors import SerializationFailure
from remote import start_sandbox
from sides import HAS_OPEN, Side, start_exporter

LATENCY = 0.05  # seconds
HUB_EVENTS = 1200
PEER_EVENTS = 150
PARALLEL_CALLS = 64  # of one worker, as in outbound_webhooks
GOAL = 10
NAME = "loyalty_events"
IS_WAITING = "SELECT EXISTS (SELECT FROM queue_job WHERE state != 'done')"


def measure(bench):
    hub = Hub(bench, bench.scaled(HUB_EVENTS, least=20))
    peer = Peer(bench, bench.scaled(PEER_EVENTS, least=10))
    for shop in (hub, peer):
        shop.send()  # it makes the peer's customers members
    runs = []
    for _ in range(bench.runs):
        of_hub, of_peer = hub.send(), peer.send()
        run = {"hub": of_hub.rate, "peer": of_peer.rate, "ratio": of_hub.rate / of_peer.rate}
        runs.append({**run, "hub_cpus": of_hub.cpus, "peer_cpus": of_peer.cpus, "calls": hub.calls})
        say(f"{NAME}: hub {of_hub}, {hub.calls:.1f} calls for each event; peer {of_peer}")
    if bench.profile:
        with profiled(hub.side.server.pids()):
            hub.send()
    rate, peer_rate, ratio = middle(runs, "hub", "peer", "ratio")
    goal, unit = f"≥ {GOAL} ×", "events/s"
    yield Figure(NAME, rate, unit, "one job per event", peer_rate, ratio, goal, ratio >= GOAL, runs)


class Shop:
    """A side, its engine and its cards. Subclasses say how changes are sent."""

    def __init__(self, sandbox, side, card_ids):
        self.sandbox, self.side, self.card_ids = sandbox, side, card_ids
        self.calls = 0.0

    def change(self, cards):
        """Change the points of each of these cards."""
        raise NotImplementedError

    def send(self):
        """Change the points of all cards, and wait until the engine has booked that."""
        self.sandbox.fault(path="/v", latency=LATENCY)
        before = self.sandbox.request_count()
        run = self.side.run(len(self.card_ids), self._commit)
        self.calls = (self.sandbox.request_count() - before) / len(self.card_ids)
        self.sandbox.faults_clear()
        self._check()
        return run

    def _commit(self):
        """Commit the changes; again, as Odoo's server does, if a job was changing the same cards."""
        while True:
            with contextlib.suppress(SerializationFailure):
                return self._attempt()

    def _attempt(self):
        with odoo_here.environment(self.side.database, odoo_here.SUPERUSER_ID) as env:
            self.change(env["loyalty.card"].browse(self.card_ids))
            return odoo_here.commit(env)

    def _check(self):
        """Check that each card has the same points in Odoo and at the engine."""
        here = [points for (points,) in self.side.database.query("SELECT points FROM loyalty_card")]
        there = [card["balance"]["points"] for card in self.sandbox.records("cards", "voucherify")]
        if sorted(here) != sorted(there):
            raise RuntimeError(f"{self.side.name}: {sum(here)} points became {sum(there)}")


class Hub(Shop):
    def __init__(self, bench, count):
        sandbox = start_sandbox(bench, "bench_hub_engine")
        shop = start_shop(bench, "hub", sandbox, count, owner="odoo")
        with odoo_here.environment(shop.database) as env:
            connector = env["retail.connector"].browse(shop.hub.connector_id)
            connector.parallel_calls = PARALLEL_CALLS
            env.cr.commit()
        side = Side("hub", shop.database, shop.hub.server, count, HAS_OPEN)
        super().__init__(sandbox, side, list(shop.cards.values()))

    def change(self, cards):
        for number, card in enumerate(cards):
            card.points += 1 + number % 50


class Peer(Shop):
    def __init__(self, bench, count):
        sandbox = start_sandbox(bench, "bench_peer_engine")
        database, server = start_exporter(bench, sandbox)
        ids = make_customers(database, count)  # also makes jobs, which export them to a HubSpot
        with odoo_here.environment(database) as env:
            env["ir.config_parameter"].sudo().set_param("bench.program", PROGRAM)
            cards = make_cards(env, make_program(env), ids)
            env.cr.commit()
        super().__init__(sandbox, Side("peer", database, server, count, IS_WAITING), list(cards.values()))

    def change(self, cards):
        for number, card in enumerate(cards):
            points = 1 + number % 50
            card.points += points
            card._bench_send_later(points)
