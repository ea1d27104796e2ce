"""What of a change of the API breaks its callers: the endpoints now, beside the golden files that were committed.

Requests may become more lenient, and answers may say more. Plain Python, on JSON Schemas.
"""

import json
from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "tests" / "fixtures" / "api"
# What callers and validators do not depend on.
TEXTS = {"title", "description", "example", "examples"}
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
SAME = ("type", "pattern", "format", "const")
NULL = {"type": "null"}


def contracts(description):
    """Return ``{operation: what its callers depend on}`` of an OpenAPI description, with all schemas in full."""
    found = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            found[operation["operationId"]] = {
                "method": method.upper(),
                "path": path,
                "security": operation["security"],
                "parameters": {
                    f"{each['in']} {each['name']}": {
                        "required": each.get("required", False),
                        "schema": _in_full(each["schema"], description),
                    }
                    for each in operation["parameters"]
                },
                "request": _content(operation.get("requestBody"), description),
                "responses": {
                    status: _content(response, description)
                    for status, response in sorted(operation["responses"].items())
                },
            }
    return found


def _content(holder, description):
    """Return ``{media type: schema}`` of a request body or a response."""
    content = (holder or {}).get("content", {})
    return {kind: _in_full(each["schema"], description) for kind, each in content.items()}


def _in_full(schema, description):
    """Return a schema without texts, and with what it refers to in its place."""
    if isinstance(schema, list):
        return [_in_full(each, description) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _in_full(description["components"]["schemas"][name], description)
    return {
        name: {key: _in_full(each, description) for key, each in value.items()}
        if name == "properties"
        else _in_full(value, description)
        for name, value in schema.items()
        if name not in TEXTS
    }


def golden():
    """Return the contracts that were committed, as :func:`contracts`."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in GOLDEN.glob("*.json")}


def write(found):
    """Write the golden files."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for operation, contract in found.items():
        text = json.dumps(contract, indent=1, sort_keys=True, ensure_ascii=False)
        (GOLDEN / f"{operation}.json").write_text(text + "\n", encoding="utf-8")


# -- comparing -------------------------------------------------------------------------------------


def breaks(old, new):
    """Return what breaks callers if contracts change: sentences, none if the change is compatible."""
    found = []
    for operation, contract in old.items():
        if operation in new:
            found += [f"{operation}: {each}" for each in _breaks_of(contract, new[operation])]
        else:
            found.append(f"{operation}: the endpoint is gone")
    return found


def _breaks_of(old, new):
    for name in ("method", "path", "security"):
        if old[name] != new[name]:
            yield f"{name} has changed"
    yield from _parameters(old["parameters"], new["parameters"])
    yield from _media(old["request"], new["request"], "request", is_request=True)
    yield from _responses(old["responses"], new["responses"])


def _parameters(old, new):
    for name, parameter in old.items():
        if name in new:
            yield from _schema(parameter["schema"], new[name]["schema"], f"{name}: ", is_request=True)
        else:
            yield f"{name} is gone"
    for name, parameter in new.items():
        if parameter["required"] and not old.get(name, {}).get("required"):
            yield f"{name} is required"


def _responses(old, new):
    for status, media in old.items():
        if status in new:
            yield from _media(media, new[status], f"response {status}", is_request=False)
        else:
            yield f"response {status} is gone"
    # Callers have to expect any error, but they do not know another way to succeed.
    yield from (f"response {status} is new" for status in new if status not in old and status < "400")


def _media(old, new, place, is_request):
    for kind, schema in old.items():
        if kind in new:
            yield from _schema(schema, new[kind], f"{place}: ", is_request)
        else:
            yield f"{place}: {kind} is gone"
    if is_request and new and not old:
        yield f"{place}: there is content now"


def _schema(old, new, place, is_request):
    """Yield what breaks if a schema changes: each value that was valid in a request still is, and vice versa."""
    before, after = _choices(old), _choices(new)
    accepted, allowed = (after, before) if is_request else (before, after)
    for choice in allowed:
        problems = [
            [*_one(*((choice, each) if is_request else (each, choice)), place, is_request)]
            for each in accepted
        ]
        if all(problems):
            yield from min(problems, key=len)


def _choices(schema):
    return schema.get("anyOf") or schema.get("oneOf") or [schema]


def _one(old, new, place, is_request):
    for name in SAME:
        if old.get(name) != new.get(name) and not (is_request and name not in new):
            yield f"{place}{name} is {new.get(name)}, was {old.get(name)}"
    gone = [each for each in old.get("enum", ()) if each not in new.get("enum", (each,))]
    if gone or ("enum" in new and "enum" not in old):
        yield f"{place}values are gone: {gone}"
    if is_request:
        yield from _bounds(old, new, place)
    yield from _properties(old, new, place, is_request)
    for name in ("items", "additionalProperties"):
        if isinstance(old.get(name), dict) and isinstance(new.get(name), dict):
            yield from _schema(old[name], new[name], f"{place}{name} ", is_request)


def _bounds(old, new, place):
    for names, is_narrower in ((LOWER, float.__gt__), (UPPER, float.__lt__)):
        for name in names:
            if name in new and (name not in old or is_narrower(float(new[name]), float(old[name]))):
                yield f"{place}{name} is {new[name]}, was {old.get(name)}"
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield f"{place}unknown fields are refused"


def _properties(old, new, place, is_request):
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name in after:
            yield from _schema(schema, after[name], f"{place}{name}: ", is_request)
        else:
            yield f"{place}{name} is gone"
    was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
    if is_request:
        yield from (f"{place}{name} is required" for name in sorted(is_required - was_required))
        yield from (
            f"{place}{name} has another default"
            for name in sorted(before.keys() & after.keys())
            if before[name].get("default") != after[name].get("default")
        )
    else:
        kept = was_required & after.keys()
        yield from (f"{place}{name} may be missing" for name in sorted(kept - is_required))
