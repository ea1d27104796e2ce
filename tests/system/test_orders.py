"""Orders under contention: several processes never reserve more than is there, and users cannot break that."""

import contextlib
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from caller import new_product, open_shop, place, reserved

from stack import OdooError, wait_until

PIECES = 20
HOUR_MS = 3_600_000
SURE = 5  # orders of which one end is sure, in a race for the others


@pytest.fixture(scope="module")
def shop(start_odoo):
    """Return the server, and the key of a client that may capture orders."""
    return open_shop(start_odoo("orders", workers=4))


def confirm(shop, order_id):
    """Confirm a quotation, as a user does."""
    try:
        shop.call("sale.order", "action_confirm", [order_id])
    except Exception as error:  # the user sees it, and tries again; what counts is the stock
        assert "could not serialize" in str(error) or "concurrent" in str(error), error


def quotation(shop, product_id):
    [partner] = shop.call("res.partner", "create", [{"name": "Counter Customer"}])
    values = {"partner_id": partner, "order_line": [(0, 0, {"product_id": product_id, "product_uom_qty": 1})]}
    return shop.call("sale.order", "create", [values])[0]


def test_more_buyers_than_pieces(shop):
    """Of 60 buyers, 20 get one each, the others get 409; users who confirm meanwhile change nothing of that."""
    hot = new_product(shop, "HOT", PIECES)
    quotations = [quotation(shop, hot) for _number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        confirmations = [pool.submit(confirm, shop, each) for each in quotations]
        responses = list(pool.map(lambda number: place(shop, number, "HOT"), range(60)))
        for each in confirmations:
            each.result()
    statuses = Counter(response.status_code for response in responses)
    by_quants, by_moves, quants = reserved(shop, hot)
    assert set(statuses) == {201, 409}
    assert (by_quants, by_moves, quants) == (PIECES, PIECES, 1)
    for response in responses:
        if response.status_code == 409:
            assert response.json()["errors"] == [
                {"pointer": "/lines/0", "detail": "There is not enough in stock.", "available": "0"}
            ]
    reserved_for_users = PIECES - statuses[201]
    [(for_users,)] = shop.db.query(
        f"SELECT COALESCE(SUM(m.quantity), 0) FROM stock_move m JOIN sale_order_line l ON l.id = m.sale_line_id"
        f" JOIN sale_order o ON o.id = l.order_id WHERE m.product_id = {hot} AND o.retail_connector_id IS NULL"
    )
    assert for_users == reserved_for_users


def test_cancellations_beside_orders(shop):
    """Stock that is freed while others reserve the same is counted once, whether a system or a user cancels."""
    mixed = new_product(shop, "MIXED", 1_000)
    placed = [place(shop, number, "MIXED").json() for number in range(24)]
    sold = [quotation(shop, mixed) for _number in range(8)]
    for each in sold:
        shop.call("sale.order", "action_confirm", [each])
    assert reserved(shop, mixed) == (32, 32, 1)
    with ThreadPoolExecutor(12) as pool:
        users = [pool.submit(cancel_as_user, shop, each) for each in sold]
        systems = [pool.submit(cancel, shop, each["external_id"]) for each in placed]
        responses = list(pool.map(lambda number: place(shop, number, "MIXED"), range(24)))
        cancelled = sum(each.result() for each in users)
        assert Counter(each.result() for each in systems) == {200: 24}
    assert Counter(response.status_code for response in responses) == {201: 24}
    left = 24 + len(sold) - cancelled
    assert reserved(shop, mixed) == (left, left, 1)


def cancel(shop, external_id):
    """Cancel a captured order; return the HTTP status."""
    headers = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": str(uuid.uuid4())}
    url = f"{shop.url}/retail/v1/orders/{external_id}/cancel"
    while True:
        response = shop.session.post(url, json={}, headers=headers, timeout=120)
        if response.status_code != 429:
            return response.status_code


def cancel_as_user(shop, order_id):
    """Cancel an order; return whether that was possible, while others change the same stock."""
    try:
        shop.call("sale.order", "action_cancel", [order_id])
    except Exception as error:  # the user sees it, and tries again
        assert "could not serialize" in str(error) or "concurrent" in str(error), error
        return False
    return True


def test_lines_in_any_order(shop):
    """Orders of two products whose lines are in another order do not wait for each other for ever."""
    one, two = new_product(shop, "ONE", PIECES), new_product(shop, "TWO", PIECES)
    with ThreadPoolExecutor(8) as pool:
        skus = [("ONE", "TWO"), ("TWO", "ONE")]
        responses = list(pool.map(lambda number: place(shop, number, *skus[number % 2]), range(40)))
    assert Counter(response.status_code for response in responses) == {201: PIECES, 409: PIECES}
    assert [reserved(shop, each) for each in (one, two)] == [(PIECES, PIECES, 1)] * 2


def test_one_guest_at_once(shop):
    """Parallel orders of a guest make one customer."""
    new_product(shop, "MANY", 100)
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda number: place(shop, 7 * number, "MANY"), range(16)))
    assert {response.status_code for response in responses} == {201}
    assert len({response.json()["customer_id"] for response in responses}) == 1


