"""Run the tests: Odoo's in a fresh database, and pytest's. The last line is `N passed, N failed`."""

from __future__ import annotations

import argparse
import collections
import configparser
import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from database import Database, setting
from stack import database_name, free_port

LIB = Path(__file__).parent
ROOT = Path(setting("RETAIL_HUB_ROOT"))
PURE, SYSTEM, FAULTS, BENCH = (ROOT / "tests" / name for name in ("pure", "system", "faults", "bench"))
PURE_FOLDERS = [str(PURE), *map(str, sorted((ROOT / "dev" / "addons").glob("*/tests/pure")))]
# The tag of Odoo tests that need modules which the addon does not depend on.
NEIGHBOURS = "neighbours"
# Classes of Odoo tests that take long, and run beside the others.
BESIDE = (
    "TestApiPayments",
    "TestApiRefunds",
    "TestBranches",
    "TestFuzz",
    "TestHubSpotOrders",
    "TestOutage",
    "TestReturnsAtTheTill",
    "TestTillBalances",
    "TestTillHolds",
    "TestTillOrders",
    "TestTillTours",
    "TestWatched",
)
# System tests that compare times, or need all of a small machine.
QUIET = ("test_busy.py", "test_drains.py", "test_load.py", "test_slow_bodies.py", "test_trouble.py")
# How many of the slowest classes and tests a run names.
SLOWEST = 15
# Seconds without output after which a run counts as hanging.
SILENCE = 900


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


def say(text: str = "", end: str = "\n") -> None:
    print(text, end=end, flush=True)


# --- processes ---


def read_lines(process: subprocess.Popen, stream) -> Iterator[str]:
    """Yield the lines of `stream`. End the process group if there is no output for too long, or the reader stops."""
    watchdog = _Watchdog(process)
    try:
        for line in stream:
            watchdog.heard()
            yield line.rstrip("\n")
        process.wait()
    finally:
        watchdog.stop()
        if process.poll() is None:
            _kill_group(process)
            process.wait()


class _Watchdog:
    def __init__(self, process: subprocess.Popen):
        self.process = process
        self.timer = None
        self.heard()

    def heard(self) -> None:
        self.stop()
        self.timer = threading.Timer(SILENCE, self._end)
        self.timer.daemon = True
        self.timer.start()

    def stop(self) -> None:
        if self.timer:
            self.timer.cancel()

    def _end(self) -> None:
        say(f"\nno output for {SILENCE} s: ending it")
        _kill_group(self.process)


