"""Exactly once: what HubSpot accepted, counted from its own log, against what Odoo says it delivered."""

from __future__ import annotations

from collections import Counter

from remote import Unexpected
from shop import Shop


def exactly_once(shop: Shop):
    yield "The day is over"
    delivered = {str(delivery["id"]) for delivery in shop.deliveries(state="delivered")}
    accepted = Counter(trace for call in shop.hubspot.calls() for trace in _accepted(call))
    twice = sorted(trace for trace, count in accepted.items() if trace in delivered and count > 1)
    unsent = sorted(set(accepted) - delivered)
    if twice or any(_state(shop, trace) == "superseded" for trace in unsent):
        raise Unexpected(f"accepted more than once: {twice}; accepted but not delivered: {unsent}")
    emails = Counter(c["properties"]["email"] for c in shop.hubspot.living() if c["properties"].get("email"))
    doubled = [email for email, count in emails.items() if count > 1]
    if doubled:
        raise Unexpected(f"several contacts with one email address: {doubled}")
    yield f"{sum(accepted.values())} changes, each accepted once; {len(shop.hubspot.living())} contacts, none twice"


def _accepted(call):
    if call["status"] is None or call["status"] >= 300:
        return []
    inputs = (call["body"] or {}).get("inputs", ())
    return [entry["objectWriteTraceId"] for entry in inputs if "objectWriteTraceId" in entry]


def _state(shop, trace):
    return shop.deliveries(id=int(trace))[0]["state"]


STEPS = (exactly_once,)
