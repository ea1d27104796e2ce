"""What the API answers if it does not do what it was asked: problem details (RFC 9457). Plain Python.

A new kind of problem is a line in ``PROBLEMS``. Its name is part of the API, and never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class ProblemKind(NamedTuple):
    """The HTTP status and title of a problem, and what the caller can do about it."""

    status: int
    title: str
    help: str


PROBLEMS = {
    "invalid-json": ProblemKind(
        400, "Invalid JSON", "Send one JSON object in UTF-8, in which no key occurs twice."
    ),
    "invalid-header": ProblemKind(400, "Invalid header", "Correct the header that is named in the detail."),
    "unauthorized": ProblemKind(
        401, "Unauthorized", "Send a valid API key in the header: Authorization: Bearer <key>."
    ),
    "invalid-signature": ProblemKind(
        401,
        "Invalid signature",
        "Sign the request with the present secret, with a new webhook-id and the present time.",
    ),
    "forbidden": ProblemKind(403, "Forbidden", "Ask the administrator of the hub for what is missing."),
    "not-found": ProblemKind(404, "Not found", "Check the path and the identifiers in it."),
    "method-not-allowed": ProblemKind(405, "Method not allowed", "Use a method of the header Allow."),
    "in-progress": ProblemKind(
        409, "In progress", "Send the same request again later; it is carried out once."
    ),
    "conflict": ProblemKind(409, "Conflict", "Read the record, and decide what to send."),
    "out-of-stock": ProblemKind(
        409, "Out of stock", "Order at most what is available, or wait until there is more."
    ),
    "amount-exceeded": ProblemKind(409, "Amount exceeded", "Read what is available, and send at most that."),
    "confirmation-required": ProblemKind(
        409,
        "Confirmation required",
        "Have a code sent to the customer, and send it as passcode; or name the card by its code.",
    ),
    "too-large": ProblemKind(413, "Too large", "Send less in one request."),
    "unsupported-media-type": ProblemKind(
        415, "Unsupported media type", "Send the header: Content-Type: application/json."
    ),
    "invalid-request": ProblemKind(422, "Invalid request", "Correct what the errors point at."),
    "unknown-reference": ProblemKind(
        422,
        "Unknown reference",
        "Ask the administrator of the hub to map what the errors point at. Then send it with a new idempotency key.",
    ),
    "total-mismatch": ProblemKind(
        422, "Total does not match", "Send lines, discounts and taxes that add up to the total."
    ),
    "key-reused": ProblemKind(
        422, "Idempotency key reused", "Use a new idempotency key for each request with other content."
    ),
    "rate-limited": ProblemKind(429, "Too many requests", "Wait for the seconds of the header Retry-After."),
    "internal": ProblemKind(
        500,
        "Internal error",
        "Send the same request again, with the same idempotency key, or give us the trace_id.",
    ),
    "unavailable": ProblemKind(
        503, "Unavailable", "Send the same request again after the seconds of the header Retry-After."
    ),
}


@dataclass
class Problem(Exception):
    """A refusal, as the caller gets it.

    :param kind: a key of ``PROBLEMS``
    :param detail: what is wrong, in a sentence; it names no personal data
    :param errors: of the content: dicts with ``pointer`` (RFC 6901) and ``detail``
    :param headers: of the response
    :param reason: what people in Odoo get to know besides, and the caller does not
    """

    kind: str
    detail: str
    errors: list[Mapping[str, str]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def status(self) -> int:
        return PROBLEMS[self.kind].status

    def as_json(self, base_url: str, trace_id: str) -> dict[str, Any]:
        """Return the problem details.

        :param base_url: of the API, without a slash at the end
        :param trace_id: finds the request in Odoo
        """
        details = {
            "type": f"{base_url}/problems/{self.kind}",
            "title": PROBLEMS[self.kind].title,
            "status": self.status,
            "detail": self.detail,
            "trace_id": trace_id,
        }
        return {**details, "errors": [dict(each) for each in self.errors]} if self.errors else details


def pointer(path) -> str:
    """Return the JSON pointer (RFC 6901) of a path: ``("lines", 0, "sku")`` → ``/lines/0/sku``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
