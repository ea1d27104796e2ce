"""No call reaches the server's own network, however its address is written."""

import ipaddress
import re
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from samples import closed_port

from odoo.addons.retail_hub.connectors.guard import Guard, is_public
from odoo.addons.retail_hub.connectors.http_client import HttpClient
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.core.errors import AuthError, RemoteError, TransientError

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.215.14",
    "172.15.255.255",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
]
NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "168.63.129.16",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC + [a for a in NOT_PUBLIC if "%" not in a])
def test_no_looser_than_the_standard_library(address):
    if is_public(address):
        assert ipaddress.ip_address(address).is_global


@pytest.mark.parametrize(
    "host",
    [
        "2130706433", "0x7f.1", "0x7f000001", "127.1", "0", "127.0.0.0x1", "%31%32%37.0.0.1", "[v1.x]", "8.8.8.8.",
        "[2606:4700:0::1111]", "-a.example", "a..example", "１２７.0.0.1", "a" * 64 + ".example",
        "a." * 127 + "example",
    ],
)  # fmt: skip
def test_host_that_is_written_in_an_unusual_way(host):
    with pytest.raises(AuthError) as raised:
        Guard().check_url(f"https://{host}")
    assert "is neither a host name nor an IP address in its usual form" in raised.value.message


@pytest.mark.parametrize(
    "host",
    [
        "api.example.com",
        "API.example.com:8443",
        "a.1.example.com.",
        "münchen.example",
        "8.8.8.8",
        "[2606:4700::1111]",
    ],
)
def test_host_that_is_written_in_the_usual_way(host):
    Guard().check_url(f"https://{host}")


def resolver(*answers):
    """Return a stand-in for getaddrinfo that gives one list of addresses after the other, then the last again."""
    queue = list(answers)
    asked = []

    def resolve(host, port, type):
        asked.append(host)
        addresses = queue.pop(0) if len(queue) > 1 else queue[0]
        return [(socket.AF_INET, type, 6, "", (address, port)) for address in addresses]

    resolve.asked = asked
    return resolve


def test_every_address_of_a_name_counts():
    """Which one a connection would take is a matter of chance."""
    assert Guard(resolve=resolver(["8.8.8.8", "8.8.8.8", "1.1.1.1"]))("hooks.example.com", 443, True) == [
        "8.8.8.8",
        "1.1.1.1",
    ]
    with pytest.raises(AuthError) as raised:
        Guard(resolve=resolver(["8.8.8.8", "10.0.0.5"]))("hooks.example.com", 443, True)
    assert raised.value.code == "ADDRESS_REFUSED"
    assert "10.0.0.5" not in raised.value.message, (
        "what the server's own name server knows is nobody's business"
    )


@pytest.mark.parametrize(
    ("port", "is_secure"),
    [(80, False), (443, False), (8080, False), (22, True), (25, True), (80, True), (0, True)],
)
def test_ports_and_schemes(port, is_secure):
    resolve = resolver(["8.8.8.8"])
    with pytest.raises(AuthError):
        Guard(resolve=resolve)("hooks.example.com", port, is_secure)
    assert resolve.asked == []
    assert Guard(["Hooks.Example.com"], resolve)("hooks.example.com.", port, is_secure) == ["8.8.8.8"]


@pytest.mark.parametrize("port", [443, 1024, 8443])
def test_allowed_ports(port):
    assert Guard(resolve=resolver(["8.8.8.8"]))("hooks.example.com", port, True) == ["8.8.8.8"]


# ----- through the client -----


class Server:
    """Counts connections on 127.0.0.1, and answers each with 200; ``names`` are those of the TLS handshakes."""

    def __init__(self, context=None):
        self.connections, self.names, self.heads = 0, [], []
        self.context = context
        if context:
            context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                stream = (
                    self.context.wrap_socket(connection, server_side=True) if self.context else connection
                )
                with stream:
                    self.heads.append(_whole_request(stream))
                    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                connection.close()


