"""Conditions on the values of records, and their order, as search APIs and query languages have them."""

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
    """A function that tells of a record's properties whether they meet it.

    ``operator``: one of ``OPERATORS``; ``kind``: what the values are, one of ``COMPARABLE``.
    """
    key, compare = COMPARABLE[kind], OPERATORS[operator]
    wanted = [key(value) for value in values]

    def holds(properties):
        stored = properties.get(name)
        return compare(None if stored is None else key(stored), wanted)

    return holds


def in_order(found, name, descending=False, kind="text"):
    """A list of properties, sorted by one of them."""
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
    """Milliseconds since the epoch, of an ISO time or of such a number."""
    try:
        return datetime.fromisoformat(str(value)).timestamp() * 1000
    except ValueError:
        return number(value)


# Kinds of values, and what makes those of a kind comparable. Text is compared in lower case.
COMPARABLE = {"text": text, "number": number, "moment": moment}
