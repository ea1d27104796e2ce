"""The base of adapters for APIs that take one record in a call."""

from abc import abstractmethod
from collections.abc import Sequence

from ..core.errors import AuthError, QuotaError, RemoteError, TransientError
from .base import Adapter
from .http_client import Response
from .http_status import asked_to_wait, error_class, is_uncertain
from .items import Outcome, Prepared, failed
from .side_by_side import call_side_by_side
from .texts import clean


class RecordAdapter(Adapter):
    """Sends each item by a call of its own, several at once; once the endpoint is at fault, the others stay behind.

    A subclass says how one item is sent (:meth:`send_one`), and how one is resolved. Both run in threads: they use
    ``self.http`` and what they are given, and change nothing that is shared. Its provider has
    ``estimate=one_call_each``.
    """

    noun = "record"  # what the remote's records are called in messages

    @abstractmethod
    def send_one(self, prepared: Prepared) -> Outcome:
        """Send one item by ``self.http``; return its outcome, with the remote id.

        :raise RemoteError: it was not taken, or may not have been; see :meth:`check`
        """

    def send(self, batch: Sequence[Prepared]) -> list[Outcome]:
        return self.call_each(batch, self.send_one)

    def call_each(self, batch, call) -> list[Outcome]:
        """Return what ``call`` makes of each item; once the endpoint is at fault, no further one is sent.

        As many calls are in the air at once as the connector allows: ``call`` runs in threads. The items are of
        different subjects, so their order does not matter.
        """

        def outcome_of(prepared):
            try:
                return call(prepared)
            except RemoteError as error:
                return failed([prepared], error)[0]

        outcomes = call_side_by_side(
            batch, outcome_of, self._is_fault, self.http, self.settings.parallel_calls
        )
        fault = next((each.error.not_sent() for each in outcomes if each and self._is_fault(each)), None)
        return [
            outcome or failed([prepared], fault)[0] for prepared, outcome in zip(batch, outcomes, strict=True)
        ]

    def _is_fault(self, outcome):
        return outcome.error is not None and self.is_about_endpoint(outcome.error)

    def is_about_endpoint(self, error: RemoteError) -> bool:
        """Tell whether the items after this one would fare the same: only HTTP 500 may be due to the item itself."""
        is_answer = isinstance(error, TransientError) and error.http_status == 500
        return isinstance(error, (AuthError, QuotaError, TransientError)) and not is_answer

    def check(self, response: Response, sent=(), is_write: bool = True) -> Response:
        """Return an answer below 400 as it is.

        :param sent: the request: what it says of people does not show up in the error
        :raise RemoteError: any other, by its status
        """
        if response.status < 400:
            return response
        error = self.refusal(response, sent)
        error.http_status = response.status
        error.uncertain = is_write and is_uncertain(response.status)
        raise error

    def refusal(self, response: Response, sent=()) -> RemoteError:
        """Return the error for an answer of status 400 or more, in words for a person; override it for better ones."""
        asked = asked_to_wait(response)
        kind = error_class(response.status, asked)
        text = clean(self.explanation(response), sent)
        message = f"{self.http.host} rejected the {self.noun} (HTTP {response.status}){': ' if text else '.'}"
        return kind(message + text, code=f"HTTP_{response.status}", retry_after=asked)

    def remote_id(self, response: Response, name: str = "id") -> str:
        """Return the remote id under this name of an answer to a write.

        :raise TransientError: there is none, without which the record would never be bound
        """
        found = response.object.get(name)
        if not found or not isinstance(found, (str, int)):
            message = f"{self.http.host} did not say which {self.noun} it saved."
            raise TransientError(message, code="NO_ID", http_status=response.status, uncertain=True)
        return str(found)

    def explanation(self, response: Response) -> str:
        """Return what the remote says about an error, for a person; it is masked and shortened afterwards."""
        body = response.object
        return next((body[name] for name in ("message", "error", "detail", "title") if body.get(name)), "")
