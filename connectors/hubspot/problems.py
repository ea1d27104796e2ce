"""Reading HubSpot's error bodies, in which any part may be missing or have another type. Pure functions."""

import json
import re

VALUE_TAKEN = re.compile(r"(?:propertyName=(\w+).*?)?(\d+) already has that value", re.DOTALL)
_PROPERTY_ERRORS = re.compile(r"Property values were not valid: (\[.*\])", re.DOTALL)


def property_problems(body):
    """Return the invalid properties as ``{name, error, message}`` dicts; empty if the body names none.

    HubSpot puts this list into the message as JSON text. Violations of the account's own validation rules are in
    ``errors[]``.
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
    """Return the problem from a list that is not valid JSON, because HubSpot does not escape quotes in values."""
    name = re.search(r'"name"\s*:\s*"(\w+)"', text)
    code = re.search(r'"error"\s*:\s*"(\w+)"', text)
    return [{"name": name and name[1], "error": code and code[1], "message": text}]


def _detailed_problems(body):
    details = [(detail, property_name(detail)) for detail in dicts(body.get("errors"))]
    return [{"name": n, "error": d.get("code"), "message": d.get("message")} for d, n in details if n]


def property_name(body):
    """Return the name of the first property that an error names, or None."""
    for problem in (body, *dicts(body.get("errors"))):
        context = context_of(problem)
        names = strings(context.get("propertyName")) or strings(context.get("propertyNames"))
        if names or problem.get("in"):
            return names[0] if names else str(problem["in"])
    return None


def missing_scopes(body):
    """Return the names of the scopes that the token lacks."""
    contexts = [context_of(problem) for problem in (body, *dicts(body.get("errors")))]
    names = ("requiredGranularScopes", "missingScopes", "requiredScopes")
    return sorted({s for context in contexts for name in names for s in strings(context.get(name))})


def correlation(body):
    """Return the part of a response by which HubSpot's support can find the call."""
    return {"correlationId": body["correlationId"]} if body.get("correlationId") else {}


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
