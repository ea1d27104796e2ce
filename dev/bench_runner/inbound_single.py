"""One message per request, stored and answered: the hub's webhook route, and what else stores requests in Odoo.

JSON-2 creates the customer that the message is about. OCA's connector for Shopify stores a webhook and makes a job for
it. A bare route does one INSERT: more than that Odoo's HTTP stack cannot do. All get the same customers, from as many
clients at once, in turns.
"""

from bench import say
from figures import Figure, middle
from inbound_sides import Hub, Peers
from load import send_all
from profiles import profiled

REQUESTS = {"hub": 600, "json2": 150, "bare": 600, "shopify": 200}
CLIENTS = 8
WARM_UP = 24
GOALS = {
    "json2": ("JSON-2 create", 5),
    "bare": ("a bare route that does one INSERT", 0.6),
    "shopify": ("OCA's Shopify connector, webhooks", 4),
}


def measure(bench):
    hub, peers = Hub(bench, "inbound"), Peers(bench)
    sides = _sides(hub, peers)
    for name in sides:
        _rate(sides, name, WARM_UP)
    runs = []
    for _ in range(bench.runs):
        rates = {name: _rate(sides, name, bench.scaled(REQUESTS[name], least=CLIENTS)) for name in sides}
        ratios = {f"to_{name}": rates["hub"] / rate for name, rate in rates.items() if name != "hub"}
        runs.append({**rates, **ratios})
        say("inbound_single: " + ", ".join(f"{name} {value:.3g}" for name, value in runs[-1].items()))
    for name in sides:
        if name != "hub":
            yield _figure(name, runs)
    if bench.profile:
        with profiled(hub.server.pids(), within="Application.__call__"):
            _rate(sides, "hub", bench.scaled(REQUESTS["hub"], least=CLIENTS))


def _sides(hub, peers):
    """Return {name: (port, status, function that makes a request, function that counts what is stored)}."""
    hub_port, port = hub.server.port, peers.server.port
    sides = {
        "hub": (hub_port, 204, hub.webhook, hub.count_stored),
        "json2": (port, 200, peers.create, lambda: peers.count("res_partner")),
        "bare": (port, 204, peers.bare, lambda: peers.count("bench_request")),
    }
    if peers.has_shopify:
        sides["shopify"] = (port, 200, peers.shopify, lambda: peers.count("shopify_webhook_event"))
    return sides


def _rate(sides, name, count):
    """Return the requests per second of a side; each of them has to be stored."""
    port, status, make, count_stored = sides[name]
    before, requests = count_stored(), [make() for _number in range(count)]
    seconds = send_all(port, requests, CLIENTS, status)
    if count_stored() != before + count:
        raise RuntimeError(f"{name}: {count_stored() - before} of {count} are stored")
    return count / seconds


def _figure(peer, runs):
    text, goal = GOALS[peer]
    rate, peer_rate, ratio = middle(runs, "hub", peer, f"to_{peer}")
    name = "inbound_single" if peer == "json2" else f"inbound_single_{peer}"
    return Figure(name, rate, "stored/s", text, peer_rate, ratio, f"≥ {goal} ×", ratio >= goal, runs)
