"""What a caller gets while others are at work: a row that a test holds keeps a request in flight as long as needed."""

import contextlib
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from caller import new_client, new_product, new_system, open_shop, order_of, post_order, reserved

from stack import wait_until


@pytest.fixture(scope="module")
def shop(start_odoo):
    return open_shop(start_odoo("busy", workers=4))


@contextlib.contextmanager
def in_flight(shop, product_id, content, key, **headers):
    """Keep an order in flight during the block: it waits for the stock. Return its response, when that is there."""
    with (
        contextlib.closing(shop.db.connect()) as connection,
        connection.cursor() as cursor,
        ThreadPoolExecutor(1) as pool,
    ):
        connection.autocommit = False
        cursor.execute("SELECT FROM stock_quant WHERE product_id = %s FOR UPDATE", [product_id])
        first = pool.submit(post_order, shop, content, key, **headers)
        try:
            wait_until(lambda: waits(shop), 60, "the order to wait for the stock")
            yield first
        finally:
            connection.rollback()


def waits(shop):
    """Return whether a transaction of the shop's waits for a row."""
    return shop.db.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event = 'transactionid'", shop.db.name
    )


def problem_of(response):
    """Return (status, type, detail, Retry-After) of a problem."""
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    problem = response.json()
    assert problem["trace_id"] == response.headers["Retail-Trace-Id"]
    kind = problem["type"].rpartition("/")[2]
    return response.status_code, kind, problem["detail"], response.headers.get("Retry-After")


def test_the_same_request_in_flight(shop):
    """The second one is refused at once, and gets the first answer when that is there; nothing is done twice."""
    product = new_product(shop, "FLIGHT", 5)
    content, key = order_of(shop, 1, "FLIGHT"), str(uuid.uuid4())
    detail = "A request with this idempotency key is being carried out."
    with in_flight(shop, product, content, key) as first:
        second = post_order(shop, content, key)
        other_body = post_order(shop, order_of(shop, 2, "FLIGHT"), key)
        assert not first.done()
    for refused in (second, other_body):
        assert problem_of(refused) == (409, "in-progress", detail, "1")
    answer = first.result()
    again = post_order(shop, content, key)
    assert (answer.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (answer.json(), "true")
    reused = post_order(shop, order_of(shop, 2, "FLIGHT"), key)
    assert problem_of(reused)[:2] == (422, "key-reused")
    assert reserved(shop, product) == (1, 1, 1)


def test_too_many_requests_about_one_product(shop):
    """Who waits too long for its turn may come again; nothing of the request is kept."""
    product = new_product(shop, "CROWD", 5)
    content, key = order_of(shop, 3, "CROWD"), str(uuid.uuid4())
    with in_flight(shop, product, order_of(shop, 2, "CROWD"), str(uuid.uuid4())) as first:
        refused = post_order(shop, content, key)
        assert not first.done()
    detail = "Too many requests are about the same record."
    assert problem_of(refused) == (429, "rate-limited", detail, "1")
    assert first.result().status_code == 201
    assert reserved(shop, product) == (1, 1, 1)
    again = post_order(shop, content, key)
    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, None)
    assert reserved(shop, product) == (2, 2, 1)


def test_more_calls_at_once_than_a_client_may_make(shop):
    """Whatever they are about; the client's other calls have their turn when the first one is done."""
    product = new_product(shop, "SLOT", 5)
    new_product(shop, "ELSE", 5)
    _client, key = new_client(shop, new_system(shop, "Till"), "orders:", max_parallel=1)
    own = {"Authorization": f"Bearer {key}"}
    other = order_of(shop, 2, "ELSE")
    with in_flight(shop, product, order_of(shop, 1, "SLOT"), str(uuid.uuid4()), **own) as first:
        refused = post_order(shop, other, "K", **own)
        assert not first.done()
    detail = "1 calls of this client are being carried out."
    assert problem_of(refused) == (429, "rate-limited", detail, "1")
    assert first.result().status_code == 201
    assert post_order(shop, other, "K", **own).status_code == 201
