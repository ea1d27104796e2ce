"""Turns error responses of webhook receivers into the hub's errors, with messages for users. Pure functions."""

from ...core.errors import AuthError, QuotaError, TransientError
from ..http_status import asked_to_wait, error_class, is_uncertain
from ..texts import clean

MAX_EXCERPT = 200
_ENDINGS = {
    401: "it rejected the signature. Check that both sides have the same signing secret.",
    403: "it rejected the signature. Check that both sides have the same signing secret.",
    409: "it reported a conflict.",
    429: "it asked to slow down.",
    503: "it asked to slow down.",
}


def from_response(response, host, sent):
    """Return the error for a response of status 400 or more.

    :param response: a :class:`~..http_client.Response`
    :param host: the receiver's host name
    :param sent: the event; personal values in it are masked in the error
    """
    excerpt = _excerpt(response.text, sent)
    error = _error(response, f"{host} responded with HTTP {response.status}", excerpt)
    error.http_status = response.status
    error.uncertain = is_uncertain(response.status)
    error.response = {"body": excerpt} if excerpt else {}
    return error


def _error(response, answer, excerpt):
    status, asked = response.status, asked_to_wait(response)
    if status == 410:
        return AuthError(
            f"{answer}: the endpoint no longer exists. Enter another URL, or archive the connector.",
            code="ENDPOINT_GONE",
        )
    if status in (404, 405):
        return TransientError(
            f"{answer}: there is no webhook endpoint at this URL. Check the URL of the connector.",
            code="WRONG_ADDRESS",
        )
    kind = error_class(status, asked)
    if kind is TransientError:
        return kind(f"{answer}.", code=f"HTTP_{status}", retry_after=asked)
    rejected = f"it rejected the event: {excerpt}" if excerpt else "it rejected the event."
    ending = _ENDINGS.get(status, rejected)
    wait = asked if kind is QuotaError else None
    return kind(f"{answer}: {ending}", code=f"HTTP_{status}", retry_after=wait)


def _excerpt(text, sent):
    """Return the beginning of a response body with personal values masked; empty for a web page."""
    return "" if text.lstrip().startswith("<") else clean(text, sent, MAX_EXCERPT)
