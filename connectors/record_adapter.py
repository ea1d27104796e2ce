"""The base class of adapters for APIs that accept one record per call."""

import logging
from abc import abstractmethod
from collections.abc import Sequence

from ..core.errors import (
    ADAPTER_FAILED,
    AuthError,
    QuotaError,
    RemoteError,
    RemoteNotFoundError,
    TransientError,
)
from ..core.tracebacks import without_values
from .base import Adapter
from .call_log import about
from .http_client import Response
from .http_status import asked_to_wait, error_class, is_uncertain
from .items import Outcome, Prepared, failed
from .side_by_side import call_side_by_side
from .texts import clean

_logger = logging.getLogger(__name__)


class RecordAdapter(Adapter):
    """Sends each item in its own call, with several calls in parallel.

    After a failure of the endpoint (as opposed to a rejected item), no further call starts: the remaining items fail
    with the same error, as not sent.

    A subclass implements :meth:`send_one` and ``resolve``. ``send_one``, and what ``resolve`` passes to
    :meth:`call_each`, run in threads: they may use ``self.http`` and their arguments, but must not change shared
    state. The subclass's provider has ``estimate=one_call_each``.
    """

    noun = "record"  # the name of the remote's records in messages

    @abstractmethod
    def send_one(self, prepared: Prepared) -> Outcome:
        """Send one item with ``self.http``, and return its outcome with the remote id.

        :raise RemoteError: the call failed; see :meth:`check`
        """

    def send(self, batch: Sequence[Prepared]) -> list[Outcome]:
        return self.call_each(batch, self.send_one)

    def call_each(self, batch, call) -> list[Outcome]:
        """Call ``call(prepared)`` for each item, in threads; return one outcome per item, in order.

        The connector's setting *Parallel Calls per Worker* limits how many run at once. The items have different
        subjects, so the order of the calls does not matter. After a failure of the endpoint, no further call starts.
        """

        def outcome_of(prepared):
            try:
                with about(self.http, [prepared]):
                    return call(prepared)
            except RemoteError as error:
                return failed([prepared], error)[0]
            except Exception as error:  # a response that nobody foresaw must not affect the other items
                _logger.error(
                    "The call for delivery %s failed\n%s", prepared.item.trace_id, without_values(error)
                )
                text = "The adapter failed. See the server log for details."
                return failed([prepared], TransientError(text, code=ADAPTER_FAILED, uncertain=True))[0]

        outcomes = call_side_by_side(
            batch, outcome_of, self._is_fault, self.http, self.settings.parallel_calls
        )
        fault = next((each.error.not_sent() for each in outcomes if each and self._is_fault(each)), None)
        return [
            outcome or failed([prepared], fault)[0] for prepared, outcome in zip(batch, outcomes, strict=True)
        ]

    def _is_fault(self, outcome):
        error = outcome.error
        return error is not None and error.code != ADAPTER_FAILED and self.is_about_endpoint(error)

    def is_about_endpoint(self, error: RemoteError) -> bool:
        """Return whether an error would affect all further items too. HTTP 500 counts as being about one item."""
        is_answer = isinstance(error, TransientError) and error.http_status == 500
        return isinstance(error, (AuthError, QuotaError, TransientError)) and not is_answer

    def check(self, response: Response, sent=(), is_write: bool = True) -> Response:
        """Return the response if its status is below 400.

        :param sent: the request (for a search, what was searched for). Its personal values are masked in the error, if
            the names of their properties say that they are personal. The hub masks those of ``Prepared.personal``.
        :param is_write: whether the call may have changed something
        :raise RemoteError: the status is 400 or more
        """
        if response.status < 400:
            return response
        error = self.refusal(response, sent)
        error.http_status = response.status
        error.uncertain = is_write and is_uncertain(response.status)
        raise error

    def refusal(self, response: Response, sent=()) -> RemoteError:
        """Return the error for a response of status 400 or more, with a message for the user.

        Override it for more specific messages.
        """
        asked = asked_to_wait(response)
        kind = error_class(response.status, asked)
        text = clean(self.explanation(response), sent)
        what = f"{self.http.host} rejected the {self.noun}"
        if kind is RemoteNotFoundError:
            what = f"The {self.noun} does not exist at {self.http.host}"
        message = f"{what} (HTTP {response.status}){': ' if text else '.'}"
        return kind(message + text, code=f"HTTP_{response.status}", retry_after=asked)

    def remote_id(self, response: Response, name: str = "id") -> str:
        """Return the remote id from the response to a write.

        :param name: the JSON property that holds it
        :raise TransientError: there is no id; without one, the record could never be linked
        """
        found = response.object.get(name)
        if not found or not isinstance(found, (str, int)):
            message = f"{self.http.host} did not say which {self.noun} it saved."
            raise TransientError(message, code="NO_ID", http_status=response.status, uncertain=True)
        return str(found)

    def explanation(self, response: Response) -> str:
        """Return the remote's own error message, or "". The caller masks personal data in it, and shortens it.

        Override it if the message is elsewhere than in ``message``, ``error``, ``detail`` or ``title``, or in such a
        property of an ``error`` object.
        """
        return _message(response.object)


def _message(body):
    for value in (body.get(name) for name in ("message", "error", "detail", "title")):
        if isinstance(value, dict) and (found := _message(value)):
            return found
        if isinstance(value, str) and value:
            return value
    return ""
