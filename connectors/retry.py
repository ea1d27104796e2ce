"""When to try again, and how to find the bad items of a rejected batch. Pure functions."""

import random
import re
from datetime import UTC
from email.utils import parsedate_to_datetime

from .base import BusinessError, ConflictError, RemoteError, ValidationError, failed

# Seconds before try 1, 2, 3, ...: about three days in all.
RETRY_SCHEDULE = (0, 5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
JITTER = 0.2
MAX_RETRY_AFTER = 86_400.0

# Refused before any work was done. Any other failure of a write (500, 502, 504, 408, 524) may come after it.
_NOT_STARTED = frozenset({423, 425, 503, 521, 523, 525, 526})
_SPLITTABLE = (ValidationError, ConflictError, BusinessError)


def retry_delay(attempts, random=random.random):
    """Return the seconds to wait before the next try, or None if the schedule is exhausted.

    :param attempts: how many tries were made already
    :param random: returns a number in [0, 1): spreads the delay evenly over ±20 %, so that what failed
        together does not come back together
    """
    if not 0 <= attempts < len(RETRY_SCHEDULE):
        return None
    return RETRY_SCHEDULE[attempts] * (1 - JITTER + 2 * JITTER * random())


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


def fingerprint(connector, error_class, code, field):
    """Return a text that is equal for failures of the same kind: fix once, replay all alike.

    For example ``HubSpot: validation INVALID_EMAIL (email)``.
    """
    words = [f"{connector}:", str(error_class), code, field and f"({field})"]
    return " ".join(word for word in words if word)


def narrow(batch, send):
    """Send a batch that the remote takes or refuses as a whole, until only its bad items are left out.

    Halves a refused batch: one bad item among n costs at most 1 + 2 * log2(n) calls. Items that were taken
    are not sent again, and a half is not sent as a whole if the refusal must come from it (because its
    sibling was taken); a single item is never blamed without having been sent alone.

    :param batch: a sequence of :class:`~.base.Prepared`
    :param send: takes a part of the batch; returns its outcomes in order, or raises the
        :class:`~.base.RemoteError` of the whole part. Validation, conflict and business errors are narrowed
        down; any other error ends the calls: it is also the outcome of the items that were not sent (these
        with ``uncertain`` False)
    :return: one :class:`~.base.Outcome` per item, in order
    """
    outcomes = [None] * len(batch)
    stopped = None
    todo = [(0, len(batch), None)] if batch else []
    while todo:
        start, end, sibling = todo.pop()
        part = batch[start:end]
        if stopped:
            outcomes[start:end] = failed(part, stopped)
            continue
        split = len(part) > 1
        if not (split and sibling and all(o.error is None for o in outcomes[slice(*sibling)])):
            try:
                outcomes[start:end] = send(part)
                continue
            except _SPLITTABLE as error:
                outcomes[start:end] = failed(part, error)
            except RemoteError as error:
                outcomes[start:end] = failed(part, error)
                stopped = error.not_sent()
                continue
        if split:
            middle = (start + end) // 2
            todo += [(middle, end, (start, middle)), (start, middle, None)]
    return outcomes
