"""The cost of capturing a sale for the till that sends it. Odoo moves the stock with each sale (its default)."""

import time
import uuid
from datetime import UTC, datetime

import odoo_here
import overhead
from products import find_products, make_products

LINES = 10
TIMES = 12  # sales of each kind in a run


def measure(bench):
    return overhead.measure(bench, WORK, TIMES)


def _prepare(database):
    with odoo_here.environment(database) as env:
        make_products(env, LINES)
        env["res.partner"].create({"name": "Bench Buyer", "email": "buyer@bench.example"})
        till = env["pos.config"].create({"name": "Till"})
        till.open_ui()
        till.current_session_id.set_opening_control(0, "")
        env.cr.commit()


def _sell(database):
    """Send a sale as a till does; return the seconds that it takes to store and commit it."""
    with odoo_here.environment(database) as env:
        order = _order(env)
    with odoo_here.environment(database) as env:
        start = time.perf_counter()
        env["pos.order"].sync_from_ui([order])
        env.cr.commit()
        return time.perf_counter() - start


def _order(env):
    """Return what a till sends of an order that was paid in cash."""
    session = env["pos.session"].search([("state", "=", "opened")])
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    lines = [_line(session, product, quantity=2) for product in find_products(env)]
    untaxed = sum(line["price_subtotal"] for line in lines)
    total = sum(line["price_subtotal_incl"] for line in lines)
    cash = session.payment_method_ids.filtered("is_cash_count")
    return {
        "uuid": str(uuid.uuid4()),
        "session_id": session.id,
        "user_id": env.uid,
        "partner_id": env["res.partner"].search([("name", "=", "Bench Buyer")]).id,
        "pricelist_id": session.config_id.pricelist_id.id,
        "date_order": now,
        "state": "paid",
        "amount_total": total,
        "amount_tax": total - untaxed,
        "amount_paid": total,
        "amount_return": 0,
        "lines": [(0, 0, line) for line in lines],
        "payment_ids": [(0, 0, {"name": now, "amount": total, "payment_method_id": cash.id})],
    }


def _line(session, product, quantity):
    amounts = product.taxes_id.compute_all(product.lst_price, session.currency_id, quantity, product)
    return {
        "uuid": str(uuid.uuid4()),
        "product_id": product.id,
        "qty": quantity,
        "price_unit": product.lst_price,
        "discount": 0,
        "price_subtotal": amounts["total_excluded"],
        "price_subtotal_incl": amounts["total_included"],
        "tax_ids": [(6, 0, product.taxes_id.ids)],
    }


WORK = overhead.Work(
    name="capture_pos_order",
    what=f"store a till's {LINES} lines",
    wanted=("order.placed", "refund.issued", "stock.level_changed", "loyalty.earned", "loyalty.redeemed"),
    captured=("order.placed", "stock.level_changed"),
    prepare=_prepare,
    do=_sell,
)
