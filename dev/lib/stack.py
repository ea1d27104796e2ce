"""Real processes for the demo, the measurements and the system tests: Odoo with its job runner, the sandbox.

    with Database(database_name("demo")) as db, OdooServer(db) as odoo, Sandbox() as sandbox:
        db.install("retail_hub")        # before the server starts
        odoo.call("res.partner", "search_count", [])

Everything that was started ends with this Python process, however that ends.
"""

from __future__ import annotations

import atexit
import configparser
import contextlib
import functools
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import requests

from database import Database, setting

__all__ = [
    "ChildProcess",
    "Database",
    "OdooClient",
    "OdooError",
    "OdooServer",
    "Sandbox",
    "database_name",
    "free_port",
    "shifted_clock",
    "wait_until",
]

DEFAULT_CHANNELS = "root:4,root.retail.realtime:2,root.retail.bulk:1,root.retail.inbound:1"
# odoo.addons.queue_job.jobrunner.runner.PG_ADVISORY_LOCK_ID: held by the job runner while it works.
JOB_RUNNER_LOCK = 2293787760715711918


def database_name(label: str) -> str:
    """Return a database name that no other run uses. dev/test drops those that begin with its prefix."""
    prefix = os.environ.get("RETAIL_HUB_DATABASE_PREFIX")
    return f"{prefix or 'rh_' + setting('RETAIL_HUB_CHECKOUT_ID') + '_' + str(os.getpid())}_{label}"


def free_port() -> int:
    """Return a free TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(predicate: Callable, timeout: float, message: str, interval: float = 0.05):
    """Return the first true value of `predicate()`; raise TimeoutError(`message`) after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        if value := predicate():
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{message} (waited {timeout:g} s)")
        time.sleep(interval)


class OdooError(Exception):
    """What Odoo answered instead of a result: `name` is the class of the exception, `debug` its traceback."""

    def __init__(self, error: dict):
        data = error.get("data") or {}
        self.name = data.get("name", "")
        self.debug = data.get("debug", "")
        super().__init__(data.get("message") or error.get("message"))


def shifted_clock(seconds: int) -> dict[str, str]:
    """Return environment variables that set a process's clock wrong by `seconds`; durations stay right."""
    name = "faketime/libfaketimeMT.so.1"
    found = [path for folder in ("lib*", "lib*/*") for path in Path("/usr").glob(f"{folder}/{name}")]
    if not found:
        raise RuntimeError("libfaketime is missing: install the package libfaketime")
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME": f"{seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


class ChildProcess:
    """A child process in a process group of its own, with its output appended to `log_path`."""

    log_path: Path
    process: subprocess.Popen | None = None
    identity: tuple[str, ...] = ()  # as whom it runs: options of setpriv

    def _spawn(self, command: list[str], env: dict[str, str] | None = None) -> None:
        _end_children_with_us()
        if shutil.which("setpriv") and threading.current_thread() is threading.main_thread():
            # Killed with us by the kernel; only from the main thread, as it is the thread that counts.
            command = ["setpriv", *self.identity, "--pdeathsig", "KILL", *command]
        with open(self.log_path, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _running.add(self)

    def _wait_until_ready(self, predicate: Callable, timeout: float, what: str):
        def check():
            if self.process.poll() is not None:
                raise RuntimeError(f"{what} ended with status {self.process.returncode}:\n{self.log_tail()}")
            return predicate()

        try:
            return wait_until(check, timeout, f"{what} did not start; its log is {self.log_path}")
        except BaseException:
            self.kill()
            raise

    def stop(self, timeout: float = 20) -> None:
        """Send SIGTERM, and SIGKILL to what is left after `timeout` seconds."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout)
        self.kill()

    def kill(self) -> None:
        """SIGKILL the process and all of its children, as a crash would. It can be started again."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
        _running.discard(self)

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc_info):
        self.stop()


_running: set[ChildProcess] = set()


@functools.cache
def _end_children_with_us() -> None:
    """Register, once, a handler that ends the children when this process exits or gets a signal."""
    atexit.register(lambda: [child.kill() for child in list(_running)])
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, lambda number, frame: sys.exit(128 + number))


class OdooClient:
    """Calls models of one database as the user admin, over JSON-RPC. Not to be shared between threads."""

    def __init__(self, url: str, database: str):
        self.url = url
        self.database = database
        self._session: requests.Session | None = None

    def call(self, model: str, method: str, *args, **kwargs):
        """Return what `model.method(*args, **kwargs)` returns. Raise OdooError, or RequestException."""
        if self._session is None:
            self._log_in()
        parameters = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._json_rpc(self._session, f"/web/dataset/call_kw/{model}/{method}", parameters)

    def _log_in(self) -> None:
        session = requests.Session()
        login = {"db": self.database, "login": "admin", "password": "admin"}
        self._json_rpc(session, "/web/session/authenticate", login)
        self._session = session

    def _json_rpc(self, session: requests.Session, path: str, parameters: dict):
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        response = session.post(self.url + path, json=body, timeout=300)
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            raise OdooError(answer["error"])
        return answer.get("result")


