"""What an HTTP status and its headers say about repeating a call. Pure functions."""

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

# Refused before any work was done. Any other failure of a write (500, 502, 504, 408, 524) may come after it.
_NOT_STARTED = frozenset({423, 425, 503, 521, 523, 525, 526})


def is_uncertain(status):
    """Tell whether a call that ended with this HTTP status may have been carried out all the same."""
    return status == 408 or (status >= 500 and status not in _NOT_STARTED)


def parse_retry_after(header_value, now):
    """Return what a ``Retry-After`` header asks for, as seconds from 0 to one day, or None.

    Both forms of RFC 9110, section 10.2.3, are understood; some remotes send fractions of a second.

    :param now: an aware datetime: the remote's own clock (its ``Date`` header) if it is known
    """
    value = (header_value or "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", value):
        seconds = float(value)
    else:
        try:
            date = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (date - now).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def asked_to_wait(response) -> float | None:
    """Return the seconds that an answer asks to wait, by the remote's own clock; None if it does not."""
    return parse_retry_after(response.headers.get("Retry-After"), response.date or datetime.now(UTC))


def error_class(status: int, asked: float | None = None) -> type[RemoteError]:
    """Return the class of error that a status of 400 or more usually stands for.

    :param asked: the seconds that the answer asks to wait
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
