"""Answers of a webhook's receiver → the hub's error classes, in words for a person. Pure functions."""

import re
from datetime import UTC, datetime

from ...core.errors import AuthError, ConflictError, QuotaError, TransientError, ValidationError
from ...core.redaction import MASK, is_personal, redact_text
from ..http_status import is_uncertain, parse_retry_after

MAX_EXCERPT = 200
_TRANSIENT = frozenset({408, 423, 425})
_NOT_FOUND = frozenset({404, 405})
_REFUSED = frozenset({401, 403})


def from_response(response, host, sent):
    """Return the error that an answer of status 400 or more stands for.

    :param response: a :class:`~..http_client.Response`
    :param host: the receiver's name
    :param sent: the event: what it says of people must not show up in an error
    """
    error = _error(response, f"{host} answered with HTTP {response.status}")
    error.http_status = response.status
    error.uncertain = is_uncertain(response.status)
    excerpt = _excerpt(response.text, sent)
    error.response = {"body": excerpt} if excerpt else {}
    return error


def is_about_endpoint(error):
    """Tell whether the events after this one would fare the same: only HTTP 500 may be due to the event itself."""
    is_answer = isinstance(error, TransientError) and error.http_status == 500
    return isinstance(error, (AuthError, QuotaError, TransientError)) and not is_answer


def _error(response, answer):
    status, asked = response.status, _asked(response)
    if status == 410:
        return AuthError(
            f"{answer}: the endpoint is gone for good. Enter the URL of another one, or archive the connector.",
            code="ENDPOINT_GONE",
        )
    if status in _REFUSED:
        return AuthError(
            f"{answer}: it does not accept the signature. Check that it has the same signing secret.",
            code=f"HTTP_{status}",
        )
    if status == 429 or (status == 503 and asked is not None):
        return QuotaError(f"{answer}: it asks to wait.", code=f"HTTP_{status}", retry_after=asked)
    if status in _NOT_FOUND:
        return TransientError(
            f"{answer}: nothing takes webhooks there. Check the URL of the connector.", code="WRONG_ADDRESS"
        )
    if status >= 500 or status in _TRANSIENT:
        return TransientError(f"{answer}.", code=f"HTTP_{status}", retry_after=asked)
    if status == 409:
        return ConflictError(f"{answer}: it reports a conflict.", code="HTTP_409")
    return ValidationError(f"{answer}: it refuses the event.", code=f"HTTP_{status}")


def _asked(response):
    return parse_retry_after(response.headers.get("Retry-After"), response.date or datetime.now(UTC))


def _excerpt(text, sent):
    """Return the beginning of what the receiver said, without what it was told about people; no web pages."""
    if text.lstrip().startswith("<"):
        return ""
    for value in sorted(set(_personal_values(sent)), key=len, reverse=True):
        text = re.sub(re.escape(value), MASK, text, flags=re.IGNORECASE)
    return redact_text(text).strip()[:MAX_EXCERPT]


def _personal_values(data, is_within=False):
    """Yield the texts of more than two characters under the names of personal properties."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _personal_values(value, is_within or is_personal(name, data))
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from _personal_values(value, is_within)
    elif is_within and isinstance(data, str) and len(data) > 2:
        yield data
