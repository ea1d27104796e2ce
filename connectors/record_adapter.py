"""The base of adapters for APIs that take one record in a call."""

from abc import abstractmethod
from collections.abc import Sequence

from ..core.errors import AuthError, QuotaError, RemoteError, TransientError
from .base import Adapter
from .http_client import Response
from .http_status import asked_to_wait, error_class, is_uncertain
from .items import Outcome, Prepared, failed
from .texts import clean


class RecordAdapter(Adapter):
    """Sends one item after the other; once the endpoint itself is at fault, the others stay behind.

    A subclass says how one item is sent (:meth:`send_one`), and how one is resolved. Its provider has
    ``estimate=one_call_each``.
    """

    noun = "record"  # what the remote's records are called in messages

    @abstractmethod
    def send_one(self, prepared: Prepared) -> Outcome:
        """Send one item by ``self.http``; return its outcome, with the remote id.

        :raise RemoteError: it was not taken, or may not have been; see :meth:`check`
        """

    def send(self, batch: Sequence[Prepared]) -> list[Outcome]:
        return self.one_by_one(batch, self.send_one)

    def one_by_one(self, batch, call) -> list[Outcome]:
        """Return what ``call`` makes of each item, until the endpoint is at fault: then the rest is not sent."""
        outcomes: list[Outcome] = []
        stopped: RemoteError | None = None
        for prepared in batch:
            if stopped:
                outcomes += failed([prepared], stopped)
                continue
            try:
                outcomes.append(call(prepared))
            except RemoteError as error:
                outcomes += failed([prepared], error)
                stopped = error.not_sent() if self.is_about_endpoint(error) else None
        return outcomes

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

    def explanation(self, response: Response) -> str:
        """Return what the remote says about an error, for a person; it is masked and shortened afterwards."""
        body = response.object
        return next((body[name] for name in ("message", "error", "detail", "title") if body.get(name)), "")
