"""A flash sale: 2,000 buyers who come at once for 50 pieces. Exactly 50 are sold, and nobody waits for long."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import odoo_here
import requests
from bench import say
from figures import Figure, middle, percentile
from order_capture import Shop

BUYERS, PIECES = 2_000, 50
AT_ONCE = 16
WORKERS = 4


def measure(bench):
    database = bench.database("flash", "retail_hub")
    shop = Shop(bench, database, product_count=1, workers=WORKERS)
    buyers = bench.scaled(BUYERS, least=100)
    runs = []
    for number in range(bench.runs):
        sku = f"HOT{number}"
        product_id = _make_product(database, sku)
        runs.append(_sell(shop, sku, buyers))
        _check(database, product_id, runs[-1], bench.is_smoke)
        say(
            "order_capture_contended: " + ", ".join(f"{name} {value:.4g}" for name, value in runs[-1].items())
        )
    sold, rate = middle(runs, "sold", "answers_per_second")
    errors = sum(run["errors"] for run in runs)
    server_errors = sum(run["server_errors"] for run in runs)
    yield Figure(
        "order_capture_contended",
        rate,
        f"answers/s, {buyers:,} buyers, {server_errors} 5xx",
        f"pieces sold of {PIECES}",
        sold,
        sold / PIECES,
        f"{PIECES} sold, no 5xx",
        errors == 0 and all(run["sold"] == PIECES for run in runs),
        runs,
    )


def _make_product(database, sku):
    with odoo_here.environment(database) as env:
        product = env["product.product"].create({"name": sku, "default_code": sku, "is_storable": True})
        location = env["stock.warehouse"].search([], limit=1).lot_stock_id
        env["stock.quant"]._update_available_quantity(product, location, PIECES)
        env.cr.commit()
        return product.id


def _sell(shop, sku, buyers):
    """Have all buyers order one piece, 16 at a time; return what came of it."""
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE))

    def buy(number):
        content = shop.order([sku], "1")
        content["customer"] = {"name": {"full": f"Buyer {number}"}, "email": f"buyer{number}@bench.example"}
        start = time.perf_counter()
        status = 429
        while status == 429:
            response = shop.post(content, session)
            status = response.status_code
            if status == 429:
                time.sleep(float(response.headers["Retry-After"]))
        return status, 1000 * (time.perf_counter() - start)

    start = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(buy, range(buyers)))
    seconds = time.perf_counter() - start
    statuses = Counter(status for status, _milliseconds in answers)
    milliseconds = [each for _status, each in answers]
    return {
        "sold": statuses[201],
        "refused": statuses[409],
        "errors": buyers - statuses[201] - statuses[409],
        "server_errors": sum(count for status, count in statuses.items() if status >= 500),
        "seconds": seconds,
        "answers_per_second": buyers / seconds,
        "p50_ms": percentile(milliseconds, 50),
        "p95_ms": percentile(milliseconds, 95),
        "longest_ms": max(milliseconds),
    }


def _check(database, product_id, run, is_smoke):
    """Check that as many are reserved as were sold, on one quant; in a smoke test also that no answer is a 5xx.

    :raise RuntimeError: it is not so
    """
    if is_smoke and run["errors"]:
        raise RuntimeError(
            f"{run['errors']} answers are neither 201 nor 409, {run['server_errors']} of them 5xx"
        )
    [(quants, reserved)] = database.query(
        "SELECT count(*), SUM(reserved_quantity) FROM stock_quant q JOIN stock_location l ON l.id = q.location_id"
        " WHERE product_id = %s AND l.usage = 'internal'",
        product_id,
    )
    if (quants, reserved) != (1, run["sold"]):
        raise RuntimeError(f"{reserved} reserved on {quants} quants, {run['sold']} sold")
