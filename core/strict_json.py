"""Reading JSON from callers whom nobody controls: what is ambiguous is refused. Plain Python."""

import json
from typing import Any

from .problem import Problem

MAX_DEPTH = 30  # levels; the deepest request has six


def read_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object of a body.

    :raise Problem: ``invalid-json``: as :func:`read_json`, or it is no object
    """
    data = read_json(content)
    if not isinstance(data, dict):
        raise _invalid("The body is not an object.")
    return data


def read_json(content: bytes) -> Any:
    """Return the JSON value of a body.

    :raise Problem: ``invalid-json``: it is no JSON in UTF-8, has a key twice, a number that JSON does not know
        (``NaN``), a text that cannot be stored, or too many levels
    """
    try:
        text = content.decode("utf-8")
        data = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_int=_integer
        )
    except UnicodeDecodeError as error:
        raise _invalid("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise _invalid(f"{error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise _invalid("The body has too many levels.") from error
    _check(data, MAX_DEPTH)
    return data


def _unique(pairs):
    found = {}
    for key, value in pairs:
        if key in found:
            raise _invalid("A key occurs twice in one object.")
        found[key] = value
    return found


def _refuse_constant(_name):
    raise _invalid("NaN and Infinity are not JSON.")


def _integer(text):
    # Python refuses longer ones with an error of its own, and they take quadratic time.
    if len(text) > 100:
        raise _invalid("A number has too many digits.")
    return int(text)


def _check(value, levels):
    if levels < 0:
        raise _invalid("The body has too many levels.")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, each in value.items():
            _check_text(key)
            _check(each, levels - 1)
    elif isinstance(value, list):
        for each in value:
            _check(each, levels - 1)
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise _invalid("A number is too large.")


def _check_text(text: str) -> None:
    """
    :raise Problem: ``invalid-json``: PostgreSQL cannot store the text
    """
    if not is_storable(text):
        raise _invalid("A text has a NUL character or half of a character, which cannot be stored.")


def is_storable(text: str) -> bool:
    """Return whether PostgreSQL can store a text."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _invalid(detail):
    return Problem("invalid-json", detail)
