"""Checks of request bodies and query strings, with Voucherify's words."""

import json

from kit.wire import FORM

from .failures import Failure, TooLarge, invalid_payload, invalid_query

MOST_BYTES = 10_485_760
TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


def check_content_type(request):
    """Raise the 415 for a body that is neither JSON nor a form."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    if request.body and kind not in ("application/json", FORM):
        raise Failure(415, None, "Unsupported Media Type", f"{kind or 'No content type'} is not supported")


def body_of(request, kind=dict, optional=False):
    """Return the JSON body. Raises Failure if it is not of this kind."""
    if len(request.body) > MOST_BYTES:
        raise TooLarge(MOST_BYTES)
    if optional and not request.body:
        return kind()
    try:
        data = json.loads(request.body)
    except ValueError:
        data = None
    if not isinstance(data, kind):
        raise invalid_payload(f"Payload must be {'an object' if kind is dict else 'an array'}")
    return data


def check(data, types, required=(), at="", closed=False):
    """Check an object of a request.

    :param types: {property: name of one of ``TYPES``, or a tuple of allowed values}. Null is allowed unless the
        property is required
    :param at: where the object is in the body
    :param closed: whether other properties are refused
    """
    for name in required:
        if data.get(name) is None:
            raise invalid_payload(f"Property {at or '.'} should have required property '{name}'")
    if closed:
        for name in data.keys() - types.keys():
            raise invalid_payload(f"Property {at}.{name} is not allowed")
    for name, kind in types.items():
        if data.get(name) is not None:
            check_value(data[name], kind, f"{at}.{name}")


def check_value(value, kind, at):
    if isinstance(kind, tuple):
        if value not in kind:
            raise invalid_payload(f"Property {at} should be equal to one of the allowed values")
    elif not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise invalid_payload(f"Property {at} should be {kind}")


def whole_number(arguments, name, default, most):
    """Return a number from 1 to ``most`` in the query string."""
    text = arguments.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise invalid_query(f"Property .{name} should be an integer between 1 and {most}")
    return int(text)
