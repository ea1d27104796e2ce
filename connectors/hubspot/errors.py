"""Turns HubSpot's error responses into the hub's errors, with messages for users. Pure functions.

HubSpot describes an error as ``{status, category, subCategory, message, context, errors[], correlationId}``, where
any part may be missing (https://developers.hubspot.com/docs/api-reference/latest/error-handling).
"""

import re
from datetime import UTC, datetime, timedelta

from ...core import remote_data, zones
from ...core.errors import (
    AuthError,
    ConflictError,
    QuotaError,
    RemoteError,
    RemoteNotFoundError,
    TransientError,
    ValidationError,
)
from ..http_client import Response
from ..http_status import asked_to_wait, is_uncertain
from ..texts import clean
from . import problems

BURST_WINDOW = 10.0
DAILY_PROBE = 3600.0
LOCK_SECONDS = 2.0

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
_EXISTING_ID = re.compile(r"Existing ID: (\d{1,20})")
_NOT_UNIQUE = re.compile(r"by non-unique \S{1,100} property\s{0,10}(\w{0,100})")
_MULTI_STATUS = Response(207, {})


def from_response(response, *, write=True, sent=(), noun="record", zone=None) -> RemoteError:
    """Return the error for a response of status 400 or more.

    :param response: a :class:`~..http_client.Response`
    :param write: whether the call may have changed something
    :param sent: the properties that were sent, one dict per item; personal values in them are masked in the message
    :param noun: the name of such records
    :param zone: the timezone of the account; None if unknown
    """
    body = response.object
    error = _BY_STATUS.get(response.status, _by_range)(response, body, sent, noun)
    if zone and _is_daily(error.code) and asked_to_wait(response) is None:
        error.retry_after = zones.seconds_to_midnight(_now(response), zone) + 1
    error.http_status = response.status
    error.uncertain = write and is_uncertain(response.status)
    error.response = problems.correlation(body)
    return error


def from_item(problem, sent=(), noun="record") -> RemoteError:
    """Return the error for one entry of ``errors[]`` in a 2xx response.

    The entry's ``category`` decides the class; an unknown one counts as a validation error.
    """
    category = problems.text(problem, "category")
    if category in _TRANSIENT_CATEGORIES:
        text = clean(problems.text(problem, "message"), sent)
        return TransientError(f"HubSpot cannot process this record at the moment: {text}", code=category)
    status = _CATEGORY_STATUS.get(category, 400)
    error = _BY_STATUS[status](_MULTI_STATUS, problem, sent, noun)
    error.http_status = status
    return error


def _unauthorized(response, body, sent, noun):
    return AuthError(
        "HubSpot rejected the access token, because it is wrong, expired or revoked. Enter a valid access token.",
        code=problems.text(body, "category") or "INVALID_AUTHENTICATION",
    )


def _forbidden(response, body, sent, noun):
    scopes = problems.missing_scopes(body)
    missing = f"the scope {' or '.join(scopes)}" if scopes else "a scope"
    return AuthError(
        f"The access token lacks {missing}. Add it to the app in HubSpot.",
        code=problems.text(body, "category") or "FORBIDDEN",
    )


def _not_found(response, body, sent, noun):
    if body.get("category") == "OBJECT_NOT_FOUND" or problems.context_of(body).get("ids"):
        return not_found(noun)
    return TransientError(
        "HubSpot has no such endpoint. Check the URL and the API version of the connector.",
        code="WRONG_ADDRESS",
    )


def not_found(noun="record"):
    """Return the error for a record that does not exist in HubSpot."""
    return RemoteNotFoundError(
        f"The {noun} was deleted or merged in HubSpot. Resync links it again or creates a new one.",
        code="OBJECT_NOT_FOUND",
        http_status=404,
    )


def _conflict(response, body, sent, noun):
    existing = _EXISTING_ID.search(problems.text(body, "message"))
    if existing:
        return _taken_by(
            existing[1],
            f"Another {noun} in HubSpot (ID {existing[1]}) already has this match key, such as an email address. "
            "Merge the two in HubSpot, or correct the key in Odoo.",
            code=f"{noun.upper().replace(' ', '_')}_EXISTS",
            field=problems.property_name(body),
        )
    return ConflictError(
        f"HubSpot reported a conflict: {clean(problems.text(body, 'message'), sent)}",
        code=problems.text(body, "subCategory", "category") or "CONFLICT",
        field=problems.property_name(body),
    )


