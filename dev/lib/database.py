"""Databases of the development environment: a template, and cheap copies of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
from psycopg2 import sql


def setting(name: str) -> str:
    """Return the environment variable `name`, which the commands in dev/ export."""
    try:
        return os.environ[name]
    except KeyError:
        sys.exit(f"{name} is not set: start this through one of the commands in dev/")


def run_odoo(*arguments: str, log: Path, script: str = "") -> None:
    """Run `odoo …` until it ends, with `script` as its input and its output added to `log`.

    Raise CalledProcessError when it fails.
    """
    with open(log, "a", encoding="utf-8") as output:
        command = ["odoo", *arguments]
        subprocess.run(command, check=True, input=script, text=True, stdout=output, stderr=subprocess.STDOUT)


class Database:
    """One PostgreSQL database and its filestore."""

    def __init__(self, name: str):
        self.name = name
        self.filestore = Path(setting("RETAIL_HUB_DATA_DIR"), "filestore", name)

    def create(self, source: Database | None = None) -> Database:
        """Create the database as a copy of `source`, after dropping an existing one.

        There must be no connection to `source`. By default it is the template: Odoo without retail_hub.
        """
        source = source or Database(setting("RETAIL_HUB_TEMPLATE"))
        self.drop()
        _administer("CREATE DATABASE {} TEMPLATE {}", self.name, source.name)
        # Odoo never changes a file of the filestore, so links do.
        _link_tree(source.filestore, self.filestore)
        return self

    def drop(self) -> None:
        """Drop the database and its connections, if it exists."""
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)
        shutil.rmtree(self.filestore, ignore_errors=True)

    def install(self, *modules: str, log: Path | None = None) -> Database:
        """Install Odoo modules. Raise CalledProcessError when it fails."""
        log = log or Path(setting("RETAIL_HUB_LOGS"), f"{self.name}-install.log")
        run_odoo("-d", self.name, "-i", ",".join(modules), "--stop-after-init", "--no-http", log=log)
        return self

    def connect(self):
        """Return a psycopg2 connection in autocommit mode; the caller closes it."""
        connection = psycopg2.connect(dbname=self.name)
        connection.autocommit = True
        return connection

    def query(self, statement: str, *parameters) -> list[tuple]:
        """Run one SQL statement in its own connection and return its rows ([] if it has none)."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def __enter__(self) -> Database:
        return self.create()

    def __exit__(self, *exc_info) -> None:
        self.drop()


def make_template(name: str, modules: str, source: str | None = None) -> None:
    """Make a template with the comma-separated `modules`, and those of the template `source`.

    It gets its name last, when it is complete.
    """
    template = Database(name)
    unfinished = Database(f"{template.name}_unfinished")
    unfinished.drop()
    if Database("postgres").query("SELECT 1 FROM pg_database WHERE datname = %s", template.name):
        _administer("ALTER DATABASE {} IS_TEMPLATE false", template.name)
    template.drop()
    log = Path(setting("RETAIL_HUB_LOGS"), f"{template.name}.log")
    log.unlink(missing_ok=True)
    if source:
        unfinished.create(Database(source))
    unfinished.install(*modules.split(","), log=log)
    # The web client's files, which otherwise the first page of every copy waits for.
    generate_assets = "env['ir.qweb']._pregenerate_assets_bundles()\nenv.cr.commit()\n"
    run_odoo("shell", "-d", unfinished.name, "--no-http", log=log, script=generate_assets)
    unfinished.filestore.rename(template.filestore)
    # As a template that takes no connections it is left alone by Odoo's crons, and can be copied at any time.
    _administer("ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false", unfinished.name)
    _administer("ALTER DATABASE {} RENAME TO {}", unfinished.name, template.name)


def _administer(statement: str, *names: str) -> None:
    with contextlib.closing(Database("postgres").connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _link_tree(source: Path, target: Path) -> None:
    try:
        shutil.copytree(source, target, copy_function=os.link)
    except shutil.Error:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make-template", name, modules, *source]:
            make_template(name, modules, *source)
        case _:
            sys.exit("usage: database.py make-template NAME MODULE,… [TEMPLATE]")
