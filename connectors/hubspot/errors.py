"""HubSpot's errors → the hub's error classes, in words for a person. Pure functions.

HubSpot describes an error as ``{status, category, subCategory, message, context, errors[], correlationId}``,
of which any part may be missing (https://developers.hubspot.com/docs/api-reference/latest/error-handling).
"""

import json
import re
from datetime import UTC, datetime, timedelta

from ..base import (
    AuthError,
    BusinessError,
    ConflictError,
    QuotaError,
    RemoteError,
    TransientError,
    ValidationError,
)
from ..http_client import Response
from ..redaction import MASK, is_personal, redact_text
from ..retry import parse_retry_after

BURST_WINDOW = 10.0
DAILY_PROBE = 3600.0
LOCK_SECONDS = 2.0

# Refused before any work was done. Any other failure of a write (500, 502, 504, 408, 524) may come after it.
_NOT_STARTED = frozenset({423, 425, 503, 521, 523, 525, 526})
_TRANSIENT_CATEGORIES = frozenset({"INTERNAL", "INTERNAL_ERROR", "TIMEOUT", "GATEWAY_ERROR"})
_CATEGORY_STATUS = {
    "VALIDATION_ERROR": 400,
    "INVALID_AUTHENTICATION": 401,
    "EXPIRED_AUTHENTICATION": 401,
    "MISSING_SCOPES": 403,
    "OBJECT_NOT_FOUND": 404,
    "CONFLICT": 409,
    "RATE_LIMITS": 429,
}
_EXISTING_ID = re.compile(r"Existing ID: (\d+)")
_VALUE_TAKEN = re.compile(r"(\d+) already has that value")
_PROPERTY_ERRORS = re.compile(r"Property values were not valid: (\[.*\])", re.DOTALL)
_MAX_TEXT = 500
_MULTI_STATUS = Response(207, {})


def from_response(response, *, write=True, sent=()) -> RemoteError:
    """Return the error that a whole answer of status 400 or more stands for.

    :param response: an :class:`~..http_client.Response`
    :param write: the call may have changed something
    :param sent: properties (a dict for each item) whose personal values must not show up in the message
    """
    body = response.json if isinstance(response.json, dict) else {}
    error = _BY_STATUS.get(response.status, _by_range)(response, body, sent)
    error.http_status = response.status
    error.uncertain = write and _is_uncertain(response.status)
    error.response = correlation(body)
    return error


def from_item(problem, sent=()) -> RemoteError:
    """Return the error for one entry of ``errors[]`` in a 2xx answer.

    The item's own ``category`` says what it is; one that is not known counts as a validation error.
    """
    category = str(problem.get("category") or "")
    if category in _TRANSIENT_CATEGORIES:
        text = _clean(problem.get("message"), sent)
        return TransientError(f"HubSpot could not process this record now: {text}", code=category)
    status = _CATEGORY_STATUS.get(category, 400)
    error = _BY_STATUS[status](_MULTI_STATUS, problem, sent)
    error.http_status = status
    return error


def correlation(body):
    """Return the part of an answer by which HubSpot's support finds the call."""
    return {"correlationId": body["correlationId"]} if body.get("correlationId") else {}


def _is_uncertain(status):
    return status == 408 or (status >= 500 and status not in _NOT_STARTED)


def _unauthorized(response, body, sent):
    return AuthError(
        "HubSpot refuses the access token: it is wrong, expired or revoked. Enter a valid one.",
        code=str(body.get("category") or "INVALID_AUTHENTICATION"),
    )


def _forbidden(response, body, sent):
    scopes = _scopes(body)
    missing = f"the scope {' or '.join(scopes)}" if scopes else "a scope"
    return AuthError(
        f"HubSpot refuses the call: the access token lacks {missing}. Add it to the app at HubSpot.",
        code=str(body.get("category") or "FORBIDDEN"),
    )


def _scopes(body):
    problems = [body, *_dicts(body.get("errors"))]
    contexts = [p.get("context") for p in problems if isinstance(p.get("context"), dict)]
    names = ("requiredGranularScopes", "missingScopes", "requiredScopes")
    found = [s for context in contexts for name in names for s in _strings(context.get(name))]
    return sorted(set(found))


def _not_found(response, body, sent):
    if body.get("category") == "OBJECT_NOT_FOUND" or _context(body).get("ids"):
        return gone()
    return TransientError(
        "HubSpot does not know the address of the call. Check the URL and the API version of the connector.",
        code="WRONG_ADDRESS",
    )


def gone():
    """Return the error for a contact that HubSpot does not have (any more)."""
    return BusinessError(
        "The contact was deleted or merged at HubSpot. Resync links the customer or creates it anew.",
        code="OBJECT_NOT_FOUND",
        http_status=404,
    )


