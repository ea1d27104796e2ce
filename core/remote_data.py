"""Sanitizing data from remotes before it is stored. Pure functions.

PostgreSQL cannot store NUL or lone surrogates, cannot index long texts, and limits numbers and dates. A remote may send
any of these, anywhere.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

MAX_CODE = 100  # characters
MAX_NAME = 200
MAX_ID = 255
MAX_MESSAGE = 2_000
MAX_VALUE = 10_000  # of a text within a response
MAX_DEPTH = 20
MAX_COUNT = 2**31 - 1
MAX_SECONDS = 366 * 86_400.0

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """Return a text with the characters replaced that PostgreSQL cannot store."""
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def short(value: Any, limit: int) -> str | None:
    """Return a value as a storable text of at most ``limit`` characters; None for None."""
    return None if value is None else storable(str(value)[:limit])


def is_id(value: Any) -> bool:
    """Return whether a value can be stored as a remote id. (Ids are not shortened: that could be another record's.)"""
    return isinstance(value, str) and 0 < len(value) <= MAX_ID and not _UNSTORABLE.search(value)


def count(value: Any) -> int | None:
    """Return a number of calls or seconds, from a header for example; None if it is not a natural number."""
    text = str(value if value is not None else "").strip()
    if not (text.isascii() and text.isdecimal()):
        return None
    return min(int(text), MAX_COUNT) if len(text) <= 10 else MAX_COUNT


def seconds(value: Any) -> float | None:
    """Return a duration between 0 and a year; None if the value is no duration."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return MAX_SECONDS if value > 0 else 0.0
    return None if math.isnan(number) else min(max(number, 0.0), MAX_SECONDS)


def values(data: Any, depth: int = MAX_DEPTH) -> Any:
    """Return JSON data that PostgreSQL can store: texts are shortened, numbers finite, nesting limited."""
    if isinstance(data, str):
        return storable(data[:MAX_VALUE])
    if isinstance(data, (Mapping, list, tuple)):
        return _nested(data, depth - 1) if depth else "…"
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, int) and abs(data) >= 2**63:
        return None
    return data if data is None or isinstance(data, (bool, int, float)) else short(data, MAX_VALUE)


def storable_texts(data: Any) -> Any:
    """Return JSON data with the characters replaced that PostgreSQL cannot store."""
    if isinstance(data, str):
        return storable(data)
    if isinstance(data, dict):
        return {storable(key): storable_texts(value) for key, value in data.items()}
    return [storable_texts(each) for each in data] if isinstance(data, list) else data


def _nested(data, depth):
    if isinstance(data, Mapping):
        return {short(key, MAX_NAME): values(value, depth) for key, value in data.items()}
    return [values(each, depth) for each in data]
