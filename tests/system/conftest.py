"""Fixtures of the system tests: Odoo servers on databases of their own, and the sandbox process.

Starting a server takes some seconds: tests that do not harm it share one, each with a connector of its own.
"""

import contextlib

import pytest
from hub import complaints, keep_hub_cron_only, open_connector

from stack import Database, OdooServer, Sandbox, database_name


@pytest.fixture(scope="session")
def image():
    """A database with retail_hub, to be copied. Of the scheduled actions only the hub's is left active."""
    with Database(database_name("image")) as database:
        database.install("retail_hub")
        keep_hub_cron_only(database)
        yield database


@contextlib.contextmanager
def odoo_servers(image):
    """Yield a function that starts an Odoo server on a copy of `image`. All end with the block."""
    with contextlib.ExitStack() as stack:

        def start(label, modules=(), **options):
            database = Database(database_name(label)).create(source=image)
            stack.callback(database.drop)
            if modules:
                database.install(*modules)
            server = OdooServer(database, **options)
            stack.callback(server.kill)  # a polite stop takes seconds, and its database goes anyway
            return server.start()

        yield start


@pytest.fixture(scope="module")
def start_odoo(image):
    """Return a function that starts an Odoo server for the tests of one file.

    It ends with them: its idle workers would keep connections that PostgreSQL has only 200 of.
    """
    with odoo_servers(image) as start:
        yield start


@pytest.fixture(scope="session")
def odoo(image):
    """The server that most tests share: two workers may drain while the third one answers the user."""
    with odoo_servers(image) as start:
        yield start("shared", workers=3)


@pytest.fixture(scope="session")
def sandbox_process():
    with Sandbox() as process:
        yield process.client()


@pytest.fixture
def sandbox(sandbox_process):
    """The sandbox as new."""
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture
def connect(odoo, sandbox):
    """Return a function that opens connectors of the shared server; they are archived after the test.

    The server must not have logged an error meanwhile: all that can go wrong at a remote is foreseen.
    """
    hubs = []

    def open_one(**values):
        hubs.append(open_connector(odoo, sandbox, **values))
        return hubs[-1]

    begin = odoo.log_path.stat().st_size
    yield open_one
    for hub in hubs:
        hub.connector("write", {"active": False})
    sandbox.faults_clear()
    for hub in hubs:
        hub.wait_until_idle()
    assert complaints(odoo.log_path.read_text(encoding="utf-8")[begin:]) == []


@pytest.fixture
def hub(connect):
    """A connector without a window: what is committed goes out at once."""
    return connect()
