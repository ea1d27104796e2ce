"""Batches of commands."""

import hashlib
import json
import uuid

from pydantic import ValidationError

from ....core.problem import Problem
from ....models.inbox.command import CommandRequest
from ....schemas.batch import BatchItemV1, BatchResultV1, BatchV1
from ....schemas.commands import COMMAND_TYPES
from ....schemas.commands.invalid import problem_of
from ....schemas.examples.commands import BATCH
from ..endpoint import Endpoint

# Each command needs its own scope.
SCOPE = ""
MAX_BYTES = 5_000_000


def carry_out(call):
    """Carry out the commands of a batch, and return what came of each."""
    items, trace_ids = call.body.commands, [str(uuid.uuid4()) for _each in call.body.commands]
    requests = [_request(call, *each) for each in zip(items, trace_ids, strict=True)]
    valid = [each for each in requests if not isinstance(each, Problem)]
    replies = iter(call.env["retail.gateway"]._carry_out_batch(call.caller, valid))
    results = [each if isinstance(each, Problem) else next(replies) for each in requests]
    found = zip(items, trace_ids, results, strict=True)
    return BatchResultV1(results=tuple(_item(call, *each) for each in found))


def _request(call, item, trace_id):
    """Return the :class:`CommandRequest` of an item, or the :class:`Problem` for which it is refused."""
    command_type = COMMAND_TYPES.get(item.command)
    if command_type is None:
        errors = [{"pointer": "/command", "detail": "There is no command with this name."}]
        return Problem("invalid-request", "There is no command with this name.", errors=errors)
    if command_type.scope not in call.caller.scopes:
        return Problem("forbidden", f"The client lacks the scope {command_type.scope}.")
    try:
        command = command_type.schema.model_validate(item.data)
    except ValidationError as error:
        return problem_of(error)
    content = json.dumps(item.data, sort_keys=True)
    digest = hashlib.sha256(f"batch\n{item.command}\n{content}".encode()).hexdigest()
    return CommandRequest(
        command_type, command, item.data, digest, item.idempotency_key, trace_id, call.base_url
    )


def _item(call, item, trace_id, result):
    known = {"command": item.command, "idempotency_key": item.idempotency_key}
    if isinstance(result, Problem):
        body = result.as_json(call.base_url, trace_id)
        return BatchItemV1(**known, status=result.status, trace_id=trace_id, body=body)
    return BatchItemV1(
        **known,
        status=result.status,
        trace_id=result.headers["Retail-Trace-Id"],
        is_replayed="Idempotency-Replayed" in result.headers,
        body=json.loads(result.body),
    )


ENDPOINTS = (
    Endpoint(
        "POST",
        "/batch",
        "carryOutBatch",
        "Carry out up to 500 commands",
        SCOPE,
        BatchResultV1,
        carry_out,
        body=BatchV1,
        body_example=BATCH,
        max_bytes=MAX_BYTES,
    ),
)