def _conflict(response, body, sent):
    existing = _EXISTING_ID.search(str(body.get("message") or ""))
    if existing:
        return ConflictError(
            f"Another contact at HubSpot already has this email address or key. Existing ID: {existing[1]}. "
            "Merge the two at HubSpot, or correct the customer.",
            code="CONTACT_EXISTS",
            field=_property_name(body),
        )
    return ConflictError(
        f"HubSpot reports a conflict: {_clean(body.get('message'), sent)}",
        code=str(body.get("subCategory") or body.get("category") or "CONFLICT"),
        field=_property_name(body),
    )


def _invalid(response, body, sent):
    taken = _VALUE_TAKEN.search(str(body.get("message") or ""))
    if taken:
        return ConflictError(
            f"Another contact at HubSpot (ID {taken[1]}) already has this value, which must be unique.",
            code="UNIQUE_VALUE_TAKEN",
            field=_property_name(body),
        )
    problem = _property_problem(body)
    if problem:
        return _invalid_property(problem, sent)
    return ValidationError(
        f"HubSpot does not accept the record: {_clean(body.get('message'), sent)}",
        code=str(body.get("subCategory") or body.get("category") or "VALIDATION_ERROR"),
        field=_property_name(body),
    )


def _invalid_property(problem, sent):
    name = str(problem.get("name") or "")
    code = str(problem.get("error") or "INVALID_VALUE")
    if code == "PROPERTY_DOESNT_EXIST":
        text = "there is no such property. Create it at HubSpot, or take it off the flow"
    else:
        text = _clean(problem.get("localizedErrorMessage") or problem.get("message"), sent)
    message = f"HubSpot does not accept the property {name}: {text}"
    return ValidationError(message, code=code, field=name or None)


def _property_problem(body):
    """Return the first entry of the list that HubSpot puts, as JSON text, into the message."""
    found = _PROPERTY_ERRORS.search(str(body.get("message") or ""))
    if not found:
        return None
    try:
        return next(iter(_dicts(json.loads(found[1]))), None)
    except ValueError:
        name = re.search(r'"name"\s*:\s*"(\w+)"', found[1])
        code = re.search(r'"error"\s*:\s*"(\w+)"', found[1])
        return {"name": name and name[1], "error": code and code[1], "message": "the value is not valid"}


def _property_name(body):
    for problem in (body, *_dicts(body.get("errors"))):
        context = _context(problem)
        names = _strings(context.get("propertyName")) or _strings(context.get("propertyNames"))
        if names or problem.get("in"):
            return names[0] if names else str(problem["in"])
    return None


def _too_many(response, body, sent):
    policy = str(body.get("policyName") or "RATE_LIMIT")
    daily = "DAILY" in policy.upper()
    text = "The daily call limit of HubSpot is used up." if daily else "HubSpot asks to slow down."
    return QuotaError(text, code=policy, retry_after=_quota_delay(response, daily))


def _quota_delay(response, daily):
    """Return the seconds to wait: what HubSpot says, else its 10 s window, or an hour at most.

    The daily limit ends at midnight in the account's time zone, which the answer does not tell: try again at
    midnight UTC, and every hour until then.
    """
    now = response.date or datetime.now(UTC)
    asked = parse_retry_after(response.headers.get("Retry-After"), now)
    if asked is not None:
        return asked
    if daily:
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return min((midnight - now).total_seconds() + 1, DAILY_PROBE)
    interval = str(response.headers.get("X-HubSpot-RateLimit-Interval-Milliseconds") or "")
    return int(interval) / 1000 if interval.isdecimal() else BURST_WINDOW


def _migrating(response, body, sent):
    now = response.date or datetime.now(UTC)
    asked = parse_retry_after(response.headers.get("Retry-After"), now)
    return QuotaError(
        "HubSpot is moving the account to another data centre, which takes up to a day.",
        code="MIGRATION",
        retry_after=DAILY_PROBE if asked is None else asked,
    )


def _by_range(response, body, sent):
    if response.status >= 500 or response.status in (408, 423, 425):
        now = response.date or datetime.now(UTC)
        asked = parse_retry_after(response.headers.get("Retry-After"), now)
        return TransientError(
            f"HubSpot could not answer (HTTP {response.status}).",
            code=f"HTTP_{response.status}",
            retry_after=LOCK_SECONDS if asked is None and response.status == 423 else asked,
        )
    text = _clean(body.get("message"), sent) or "no reason given"
    return ValidationError(
        f"HubSpot does not accept the call (HTTP {response.status}): {text}", code=f"HTTP_{response.status}"
    )


_BY_STATUS = {
    400: _invalid,
    401: _unauthorized,
    403: _forbidden,
    404: _not_found,
    409: _conflict,
    422: _invalid,
    429: _too_many,
    477: _migrating,
}


def _clean(text, sent):
    """Return remote text without the personal values that were sent, shortened."""
    text = redact_text(str(text or "")[: 10 * _MAX_TEXT])
    for properties in sent:
        for name, value in properties.items():
            if value and len(value) > 2 and is_personal(name):
                text = text.replace(value, MASK)
    return text.strip()[:_MAX_TEXT]


def _context(problem):
    context = problem.get("context")
    return context if isinstance(context, dict) else {}


def _dicts(value):
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _strings(value):
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and item]
