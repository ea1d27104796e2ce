"""The API under concurrency: real processes, real connections."""

import contextlib
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
from caller import new_client, new_system

from stack import Database, wait_until


@pytest.fixture(scope="module")
def client(start_odoo):
    """Return (server, key) of a client that may write customers."""
    odoo = start_odoo("api", workers=4)
    _client, key = new_client(odoo, new_system(odoo), "customers:")
    return odoo, key


def post(client, content, idempotency_key):
    odoo, key = client
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": idempotency_key}
    return requests.post(f"{odoo.url}/retail/v1/customers", json=content, headers=headers, timeout=60)


def together(client, count, content, key_of):
    """Make calls at the same time; return the responses."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda number: post(client, content(number), key_of(number)), range(count)))


def test_one_customer_under_many_keys(client):
    """Two requests for a new customer at once make one."""
    content = {
        "external_id": f"C-{uuid.uuid4()}",
        "name": {"full": "Parallel One"},
        "email": "one@example.com",
    }
    responses = together(client, 12, lambda _number: content, lambda _number: str(uuid.uuid4()))
    assert Counter(response.status_code for response in responses) == {201: 1, 200: 11}
    assert len({response.json()["id"] for response in responses}) == 1
    [(count,)] = client[0].db.query("SELECT count(*) FROM res_partner WHERE name = 'Parallel One'")
    assert count == 1


def test_one_address_of_email_under_many_ids(client):
    """The first external id gets the customer who was there; the others are other customers."""
    client[0].call("res.partner", "create", [{"name": "Parallel Two", "email": "two@example.com"}])
    responses = together(
        client,
        6,
        lambda number: {
            "external_id": f"T-{number}",
            "name": {"full": "Parallel Two"},
            "email": "two@example.com",
        },
        lambda _number: str(uuid.uuid4()),
    )
    outcomes = Counter(response.json()["outcome"] for response in responses)
    assert outcomes == {"linked": 1, "created": 5}


def test_one_key_at_once(client):
    """While a request is carried out, its repetition gets 409; afterwards, the first answer."""
    content = {"external_id": "K-1", "name": {"full": "Parallel Three"}}
    responses = together(client, 12, lambda _number: content, lambda _number: "key-1")
    statuses = Counter(response.status_code for response in responses)
    assert set(statuses) <= {201, 409}
    assert statuses[201] >= 1
    [(count,)] = client[0].db.query("SELECT count(*) FROM retail_message WHERE idempotency_key = 'key-1'")
    assert count == 1
    again = post(client, content, "key-1")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert {response.text for response in responses if response.status_code == 201} == {again.text}


def test_the_last_use_of_a_key_is_seen(client):
    """It is noted once the call is committed, by whichever worker carried it out."""
    odoo, _key = client
    [connector] = odoo.call("retail.connector", "search", [("name", "=", "Shop")])
    new_id, key = new_client(odoo, connector, "customers:", name="Used")

    def last_used():
        return odoo.call("retail.api.client", "read", [new_id], ["last_used_at"])[0]["last_used_at"]

    assert last_used() is False
    before = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    assert post((odoo, key), {"external_id": "U-1", "name": {"full": "Una"}}, "use-1").status_code == 201
    wait_until(last_used, 30, "the use of the key to be noted")
    assert before <= datetime.fromisoformat(last_used()) <= datetime.now(UTC).replace(tzinfo=None)


def test_a_revoked_key_is_refused_by_all_workers(client):
    odoo, key = client
    [key_id] = odoo.call("retail.api.key", "search", [("prefix", "=", key[:16])])
    odoo.call("retail.api.key", "action_revoke", [key_id])
    responses = together(client, 12, lambda _number: {"external_id": "R"}, lambda _number: str(uuid.uuid4()))
    assert Counter(response.status_code for response in responses) == {401: 12}


def test_parallel_calls_are_bounded(client):
    """With one call at a time, others at the same time are refused, with a time to wait, and do nothing."""
    odoo, _key = client
    [connector] = odoo.call("retail.connector", "search", [("name", "=", "Shop")])
    _client, key = new_client(
        odoo, connector, "customers:", name="Bounded", calls_per_minute=600, max_parallel=1
    )
    responses = together(
        (odoo, key),
        12,
        lambda number: {"external_id": f"B-{number}", "name": {"full": f"Bounded {number}"}},
        lambda _number: str(uuid.uuid4()),
    )
    statuses = Counter(response.status_code for response in responses)
    assert set(statuses) == {201, 429}
    refused = next(response for response in responses if response.status_code == 429)
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit"].partition(", ")[2] == '"parallel";r=0;t=1'
    assert refused.headers["RateLimit-Policy"] == '"default";q=600;w=60, "parallel";q=1'
    [(count,)] = odoo.db.query(
        "SELECT count(*) FROM res_partner WHERE name LIKE 'Bounded _' OR name LIKE 'Bounded __'"
    )
    assert count == statuses[201]


def test_the_rate_counts_in_all_processes(client):
    """10 calls per minute: of 12, from four processes, 10 are answered."""
    odoo, _key = client
    [connector] = odoo.call("retail.connector", "search", [("name", "=", "Shop")])
    _client, key = new_client(odoo, connector, name="Slow", calls_per_minute=10)

    def read(_number):
        headers = {"Authorization": f"Bearer {key}"}
        return requests.get(f"{odoo.url}/retail/v1/messages/none", headers=headers, timeout=60)

    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(read, range(12)))
    assert Counter(response.status_code for response in responses) == {404: 10, 429: 2}
    refused = next(response for response in responses if response.status_code == 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 6
    assert refused.headers["RateLimit-Policy"] == '"default";q=10;w=60'


@contextlib.contextmanager
def refusing_connections(database):
    """Have PostgreSQL refuse all connections to a database, as while it starts; it ends those that there are."""
    cluster, allow = Database("postgres"), f'ALTER DATABASE "{database.name}" WITH ALLOW_CONNECTIONS'
    cluster.query(f"{allow} false")
    try:
        cluster.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", database.name
        )
        yield
    finally:
        cluster.query(f"{allow} true")


@pytest.mark.parametrize("path", ["/retail/v1/orders/1", "/retail/webhooks/token", "/retail/oauth/token"])
def test_while_the_database_is_away_callers_are_told_to_come_back(client, path):
    """Odoo itself answers 404, which senders take for final."""
    url = f"{client[0].url}{path}"
    with refusing_connections(client[0].db):
        wait_until(
            lambda: requests.post(url, timeout=60).status_code == 503, 30, "the database is still there"
        )
        response = requests.post(url, timeout=60)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["type"].endswith("/problems/unavailable")
        assert response.json()["trace_id"] == response.headers["Retail-Trace-Id"]
    wait_until(
        lambda: requests.post(url, timeout=60).status_code < 500, 30, "the database does not come back"
    )
