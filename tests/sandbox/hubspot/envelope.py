"""The form of every batch: ``inputs`` in the body, ``results`` and ``errors`` in the answer."""

from wire import json_response

from .failures import bad_input
from .store import now_iso


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


def batch_response(status, started, results, errors=()):
    """With that status, or 207 if there are errors."""
    body = completed(started, results)
    if not errors:
        return json_response(status, body)
    return json_response(207, {**body, "numErrors": len(errors), "errors": errors})
