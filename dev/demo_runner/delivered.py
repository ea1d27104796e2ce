"""Exactly once: what HubSpot accepted, counted from its own log, against what Odoo says it delivered."""

from __future__ import annotations

from collections import Counter

from remote import expect
from shop import Shop


def exactly_once(shop: Shop):
    yield "The day is over"
    accepted = Counter(trace for call in shop.hubspot.calls() for trace in _accepted(call))
    sent = [
        d for d in shop.deliveries(res_model="res.partner", kind="state", state="delivered") if d["attempts"]
    ]
    wrong = {d["id"]: accepted[str(d["id"])] for d in sent if accepted[str(d["id"])] != 1}
    expect(wrong, {}, "the number of times that deliveries were accepted")
    contacts = shop.hubspot.living()
    emails = Counter(filter(None, (contact["properties"].get("email") for contact in contacts)))
    expect([email for email, count in emails.items() if count > 1], [], "the list of doubled contacts")
    yield f"HubSpot accepted each of {len(sent)} changes once; {len(contacts)} contacts, none double"


def _accepted(call):
    """Return the ids of the deliveries in a call that HubSpot answered with success."""
    if call["status"] is None or call["status"] >= 300:
        return []
    inputs = (call["body"] or {}).get("inputs", ())
    return [entry["objectWriteTraceId"] for entry in inputs if "objectWriteTraceId" in entry]


STEPS = (exactly_once,)
