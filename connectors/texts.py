"""Text helpers for adapters: last names, and remote messages without personal data. Pure functions."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..core import remote_data
from ..core.redaction import is_personal, mask_values, redact_text

MAX_TEXT = 500


def family_name(name: Mapping[str, Any]) -> str:
    """Return the family name of a canonical ``name``, or the full name if its parts are not known.

    For remotes that require a last name. It is empty only for a person with nothing but a given name. To use it in
    mapping lines, add ``Transform(label, function, "text", takes_object=True)`` to the provider's transforms, and a
    line whose path is ``name``; see ``club.initials`` in ``dev/addons/retail_hub_example``.
    """
    if name.get("given") or name.get("family"):
        return name.get("family") or ""
    return name.get("full") or ""


def clean(text: Any, sent: Any = (), limit: int = MAX_TEXT) -> str:
    """Return a remote's message, shortened, with the personal values of the request masked.

    :param sent: the request: dicts and lists of JSON values; the property names say which values are personal
    :param limit: the maximum number of characters
    """
    text = remote_data.short(text or "", 10 * limit)
    text = mask_values(text, personal_values(sent))
    return redact_text(text).strip()[:limit]


def personal_values(data: Any, is_within: bool = False) -> Iterator[str]:
    """Yield the values of personal properties that are texts of more than two characters."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from personal_values(value, is_within or is_personal(name, data))
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from personal_values(value, is_within)
    elif is_within and isinstance(data, str) and len(data) > 2:
        yield data
