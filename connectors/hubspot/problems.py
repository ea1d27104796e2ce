"""Reading HubSpot's error bodies, in which any part may be missing or have another type. Pure functions."""

import json
import re
from itertools import islice

from ...core import remote_data

MAX_TEXT = 100_000  # characters of a message that are read: it lists the problems of a whole batch
MAX_PROBLEMS = 200  # of one error, that are looked at
# Each is linear, however long the message: what repeats has a bound, or cannot start within itself.
_TAKEN = re.compile(r"(?<!\d)(\d{1,20}) already has that value")
_TAKEN_PROPERTY = re.compile(r"propertyName=(\w{1,100})")
_PROPERTY_ERRORS = "Property values were not valid: "


def property_problems(body):
    """Return the invalid properties as ``{name, error, message}`` dicts; empty if the body names none.

    HubSpot puts this list into the message as JSON text. Violations of the account's own validation rules are in
    ``errors[]``.
    """
    message = text(body, "message")
    taken = value_taken(message)
    if taken:
        return [{"name": taken[0], "error": "UNIQUE_VALUE_TAKEN", "message": message}]
    rest = message.partition(_PROPERTY_ERRORS)[2]
    listed = rest[: rest.rfind("]") + 1]
    if not listed.startswith("["):
        return _detailed_problems(body)
    try:
        return dicts(json.loads(listed))[:MAX_PROBLEMS]
    except (ValueError, RecursionError):
        return _broken_problem(listed)


def text(problem, *names):
    """Return what is under the first of these names that has a value, as a text; a very long one is cut."""
    found = next((problem[name] for name in names if problem.get(name)), "")
    return remote_data.short(found, MAX_TEXT)


def value_taken(message):
    """Return (property or None, id of the record that has its value), if that is what a message says; else None."""
    taken = _TAKEN.search(message)
    if not taken:
        return None
    name = _TAKEN_PROPERTY.search(message, 0, taken.start())
    return name and name[1], taken[1]


def _broken_problem(listed):
    """Return the problem from a list that is not valid JSON, because HubSpot does not escape quotes in values."""
    name = re.search(r'"name"\s{0,50}:\s{0,50}"(\w{1,200})"', listed)
    code = re.search(r'"error"\s{0,50}:\s{0,50}"(\w{1,200})"', listed)
    return [{"name": name and name[1], "error": code and code[1], "message": listed}]


def _detailed_problems(body):
    details = [(detail, property_name(detail)) for detail in _problems(body)]
    return [{"name": n, "error": d.get("code"), "message": d.get("message")} for d, n in details if n]


def property_name(body):
    """Return the name of the first property that an error names, or None."""
    for problem in (body, *_problems(body)):
        context = context_of(problem)
        names = strings(context.get("propertyName")) or strings(context.get("propertyNames"))
        if names or problem.get("in"):
            return names[0] if names else text(problem, "in")
    return None


def missing_scopes(body):
    """Return the names of the scopes that the token lacks, without those that are no names."""
    contexts = [context_of(problem) for problem in (body, *_problems(body))]
    names = ("requiredGranularScopes", "missingScopes", "requiredScopes")
    scopes = (s for context in contexts for name in names for s in strings(context.get(name)))
    return sorted({s for s in islice(scopes, MAX_PROBLEMS) if len(s) <= remote_data.MAX_NAME})


def correlation(body):
    """Return the part of a response by which HubSpot's support can find the call."""
    found = body.get("correlationId")
    is_id = found and isinstance(found, (str, int))
    return {"correlationId": remote_data.short(found, remote_data.MAX_NAME)} if is_id else {}


def _problems(body):
    """Return the problems that an error consists of; not for a list with an entry for each item of a batch."""
    errors = body.get("errors")
    return dicts(errors[:MAX_PROBLEMS]) if isinstance(errors, list) else []


def context_of(problem):
    """Return the context of an error: the items, ids or properties that it names."""
    context = problem.get("context")
    return context if isinstance(context, dict) else {}


def dicts(value):
    """Return the dicts in a list; an empty list for any other value."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def strings(value):
    """Return the non-empty strings in a list, or a single string as a list."""
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and item]
