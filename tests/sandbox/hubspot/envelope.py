"""Helpers for requests of all kinds: ``inputs``, ``results`` and ``errors`` of batches, counts and ids."""

from kit.store import now_iso
from kit.wire import json_response

from .failures import bad_input


def inputs_of(body, most):
    """The list of dicts in ``inputs``, at least one and at most ``most``; raises Failure."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(each, dict) for each in inputs):
        raise bad_input("Invalid input JSON: inputs must be a list of objects")
    if len(inputs) > most:
        raise bad_input(f"The maximum number of inputs in a batch is {most}, but there were {len(inputs)}")
    return inputs


def completed(started, results):
    return {"status": "COMPLETE", "results": results, "startedAt": started, "completedAt": now_iso()}


def batch_response(call, status, started, results, errors=()):
    """Return the response of a batch, with this status; before version 2026-09 with 207, if there are errors."""
    body = completed(started, results)
    if not errors:
        return json_response(status, body)
    status = status if call.is_2026_09 else 207
    return json_response(status, {**body, "numErrors": len(errors), "errors": errors})


def whole_number(arguments, name, default):
    """A count or an id among the arguments; raises Failure if it is something else."""
    text = str(arguments.get(name) or default)
    if not text.isdecimal():
        raise bad_input(f"{name} must be a whole number")
    return int(text)
