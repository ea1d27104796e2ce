"""What the remote systems should have, from Odoo's own records and without asking the hub."""

from __future__ import annotations

from typing import NamedTuple

from shop import Shop


class Fact(NamedTuple):
    """The records that a type of fact is about: each has made one event, named and with an amount as they are."""

    event_type: str
    model: str
    domain: list
    amount_field: str = ""
    name_field: str = "name"


AUTHORIZED = "retail_authorized_amount"
MONEY = [("state", "=", "done")]
IS_REFUND, IS_NO_REFUND = ("operation", "=", "refund"), ("operation", "!=", "refund")
IS_RETURN = [("picking_type_code", "=", "incoming"), ("return_id", "!=", False)]
FACTS = (
    Fact("payment.captured", "payment.transaction", [*MONEY, IS_NO_REFUND], "amount", "reference"),
    Fact("payment.refunded", "payment.transaction", [*MONEY, IS_REFUND], "amount", "reference"),
    Fact(
        "payment.authorized",
        "payment.transaction",
        [(AUTHORIZED, ">", 0)],
        AUTHORIZED,
        "reference",
    ),
    Fact("payment.failed", "payment.transaction", [("state", "=", "error")], "amount", "reference"),
    Fact("order.placed", "sale.order", [("state", "in", ("sale", "cancel"))], "amount_total"),
    Fact("order.cancelled", "sale.order", [("state", "=", "cancel")], "amount_total"),
    Fact("order.placed", "pos.order", [("state", "=", "done"), ("is_refund", "=", False)], "amount_total"),
    Fact("order.paid", "sale.order", [("transaction_ids.state", "=", "done")], "amount_total"),
    Fact("order.paid", "pos.order", [("state", "=", "done"), ("is_refund", "=", False)], "amount_total"),
    Fact(
        "shipment.confirmed",
        "stock.picking",
        [("picking_type_code", "=", "outgoing"), ("sale_id", "!=", False), ("state", "=", "done")],
    ),
    Fact("return.initiated", "stock.picking", IS_RETURN),
    Fact("return.received", "stock.picking", [*IS_RETURN, ("state", "=", "done")]),
    Fact(
        "invoice.posted",
        "account.move",
        [("move_type", "=", "out_invoice"), ("state", "=", "posted")],
        "amount_total",
    ),
    Fact("invoice.paid", "account.move", [("move_type", "=", "out_invoice"), ("payment_state", "=", "paid")]),
    Fact(
        "refund.issued",
        "account.move",
        [("move_type", "=", "out_refund"), ("state", "=", "posted")],
        "amount_total",
    ),
    Fact("refund.issued", "pos.order", [("state", "=", "done"), ("is_refund", "=", True)], "amount_total"),
    Fact("settlement.closed", "pos.session", [("state", "=", "closed")]),
    Fact("loyalty.enrolled", "loyalty.card", [("partner_id", "!=", False)], name_field="code"),
)


def facts(shop: Shop) -> dict[str, dict[str, str]]:
    """Return ``{event type: {name of the record: its amount, "" if it has none}}``."""
    found: dict[str, dict[str, str]] = {fact.event_type: {} for fact in FACTS}
    for fact in FACTS:
        names = list(filter(None, (fact.name_field, fact.amount_field)))
        for record in shop.call(fact.model, "search_read", fact.domain, names):
            amount = money(record[fact.amount_field]) if fact.amount_field else ""
            found[fact.event_type][str(record[fact.name_field])] = amount
    return found


CHANGES = {
    "loyalty.earned": "earn",
    "loyalty.redeemed": "redeem",
    "loyalty.reversed": "reverse",
    "loyalty.adjusted": "adjust",
}


def points(shop: Shop, event_type: str) -> dict[str, tuple[int, str]]:
    """Return ``{code of a card: (number of changes of a kind in the ledger, their sum)}``."""
    domain = [("kind", "=", CHANGES[event_type])]
    changes: dict[int, list[float]] = {}
    for entry in shop.call("retail.loyalty.entry", "search_read", domain, ["card_id", "points"]):
        changes.setdefault(entry["card_id"][0], []).append(entry["points"])
    codes = shop.call("loyalty.card", "read", list(changes), ["code"], context={"active_test": False})
    return {each["code"]: (len(changes[each["id"]]), money(sum(changes[each["id"]]))) for each in codes}


def money(value) -> str:
    """Return an amount, or a number of points, as it is compared: positive, with two digits."""
    return f"{abs(float(value)):.2f}"


def customers(shop: Shop, since: int) -> list[dict]:
    """Return the customers (archived ones too) with an id from ``since`` on; an address is none of its own."""
    domain = [
        ("id", ">=", since),
        ("partner_share", "=", True),
        "|",
        ("parent_id", "=", False),
        ("type", "=", "contact"),
    ]
    fields = ["name", "email", "city", "zip"]
    return shop.call("res.partner", "search_read", domain, fields, context={"active_test": False})


def products(shop: Shop) -> list[dict]:
    """Return what has a list price, with what is on hand of it."""
    fields = ["name", "list_price", "is_storable", "qty_available", "product_tmpl_id"]
    domain = [("create_date", ">=", shop.opened_at)]
    return shop.call("product.product", "search_read", domain, fields, context={"active_test": False})


def programs(shop: Shop) -> list[dict]:
    """Return the loyalty programs that were made or changed today."""
    domain = [("write_date", ">=", shop.opened_at)]
    return shop.call("loyalty.program", "search_read", domain, ["name"], context={"active_test": False})
