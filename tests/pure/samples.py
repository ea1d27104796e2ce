"""Customers in canonical form, and deliveries of them, for the tests of adapters."""

import socket
import time

from odoo.addons.retail_hub.connectors.base import Item, Keys

BY_EMAIL = Keys("email")


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


def make_item(number=1, *, keys=BY_EMAIL, event_type="customer.updated", data=None, **changes):
    """Return an Item for ``customer(number)``."""
    data = customer(number) if data is None else data
    trace_id = changes.pop("trace_id", str(1000 + number))
    return Item(trace_id, event_type, data, keys, f"key-{trace_id}", **changes)


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
