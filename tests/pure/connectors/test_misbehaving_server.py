"""A server that misbehaves: a call ends in time, and only a final, complete and unambiguous answer counts."""

import contextlib
import resource
import socket
import threading
import time

import pytest
from samples import wait_until

from odoo.addons.retail_hub.connectors import guarded_pool
from odoo.addons.retail_hub.connectors.http_client import HttpClient
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.core.errors import RemoteError

CONNECT_SECONDS, READ_SECONDS = 0.5, 1.0
# With room for a slow machine; without a deadline a drip takes minutes.
BOUND = CONNECT_SECONDS + READ_SECONDS + 1.5
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def serve():
    """Return a function that starts a server; ``answer(stream, number)`` answers its n-th request."""
    listeners = []

    def start(answer):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        count = iter(range(1000))

        def converse(stream):
            with stream:
                while _request(stream):
                    answer(stream, next(count))

        def run():
            while True:
                try:
                    stream, _address = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_quietly, args=(converse, stream), daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.close()


def _quietly(function, stream):
    with contextlib.suppress(OSError):
        function(stream)


def _request(stream):
    """Read a request with a body of a known length; return it, empty if the client is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = stream.recv(65536)
        if not received:
            return b""
        data += received
    head, _blank, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
    )
    while len(body) < length:
        body += stream.recv(65536)
    return data


@pytest.fixture
def make_client():
    clients = []

    def make(url, **options):
        clients.append(HttpClient(Settings(url, "", {}, CONNECT_SECONDS, READ_SECONDS), {}, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def drip(start, piece, end=b""):
    """Return what answers with ``start``, then endlessly with ``piece``, one each 50 ms."""

    def answer(stream, _number):
        stream.sendall(start)
        for _piece in range(2000):
            stream.sendall(piece)
            time.sleep(0.05)
        stream.sendall(end)

    return answer


DRIPS = {
    "status line": drip(b"HTTP/1.1 200 ", b"O"),
    "header": drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n"),
    "body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    "body without length": drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "chunk size": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "chunk extension": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;", b"a"),
    "chunks": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "trailers": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: 1\r\n"),
    "100 Continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "102 Processing": drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "silence": lambda stream, _number: time.sleep(30),
}


@pytest.mark.parametrize("name", DRIPS)
def test_a_drip_ends_in_time(serve, make_client, name):
    client = make_client(serve(DRIPS[name]))
    started = time.monotonic()
    with pytest.raises(RemoteError) as caught:
        client.request("POST", "/", json={})
    assert time.monotonic() - started < BOUND
    assert caught.value.code in {"READ_TIMEOUT", "BROKEN_ANSWER"}
    assert caught.value.uncertain


def test_a_drip_of_a_body_that_nobody_reads_as_json(serve, make_client):
    """The status has arrived, and is the answer."""
    client = make_client(serve(DRIPS["body"]), reads_json=False)
    started = time.monotonic()
    assert client.request("POST", "/", json={}).status == 200
    assert time.monotonic() - started < BOUND


def test_a_request_that_nobody_reads(make_client):
    """A server that takes the connection and no byte of the request."""
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        client = make_client(f"http://127.0.0.1:{listener.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(RemoteError):
            client.request("POST", "/", content=b" " * 30_000_000)
        assert time.monotonic() - started < BOUND


def test_a_name_server_that_does_not_answer(make_client):
    done = threading.Event()

    def slow(_host, _port, _is_secure):
        done.wait(30)
        return ["127.0.0.1"]

    client = make_client("http://slow.example", guard=slow)
    started = time.monotonic()
    with pytest.raises(RemoteError) as caught:
        client.request("POST", "/", json={})
    assert time.monotonic() - started < BOUND
    assert (caught.value.code, caught.value.uncertain) == ("UNREACHABLE", False)
    done.set()
    wait_until(lambda: not [each for each in threading.enumerate() if "name lookup" in each.name])


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_only_the_final_status_counts(serve, make_client, status):
    """Answers of the events that follow on the same connection stay theirs."""
    interim = b"HTTP/1.1 " + status + b"\r\nLink: </a>\r\n\r\n"

    def answer(stream, number):
        stream.sendall(interim)
        final = 500 if number == 0 else 200 + number
        stream.sendall(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n{}" % final)

    client = make_client(serve(answer))
    assert [client.request("POST", "/", json={}).status for _number in range(4)] == [500, 201, 202, 203]


BROKEN = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "the same length twice": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a list of lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 40\r\n\r\n{}",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
    "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\n{}\r\n0\r\n\r\n",
    "a negative chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}   \r\n0\r\n\r\n",
    "a chunk of minus one": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
    "a size with a prefix": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "a size with a sign": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n",
    "a size with underscores": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0_2\r\n{}\r\n0\r\n\r\n",
    "a huge chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "no status": b"HTTP/1.1 abc\r\n\r\n",
    "a status with a sign": b"HTTP/1.1 +200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a status with underscores": b"HTTP/1.1 2_00 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a status of four digits": b"HTTP/1.1 0200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a status without HTTP's version": b"HTTP/ 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a long reason": b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    "no HTTP": b"220 mail ready\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200 + b"\r\n{}",
    "a long header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n{}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_ambiguous_answer_is_in_doubt(serve, make_client, name):
    """It is no problem of the credentials, and the connection is not used again."""

    def answer(stream, number):
        stream.sendall(OK if number else BROKEN[name])

    client = make_client(serve(answer))
    with pytest.raises(RemoteError) as caught:
        client.request("POST", "/", json={})
    assert (caught.value.code, caught.value.uncertain) == ("BROKEN_ANSWER", True)
    assert client.request("POST", "/", json={}).status == 200


@pytest.mark.parametrize(
    "line", [b"HTTP/1.1 201", b"HTTP/1.0 201 ", b"HTTP/1.1  201  a  b ", b"HTTP/1.1 201 \xfc"]
)
def test_status_lines(serve, make_client, line):
    client = make_client(
        serve(lambda stream, _number: stream.sendall(line + b"\r\nContent-Length: 2\r\n\r\n{}"))
    )
    assert client.request("POST", "/", json={}).status == 201


def test_chunks(serve, make_client):
    """With an extension, a trailer, and digits in both cases."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b'1;a=b\r\n"\r\nA\r\n0123456789\r\n0b \r\n01234567890\r\n1\r\n"\r\n0\r\nX-End: -5\r\n\r\n'
    client = make_client(serve(lambda stream, _number: stream.sendall(head + body)))
    for _number in range(2):
        assert client.request("POST", "/", json={}).json == "012345678901234567890"


