"""Where the time of a server goes: the CPU of its processes, and py-spy's samples of its workers."""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
TOP = 40
JOB = "RunJobController._try_perform_job"
STEPS = {
    "claim": "RetailDelivery._claim ",
    "prepare": "DeliveryBatch.prepare ",
    "send": "DeliveryBatch.send ",
    "record": "DeliveryBatch.record ",
    "SQL": "Cursor.execute ",
    "commits": "Cursor.commit ",
}


class Usage:
    """CPU that the processes of a server and its database connections use from now on."""

    def __init__(self, server):
        self.server = server
        self.start = time.perf_counter()
        self.before = self._seconds()

    def cpus(self):
        """Return {kind of process: CPUs used on average since the start}."""
        elapsed = time.perf_counter() - self.start
        used = Counter()
        for (kind, pid), seconds in self._seconds().items():
            used[kind] += seconds - self.before.get((kind, pid), 0)
        return {kind: round(seconds / elapsed, 2) for kind, seconds in used.items()}

    def _seconds(self):
        database = self.server.db
        rows = database.query("SELECT pid FROM pg_stat_activity WHERE datname = %s", database.name)
        kinds = {
            "workers": self.server.pids("WorkerHTTP"),
            "job runner": self.server.pids("WorkerJobRunner"),
            "postgres": [pid for (pid,) in rows],
            "bench": [os.getpid()],
        }
        return {(kind, pid): cpu_seconds(pid) for kind, pids in kinds.items() for pid in pids}


def cpu_seconds(pid):
    """Return the CPU time that a process has used, 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid):
    """Return the memory of a process in MiB: (all that it uses, RSS; what it shares with no other, USS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {
        name: int(size.split()[0]) / 1024 for name, _colon, size in (line.partition(":") for line in lines)
    }
    return sizes["Rss"], sizes["Private_Clean"] + sizes["Private_Dirty"]


@contextlib.contextmanager
def profiled(pids, within=JOB):
    """Sample these processes and print the functions in which they were found.

    :param within: the function in which time counts
    """
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{pid}.txt") for pid in pids]
        spies = [_spy(pid, file) for pid, file in zip(pids, files, strict=True)]
        time.sleep(1)
        try:
            yield
        finally:
            for spy in spies:
                spy.send_signal(signal.SIGINT)  # it writes what it has
            for spy in spies:
                spy.wait(60)
        _print_samples(
            [line for file in files if file.exists() for line in file.read_text().splitlines()], within
        )


def _spy(pid, file):
    command = [
        "py-spy",
        "record",
        "--pid",
        str(pid),
        "--rate",
        "200",
        "--format",
        "raw",
        "--output",
        str(file),
    ]
    return subprocess.Popen(
        [*command, "--duration", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _print_samples(lines, within):
    """Print the share of the samples by function: in it (own), and in it or what it calls (all).

    Waiting for PostgreSQL belongs to the function of the addon that asked.
    """
    own, inclusive = Counter(), Counter()
    for line in lines:
        stack, _space, count = line.rpartition(" ")
        frames = [frame.rpartition(":")[0] + ")" if ":" in frame else frame for frame in stack.split(";")]
        if within not in stack:
            continue
        own[_owner(frames)] += int(count)
        for frame in set(frames):
            inclusive[frame] += int(count)
    total = sum(own.values()) or 1
    shares = {
        step: sum(count for frame, count in inclusive.items() if frame.startswith(name)) / total
        for step, name in STEPS.items()
    }
    print(f"\nof the time in {within}: " + ", ".join(f"{step} {share:.0%}" for step, share in shares.items()))
    for title, counter in (("own", own), ("all", inclusive)):
        print(f"\n{title:>6}  function ({total} samples)")
        for frame, count in counter.most_common(TOP):
            print(f"{100 * count / total:5.1f}%  {frame}")


def _owner(frames):
    if not frames[-1].startswith("Cursor.execute "):
        return frames[-1]
    callers = [frame for frame in frames if "retail_" in frame]
    return f"SQL of {callers[-1] if callers else frames[-2]}"
