"""The account of the other direction: what a web shop and its warehouse have reported, against what Odoo has."""

from __future__ import annotations

import books
from arrival import Arrival
from shop import Shop

STEPS = {"done": "capture", "authorized": "authorize", "error": "fail", "cancel": "fail"}
CAPTURED = [("retail_connector_id", "!=", False)]


def incoming(shop: Shop) -> list[Arrival]:
    """Return what came of all that the web shop and the warehouse have reported."""
    reported = {
        kind: found for client in (shop.storefront, shop.warehouse) for kind, found in client.reported.items()
    }
    arrived = {
        "orders": _orders(shop, [], lambda order: books.money(order["amount_total"])),
        "cancellations": _orders(shop, [("state", "=", "cancel")], lambda _order: "cancelled"),
        "payments": _payments(shop),
        "shipments": _transfers(shop, "shipment"),
        "returns": _transfers(shop, "return"),
        "refunds": _refunds(shop),
    }
    return [Arrival(kind, reported.get(kind, {}), tuple(found)) for kind, found in arrived.items()]


def _orders(shop, domain, content):
    fields = ["client_order_ref", "amount_total"]
    found = shop.call("sale.order", "search_read", [*CAPTURED, *domain], fields)
    return [(order["client_order_ref"].removeprefix("#"), content(order)) for order in found]


def _payments(shop):
    fields = ["retail_code", "amount", "state"]
    domain = [*CAPTURED, ("operation", "!=", "refund")]
    found = shop.call("payment.transaction", "search_read", domain, fields)
    return [(each["retail_code"], (books.money(each["amount"]), STEPS[each["state"]])) for each in found]


def _transfers(shop, kind):
    """Return what was shipped, or came back, by the name that the warehouse has for it."""
    links = shop.call(
        "retail.binding", "search_read", [("remote_object", "=", kind)], ["remote_id", "res_id"]
    )
    return [(link["remote_id"], _quantity(shop, link["res_id"])) for link in links]


def _quantity(shop, transfer):
    domain = [("picking_id", "=", transfer), ("state", "=", "done")]
    moves = shop.call("stock.move", "search_read", domain, ["quantity"])
    return f"{sum(move['quantity'] for move in moves):g}"


def _refunds(shop):
    found = shop.call("retail.refund", "search_read", [], ["code", "amount"])
    return [(refund["code"], books.money(refund["amount"])) for refund in found]
