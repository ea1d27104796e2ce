"""The cost of the hub for users: with active flows, without flows, and without the addon."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import odoo_here
from bench import say
from figures import Figure, middle

GOAL, IDLE_GOAL = 10, 5


@dataclass(frozen=True)
class Work:
    """An action of users, such as confirming an order.

    :param what: a description for the table
    :param wanted: the event types of the active flows
    :param captured: the event types that the action captures
    :param prepare: takes a database, and prepares it
    :param do: takes a database, performs the action once, and returns the seconds that it took, with the commit
    """

    name: str
    what: str
    wanted: tuple[str, ...]
    captured: tuple[str, ...]
    prepare: Callable
    do: Callable


def measure(bench, work, times):
    """Yield the work's figures, with active flows and without any, of ``times`` works of each kind in a run."""
    databases = {
        "flow": bench.database("flow", "retail_hub"),
        "no_flow": bench.database("no_flow", "retail_hub"),
        "bare": bench.database("bare"),
    }
    for database in databases.values():
        work.prepare(database)
    odoo_here.connect_hub(databases["flow"], "http://127.0.0.1:9", events=work.wanted)  # nobody drains here
    _alternate(work, databases, 3)  # fills the caches
    _check_captured(work, databases["flow"])
    runs = []
    for _ in range(bench.runs):
        milliseconds = _alternate(work, databases, bench.scaled(times))
        bare = milliseconds["bare"]
        percents = {f"{name}_percent": 100 * (milliseconds[name] / bare - 1) for name in ("flow", "no_flow")}
        runs.append({**milliseconds, **percents})
        say(f"{work.name}: " + ", ".join(f"{name} {value:.1f}" for name, value in runs[-1].items()))
    for name, key, goal in (
        (work.name, "flow_percent", GOAL),
        (f"{work.name}_idle", "no_flow_percent", IDLE_GOAL),
    ):
        percent, bare = middle(runs, key, "bare")
        yield Figure(
            name,
            percent,
            "% more time",
            f"{work.what} without the addon, ms",
            bare,
            1 + percent / 100,
            f"≤ {goal} %",
            percent <= goal,
            runs,
        )


def _check_captured(work, database):
    captured = {
        event_type for (event_type,) in database.query("SELECT DISTINCT event_type FROM retail_event")
    }
    if captured != set(work.captured):
        raise RuntimeError(f"{work.name} captured {sorted(captured)}, not {sorted(work.captured)}")


def _alternate(work, databases, times):
    """Return the median milliseconds of the work in each database, of those done in turn."""
    seconds = {name: [] for name in databases}
    gc.collect()
    names = list(databases)
    for number in range(times):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            seconds[name].append(work.do(databases[name]))
    return {name: 1000 * median(values) for name, values in seconds.items()}
