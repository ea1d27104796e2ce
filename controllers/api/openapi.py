"""The description of the API (OpenAPI 3.1), generated from the endpoints and the schemas."""

import json
import re
from functools import cache

from openapi_pydantic import OpenAPI
from openapi_pydantic.util import PydanticSchema, construct_open_api_with_schema_class
from pydantic import BaseModel, ConfigDict

from ...core.problem import PROBLEMS
from ...schemas.message import MessageV1
from .dispatcher import BASE_PATH, OAUTH_PATH
from .endpoints import ENDPOINTS

COMMON_PROBLEMS = ("unauthorized", "forbidden", "rate-limited", "internal", "unavailable")
CONTENT_PROBLEMS = ("invalid-json", "too-large", "unsupported-media-type", "invalid-request")
COMMAND_PROBLEMS = ("in-progress", *CONTENT_PROBLEMS)
INTRODUCTION = """\
Odoo as the hub of a retailer: create customers, capture orders, report what happened, and read what is there.

Authenticate with an API key, `Authorization: Bearer rhk_…`, or with an access token. Send an `Idempotency-Key` with
each command, and the same one when you repeat it: it is carried out once, and each time you get the first answer.
Errors are problem details (RFC 9457); their `type` never changes, and their `trace_id` finds the request in Odoo.

To try it on this page, click **Authorize** and enter a key, best that of a client in test mode. It is forgotten when
you leave the page. Clients that have to sign their requests cannot be tried here.
"""
REFERENCE = re.compile(r'"#/components/schemas/(\w+)"')
KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, `rhk_…`, or an access token of another issuer that the client trusts.",
}
OAUTH = """\
An access token for 15 minutes. The client ID is what the key begins with, `rhk_` and 12 characters, the secret the key.
"""
SIGNATURE = """\
Besides the key or token, if the client has to sign its requests: the headers `webhook-id`, `webhook-timestamp` and
`webhook-signature` of [Standard Webhooks](https://www.standardwebhooks.com). Sign the method, a space, the path with
its query, a line feed, and the body.
"""


class ErrorV1(BaseModel):
    """What is wrong at one place of the content.

    ``pointer`` is a JSON pointer (RFC 6901), ``available`` how much is possible.
    """

    pointer: str
    detail: str
    available: str | None = None


