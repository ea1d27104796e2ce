"""Senders of slow bodies, without a proxy: a worker is theirs for a while only, and then answers others."""

import contextlib
import select
import socket
import time

import pytest
import requests
from caller import new_client, new_system

LIMIT = 5  # seconds: limit_time_real, which is 120 by default
SILENCE = 2  # seconds between two packets: what Odoo allows
PATIENCE = 30


@pytest.fixture(scope="module")
def server(start_odoo):
    """Return a server with one worker, and the key of a client."""
    limit = {"options": {"limit_time_real": str(LIMIT)}}
    odoo = start_odoo("slow", workers=1, jobrunner=False, cron_threads=0, config_extra=limit)
    return odoo, new_client(odoo, new_system(odoo), "customers:")[1]


def begin(server):
    """Return the connection of a caller who has sent the first byte of a body of 1,000."""
    odoo, key = server
    host, port = odoo.url.rpartition("/")[2].split(":")
    connection = socket.create_connection((host, int(port)), PATIENCE)
    connection.sendall(
        f"POST /retail/v1/customers HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{".encode()
    )
    return connection


def is_over(connection, seconds):
    """Wait for the end of a connection, so many seconds; return whether it has come."""
    if not select.select([connection], [], [], seconds)[0]:
        return False
    with contextlib.suppress(ConnectionError):
        while connection.recv(4096):
            pass
    return True


def read(server):
    odoo, key = server
    return requests.get(
        f"{odoo.url}/retail/v1/customers/none",
        headers={"Authorization": f"Bearer {key}"},
        timeout=PATIENCE,
    ).status_code


def test_a_sender_who_falls_silent(server):
    with contextlib.closing(begin(server)) as connection:
        started = time.monotonic()
        assert is_over(connection, PATIENCE)
        assert SILENCE - 0.5 < time.monotonic() - started < LIMIT
    assert read(server) == 404


def test_a_sender_who_drips(server):
    """A byte twice a second is no silence, so that the limit of the whole request counts."""
    with contextlib.closing(begin(server)) as connection:
        started = time.monotonic()
        while not is_over(connection, 0.5):
            assert time.monotonic() - started < PATIENCE
            with contextlib.suppress(ConnectionError):
                connection.sendall(b" ")
        assert SILENCE + 1 < time.monotonic() - started < PATIENCE
    assert read(server) == 404
