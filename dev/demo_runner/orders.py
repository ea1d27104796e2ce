"""An order's whole story, from the payment to the refund, as the middleware receives it through webhooks."""

from __future__ import annotations

import story
from remote import expect
from shop import Shop
from web_shop import pay_online

# What the middleware receives about an order, and which event led to which.
CAUSES = {
    "payment.captured": "",
    "order.placed": "payment.captured",
    "order.paid": "order.placed",
    "shipment.confirmed": "order.placed",
    "invoice.posted": "order.placed",
    "invoice.paid": "invoice.posted",
    "return.initiated": "shipment.confirmed",
    "return.received": "return.initiated",
    "refund.issued": "invoice.posted",
}


def order_and_return(shop: Shop):
    order, number, total = _sell(shop)
    [picking] = shop.call("sale.order", "read", [order], ["picking_ids"])[0]["picking_ids"]
    expect(shop.call("stock.picking", "button_validate", [picking]), True, "the end of the delivery")
    invoice = invoiced(shop, order)
    _return_one(shop, picking)
    refund = _credit_one(shop, invoice)
    process = f"sale.order,{order}"
    shop.stories.append((f"Ann Janssens orders {number}, pays, and returns one lamp", process))
    shop.resolve()
    yield f"Ann orders three lamps ({number}) and pays online; they are shipped and invoiced; she returns one"
    events = story.check(shop, process, CAUSES)
    data = {story.name(event): event["data"] for event in events}
    expect(data["order.placed"]["total"], total, "the order's total")
    expect(data["payment.captured"]["amount"], total, "what was paid")
    expect(data["invoice.paid"]["is_full"], True, "whether the invoice is paid in full")
    expect(data["refund.issued"]["invoice_id"], str(invoice), "the invoice that is refunded")
    expect(data["refund.issued"]["id"], str(refund), "the credit note")
    yield f"Middleware: {len(events)} signed events of one process, listed below; order total {total}"


def _sell(shop):
    product = shop.stocked("Lamp", "LAMP", 49.9, 10)
    [ann] = shop.call("res.partner", "search", [("name", "=", "Ann Janssens")])
    line = {"product_id": product, "product_uom_qty": 3}
    [order] = shop.call("sale.order", "create", [{"partner_id": ann, "order_line": [(0, 0, line)]}])
    pay_online(shop, order)
    [values] = shop.call("sale.order", "read", [order], ["name", "amount_total"])
    return order, values["name"], f"{values['amount_total']:.2f}"


def invoiced(shop: Shop, order: int) -> int:
    """Invoice what was delivered of an order, and post that; return the invoice."""
    context = {"active_model": "sale.order", "active_ids": [order], "active_id": order}
    wizard = shop.call(
        "sale.advance.payment.inv", "create", [{"advance_payment_method": "delivered"}], context=context
    )
    shop.call("sale.advance.payment.inv", "create_invoices", wizard, context=context)
    [invoice] = shop.call("sale.order", "read", [order], ["invoice_ids"])[0]["invoice_ids"]
    shop.call("account.move", "action_post", [invoice])
    return invoice


def _return_one(shop, picking):
    context = {"active_model": "stock.picking", "active_id": picking, "active_ids": [picking]}
    wizard = shop.call("stock.return.picking", "create", [{"picking_id": picking}], context=context)
    lines = shop.call("stock.return.picking", "read", wizard, ["product_return_moves"])[0][
        "product_return_moves"
    ]
    shop.call("stock.return.picking.line", "write", lines, {"quantity": 1})
    action = shop.call("stock.return.picking", "action_create_returns", wizard, context=context)
    shop.call("stock.picking", "button_validate", [action["res_id"]])


def _credit_one(shop, invoice):
    context = {"active_model": "account.move", "active_ids": [invoice]}
    [journal] = shop.call("account.move", "read", [invoice], ["journal_id"])
    values = {"journal_id": journal["journal_id"][0], "reason": "One lamp was broken"}
    wizard = shop.call("account.move.reversal", "create", [values], context=context)
    refund = shop.call("account.move.reversal", "refund_moves", wizard, context=context)["res_id"]
    lines = shop.call(
        "account.move.line", "search", [("move_id", "=", refund), ("display_type", "=", "product")]
    )
    shop.call("account.move.line", "write", lines, {"quantity": 1})
    shop.call("account.move", "action_post", [refund])
    return refund


STEPS = (order_and_return,)
