"""What is kept of a remote request: its content without personal data, and hashes by which it is known again."""

import hashlib
import json

from ...core.redaction import mask_name, redact
from ...tools import encryption

MAX_KEPT = 50  # entries of a list


def comparable_hash(content):
    """Return a short hash of a remote request's content, equal for equal content."""
    return _digest(json.dumps(content, sort_keys=True))


def masked_request(prepared):
    """Return what an attempt keeps of a remote request: a dict of JSON values without personal data."""
    body = _mask_named(redact(_shortened(prepared.body)), prepared.personal)
    return {"operation": prepared.operation, **body}


def _shortened(value):
    """Return JSON data whose long lists, such as the lines of an order, are cut."""
    if isinstance(value, dict):
        return {key: _shortened(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        kept = [_shortened(each) for each in value[:MAX_KEPT]]
        return kept if len(value) <= MAX_KEPT else [*kept, f"… and {len(value) - MAX_KEPT} more"]
    return value


def named_values(body, names):
    """Yield the texts under these names, at any depth, that are too long to be found by chance."""
    for key, value in body.items() if names else ():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from named_values(each, names)
        if key in names and isinstance(value, str) and len(value) > 2:
            yield value


def _mask_named(body, names):
    """Mask the values under these names, at any depth."""
    if names and isinstance(body, list):
        return [_mask_named(each, names) for each in body]
    if not names or not isinstance(body, dict):
        return body
    return {
        key: mask_name(value) if key in names and isinstance(value, str) else _mask_named(value, names)
        for key, value in body.items()
    }


def request_properties(request):
    """Return ``{property: text}`` of a remote request's JSON data; what is nested goes by its own name.

    Properties of the entries of a list are ``lines.1.price``; those after the first ones are one text.
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
        for number, entry in enumerate(value[:MAX_KEPT], 1):
            yield from ((f"{name}.{number}.{key}", item) for key, item in request_properties(entry).items())
        if len(value) > MAX_KEPT:
            yield f"{name}.more", value[MAX_KEPT:]
    else:
        yield name, value


def _text(value):
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def property_digests(prepared):
    """Return what tells whether a property is another, though it looks alike: see ``encryption.digests``."""
    return encryption.digests(request_properties({"operation": prepared.operation, **prepared.body}))


def key_hash(key):
    """Return a short hash of a natural key, which may be personal data."""
    return _digest(key)


def _digest(text):
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
