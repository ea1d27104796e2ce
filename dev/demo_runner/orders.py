"""An order's whole story, from the confirmation to the refund, as the middleware hears it through webhooks."""

from __future__ import annotations

from remote import expect
from shop import Shop

STORY = (
    "order.placed",
    "shipment.confirmed",
    "invoice.posted",
    "invoice.paid",
    "return.initiated",
    "return.received",
    "refund.issued",
)


def order_and_return(shop: Shop):
    order, number, total = _sell(shop)
    [picking] = shop.call("sale.order", "read", [order], ["picking_ids"])[0]["picking_ids"]
    shop.call("stock.picking", "button_validate", [picking])
    invoice = _invoice(shop, order)
    _pay(shop, invoice)
    _return_one(shop, picking)
    refund = _credit_one(shop, invoice)
    shop.settle()
    yield f"Rik Moens orders three lamps ({number}), gets and pays them, and returns one"
    told = [
        event for event in shop.middleware_events() if event.get("correlationid") == f"sale.order,{order}"
    ]
    names = sorted(_name(event) for event in told if _name(event) in STORY)
    expect(names, sorted(STORY), "what the middleware heard of the order")
    expect(len({event["id"] for event in told}), len(told), "the number of different ids")
    by_name = {_name(event): event for event in told}
    expect(by_name["order.placed"]["data"]["total"], total, "the order's total")
    expect(by_name["refund.issued"]["data"]["invoice_id"], str(invoice), "the invoice that is refunded")
    expect(by_name["refund.issued"]["data"]["id"], str(refund), "the credit note")
    causes = {
        "shipment.confirmed": "order.placed",
        "invoice.posted": "order.placed",
        "invoice.paid": "invoice.posted",
        "return.initiated": "shipment.confirmed",
        "return.received": "return.initiated",
        "refund.issued": "invoice.posted",
    }
    for effect, cause in causes.items():
        expect(by_name[effect].get("causationid"), by_name[cause]["id"], f"what led to {effect}")
    yield f"Middleware: {len(told)} signed events of one process, each naming what led to it; {total} in all"


def _name(event):
    """``retail.order.placed.v1`` → ``order.placed``."""
    return event["type"].removeprefix("retail.").rpartition(".")[0]


def _sell(shop):
    [product] = shop.call(
        "product.product",
        "create",
        [{"name": "Lamp", "default_code": "LAMP", "is_storable": True, "list_price": 49.9}],
    )
    [location] = shop.call("stock.warehouse", "search_read", [], ["lot_stock_id"], limit=1)
    quant = {"product_id": product, "location_id": location["lot_stock_id"][0], "inventory_quantity": 10}
    quants = shop.call("stock.quant", "create", [quant], context={"inventory_mode": True})
    shop.call("stock.quant", "action_apply_inventory", quants)
    rik = shop.customer("Rik Moens", email="rik@example.com", street="Kaai 3", city="Gent")
    line = {"product_id": product, "product_uom_qty": 3}
    [order] = shop.call("sale.order", "create", [{"partner_id": rik, "order_line": [(0, 0, line)]}])
    shop.call("sale.order", "action_confirm", [order])
    [values] = shop.call("sale.order", "read", [order], ["name", "amount_total"])
    return order, values["name"], f"{values['amount_total']:.2f}"


def _invoice(shop, order):
    context = {"active_model": "sale.order", "active_ids": [order], "active_id": order}
    wizard = shop.call(
        "sale.advance.payment.inv", "create", [{"advance_payment_method": "delivered"}], context=context
    )
    shop.call("sale.advance.payment.inv", "create_invoices", wizard, context=context)
    [invoice] = shop.call("sale.order", "read", [order], ["invoice_ids"])[0]["invoice_ids"]
    shop.call("account.move", "action_post", [invoice])
    return invoice


def _pay(shop, invoice):
    context = {"active_model": "account.move", "active_ids": [invoice]}
    wizard = shop.call("account.payment.register", "create", [{}], context=context)
    shop.call("account.payment.register", "action_create_payments", wizard, context=context)


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
