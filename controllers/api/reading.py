"""Reading requests: which endpoint is meant, and whether the query and the content are what it takes."""

import hashlib
import json
import re
from typing import get_origin

from pydantic import ValidationError

from ...core.problem import Problem, pointer
from ...core.strict_json import is_storable, read_object
from ...models.inbox.command import CommandRequest
from ...schemas.commands.invalid import MAX_ERRORS, problem_of
from .dispatcher import BASE_PATH
from .endpoints import ENDPOINTS

MAX_KEY = 255
UNSTORABLE = "A text has a NUL character, which cannot be stored."
# What anybody may read: routes of their own, which take no other method.
DOCUMENTS = re.compile(r"/openapi\.json|/docs(/[^/]+)?|/problems/[^/]+")


def read_endpoint(path, method):
    """Return the endpoint and the parameters of the path.

    :raise Problem: there is none
    """
    if DOCUMENTS.fullmatch(path):
        raise _not_allowed("GET")
    found = [(endpoint, match) for endpoint in ENDPOINTS if (match := endpoint.pattern.fullmatch(path))]
    if not found or not is_storable(path):
        raise Problem("not-found", f"There is no such path. {BASE_PATH}/openapi.json lists them.")
    for endpoint, match in sorted(found, key=lambda each: each[0].literal_length, reverse=True):
        if endpoint.method == ("GET" if method == "HEAD" else method):
            return endpoint, match.groupdict()
    raise _not_allowed(*sorted({endpoint.method for endpoint, _match in found}))


def _not_allowed(*methods):
    allowed = ", ".join(methods)
    return Problem("method-not-allowed", f"Use {allowed}.", headers={"Allow": allowed})


def read_query(endpoint, given):
    """Return the parameters of the query, checked; None if the endpoint has none.

    :param given: the values of each parameter: ``{"sku": ["MUG", "PLATE"]}``
    :raise Problem: they are not valid
    """
    if not endpoint.query:
        return None
    unstorable = [name for name, values in given.items() if not all(map(is_storable, [name, *values]))]
    if unstorable:
        errors = [{"pointer": pointer([name.replace("\0", "")]), "detail": UNSTORABLE} for name in unstorable]
        raise Problem("invalid-request", UNSTORABLE, errors=errors[:MAX_ERRORS])
    lists = {
        name for name, each in endpoint.query.model_fields.items() if get_origin(each.annotation) is tuple
    }
    try:
        return endpoint.query.model_validate(
            {
                name: values if name in lists or len(values) > 1 else values[0]
                for name, values in given.items()
            }
        )
    except ValidationError as error:
        raise problem_of(error) from error


def read_command(endpoint, parameters, body, idempotency_key, trace_id, base_url):
    """Return the :class:`CommandRequest` for a command, checked.

    :param parameters: of the path
    :param body: bytes
    :raise Problem: it is not valid
    """
    content = _with_parameters(read_object(body), parameters)
    try:
        command = endpoint.command_type.schema.model_validate(content)
    except ValidationError as error:
        raise problem_of(error) from error
    digest = hashlib.sha256(b"\n".join([endpoint.operation.encode(), json.dumps(parameters).encode(), body]))
    return CommandRequest(
        endpoint.command_type, command, content, digest.hexdigest(), idempotency_key, trace_id, base_url
    )


def _with_parameters(content, parameters):
    """
    :raise Problem: the content contradicts the path
    """
    errors = [
        {"pointer": pointer([name]), "detail": "It is another one than in the path."}
        for name, value in parameters.items()
        if name in content and content[name] != value
    ]
    if errors:
        raise Problem("invalid-request", "The content and the path contradict each other.", errors=errors)
    return {**content, **parameters}


def read_content(endpoint, body):
    """Return the content of a request that is no command, checked.

    :param body: bytes
    :raise Problem: it is not valid
    """
    try:
        return endpoint.body.model_validate(read_object(body))
    except ValidationError as error:
        raise problem_of(error) from error


def read_key(key):
    """Return an idempotency key.

    :raise Problem: it is too long, or has characters that are no visible ASCII
    """
    if len(key) > MAX_KEY or not all("!" <= each <= "~" for each in key):
        detail = f"An Idempotency-Key has at most {MAX_KEY} visible ASCII characters."
        raise Problem("invalid-header", detail)
    return key