def test_a_retry_says_what_came_of_it(shop):
    """What it says is of the new attempt, which was made in a transaction of its own."""
    latecomer = new_product(shop, "LATE", 0)
    assert place(shop, 1, "LATE").status_code == 409
    domain = [("state", "=", "refused"), ("problem", "like", "not enough in stock")]
    [message] = shop.call("retail.message", "search", domain, limit=1)  # the newest
    shop.db.query(
        f"UPDATE retail_message SET received_at = received_at - interval '1 hour' WHERE id = {message}"
    )
    assert retry(shop, message) == (
        "warning",
        "Not completed: There is not enough in stock. Nothing was reserved.",
    )
    shop.call("product.product", "write", [latecomer], {"default_code": "EARLY"})
    assert retry(shop, message) == ("warning", "Not completed: Odoo does not know: product LATE.")
    shop.call("product.product", "write", [latecomer], {"default_code": "LATE", "is_storable": False})
    assert retry(shop, message)[0] == "success"
    assert retry(shop, message) == ("warning", "Not completed: The request is completed.")
    [row] = shop.call("retail.message", "read", [message], ["duration_ms"])
    assert row["duration_ms"] < HOUR_MS  # how long the last attempt took, not how long ago the request came


def retry(shop, message):
    params = shop.call("retail.message", "action_retry", [message])["params"]
    return params["type"], params["message"]


def hold(shop, sku):
    """Capture an order that is held; return its external id and its id in Odoo."""
    response = place(shop, 1, sku, hold_minutes=60)
    assert (response.status_code, response.json()["status"]) == (201, "held"), response.text
    return response.json()["external_id"], int(response.json()["id"])


def confirm_hold(shop, external_id):
    headers = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": str(uuid.uuid4())}
    url = f"{shop.url}/retail/v1/orders/{external_id}/confirm"
    return shop.session.post(url, json={}, headers=headers, timeout=120)


def expire_holds(shop):
    """Have the scheduled action run now, unless it runs already."""
    [(cron,)] = shop.db.query(
        "SELECT res_id FROM ir_model_data WHERE module = 'retail_hub' AND name = 'ir_cron_holds'"
    )
    try:
        shop.call("ir.cron", "method_direct_trigger", [cron])
    except OdooError as error:
        assert "already executing" in str(error), error


def holds(shop, ids):
    """Return ``[(state, hold)]`` of orders."""
    return shop.db.query("SELECT state, retail_hold FROM sale_order WHERE id = ANY(%s) ORDER BY id", ids)


def let_end(shop, ids, seconds):
    """Have the holds of orders end one after the other: the last one after so many seconds."""
    shop.db.query(
        "UPDATE sale_order SET retail_held_until ="
        " (now() AT TIME ZONE 'UTC') + make_interval(secs => %s * (id - %s) / %s) WHERE id = ANY(%s)",
        seconds,
        min(ids),
        max(ids) - min(ids) or 1,
        ids,
    )


def end_in(shop, ids, interval):
    """Have the holds of orders end after this time."""
    shop.db.query(
        "UPDATE sale_order SET retail_held_until = (now() AT TIME ZONE 'UTC') + %s::interval WHERE id = ANY(%s)",
        interval,
        ids,
    )


def test_a_hold_is_confirmed_or_expires(shop):
    """Confirmations come while holds end, one after the other: each order has one end, and its stock is of that."""
    race = new_product(shop, "RACE", PIECES)
    orders = [hold(shop, "RACE") for _number in range(PIECES)]
    ids = [order_id for _code, order_id in orders]
    assert reserved(shop, race)[:2] == (PIECES, PIECES)
    let_end(shop, ids, 4.0)
    end_in(shop, ids[:SURE], "-1 second")
    end_in(shop, ids[-SURE:], "1 hour")
    with ThreadPoolExecutor(4) as pool:
        confirmations = [pool.submit(confirm_hold, shop, code) for code, _id in reversed(orders)]
        while any(state == "held" for _state, state in holds(shop, ids)):
            expire_holds(shop)
        statuses = [each.result().status_code for each in reversed(confirmations)]
    ends = {200: ("sale", "confirmed"), 409: ("cancel", "expired")}
    assert holds(shop, ids) == [ends[status] for status in statuses]
    confirmed = statuses.count(200)
    assert SURE <= confirmed <= PIECES - SURE
    assert reserved(shop, race)[:2] == (confirmed, confirmed)


@pytest.mark.parametrize("first", ["confirmed", "expired"])
def test_a_hold_that_has_just_ended(shop, first):
    """Whoever comes second waits for the first one's transaction, and sees what it did."""
    sku = f"JUST-{first}"
    piece = new_product(shop, sku, 1)
    code, order_id = hold(shop, sku)
    with contextlib.closing(shop.db.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        until = "+" if first == "expired" else "-"
        shop.db.query(
            f"UPDATE sale_order SET retail_held_until = (now() AT TIME ZONE 'UTC') {until} interval '1 hour'"
            " WHERE id = %s",
            order_id,
        )
        cursor.execute("UPDATE sale_order SET retail_hold = %s WHERE id = %s", [first, order_id])
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(
                *((expire_holds, shop) if first == "confirmed" else (confirm_hold, shop, code))
            )
            wait_until(lambda: waits(shop), 60, "the second one to wait for the first")
            connection.commit()
            answer = second.result()
    assert holds(shop, [order_id]) == [("sale", first)]
    assert answer is None or answer.status_code == 409
    assert reserved(shop, piece)[:2] == (1, 1)


def waits(shop):
    """Return whether a transaction of the shop's waits for a row."""
    return shop.db.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event = 'transactionid'", shop.db.name
    )
