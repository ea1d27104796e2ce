"""Batches: many commands in one request. Version 1."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from .base import Canonical

MAX_COMMANDS = 500


class BatchCommandV1(Canonical):
    """One command of a batch.

    ``command`` is its name, such as ``customer.upsert``, and ``data`` what its own endpoint takes, with the parameters
    of the path. ``idempotency_key`` is needed, so that the batch can be repeated.
    """

    command: str = Field(max_length=64)
    idempotency_key: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[!-~]+$")]
    data: dict[str, Any]


class BatchV1(Canonical):
    """Commands to carry out in this order, each by itself: one that is refused does not affect the others."""

    commands: tuple[BatchCommandV1, ...] = Field(min_length=1, max_length=MAX_COMMANDS)


class BatchItemV1(Canonical):
    """What came of one command: what its own endpoint would have returned.

    ``status`` is the HTTP status, ``body`` the response or the problem. ``is_replayed``: the command had been carried
    out before, and this was its first answer.
    """

    command: str
    idempotency_key: str
    status: int
    trace_id: str
    is_replayed: bool = False
    body: dict[str, Any]


class BatchResultV1(Canonical):
    """What came of the commands, in their order."""

    results: tuple[BatchItemV1, ...]
