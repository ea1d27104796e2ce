"""The message: a request that was stored, as its caller may read it. Version 1."""

from typing import Literal

from .base import Canonical, Timestamp


class ProblemPlaceV1(Canonical):
    """What is wrong at one place of the content. ``pointer`` is a JSON pointer (RFC 6901)."""

    pointer: str
    detail: str


class MessageV1(Canonical):
    """What came of a request.

    ``state``: ``done``; ``refused``, see ``problem``; ``tested``: nothing of it was kept; ``waiting``: it is carried
    out when what it is about has come; ``incomplete``: it is carried out when a person has mapped what ``errors`` point
    at; ``undecided``: a person applies or rejects it; ``cancelled``: it was cancelled before that; ``received``: it
    came by a webhook, and is carried out soon; ``noted``: it came by a webhook, and Odoo does not act on it.
    """

    id: str
    command: str
    state: Literal[
        "started",
        "received",
        "done",
        "waiting",
        "incomplete",
        "undecided",
        "cancelled",
        "refused",
        "tested",
        "noted",
    ]
    subject: str = ""
    status: int | None = None
    problem: str = ""
    errors: tuple[ProblemPlaceV1, ...] = ()
    received_at: Timestamp
