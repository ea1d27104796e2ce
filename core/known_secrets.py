"""Masking of the secrets that a connector has, by their values, wherever a remote may quote them. Plain Python."""

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from .escapes import decode, decode_quoted_printable, plain
from .redaction import MASK

MIN_LENGTH = 3  # what is shorter would be found in any text
MIN_LENGTH_WITHIN = 8  # what is shorter is masked only as a word of its own
MIN_LENGTH_IN_PARTS = 16  # what is shorter is masked only as a whole
MIN_BASE64 = 8
MAX_TEXTS = 10_000  # that are masked in one go
MAX_DEPTH = 100
PREFIX = re.compile(r"whsec_")  # what follows is the secret in base64, which some quote alone

WINDOW = 10  # the shortest part of a secret that is masked
# To look at each place of a text would be slow. A window holds one in STEP places, with GRAM characters from there.
STEP = 5
GRAM = WINDOW - STEP + 1
MIN_DISTINCT = 4  # other windows, such as dashes, are found in any text
# Blanks and line breaks, as in base64 of several lines; also as they are escaped in JSON.
_GAP = re.compile(r"\s+|\\{1,8}[nrt]")


@lru_cache(maxsize=64)
def known_secrets(values: frozenset[str]) -> "KnownSecrets":
    """Return the :class:`KnownSecrets` of these values. It is kept: to prepare it takes as long as some calls."""
    return KnownSecrets(values)


class KnownSecrets:
    """Finds secrets as they are, in base64 (also as a part of what was encoded), in hexadecimal, and escaped in any
    way; with blanks and line breaks within them; and of long secrets also parts."""

    def __init__(self, values: Iterable[str] = ()):
        self._values = {value.strip() for value in values if value and len(value.strip()) >= MIN_LENGTH}

    def occur_in(self, text: str) -> bool:
        """Return whether a text may have one of the secrets. It is much faster than to mask each part of it."""
        return bool(self._values) and any(map(self._is_in, {read(text) for read in READINGS}))

    def are_quoted_in(self, text: str) -> bool:
        """As :meth:`occur_in`, only faster: without those that are escaped or disguised. For long texts."""
        lower = _lower(text)
        return any(form in lower for form in self._forms)

    def mask(self, data: Any) -> Any:
        """Return a copy of JSON data, or of a text, with all secrets masked; also in the keys.

        What is beyond ``MAX_TEXTS`` different texts, or nested more than ``MAX_DEPTH`` levels, is masked unseen.
        """
        return _Masking(self._mask_text).mask(data) if self._values else data

    def mask_all(self, data: Any) -> Any:
        """As :meth:`mask`; None if that had to mask something unseen."""
        masking = _Masking(self._mask_text)
        masked = masking.mask(data) if self._values else data
        return None if masking.is_cut else masked

    @cached_property
    def longest(self) -> int:
        """The number of characters at the end of a shortened text in which a secret would not be recognized."""
        short = (len(form) for value in self._values - self._long for form in _forms(value))
        return max(short, default=WINDOW - 1 if self._long else 0)

    def _mask_text(self, text):
        for read in READINGS:
            found = read(text)
            if found is None:
                return MASK
            if spans := self._spans(found):
                text = _masked(found, spans)
        return text

    def _is_in(self, text):
        return text is None or bool(self._spans(text))

    def _spans(self, text):
        """Return where the secrets are: pairs of the first place and the one after the last, in no order."""
        text = _lower(text)
        joined = _joined(text)
        found = [*self._wholes_in(joined), *self._parts_in(joined)]
        if len(joined) == len(text):
            return found
        places = list(_places_of_joined(text)) if found else ()
        return [*self._wholes_in(text), *((places[start], places[end - 1] + 1) for start, end in found)]

    def _wholes_in(self, text):
        is_in = any(form in text for form in self._forms)
        return (match.span() for match in self._pattern.finditer(text)) if is_in else ()

    def _parts_in(self, text):
        if not any(block in text for block in self._blocks):
            return
        grams, windows = self._grams, self._windows
        hits = [at for at in range(0, len(text), STEP) if text[at : at + GRAM] in grams]
        for hit in hits:
            for start in range(max(hit - STEP + 1, 0), hit + 1):
                if text[start : start + WINDOW] in windows:
                    yield start, start + WINDOW

    @cached_property
    def _long(self):
        return {value for value in self._values if len(value) >= MIN_LENGTH_IN_PARTS}

    @cached_property
    def _forms(self):
        forms = {_lower(form) for value in self._values for form in _forms(value)}
        joined = {_joined(form) for form in forms}
        return forms | {form for form in joined if len(form) >= MIN_LENGTH}

    @cached_property
    def _pattern(self):
        longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
        return re.compile("|".join(map(_pattern_of, longest_first)))

    @cached_property
    def _long_forms(self):
        return {_joined(_lower(form)) for value in self._long for form in _encoded(value)}

    @cached_property
    def _windows(self):
        windows = {
            form[at : at + WINDOW] for form in self._long_forms for at in range(len(form) - WINDOW + 1)
        }
        return {window for window in windows if len(set(window)) >= MIN_DISTINCT}

    @cached_property
    def _blocks(self):
        """A few texts of which one is in each window: most responses have none of them, which is found out at once."""
        return {
            form[at : at + GRAM] for form in self._long_forms for at in range(0, len(form) - GRAM + 1, STEP)
        }

    @cached_property
    def _grams(self):
        return {window[at : at + GRAM] for window in self._windows for at in range(STEP)}