def _whole_request(stream):
    """Read a request to its end: who closes a connection with something unread resets it, and the answer is lost."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(stream)
    head, _blank, body = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    while len(body) < length:
        body += _more(stream)
    return f"{head.decode()}\r\n"


def _more(stream):
    received = stream.recv(65536)
    if not received:
        raise ConnectionError("closed before the end of the request")
    return received


@pytest.fixture
def server():
    server = Server()
    yield server
    server.listener.close()


def client(url, guard, **options):
    return HttpClient(
        Settings(url, "v1", {}, 1, 1), guard=guard, uses_proxy=False, reads_json=False, **options
    )


def error_of(url, guard):
    with client(url, guard) as http, pytest.raises(RemoteError) as raised:
        http.request("POST", "", content=b"{}")
    error = raised.value
    assert error.__context__ is None or error.__suppress_context__
    return error


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.0x0.0x0.0x1", "017700000001", "0177.0.0.1", "127.1",
        "0", "localhost", "localhost.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]",
        "user:password@127.0.0.1", "hooks.example.com@127.0.0.1", "hooks.example.com:443@127.0.0.1", "127.0.0.1%2e",
        "①②⑦.⓪.⓪.①",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_ways_to_write_an_address(server, host, scheme):
    """None of them leads to the server; with https it is the address that is refused."""
    error = error_of(f"{scheme}://{host}:{server.port}/admin", Guard())
    assert error.code in ("ADDRESS_REFUSED", "BAD_URL", "UNREACHABLE"), error.message
    assert not error.uncertain
    assert server.connections == 0
    assert "password" not in error.message


def test_a_redirect_is_not_followed(sandbox, server):
    """An allowed host must not be a way to the others."""
    sandbox.fault(status=307, headers={"Location": f"http://127.0.0.1:{server.port}/admin"})
    error = error_of(sandbox.url, Guard(["127.0.0.1"]))
    assert (type(error), error.code, error.http_status) == (TransientError, "REDIRECT", 307)
    assert "redirected the call (HTTP 307)" in error.message
    assert server.connections == 0


def test_a_name_server_that_changes_its_answer(server):
    """The check and the connection use one answer; the next connection is checked anew."""
    resolve = resolver(["127.0.0.1"], ["10.0.0.5"])
    guard = Guard(["rebind.example.com"], resolve)
    with client(f"http://rebind.example.com:{server.port}", guard) as http:
        assert http.request("POST", "", content=b"{}").status == 200
    assert (resolve.asked, server.connections) == (["rebind.example.com"], 1)
    assert f"Host: rebind.example.com:{server.port}\r\n" in server.heads[0]

    resolve = resolver(["8.8.8.8"], ["127.0.0.1"])
    guard = Guard(resolve=resolve)
    assert guard("rebind.example.com", 8443, True) == ["8.8.8.8"]
    error = error_of(f"https://rebind.example.com:{server.port}", guard)
    assert error.code == "ADDRESS_REFUSED"
    assert server.connections == 1


def test_the_next_address_is_tried(server):
    resolve = resolver(["127.0.0.2", "127.0.0.1"])  # nothing listens on the first one
    with client(f"http://two.example.com:{server.port}", Guard(["two.example.com"], resolve)) as http:
        assert http.request("POST", "", content=b"{}").status == 200


def test_nobody_there():
    error = error_of(f"http://127.0.0.1:{closed_port()}", Guard(["127.0.0.1"]))
    assert (error.code, error.uncertain) == ("UNREACHABLE", False)
    assert error.message == "Cannot connect to 127.0.0.1: connection refused."


def test_unknown_name():
    def resolve(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    error = error_of("https://nowhere.example.com", Guard(resolve=resolve))
    assert error.message == "Cannot connect to nowhere.example.com: unknown host name (DNS)."


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY", "http_proxy"])
def test_no_proxy_is_used(server, variable, monkeypatch):
    """It would resolve the name on its own, where it stands."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, f"http://127.0.0.1:{server.port}")
    nowhere = resolver(["127.0.0.1"])
    for scheme in ("http", "https"):
        error = error_of(
            f"{scheme}://hooks.example.com:{closed_port()}", Guard(["hooks.example.com"], nowhere)
        )
        assert error.code == "UNREACHABLE"
    assert server.connections == 0


# ----- TLS -----


def certificate(path, name):
    """Write a key and a certificate for a name, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    encoding, no_encryption = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_encryption)
    path.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(encoding))
    return path


@pytest.fixture
def tls_server(tmp_path, monkeypatch):
    """A server whose certificate is that of hooks.example.com, and trusted."""
    path = certificate(tmp_path / "server.pem", "hooks.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    server = Server(context)
    yield server
    server.listener.close()


def test_the_certificate_is_that_of_the_name(tls_server):
    """Not of the address to which the connection is made."""
    name = "hooks.example.com"
    with client(f"https://{name}:{tls_server.port}", Guard([name], resolver(["127.0.0.1"]))) as http:
        assert http.request("POST", "/in", content=b"{}").status == 200
    assert tls_server.names == [name]
    assert tls_server.heads[0].startswith("POST /in HTTP/1.1\r\n")
    assert f"Host: {name}:{tls_server.port}\r\n" in tls_server.heads[0]


def test_the_certificate_of_another_name(tls_server):
    name = "other.example.com"
    error = error_of(f"https://{name}:{tls_server.port}", Guard([name], resolver(["127.0.0.1"])))
    assert (error.code, error.message) == (
        "TLS",
        "Cannot make a secure connection to other.example.com: its certificate is not trusted.",
    )
    assert tls_server.names == [name]
    assert tls_server.heads == []
