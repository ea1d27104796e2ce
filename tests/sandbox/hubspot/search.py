"""POST …/search: filter groups (OR of ANDs), one sort, paging. Changes show up after ``search_lag_s``."""

from kit import search as kit
from kit.wire import json_response

from .envelope import whole_number
from .failures import bad_input

MAX_PAGE = 200
MAX_RESULTS = 10_000  # that can be paged through
MAX_GROUPS, MAX_FILTERS, MAX_ALL_FILTERS = 5, 6, 18
MAX_QUERY = 3_000  # characters
DEFAULT_PAGE = 10
KINDS = {"number": "number", "date": "moment", "datetime": "moment"}
OPERATORS = {
    "EQ": "=",
    "NEQ": "!=",
    "LT": "<",
    "LTE": "<=",
    "GT": ">",
    "GTE": ">=",
    "IN": "in",
    "NOT_IN": "not in",
    "HAS_PROPERTY": "is set",
    "NOT_HAS_PROPERTY": "is not set",
    "CONTAINS_TOKEN": "has word",
}


def search(call):
    body = call.json()
    limit, after = whole_number(body, "limit", DEFAULT_PAGE), whole_number(body, "after", 0)
    if not 1 <= limit <= MAX_PAGE:
        raise bad_input(f"limit must be between 1 and {MAX_PAGE}")
    if after >= MAX_RESULTS:
        raise bad_input(f"after must be below {MAX_RESULTS}")
    names = call.shown_properties(body.get("properties"))
    groups = [group.get("filters") or [] for group in body.get("filterGroups") or []]
    check_size(body, groups)
    tests = [[condition(call, each) for each in filters] for filters in groups or [[]]]
    with call.lock:
        found = [
            r.properties
            for r in call.store.visible(call.settings["search_lag_s"])
            if any(all(t(r.properties) for t in each) for each in tests)
            and has_words(r.properties, body.get("query"))
        ]
        found = sort(call.store.schema, found, body.get("sorts"))
        records = [call.store.find(properties["hs_object_id"]) for properties in found[after : after + limit]]
        results = [record.describe(names) for record in records]
    answer = {"total": len(found), "results": results}
    if after + limit < len(found):
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return json_response(200, answer)


def check_size(body, groups):
    """Raise Failure if a search asks for more than HubSpot allows."""
    if len(groups) > MAX_GROUPS:
        raise bad_input(f"There can be at most {MAX_GROUPS} filterGroups")
    if any(len(filters) > MAX_FILTERS for filters in groups):
        raise bad_input(f"There can be at most {MAX_FILTERS} filters in a group")
    if sum(map(len, groups)) > MAX_ALL_FILTERS:
        raise bad_input(f"There can be at most {MAX_ALL_FILTERS} filters")
    if len(body.get("sorts") or ()) > 1:
        raise bad_input("There can be at most one sort")
    if len(body.get("query") or "") > MAX_QUERY:
        raise bad_input(f"query must have at most {MAX_QUERY} characters")


def has_words(properties, query):
    """Whether all words of the query occur in some property, a simplification of what HubSpot searches."""
    texts = " ".join(properties.values()).lower()
    return all(word in texts for word in (query or "").lower().split())


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
    name, descending = first["propertyName"], first.get("direction") == "DESCENDING"
    return kit.in_order(found, name, descending, kind_of(schema, name))


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
    values = data.get("values") or [data.get("value")]
    return kit.condition(name, operator, values, kind_of(schema, name))


def associated(call, data):
    """The filter ``associations.contact``: records associated with the one whose id is the value."""
    target, wanted = call.type_named(data["propertyName"].partition(".")[2]), data.get("value")
    if data.get("operator") != "EQ":
        raise bad_input("associations can only be searched with the operator EQ")

    def holds(properties):
        found = call.links.of(call.object_type, properties["hs_object_id"], target)
        return any(record_id == wanted for record_id, _kinds in found)

    return holds


def kind_of(schema, name):
    """How values of that property are compared."""
    definition = schema.properties.get(name)
    return KINDS.get(definition.kind, "text") if definition else "text"
