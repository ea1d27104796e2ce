"""Where the time of a change goes: the transactions of the user's process after its commit, and of the job.

See dev/addons/retail_bench_trace. A stage ends with a commit. Its functions are those that asked for its SQL.
"""

import contextlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

TRACED = {"options": {"server_wide_modules": "base,web,rpc,queue_job,retail_bench_trace"}}


@dataclass
class Change:
    """Moments of a change, in seconds since 1970, and what the user's process did after its commit."""

    committed: float
    woken: float
    acknowledged: float
    events: list


@dataclass
class Stage:
    """A part of the way of one change; moments are in seconds since 1970.

    ``seconds`` are by kind (sql, commit, http), ``asked`` are the statements by function, ``asked_seconds`` theirs.
    """

    start: float
    end: float
    name: str = ""
    seconds: Counter = field(default_factory=Counter)
    asked: Counter = field(default_factory=Counter)
    asked_seconds: Counter = field(default_factory=Counter)

    def add(self, kind, start, end, function):
        self.seconds[kind] += end - start
        if kind == "sql":
            self.asked[function] += 1
            self.asked_seconds[function] += end - start


def traced(folder):
    """Return the options of an :class:`~stack.OdooServer` whose workers write their traces into this folder."""
    return {"config_extra": TRACED, "env": {"RETAIL_BENCH_TRACE": str(folder)}}


def events_here(is_wanted):
    """Return a context with a list of what this process does meanwhile: (kind, start, end, function)."""
    if not is_wanted:
        return contextlib.nullcontext([])
    from odoo.addons.retail_bench_trace import trace

    trace.install()
    return trace.events_of_thread()


def print_timeline(title, folder, changes):
    """Print the medians of each stage of these :class:`Change` objects."""
    jobs = list(_read(folder))
    found, ends = defaultdict(list), []
    for change in changes:
        job = next((job for job in jobs if change.committed < job["start"] < change.acknowledged), None)
        if job:
            ends.append(1000 * (change.acknowledged - change.committed))
            for number, stage in enumerate(_stages(change, job)):
                found[number].append((stage, change.committed))
    print(f"\n{title}: {len(ends)} changes, medians of milliseconds")
    print("  since commit    stage     SQL  commit    HTTP  statements")
    rows = [row for stages in found.values() for row in _rows(stages)]
    rows.append((median(ends), f"{median(ends):14.1f}  acknowledged"))
    for _start, row in sorted(rows, key=lambda row: row[0]):
        print(row)


def _read(folder):
    for path in Path(folder).glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def _stages(change, job):
    """Yield the stages of a change, in their order."""
    woken = min(change.woken, job["start"])
    yield from _transactions(change.committed, woken, change.events, "the user's process, after its commit")
    yield Stage(woken, job["start"], "the job runner calls a worker")
    yield from _transactions(job["start"], job["end"], job["events"], "the worker: transaction")


def _transactions(start, end, events, name):
    number, stage = 1, Stage(start, end, f"{name} 1")
    for event in sorted(events, key=lambda event: event[2]):
        stage.add(*event)
        if event[0] == "commit" and stage.asked:
            stage.end = event[2]
            yield stage
            number += 1
            stage = Stage(event[2], end, f"{name} {number}")
    if stage.asked or stage.end - stage.start > 0.001:
        yield stage


def _rows(stages):
    """Yield (milliseconds since the commit, line to print) of a stage, as it was in each change."""

    def middle(value):
        return median(value(stage) for stage, _committed in stages)

    start = median(1000 * (stage.start - committed) for stage, committed in stages)
    end = median(1000 * (stage.end - committed) for stage, committed in stages)
    seconds = middle(lambda stage: stage.end - stage.start)
    columns = [middle(lambda stage, kind=kind: stage.seconds[kind]) for kind in ("sql", "commit", "http")]
    shown = "".join(f"{1000 * value:8.1f}" for value in (seconds, *columns))
    count = middle(lambda stage: stage.asked.total())
    yield start, f"{start:7.1f}{end:7.1f} {shown}{count:12.0f}  {stages[0][0].name}"
    for function in dict.fromkeys(name for stage, _committed in stages for name in stage.asked):
        count = middle(lambda stage, name=function: stage.asked[name])
        seconds = middle(lambda stage, name=function: stage.asked_seconds[name])
        if count:
            yield start, f"{'':23}{1000 * seconds:8.1f}{'':16}{count:12.0f}    {function}"
