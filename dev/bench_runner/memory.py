"""How much the memory of a worker grows while a hundred thousand deliveries drain.

Each run has a new server, whose workers first drain some thousands, so that what Odoo loads once is loaded. What
counts is all memory that a worker uses (RSS), and of the workers the one that grows most, from there to its maximum.
The memory that a worker shares with no other process (USS) is noted too. It makes one step that is no growth: the
first full garbage collection touches what the worker had shared with its parent since it was forked.
"""

from bench import say
from figures import Figure, middle
from profiles import cpu_seconds, memory, profiled
from remote import start_sandbox
from sides import start_hub

DELIVERIES = 100_000
WARM_UP = 5_000
WARM_UPS = 8  # at most
WARM = 0.5  # seconds of CPU that a worker has used when it is warm
GOAL = 20  # MiB
INTERVAL = 0.2  # seconds between two looks


def measure(bench):
    sandbox = start_sandbox(bench)
    count = bench.scaled(DELIVERIES)
    hub = start_hub(bench, "memory", sandbox, count)
    runs = []
    for _ in range(bench.runs):
        _restart(bench, hub)
        runs.append(_run(hub, count))
        say("memory: " + ", ".join(f"{name} {value:.0f}" for name, value in runs[-1].items()))
    if bench.profile:
        with profiled(hub.server.pids()):
            _run(hub, count)
    growth, start = middle(runs, "growth", "start")
    yield Figure(
        "drain_memory",
        growth,
        f"MiB more, {count:,} deliveries",
        "at the start, MiB",
        start,
        1 + growth / start,
        f"≤ {GOAL} MiB",
        growth <= GOAL,
        runs,
    )


def _restart(bench, hub):
    """Start new workers, and have each of them drain."""
    hub.server.stop()
    hub.server.start()
    start = {pid: cpu_seconds(pid) for pid in hub.server.pids()}
    for _ in range(bench.scaled(WARM_UPS)):
        hub.drain(hub.customer_ids[:WARM_UP])
        if all(cpu_seconds(pid) - seconds > WARM for pid, seconds in start.items()):
            return
    if not bench.is_smoke:
        raise RuntimeError("one of the workers does not drain")


def _run(hub, count):
    """Drain, and return the memory in MiB of the worker that grew most, and deliveries per second."""
    looks = {pid: [memory(pid)] for pid in hub.server.pids()}

    def observe():
        for pid, values in looks.items():
            values.append(memory(pid))

    seconds = hub.drain(hub.customer_ids, observe=observe, interval=INTERVAL)
    observe()
    growths = [_growth(values) for values in looks.values()]
    return {**max(growths, key=lambda growth: growth["growth"]), "rate": count / seconds}


def _growth(looks):
    resident, private = zip(*looks, strict=True)
    return {
        "growth": max(resident) - resident[0],
        "start": resident[0],
        "private_growth": max(private) - private[0],
        "private_start": private[0],
    }
