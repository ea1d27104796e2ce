"""Filters and sorting of records, for search APIs and query languages."""

from datetime import datetime

OPERATORS = {
    "=": lambda stored, wanted: stored == wanted[0],
    "!=": lambda stored, wanted: stored != wanted[0],
    "<": lambda stored, wanted: stored is not None and stored < wanted[0],
    "<=": lambda stored, wanted: stored is not None and stored <= wanted[0],
    ">": lambda stored, wanted: stored is not None and stored > wanted[0],
    ">=": lambda stored, wanted: stored is not None and stored >= wanted[0],
    "in": lambda stored, wanted: stored in wanted,
    "not in": lambda stored, wanted: stored not in wanted,
    "is set": lambda stored, wanted: stored is not None,
    "is not set": lambda stored, wanted: stored is None,
    "has word": lambda stored, wanted: stored is not None and wanted[0].strip("*") in stored,
}


def condition(name, operator, values, kind="text"):
    """Return a function that takes a record's properties, and returns whether they match.

    :param operator: one of ``OPERATORS``
    :param kind: the type of the values, one of ``COMPARABLE``
    """
    key, compare = COMPARABLE[kind], OPERATORS[operator]
    wanted = [key(value) for value in values]

    def holds(properties):
        stored = properties.get(name)
        return compare(None if stored is None else key(stored), wanted)

    return holds


def in_order(found, name, descending=False, kind="text"):
    """Return a list of records' properties, sorted by one property."""
    key = COMPARABLE[kind]
    return sorted(found, key=lambda properties: key(properties.get(name)), reverse=descending)


def text(value):
    return "" if value is None else str(value).lower()


def number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("-inf")


def moment(value):
    """Return an ISO time, or a number of milliseconds since the epoch, as such a number."""
    try:
        return datetime.fromisoformat(str(value)).timestamp() * 1000
    except ValueError:
        return number(value)


# Types of values, and the function that makes them comparable. Text is compared in lower case.
COMPARABLE = {"text": text, "number": number, "moment": moment}
