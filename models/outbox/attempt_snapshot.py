"""Stored requests: their content with personal data masked, and hashes to compare them by. Pure functions."""

import hashlib
import json

from ...core.redaction import mask_name, redact
from ...tools import encryption

MAX_ENTRIES = 50  # stored per list


def comparable_hash(content):
    """Return a short hash of a request's comparable part (JSON values); equal content has equal hashes."""
    return _digest(json.dumps(content, sort_keys=True))


def masked_request(prepared):
    """Return the request to store with an attempt: a dict of JSON values with personal data masked.

    :param prepared: a :class:`~...connectors.items.Prepared`
    """
    body = _mask_named(redact(_shortened(prepared.body)), prepared.personal)
    return {"operation": prepared.operation, **body}


def _shortened(value):
    """Return JSON data with long lists, such as an order's lines, cut to ``MAX_ENTRIES`` entries."""
    if isinstance(value, dict):
        return {key: _shortened(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        entries = [_shortened(each) for each in value[:MAX_ENTRIES]]
        return entries if len(value) <= MAX_ENTRIES else [*entries, f"… and {len(value) - MAX_ENTRIES} more"]
    return value


def named_values(body, names):
    """Yield the texts of properties with these names, at any depth.

    Texts of one or two characters are left out: they would match by chance when they are masked in a message.
    """
    for key, value in body.items() if names else ():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from named_values(each, names)
        if key in names and isinstance(value, str) and len(value) > 2:
            yield value


def _mask_named(body, names):
    """Return JSON data with the texts of properties with these names masked, at any depth."""
    if names and isinstance(body, list):
        return [_mask_named(each, names) for each in body]
    if not names or not isinstance(body, dict):
        return body
    return {
        key: mask_name(value) if key in names and isinstance(value, str) else _mask_named(value, names)
        for key, value in body.items()
    }


def request_properties(request):
    """Return ``{property: text}`` of a request's JSON data. Nested properties go by their own name.

    Properties in a list are named like ``lines.1.price``. Entries after the first 50 are one text, ``lines.more``.
    """
    flat = {}
    for name, value in request.items():
        for key, item in _entries(name, value):
            flat[f"{name}.{key}" if key in flat else key] = _text(item)
    return flat


def _entries(name, value):
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        for number, entry in enumerate(value[:MAX_ENTRIES], 1):
            yield from ((f"{name}.{number}.{key}", item) for key, item in request_properties(entry).items())
        if len(value) > MAX_ENTRIES:
            yield f"{name}.more", value[MAX_ENTRIES:]
    else:
        yield name, value


def _text(value):
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def property_digests(prepared):
    """Return keyed hashes of all properties, which show whether a masked value has changed.

    See :func:`~...tools.encryption.digests` for the shape.
    """
    return encryption.digests(request_properties({"operation": prepared.operation, **prepared.body}))


def key_hash(key):
    """Return a short hash of a match key's value, which may be personal data."""
    return _digest(key)


def _digest(text):
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
