"""Turns Voucherify's error responses into the hub's errors, with messages for users. Pure functions.

An error is ``{code, key, message, details, request_id, resource_id, resource_type}``
(https://docs.voucherify.io/api-reference/errors). 423 is no lock to wait for, but a rule that forbids the call.
"""

from ...core.errors import (
    AuthError,
    BusinessError,
    ConflictError,
    QuotaError,
    RemoteNotFoundError,
    TransientError,
)
from ..http_status import asked_to_wait, error_class, is_uncertain
from ..texts import clean

CYCLE_USED_UP = 3600.0  # seconds until it is tried again: the response does not say when the cycle ends
IN_PROGRESS = "multiple_requests"  # another call redeems the same code at this moment: this one did nothing
# Rules of 400 that a customer, an order or a balance breaks; what else 400 refuses is wrong in the request.
RULES = frozenset(
    {
        "already_rolled_back",
        "customer_rules_violated",
        "gift_amount_exceeded",
        "invalid_redemption",
        "loyalty_card_points_exceeded",
        "order_rules_violated",
        "quantity_exceeded",
        "voucher_disabled",
        "voucher_expired",
        "voucher_not_active",
    }
)


def from_response(response, *, write=True, sent=()):
    """Return the error for a response of status 400 or more.

    :param response: a :class:`~..http_client.Response`
    :param write: whether the call may have changed something
    :param sent: the body; personal values in it are masked in the message
    """
    body = response.object
    error = _error(response, body, _text(body, sent))
    error.http_status = response.status
    error.uncertain = write and is_uncertain(response.status)
    if body.get("request_id"):
        error.response = {"request_id": str(body["request_id"])}
    return error


def _text(body, sent):
    parts = [clean(body.get(name), sent) for name in ("message", "details")]
    return ": ".join(part for part in parts if part) or "no reason given"


def _error(response, body, text):
    status, key = response.status, str(body.get("key") or "")
    if status == 401:
        message = (
            "Voucherify rejected the application ID and token, because they are wrong or of another region."
        )
        return AuthError(f"{message} Enter those of this project.", code=key or "UNAUTHORIZED")
    if status == 402:
        message = f"The plan of the Voucherify account is used up: {text}"
        return QuotaError(message, code=key or "PLAN_USED_UP", retry_after=CYCLE_USED_UP)
    if status == 429:
        return _too_many(response, text)
    if status == 404 and body.get("resource_type"):
        message = (
            f"Voucherify has no such {body['resource_type']}. Resync links it again or creates a new one."
        )
        return RemoteNotFoundError(message, code=key or "NOT_FOUND")
    if status >= 500:
        return error_class(status)(
            f"Voucherify cannot be reached now (HTTP {status}).", code=key or f"HTTP_{status}"
        )
    if status == 409:
        return ConflictError(f"Voucherify reports a conflict: {text}", code=key or "CONFLICT")
    if key == IN_PROGRESS:
        return TransientError(f"Voucherify is working on the same code: {text}", code=key)
    if status == 423 or (status == 400 and key in RULES):
        return BusinessError(f"A rule of Voucherify forbids it: {text}", code=key or "LOCKED")
    return error_class(status)(f"Voucherify refused the call: {text}", code=key or f"HTTP_{status}")


def _too_many(response, text):
    """Return the error for 429. ``X-Rate-Limit-Type`` says whether a minute or the month is used up."""
    kind = response.headers.get("X-Rate-Limit-Type") or "api_calls"
    wait = CYCLE_USED_UP if kind == "api_calls_cycle" else seconds_to_retry(response)
    return QuotaError(f"A call limit of Voucherify was reached: {text}", code=kind, retry_after=wait)


def seconds_to_retry(response):
    """Return the seconds until the next call may be made; None if the response does not say.

    ``X-Rate-Limit-Retry`` is the time (Unix seconds) when that is, by Voucherify's clock.
    """
    asked = asked_to_wait(response)
    if asked is not None:
        return asked
    retry_at = response.headers.get("X-Rate-Limit-Retry") or ""
    if not retry_at.isdecimal() or response.date is None:
        return None
    return min(max(int(retry_at) - response.date.timestamp(), 0.0), CYCLE_USED_UP)