class OdooServer(ChildProcess):
    """An Odoo server with worker processes and the job runner, for one database.

    :param db: the database (or its name)
    :param port: HTTP port on 127.0.0.1; a free one by default
    :param workers: HTTP worker processes; 0 is one process with threads
    :param jobrunner: run queue_job's runner, with these `channels`
    :param cron_threads: cron workers (0: crons do not run)
    :param env: more environment variables
    :param config_extra: more configuration: {section: {option: value}}
    :param label: part of the name of the log file, for several servers with one database
    """

    def __init__(
        self,
        db: Database | str,
        port: int | None = None,
        workers: int = 2,
        jobrunner: bool = True,
        channels: str = DEFAULT_CHANNELS,
        cron_threads: int = 1,
        env: dict[str, str] | None = None,
        config_extra: dict[str, dict] | None = None,
        label: str = "server",
    ):
        self.db = Database(db) if isinstance(db, str) else db
        self.port = port or free_port()
        self.evented_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.workers = workers
        self.jobrunner = jobrunner
        self.channels = channels if jobrunner else "root:0"
        self.cron_threads = cron_threads
        self.env = env or {}
        self.config_extra = config_extra or {}
        self.log_path = Path(setting("RETAIL_HUB_LOGS"), f"{self.db.name}-{label}.log")
        self.config_path = self.log_path.with_suffix(".conf")
        self._client: OdooClient | None = None

    def start(self, timeout: float = 120) -> OdooServer:
        """Start it, and return when it answers HTTP and the job runner is at work."""
        return self.begin().wait_until_ready(timeout)

    def begin(self) -> OdooServer:
        """Start it, and return at once."""
        self._write_config()
        self._client = None
        queue_job = {
            "ODOO_QUEUE_JOB_CHANNELS": self.channels,
            "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
            "ODOO_QUEUE_JOB_PORT": str(self.port),
        }
        self._spawn(["odoo", "-c", str(self.config_path)], env={**queue_job, **self.env})
        return self

    def wait_until_ready(self, timeout: float = 120) -> OdooServer:
        """Return when it answers HTTP and a job runner is at work, be it another server's."""
        self._wait_until_ready(self.is_healthy, timeout, "Odoo")
        if self.jobrunner:
            self._wait_until_ready(self.job_runner_works, timeout, "the job runner")
        return self

    def _write_config(self) -> None:
        config = configparser.RawConfigParser()
        config.read(setting("RETAIL_HUB_ODOO_CONF"))
        config["options"].update(
            {
                "db_name": self.db.name,
                "dbfilter": f"^{re.escape(self.db.name)}$",
                "list_db": "False",
                "http_port": str(self.port),
                "gevent_port": str(self.evented_port),
                "workers": str(self.workers),
                "max_cron_threads": str(self.cron_threads),
                "proxy_mode": "False",
            }
        )
        for section, values in self.config_extra.items():
            if not config.has_section(section):
                config.add_section(section)
            config[section].update({key: str(value) for key, value in values.items()})
        with open(self.config_path, "w", encoding="utf-8") as file:
            config.write(file)

    def is_healthy(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/web/health", timeout=5).ok
        return False

    def job_runner_works(self) -> bool:
        """Whether some server's job runner holds its lock. PostgreSQL shows a lock's number in two halves."""
        statement = """
            SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
             WHERE datname = %s AND locktype = 'advisory' AND granted AND classid = %s AND objid = %s
        """
        return bool(
            self.db.query(statement, self.db.name, JOB_RUNNER_LOCK >> 32, JOB_RUNNER_LOCK & 0xFFFFFFFF)
        )

    def client(self) -> OdooClient:
        """Return a client with a session of its own: each thread needs one."""
        return OdooClient(self.url, self.db.name)

    def call(self, model: str, method: str, *args, **kwargs):
        """Return what `model.method(*args, **kwargs)` returns for the user admin. Raise OdooError."""
        if self._client is None:
            self._client = self.client()
        return self._client.call(model, method, *args, **kwargs)

    def pids(self, kind: str = "WorkerHTTP") -> list[int]:
        """Return the ids of the worker processes: WorkerHTTP, WorkerCron or WorkerJobRunner."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if kind in _command_line(pid)]


def _command_line(pid: str) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


class Sandbox(ChildProcess):
    """The stand-in for the remote systems (tests/sandbox). `url` is where it listens.

    `providers` are stand-ins besides its own: {name: place}; what a place is: tests/sandbox/providers.py.
    """

    def __init__(self, port: int = 0, label: str = "sandbox", providers: dict[str, str] | None = None):
        self.port = port
        self.providers = providers or {}
        self.url = ""
        self.log_path = Path(setting("RETAIL_HUB_LOGS"), f"{database_name(label)}.log")

    def start(self, timeout: float = 30) -> Sandbox:
        """Start it, and return when it listens."""
        self.log_path.unlink(missing_ok=True)
        folder = Path(setting("RETAIL_HUB_ROOT"), "tests", "sandbox")
        others = [f"--provider={name}={place}" for name, place in self.providers.items()]
        self._spawn([setting("RETAIL_HUB_PYTHON"), str(folder), "--port", str(self.port), *others])
        self.url = self._wait_until_ready(self._announced_url, timeout, "the sandbox")
        return self

    def _announced_url(self) -> str:
        found = re.search(
            r"^listening on (http://\S+)$", self.log_path.read_text(encoding="utf-8"), re.MULTILINE
        )
        return found[1] if found else ""

    def client(self):
        """Return a `SandboxClient` (tests/sandbox/client.py), which steers it."""
        path = Path(setting("RETAIL_HUB_ROOT"), "tests", "sandbox", "client.py")
        spec = importlib.util.spec_from_file_location("sandbox_client", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.SandboxClient(self.url)