def _invalid(response, body, sent, noun):
    taken = problems.value_taken(problems.text(body, "message"))
    if taken:
        return _taken_by(
            taken[1],
            f"Another {noun} in HubSpot (ID {taken[1]}) already has this value, which must be unique. Merge the two in "
            "HubSpot, or correct the value in Odoo.",
            code="UNIQUE_VALUE_TAKEN",
            field=taken[0] or problems.property_name(body),
        )
    not_unique = _NOT_UNIQUE.search(problems.text(body, "message"))
    if not_unique:
        return _key_not_unique(not_unique[1], noun)
    listed = problems.property_problems(body)
    if listed:
        return _invalid_property(listed[0], sent)
    return ValidationError(
        f"HubSpot rejected the record: {clean(problems.text(body, 'message'), sent)}",
        code=problems.text(body, "subCategory", "category") or "VALIDATION_ERROR",
        field=problems.property_name(body),
    )


def _taken_by(remote_id, message, **details):
    error = ConflictError(message, **details)
    error.taken_by = remote_id
    return error


def _key_not_unique(name, noun):
    return ValidationError(
        f"HubSpot cannot find the {noun} by the property {name}, because it does not exist or its values are not "
        "unique. Click Set Up on the connector, create the property in HubSpot with unique values, or choose another "
        "match key in the object mapping.",
        code="KEY_NOT_UNIQUE",
        field=name or None,
    )


def _invalid_property(problem, sent):
    name = problems.text(problem, "name")
    code = problems.text(problem, "error") or "INVALID_VALUE"
    if code == "PROPERTY_DOESNT_EXIST":
        text = "there is no such property. Create it in HubSpot, or switch off its line in the mapping."
    else:
        text = clean(problems.text(problem, "localizedErrorMessage", "message"), sent)
    if code == "INVALID_OPTION" and "currency" in name:
        text = f"{text}. Enable the currency in the account defaults of HubSpot."
    message = f"HubSpot rejected the property {name}: {text}"
    return ValidationError(message, code=code, field=name or None)


def _too_many(response, body, sent, noun):
    policy = problems.text(body, "policyName") or "RATE_LIMIT"
    daily = _is_daily(policy)
    text = "The daily call limit of HubSpot is used up." if daily else "HubSpot asked to slow down."
    return QuotaError(text, code=policy, retry_after=_quota_delay(response, daily))


def _is_daily(code):
    return "DAILY" in (code or "").upper()


def _quota_delay(response, daily):
    """Return the seconds to wait: HubSpot's ``Retry-After``, or else its 10-second window or an hour at most.

    The daily limit ends at midnight in the account's timezone, which the response does not name. While it is not
    known, a call probes at midnight UTC, and every hour until then.
    """
    asked = asked_to_wait(response)
    if asked is not None:
        return asked
    if daily:
        now = _now(response)
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return min((midnight - now).total_seconds() + 1, DAILY_PROBE)
    interval = remote_data.count(response.headers.get("X-HubSpot-RateLimit-Interval-Milliseconds"))
    return BURST_WINDOW if interval is None else interval / 1000


def _now(response):
    return response.date or datetime.now(UTC)


def _migrating(response, body, sent, noun):
    asked = asked_to_wait(response)
    return QuotaError(
        "HubSpot is moving the account to another data center, which takes up to a day.",
        code="MIGRATION",
        retry_after=DAILY_PROBE if asked is None else asked,
    )


def _by_range(response, body, sent, noun):
    if response.status >= 500 or response.status in (408, 423, 425):
        asked = asked_to_wait(response)
        return TransientError(
            f"HubSpot could not process the call (HTTP {response.status}).",
            code=f"HTTP_{response.status}",
            retry_after=LOCK_SECONDS if asked is None and response.status == 423 else asked,
        )
    text = clean(problems.text(body, "message"), sent) or "no reason was given"
    return ValidationError(
        f"HubSpot rejected the call (HTTP {response.status}): {text}", code=f"HTTP_{response.status}"
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
