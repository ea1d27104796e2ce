"""An order of 10 lines, captured and reserved in one call: beside Odoo's own create and confirm, and beside JSON-2.

One order at a time, the hub and Odoo take turns. Odoo's own has no HTTP: it runs in this process, in an environment of
the administrator. Then four clients at once order the same products, through the hub and by the four calls of JSON-2
that do the same: find the customer, create the order, confirm it, read what is reserved.
"""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import odoo_here
import requests
from bench import say
from figures import Figure, middle, percentile
from products import find_products, make_products

from stack import OdooServer

LINES = 10
ORDERS = 40  # of each side in a run
CLIENTS = 4
EMAIL = "buyer@bench.example"
GOAL, JSON2_GOAL = 1.15, 0.5
SCOPES = ("orders:read", "orders:write")


def measure(bench):
    shop = Shop(bench, bench.database("orders", "retail_hub"))
    _alternate({"hub": shop.capture, "odoo": shop.confirm_here}, 3)
    runs = []
    for _ in range(bench.runs):
        count = bench.scaled(ORDERS)
        milliseconds = _alternate({"hub": shop.capture, "odoo": shop.confirm_here}, count)
        milliseconds["parallel"] = _at_once(shop.capture, count)
        milliseconds["json2"] = _at_once(shop.confirm_by_json2, count)
        run = {
            f"{name}_p{percent}_ms": percentile(values, percent)
            for name, values in milliseconds.items()
            for percent in (50, 95)
        }
        ratios = {
            "ratio": run["hub_p50_ms"] / run["odoo_p50_ms"],
            "json2_ratio": run["parallel_p95_ms"] / run["json2_p95_ms"],
        }
        runs.append({**run, **ratios})
        say("order_capture: " + ", ".join(f"{name} {value:.1f}" for name, value in runs[-1].items()))
    yield _figure(
        "order_capture", runs, "create and confirm, ms p50", ("hub_p50_ms", "odoo_p50_ms", "ratio"), GOAL
    )
    names = ("parallel_p95_ms", "json2_p95_ms", "json2_ratio")
    yield _figure("order_capture_parallel", runs, f"JSON-2, {CLIENTS} clients, ms p95", names, JSON2_GOAL)


def _figure(name, runs, peer, names, goal):
    value, peer_value, ratio = middle(runs, *names)
    what = f"ms {'p95' if 'p95' in names[0] else 'p50'}, {LINES} lines"
    return Figure(name, value, what, peer, peer_value, ratio, f"≤ {goal} ×", ratio <= goal, runs)


def _alternate(sides, count):
    """Make orders in turn; return the milliseconds of each side's."""
    milliseconds = {name: [] for name in sides}
    for _number in range(count):
        for name, place in sides.items():
            milliseconds[name].append(_timed(place))
    return milliseconds


def _at_once(place, count):
    """Have clients make orders at the same time; return the milliseconds of each."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(lambda _number: _timed(place), range(count)))


def _timed(place):
    start = time.perf_counter()
    place()
    return 1000 * (time.perf_counter() - start)


class Shop:
    """A server, an API client, and ways to place the same order."""

    def __init__(self, bench, database, product_count=LINES, **server_options):
        self.database = database
        with odoo_here.environment(database) as env:
            make_products(env, product_count)
            self.key, self.client_id = make_client(env)
            self.json2_key = env["res.users.apikeys"]._generate("rpc", "bench", None)
            self.currency = env.company.currency_id.name
            env["res.partner"].create({"name": "Bench Buyer", "email": EMAIL})
            self.lines = [
                {"product_id": product.id, "product_uom_qty": 2, "price_unit": 10.0, "tax_ids": []}
                for product in find_products(env)
            ]
            self.skus = find_products(env).mapped("default_code")
            env.cr.commit()
        self.server = bench.start(OdooServer(database, **server_options))
        self.session = requests.Session()  # enough connections for all clients

    def order(self, skus, quantity="2"):
        lines = [
            {"id": sku, "sku": sku, "quantity": quantity, "unit_price": "10.00", "taxes": []} for sku in skus
        ]
        return {
            "external_id": str(uuid.uuid4()),
            "currency": self.currency,
            "prices_include_tax": False,
            "customer": {"name": {"full": "Bench Buyer"}, "email": EMAIL},
            "lines": lines,
            "total": f"{10 * int(quantity) * len(lines)}.00",
        }

    def post(self, content, session=None):
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": str(uuid.uuid4())}
        url = f"{self.server.url}/retail/v1/orders"
        return (session or self.session).post(url, json=content, headers=headers, timeout=120)

    def capture(self):
        response = self.post(self.order(self.skus))
        if response.status_code != 201:
            raise RuntimeError(response.text)

    def confirm_here(self):
        with odoo_here.environment(self.database) as env:
            partner = env["res.partner"].search([("email", "=", EMAIL)], limit=1)
            values = {"partner_id": partner.id, "order_line": [(0, 0, line) for line in self.lines]}
            order = env["sale.order"].create(values)
            order.action_confirm()
            order.order_line.move_ids.mapped("quantity")
            env.cr.commit()

    def confirm_by_json2(self):
        [partner] = self._json2("res.partner", "search", domain=[["email", "=", EMAIL]], limit=1)
        values = {"partner_id": partner, "order_line": [(0, 0, line) for line in self.lines]}
        [order] = self._json2("sale.order", "create", vals_list=[values])
        self._json2("sale.order", "action_confirm", ids=[order])
        domain = [["sale_line_id.order_id", "=", order]]
        self._json2("stock.move", "search_read", domain=domain, fields=["quantity", "state"])

    def _json2(self, model, method, **arguments):
        response = self.session.post(
            f"{self.server.url}/json/2/{model}/{method}",
            json=arguments,
            headers={"Authorization": f"Bearer {self.json2_key}"},
            timeout=120,
        )
        if response.status_code != 200:
            raise RuntimeError(response.text)
        return response.json()


def make_client(env):
    """Return (key, id) of an API client that may capture orders as often as it likes."""
    connector = env["retail.connector"].create(
        {"name": "Shop", "provider": "webhook", "base_url": "https://shop.example.com"}
    )
    scopes = env["retail.api.scope"].search([("name", "in", SCOPES)])
    client = env["retail.api.client"].create(
        {
            "name": "Storefront",
            "connector_id": connector.id,
            "scope_ids": scopes.ids,
            "calls_per_minute": 0,
            "max_parallel": 0,
        }
    )
    return env["retail.api.key"]._issue(client), client.id
