"""The cost of capture for users: `write` with and without an active flow."""

import gc
import itertools
import time
from statistics import median

import odoo_here
from bench import say
from customers import customers
from figures import Figure, middle
from internals import forget_wakes

MANY = 1000  # records in a transaction
TIMES, TIMES_OF_MANY = 150, 4  # transactions of each kind in a run
WAKE_UPS = 30
STATEMENTS_GOAL, GOAL = 1, 5  # statements; % of the time
PEER = "no active flow"

_serial = itertools.count(1)


def measure(bench):
    flow = bench.database("flow", "retail_hub")
    no_flow = bench.database("no_flow", "retail_hub")
    bare = bench.database("bare")
    odoo_here.connect_hub(flow, "http://127.0.0.1:9")  # nobody drains in this benchmark
    bench.enter(_JobRunner(flow))
    many = bench.scaled(MANY, least=10)
    partners = {database: _make_customers(database, many) for database in (flow, no_flow, bare)}
    yield from _count_statements((1, 10, many), partners, flow, no_flow, bare)
    yield _overhead("capture_overhead", bench, partners, flow, no_flow, 1, TIMES)
    yield _overhead(f"capture_overhead_{MANY}", bench, partners, flow, no_flow, many, TIMES_OF_MANY)
    yield _wake_up(bench, partners, flow)


class _JobRunner:
    """Looks as if a job runner were at work on the database, so that the hub enqueues its wake-up jobs."""

    LOCK = 2293787760715711918  # PG_ADVISORY_LOCK_ID of odoo.addons.queue_job.jobrunner.runner

    def __init__(self, database):
        self.database = database

    def __enter__(self):
        self.connection = self.database.connect()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [self.LOCK])

    def __exit__(self, *exc_info):
        self.connection.close()


def _make_customers(database, count):
    with odoo_here.environment(database) as env:
        ids = env["res.partner"].create(customers(env, count, "capture")).ids
        env.cr.commit()
    return ids


def _write(database, ids):
    """Change some customers; return (seconds of write and commit, number of statements)."""
    number = next(_serial)
    values = {"phone": f"+32 471 {number:06}", "street": f"Nieuwstraat {number}"}
    with odoo_here.environment(database) as env:
        partners = env["res.partner"].browse(ids)
        start = time.perf_counter()
        partners.write(values)
        env.cr.commit()
        return time.perf_counter() - start, env.cr.sql_log_count


def _count_statements(sizes, partners, flow, no_flow, bare):
    runs = []
    for size in sizes:
        counts = {}
        for name, database in (("flow", flow), ("no_flow", no_flow), ("without_hub", bare)):
            ids = partners[database][:size]
            _write(database, ids)  # fills the caches
            counts[name] = _write(database, ids)[1]
        runs.append({"records": size, **counts})
        say(f"capture: statements of a transaction that writes {size} customers: {counts}")
    more = max(run["flow"] - run["no_flow"] for run in runs)
    idle = max(run["no_flow"] - run["without_hub"] for run in runs)
    base, bare_count = runs[0]["no_flow"], runs[0]["without_hub"]
    goal, is_met = f"≤ {STATEMENTS_GOAL}", more <= STATEMENTS_GOAL
    yield Figure("capture_statements", more, "more", PEER, base, (base + more) / base, goal, is_met, runs)
    yield Figure(
        "capture_statements_idle", idle, "more", "no hub", bare_count, base / bare_count, "0", idle <= 0, runs
    )


def _overhead(name, bench, partners, flow, no_flow, size, times):
    times = bench.scaled(times)
    _alternate(partners, flow, no_flow, size, max(2, times // 5))
    runs = []
    for _ in range(bench.runs):
        with_flow, without = _alternate(partners, flow, no_flow, size, times)
        runs.append({"flow_ms": with_flow, "no_flow_ms": without, "percent": 100 * (with_flow / without - 1)})
        say(f"capture: {size} customers: {with_flow:.2f} ms with a flow, {without:.2f} ms without")
    percent, without = middle(runs, "percent", "no_flow_ms")
    return Figure(
        name,
        percent,
        "% more time",
        f"{PEER}, ms",
        without,
        1 + percent / 100,
        f"≤ {GOAL} %",
        percent <= GOAL,
        runs,
    )


def _alternate(partners, flow, no_flow, size, times):
    """Return the median milliseconds with and without a flow, of writes made in turn."""
    seconds = {flow: [], no_flow: []}
    gc.collect()
    for number in range(times):
        for database in (flow, no_flow) if number % 2 else (no_flow, flow):
            first = number * size % (len(partners[database]) - size + 1)
            seconds[database].append(_write(database, partners[database][first : first + size])[0])
    return [1000 * median(seconds[database]) for database in (flow, no_flow)]


def _wake_up(bench, partners, flow):
    """Return how much more the first change after a pause costs than the next: it enqueues the drain's job."""
    runs = []
    for _ in range(bench.runs):
        waking, awake = [], []
        for number in range(bench.scaled(WAKE_UPS)):
            flow.query("UPDATE queue_job SET state = 'done'")
            forget_wakes()
            waking.append(_write(flow, partners[flow][number : number + 1])[0])
            awake.append(_write(flow, partners[flow][number : number + 1])[0])
        runs.append({"waking_ms": 1000 * median(waking), "awake_ms": 1000 * median(awake)})
    waking, awake = middle(runs, "waking_ms", "awake_ms")
    return Figure(
        "capture_wake_up", waking - awake, "ms more", "awake, ms", awake, waking / awake, "", None, runs
    )