def _kill_group(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


# --- Odoo's tests ---


def run_odoo_tests(tags: str = "/retail_hub") -> Count:
    """Install retail_hub with its tests in a copy of the template: that with the neighbouring modules for their tag."""
    is_with_neighbours = tags.startswith(NEIGHBOURS)
    source = Database(setting("RETAIL_HUB_NEIGHBOURS")) if is_with_neighbours else None
    database = Database(database_name(NEIGHBOURS if is_with_neighbours else "odoo")).create(source)
    log = Path(setting("RETAIL_HUB_LOGS"), f"{database.name}.log")
    say(f"== Odoo's tests {tags} (log: {log})")
    results = OdooResults()
    with open(log, "w", encoding="utf-8") as output:
        status = _run_odoo(database.name, tags, output, results)
    if status != 0 and not results.failed:
        results.fail("Odoo itself", f"ended with status {status}\n" + _tail(log))
    if not results.started and not results.failed:
        results.fail("Odoo itself", f"ran no tests: is there one with the tags {tags}?")
    return results.close()


def _run_odoo(database: str, tags: str, output, results: OdooResults) -> int:
    read, write = os.pipe()
    arguments = ["-d", database, "-i", _modules(tags), "--stop-after-init", "--max-cron-threads", "0"]
    if addons := os.environ.get("RETAIL_HUB_ADDONS"):
        arguments += ["--addons-path", f"{_configured_addons()},{addons}"]
    arguments += ["--http-port", str(free_port()), "--test-tags", tags]
    process = subprocess.Popen(
        [sys.executable, str(LIB / "odoo_reporter.py"), *arguments],
        env={**os.environ, "RETAIL_HUB_REPORT_FD": str(write)},
        pass_fds=[write],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    os.close(write)
    with open(read, encoding="utf-8") as reports:
        for line in read_lines(process, reports):
            results.take(**json.loads(line))
    return process.returncode


def _modules(tags: str) -> str:
    """Return what is installed: the addon, and those whose tests are run (retail_hub_acme of /retail_hub_acme)."""
    others = ["retail_hub_example"] if tags.startswith(NEIGHBOURS) else re.findall(r"/(\w+)", tags)
    return ",".join(dict.fromkeys(["retail_hub", *others]))


def _configured_addons() -> str:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(setting("RETAIL_HUB_ODOO_CONF"))
    return parser["options"]["addons_path"]


class OdooResults:
    """Shows the results that dev/lib/odoo_reporter.py sends, as they come: a line per class, failures in full."""

    def __init__(self):
        self.started: set[str] = set()
        self.skipped: set[str] = set()
        self.failed: set[str] = set()
        self._class = ""
        self._seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def take(self, event: str, test: str, text: str) -> None:
        match event:
            case "start":
                self._start(test)
            case "skip" if "chrome" in text.lower():
                self.fail(test, f"needs a browser: {text}")
            case "skip":
                self.skipped.add(test)
                say(f"\n    skipped {test}: {text}", end="")
            case "note":
                say(f"\n    {text}", end="")
            case "fail":
                self.fail(test, text)
            case "complaint":
                headline, _, details = text.partition("\n")
                self.fail(headline, details)

    def _start(self, test: str) -> None:
        self.started.add(test)
        self._count_time()
        class_name = test.rpartition(".")[0]
        if class_name != self._class:
            self._class = class_name
            say(f"\n{class_name} ", end="")
        say(".", end="")

    def fail(self, test: str, text: str) -> None:
        self.failed.add(test)
        say(f"\nFAILED {test}\n{text}", end="")

    def _count_time(self) -> None:
        """Add the time since the test before to its class; that includes preparing the next class."""
        now = time.monotonic()
        self._seconds[self._class] = self._seconds.get(self._class, 0) + now - self._since
        self._since = now

    def close(self) -> Count:
        self._count_time()
        longest = sorted(self._seconds.items(), key=lambda item: -item[1])[:SLOWEST]
        say("\nslowest: " + ", ".join(f"{name or 'installing'} {seconds:.0f} s" for name, seconds in longest))
        return Count(len(self.started - self.failed - self.skipped), len(self.failed))


def _tail(path: Path, lines: int = 40) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


# --- pytest ---


def run_pytest(arguments: list[str]) -> Count:
    """Run pytest with `arguments`; a run that fails without a failed test counts as one."""
    say(f"== pytest {' '.join(arguments)}")
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        options = [
            "-p",
            "pytest_retail_hub",
            "-p",
            "no:cacheprovider",
            # The long tests have a line each: a run that stays silent is ended.
            "-v" if _is_long(arguments) else "-q",
            "--tb=short",
            f"--durations={SLOWEST}",
            "--durations-min=5",
            f"--junitxml={report.name}",
        ]
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "--rootdir", str(ROOT), *options, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(LIB), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        for line in read_lines(process, process.stdout):
            say(line)
        count = _read_junit(report.name)
    if process.returncode != 0 and not count.failed:
        count.failed = 1
    return count


def _is_long(arguments: list[str]) -> bool:
    """Return whether the tests take so long that each one gets a line of output."""
    if str(FAULTS) in arguments:
        return "--short" not in arguments
    return any(
        (ROOT / each.partition("::")[0]).is_relative_to(long)
        for each in arguments
        for long in (BENCH, SYSTEM)
    )


def _read_junit(path: str) -> Count:
    count = Count()
    with contextlib.suppress(ElementTree.ParseError):
        report = ElementTree.parse(path)  # noqa: S314  # pytest has just written it
        for suite in report.getroot().iter("testsuite"):
            total, skipped, failures, errors = (
                int(suite.get(k)) for k in ("tests", "skipped", "failures", "errors")
            )
            count += Count(max(0, total - skipped - failures - errors), failures + errors)
    return count


# --- the command ---


def run(target: str | None, pytest_arguments: list[str]) -> Count:
    """Run what the developer asked for: all, pure, system, faults, bench, a path for pytest, or tags for Odoo.

    "neighbours" is one of the tags.
    """
    match target:
        case None:
            return run_all()
        case "pure":
            return run_pytest([*PURE_FOLDERS, *pytest_arguments])
        case "system":
            return run_pytest([str(SYSTEM), *pytest_arguments])
        case "faults":
            return run_pytest([str(FAULTS), *pytest_arguments])
        case "bench":
            return run_pytest([str(BENCH), *pytest_arguments])
        case path if ".py" in path or (ROOT / path).is_dir():
            return run_pytest([path, *pytest_arguments])
        case tags:
            return run_odoo_tests(tags)


def run_all() -> Count:
    """Run all tests, two targets at a time, and at last those that need a quiet machine."""
    classes = [f"/retail_hub:{name}" for name in BESIDE]
    rest = ",".join(["/retail_hub", *(f"-{each}" for each in classes)])
    with beside(["pure"], [NEIGHBOURS], ["bench"], [",".join(classes)], *_halves_of_system()) as others:
        count = run_odoo_tests(rest) + others.wait()
    return count + run_pytest([str(SYSTEM / name) for name in QUIET]) + run_pytest([str(FAULTS), "--short"])


def _halves_of_system() -> list[list[str]]:
    """Return the files of the system tests in two parts, without those that need a quiet machine."""
    files = [str(path) for path in sorted(SYSTEM.glob("test_*.py")) if path.name not in QUIET]
    return [files[::2], files[1::2]]


@contextlib.contextmanager
def beside(*targets: list[str]) -> Iterator[Beside]:
    """Run targets in processes of their own, one after the other, while the block does something else.

    :param targets: the arguments of dev/test for each
    """
    others = Beside(targets)
    others.thread.start()
    try:
        yield others
    finally:
        others.stop()


class Beside:
    """Targets that run beside others. What they print is shown when all are done, in their order."""

    def __init__(self, targets: tuple[list[str], ...]):
        self.outputs = [""] * len(targets)
        self.waiting = collections.deque(enumerate(targets))
        self.processes: list[subprocess.Popen] = []
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while self.waiting:
            number, arguments = self.waiting.popleft()
            process = subprocess.Popen(
                [sys.executable, __file__, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            self.processes.append(process)
            self.outputs[number] = process.communicate()[0]

    def wait(self) -> Count:
        """Help with what waits, wait for all targets, show what they have printed, and return their results."""
        self._run()
        self.thread.join()
        for output in self.outputs:
            say(output)
        return sum(map(_last_count, self.outputs), Count())

    def stop(self) -> None:
        self.waiting.clear()
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        self.thread.join()


def _last_count(output: str) -> Count:
    """Return the results in the last line of what a run has printed; without them, the run has failed."""
    found = re.search(r"^(\d+) passed, (\d+) failed\s*\Z", output, re.MULTILINE)
    return Count(int(found[1]), int(found[2])) if found else Count(failed=1)


def drop_databases(prefix: str) -> None:
    rows = Database("postgres").query(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", prefix
    )
    for (name,) in rows:
        Database(name).drop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev/test", description=__doc__)
    parser.add_argument(
        "target",
        nargs="?",
        help="Odoo test tags | pure | system | faults | bench | tests/…/test_x.py[::name]; all without it",
    )
    parser.add_argument("pytest_arguments", nargs="*", help="passed on to pytest (after --)")
    parser.add_argument(
        "--addons", metavar="FOLDER", help="where an addon of your own is, whose tags are run"
    )
    parser.add_argument("--keep", action="store_true", help="keep the databases")
    parser.add_argument("--seed", type=int, help="of what the fault tests and the fuzz leave to chance")
    parser.add_argument("--examples", type=int, help="of the fuzz, for each adapter")
    parser.add_argument("--sales", type=int, help="of the day without a loyalty engine (TestOutage)")
    options = parser.parse_intermixed_args()
    if options.addons:
        os.environ["RETAIL_HUB_ADDONS"] = str(Path(options.addons).resolve())
    if options.seed is not None:
        os.environ["RETAIL_HUB_SEED"] = str(options.seed)
    if options.examples is not None:
        os.environ["RETAIL_HUB_EXAMPLES"] = str(options.examples)
    if options.sales is not None:
        os.environ["RETAIL_HUB_SALES"] = str(options.sales)

    prefix = f"rh_test_{setting('RETAIL_HUB_CHECKOUT_ID')}_{os.getpid()}"
    os.environ["RETAIL_HUB_DATABASE_PREFIX"] = prefix
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begin = time.monotonic()
    try:
        count = run(options.target, options.pytest_arguments)
    except KeyboardInterrupt:
        say("\ninterrupted")
        return 130
    finally:
        if options.keep:
            say(f"kept the databases {prefix}_…")
        else:
            drop_databases(f"{prefix}_")
    say(f"{time.monotonic() - begin:.0f} s")
    say(str(count))
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
