"""Texts that adapters have in common: names, and what a remote says without what it was told about people. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..core.redaction import MASK, is_personal, redact_text

MAX_TEXT = 500


def family_name(name: Mapping[str, Any]) -> str:
    """Return the family name of a canonical ``name``; the whole name where its parts are not known.

    For remotes that require a last name: it is empty only for a person who has a given name alone.
    """
    if name.get("given") or name.get("family"):
        return name.get("family") or ""
    return name.get("full") or ""


def clean(text: Any, sent: Any = (), limit: int = MAX_TEXT) -> str:
    """Return what a remote says, without the personal values that were sent to it, and shortened.

    :param sent: the request (dicts and lists of JSON values); names of properties tell which values are personal
    """
    text = str(text or "")[: 10 * limit]
    for value in sorted(set(personal_values(sent)), key=len, reverse=True):
        text = re.sub(re.escape(value), MASK, text, flags=re.IGNORECASE)
    return redact_text(text).strip()[:limit]


def personal_values(data: Any, is_within: bool = False) -> Iterator[str]:
    """Yield the texts of more than two characters under the names of personal properties."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from personal_values(value, is_within or is_personal(name, data))
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from personal_values(value, is_within)
    elif is_within and isinstance(data, str) and len(data) > 2:
        yield data
