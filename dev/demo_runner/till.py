"""A till: five sales, one of them taken back, and the close, as the middleware hears it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from remote import expect
from shop import Shop

SALES = 5
PRICE = 12.5
OPENING_CASH = 100.0


def till(shop: Shop):
    session, methods = _open(shop)
    [product] = shop.call(
        "product.product",
        "create",
        [{"name": "Candle", "default_code": "CANDLE", "list_price": PRICE, "taxes_id": [(6, 0, [])]}],
    )
    orders = [_sell(shop, session, product, methods, quantity=number) for number in range(1, SALES + 1)]
    repeated = _send(shop, orders[0])  # the till did not hear that its first order had arrived
    _sell(shop, session, product, methods, quantity=-1, takes_back=repeated)
    counted = OPENING_CASH + PRICE * (sum(range(1, SALES + 1)) - 1)
    _close(shop, session, counted)
    shop.settle()
    yield f"The till sells {SALES} times, takes one candle back, and is closed; it sends its first order twice"
    told = [event for event in shop.middleware_events() if event["data"].get("store") == "Till"]
    placed = [event["data"] for event in told if event["type"] == "retail.order.placed.v1"]
    [refund] = [event["data"] for event in told if event["type"] == "retail.refund.issued.v1"]
    expect(
        [each["total"] for each in placed], [f"{PRICE * n:.2f}" for n in range(1, SALES + 1)], "the totals"
    )
    expect(refund["total"], f"{PRICE:.2f}", "what was taken back")
    [settlement] = [event["data"] for event in told if event["type"] == "retail.settlement.closed.v1"]
    counts = (settlement["order_count"], settlement["refund_count"])
    expect(counts, (SALES, 1), "the numbers of sales and refunds")
    expect(settlement["total"], f"{counted - OPENING_CASH:.2f}", "the settlement's total")
    expect(settlement["cash"]["difference"], "0.00", "what the drawer lacks")
    yield f"Middleware: {len(placed)} orders, each once, 1 refund, and the settlement that they add up to"


def _open(shop):
    """Open a till that takes cash; return the session and its ways to pay."""
    [config] = shop.call("pos.config", "create", [{"name": "Till"}])
    shop.call("pos.config", "open_ui", [config])
    [values] = shop.call("pos.config", "read", [config], ["current_session_id", "payment_method_ids"])
    session = values["current_session_id"][0]
    shop.call("pos.session", "set_opening_control", [session], OPENING_CASH, "")
    methods = shop.call(
        "pos.payment.method",
        "search",
        [("id", "in", values["payment_method_ids"]), ("is_cash_count", "=", True)],
    )
    return session, methods


def _sell(shop, session, product, methods, quantity, takes_back=None):
    total = PRICE * quantity
    line = {
        "uuid": str(uuid.uuid4()),
        "product_id": product,
        "qty": quantity,
        "price_unit": PRICE,
        "discount": 0,
        "price_subtotal": total,
        "price_subtotal_incl": total,
        "tax_ids": [(6, 0, [])],
    }
    if takes_back:
        [order] = shop.call("pos.order", "read", [takes_back], ["lines"])
        line["refunded_orderline_id"] = order["lines"][0]
    order = {
        "uuid": str(uuid.uuid4()),
        "session_id": session,
        "user_id": 2,
        "date_order": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "state": "paid",
        "amount_total": total,
        "amount_tax": 0,
        "amount_paid": total,
        "amount_return": 0,
        "lines": [(0, 0, line)],
        "payment_ids": [(0, 0, {"amount": total, "payment_method_id": methods[0], "name": "now"})],
    }
    _send(shop, order)
    return order


def _send(shop, order):
    """Send an order as a till does; return its id."""
    shop.call("pos.order", "sync_from_ui", [order])
    [found] = shop.call("pos.order", "search", [("uuid", "=", order["uuid"])])
    return found


def _close(shop, session, counted):
    shop.call("pos.session", "post_closing_cash_details", [session], counted)
    answer = shop.call("pos.session", "close_session_from_ui", [session])
    expect(answer, {"successful": True}, "the closing of the till")


STEPS = (till,)