class ProblemV1(BaseModel):
    """Problem details (RFC 9457). ``trace_id`` finds the request in Odoo."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    trace_id: str
    errors: list[ErrorV1] = []


@cache
def description():
    """Return the description as a dict of JSON values. It names no host: any caller may send any."""
    api = OpenAPI.model_validate(
        {
            "openapi": "3.1.0",
            "info": {"title": "Retail Hub", "version": "1", "description": INTRODUCTION},
            "servers": [{"url": BASE_PATH}],
            "paths": _paths(),
            "components": {"securitySchemes": _security_schemes()},
            "security": _security(()),
        }
    )
    api = construct_open_api_with_schema_class(api)
    found = api.model_dump(mode="json", by_alias=True, exclude_none=True)
    for endpoint in ENDPOINTS:
        if endpoint.command_type and endpoint.parameters:
            _leave_to_the_path(found, endpoint)
    _leave_open(found)
    return found


def _leave_open(found):
    """Allow fields in answers that are not described: some may be added, and callers ignore what they do not know."""
    schemas = found["components"]["schemas"]
    bodies = [
        operation.get("requestBody") for methods in found["paths"].values() for operation in methods.values()
    ]
    new = sent = _references(bodies)
    while new:
        new = _references([schemas[name] for name in new]) - sent
        sent = sent | new
    for name in schemas.keys() - sent:
        schemas[name].pop("additionalProperties", None)


def _references(parts):
    """Return the names of the schemas to which parts of the description refer."""
    return set(REFERENCE.findall(json.dumps(parts)))


def _leave_to_the_path(found, endpoint):
    """Take out of the content of an endpoint what stands in its path."""
    content = found["paths"][endpoint.path][endpoint.method.lower()]["requestBody"]["content"]
    schema = found["components"]["schemas"][endpoint.command_type.schema.__name__]
    properties = {
        name: each for name, each in schema["properties"].items() if name not in endpoint.parameters
    }
    required = [name for name in schema.get("required", ()) if name not in endpoint.parameters]
    inline = {name: each for name, each in schema.items() if name != "required"} | {"properties": properties}
    content["application/json"]["schema"] = inline | ({"required": required} if required else {})


def _security_schemes():
    scopes = sorted({each.scope for each in ENDPOINTS if each.scope})
    return {
        "key": KEY,
        "oauth": {
            "type": "oauth2",
            "description": OAUTH,
            "flows": {"clientCredentials": {"tokenUrl": OAUTH_PATH, "scopes": dict.fromkeys(scopes, "")}},
        },
        "signature": {
            "type": "apiKey",
            "in": "header",
            "name": "webhook-signature",
            "description": SIGNATURE,
        },
    }


def _security(scopes):
    """Return the ways to authenticate, of which each is enough; clients may have to sign as well."""
    ways = [{"key": []}, {"oauth": list(scopes)}]
    return [*ways, *({**way, "signature": []} for way in ways)]


def _paths():
    paths = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return paths


def _operation(endpoint):
    operation = {
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "description": f"Needs the scope `{endpoint.scope}`." if endpoint.scope else "Needs no scope.",
        "tags": [endpoint.path.split("/")[1]],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in endpoint.parameters
        ]
        + _query_parameters(endpoint),
        "responses": _responses(endpoint),
        "security": _security([endpoint.scope] if endpoint.scope else ()),
    }
    if endpoint.deprecated_at:
        operation["deprecated"] = True
    if endpoint.content:
        operation["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": PydanticSchema(schema_class=endpoint.content),
                    "example": endpoint.example,
                }
            },
        }
    if endpoint.command_type:
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "maxLength": 255},
                "description": "Of your choice, such as a UUID. The same for each repetition of the request.",
            }
        )
    return operation


def _query_parameters(endpoint):
    if not endpoint.query:
        return []
    schema = endpoint.query.model_json_schema()
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(each)}
        for name, each in schema["properties"].items()
    ]


def _without_null(schema):
    """Return the schema of a parameter, which may be left out but cannot be null."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) != 1:
        return schema
    return {**{name: each for name, each in schema.items() if name not in ("anyOf", "default")}, **choices[0]}


def _responses(endpoint):
    content = {"application/json": {"schema": PydanticSchema(schema_class=endpoint.response)}}
    responses = {"200": {"description": "It is done.", "content": content}}
    if endpoint.method == "GET":
        responses["304"] = {
            "description": "Nothing has changed since the response with the ETag of If-None-Match."
        }
    if endpoint.command_type:
        responses["201"] = {"description": "It is done, and something new was created.", "content": content}
    if endpoint.may_wait:
        waits = {"application/json": {"schema": PydanticSchema(schema_class=MessageV1)}}
        responses["202"] = {
            "description": "It is kept until it can be carried out, or a person in Odoo has decided about it.",
            "content": waits,
        }
    of_content = COMMAND_PROBLEMS if endpoint.command_type else CONTENT_PROBLEMS if endpoint.body else ()
    kinds = (*COMMON_PROBLEMS, *of_content, *endpoint.problems)
    for kind in sorted(kinds, key=lambda kind: PROBLEMS[kind].status):
        responses.setdefault(str(PROBLEMS[kind].status), _problem(kind))
    return responses


def _problem(kind):
    content = {"application/problem+json": {"schema": PydanticSchema(schema_class=ProblemV1)}}
    return {"description": f"{PROBLEMS[kind].title}. {PROBLEMS[kind].help}", "content": content}
