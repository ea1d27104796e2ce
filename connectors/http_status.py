"""What an HTTP status and the Retry-After header mean for the next attempt. Pure functions."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ..core.errors import (
    AuthError,
    ConflictError,
    QuotaError,
    RemoteError,
    RemoteNotFoundError,
    TransientError,
    ValidationError,
)

MAX_RETRY_AFTER = 86_400.0

# Refused before the remote did anything. After other errors (408, 500, 502, 504, 524), a write may have happened.
_NOT_STARTED = frozenset({423, 425, 503, 521, 523, 525, 526})


def is_uncertain(status):
    """Return whether a call that ended with this HTTP status may have been carried out nevertheless."""
    return status == 408 or (status >= 500 and status not in _NOT_STARTED)


def parse_retry_after(header_value, now):
    """Return the delay of a ``Retry-After`` header in seconds (0 to one day); None if there is none.

    Accepts both forms of RFC 9110, section 10.2.3, and fractions of a second, which some remotes send.

    :param header_value: text or None
    :param now: an aware datetime; the remote's clock (its ``Date`` header) if known
    """
    value = (header_value or "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", value):
        seconds = float(value)
    else:
        try:
            date = parsedate_to_datetime(value)
        except (TypeError, ValueError, OverflowError):
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        try:
            seconds = (date - now).total_seconds()
        except OverflowError:
            return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def asked_to_wait(response) -> float | None:
    """Return the delay in seconds that a response requests, measured by the remote's clock; None if it does not."""
    return parse_retry_after(response.headers.get("Retry-After"), response.date or datetime.now(UTC))


def error_class(status: int, asked: float | None = None) -> type[RemoteError]:
    """Return the error class for an HTTP status of 400 or more, by its usual meaning.

    :param asked: the delay in seconds that the response requests
    """
    if status == 429 or (status == 503 and asked is not None):
        return QuotaError
    if status >= 500 or status in (408, 423, 425):
        return TransientError
    named = {
        401: AuthError,
        403: AuthError,
        404: RemoteNotFoundError,
        409: ConflictError,
        410: RemoteNotFoundError,
    }
    return named.get(status, ValidationError)
