"""Filters in query strings: ``filters[status][conditions][$is]=ACTIVE``."""

import re
from urllib.parse import parse_qsl

from kit.clock import epoch

from .failures import invalid_query

FILTER = re.compile(r"\[?filters\]?\[(\w+)\]\[conditions\]\[(\$\w+)\](?:\[\d*\])?")
OPERATORS = {
    "$is": lambda stored, wanted: stored == wanted[0],
    "$is_not": lambda stored, wanted: stored != wanted[0],
    "$in": lambda stored, wanted: stored in wanted,
    "$not_in": lambda stored, wanted: stored not in wanted,
    "$after": lambda stored, wanted: epoch(stored) > epoch(wanted[0]),
    "$before": lambda stored, wanted: epoch(stored) < epoch(wanted[0]),
}


def conditions(request, fields):
    """Return [(field, operator, values)] of the query string. Raises Failure for others than these fields."""
    found = {}
    for name, value in parse_qsl(request.query):
        match = FILTER.fullmatch(name)
        if match is None:
            if "filters" in name and "junction" not in name:
                raise invalid_query(f"Property .{name} is not allowed")
            continue
        if match[1] not in fields or match[2] not in OPERATORS:
            raise invalid_query(f"Property .filters.{match[1]}.{match[2]} is not allowed")
        found.setdefault((match[1], match[2]), []).append(value)
    return [(field, operator, values) for (field, operator), values in found.items()]


def matching(request, records, fields):
    """Return the records that match all conditions in the query string."""
    wanted = conditions(request, fields)
    return [
        each
        for each in records
        if all(OPERATORS[operator](each.get(field), values) for field, operator, values in wanted)
    ]