@pytest.mark.parametrize("size", [b"-1", b"-5"])
def test_a_negative_chunk_reads_nothing_more(serve, make_client, size):
    """Whether somebody reads the body or only the status counts, memory does not grow."""

    def answer(stream, _number):
        stream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n")
        with contextlib.suppress(OSError):
            for _piece in range(2000):
                stream.sendall(b"x" * 100_000)

    url = serve(answer)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RemoteError):
        make_client(url).request("POST", "/", json={})
    assert make_client(url, reads_json=False).request("POST", "/", json={}).status == 200
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


def test_a_date_that_is_out_of_range(serve, make_client):
    head = b"HTTP/1.1 200 OK\r\nDate: Fri, 31 Dec 9999 23:59:59 -2359\r\nContent-Length: 2\r\n\r\n{}"
    client = make_client(serve(lambda stream, _number: stream.sendall(head)))
    assert client.request("POST", "/", json={}).date is None


def test_through_a_proxy_too(serve, make_client, monkeypatch):
    """The proxy's connection has the same deadline."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", serve(DRIPS["headers"]))
    client = make_client("http://api.example")
    started = time.monotonic()
    with pytest.raises(RemoteError):
        client.request("POST", "/", json={})
    assert time.monotonic() - started < BOUND


def test_every_address_is_let_through_without_a_guard():
    assert guarded_pool.any_address("127.0.0.1", 80, False) == ["127.0.0.1"]
