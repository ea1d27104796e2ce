"""Sales at a till, as it sends them."""

import uuid
from datetime import UTC, datetime


def open_till(env):
    """Return a new till that is open for sales."""
    till = env["pos.config"].create({"name": "Till"})
    till.open_ui()
    till.current_session_id.set_opening_control(0, "")
    return till


def paid_order(env, partner_id, products, quantity=2):
    """Return what a till sends of an order that was paid in cash."""
    session = env["pos.session"].search([("state", "=", "opened")])
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    lines = [_line(session, product, quantity) for product in products]
    untaxed = sum(line["price_subtotal"] for line in lines)
    total = sum(line["price_subtotal_incl"] for line in lines)
    cash = session.payment_method_ids.filtered("is_cash_count")
    return {
        "uuid": str(uuid.uuid4()),
        "session_id": session.id,
        "user_id": env.uid,
        "partner_id": partner_id,
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