def _masked(text, spans):
    masked, end = [], 0
    for start, stop in sorted(spans):
        if start > end or not masked:
            masked += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*masked, text[end:]])


def _lower(text):
    """Return a text in lower case, of the same length: "İ" is the only letter that would become two."""
    return text.replace("İ", "i").lower()


def _joined(text):
    """Return a text without its gaps."""
    return _GAP.sub("", text) if "\\" in text else "".join(text.split())


def _places_of_joined(text):
    """Yield the place in a text of each character that is left without its gaps."""
    start = 0
    for gap in _GAP.finditer(text):
        yield from range(start, gap.start())
        start = gap.end()
    yield from range(start, len(text))


class _Masking:
    """Masks JSON data. To mask a text takes long, so each is masked once, and their number is limited."""

    def __init__(self, mask_text):
        self._mask_text = mask_text
        self._masked: dict[str, str] = {}
        self.is_cut = False

    def mask(self, data, depth=MAX_DEPTH):
        if isinstance(data, str):
            return self._text(data)
        if not isinstance(data, (dict, list, tuple)):
            return data
        if not depth:
            return self._cut()
        if isinstance(data, dict):
            return {self.mask(key): self.mask(value, depth - 1) for key, value in data.items()}
        return [self.mask(each, depth - 1) for each in data]

    def _text(self, text):
        if text not in self._masked:
            if len(self._masked) >= MAX_TEXTS:
                return self._cut()
            self._masked[text] = self._mask_text(text)
        return self._masked[text]

    def _cut(self):
        self.is_cut = True
        return MASK


def _unescaped(text):
    found = decode(text)
    return found and plain(found)


def _unquoted(text):
    found = decode_quoted_printable(text)
    return found and plain(found)


# Without escapes first: of a secret that is escaped in part, only a part would be found.
READINGS: Sequence[Callable[[str], str | None]] = (_unescaped, str, _unquoted)


def _pattern_of(form):
    pattern = re.escape(form)
    return pattern if len(form) >= MIN_LENGTH_WITHIN else rf"(?<!\w){pattern}(?!\w)"


def _forms(value: str) -> Iterator[str]:
    """Yield how a secret may be quoted. What is escaped in another way is found once its text is decoded."""
    yield from _encoded(value)
    yield from (quote(value, safe=""), quote(value), quote_plus(value), html.escape(value))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield value.encode(errors="replace").hex(":")


def _encoded(value: str) -> Iterator[str]:
    """Yield the forms of a secret in which its parts are masked, too: in a decoded text nothing else is left."""
    yield from {value, plain(value), plain(decode(value) or value)}
    yield from _in_base64(value.encode(errors="replace"))
    yield value.encode(errors="replace").hex()
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
