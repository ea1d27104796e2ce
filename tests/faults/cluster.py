"""A PostgreSQL server of the fault tests' own, which they may restart and crash as they like."""

import configparser
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from stack import ChildProcess, database_name, wait_until

# A crash of PostgreSQL, unlike one of the machine, loses nothing that it has handed to the system: no fsync.
SETTINGS = """
listen_addresses = ''
fsync = off
shared_buffers = 256MB
max_connections = 200
max_wal_size = 2GB
max_parallel_workers_per_gather = 0
jit = off
"""
RESTARTS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class Cluster(ChildProcess):
    """A PostgreSQL server in a temporary folder. `socket` is what PGHOST has to be.

    PostgreSQL does not run as root: there it belongs to the user postgres.
    """

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="rh_faults_", dir="/tmp"))
        self.socket = str(self.folder)
        self.log_path = Path(os.environ["RETAIL_HUB_LOGS"], f"{database_name('cluster')}.log")
        if os.geteuid() == 0:
            self.identity = ("--reuid=postgres", "--regid=postgres", "--init-groups")
            shutil.chown(self.folder, "postgres", "postgres")

    def create(self):
        """Make the cluster; it has the role of whoever runs the tests."""
        data = self.folder / "data"
        command = ["initdb", "--pgdata", data, "--username", os.environ["PGUSER"], "--auth=peer"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        prefix = ["setpriv", *self.identity] if self.identity else []
        subprocess.run([*prefix, *command], check=True, cwd="/", stdout=subprocess.DEVNULL)
        with open(data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(f"{SETTINGS}unix_socket_directories = '{self.socket}'\n")
        return self

    def start(self, timeout=60):
        """Start it, and return when it takes connections."""
        self._spawn(["postgres", "-D", str(self.folder / "data")])
        ready = ["pg_isready", "--quiet", "--host", self.socket]
        self._wait_until_ready(lambda: not subprocess.run(ready).returncode, timeout, "PostgreSQL")
        return self

    def restart(self, mode):
        """Restart it as ``pg_ctl restart`` does: ``fast`` (clean), or ``immediate``, which is a crash."""
        self.stop(mode)
        self.start()

    def stop(self, mode="immediate", timeout=60):
        """Stop it at once, whoever is connected."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(RESTARTS[mode])
            self.process.wait(timeout)
        self.process = None

    def drop(self):
        """Stop it and delete its files."""
        self.stop()
        wait_until(lambda: not (self.folder / "data" / "postmaster.pid").exists(), 10, "PostgreSQL to end")
        shutil.rmtree(self.folder)


def copy_database(source, target, host):
    """Copy a database into the cluster at ``host``, with its filestore. Nobody may use it meanwhile."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        dump = [
            *["pg_dump", "--format=directory", "--compress=0", "--jobs=2", "--file"],
            f"{folder}/dump",
            source.name,
        ]
        subprocess.run(dump, check=True)
        restore = ["pg_restore", "--host", host, "--no-owner", "--jobs=2", "--dbname", target.name]
        subprocess.run(["createdb", "--host", host, target.name], check=True)
        subprocess.run([*restore, f"{folder}/dump"], check=True)
    shutil.copytree(source.filestore, target.filestore, copy_function=os.link)


@contextlib.contextmanager
def in_use(cluster):
    """Have all that is started meanwhile use ``cluster``: the environment and Odoo's file name it."""
    theirs = os.environ["RETAIL_HUB_ODOO_CONF"]
    ours = cluster.log_path.with_suffix(".conf")
    config = configparser.RawConfigParser()
    config.read(theirs)
    config["options"].update(db_host=cluster.socket, db_user=os.environ["PGUSER"])
    with open(ours, "w", encoding="utf-8") as file:
        config.write(file)
    changes = {"PGHOST": cluster.socket, "RETAIL_HUB_ODOO_CONF": str(ours), "ODOO_RC": str(ours)}
    before = {name: os.environ[name] for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.update(before)
