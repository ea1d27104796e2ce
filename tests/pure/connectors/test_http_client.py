"""The HTTP client: what it makes of every way in which a call can go wrong."""

import json
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from samples import closed_port, wait_until

from odoo.addons.retail_hub.connectors import http_client
from odoo.addons.retail_hub.connectors.http_client import HttpClient
from odoo.addons.retail_hub.connectors.kept_connections import KeptConnections
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.core import escapes, known_secrets
from odoo.addons.retail_hub.core.errors import AuthError, RemoteError, TransientError
from odoo.addons.retail_hub.core.known_secrets import KnownSecrets

PATH = "/crm/v3/objects/contacts"
INVALID_URLS = ["", "hubspot", "ftp://api.hubapi.com", "http://", "http://[", "https://a..b", "file:///etc"]
TOKEN = {"Authorization": "Bearer sandbox-token"}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(http_client, "_kept", KeptConnections())


@pytest.fixture
def make_client():
    """Return a function that makes clients, which are closed after the test."""
    clients = []

    def make(url, headers=TOKEN, connect_timeout=2, read_timeout=2, **options):
        settings = Settings(url, "v3", {}, connect_timeout, read_timeout)
        clients.append(HttpClient(settings, headers, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(sandbox, make_client):
    return make_client(sandbox.url)


def error_of(client, method="POST", path=PATH, json=None, **options):
    """Make a call that must fail; return its error."""
    with pytest.raises(RemoteError) as caught:
        client.request(method, path, json={"properties": {}} if json is None else json, **options)
    error = caught.value
    assert error.__context__ is None or error.__suppress_context__, "the cause has URLs and headers in it"
    return error


@pytest.fixture
def serve():
    """Return a function that starts a server which sends these bytes to the first request and closes."""
    servers = []

    def start(answer, wrap=None):
        listener = socket.create_server(("127.0.0.1", 0))
        servers.append(listener)

        def run():
            try:
                connection, _address = listener.accept()
                with wrap.wrap_socket(connection, server_side=True) if wrap else connection as stream:
                    stream.recv(65536)
                    stream.sendall(answer)
            except OSError:
                pass

        threading.Thread(target=run, daemon=True).start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in servers:
        listener.close()


# ----- answers -----


def test_answer(client):
    response = client.request(
        "POST", PATH, json={"properties": {"email": "anna@example.com", "firstname": "Zoë"}}
    )
    assert response.status == 201
    assert response.json["properties"]["firstname"] == "Zoë"
    assert response.headers["content-type"].startswith("application/json")
    assert abs(response.date - datetime.now(UTC)) < timedelta(seconds=3)


def test_query(client, sandbox):
    assert client.request("GET", PATH, params={"limit": 1}).status == 200
    assert sandbox.requests()[0]["path"] == f"{PATH}?limit=1"


def test_one_connection_for_many_calls(client):
    assert [client.request("GET", PATH).status for _ in range(3)] == [200] * 3
    pools = client._adapter.poolmanager.pools
    (pool,) = [pools[key] for key in list(pools.keys())]
    assert (pool.num_connections, pool.num_requests) == (1, 3)


@pytest.mark.parametrize(
    ("status", "body"), [(404, "gone"), (500, ""), (400, {"message": "no"}), (502, None)]
)
def test_error_statuses_are_answers(client, sandbox, status, body):
    """Their meaning is the adapter's business, also if the body is not JSON."""
    sandbox.fault(status=status, body=body)
    response = client.request("POST", PATH, json={})
    assert response.status == status
    assert response.json == (body if isinstance(body, dict) else None)


def test_html_under_an_error_status(client, sandbox):
    sandbox.fault(html=True)
    assert (client.request("POST", PATH, json={}).status, client.request("GET", PATH).json) == (502, None)


def test_no_content(client, sandbox):
    sandbox.fault(status=204)
    response = client.request("POST", PATH, json={})
    assert (response.status, response.json, response.object) == (204, None, {})


def test_clock_skew_and_rate_limits(client, sandbox):
    assert client.clock_skew is None
    sandbox.configure(clock_skew=-600, daily_limit=100)
    answers = []
    client.after_answer = answers.append
    client.request("GET", PATH)
    assert -602 <= client.clock_skew <= -598
    assert [headers["x-hubspot-ratelimit-daily-remaining"] for headers in answers] == ["99"]


# ----- no answer -----


def test_connection_refused(make_client):
    error = error_of(make_client(f"http://127.0.0.1:{closed_port()}"))
    assert (type(error), error.code, error.uncertain) == (TransientError, "UNREACHABLE", False)
    assert error.message == "Cannot connect to 127.0.0.1: connection refused."


def test_unknown_name(make_client, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = error_of(make_client("http://hubspot.invalid"))
    assert (error.code, error.uncertain) == ("UNREACHABLE", False)
    assert error.message == "Cannot connect to hubspot.invalid: unknown host name (DNS)."


def test_connect_timeout(make_client):
    """A listener whose queue is full does not answer a connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for other in waiting:
            other.setblocking(False)
            other.connect_ex(("127.0.0.1", port))
        error = error_of(make_client(f"http://127.0.0.1:{port}", connect_timeout=0.2))
        for other in waiting:
            other.close()
    assert (error.code, error.uncertain) == ("UNREACHABLE", False)
    assert error.message == "Cannot connect to 127.0.0.1: no connection within 0.2 s."


def test_proxy_refuses(make_client, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    error = error_of(make_client("http://api.example.com"))
    assert (error.code, error.uncertain) == ("UNREACHABLE", False)
    assert "proxy" in error.message


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ({"hang": 0.6}, "READ_TIMEOUT"),
        ({"drop": "before"}, "CONNECTION_LOST"),
        ({"drop": "after"}, "CONNECTION_LOST"),
        ({"truncate": True}, "BROKEN_ANSWER"),
        ({"html": True, "status": 200}, "NOT_JSON"),
        ({"status": 200, "body": '{"status": "COMPL'}, "NOT_JSON"),
    ],
)
def test_no_usable_answer(sandbox, make_client, plan, code):
    """A write may have happened, a read has changed nothing."""
    client = make_client(sandbox.url, read_timeout=0.3)
    sandbox.fault(**plan)
    write, read = error_of(client), error_of(client, "GET")
    assert (type(write), write.code, write.uncertain) == (TransientError, code, True)
    assert (type(read), read.code, read.uncertain) == (TransientError, code, False)
    assert "may or may not have been" in write.message
    wait_until(lambda: sandbox.request_count() == 2)


def test_connection_that_was_closed_while_idle(client, sandbox):
    """It looks like one that was lost after sending: nothing is resent on its own."""
    client.request("GET", PATH)
    sandbox.fault(drop="before")
    assert error_of(client).uncertain
    assert [r["method"] for r in sandbox.requests()] == ["GET", "POST"]


def test_time_out_in_the_middle_of_the_body(serve, make_client):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    held = threading.Event()

    class SlowSocket:
        """Sends the head, and nothing more until the test is over."""

        def wrap_socket(self, connection, server_side):
            connection.recv(65536)
            connection.sendall(head)
            held.wait(5)
            raise OSError

    error = error_of(make_client(f"http://{serve(b'', SlowSocket())}", read_timeout=0.3))
    held.set()
    assert (error.code, error.uncertain) == ("READ_TIMEOUT", True)


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (b"", "127.0.0.1 sent nothing for 0.3 s. "),
        (b" ", "127.0.0.1 did not complete its response within 0.5 s. "),
    ],
)
def test_the_limit_that_ended_the_call_is_named(serve, make_client, chunk, message):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    held = threading.Event()

    class SlowSocket:
        """Sends the head, then a chunk now and then, until the test is over."""

        def wrap_socket(self, connection, server_side):
            connection.recv(65536)
            connection.sendall(head)
            while not held.wait(0.1):
                connection.sendall(chunk)
            raise OSError

    client = make_client(f"http://{serve(b'', SlowSocket())}", connect_timeout=0.2, read_timeout=0.3)
    error = error_of(client)
    held.set()
    assert error.message == f"{message}The call may or may not have been carried out."


def test_too_large_an_answer(sandbox, make_client):
    client = make_client(sandbox.url, max_bytes=1000)
    sandbox.fault(status=200, body={"text": "x" * 1000})
    error = error_of(client)
    assert (error.code, error.uncertain) == ("ANSWER_TOO_LARGE", True)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(client, sandbox, status):
    """The credentials would go along; a write would arrive twice or as a read."""
    sandbox.fault(status=status, headers={"Location": f"{sandbox.url}/elsewhere?token=abc"})
    error = error_of(client)
    assert (error.code, error.uncertain, error.http_status) == ("REDIRECT", False, status)
    assert "elsewhere" not in error.message
    assert sandbox.request_count() == 1


def test_nothing_is_tried_again(client, sandbox):
    sandbox.fault(drop="before")
    error_of(client)
    error_of(client, "GET")
    assert sandbox.request_count() == 2


# ----- TLS -----


def test_no_tls_at_the_other_end(serve, make_client):
    error = error_of(make_client(f"https://{serve(b'HTTP/1.1 400 Bad Request')}"))
    assert (type(error), error.code) == (TransientError, "TLS")
    assert error.message.startswith("Cannot make a secure connection to 127.0.0.1: ")


def test_untrusted_certificate(serve, make_client, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "server.pem"))
    error = error_of(make_client(f"https://{serve(b'', context)}"))
    assert (error.code, error.uncertain) == ("TLS", False)
    assert error.message == "Cannot make a secure connection to 127.0.0.1: its certificate is not trusted."


def self_signed(path):
    """Write a key and a certificate for 127.0.0.1 that nobody trusts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    encoding, no_encryption = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_encryption)
    path.write_bytes(private + certificate.public_bytes(encoding))
    return path


# ----- configuration and secrets -----


@pytest.mark.parametrize("url", INVALID_URLS)
def test_invalid_url(make_client, url):
    error = error_of(make_client(url))
    assert (type(error), error.code, error.uncertain) == (TransientError, "BAD_URL", False)


@pytest.mark.parametrize("token", ["line\nbreak", "tökén", "tab\there"])
def test_credentials_that_no_header_can_carry(sandbox, make_client, token):
    error = error_of(make_client(sandbox.url, headers={"Authorization": f"Bearer {token}"}))
    assert type(error) is AuthError
    assert token not in error.message
    assert sandbox.request_count() == 0


def test_netrc_does_not_replace_the_credentials(client, monkeypatch, tmp_path):
    """requests would send the login of a ~/.netrc instead."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert client.request("GET", PATH).status == 200


def test_nothing_private_in_words(sandbox, make_client):
    """Neither the query, nor the token, nor what was sent."""
    secret = "token-of-the-connector"
    headers = {"Authorization": f"Bearer {secret}"}
    client = make_client(sandbox.url, headers=headers, read_timeout=0.3)
    errors = []
    web_page = {"html": True, "status": 200}
    for plan in ({"drop": "before"}, {"hang": 0.6}, {"truncate": True}, web_page, {"status": 302}):
        sandbox.fault(times=1, **plan)
        errors.append(error_of(client, json={"email": "anna@example.com"}, params={"q": "private-query"}))
    wait_until(lambda: sandbox.request_count() == 5)
    down = make_client(f"http://127.0.0.1:{closed_port()}", headers=headers)
    errors.append(error_of(down, json={"email": "anna@example.com"}, params={"q": "private-query"}))
    texts = [repr(client), *(str(error) + repr(error) for error in errors)]
    for word in (secret, "anna", "private-query", PATH):
        assert not [text for text in texts if word in text]


# ----- secrets -----


def answer_of(body, *headers, status="422 Unprocessable Content"):
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_secrets_that_the_remote_quotes(serve, make_client, encoding):
    """They are masked before an adapter sees them, wherever they are and however they are escaped."""
    body = '{"message": "bad s\\u0033cr3t-token", "s3cr3t-token": ["ok", 7, "s3cr3t%2Dtoken"]}'.encode(
        encoding
    )
    url = serve(answer_of(body, "X-Request-Id: s3cr3t-token", "X-Other: 1"))
    client = make_client(f"http://{url}", secrets=KnownSecrets(["s3cr3t-token"]))
    response = client.request("GET", PATH)
    assert response.json == {"message": "bad ***", "***": ["ok", 7, "***"]}
    assert (response.headers["x-request-id"], response.headers["X-Other"]) == ("***", "1")


OK = "200 OK"


def disguised(number):
    """Return JSON with the secret, and texts that take long to mask."""
    texts = (f"%2541\u200b{each}" for each in range(number))
    return json.dumps({"message": "bad s3cr3t-token", "correlationId": list(texts)}).encode()


@pytest.fixture
def masked_texts(monkeypatch):
    """Return the list of the texts that were decoded to be masked, or to find out whether that is necessary."""
    found = []
    monkeypatch.setattr(known_secrets, "decode", lambda text: found.append(text) or escapes.decode(text))
    return found


@pytest.mark.parametrize(("size", "left"), [(100, "bad ***"), (20_000, None), (60_000, None)])
def test_secrets_in_a_large_error(serve, make_client, masked_texts, size, left):
    """What takes too long to mask is dropped: the status says enough."""
    url = serve(answer_of(disguised(size), status="400 Bad Request"))
    client = make_client(f"http://{url}", secrets=KnownSecrets(["s3cr3t-token"]))
    masked_texts.clear()
    response = client.request("POST", PATH)
    assert (response.status, response.object.get("message")) == (400, left)
    assert len(masked_texts) <= 10_010 and sum(map(len, masked_texts)) < 2_000_000


@pytest.mark.parametrize("size", [20_000, 200_000])
def test_secrets_in_a_large_answer(serve, make_client, masked_texts, size):
    """Without what was dropped, it could be taken for an answer that says "there are none"."""
    url = serve(answer_of(disguised(size), status=OK))
    client = make_client(f"http://{url}", secrets=KnownSecrets(["s3cr3t-token"]))
    masked_texts.clear()
    with pytest.raises(TransientError) as caught:
        client.request("POST", PATH)
    error = caught.value
    assert (error.code, error.uncertain, error.http_status) == ("ANSWER_TOO_LARGE", True, 200)
    assert len(masked_texts) <= 10_010 and sum(map(len, masked_texts)) < 2_000_000


def test_a_large_answer_without_secrets(serve, make_client, masked_texts):
    body = disguised(200_000).replace(b"s3cr3t", b"another")
    client = make_client(
        f"http://{serve(answer_of(body, status=OK))}", secrets=KnownSecrets(["s3cr3t-token"])
    )
    masked_texts.clear()
    assert len(client.request("POST", PATH).json["correlationId"]) == 200_000
    assert sum(map(len, masked_texts)) < 1_000


def test_a_long_header(serve, make_client):
    url = serve(answer_of(b"{}", f"X-Long: {'a' * 9_000}", "X-Other: 1"))
    headers = make_client(f"http://{url}").request("GET", PATH).headers
    assert (headers["x-long"], headers["X-Other"]) == ("***", "1")


def test_secrets_in_text_that_is_cut_off(serve, make_client):
    url = serve(answer_of(b"no: s3cr3t-token, " + b"x" * 40 + b" s3cr3t-token"))
    client = make_client(
        f"http://{url}", secrets=KnownSecrets(["s3cr3t-token"]), reads_json=False, max_bytes=64
    )
    assert client.request("POST", PATH).text == "no: ***, " + "x" * 11


def test_parts_of_secrets_that_the_remote_quotes(serve, make_client):
    secret = "CJSP5qf1KhICAQEYs-gDIIGOBii1hQIyGQAf3xBKmlwHjX7OI"
    url = serve(answer_of(f'{{"message": "bad {secret[:20]}\\n{secret[20:-3]}..."}}'.encode()))
    client = make_client(f"http://{url}", secrets=KnownSecrets([secret]))
    assert client.request("GET", PATH).json == {"message": "bad ***..."}
