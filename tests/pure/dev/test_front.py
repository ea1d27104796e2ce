"""The demo has one address for Odoo's two ports: websockets go to the evented worker, all else to the HTTP workers."""

import importlib
import socket
import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

LIB = Path(__file__).parents[3] / "dev" / "lib"


@pytest.fixture
def front(monkeypatch):
    monkeypatch.syspath_prepend(LIB)
    return importlib.import_module("front")


@pytest.fixture
def echo():
    """Return a function that starts a server which answers its name and the first line, and returns its port."""
    listeners = []

    def start(name):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run():
            with listener.accept()[0] as connection:
                connection.sendall(name + b" got " + connection.recv(1000).splitlines()[0])

        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for listener in listeners:
        listener.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (b"/websocket?version=19.0-2", b"evented got GET /websocket?version=19.0-2"),
        (b"/odoo", b"http got GET /odoo"),
        (b"/", b"http got GET /"),
    ],
)
def test_where_a_connection_goes(front, echo, path, answer):
    odoo = SimpleNamespace(port=echo(b"http"), evented_port=echo(b"evented"))
    port = free_port()
    with front.Front(port, odoo), closing(socket.create_connection(("127.0.0.1", port), 5)) as browser:
        browser.sendall(b"GET " + path + b"\r\n\r\n")
        browser.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := browser.recv(1000):
            received += chunk
    assert received == answer


def test_odoo_has_ended(front):
    """The browser's connection ends, and the demo goes on."""
    odoo, port = SimpleNamespace(port=free_port(), evented_port=free_port()), free_port()
    with front.Front(port, odoo):
        for _number in range(2):
            with closing(socket.create_connection(("127.0.0.1", port), 5)) as browser:
                browser.sendall(b"GET /odoo HTTP/1.1\r\n\r\n")
                assert browser.recv(1000) in {b""}
