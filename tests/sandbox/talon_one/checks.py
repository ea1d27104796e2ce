"""Checks of request bodies, attributes and arguments, with Talon.One's words."""

from urllib.parse import parse_qsl

from kit.clock import epoch

from .failures import Failure, invalid

TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}
LISTS = {"(list string)": "string", "(list number)": "number", "(list time)": "time"}


def body_of(request):
    """Return the JSON object in the body. Raises Failure."""
    try:
        data = request.json()
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Failure(400, "The request body is no JSON object")
    return data


def check(data, types, required=(), at=""):
    """Check an object of a request. Null is as if nothing was given.

    :param types: {property: name of one of ``TYPES``, or a tuple of allowed values}; others are refused
    :param at: JSON pointer to the object
    """
    for name in required:
        if data.get(name) is None:
            raise invalid("Required", f"{name} is required", f"{at}/{name}")
    for name, value in data.items():
        if name not in types:
            raise invalid("Unknown", f"{name} is not known", f"{at}/{name}")
        if value is not None:
            check_value(value, types[name], f"{at}/{name}")


def check_value(value, kind, at):
    if isinstance(kind, tuple):
        if value not in kind:
            raise invalid("enum", f"must be one of {', '.join(kind)}", at)
    elif not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise invalid("Invalid type", f"must be of type {kind}", at)


def check_list(data, name, kind, at, most=None):
    """Check a list in an object, of texts or numbers, and its length."""
    values = data.get(name) or ()
    if most is not None and len(values) > most:
        raise invalid("Too many items", f"{name} has more than {most} items", f"{at}/{name}")
    for number, value in enumerate(values):
        check_value(value, kind, f"{at}/{name}/{number}")


def given(data):
    """Return an object of a request without the properties that are null."""
    return {name: value for name, value in data.items() if value is not None}


def check_attributes(deployment, entity, values, at=""):
    """Check custom attributes: each has to be defined for the entity, and to be of its type. Null clears one."""
    defined = deployment.settings["attributes"].get(entity, {})
    for name, value in (values or {}).items():
        pointer = f"{at}/attributes/{name}"
        if name not in defined:
            details = f'The attribute "{name}" is not defined on {entity} entities.'
            raise invalid("Unknown", details, pointer)
        if value is not None and not is_of(value, defined[name]):
            raise invalid("Invalid type", f'The attribute "{name}" is of type {defined[name]}.', pointer)


def is_of(value, kind):
    """Whether the value of an attribute has its type."""
    if kind in LISTS:
        return isinstance(value, list) and all(is_of(each, LISTS[kind]) for each in value)
    if kind == "time":
        return isinstance(value, str) and moment(value) is not None
    return isinstance(value, TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")


def merge_attributes(stored, values):
    """Set attributes one by one. Null clears one."""
    stored.update(values or {})
    for name in [name for name, value in stored.items() if value is None]:
        del stored[name]


def moment(text):
    """Return an RFC 3339 time as epoch seconds; None if it is none. It has a timezone."""
    try:
        return epoch(text) if "T" in text and (text[-1] in "Zz" or "+" in text or "-" in text[11:]) else None
    except ValueError:
        return None


# --- arguments of the URL ---


def flag(request, name, default=False):
    """Return a boolean argument."""
    text = request.arguments().get(name)
    if text not in (None, "true", "false"):
        raise invalid("Invalid type", f"{name} must be true or false", parameter=name)
    return default if text is None else text == "true"


def choice(request, name, values, default=None):
    text = request.arguments().get(name, default)
    if text is not None and text not in values:
        raise invalid("enum", f"{name} must be one of {', '.join(values)}", parameter=name)
    return text


def every(request, name):
    """Return all values of an argument that may be repeated."""
    return [value for key, value in parse_qsl(request.query, keep_blank_values=True) if key == name]


def time_argument(request, name):
    """Return a time as epoch seconds, None if it is not given. A date alone is its midnight, in UTC."""
    text = request.arguments().get(name)
    if text is None:
        return None
    at = moment(text.replace(" ", "+"))
    if at is None and len(text) == 10:
        at = moment(f"{text}T00:00:00Z")
    if at is None:
        raise invalid("Invalid format", f"{name} must be an RFC3339 timestamp", parameter=name)
    return at


def page(request, found, most=1000, default=50):
    """Return ``{hasMore, data}``: the part of a list that ``pageSize`` and ``skip`` ask for."""
    size, skip = whole(request, "pageSize", default), whole(request, "skip", 0)
    if not 1 <= size <= most:
        raise invalid("Out of range", f"pageSize must be from 1 to {most}", parameter="pageSize")
    return {"hasMore": len(found) > skip + size, "data": found[skip : skip + size]}


def whole(request, name, default):
    text = request.arguments().get(name, str(default))
    if not text.isdecimal():
        raise invalid("Invalid type", f"{name} must be a whole number", parameter=name)
    return int(text)
