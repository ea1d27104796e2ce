"""An inbound host of its own, behind nginx as documented: where requests go, and whom Odoo believes."""

import contextlib
import json
import os
import socket
import ssl
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from caller import new_client, new_system
from nginx import HOST, Nginx
from standardwebhooks import Webhook

from stack import OdooServer

pytestmark = pytest.mark.skipif(
    not Path(os.environ["RETAIL_HUB_NGINX"]).exists(), reason="nginx is not here: install it"
)
PROXIED = {"options": {"proxy_mode": "True", "dbfilter": ""}}
ELSEWHERE = "203.0.113.7"


@pytest.fixture(scope="module")
def site(start_odoo):
    """Two servers on one database, and nginx in front of them."""
    users = start_odoo("behind_proxy", workers=1, jobrunner=False, cron_threads=0, config_extra=PROXIED)
    inbound = OdooServer(users.db, workers=2, label="inbound", config_extra=PROXIED)
    with inbound, Nginx(users, inbound) as proxy:
        yield Site(users, inbound, proxy)


class Site:
    def __init__(self, users, inbound, proxy):
        self.users, self.inbound, self.proxy = users, inbound, proxy
        self.connector = new_system(users)

    def new_key(self, **values):
        """Return the key of a new client."""
        name = f"Shop {uuid.uuid4()}"
        return new_client(self.users, self.connector, "customers:", name=name, **values)[1]

    def read(self, key, source="127.0.0.1", **headers):
        """Return the response to a read of a customer who is not there."""
        return self.proxy.session(source).get(
            f"{self.proxy.url}/retail/v1/customers/none",
            headers={"Authorization": f"Bearer {key}", **headers},
            timeout=60,
        )

    def has_seen(self, path):
        """Return (whether the server of the users has a request in its log, whether the inbound one has)."""
        return tuple(
            path in server.log_path.read_text(encoding="utf-8") for server in (self.users, self.inbound)
        )


def test_each_server_gets_its_own(site):
    session = site.proxy.session()
    assert session.get(f"{site.proxy.url}/retail/v1/openapi.json", timeout=60).status_code == 200
    assert session.get(f"{site.proxy.url}/web/login", timeout=60).status_code == 200
    assert session.get(f"{site.proxy.url}/queue_job/runjob", timeout=60).status_code == 404
    assert site.has_seen("/retail/v1/openapi.json") == (False, True)
    assert site.has_seen("/web/login") == (True, False)
    assert site.has_seen("/queue_job/runjob?") == (False, False)


def test_the_real_address_counts(site):
    """Whatever a caller says of its address, its IP ranges are compared with the one that it calls from."""
    ours, theirs = site.new_key(ip_ranges="127.0.0.2/32"), site.new_key(ip_ranges="203.0.113.0/24")
    assert site.read(ours, "127.0.0.2").status_code == 404
    assert site.read(ours, "127.0.0.1").status_code == 403
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP", "Client-IP"):
        value = f"for={ELSEWHERE}" if name == "Forwarded" else ELSEWHERE
        assert site.read(theirs, **{name: value}).status_code == 403, name
        assert site.read(ours, "127.0.0.2", **{name: value}).status_code == 404, name


def test_guesses_are_counted_by_the_real_address(site):
    """Whoever guesses keys is slowed down, also under a new name each time; nobody else is."""
    guesses = [
        site.read(f"rhk_{uuid.uuid4().hex}", "127.0.0.3", **{"X-Forwarded-For": f"198.51.100.{number}"})
        for number in range(60)
    ]
    assert {each.status_code for each in guesses} == {401, 429}
    assert site.read(f"rhk_{uuid.uuid4().hex}", "127.0.0.4").status_code == 401


def test_other_names_of_the_host(site):
    """What callers say of the host changes nothing of the answer."""
    key = site.new_key()
    for headers in ({}, {"X-Forwarded-Host": "evil.example.com"}, {"X-Forwarded-Proto": "http"}):
        assert site.read(key, **headers).json()["type"].startswith(f"https://{HOST}/retail/v1/problems/")
    for name in ("X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override"):
        assert site.read(key, **{name: "/retail/v1/openapi.json"}).status_code == 404
    assert site.read(key, **{"X-Odoo-Database": "other"}).status_code == 404
    context = ssl.create_default_context(cafile=site.proxy.certificate)
    context.check_hostname = False
    with (
        pytest.raises(ssl.SSLError),
        socket.create_connection(("127.0.0.1", site.proxy.port), 10) as connection,
    ):
        context.wrap_socket(connection, server_hostname="evil.example.com")


def test_signatures_survive_the_proxy(site):
    """The path arrives as it was sent, slashes and all."""
    users, connector = site.users, site.connector
    users.call("retail.connector", "action_receive_webhooks", [connector])
    [found] = users.call("retail.connector", "read", [connector], ["webhook_url"])
    domain = [("connector_id", "=", connector), ("name", "=", "inbound_secret")]
    secrets = users.call("retail.credential", "search", domain)
    secret = users.call("retail.credential", "action_generate", secrets)["params"]["secret"]
    path = f"/retail/webhooks/{found['webhook_url'].rpartition('/')[2]}"
    body = json.dumps({"type": "customer.upsert", "data": {"external_id": "N-1", "name": {"full": "Nell"}}})
    response = site.proxy.session().post(
        site.proxy.url + path, body.encode(), headers=signed(secret, body), timeout=60
    )
    assert response.status_code == 204, response.text
    client, key = new_client(users, connector, "customers:", name="Signing", requires_signature=True)
    secret = users.call("retail.api.client", "action_new_signing_secret", [client])["params"]["secret"]
    target = "/retail/v1/customers/A%2FB%20%C3%A9?x=%2F"
    headers = {"Authorization": f"Bearer {key}", **signed(secret, f"GET {target}\n")}
    assert site.proxy.session().get(site.proxy.url + target, headers=headers, timeout=60).status_code == 404


def signed(secret, content):
    message_id, now = str(uuid.uuid4()), datetime.now(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, content),
    }


def test_large_and_slow_bodies(site):
    """The proxy refuses bodies that are too large, and gives up those that do not come; workers are free meanwhile."""
    key = site.new_key()
    url = f"{site.proxy.url}/retail/v1/batch"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with contextlib.suppress(requests.ConnectionError):  # nginx need not read what it refuses
        response = site.proxy.session().post(url, b" " * 6_000_000, headers=headers, timeout=60)
        assert response.status_code == 413
    context = ssl.create_default_context(cafile=site.proxy.certificate)
    with contextlib.ExitStack() as stack:
        slow = []
        for _number in range(10):  # more than there are workers
            plain = stack.enter_context(socket.create_connection(("127.0.0.1", site.proxy.port), 30))
            slow.append(stack.enter_context(context.wrap_socket(plain, server_hostname=HOST)))
            slow[-1].sendall(
                f"POST /retail/v1/customers HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n"
                "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{".encode()
            )
        assert site.read(key).status_code == 404  # at once
        for each in slow:
            assert each.recv(100) == b""  # closed, after the time-out
    assert site.has_seen("POST /retail/v1/customers") == (False, False)
