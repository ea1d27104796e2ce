"""The property values that HubSpot accepts, and how it normalises them."""

import re
from datetime import datetime

from .failures import invalid_values, problem

# No dot at an end of the local part or beside another one, and no empty label.
EMAIL = re.compile(r"[^@\s.,;<>()\"]+(\.[^@\s.,;<>()\"]+)*@([^@\s.,;<>()\"]+\.)+[^@\s.,;<>()\"]{2,}")
# Zero-width and other format characters, variation selectors, and letters and symbols that are blank.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0]"
)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
INTEGER = re.compile(r"-?\d+")
DAY_MS = 86_400_000
MAX_LENGTH = 65_536


def clean(schema, properties, *, strict, any_time):
    """Return the properties as they are stored. Raises Failure with all invalid ones.

    :param strict: values must be JSON strings; otherwise numbers and booleans are converted to strings
    :param any_time: a date may have a time of day, as it may since version 2026-09
    """
    checkers = ANY_TIME_CHECKERS if any_time else CHECKERS
    plain, result, problems = schema.plain, properties, []
    for name, value in properties.items():
        if name in plain and type(value) is str and len(value) <= MAX_LENGTH:
            continue
        accepted, reason = check(schema, name, value, strict, checkers)
        if reason is not None:
            problems.append(reason)
        elif accepted is not value:
            result = dict(properties) if result is properties else result
            result[name] = accepted
    if problems:
        raise invalid_values(problems)
    return result


def check(schema, name, value, strict, checkers):
    """(the value as stored, None) or (None, the problem)."""
    definition = schema.properties.get(name)
    if definition is None:
        return None, problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if definition.read_only:
        return None, problem(
            name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
        )
    if not isinstance(value, str):
        if strict or not isinstance(value, int | float):
            return None, problem(name, "INVALID_STRING", f"the value of {name} must be a string")
        value = str(value).lower() if isinstance(value, bool) else str(value)
    if len(value) > MAX_LENGTH:
        message = f"The value of {name} is too long: the maximum length is {MAX_LENGTH}"
        return None, problem(name, "VALUE_TOO_LONG", message)
    if name == "email":
        return check_email(value)
    checker = checkers.get(definition.kind)
    if value == "" or checker is None:
        return value, None
    reason = checker(definition, value)
    return (value, None) if reason is None else (None, reason)


def check_email(value):
    value = value.strip(" \t\r\n").lower()
    if value and (not EMAIL.fullmatch(value) or INVISIBLE.search(value)):
        return None, problem("email", "INVALID_EMAIL", f"Email address {value} is invalid")
    return value, None


def check_number(definition, value):
    if NUMBER.fullmatch(value):
        return None
    return problem(definition.name, "INVALID_NUMBER", f"{value} was not a valid number.")


def check_option(definition, value):
    options = definition.options or ("true", "false")
    chosen = value.split(";") if definition.field == "checkbox" else [value]
    if all(each in options for each in chosen if each):
        return None
    listed = ", ".join(options)
    return problem(
        definition.name, "INVALID_OPTION", f"{value} was not one of the allowed options: [{listed}]"
    )


def check_datetime(definition, value):
    if INTEGER.fullmatch(value) or is_iso(value):
        return None
    return problem(definition.name, "INVALID_LONG", f"{value} was not a valid long.")


def check_date(definition, value):
    """``YYYY-MM-DD``, or milliseconds since the epoch at midnight UTC."""
    if INTEGER.fullmatch(value):
        if int(value) % DAY_MS == 0:
            return None
        return problem(definition.name, "INVALID_DATE", f"{value} is not at midnight!")
    if len(value) == 10 and is_iso(value):
        return None
    return problem(definition.name, "INVALID_LONG", f"{value} was not a valid long.")


def is_iso(value):
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


CHECKERS = {
    "number": check_number,
    "enumeration": check_option,
    "bool": check_option,
    "date": check_date,
    "datetime": check_datetime,
}
ANY_TIME_CHECKERS = {**CHECKERS, "date": check_datetime}
