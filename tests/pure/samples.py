"""Customers in canonical form, and deliveries of them, for the tests of adapters."""

import socket
import time
from dataclasses import replace

from odoo.addons.retail_hub.connectors.items import Item
from odoo.addons.retail_hub.connectors.provider import ObjectChoice, Settings
from odoo.addons.retail_hub.schemas import EVENT_TYPES
from odoo.addons.retail_hub.schemas.subjects import line_key, model_of, record_key


def local_settings(*args, **options):
    """Return :class:`Settings` that allow calls to the sandbox."""
    return Settings(*args, allowed_hosts=("127.0.0.1",), **options)


def found_by(keys):
    """Return what the admin chose if contacts are found by these keys."""
    return dict.fromkeys(("customer", "business_customer"), ObjectChoice("contact", keys))


def find_by(adapter, keys):
    """Have an adapter find contacts by these keys."""
    adapter.mapper.settings = replace(adapter.mapper.settings, objects=found_by(keys))


def customer(number=1, **changes):
    """Return the JSON form of a CustomerV1; ``changes`` replace whole fields."""
    return {
        "id": f"res.partner,{number}",
        "type": "person",
        "active": True,
        "name": {"full": f"Anna Janssens{number}", "given": "Anna", "family": f"Janssens{number}"},
        "company_name": "",
        "job_title": "Buyer",
        "emails": [f"anna{number}@example.com"],
        "phones": [{"kind": "main", "number": "+32470123456"}],
        "addresses": [
            {
                "kind": "contact",
                "name": "",
                "street": "Kerkstraat 1",
                "street2": "",
                "city": "Gent",
                "postal_code": "9000",
                "region": "VOV",
                "country": "BE",
            }
        ],
        "language": "nl-BE",
        "tax_id": "BE0477472701",
        "website": "",
        "consent": {"email_opt_out": False},
        "tags": [],
        "external_ids": {},
        **changes,
    }


def order(number=1, lines=2, **changes):
    """Return the JSON form of an OrderV1; ``changes`` replace whole fields."""
    return {
        "id": str(number),
        "number": f"S{number:05}",
        "channel": "web",
        "status": "placed",
        "customer_id": "7",
        "company": "Shop",
        "currency": "EUR",
        "untaxed": f"{10 * lines}.00",
        "tax": f"{2 * lines}.00",
        "total": f"{12 * lines}.00",
        "rounding": "0",
        "placed_at": "2026-11-23T10:15:00.000Z",
        "customer_reference": "",
        "salesperson": "",
        "store": "",
        "delivery_address": customer(number)["addresses"][0],
        "lines": [order_line(100 * number + n) for n in range(lines)],
        "payments": [],
        "refunds_id": "",
        "external_ids": {},
        **changes,
    }


def order_line(number=1, **changes):
    """Return the JSON form of an OrderLineV1; ``changes`` replace whole fields."""
    return {
        "id": str(number),
        "parent_id": "",
        "kind": "product",
        "product_id": str(number),
        "sku": f"SKU-{number}",
        "name": f"Product {number}",
        "quantity": "2",
        "unit": "Units",
        "unit_price": "5.00",
        "discount": "0",
        "untaxed": "10.00",
        "tax": "2.00",
        "total": "12.00",
        **changes,
    }


def invoice(number=1, lines=2, **changes):
    """Return the JSON form of an InvoiceV1; ``changes`` replace whole fields."""
    return {
        "id": str(number),
        "number": f"INV/2026/{number:05}",
        "invoice_date": "2026-11-23",
        "due_date": "2026-12-23",
        "customer_id": "7",
        "company": "Shop",
        "currency": "EUR",
        "untaxed": f"{10 * lines}.00",
        "tax": f"{2 * lines}.00",
        "total": f"{12 * lines}.00",
        "residual": f"{12 * lines}.00",
        "orders": [{"id": str(number), "number": f"S{number:05}", "channel": "web"}],
        "customer_reference": "",
        "payment_reference": "",
        "salesperson": "",
        "billing_address": None,
        "lines": [{**order_line(100 * number + n), "taxes": [], "order_line_ids": []} for n in range(lines)],
        "external_ids": {},
        **changes,
    }


def make_item(number=1, *, event_type="customer.updated", data=None, **changes):
    """Return an Item for ``customer(number)``."""
    data = customer(number) if data is None else data
    model = _model_of(event_type, data)
    keys = {"record_key": record_key(model, data.get("id", number)), "line_key": line_key(model)}
    trace_id = changes.pop("trace_id", str(1000 + number))
    return Item(trace_id, event_type, data, f"key-{trace_id}", **{**keys, **changes})


def _model_of(event_type, data):
    """Return the Odoo model of an event's record, by which the hub names the keys."""
    if "channel" in data:
        return model_of("order", data["channel"])
    return EVENT_TYPES[event_type].model if event_type in EVENT_TYPES else ""


def merged_item(number=1, merged_remote_ids=(), **changes):
    """Return an Item: customers whose remote ids are given were merged into ``customer(number)``."""
    data = {"id": str(number), "merged_ids": ["99"]}
    changes = {"merged_remote_ids": tuple(merged_remote_ids), **changes}
    return make_item(number, event_type="customer.merged", data=data, **changes)


def erased_item(number=1, **changes):
    """Return an Item: ``customer(number)`` was deleted."""
    return make_item(number, event_type="customer.erased", data={"id": str(number)}, **changes)


def wait_until(condition, seconds=10):
    """Wait until ``condition()`` is true; fail if it is not within so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def closed_port():
    """Return a port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
