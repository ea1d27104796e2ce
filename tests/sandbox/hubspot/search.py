"""POST …/search: filter groups (OR of ANDs), one sort, paging. Changes show up after ``search_lag_s``."""

import time
from datetime import datetime

from kit.wire import json_response

from .envelope import whole_number
from .failures import bad_input

MAX_PAGE = 200
DEFAULT_PAGE = 10


def search(call):
    body = call.json()
    limit, after = whole_number(body, "limit", DEFAULT_PAGE), whole_number(body, "after", 0)
    if not 1 <= limit <= MAX_PAGE:
        raise bad_input(f"limit must be between 1 and {MAX_PAGE}")
    names = call.shown_properties(body.get("properties"))
    groups = [group.get("filters") or [] for group in body.get("filterGroups") or []]
    tests = [[condition(call, each) for each in filters] for filters in groups or [[]]]
    with call.lock:
        found = [
            r.properties for r in visible(call) if any(all(t(r.properties) for t in each) for each in tests)
        ]
        found = sort(call.store.schema, found, body.get("sorts"))
        records = [call.store.find(properties["hs_object_id"]) for properties in found[after : after + limit]]
        results = [record.describe(names) for record in records]
    answer = {"total": len(found), "results": results}
    if after + limit < len(found):
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return json_response(200, answer)


def visible(call):
    latest = time.monotonic() - call.settings["search_lag_s"]
    store = call.store
    return [r for r in store.order if not r.archived and r.id not in store.aliases and r.changed <= latest]


def sort(schema, found, sorts):
    """By the one sort that HubSpot allows: a name, ``-name`` or {propertyName, direction}."""
    if not sorts:
        return found
    first = sorts[0]
    if isinstance(first, str):
        first = {
            "propertyName": first.lstrip("-"),
            "direction": "DESCENDING" if first.startswith("-") else "",
        }
    key = comparer(schema, first["propertyName"])
    descending = first.get("direction") == "DESCENDING"
    return sorted(
        found, key=lambda properties: key(properties.get(first["propertyName"])), reverse=descending
    )


def condition(call, data):
    """One filter {propertyName, operator, value or values} as a function of a record's properties."""
    schema = call.store.schema
    if str(data.get("propertyName")).startswith("associations."):
        return associated(call, data)
    name, operator = data.get("propertyName"), OPERATORS.get(data.get("operator"))
    if operator is None:
        raise bad_input(f"operator {data.get('operator')} is not supported")
    if name not in schema.properties:
        raise bad_input(f"There was a problem with the request: unknown property {name}")
    key = comparer(schema, name)
    wanted = [key(value) for value in data.get("values") or [data.get("value")]]

    def holds(properties):
        stored = properties.get(name)
        return operator(None if stored is None else key(stored), wanted)

    return holds


def associated(call, data):
    """The filter ``associations.contact``: records associated with the one whose id is the value."""
    target, wanted = call.type_named(data["propertyName"].partition(".")[2]), data.get("value")
    if data.get("operator") != "EQ":
        raise bad_input("associations can only be searched with the operator EQ")

    def holds(properties):
        found = call.links.of(call.object_type, properties["hs_object_id"], target)
        return any(record_id == wanted for record_id, _kinds in found)

    return holds


def comparer(schema, name):
    """What makes values of that property comparable: a number, milliseconds since the epoch, or lower case."""
    kind = schema.properties[name].kind if name in schema.properties else "string"
    return {"number": number, "date": milliseconds, "datetime": milliseconds}.get(kind, text)


def text(value):
    return "" if value is None else str(value).lower()


def number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("-inf")


def milliseconds(value):
    try:
        return datetime.fromisoformat(str(value)).timestamp() * 1000
    except ValueError:
        return number(value)


OPERATORS = {
    "EQ": lambda stored, wanted: stored == wanted[0],
    "NEQ": lambda stored, wanted: stored != wanted[0],
    "LT": lambda stored, wanted: stored is not None and stored < wanted[0],
    "LTE": lambda stored, wanted: stored is not None and stored <= wanted[0],
    "GT": lambda stored, wanted: stored is not None and stored > wanted[0],
    "GTE": lambda stored, wanted: stored is not None and stored >= wanted[0],
    "IN": lambda stored, wanted: stored in wanted,
    "NOT_IN": lambda stored, wanted: stored not in wanted,
    "HAS_PROPERTY": lambda stored, wanted: stored is not None,
    "NOT_HAS_PROPERTY": lambda stored, wanted: stored is None,
    "CONTAINS_TOKEN": lambda stored, wanted: stored is not None and wanted[0].strip("*") in stored,
}
