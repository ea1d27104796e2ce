"""Errors of calls to a remote system, by what has to follow: one class per row of the table in doc/operations.rst."""

from collections.abc import Mapping
from typing import Any, ClassVar

from . import remote_data
from .const import ErrorClass
from .redaction import redact_text

ADAPTER_FAILED = "ADAPTER_FAILED"  # code of errors for exceptions that an adapter should not raise
OUT_OF_TIME = "OUT_OF_TIME"  # code of errors for calls that did not start, since others took too long
OWN_LIMIT = "OWN_LIMIT"  # code of a QuotaError for a call that our own count did not allow


class RemoteError(Exception):
    """A call, or one item of it, that failed at the remote system or on the way to it.

    ``is_sent`` is False for an item that was not sent because an earlier call failed: it uses up no attempt.
    ``response`` is a small dict of what else the remote said, such as the call's id for its support.

    :param message: for a user: what is wrong, and what to do. The hub masks the secrets and personal data that it
        recognizes in it, in the code and in the field
    :param code: the remote's own short name of the error, such as ``CONTACT_EXISTS``
    :param field: the remote property at fault, if it is known
    :param http_status: the status of the response; None without one
    :param retry_after: the seconds that the remote asks to wait; None if it does not
    :param uncertain: whether the call may have taken effect. The item is then in doubt, and its next attempt goes to
        ``resolve``
    """

    error_class: ClassVar[ErrorClass]

    def __init__(
        self, message, *, code=None, field=None, http_status=None, retry_after=None, uncertain=False
    ):
        # Whatever the adapter took from the remote: each of them is stored, shown, and part of alerts.
        message = _masked(message, remote_data.MAX_MESSAGE)
        super().__init__(message)
        self.message = message
        self.code = _masked(code, remote_data.MAX_CODE)
        self.field = _masked(field, remote_data.MAX_NAME)
        self.http_status = http_status
        self.retry_after = remote_data.seconds(retry_after)
        self.uncertain = uncertain
        self.is_sent = True
        self.response: Mapping[str, Any] = {}

    def not_sent(self):
        """Return the same error for an item that was not sent because of it: nothing is uncertain there."""
        error = type(self)(
            self.message,
            code=self.code,
            field=self.field,
            http_status=self.http_status,
            retry_after=self.retry_after,
        )
        error.is_sent = False
        return error


def _masked(text, limit):
    # Shortened before, since it may be long; and afterwards, since masked text may be longer.
    return text and remote_data.short(redact_text(remote_data.short(text, 10 * limit)), limit)


class TransientError(RemoteError):
    """The network failed, or HTTP 408, 423, 425 or 5xx: retried on the schedule."""

    error_class = ErrorClass.TRANSIENT


class QuotaError(RemoteError):
    """A call limit (HTTP 429): retried when the remote allows it. No attempt is used up."""

    error_class = ErrorClass.QUOTA


class AcceptedError(RemoteError):
    """The remote has accepted the item, but not finished it: it is asked again after ``retry_after`` seconds.

    No attempt is used up. What to ask for is in the outcome's checkpoint.
    """

    error_class = ErrorClass.ACCEPTED


class DependencyError(RemoteError):
    """Another record has to be at the remote first: the item waits for it; no attempt is used up."""

    error_class = ErrorClass.DEPENDENCY


class FlowFaultError(DependencyError):
    """A flow cannot be evaluated, such as a filter on a field that was removed. Its items wait until it is corrected.

    :param flow_id: the id of the flow
    """

    def __init__(self, message, flow_id):
        super().__init__(message, code="FLOW_FAULT", field=f"retail.flow,{flow_id}")
        self.flow_id = flow_id


class AuthError(RemoteError):
    """The credentials are refused (HTTP 401, 403): the connector pauses, and the responsible user gets an activity."""

    error_class = ErrorClass.AUTH


class ConflictError(RemoteError):
    """The item contradicts what the remote has (HTTP 409): retried twice.

    ``taken_by`` is the id of the remote record that has a value which must be unique; empty if it is about none.
    """

    error_class = ErrorClass.CONFLICT
    taken_by = ""


class MappingError(RemoteError):
    """The item cannot be expressed as a remote request, such as one without a match key: it fails at once."""

    error_class = ErrorClass.MAPPING


class ValidationError(RemoteError):
    """The remote refuses the content of the item (HTTP 400, 422): it fails at once."""

    error_class = ErrorClass.VALIDATION


class BusinessError(RemoteError):
    """The remote record was merged, deleted or closed: the item fails at once, and a user decides."""

    error_class = ErrorClass.BUSINESS


class RemoteNotFoundError(BusinessError):
    """The remote record to which ours is linked does not exist any more (HTTP 404, 410)."""


class ReferenceNotFoundError(BusinessError):
    """The item refers to a remote record that does not exist any more. ``remote_id`` is the id of that record."""

    remote_id = ""
