"""How long a till waits for a customer's balance, of an engine that takes 100 ms for each call.

Half of the customers have earned points elsewhere since the last time: their lookups need a second call, and are
entered in the ledger. The peer is what Odoo's till does without an engine: it reads the card that Odoo has.
"""

import json
import time
from urllib.request import Request, urlopen

import odoo_here
from bench import say
from figures import Figure, middle, percentile
from loyalty_shop import start_shop
from remote import start_sandbox
from till import open_till

LATENCY = 0.1  # seconds
LOOKUPS = 100
MEMBERS = 20
WARM_UP = 4
GOALS = {50: 300, 95: 500}  # {percentile: milliseconds}
NAME = "loyalty_balance_lookup"
KEYS = {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}


def measure(bench):
    sandbox = start_sandbox(bench)
    till = Till(bench, sandbox)
    till.look_up(WARM_UP)
    runs = []
    for _ in range(bench.runs):
        runs.append(till.look_up(bench.scaled(LOOKUPS, least=4)))
        say(f"{NAME}: " + ", ".join(f"{name} {value:.3g}" for name, value in runs[-1].items()))
    for percent, goal in GOALS.items():
        names = (f"p{percent}_ms", f"odoo_p{percent}_ms")
        value, peer = middle(runs, *names)
        unit, what = f"ms p{percent}", f"Odoo's own card, ms p{percent}"
        yield Figure(
            f"{NAME}_p{percent}",
            value,
            unit,
            what,
            peer,
            value / peer,
            f"≤ {goal} ms",
            value <= goal,
            runs,
        )


class Till:
    """A till that asks its Odoo server, as its web client does."""

    def __init__(self, bench, sandbox):
        self.sandbox = sandbox
        self.shop = start_shop(bench, "lookup", sandbox, MEMBERS)
        self.client = self.shop.hub.server.client()
        self.serial = 0
        with odoo_here.environment(self.shop.database) as env:
            self.config_id = open_till(env).id
            env.cr.commit()

    def look_up(self, count):
        """Look up so many balances; return the percentiles of the milliseconds, and the share that was live."""
        milliseconds, of_odoo, live = [], [], 0
        customers = list(self.shop.cards.items())
        for number in range(count):
            customer_id, card_id = customers[number % len(customers)]
            points = self._earn(customer_id) if number % 2 else None
            self.sandbox.fault(path="/v", latency=LATENCY)
            start = time.perf_counter()
            answer = self.client.call("pos.config", "retail_read_balances", [self.config_id], customer_id)
            milliseconds.append(1000 * (time.perf_counter() - start))
            self.sandbox.faults_clear()
            live += self._check(answer, card_id, points)
            of_odoo.append(self._read_card(customer_id))
        if not live:
            raise RuntimeError("no balance was live")
        figures = {f"p{percent}_ms": percentile(milliseconds, percent) for percent in GOALS}
        figures |= {f"odoo_p{percent}_ms": percentile(of_odoo, percent) for percent in GOALS}
        changed, same = milliseconds[1::2], milliseconds[::2]
        return figures | {
            "changed_p50_ms": percentile(changed, 50),
            "same_p50_ms": percentile(same, 50),
            "live_percent": 100 * live / count,
        }

    def _check(self, answer, card_id, points):
        """Return whether the balance is live; then it has to be what the engine has.

        :param points: None: nothing is known of them
        """
        [card] = answer["loyalty.card"]
        is_live = answer["live"] == [card_id]
        if card["id"] != card_id or (is_live and points is not None and card["points"] != points):
            raise RuntimeError(f"a till shows {card['points']} points of card {card['id']}, not {points}")
        return is_live

    def _read_card(self, customer_id):
        start = time.perf_counter()
        domain = [("partner_id", "=", customer_id)]
        self.client.call("loyalty.card", "search_read", domain, ["partner_id", "program_id", "points"])
        return 1000 * (time.perf_counter() - start)

    def _earn(self, customer_id):
        """Have the engine book points without Odoo; return how many the customer has now."""
        self.serial += 1
        customer = {"source_id": f"odoo-{customer_id}"}
        order = {"source_id": f"elsewhere-{self.serial}", "status": "PAID", "amount": 1_000}
        self._post("/v1/orders", {**order, "customer": customer})
        self.sandbox.act("process", "voucherify")
        with odoo_here.environment(self.shop.database) as env:
            account = env["retail.loyalty.account"].search([("card_id", "=", self.shop.cards[customer_id])])
            remote_id = account.remote_id.partition("/")[2]
        cards = self.sandbox.records("cards", "voucherify")
        return next(card["balance"]["points"] for card in cards if card["id"] == remote_id)

    def _post(self, path, body):
        headers = {**KEYS, "Content-Type": "application/json"}
        request = Request(self.sandbox.url + path, json.dumps(body).encode(), headers)  # noqa: S310
        with urlopen(request, timeout=30) as answer:  # noqa: S310 the sandbox's
            answer.read()
