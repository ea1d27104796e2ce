"""The story of one business process, as the middleware received it: what happened, and what led to what."""

from __future__ import annotations

from remote import expect
from shop import Shop


def check(shop: Shop, process: str, causes: dict[str, str]) -> list[dict]:
    """Return the events of a process, e.g. ``sale.order,1``. Raise Unexpected unless they are these, each once.

    :param causes: {event: the event that led to it, "" for none}, e.g. {"invoice.paid": "invoice.posted"}
    """
    events = events_of(shop, process)
    expect(sorted(map(name, events)), sorted(causes), f"what the middleware received about {process}")
    ids = {event["id"]: name(event) for event in events}
    found = {name(event): ids.get(event.get("causationid"), "") for event in events}
    for effect, cause in causes.items():
        expect(found[effect], cause, f"what led to {effect}")
    return events


def events_of(shop: Shop, process: str) -> list[dict]:
    """Return the events of a process, in the order in which they happened."""
    events = [event for event in shop.middleware_events() if event.get("correlationid") == process]
    return sorted(events, key=lambda event: event["time"])


def name(event: dict) -> str:
    """``retail.order.placed.v1`` → ``order.placed``."""
    return event["type"].removeprefix("retail.").rpartition(".")[0]


def tree(events: list[dict]) -> list[str]:
    """Return the lines of a tree in which each event hangs under the one that led to it."""
    ids = {event["id"] for event in events}
    roots = [event for event in events if event.get("causationid") not in ids]
    return [line for root in roots for line in _branch(root, events, "", "")]


def _branch(event, events, first, rest):
    effects = [each for each in events if each.get("causationid") == event["id"]]
    lines = [_line(f"{first}{name(event)}", event)]
    for effect in effects:
        is_last = effect is effects[-1]
        lines += _branch(
            effect, events, rest + ("└─ " if is_last else "├─ "), rest + ("   " if is_last else "│  ")
        )
    return lines


def _line(label, event):
    data = event["data"]
    number = data.get("number") or data.get("reference") or f"card of {data.get('program', '')}"
    return f"{label:<30}{number:<24}{_amount(data):>12}   event {event['id'][:8]}".rstrip()


def _amount(data):
    if "points" in data:
        return f"{float(data['points']):+g} {data['unit']}"
    value = data.get("amount") or data.get("total")
    return f"{value} {data['currency']}" if value else ""
