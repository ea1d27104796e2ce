"""Two shops send thousands of messages, twice, out of order, while Odoo and PostgreSQL restart: all is there, and once.

``RETAIL_HUB_MESSAGES=10000 dev/test tests/faults/test_inbound_chaos.py`` makes it as long as one likes.
"""

import os
import time
from collections import Counter

import pytest
from harm import kill_one
from inbound import PIECES, SCARCE, SKUS, Plan, Senders, Shop

from stack import Database, OdooServer, database_name, wait_until

MESSAGES = int(os.environ.get("RETAIL_HUB_MESSAGES", "300"))
SENDERS = 6
STOCK = 100_000
PATIENCE = 120 + MESSAGES / 5  # seconds
SCOPES = ("customers:write", "orders:write", "payments:write")
CRONS = ("ir_cron_drain", "ir_cron_webhooks")


@pytest.fixture
def odoo(image):
    database = Database(database_name("chaos")).create(source=image)
    server = OdooServer(database, workers=4)
    try:
        yield server.start()
    finally:
        server.kill()
        database.drop()


def test_all_arrives_once(odoo, cluster, random):
    """Exact numbers of customers, orders, payments, reserved pieces and messages, in two companies and currencies."""
    shops = open_shops(odoo, random)
    before = odoo.db.query("SELECT count(*) FROM res_partner")[0][0]
    harms = {
        "server killed": odoo.kill,
        "server stopped": odoo.stop,
        "PostgreSQL restarted": lambda: cluster.restart("fast"),
        "PostgreSQL crashed": lambda: cluster.restart("immediate"),
        "worker killed": lambda: kill_one(odoo.pids(), random),
    }
    names = list(harms) * max(1, MESSAGES // 3_000)
    random.shuffle(names)
    started = time.monotonic()
    with Senders(shops, SENDERS) as senders:
        for number, name in enumerate(names, 1):
            left = senders.total * (1 - number / (len(names) + 1))
            wait_until(
                lambda left=left: is_left(odoo, senders, left), PATIENCE, f"{left:.0f} messages to be left"
            )
            print(
                f"{time.monotonic() - started:.0f} s, {left:.0f} of {senders.total} left: {name}", flush=True
            )
            harms[name]()
        wait_until(lambda: is_sent(odoo, senders), PATIENCE, "all messages to be answered", interval=0.2)
        assert not senders.surprises, senders.surprises
    settle(odoo)
    seconds = time.monotonic() - started
    lost = sum((shop.lost for shop in shops), Counter())
    print(f"{senders.total} messages in {seconds:.0f} s; harm: {Counter(names)}; sent again after {lost}")
    emails = {email for shop in shops for email in shop.plan.emails}
    assert odoo.db.query("SELECT count(*) FROM res_partner") == [(before + len(emails),)]
    for shop in shops:
        check(odoo.db, shop)


# -- two companies ---------------------------------------------------------------------------------


def open_shops(odoo, random):
    """Return a shop for the company that is there, in its currency, and one for a new company in another currency."""
    [(first, currency)] = odoo.db.query(
        "SELECT o.id, c.name FROM res_company o JOIN res_currency c ON c.id = o.currency_id ORDER BY o.id LIMIT 1"
    )
    other = next(name for name in ("EUR", "USD") if name != currency)
    [other_id] = odoo.call("res.currency", "search", [("name", "=", other)], context={"active_test": False})
    odoo.call("res.currency", "write", [other_id], {"active": True})
    [second] = odoo.call("res.company", "create", [{"name": "Second", "currency_id": other_id}])
    odoo.call("account.chart.template", "try_loading", [], "generic_coa", second)
    odoo.call("res.company", "write", [second], {"currency_id": other_id})
    for sku in (*SKUS, SCARCE):
        make_product(odoo, sku, (first, second))
    sizes = MESSAGES // 2
    return [
        open_shop(odoo, Plan(random, "North", currency, sizes), first),
        open_shop(odoo, Plan(random, "South", other, sizes), second),
    ]


def make_product(odoo, sku, companies):
    values = {"name": sku, "default_code": sku, "is_storable": True, "company_id": False, "taxes_id": []}
    [product] = odoo.call("product.product", "create", [values])
    for company in companies:
        context = {"allowed_company_ids": [company]}
        quant = {
            "product_id": product,
            "location_id": stock_location(odoo, company, context),
            "inventory_quantity": PIECES if sku == SCARCE else STOCK,
        }
        ids = odoo.call("stock.quant", "create", [quant], context=context)
        odoo.call("stock.quant", "action_apply_inventory", ids, context=context)


def stock_location(odoo, company, context):
    """Return the location of a company's stock; it gets a warehouse if it has none."""
    domain = [("company_id", "=", company)]
    ids = odoo.call("stock.warehouse", "search", domain, context=context)
    if not ids:
        values = {"name": "Second", "code": "SEC", "company_id": company}
        ids = odoo.call("stock.warehouse", "create", [values], context=context)
    [warehouse] = odoo.call("stock.warehouse", "read", ids[:1], ["lot_stock_id"], context=context)
    return warehouse["lot_stock_id"][0]


def open_shop(odoo, plan, company):
    """Return the system that sends a plan: a connector of this company, with a client and webhooks."""
    context = {"allowed_company_ids": [company]}
    values = {"name": plan.shop, "provider": "webhook", "base_url": "https://shop.example.com"}
    [connector] = odoo.call(
        "retail.connector", "create", [{**values, "company_id": company}], context=context
    )
    odoo.call("retail.connector", "action_receive_webhooks", [connector], context=context)
    scopes = odoo.call("retail.api.scope", "search", [("name", "in", SCOPES)])
    fields = ["webhook_url", "webhook_client_id"]
    [found] = odoo.call("retail.connector", "read", [connector], fields, context=context)
    hooks = found["webhook_client_id"][0]
    odoo.call("retail.api.client", "write", [hooks], {"scope_ids": [(6, 0, scopes)]}, context=context)
    client = {"name": plan.shop, "connector_id": connector, "scope_ids": scopes}
    client |= {"calls_per_minute": 0, "max_parallel": 0}
    ids = odoo.call("retail.api.client", "create", [client], context=context)
    key = odoo.call("retail.api.client", "action_new_key", ids, context=context)["params"]["secret"]
    domain = [("connector_id", "=", connector), ("name", "=", "inbound_secret")]
    secrets = odoo.call("retail.credential", "search", domain, context=context)
    secret = odoo.call("retail.credential", "action_generate", secrets, context=context)["params"]["secret"]
    path = f"/retail/webhooks/{found['webhook_url'].rpartition('/')[2]}"
    return Shop(plan, odoo.url, key, (path, secret), connector)


# -- harm, and its end -----------------------------------------------------------------------------


def revive(odoo):
    """Start Odoo if it is down, as a service manager does."""
    if not odoo.process or odoo.process.poll() is not None:
        odoo.kill()
        odoo.start()


def is_left(odoo, senders, count):
    revive(odoo)
    return senders.left() <= count


def is_sent(odoo, senders):
    revive(odoo)
    return senders.is_done()


def settle(odoo):
    """Wait until nothing waits any more."""
    try:
        wait_until(lambda: is_settled(odoo), PATIENCE, "", interval=0.5)
    except TimeoutError:
        left = odoo.db.query(
            "SELECT state, command, subject, waits_for, problem FROM retail_message"
            " WHERE state IN ('started', 'received', 'waiting') ORDER BY id LIMIT 20"
        )
        jobs = odoo.db.query(
            "SELECT state, name, exc_info FROM queue_job WHERE state != 'done' ORDER BY id LIMIT 20"
        )
        raise AssertionError(f"not carried out: {left}; jobs: {jobs}") from None


def is_settled(odoo):
    """Whether nothing waits any more. The scheduled actions come at once; by themselves they come once a minute."""
    revive(odoo)
    odoo.db.query(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' WHERE id IN"
        " (SELECT res_id FROM ir_model_data WHERE module = 'retail_hub' AND name = ANY(%s))",
        list(CRONS),
    )
    Database("postgres").query("SELECT pg_notify('cron_trigger', %s)", odoo.db.name)
    return odoo.db.query(
        "SELECT count(*) FROM retail_message WHERE state IN ('started', 'received', 'waiting')"
    ) == [(0,)]


# -- what has to be there --------------------------------------------------------------------------


def check(db, shop):
    plan = shop.plan
    check_answers(shop)
    sold = check_messages(db, shop)
    suffix = f"%@{plan.shop.lower()}.example.com"
    assert db.query(
        "SELECT count(*), count(DISTINCT email) FROM res_partner WHERE email LIKE %s", suffix
    ) == [(len(plan.emails), len(plan.emails))]
    orders = db.query(
        "SELECT b.remote_id, o.state, o.amount_total::int, c.name FROM sale_order o"
        " JOIN res_currency c ON c.id = o.currency_id JOIN retail_binding b ON b.res_model = 'sale.order'"
        " AND b.res_id = o.id AND b.connector_id = o.retail_connector_id WHERE o.retail_connector_id = %s",
        shop.connector_id,
    )
    expected = {
        (order, "cancel" if order in plan.cancelled else "sale", total, plan.currency)
        for order, total in plan.totals.items()
    }
    expected |= {(order, "sale", 10, plan.currency) for order in sold}
    assert sorted(orders) == sorted(expected)
    assert db.query("SELECT count(*) FROM sale_order WHERE retail_connector_id = %s", shop.connector_id) == [
        (len(expected),)
    ]
    check_stock(db, shop)
    assert db.query(
        "SELECT count(*)::int, count(DISTINCT retail_code)::int, COALESCE(sum(amount), 0)::int, min(state), max(state)"
        " FROM payment_transaction WHERE retail_connector_id = %s",
        shop.connector_id,
    ) == [(len(plan.paid), len(plan.paid), sum(plan.paid.values()), "done", "done")]


def check_answers(shop):
    """Whoever repeats a key gets the first answer, unless that was that the request waits."""
    for key, answers in shop.answers.items():
        assert len({each for each in answers if each[0] != 202}) <= 1, (key, answers)


def check_messages(db, shop):
    """Check that each key is there once, and is done; return the orders that got the scarce product."""
    rows = db.query(
        "SELECT idempotency_key, state, subject FROM retail_message WHERE connector_id = %s",
        shop.connector_id,
    )
    keys = {(f"webhook:{each.key}" if each.is_webhook else each.key) for each in shop.plan.messages}
    assert sorted(key for key, *_rest in rows) == sorted(keys)
    scarce = {f"order/{order}" for order in shop.plan.scarce}
    assert {state for _key, state, subject in rows if subject not in scarce} == {"done"}
    by_state = {
        state: {subject for _key, found, subject in rows if subject in scarce and found == state}
        for state in ("done", "refused")
    }
    assert by_state["done"] | by_state["refused"] == scarce
    assert not by_state["done"] & by_state["refused"]
    assert len(by_state["done"]) == PIECES
    return {subject.removeprefix("order/") for subject in by_state["done"]}


def check_stock(db, shop):
    """Check what is reserved, on one quant each."""
    rows = db.query(
        "SELECT p.default_code, sum(q.reserved_quantity)::int, count(*)::int FROM stock_quant q"
        " JOIN stock_location l ON l.id = q.location_id JOIN product_product p ON p.id = q.product_id"
        " JOIN retail_connector n ON n.company_id = l.company_id"
        " WHERE l.usage = 'internal' AND n.id = %s AND p.default_code LIKE 'CHAOS-%%' GROUP BY 1",
        shop.connector_id,
    )
    reserved = {**{sku: shop.plan.reserved[sku] for sku in SKUS}, SCARCE: PIECES}
    assert sorted(rows) == sorted((sku, pieces, 1) for sku, pieces in reserved.items())
    moves = db.query(
        "SELECT p.default_code, sum(m.quantity)::int FROM stock_move m JOIN product_product p ON p.id = m.product_id"
        " JOIN sale_order_line s ON s.id = m.sale_line_id JOIN sale_order o ON o.id = s.order_id"
        " WHERE o.retail_connector_id = %s AND m.state NOT IN ('cancel', 'done') GROUP BY 1",
        shop.connector_id,
    )
    assert dict(moves) == reserved
