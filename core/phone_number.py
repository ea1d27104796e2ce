"""Phone numbers: the first number of a field, and what else the field has."""

import re
from typing import NamedTuple

import phonenumbers

SEPARATORS = re.compile(r"[;,/|&\n]|\b(?:or|and|of|en|ou|et|oder|und)\b", re.IGNORECASE)
EXTENSION_LENGTH = 6  # digits: longer ones are numbers


class PhoneNumber(NamedTuple):
    """A number in E.164 form, and whether the field also has other numbers or an extension."""

    number: str
    has_others: bool = False
    has_extension: bool = False


def read_phone(text, region):
    """Return the first number of a text; None if it is not valid.

    :param region: the country's code, for numbers without a country calling code; None if it is not known
    """
    whole = _parse(text, region)
    if whole and not whole.extension:
        return PhoneNumber(_e164(whole))
    parts = [part for part in SEPARATORS.split(text) if re.search(r"\d", part)]
    first = _parse(parts[0], region) if parts else None
    if first is None:
        return None
    rest = [*parts[1:], first.extension or ""]
    has_others = any(_digits(each) > EXTENSION_LENGTH for each in rest)
    return PhoneNumber(_e164(first), has_others, any(0 < _digits(each) <= EXTENSION_LENGTH for each in rest))


def _parse(text, region):
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _e164(number):
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _digits(text):
    return sum(char.isdigit() for char in text)
