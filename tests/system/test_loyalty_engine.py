"""A loyalty engine with real processes: an outage in the middle of sales, and each point comes once."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from caller import currency_of, new_client, new_product, new_system, order_of, post_order

from stack import wait_until

PROGRAM = "lprg_5a1d000000000001"
CUSTOMERS = 7
NEVER = {"reward_point_mode": "money", "reward_point_amount": 1, "product_domain": "[('id', '=', 0)]"}


@pytest.fixture(scope="module")
def shop(start_odoo):
    odoo = start_odoo("engine", workers=4)
    _client, odoo.key = new_client(odoo, new_system(odoo))
    odoo.currency, odoo.session = currency_of(odoo), requests.Session()
    new_product(odoo, "TEA", 10_000)
    return odoo


@pytest.fixture
def engine(shop, sandbox):
    """Return the id of an active connector whose engine owns the points of a program."""
    values = {"name": f"Points {uuid.uuid4()}", "provider": "voucherify", "base_url": sandbox.url}
    [connector] = shop.call("retail.connector", "create", [values])
    rows = shop.call("retail.credential", "search_read", [("connector_id", "=", connector)], ["name"])
    for each in rows:
        value = {"app_id": "sandbox-app", "app_token": "sandbox-token"}[each["name"]]
        shop.call("retail.credential", "write", [each["id"]], {"value": value})
    flows = shop.call("retail.flow", "search", [("connector_id", "=", connector)])
    shop.call("retail.flow", "write", flows, {"window_seconds": 0})
    shop.call("retail.connector", "action_activate", [connector])
    yield connector
    shop.call("retail.connector", "write", [connector], {"active": False})


def sell(shop, number, amount="100.00"):
    """Capture an order, and its payment; return the id of the customer."""
    line = {"sku": "TEA", "unit_price": amount, "quantity": "1"}
    placed = post_order(shop, order_of(shop, number, line, total=amount), str(uuid.uuid4()))
    assert placed.status_code == 201, placed.text
    order = placed.json()
    content = {"id": f"P-{uuid.uuid4()}", "amount": amount, "currency": shop.currency}
    headers = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": str(uuid.uuid4())}
    url = f"{shop.url}/retail/v1/orders/{order['external_id']}/payments/capture"
    paid = shop.session.post(url, json=content, headers=headers, timeout=60)
    assert paid.status_code == 201, paid.text


def enroll_all(shop, connector):
    """Make all customers members; return the program."""
    values = {
        "name": "Club",
        "program_type": "loyalty",
        "applies_on": "both",
        "trigger": "auto",
        "retail_owner": "engine",
        "retail_connector_id": connector,
        "retail_remote_program": PROGRAM,
        "rule_ids": [(0, 0, NEVER)],
    }
    [program] = shop.call("loyalty.program", "create", [values])
    customers = shop.call("res.partner", "search", [("email", "like", "buyer%@example.com")])
    assert len(customers) == CUSTOMERS
    cards = [{"program_id": program, "partner_id": each} for each in customers]
    shop.call("loyalty.card", "create", cards)
    return program


def test_an_outage_in_the_middle_of_sales(shop, engine, sandbox):
    """All that is sold while the engine is away arrives after it, and earns once."""
    for number in range(CUSTOMERS):
        sell(shop, number, "1.00")
    program = enroll_all(shop, engine)
    members = lambda: len(sandbox.records("members", "voucherify"))  # noqa: E731
    wait_until(lambda: members() == CUSTOMERS, 60, "not all customers are members")
    wait_until(lambda: not waiting(shop, engine), 60, "what was sold before does not arrive")
    before = points_there(sandbox)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: sell(shop, number), range(2 * CUSTOMERS)))
        sandbox.fault(status=503, path="/v")
        list(pool.map(lambda number: sell(shop, number), range(3 * CUSTOMERS)))
    assert waiting(shop, engine) > 0
    sandbox.faults_clear()
    wait_until(lambda: not waiting(shop, engine), 120, "what waited does not arrive")

    orders = [each for each in sandbox.records("orders", "voucherify") if each["amount"] == 10_000]
    assert len(orders) == 5 * CUSTOMERS
    assert {each["status"] for each in orders} == {"PAID"}
    assert points_there(sandbox) == before + 5 * CUSTOMERS * 100
    total = before + 5 * CUSTOMERS * 100
    wait_until(lambda: points_here(shop, program) == total, 120, "the balances do not come back")
    assert doubled(shop, program) == []
    [(without_order,)] = shop.db.query(
        f"SELECT count(*) FROM retail_loyalty_entry WHERE program_id = {program} AND kind = 'earn' AND points = 100"
        " AND order_id IS NULL"
    )
    assert without_order == 0


def waiting(shop, connector):
    [(count,)] = shop.db.query(
        "SELECT count(*) FROM retail_delivery WHERE state IN ('pending', 'in_flight', 'unknown')"
        f" AND connector_id = {connector}"
    )
    return count


def points_there(sandbox):
    sandbox.act("process", "voucherify")
    return sum(each["balance"]["points"] for each in sandbox.records("cards", "voucherify"))


def points_here(shop, program):
    [(points, proved)] = shop.db.query(
        f"""
        SELECT sum(c.points)::int, sum((SELECT sum(e.points) FROM retail_loyalty_entry e WHERE e.card_id = c.id))::int
          FROM loyalty_card c WHERE c.program_id = {program}
        """
    )
    return points if points == proved else None


def doubled(shop, program):
    """Return the orders of which points were booked twice."""
    return shop.db.query(
        f"SELECT order_id FROM retail_loyalty_entry WHERE program_id = {program} AND order_id IS NOT NULL"
        " GROUP BY order_model, order_id, kind HAVING count(*) > 1"
    )
