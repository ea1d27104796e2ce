"""Masking of the secrets that a connector has, by their values, wherever a remote may quote them. Plain Python."""

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

from .escapes import decode, decode_quoted_printable, plain
from .redaction import MASK

MIN_LENGTH = 3  # what is shorter would be found in any text
MIN_LENGTH_WITHIN = 8  # what is shorter is masked only as a word of its own
MIN_BASE64 = 8
PREFIX = re.compile(r"whsec_")  # what follows is the secret in base64, which some quote alone


class KnownSecrets:
    """Finds secrets as they are, in base64 (also as a part of what was encoded), and escaped in any way."""

    def __init__(self, values: Iterable[str] = ()):
        self._values = {value.strip() for value in values if value and len(value.strip()) >= MIN_LENGTH}

    def occur_in(self, text: str) -> bool:
        """Return whether a text may have one of the secrets. It is much faster than to mask each part of it."""
        return bool(self._values) and any(self._is_in(read(text)) for read in READINGS)

    def mask(self, data: Any) -> Any:
        """Return a copy of JSON data, or of a text, with all secrets masked; also in the keys."""
        if not self._values:
            return data
        if isinstance(data, str):
            return self._mask_text(data)
        if isinstance(data, dict):
            return {self.mask(key): self.mask(value) for key, value in data.items()}
        return [self.mask(each) for each in data] if isinstance(data, (list, tuple)) else data

    @cached_property
    def longest(self) -> int:
        """The number of characters of the longest form, 0 if there are no secrets."""
        return max(map(len, self._forms), default=0)

    def _mask_text(self, text):
        for read in READINGS:
            found = read(text)
            if found is None:
                return MASK
            if self._is_in(found):
                masked = self._pattern.sub(MASK, found)
                text = text if masked == found else masked
        return text

    def _is_in(self, text):
        if text is None:
            return True
        lower = text.lower()
        return any(form in lower for form in self._forms)

    @cached_property
    def _forms(self):
        return {form.lower() for value in self._values for form in _forms(value)}

    @cached_property
    def _pattern(self):
        longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
        return re.compile("|".join(map(_pattern_of, longest_first)), re.IGNORECASE)


def _unescaped(text):
    found = decode(text)
    return found and plain(found)


def _unquoted(text):
    found = decode_quoted_printable(text)
    return found and plain(found)


READINGS: Sequence[Callable[[str], str | None]] = (str, _unescaped, _unquoted)


def _pattern_of(form):
    pattern = re.escape(form)
    return pattern if len(form) >= MIN_LENGTH_WITHIN else rf"(?<!\w){pattern}(?!\w)"


def _forms(value: str) -> Iterator[str]:
    """Yield how a secret may be quoted. What is escaped in another way is found once its text is decoded."""
    yield value
    yield from (quote(value, safe=""), quote(value), quote_plus(value), html.escape(value))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield decode(value) or value
    yield plain(value)
    yield from _in_base64(value.encode(errors="replace"))
    without_prefix = PREFIX.sub("", value)
    if len(without_prefix) >= MIN_LENGTH_WITHIN:
        yield without_prefix


def _in_base64(value: bytes) -> Iterator[str]:
    """Yield the characters that a value has in base64 wherever it begins, such as in ``user:password``."""
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + value).decode().rstrip("=")
        # The first and the last character may depend on what stands beside the value.
        first = (0, 2, 3)[offset]
        last = len(encoded) - (1 if (offset + len(value)) % 3 else 0)
        part = encoded[first:last]
        if len(part) >= MIN_BASE64:
            yield part
            yield part.replace("+", "-").replace("/", "_")
