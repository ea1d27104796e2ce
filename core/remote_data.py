"""Sanitizing data from remotes before it is stored. Pure functions.

PostgreSQL cannot store NUL or lone surrogates, cannot index long texts, and limits numbers and dates. A remote may send
any of these, anywhere, and millions of them: what is kept is cut first, so that all later work on it is bounded.
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
MAX_ENTRIES = 200  # of lists and dicts within a response, all together
MAX_CHARACTERS = 20_000  # of texts and keys within a response, all together
MAX_COUNT = 2**31 - 1
MAX_SECONDS = 366 * 86_400.0

CUT = "…"  # stands for what was left out

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CONTAINERS = (Mapping, list, tuple)


def storable(text: str) -> str:
    """Return a text with the characters replaced that PostgreSQL cannot store."""
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def short(value: Any, limit: int) -> str | None:
    """Return a value as a storable text of at most ``limit`` characters; None for None."""
    if value is None:
        return None
    # As a text, a large list would take long, and a deep one would fail.
    return storable(str(values(value) if isinstance(value, _CONTAINERS) else value)[:limit])


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


def values(data: Any, entries: int = MAX_ENTRIES, characters: int = MAX_CHARACTERS) -> Any:
    """Return JSON data that PostgreSQL can store: numbers are finite, the size is limited, "…" is for what is left out.

    :param entries: the number of entries of all lists and dicts that are kept
    :param characters: the number of characters of all texts and keys that are kept
    """
    return _Gate(entries, characters).keep(data, MAX_DEPTH)


def fits(data: Any, entries: int, characters: int) -> bool:
    """Return whether :func:`values` leaves nothing out."""
    gate = _Gate(entries, characters)
    gate.keep(data, MAX_DEPTH)
    return not gate.is_cut


def storable_texts(data: Any) -> Any:
    """Return JSON data with the characters replaced that PostgreSQL cannot store."""
    if isinstance(data, str):
        return storable(data)
    if isinstance(data, dict):
        return {storable(key): storable_texts(value) for key, value in data.items()}
    return [storable_texts(each) for each in data] if isinstance(data, list) else data


class _Gate:
    def __init__(self, entries, characters):
        self.entries = entries
        self.characters = characters
        self.is_cut = False

    def keep(self, data, depth):
        if isinstance(data, str):
            return self._text(data, MAX_VALUE)
        if isinstance(data, _CONTAINERS):
            return self._nested(data, depth - 1) if depth else self._cut()
        if isinstance(data, float) and not math.isfinite(data):
            return None
        if isinstance(data, int) and abs(data) >= 2**63:
            return None
        return (
            data if data is None or isinstance(data, (bool, int, float)) else self._text(str(data), MAX_VALUE)
        )

    def _cut(self):
        self.is_cut = True
        return CUT

    def _text(self, text, limit):
        limit = min(limit, max(self.characters, 0))
        self.characters -= min(len(text), limit)
        return storable(text if len(text) <= limit else text[:limit] + self._cut())

    def _nested(self, data, depth):
        return self._dict(data, depth) if isinstance(data, Mapping) else self._list(data, depth)

    def _dict(self, data, depth):
        kept = {}
        for key, value in data.items():
            if not self._takes_one_more():
                kept[CUT] = self._cut()
                break
            name = self._text(str(key), MAX_NAME)  # before its value, which may use up what is left
            kept[name] = self.keep(value, depth)
        return kept

    def _list(self, data, depth):
        kept = []
        for each in data:
            if not self._takes_one_more():
                kept.append(self._cut())
                break
            kept.append(self.keep(each, depth))
        return kept

    def _takes_one_more(self):
        self.entries -= 1
        return self.entries >= 0 and self.characters > 0
