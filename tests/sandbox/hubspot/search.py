"""POST …/search: filter groups (OR of ANDs), sorts, paging. New records show up after ``search_lag_s``."""

import time
from datetime import datetime

from wire import json_response

from .failures import bad_input

MAX_PAGE = 200
DEFAULT_PAGE = 10


def search(call):
    body = call.json()
    groups = body.get("filterGroups") or [{"filters": body.get("filters") or []}]
    limit, after = int(body.get("limit") or DEFAULT_PAGE), int(body.get("after") or 0)
    if not 1 <= limit <= MAX_PAGE:
        raise bad_input(f"limit must be between 1 and {MAX_PAGE}")
    names = call.shown_properties(body.get("properties"))
    with call.lock:
        found = sort([record for record in visible(call) if matches(record, groups)], body.get("sorts"))
        results = [record.describe(names) for record in found[after : after + limit]]
    answer = {"total": len(found), "results": results}
    if after + limit < len(found):
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return json_response(200, answer)


def visible(call):
    latest = time.monotonic() - call.settings["search_lag_s"]
    store = call.store
    return [r for r in store.order if not r.archived and r.id not in store.aliases and r.changed <= latest]


def sort(records, sorts):
    """By the one sort that HubSpot allows: a name, ``-name`` or {propertyName, direction}."""
    if not sorts:
        return records
    first = sorts[0]
    if isinstance(first, str):
        first = {"propertyName": first.lstrip("-"), "direction": "DESCENDING" if first.startswith("-") else "ASCENDING"}
    name = first["propertyName"]
    descending = first.get("direction") == "DESCENDING"
    return sorted(records, key=lambda record: comparable(record.properties.get(name, "")), reverse=descending)


def matches(record, groups):
    return any(all(holds(record.properties, each) for each in group.get("filters", [])) for group in groups)


def holds(properties, condition):
    operator = OPERATORS.get(condition.get("operator"))
    if operator is None:
        raise bad_input(f"operator {condition.get('operator')} is not supported")
    return operator(properties.get(condition["propertyName"]), condition)


def compare(test):
    """An operator that compares the stored value with ``value``; without a stored value it does not hold."""
    return lambda stored, condition: stored is not None and test(comparable(stored), comparable(condition["value"]))


def comparable(text):
    """A sort key: numbers (and dates, as milliseconds since the epoch) before text, text without case."""
    text = str(text)
    try:
        return 0, float(text), ""
    except ValueError:
        pass
    try:
        return 0, datetime.fromisoformat(text).timestamp() * 1000, ""
    except ValueError:
        return 1, 0.0, text.lower()


def contains_token(stored, condition):
    return stored is not None and condition["value"].strip("*").lower() in stored.lower()


OPERATORS = {
    "EQ": compare(lambda stored, value: stored == value),
    "NEQ": lambda stored, condition: stored is None or comparable(stored) != comparable(condition["value"]),
    "LT": compare(lambda stored, value: stored < value),
    "LTE": compare(lambda stored, value: stored <= value),
    "GT": compare(lambda stored, value: stored > value),
    "GTE": compare(lambda stored, value: stored >= value),
    "IN": lambda stored, condition: stored is not None and stored.lower() in [v.lower() for v in condition["values"]],
    "NOT_IN": lambda stored, condition: stored is None or stored not in condition["values"],
    "HAS_PROPERTY": lambda stored, condition: stored is not None,
    "NOT_HAS_PROPERTY": lambda stored, condition: stored is None,
    "CONTAINS_TOKEN": contains_token,
}
