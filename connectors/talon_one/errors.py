"""Turns Talon.One's error responses into the hub's errors, with messages for users. Pure functions.

An error is ``{message, errors: [{title, details, source: {pointer or parameter}}]}``
(https://docs.talon.one/docs/dev/integration-api/errors).
"""

from ...core.errors import AuthError, TransientError
from ..http_status import asked_to_wait, error_class, is_uncertain
from ..texts import clean

BUSY = "BUSY"


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
    if body.get("RequestUUID"):
        error.response = {"request_id": str(body["RequestUUID"])}
    return error


def _error(response, body, text):
    status = response.status
    if status == 401:
        message = "Talon.One rejected the API key, because it is wrong or has expired. Enter a new one."
        return AuthError(message, code="UNAUTHORIZED")
    if status == 403:
        return AuthError(f"The API key may not make this call: {text}", code="FORBIDDEN")
    if status == 409:
        # No conflict of data: two calls at the same time, of which the second is refused.
        return TransientError(f"Talon.One is busy with another call about the same: {text}", code=BUSY)
    asked = asked_to_wait(response)
    if status >= 500:
        message = f"Talon.One cannot be reached now (HTTP {status})."
        return error_class(status, asked)(message, code=_code(body, status), retry_after=asked)
    field = _field(body)
    what = f"Talon.One refused {field}" if field else "Talon.One refused the call"
    return error_class(status, asked)(
        f"{what}: {text}", code=_code(body, status), field=field, retry_after=asked
    )


def _problems(body):
    found = body.get("errors")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(body, sent):
    """Return Talon.One's own words. The details say more than the message, which is the same for all."""
    details = [clean(each.get("details") or each.get("title"), sent) for each in _problems(body)]
    return "; ".join(filter(None, details)) or clean(body.get("message"), sent) or "no reason given"


def _field(body):
    """Return the property at fault: ``Name`` of ``/attributes/Name``, ``cartItems.0.sku`` of a cart item's."""
    for each in _problems(body):
        source = each.get("source") if isinstance(each.get("source"), dict) else {}
        pointer = str(source.get("pointer") or "").strip("/")
        for prefix in ("customerSession/", "attributes/"):
            pointer = pointer.removeprefix(prefix)
        if pointer:
            return pointer.replace("/", ".")
    return None


def _code(body, status):
    titles = (each.get("title") for each in _problems(body))
    title = next((each for each in titles if isinstance(each, str) and each), "")
    return title.upper().replace(" ", "_")[:64] or f"HTTP_{status}"
