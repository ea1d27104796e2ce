"""Connections outlive a client, for the next one that is equal; and only for that."""

import socketserver
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from odoo.addons.retail_hub.connectors import http_client
from odoo.addons.retail_hub.connectors.guard import Guard
from odoo.addons.retail_hub.connectors.http_client import HttpClient
from odoo.addons.retail_hub.connectors.kept_connections import IDLE_SECONDS, MAX_KEPT, KeptConnections
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.core.errors import TransientError


class Server(socketserver.ThreadingTCPServer):
    """Counts connections.

    ``closes``: it ends each after its response, without saying so. ``drops``: it ends a connection as the second call
    on it arrives.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        self.connections = []
        self.closes = False
        self.drops = False
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections.append(self.connection)
        self.calls = 0

    def do_GET(self):
        self.calls += 1
        if self.server.drops and self.calls == 2:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        self.close_connection = self.server.closes

    do_POST = do_GET

    def log_message(self, *_args):
        pass


@pytest.fixture(autouse=True)
def none_kept(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    kept = KeptConnections()
    monkeypatch.setattr(http_client, "_kept", kept)
    yield
    kept.close()


@pytest.fixture
def server():
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def call(server, hosts=("127.0.0.1",), read_timeout=5, headers=None):
    settings = Settings(server.url, "v3", {}, 5, read_timeout)
    with HttpClient(settings, headers or {}, guard=Guard(hosts)) as client:
        assert client.request("GET", "/x").status == 200


def test_the_next_client_uses_the_connection(server):
    call(server, headers={"Authorization": "Bearer one"})
    call(server, headers={"Authorization": "Bearer two"})
    assert len(server.connections) == 1


@pytest.mark.parametrize("options", [{"hosts": ("127.0.0.1", "localhost")}, {"read_timeout": 6}])
def test_another_client_opens_its_own(server, options):
    call(server)
    call(server, **options)
    assert len(server.connections) == 2


def test_two_clients_at_once(server):
    settings = Settings(server.url, "v3", {}, 5, 5)
    guard = Guard(("127.0.0.1",))
    with HttpClient(settings, guard=guard) as one, HttpClient(settings, guard=guard) as two:
        for client in (one, two, one, two):
            client.request("GET", "/x")
    assert len(server.connections) == 2


def test_a_connection_that_the_server_has_closed(server):
    server.closes = True
    for _again in range(3):
        call(server)
        server.connections[-1].close()
    assert len(server.connections) == 3


def test_a_read_that_meets_the_end_of_a_connection_is_sent_again(server):
    server.drops = True
    for _again in range(3):
        call(server)
    assert len(server.connections) == 3


def test_a_write_that_meets_the_end_of_a_connection_is_in_doubt(server):
    server.drops = True
    call(server)
    settings = Settings(server.url, "v3", {}, 5, 5)
    with HttpClient(settings, guard=Guard(("127.0.0.1",))) as client, pytest.raises(TransientError) as error:
        client.request("POST", "/x")
    assert (error.value.code, error.value.uncertain) == ("CONNECTION_LOST", True)
    assert len(server.connections) == 1


def test_a_client_that_is_closed_twice(server):
    settings, guard = Settings(server.url, "v3", {}, 5, 5), Guard(("127.0.0.1",))
    with HttpClient(settings, guard=guard) as client:
        client.request("GET", "/x")
    client.close()
    with HttpClient(settings, guard=guard) as one, HttpClient(settings, guard=guard) as two:
        for client in (one, two):
            client.request("GET", "/x")
    assert len(server.connections) == 2


class Pool:
    def __init__(self):
        self.is_closed = False

    def close(self):
        self.is_closed = True


def test_idle_ones_are_closed():
    now = [0.0]
    kept = KeptConnections(lambda: now[0])
    old, new = Pool(), Pool()
    kept.keep("old", old)
    now[0] = IDLE_SECONDS
    kept.keep("new", new)
    now[0] += 0.1
    assert kept.take("new", Pool) is new
    assert (old.is_closed, new.is_closed) == (True, False)
    assert kept.take("old", Pool) is not old


def test_no_more_than_the_limit():
    kept = KeptConnections()
    pools = [Pool() for _number in range(MAX_KEPT + 1)]
    for number, pool in enumerate(pools):
        kept.keep(number, pool)
    assert [pool.is_closed for pool in pools] == [True] + [False] * MAX_KEPT


def test_a_forked_process_has_none(monkeypatch):
    kept, pool = KeptConnections(), Pool()
    kept.keep("key", pool)
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert kept.take("key", Pool) is not pool
