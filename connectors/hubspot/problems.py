"""Reading HubSpot's error bodies, any part of which may be missing or of another type. Pure functions."""

import json
import re

VALUE_TAKEN = re.compile(r"(?:propertyName=(\w+).*?)?(\d+) already has that value", re.DOTALL)
_PROPERTY_ERRORS = re.compile(r"Property values were not valid: (\[.*\])", re.DOTALL)


def property_problems(body):
    """Return what is wrong with which property, as ``{name, error, message}`` dicts; empty if it is not told.

    HubSpot puts this list, as JSON text, into the message; what the rules of the account's admin ask for is
    in ``errors[]``.
    """
    message = str(body.get("message") or "")
    taken = VALUE_TAKEN.search(message)
    if taken:
        return [{"name": taken[1], "error": "UNIQUE_VALUE_TAKEN", "message": message}]
    found = _PROPERTY_ERRORS.search(message)
    if not found:
        return _detailed_problems(body)
    try:
        return dicts(json.loads(found[1]))
    except ValueError:
        return _broken_problem(found[1])


def _broken_problem(text):
    """Values with quotes in them break the JSON text."""
    name = re.search(r'"name"\s*:\s*"(\w+)"', text)
    code = re.search(r'"error"\s*:\s*"(\w+)"', text)
    return [{"name": name and name[1], "error": code and code[1], "message": text}]


def _detailed_problems(body):
    details = [(detail, property_name(detail)) for detail in dicts(body.get("errors"))]
    return [{"name": n, "error": d.get("code"), "message": d.get("message")} for d, n in details if n]


def property_name(body):
    """Return the name of the first property that an error is about, or None."""
    for problem in (body, *dicts(body.get("errors"))):
        context = context_of(problem)
        names = strings(context.get("propertyName")) or strings(context.get("propertyNames"))
        if names or problem.get("in"):
            return names[0] if names else str(problem["in"])
    return None


def missing_scopes(body):
    """Return the names of the scopes that the call would need."""
    contexts = [context_of(problem) for problem in (body, *dicts(body.get("errors")))]
    names = ("requiredGranularScopes", "missingScopes", "requiredScopes")
    return sorted({s for context in contexts for name in names for s in strings(context.get(name))})


def correlation(body):
    """Return the part of an answer by which HubSpot's support finds the call."""
    return {"correlationId": body["correlationId"]} if body.get("correlationId") else {}


def context_of(problem):
    """Return the context of an error: which items, ids or properties it is about."""
    context = problem.get("context")
    return context if isinstance(context, dict) else {}


def dicts(value):
    """Return the dicts of a list; nothing if it is not a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def strings(value):
    """Return the strings of a list, or of a single value."""
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and item]
