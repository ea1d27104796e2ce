"""The account of every system: what it should have, as its source says, against what it has.

A further kind of thing is a function here that takes the shop and returns an `Arrival`, and its name in `accounts`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

import books
import story
from arrival import Arrival, System
from incoming import incoming
from shop import OPEN_STATES, Shop

# What an order, and its lines, are called in HubSpot.
ORDER_NUMBER, ORDER_TOTAL, ORDER_CURRENCY = "hs_order_name", "hs_total_price", "hs_currency_code"
ORDER_DISCOUNT = "hs_order_discount"
LINE_AMOUNT = "amount"


def accounts(shop: Shop) -> list[System]:
    """Return what came of the day in every system."""
    hubspot = [hubspot_contacts(shop)]
    if shop.wants("order.placed"):
        hubspot += [hubspot_orders(shop), hubspot_invoices(shop)]
    return [
        System("HubSpot", hubspot),
        System("HubSpot, second account", [second_account(shop)]),
        System("Middleware", middleware(shop)),
        System("Odoo, from the web shop and its warehouse", incoming(shop)),
    ]


# -- HubSpot ---------------------------------------------------------------------------------------


def hubspot_contacts(shop: Shop) -> Arrival:
    """Every customer is one contact, but for those that are left for somebody to mend."""
    customers = [each for each in books.customers(shop, shop.first_regular) if each["id"] not in shop.left]
    expected = {
        _identity(each["email"], each["id"]): (each["name"], each["city"] or "", each["zip"] or "")
        for each in customers
    }
    arrived = tuple(
        (_identity(values.get("email"), values.get("odoo_customer_id")), _contact(values))
        for values in (contact["properties"] for contact in shop.hubspot.living())
    )
    return Arrival("contacts", expected, arrived, f"plus {len(shop.left)} that are left for you")


def _identity(email, odoo_id):
    """Return what a contact is found by: its address; without one, the id that it has in Odoo."""
    return email.strip().lower() if email else f"id {odoo_id}"


def _contact(values):
    name = " ".join(filter(None, (values.get("firstname"), values.get("lastname"))))
    return name, values.get("city", ""), values.get("zip", "")


def hubspot_orders(shop: Shop) -> Arrival:
    """Every confirmed order, and every sale at a till, is one order with its customer and its lines.

    Content: total, currency, the customer's contact, number of line items, their sum without tax, what is taken off.
    """
    arrived = []
    for order, customer, lines in _documents(shop, "orders"):
        values = order["properties"]
        content = (books.money(values[ORDER_TOTAL]), values[ORDER_CURRENCY], customer)
        taken_off = books.money(values[ORDER_DISCOUNT] or 0)
        arrived.append((values[ORDER_NUMBER], (*content, len(lines), books.money(sum(lines)), taken_off)))
    return Arrival("orders, with contact and line items", _orders(shop), tuple(arrived))


def hubspot_invoices(shop: Shop) -> Arrival:
    """Every invoice that was posted is there with its customer, its order, its lines and how it stands.

    Content: total, currency, the customer's contact, status, the order's number, number of line items.
    """
    numbers = {each["id"]: each["properties"][ORDER_NUMBER] for each in shop.hubspot.records("orders")}
    arrived = []
    for invoice, customer, lines in _documents(shop, "invoices"):
        values = invoice["properties"]
        orders = ", ".join(sorted(numbers[id_] for id_ in invoice["associations"].get("orders", ())))
        content = (books.money(values["hs_amount_billed"]), values["hs_currency"], customer)
        arrived.append((values["hs_title"], (*content, values["hs_invoice_status"], orders, len(lines))))
    return Arrival("invoices, with order and line items", _invoices(shop), tuple(arrived))


def _documents(shop, object_type):
    """Yield each living record with the name of its contact and the amounts of its line items."""
    records = shop.hubspot.records
    contacts = {each["id"]: each["properties"] for each in records("contacts")}
    amounts = {
        each["id"]: Decimal(each["properties"].get(LINE_AMOUNT) or 0) for each in records("line_items")
    }
    for record in records(object_type):
        if not record["archived"]:
            linked = record["associations"]
            whose = sorted(_contact(contacts[id_])[0] for id_ in linked.get("contacts", ()))
            yield record, ", ".join(whose), [amounts[id_] for id_ in linked.get("line_items", ())]


def _orders(shop):
    placed = (
        ("sale.order", "order_line", "price_total", [("state", "in", ("sale", "cancel"))]),
        ("pos.order", "lines", "price_subtotal_incl", [("state", "=", "done"), ("is_refund", "=", False)]),
    )
    orders = {}
    for model, lines_field, with_tax, domain in placed:
        fields = ["name", "amount_total", "currency_id", "partner_id", lines_field]
        for order in shop.call(model, "search_read", domain, fields):
            lines = shop.call(f"{model}.line", "read", order[lines_field], ["price_subtotal", with_tax])
            sold = [line["price_subtotal"] for line in lines if line[with_tax] >= 0]
            taken_off = -sum(line[with_tax] for line in lines if line[with_tax] < 0)
            content = (books.money(order["amount_total"]), order["currency_id"][1], _whose(order))
            amounts = (len(sold), books.money(sum(sold)), books.money(taken_off))
            orders[order["name"]] = (*content, *amounts)
    return orders


def _invoices(shop):
    domain = [("move_type", "=", "out_invoice"), ("state", "=", "posted")]
    fields = ["name", "amount_total", "amount_residual", "currency_id", "partner_id", "invoice_origin"]
    invoices = {}
    for invoice in shop.call("account.move", "search_read", domain, fields):
        lines = [("move_id", "=", invoice["id"]), ("display_type", "=", "product")]
        content = (books.money(invoice["amount_total"]), invoice["currency_id"][1], _whose(invoice))
        status = "open" if invoice["amount_residual"] else "paid"
        count = shop.call("account.move.line", "search_count", lines)
        invoices[invoice["name"]] = (*content, status, invoice["invoice_origin"] or "", count)
    return invoices


def _whose(record):
    return record["partner_id"][1] if record["partner_id"] else ""


def second_account(shop: Shop) -> Arrival:
    """Nobody answers there: what changed since it was connected waits, and none of it is lost."""
    open_ = [("connector_id", "=", shop.second_account_id), ("state", "in", OPEN_STATES)]
    waiting = shop.call("retail.delivery", "search_read", open_, ["res_id"])
    expected = {f"id {id_}": "waits" for id_ in shop.changed_for_second_account}
    arrived = tuple((f"id {each['res_id']}", "waits") for each in waiting)
    return Arrival("customers, waiting until it answers", expected, arrived)


# -- the middleware --------------------------------------------------------------------------------


def middleware(shop: Shop) -> list[Arrival]:
    """Every fact is one event, received once, and the newest of every state is what Odoo says now."""
    received = defaultdict(list)
    for each in shop.hubspot.records("events", "webhook"):
        received[story.name(each["event"])] += [each["event"]] * each["times"]
    customers = received.pop("customer.created", []) + received.pop("customer.updated", [])
    deleted = {*map(str, shop.erased), *map(str, shop.merged)}
    of_customers = [event for event in customers if event["data"]["id"] not in deleted]
    rows = [_state("customer.created, .updated", "id", _full_name, _customers(shop), of_customers)]
    facts = {
        "customer.merged": {str(id_): "" for id_ in shop.merged.values()},
        "customer.erased": {str(id_): "" for id_ in shop.erased},
        **books.facts(shop),
    }
    states = (
        ("stock.level_changed", "product_id", _on_hand, _stock(shop)),
        ("price.changed", "template_id", lambda data: books.money(data["price"]), _prices(shop)),
        ("promotion.changed", "id", lambda data: data["name"], _programs(shop)),
        ("order.updated", "id", lambda data: data["number"], _orders_at_tills(shop)),
    )
    rows += [_fact(name, expected, received.pop(name, [])) for name, expected in facts.items()]
    rows += [_points(name, books.points(shop, name), received.pop(name, [])) for name in books.CHANGES]
    rows += [_state(*state, received.pop(state[0], [])) for state in states]
    return rows + [_fact(name, {}, events) for name, events in received.items()]


def _fact(name, expected, events):
    return Arrival(name, expected, tuple(_said(event["data"], expected) for event in events))


def _points(name, expected, events):
    """The changes of each card: their number, and their sum."""
    changes = defaultdict(list)
    for event in events:
        changes[event["data"]["code"]].append(Decimal(event["data"]["points"]))
    arrived = tuple((code, (len(each), books.money(sum(each)))) for code, each in changes.items())
    return Arrival(name, expected, arrived, f"in {len(events)} events")


def _said(data, expected):
    """Return the key and the content of a fact, in the words of `books.facts`."""
    names = (data.get(field) for field in ("number", "reference", "transaction_id", "code", "id"))
    key = next(filter(None, names))
    amount = data.get("points") or data.get("total") or data.get("amount")
    return key, books.money(amount) if amount and expected.get(key) != "" else ""


def _state(what, key, content, expected, events):
    """A state may be sent as often as it changes: the newest counts, but no event may be received twice."""
    arrived = [(f"id {event['data'][key]}", content(event["data"])) for event in events]
    newest = dict(arrived)
    times = Counter(event["id"] for event in events)
    twice = [each for each, event in zip(arrived, events, strict=True) if times[event["id"]] > 1]
    note = f"in {len(times)} events" if len(times) != len(newest) else ""
    return Arrival(what, expected, (*twice, *newest.items()), note)


def _customers(shop):
    return {f"id {each['id']}": each["name"] for each in books.customers(shop, shop.first_of_today)}


def _full_name(data):
    return data["name"]["full"]


def _stock(shop):
    products = [each for each in books.products(shop) if each["is_storable"]]
    return {f"id {each['id']}": books.money(each["qty_available"]) for each in products}


def _on_hand(data):
    return books.money(sum(Decimal(each["on_hand"]) for each in data["warehouses"]))


def _prices(shop):
    return {
        f"id {each['product_tmpl_id'][0]}": books.money(each["list_price"]) for each in books.products(shop)
    }


def _orders_at_tills(shop):
    """Sales orders of which a till took something back: what was paid for them has changed."""
    domain = [("order_line.pos_order_line_ids", "!=", False)]
    return {
        f"id {each['id']}": each["name"] for each in shop.call("sale.order", "search_read", domain, ["name"])
    }


def _programs(shop):
    return {f"id {each['id']}": each["name"] for each in books.programs(shop)}
