"""Orders, deals, invoices and companies at HubSpot: records, line items and links, against the sandbox."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest
from samples import customer, invoice, local_settings, make_item, order, order_line

from odoo.addons.retail_hub.connectors import http_client
from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.items import MatchKeys, Reference, RemoteId
from odoo.addons.retail_hub.connectors.provider import ObjectChoice
from odoo.addons.retail_hub.core.errors import (
    AuthError,
    ReferenceNotFoundError,
    RemoteNotFoundError,
    TransientError,
    ValidationError,
)
from odoo.addons.retail_hub.core.field_map import FieldMap
from odoo.addons.retail_hub.schemas.invoice import InvoiceV1
from odoo.addons.retail_hub.schemas.order import OrderV1

BY_ODOO_ID = MatchKeys("odoo_id")
CUSTOMER = Reference("customer", 7)
OBJECTS = ("companies", "orders", "deals", "invoices", "line_items")

DEALS = {"order": ObjectChoice("deal", MatchKeys("odoo_id"))}
COMPANIES = {"business_customer": ObjectChoice("company", MatchKeys("odoo_id"))}


@pytest.fixture
def open_adapter(sandbox):
    """Return a function that makes an adapter; the account has what the set-up makes."""
    sandbox.configure(
        custom_properties=[
            {
                "name": "odoo_id",
                "objectType": name,
                "type": "string",
                "fieldType": "text",
                "hasUniqueValue": True,
            }
            for name in OBJECTS
        ]
    )
    connections = []

    def make(api_version="2026-09", **settings):
        values = {"credentials": {"access_token": "sandbox-token"}, "read_timeout": 2, **settings}
        connection = Connection(HUBSPOT, local_settings(sandbox.url, api_version, **values))
        connections.append(connection)
        return connection.adapter

    yield make
    for connection in connections:
        connection.http.close()


@pytest.fixture
def adapter(open_adapter):
    return open_adapter()


@pytest.fixture
def calls(sandbox):
    """Return a function that lists the calls since the last time, as "POST orders/batch/upsert 200"."""
    seen = 0

    def new_calls():
        nonlocal seen
        requests = sandbox.requests(since=seen)
        seen += len(requests)
        paths = [
            r["path"].replace("/crm/objects/2026-09/", "").replace("/crm/associations/2026-09/", "")
            for r in requests
        ]
        return [f"{path} {r['status']}" for path, r in zip(paths, requests, strict=True)]

    return new_calls


def order_item(number=1, lines=2, event_type="order.placed", data=None, **changes):
    data = OrderV1.model_validate(data or order(number, lines)).canonical()
    return make_item(number, event_type=event_type, data=data, subject=f"order/web/{number}", **changes)


def invoice_item(number=1, lines=2, event_type="invoice.posted", data=None, **changes):
    data = data or InvoiceV1.model_validate(invoice(number, lines)).canonical()
    return make_item(number, event_type=event_type, data=data, subject=f"invoice/{number}", **changes)


def send(adapter, *items):
    return adapter.send([adapter.prepare(item) for item in items])


def contact(adapter, number=7):
    [outcome] = send(adapter, make_item(number))
    return RemoteId(outcome.remote_id, "contact")


def living(sandbox, object_type):
    return [each for each in sandbox.records(object_type) if not each["archived"]]


def errors_of(outcomes):
    return [o.error for o in outcomes]


# ----- orders -----


def test_an_order_with_its_lines_and_its_customer(adapter, sandbox, calls):
    ann = contact(adapter)
    calls()
    [outcome] = send(adapter, order_item(1, remote_ids={CUSTOMER: ann}))
    assert outcome.error is None
    assert calls() == [
        "orders/batch/upsert 200",
        "orders/contacts/batch/associate/default 200",
        "line_items/batch/upsert 200",
        "orders/line_items/batch/associate/default 200",
    ]
    [record] = sandbox.records("orders")
    lines = sandbox.records("line_items")
    assert record["id"] == outcome.remote_id
    assert record["associations"] == {
        "contacts": [ann.id],
        "line_items": sorted(each["id"] for each in lines),
    }
    sent = {name: value for name, value in record["properties"].items() if not name.startswith("hs_object")}
    assert sent["hs_order_name"] == sent["hs_external_order_id"] == "S00001"
    assert sent["odoo_id"] == "sale.order/1"
    assert (sent["hs_subtotal_price"], sent["hs_tax"], sent["hs_total_price"]) == ("20.00", "4.00", "24.00")
    assert (sent["hs_currency_code"], sent["hs_source_store"]) == ("EUR", "web")
    assert sent["hs_external_created_date"] == "2026-11-23T10:15:00.000Z"
    assert sent["hs_pipeline_stage"] == "4b27b500-f031-4927-9811-68a0b525cbae"
    assert (sent["hs_shipping_address_street"], sent["hs_shipping_address_country"]) == (
        "Kerkstraat 1",
        "Belgium",
    )
    assert [
        (each["properties"]["odoo_id"], each["properties"]["hs_sku"], each["properties"]["amount"])
        for each in sorted(lines, key=lambda each: each["id"])
    ] == [("sale.order.line/100", "SKU-100", "10.00"), ("sale.order.line/101", "SKU-101", "10.00")]


def test_a_hundred_orders_take_six_calls(adapter, sandbox, calls):
    ann = contact(adapter)
    calls()
    outcomes = send(adapter, *(order_item(n, 3, remote_ids={CUSTOMER: ann}) for n in range(1, 101)))
    assert errors_of(outcomes) == [None] * 100
    assert len(calls()) == HUBSPOT.calls_for("order.placed", 100) == 6
    records = {each["id"]: each for each in sandbox.records("orders")}
    assert [records[o.remote_id]["properties"]["hs_order_name"] for o in outcomes] == [
        f"S{n:05}" for n in range(1, 101)
    ]
    assert {len(each["associations"]["line_items"]) for each in records.values()} == {3}


def test_sent_twice_is_there_once(adapter, sandbox):
    """No id is known yet: found by the property of our own."""
    first, again = (send(adapter, order_item(1))[0] for _ in range(2))
    assert first.remote_id == again.remote_id
    assert (len(sandbox.records("orders")), len(sandbox.records("line_items"))) == (1, 2)


def test_lines_of_a_changed_order(adapter, sandbox, calls):
    """A line that is gone in Odoo goes, what is new comes, and a line that somebody made at HubSpot stays."""
    [made] = send(adapter, order_item(1, lines=3))
    manual = manual_line(sandbox, adapter, made.remote_id)
    calls()
    data = order(1, lines=3)
    data["lines"] = [*data["lines"][:2], order_line(199, quantity="7")]
    [changed] = send(
        adapter,
        order_item(1, event_type="order.updated", data=data, remote_id=made.remote_id, remote_object="order"),
    )
    assert changed.error is None
    assert calls() == [
        "orders/batch/update 200",
        "line_items/batch/upsert 200",
        "orders/line_items/batch/read 200",
        "line_items/batch/read 200",
        "line_items/batch/archive 204",
        "orders/line_items/batch/associate/default 200",
    ]
    keys = {each["id"]: each["properties"].get("odoo_id") for each in living(sandbox, "line_items")}
    assert set(keys.values()) == {"sale.order.line/100", "sale.order.line/101", "sale.order.line/199", None}
    [record] = sandbox.records("orders")
    assert sorted(record["associations"]["line_items"]) == sorted(keys)
    assert manual in keys


def manual_line(sandbox, adapter, order_id):
    api = adapter.api
    line = api.objects(
        "line_item", "POST", json={"properties": {"name": "Gift wrap", "price": "1", "quantity": "1"}}
    )
    pair = {"from": {"id": order_id}, "to": {"id": str(line.object["id"])}}
    api.associations("order", "line_item", "/batch/associate/default", {"inputs": [pair]})
    return str(line.object["id"])


def amounts(sandbox):
    """Return subtotal, discount, shipping, tax and total of the only order, after checking that they add up."""
    [record] = sandbox.records("orders")
    names = ("hs_subtotal_price", "hs_order_discount", "hs_shipping_cost", "hs_tax", "hs_total_price")
    texts = [record["properties"][name] for name in names]
    subtotal, discount, shipping, tax, total = map(Decimal, texts)
    assert subtotal - discount + shipping + tax == total
    return texts


def amounts_line(number, untaxed, tax, **changes):
    total = str(Decimal(untaxed) + Decimal(tax))
    return order_line(
        number, quantity="1", unit_price=untaxed, untaxed=untaxed, tax=tax, total=total, **changes
    )


def amounts_order(*lines):
    untaxed, tax = (sum(Decimal(line[name]) for line in lines) for name in ("untaxed", "tax"))
    totals = {"untaxed": str(untaxed), "tax": str(tax), "total": str(untaxed + tax)}
    return order_item(1, data=order(1, lines=0, **totals) | {"lines": list(lines)})


def test_delivery_is_counted_once(adapter, sandbox):
    """The subtotal is before shipping: HubSpot shows both, and adds them up."""
    goods = amounts_line(1, "100.00", "21.00")
    delivery = amounts_line(2, "10.00", "2.10", kind="delivery")
    assert errors_of(send(adapter, amounts_order(goods, delivery))) == [None]
    assert amounts(sandbox) == ["100.00", "0", "10.00", "23.10", "133.10"]


def test_what_is_taken_off_is_no_line_item(adapter, sandbox):
    """HubSpot refuses prices below zero, and discounts over 100 percent."""
    lines = (
        amounts_line(1, "100.00", "21.00"),
        amounts_line(2, "10.00", "2.10", kind="delivery"),
        amounts_line(3, "-3.00", "-0.63", kind="reward"),
        amounts_line(4, "-5.00", "-1.05", discount="150") | {"unit_price": "10.00"},
    )
    assert errors_of(send(adapter, amounts_order(*lines))) == [None]
    assert amounts(sandbox) == ["100.00", "8.00", "10.00", "21.42", "123.42"]
    assert len(sandbox.records("line_items")) == 2


def test_delivery_that_is_given_back_is_no_discount(adapter, sandbox):
    lines = (
        amounts_line(1, "100.00", "21.00"),
        amounts_line(2, "10.00", "2.10", kind="delivery"),
        amounts_line(3, "-10.00", "-2.10", kind="delivery"),
    )
    assert errors_of(send(adapter, amounts_order(*lines))) == [None]
    assert amounts(sandbox) == ["100.00", "0", "0.00", "21.00", "121.00"]


@pytest.mark.parametrize("choice", [{}, DEALS], ids=["orders", "deals"])
def test_line_items_have_the_currency_of_their_document(open_adapter, sandbox, choice):
    """Not that of the account, which HubSpot takes otherwise."""
    sandbox.configure(currencies=["USD", "EUR"])
    adapter = open_adapter(objects=choice)
    assert errors_of(send(adapter, order_item(1), invoice_item(2))) == [None, None]
    lines = sandbox.records("line_items")
    assert {each["properties"]["hs_line_item_currency_code"] for each in lines} == {"EUR"}
    assert len(lines) == 4


def test_the_admin_may_map_the_currency_of_line_items(open_adapter, sandbox):
    sandbox.configure(currencies=["EUR", "CHF"])
    own = FieldMap("line_item", "hs_line_item_currency_code", "CHF", source="constant")
    adapter = open_adapter(field_maps=(*HUBSPOT.default_field_maps, own))
    assert errors_of(send(adapter, order_item(1, lines=1))) == [None]
    [line] = sandbox.records("line_items")
    assert line["properties"]["hs_line_item_currency_code"] == "CHF"


def test_cancelled(adapter, sandbox):
    [made] = send(adapter, order_item(1))
    data = order(1, status="cancelled")
    send(
        adapter,
        order_item(
            1, event_type="order.cancelled", data=data, remote_id=made.remote_id, remote_object="order"
        ),
    )
    [record] = sandbox.records("orders")
    assert record["properties"]["hs_pipeline_stage"] == "3c85a297-e9ce-400b-b42e-9f16853d69d6"
    assert record["properties"]["hs_external_order_status"] == "cancelled"


def test_an_edit_leaves_the_stage_alone(adapter, sandbox):
    """Somebody at HubSpot moved it on."""
    shipped = "aa99e8d0-c1d5-4071-b915-d240bbb1aed9"
    [made] = send(adapter, order_item(1))
    adapter.api.objects(
        "order", "PATCH", f"/{made.remote_id}", {"properties": {"hs_pipeline_stage": shipped}}
    )
    data = order(1, total="99.00")
    send(
        adapter,
        order_item(1, event_type="order.updated", data=data, remote_id=made.remote_id, remote_object="order"),
    )
    [record] = sandbox.records("orders")
    assert record["properties"]["hs_pipeline_stage"] == shipped
    assert record["properties"]["hs_total_price"] == "99.00"


def test_an_order_of_nobody(adapter, sandbox):
    """A till sells to customers that it does not know."""
    item = order_item(1, data=order(1, customer_id=""))
    assert adapter.references("order.placed", item.data) == []
    assert errors_of(send(adapter, item)) == [None]
    [record] = sandbox.records("orders")
    assert "contacts" not in record["associations"]


def test_an_order_of_5000_lines(adapter, sandbox, calls):
    [outcome] = send(adapter, order_item(1, lines=5_000))
    assert outcome.error is None
    assert len(calls()) == 1 + 50 + 3
    [record] = sandbox.records("orders")
    assert len(record["associations"]["line_items"]) == 5_000
    again = order_item(1, lines=5_000, event_type="order.updated", remote_id=outcome.remote_id)
    assert errors_of(send(adapter, again)) == [None]
    assert calls().count("orders/line_items/batch/read 200") == 10
    assert len(living(sandbox, "line_items")) == 5_000


# ----- shipments -----


def shipment_item(order_id, number=1, remote_object="order", **changes):
    data = {
        "id": str(number),
        "number": f"WH/OUT/{number:05}",
        "order": {"id": "1", "number": "S00001", "channel": "web"},
        "customer_id": "7",
        "tracking_number": "1Z999",
        "has_backorder": False,
        "order_shipping": {"status": "shipped", "tracking_numbers": ["1Z998", "1Z999"]},
        "lines": [],
        **changes,
    }
    remote_ids = {Reference("order", 1, "web"): RemoteId(order_id, remote_object)} if order_id else {}
    return make_item(
        number,
        event_type="shipment.confirmed",
        data=data,
        subject=f"stock.picking/{number}",
        remote_ids=remote_ids,
    )


def test_shipments_of_an_order(adapter, sandbox):
    [made] = send(adapter, order_item(1))
    item = shipment_item(made.remote_id, order_shipping={"status": "partial", "tracking_numbers": []})
    assert adapter.references("shipment.confirmed", item.data) == (Reference("order", 1, "web"),)
    assert errors_of(send(adapter, item)) == [None]
    [first] = sandbox.records("orders")
    assert errors_of(send(adapter, shipment_item(made.remote_id, 2))) == [None]
    [second] = sandbox.records("orders")
    names = ("hs_fulfillment_status", "hs_shipping_tracking_number", "hs_pipeline_stage")
    assert [tuple(each["properties"].get(name) or "" for name in names) for each in (first, second)] == [
        ("partially shipped", "", "937ea84d-0a4f-4dcf-9028-3f9c2aafbf03"),
        ("shipped", "1Z998, 1Z999", "aa99e8d0-c1d5-4071-b915-d240bbb1aed9"),
    ]
    assert len(second["associations"]["line_items"]) == 2


PROCESSED, SHIPPED = "937ea84d-0a4f-4dcf-9028-3f9c2aafbf03", "aa99e8d0-c1d5-4071-b915-d240bbb1aed9"
DELIVERED, CANCELLED = "3725360f-519b-4b18-a593-494d60a29c9f", "3c85a297-e9ce-400b-b42e-9f16853d69d6"
OPEN_STAGE = "4b27b500-f031-4927-9811-68a0b525cbae"


def move(adapter, order_id, stage):
    inputs = [{"id": order_id, "properties": {"hs_pipeline_stage": stage}}]
    adapter.api.objects("order", "POST", "/batch/update", {"inputs": inputs})


@pytest.mark.parametrize("event_type", ["shipment.confirmed", "shipment.updated"])
@pytest.mark.parametrize(
    ("present", "after"),
    [(PROCESSED, SHIPPED), (SHIPPED, SHIPPED), (DELIVERED, DELIVERED), (CANCELLED, CANCELLED)],
)
def test_a_shipment_leaves_the_stage_of_an_order_that_is_not_on_its_way(
    adapter, sandbox, event_type, present, after
):
    [made] = send(adapter, order_item(1))
    move(adapter, made.remote_id, present)
    item = replace(shipment_item(made.remote_id), event_type=event_type)
    assert errors_of(send(adapter, item)) == [None]
    [record] = sandbox.records("orders")
    names = ("hs_pipeline_stage", "hs_shipping_tracking_number")
    assert [record["properties"][name] for name in names] == [after, "1Z998, 1Z999"]


@pytest.mark.parametrize(
    ("present", "after"), [(SHIPPED, SHIPPED), (DELIVERED, DELIVERED), (CANCELLED, OPEN_STAGE)]
)
def test_an_order_that_is_placed_once_more(adapter, sandbox, present, after):
    """Somebody resends it, or it was cancelled, and confirmed again."""
    [made] = send(adapter, order_item(1))
    move(adapter, made.remote_id, present)
    again = order_item(1, remote_id=made.remote_id, remote_object="order")
    assert errors_of(send(adapter, again)) == [None]
    assert sandbox.records("orders")[0]["properties"]["hs_pipeline_stage"] == after


def test_a_changed_shipment_of_an_order_that_is_open(adapter, sandbox):
    [made] = send(adapter, order_item(1))
    item = replace(shipment_item(made.remote_id), event_type="shipment.updated")
    assert errors_of(send(adapter, item)) == [None]
    assert sandbox.records("orders")[0]["properties"]["hs_pipeline_stage"] == SHIPPED


def test_a_changed_shipment_whose_order_cannot_be_read(adapter, sandbox):
    [made] = send(adapter, order_item(1))
    sandbox.fault(path="/orders/batch/read", status=500, times=1)
    item = replace(shipment_item(made.remote_id), event_type="shipment.updated")
    [outcome] = send(adapter, item)
    assert isinstance(outcome.error, TransientError)
    assert errors_of(send(adapter, item)) == [None]


def test_shipments_that_concern_nobody(adapter, calls):
    """Of an order that HubSpot does not have, of a deal, of no order at all."""
    items = [shipment_item(""), shipment_item("5", 2, remote_object="deal"), shipment_item("", 3, order=None)]
    assert errors_of(send(adapter, *items)) == [None] * 3
    assert adapter.references("shipment.confirmed", items[2].data) == ()
    assert calls() == []


# ----- deals -----


def test_orders_as_deals(open_adapter, sandbox):
    adapter = open_adapter(objects=DEALS)
    ann = contact(adapter)
    [outcome] = send(adapter, order_item(1, remote_ids={CUSTOMER: ann}))
    assert outcome.error is None
    [deal] = sandbox.records("deals")
    properties = deal["properties"]
    assert (properties["dealname"], properties["amount"], properties["deal_currency_code"]) == (
        "S00001",
        "24.00",
        "EUR",
    )
    assert (properties["pipeline"], properties["dealstage"], properties["hs_is_closed_won"]) == (
        "default",
        "closedwon",
        "true",
    )
    assert properties["closedate"] == "2026-11-23T10:15:00.000Z"
    assert deal["associations"]["contacts"] == [ann.id]
    assert len(deal["associations"]["line_items"]) == 2
    assert sandbox.records("orders") == []


def test_an_order_that_became_a_deal(open_adapter, sandbox):
    """The admin chose otherwise: its id is that of an order, which no deal has."""
    adapter = open_adapter(objects=DEALS)
    item = order_item(1, event_type="order.updated", remote_id="123", remote_object="order")
    prepared = adapter.prepare(item)
    assert (prepared.operation, prepared.object) == ("deal.upsert:odoo_id", "deal")
    assert errors_of(adapter.send([prepared])) == [None]
    assert len(sandbox.records("deals")) == 1


# ----- invoices -----


def test_an_invoice_and_its_payment(adapter, sandbox):
    """What Odoo bills, HubSpot does not: it shows the invoice, and how it stands."""
    ann = contact(adapter)
    [placed] = send(adapter, order_item(1))
    remote_ids = {CUSTOMER: ann, Reference("order", 1, "web"): RemoteId(placed.remote_id, "order")}
    [posted] = send(adapter, invoice_item(1, remote_ids=remote_ids))
    assert posted.error is None
    [record] = sandbox.records("invoices")
    assert {
        k: v
        for k, v in record["properties"].items()
        if k
        in (
            "hs_title",
            "hs_currency",
            "hs_invoice_status",
            "hs_invoice_billable",
            "hs_amount_billed",
            "hs_due_date",
        )
    } == {
        "hs_title": "INV/2026/00001",
        "hs_currency": "EUR",
        "hs_invoice_status": "open",
        "hs_invoice_billable": "false",
        "hs_amount_billed": "24.00",
        "hs_due_date": "2026-12-23T12:00:00Z",
    }
    lines = sorted(each["id"] for each in sandbox.records("line_items"))[2:]
    assert record["associations"] == {"contacts": [ann.id], "orders": [placed.remote_id], "line_items": lines}
    item = invoice_item(
        1, event_type="invoice.paid", data=paid_data(1), remote_id=posted.remote_id, remote_object="invoice"
    )
    assert errors_of(send(adapter, item)) == [None]
    [record] = sandbox.records("invoices")
    assert record["properties"]["hs_invoice_status"] == "paid"
    assert record["properties"]["hs_payment_date"] == "2026-11-25T12:00:00Z"
    assert record["properties"]["hs_due_date"] == "2026-12-23T12:00:00Z"
    assert len(record["associations"]["line_items"]) == 2


def paid_data(number):
    return {
        "id": str(number),
        "number": f"INV/2026/{number:05}",
        "customer_id": "7",
        "currency": "EUR",
        "total": "24.00",
        "amount": "24.00",
        "residual": "0.00",
        "is_full": True,
        "payment_date": "2026-11-25",
        "orders": [],
    }


def invoice_calls(calls):
    return [
        each for each in calls() if each.startswith(("invoices/batch", "invoices/line_items", "line_items"))
    ]


@pytest.mark.parametrize("residual", ["24.00", "0.00"])
def test_the_status_of_an_invoice_is_written_last(adapter, sandbox, calls, residual):
    """HubSpot opens an invoice only once it has its line items."""
    sandbox.configure(unbilled_invoices_need_lines=True)
    data = invoice(1, residual=residual, orders=[])
    [posted] = send(adapter, invoice_item(1, data=data))
    assert posted.error is None
    [record] = sandbox.records("invoices")
    assert record["properties"]["hs_invoice_status"] == ("paid" if residual == "0.00" else "open")
    assert invoice_calls(calls) == [
        "invoices/batch/upsert 200",
        "line_items/batch/upsert 200",
        "invoices/line_items/batch/associate/default 200",
        "invoices/batch/update 200",
    ]
    again = invoice_item(1, data=data, remote_id=posted.remote_id, remote_object="invoice")
    assert errors_of(send(adapter, again)) == [None]
    assert invoice_calls(calls) == [
        "invoices/batch/update 200",
        "line_items/batch/upsert 200",
        "invoices/line_items/batch/read 200",
        "invoices/batch/update 200",
    ]


def test_an_invoice_whose_lines_are_refused_stays_a_draft(adapter, sandbox):
    data = invoice(1)
    data["lines"][0]["unit_price"] = "many"
    good = invoice_item(2)
    outcomes = send(adapter, invoice_item(1, data=data), good)
    assert [type(o.error) for o in outcomes] == [ValidationError, type(None)]
    found = {each["properties"]["hs_title"]: each["properties"] for each in sandbox.records("invoices")}
    assert {title: each["hs_invoice_status"] for title, each in found.items()} == {
        "INV/2026/00001": "draft",
        "INV/2026/00002": "open",
    }


def test_a_status_that_hubspot_refuses_fails_its_invoice(open_adapter, sandbox):
    """Its lines are there; the message names the property."""
    status = FieldMap("invoice", "hs_invoice_status", "settled", source="constant")
    others = [each for each in HUBSPOT.default_field_maps if each.property != status.property]
    [posted] = send(open_adapter(field_maps=(*others, status)), invoice_item(1))
    assert (posted.error.code, posted.error.field) == ("INVALID_OPTION", "hs_invoice_status")
    [record] = sandbox.records("invoices")
    assert len(record["associations"]["line_items"]) == 2


def test_the_status_counts_as_content(adapter):
    """Otherwise a change of it alone would not be worth a call, and the preview would not show it."""
    assert adapter.prepare(invoice_item(1)).comparable["hs_invoice_status"] == "open"


def test_calls_for_invoices(adapter, sandbox, calls):
    ann = contact(adapter)
    [placed] = send(adapter, order_item(1))
    remote_ids = {CUSTOMER: ann, Reference("order", 1, "web"): RemoteId(placed.remote_id, "order")}
    calls()
    items = [invoice_item(n, lines=3, remote_ids=remote_ids) for n in range(1, 101)]
    posted = send(adapter, *items)
    assert errors_of(posted) == [None] * 100
    assert len(calls()) == HUBSPOT.calls_for("invoice.posted", 100) == 8
    paid = [
        invoice_item(
            n,
            event_type="invoice.paid",
            data=paid_data(n),
            remote_ids=remote_ids,
            remote_id=outcome.remote_id,
            remote_object="invoice",
        )
        for n, outcome in enumerate(posted, 1)
    ]
    assert errors_of(send(adapter, *paid)) == [None] * 100
    assert len(calls()) == HUBSPOT.calls_for("invoice.paid", 100) == 3
    known = [
        replace(item, remote_id=o.remote_id, remote_object="invoice")
        for item, o in zip(items, posted, strict=True)
    ]
    assert errors_of(send(adapter, *known)) == [None] * 100
    assert len(calls()) == HUBSPOT.calls_for("invoice.updated", 100) == 8


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_links_use_a_version_that_is_supported(open_adapter, sandbox, version):
    """HubSpot supports /crm/v4/associations until 30 March 2027."""
    adapter = open_adapter(api_version=version)
    ann = contact(adapter)
    [made] = send(adapter, order_item(1, remote_ids={CUSTOMER: ann}))
    again = order_item(1, remote_ids={CUSTOMER: ann}, remote_id=made.remote_id, remote_object="order")
    assert errors_of(send(adapter, again)) == [None]
    paths = {each["path"].rpartition("/")[0] for each in sandbox.requests() if "associations" in each["path"]}
    assert {path.split("/orders/")[0].replace("POST ", "") for path in paths} == {"/crm/associations/2026-09"}


def test_what_documents_wait_for(adapter):
    data = invoice(
        1, orders=[{"id": "5", "channel": "web", "number": ""}, {"id": "6", "channel": "pos", "number": ""}]
    )
    found = adapter.references("invoice.posted", data)
    assert found == [CUSTOMER, Reference("order", 5, "web"), Reference("order", 6, "pos")]
    assert not any(each.is_required for each in found)
    assert adapter.references("order.placed", order(1)) == [CUSTOMER]


# ----- companies -----


def company(number, **changes):
    name = {"full": f"Acme {number}", "given": "", "family": ""}
    return customer(number, type="company", name=name, website="https://www.acme.example/shop", **changes)


def test_companies_and_their_people(open_adapter, sandbox):
    adapter = open_adapter(objects=COMPANIES)
    [acme] = send(adapter, make_item(1, data=company(1)))
    assert acme.error is None
    [record] = sandbox.records("companies")
    assert record["id"] == acme.remote_id
    properties = record["properties"]
    assert (properties["name"], properties["domain"], properties["city"]) == (
        "Acme 1",
        "acme.example",
        "Gent",
    )
    assert properties["odoo_id"] == company(1)["id"]
    person = customer(2, company_id="1")
    assert adapter.references("customer.updated", person) == (Reference("customer", 1, is_required=False),)
    item = make_item(
        2, data=person, remote_ids={Reference("customer", 1): RemoteId(acme.remote_id, "company")}
    )
    [ann] = send(adapter, item)
    [found] = sandbox.contacts()
    assert found["associations"] == {"companies": [acme.remote_id]}
    primary = adapter.api.call("GET", f"/crm/objects/2026-09/contacts/{ann.remote_id}/associations/companies")
    assert 1 in [each["typeId"] for each in primary.object["results"][0]["associationTypes"]]
    [order_made] = send(
        adapter, order_item(1, remote_ids={Reference("customer", 1): RemoteId(acme.remote_id, "company")})
    )
    [record] = sandbox.records("orders")
    assert record["associations"]["companies"] == [acme.remote_id]
    assert order_made.error is None


@pytest.fixture
def labels(api):
    """Return functions that make a label, set those of a pair as people do, and read them."""
    root = "/crm/associations/2026-09"

    def make(source, target, label):
        body = {"name": label.lower(), "label": label}
        made = api("POST", f"{root}/{source}/{target}/labels", body).data["results"][0]
        return {"associationCategory": made["category"], "associationTypeId": made["typeId"]}

    def give(source, source_id, target, target_id, *types):
        path = f"/crm/objects/2026-09/{source}/{source_id}/associations/{target}/{target_id}"
        assert api("PUT", path, list(types)).status == 201

    def read(source, source_id, target):
        path = f"/crm/objects/2026-09/{source}/{source_id}/associations/{target}"
        return {
            str(each["toObjectId"]): sorted(
                kind["label"] for kind in each["associationTypes"] if kind["label"]
            )
            for each in api("GET", path).data["results"]
        }

    return SimpleNamespace(make=make, give=give, read=read)


def primary(type_id):
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


COMPANY_OF_7 = Reference("customer", 1)


def person_of(adapter, company_id, **changes):
    item = make_item(
        2,
        data=customer(2, company_id="1", **changes.pop("data", {})),
        remote_ids={COMPANY_OF_7: RemoteId(company_id, "company")},
        **changes,
    )
    [outcome] = send(adapter, item)
    assert outcome.error is None
    return outcome.remote_id


def test_an_edit_of_a_person_keeps_the_labels_that_people_gave(open_adapter, labels, calls):
    adapter = open_adapter(objects=COMPANIES)
    [acme] = send(adapter, make_item(1, data=company(1)))
    ann = person_of(adapter, acme.remote_id)
    buyer = labels.make("contacts", "companies", "Buyer")
    labels.give("contacts", ann, "companies", acme.remote_id, primary(1), buyer)
    calls()
    person_of(adapter, acme.remote_id, data={"job_title": "Boss"}, remote_id=ann, remote_object="contact")
    assert calls() == ["contacts/batch/update 200", "contacts/companies/batch/read 200"]
    assert labels.read("contacts", ann, "companies") == {acme.remote_id: ["Buyer", "Primary"]}


def test_the_primary_company_is_added_to_the_labels_that_people_gave(open_adapter, labels):
    """They linked the two themselves, or took the primary one off with theirs."""
    adapter = open_adapter(objects=COMPANIES)
    [acme] = send(adapter, make_item(1, data=company(1)))
    ann = person_of(adapter, acme.remote_id)
    buyer = labels.make("contacts", "companies", "Buyer")
    labels.give("contacts", ann, "companies", acme.remote_id, buyer)
    assert labels.read("contacts", ann, "companies") == {acme.remote_id: ["Buyer"]}
    person_of(adapter, acme.remote_id, remote_id=ann, remote_object="contact")
    assert labels.read("contacts", ann, "companies") == {acme.remote_id: ["Buyer", "Primary"]}


def test_labels_are_kept_after_the_company_was_merged_there(open_adapter, labels, api):
    """Somebody merged it in HubSpot: the id that the hub knows leads to the new record."""
    adapter = open_adapter(objects=COMPANIES)
    acme, double = send(adapter, *(make_item(n, data=company(n)) for n in (1, 3)))
    ann = person_of(adapter, acme.remote_id)
    pair = {"primaryObjectId": acme.remote_id, "objectIdToMerge": double.remote_id}
    merged = api("POST", "/crm/objects/2026-09/companies/merge", pair).data["id"]
    buyer = labels.make("contacts", "companies", "Buyer")
    labels.give("contacts", ann, "companies", merged, buyer)
    person_of(adapter, acme.remote_id, remote_id=ann, remote_object="contact")
    assert labels.read("contacts", ann, "companies") == {merged: ["Buyer", "Primary"]}


def test_a_person_that_is_found_by_its_address_keeps_its_labels(open_adapter, labels, api):
    """It was in HubSpot before, linked to the company by a person."""
    adapter = open_adapter(objects=COMPANIES)
    [acme] = send(adapter, make_item(1, data=company(1)))
    made = api("POST", "/crm/objects/2026-09/contacts", {"properties": {"email": "anna2@example.com"}}).data
    buyer = labels.make("contacts", "companies", "Buyer")
    labels.give("contacts", made["id"], "companies", acme.remote_id, buyer)
    assert person_of(adapter, acme.remote_id) == made["id"]
    assert labels.read("contacts", made["id"], "companies") == {acme.remote_id: ["Buyer", "Primary"]}


def test_an_edit_of_an_order_keeps_the_labels_that_people_gave(open_adapter, labels):
    adapter = open_adapter(objects=COMPANIES)
    [acme] = send(adapter, make_item(1, data=company(1)))
    ann = contact(adapter)
    remote_ids = {CUSTOMER: ann, COMPANY_OF_7: RemoteId(acme.remote_id, "company")}
    [made] = send(adapter, order_item(1, remote_ids=remote_ids))
    payer = labels.make("orders", "contacts", "Payer")
    shop = labels.make("orders", "companies", "Shop")
    labels.give("orders", made.remote_id, "contacts", ann.id, payer)
    labels.give("orders", made.remote_id, "companies", acme.remote_id, primary(509), shop)
    again = order_item(
        1,
        event_type="order.updated",
        remote_ids=remote_ids,
        remote_id=made.remote_id,
        remote_object="order",
    )
    assert errors_of(send(adapter, again)) == [None]
    assert labels.read("orders", made.remote_id, "contacts") == {ann.id: ["Payer"]}
    assert labels.read("orders", made.remote_id, "companies") == {acme.remote_id: ["Primary", "Shop"]}


def test_only_what_is_missing_is_linked(adapter, sandbox, calls):
    """Of two orders one has the customer already."""
    ann, bob = contact(adapter), contact(adapter, 8)
    first, second = send(adapter, order_item(1, lines=0, remote_ids={CUSTOMER: ann}), order_item(2, lines=0))
    calls()
    items = [
        order_item(
            number,
            lines=0,
            event_type="order.updated",
            remote_ids={CUSTOMER: customer_id},
            remote_id=made.remote_id,
            remote_object="order",
        )
        for number, made, customer_id in ((1, first, ann), (2, second, bob))
    ]
    assert errors_of(send(adapter, *items)) == [None, None]
    linked = {each["id"]: each["associations"]["contacts"] for each in sandbox.records("orders")}
    assert linked == {first.remote_id: [ann.id], second.remote_id: [bob.id]}
    sent = [each["body"] for each in sandbox.requests() if "orders/contacts/batch/associate" in each["path"]]
    assert [len(each["inputs"]) for each in sent] == [1, 1]


def test_companies_as_contacts(adapter, sandbox):
    [outcome] = send(adapter, make_item(1, data=company(1, company_id="")))
    assert outcome.error is None
    assert (len(sandbox.contacts()), sandbox.records("companies")) == (1, [])
    assert adapter.references("customer.updated", customer(2, company_id="1")) == ()


def test_a_person_that_became_a_company(open_adapter, sandbox):
    """The id that is known is that of a contact."""
    adapter = open_adapter(objects=COMPANIES)
    ann = contact(adapter, 1)
    [outcome] = send(adapter, make_item(1, data=company(1), remote_id=ann.id, remote_object="contact"))
    assert outcome.error is None
    assert [each["id"] for each in sandbox.records("companies")] == [outcome.remote_id]


def test_companies_are_merged_and_archived(open_adapter, sandbox):
    adapter = open_adapter(objects=COMPANIES)
    one, two = (o.remote_id for o in send(adapter, *(make_item(n, data=company(n)) for n in (1, 2))))
    item = make_item(
        1,
        event_type="customer.merged",
        data={"id": "1", "merged_ids": ["2"]},
        merged_remote_ids=(two,),
        remote_id=one,
        remote_object="company",
    )
    [merged] = send(adapter, item)
    assert merged.error is None
    assert [each["id"] for each in living(sandbox, "companies")] == [merged.remote_id]
    item = make_item(
        1, event_type="customer.erased", data={"id": "1"}, remote_id=merged.remote_id, remote_object="company"
    )
    assert errors_of(send(adapter, item)) == [None]
    assert living(sandbox, "companies") == []


# ----- bad input -----


def refused(adapter, *items):
    outcomes = send(adapter, *items)
    return {int(o.trace_id) - 1000: (type(o.error), o.error.code, o.error.field) for o in outcomes if o.error}


def test_a_currency_that_the_account_does_not_have(adapter, sandbox):
    items = [order_item(n, data=order(n, currency="XPF" if n == 2 else "EUR")) for n in (1, 2, 3)]
    assert refused(adapter, *items) == {2: (ValidationError, "INVALID_OPTION", "hs_currency_code")}
    assert len(sandbox.records("orders")) == 2
    [outcome] = send(adapter, items[1])
    assert "Enable the currency in the account defaults of HubSpot" in outcome.error.message


def test_a_stage_that_does_not_exist(open_adapter, sandbox):
    lines = (
        FieldMap("order", "hs_order_name", "number"),
        FieldMap(
            "order", "hs_pipeline_stage", "status", transform="map", argument="placed=nowhere; cancelled=gone"
        ),
    )
    assert refused(open_adapter(field_maps=lines), order_item(1)) == {
        1: (ValidationError, "INVALID_OPTION", "hs_pipeline_stage")
    }


def test_a_line_that_is_refused(adapter, sandbox):
    """Only its order fails, and says which line; the others are complete."""
    data = order(2)
    data["lines"][1] = order_line(201, unit_price="many")
    bad = order_item(2)
    bad.data["lines"][1]["unit_price"] = "many"
    outcomes = send(adapter, order_item(1), bad, order_item(3))
    assert [type(o.error) for o in outcomes] == [type(None), ValidationError, type(None)]
    error = outcomes[1].error
    assert (error.field, error.message.startswith("Line item “SKU-201”: ")) == ("price", True)
    linked = {
        each["properties"]["hs_order_name"]: len(each["associations"].get("line_items", ()))
        for each in sandbox.records("orders")
    }
    assert linked == {"S00001": 2, "S00002": 0, "S00003": 2}
    bad.data["lines"][1]["unit_price"] = "5"
    assert errors_of(send(adapter, bad)) == [None]
    assert {len(each["associations"]["line_items"]) for each in sandbox.records("orders")} == {2}
    assert len(sandbox.records("line_items")) == 6


def test_a_key_that_was_not_set_up(sandbox):
    """It says which button helps; afterwards all goes through."""
    with Connection(
        HUBSPOT, local_settings(sandbox.url, "2026-09", {"access_token": "sandbox-token"})
    ) as adapter:
        [outcome] = send(adapter, order_item(1))
        assert (outcome.error.code, outcome.error.field) == ("KEY_NOT_UNIQUE", "odoo_id")
        assert "Set Up" in outcome.error.message
        used = [each for each in HUBSPOT.objects if each.name in ("order", "line_item", "contact")]
        assert adapter.set_up(used) == ["order: odoo_id", "line item: odoo_id"]
        assert adapter.set_up(used) == []
        assert errors_of(send(adapter, order_item(1))) == [None]


def test_a_key_that_is_not_unique(sandbox):
    sandbox.configure(
        custom_properties=[{"name": "odoo_id", "objectType": "orders", "type": "string", "fieldType": "text"}]
    )
    settings = local_settings(sandbox.url, "2026-09", {"access_token": "sandbox-token"})
    with Connection(HUBSPOT, settings) as adapter, pytest.raises(ValidationError, match="not unique"):
        adapter.set_up([each for each in HUBSPOT.objects if each.name == "order"])


def test_an_order_that_was_deleted_there(adapter, sandbox):
    [made] = send(adapter, order_item(1))
    adapter.api.objects("order", "DELETE", f"/{made.remote_id}")
    item = order_item(1, event_type="order.updated", remote_id=made.remote_id, remote_object="order")
    assert refused(adapter, item) == {1: (RemoteNotFoundError, "OBJECT_NOT_FOUND", None)}
    [again] = send(adapter, order_item(1, event_type="order.updated"))
    assert again.error is None
    assert again.remote_id != made.remote_id
    assert len(living(sandbox, "orders")) == 1


def test_a_customer_that_was_deleted_there(adapter, sandbox):
    """Only the orders of that customer fail; once it is there again, they go through."""
    ann, bob = contact(adapter, 7), contact(adapter, 8)
    adapter.api.objects("contact", "DELETE", f"/{ann.id}")
    items = [
        order_item(1, remote_ids={CUSTOMER: ann}),
        order_item(2, remote_ids={Reference("customer", 8): bob}),
    ]
    assert refused(adapter, *items) == {1: (ReferenceNotFoundError, "LINKED_RECORD_GONE", "contact")}
    again = contact(adapter, 7)
    assert refused(adapter, order_item(1, remote_ids={CUSTOMER: again})) == {}
    found = {
        each["properties"]["hs_order_name"]: each["associations"]["contacts"]
        for each in sandbox.records("orders")
    }
    assert found == {"S00001": [again.id], "S00002": [bob.id]}


def test_a_customer_that_was_merged_there(adapter, sandbox):
    ann, bob = contact(adapter, 7), contact(adapter, 8)
    winner = adapter.api.objects(
        "contact", "POST", "/merge", {"primaryObjectId": bob.id, "objectIdToMerge": ann.id}
    )
    assert refused(adapter, order_item(1, remote_ids={CUSTOMER: ann})) == {}
    [record] = sandbox.records("orders")
    assert record["associations"]["contacts"] == [str(winner.object["id"])]


def test_a_deal_that_was_merged_there(open_adapter, sandbox):
    adapter = open_adapter(objects=DEALS)
    one, two = (o.remote_id for o in send(adapter, order_item(1), order_item(2)))
    winner = adapter.api.objects("deal", "POST", "/merge", {"primaryObjectId": two, "objectIdToMerge": one})
    item = order_item(1, event_type="order.updated", remote_id=one, remote_object="deal")
    assert refused(adapter, item) == {}
    assert [each["id"] for each in living(sandbox, "deals")] == [str(winner.object["id"])]


# ----- faults -----


@pytest.mark.parametrize(
    "path", ["/orders/batch/", "/contacts/batch/associate", "/line_items/batch/", "orders/line_items"]
)
def test_a_lost_answer_is_resolved(adapter, sandbox, path):
    """Whichever call it was: sent again, and there once, with two lines, each linked once."""
    ann = contact(adapter)
    sandbox.fault(path=path, drop="after", times=1)
    items = [order_item(n, remote_ids={CUSTOMER: ann}) for n in (1, 2, 3)]
    lost = send(adapter, *items)
    assert [(type(o.error), o.error.uncertain) for o in lost] == [(TransientError, True)] * 3
    again = [order_item(n, remote_ids={CUSTOMER: ann}, in_doubt=True) for n in (1, 2, 3)]
    assert errors_of(adapter.resolve([adapter.prepare(item) for item in again])) == [None] * 3
    records = sandbox.records("orders")
    assert len(records) == 3
    assert {len(each["associations"]["line_items"]) for each in records} == {2}
    assert len(sandbox.records("line_items")) == 6


def test_a_token_that_is_revoked_in_the_middle(adapter, sandbox):
    """What was done is done; all of it waits for the new token, and then there is nothing twice."""
    sandbox.fault(
        path="/line_items/batch/upsert", status=401, times=1, body={"category": "INVALID_AUTHENTICATION"}
    )
    items = [order_item(n) for n in (1, 2)]
    outcomes = send(adapter, *items)
    assert [type(o.error) for o in outcomes] == [AuthError] * 2
    assert not any(o.error.uncertain for o in outcomes)
    assert errors_of(send(adapter, *items)) == [None] * 2
    assert (len(sandbox.records("orders")), len(sandbox.records("line_items"))) == (2, 4)


def test_a_long_order_goes_on_where_it_stopped(adapter, sandbox, monkeypatch):
    """Time runs out after four calls: no line is written twice, and none is forgotten."""
    clock = SimpleNamespace(monotonic=sandbox.request_count)
    monkeypatch.setattr(http_client, "time", clock)
    counts, checkpoint, error = [], {}, True
    while error and len(counts) < 10:
        adapter.http.deadline = clock.monotonic() + 3
        [outcome] = send(adapter, order_item(1, lines=1_000, checkpoint=checkpoint, in_doubt=bool(counts)))
        error, checkpoint = outcome.error, outcome.checkpoint
        counts.append(len(checkpoint.get("line_ids", ())))
        assert error is None or (error.code, error.is_sent) == ("OUT_OF_TIME", False)
    assert (error, checkpoint) == (None, {})
    assert counts == [300, 600, 900, 0]
    written = [r for r in sandbox.requests() if r["path"].endswith("/line_items/batch/upsert")]
    assert len(written) == 10
    assert len({each["id"] for r in written for each in r["body"]["inputs"]}) == 1_000
    [record] = sandbox.records("orders")
    assert len(record["associations"]["line_items"]) == 1_000


def test_a_checkpoint_counts_for_the_same_lines_only(adapter, sandbox):
    """An order that was edited meanwhile is written anew, all of it: the edit may be of a line that is there."""
    sandbox.fault(path="/line_items/batch/", status=503, skip=1, times=1)
    [stopped] = send(adapter, order_item(1, lines=300))
    assert isinstance(stopped.error, TransientError)
    assert len(stopped.checkpoint["line_ids"]) == 100
    data = order(1, lines=300)
    data["lines"][7] = order_line(107, quantity="5")
    edited = order_item(1, event_type="order.updated", data=data, checkpoint=stopped.checkpoint)
    [whole] = send(adapter, edited)
    assert (whole.error, whole.checkpoint) == (None, {})
    quantities = {
        each["properties"]["odoo_id"]: each["properties"]["quantity"]
        for each in sandbox.records("line_items")
    }
    assert quantities == {f"sale.order.line/{n}": "2" for n in range(100, 400)} | {"sale.order.line/107": "5"}
    [record] = sandbox.records("orders")
    assert len(record["associations"]["line_items"]) == 300


def test_a_short_order_begins_anew(adapter, sandbox):
    sandbox.fault(path="/line_items/batch/", status=503, times=1)
    [stopped] = send(adapter, order_item(1))
    assert (type(stopped.error), stopped.checkpoint) == (TransientError, {})
