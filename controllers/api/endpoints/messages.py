"""Messages: what came of earlier requests."""

from ....core.problem import Problem
from ....schemas.message import MessageV1
from ..endpoint import Endpoint

# A caller may read the messages that it may send.
SCOPE = ""


def read_message(call):
    """Return a message of the caller's client.

    :raise Problem: the client has no such message
    """
    message = call.env["retail.message"].search(
        [("uuid", "=", call.path["id"]), ("client_id", "=", call.caller.client_id)]
    )
    if not message:
        raise Problem("not-found", "This client has no message with this ID.")
    return message._canonical()


ENDPOINTS = (
    Endpoint(
        "GET",
        "/messages/{id}",
        "getMessage",
        "Read what came of a request",
        SCOPE,
        MessageV1,
        read_message,
        problems=("not-found",),
    ),
)
