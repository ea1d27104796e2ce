"""The API, version 1: authenticate, check, carry out, answer."""

import hashlib
import json

from werkzeug.exceptions import RequestEntityTooLarge

from odoo import SUPERUSER_ID, http
from odoo.http import Response, request

from ...core.problem import PROBLEMS, Problem
from ...models.inbox.gateway import slots_of
from ...models.inbox.locks import take_slot
from .dispatcher import BASE_PATH, ROUTING_TYPE, raw_target
from .endpoint import Call
from .endpoints import ENDPOINTS
from .openapi import description
from .reading import read_command, read_content, read_endpoint, read_key, read_query

JSON = [("Content-Type", "application/json")]
ROUTE = {
    "type": ROUTING_TYPE,
    "auth": "none",
    "csrf": False,
    "save_session": False,
    "readonly": False,
    # One byte more than a request may have: werkzeug cuts a chunked body there, and does not say so.
    "max_content_length": max(endpoint.max_bytes for endpoint in ENDPOINTS) + 1,
}


class ApiController(http.Controller):
    @http.route(f"{BASE_PATH}/openapi.json", methods=["GET"], **{**ROUTE, "readonly": True})
    def openapi(self):
        """Describe the API (OpenAPI 3.1). Anybody may read it: it contains no data."""
        return Response(json.dumps(description()), headers=JSON)

    @http.route(f"{BASE_PATH}/problems/<string:kind>", methods=["GET"], **{**ROUTE, "readonly": True})
    def problem(self, kind):
        """Explain a problem: its ``type`` is the URL of this page."""
        if kind not in PROBLEMS:
            raise Problem("not-found", "There is no such problem.")
        found = PROBLEMS[kind]
        return Response(
            json.dumps({"status": found.status, "title": found.title, "help": found.help}), headers=JSON
        )

    @http.route([BASE_PATH, f"{BASE_PATH}/<retail_path:path>"], **ROUTE)
    def call(self, path=""):
        """Answer a request."""
        endpoint, parameters = read_endpoint("/" + path, request.httprequest.method)
        # As the superuser, until it is known who calls; what is asked for is carried out as the client's user.
        env = request.env(user=SUPERUSER_ID, su=True, context={})
        caller = env["retail.api.client"]._authenticate(_key(), request.httprequest.remote_addr)
        if caller.requires_signature:
            _check_signature(env["retail.api.client"].browse(caller.client_id), endpoint)
        rate = env["retail.api.rate"]._count(caller)
        request.dispatcher.headers = {**(rate.headers if rate else {}), **endpoint.deprecation_headers}
        if endpoint.deprecated_at:
            env["retail.api.deprecated.use"]._count(caller, endpoint)
        if endpoint.scope and endpoint.scope not in caller.scopes:
            raise Problem("forbidden", f"The client lacks the scope {endpoint.scope}.")
        if endpoint.command_type:
            reply = env["retail.gateway"]._carry_out(caller, _command(endpoint, parameters))
            headers = {**request.dispatcher.headers, **reply.headers}
            return Response(
                reply.body, status=reply.status, headers=[*_content_type(reply.status), *headers.items()]
            )
        take_slot(env.cr, slots_of(caller), caller.max_parallel)
        env["retail.api.key"]._note_use(caller.key_id)
        query = read_query(endpoint, request.httprequest.args.to_dict(flat=False))
        body = read_content(endpoint, _body(endpoint)) if endpoint.body else None
        call = Call(env, caller, parameters, _trace_id(), _base_url(), query, body)
        found = json.dumps(endpoint.read(call).canonical())
        return _response(found) if endpoint.body else _found(found)


def _found(body):
    """Return the response to a read; without a body if the caller has it already (RFC 9110, section 13.1.2)."""
    response = _response(body)
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return response.make_conditional(request.httprequest.environ)


def _response(body):
    response = Response(body, headers=[*JSON, ("Retail-Trace-Id", _trace_id())])
    response.headers.extend(request.dispatcher.headers)
    return response


def _content_type(status):
    return JSON if status < 400 else [("Content-Type", "application/problem+json")]


def _key():
    scheme, _space, key = request.httprequest.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _check_signature(client, endpoint):
    """
    :raise Problem: the request is not signed
    """
    httprequest = request.httprequest
    headers = {name.lower(): value for name, value in httprequest.headers.items()}
    signed = f"{httprequest.method} {raw_target()}\n".encode() + _raw(endpoint)
    client._check_signature(headers, signed, _trace_id())


def _command(endpoint, parameters):
    """Return the request for a command, checked.

    :raise Problem: it is not valid
    """
    body = _body(endpoint)
    key = read_key(request.httprequest.headers.get("Idempotency-Key", ""))
    return read_command(endpoint, parameters, body, key, _trace_id(), _base_url())


def _body(endpoint):
    """
    :raise Problem: it is not JSON, or too large
    """
    if request.httprequest.mimetype != "application/json":
        raise Problem("unsupported-media-type", PROBLEMS["unsupported-media-type"].help)
    if request.httprequest.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem("unsupported-media-type", "Send the content as it is, not compressed.")
    return _raw(endpoint)


def _raw(endpoint):
    """
    :raise Problem: the body is too large
    """
    try:
        body = request.httprequest.get_data()
    except RequestEntityTooLarge as error:
        raise _too_large(endpoint) from error
    if len(body) > endpoint.max_bytes:
        raise _too_large(endpoint)
    return body


def _too_large(endpoint):
    return Problem("too-large", f"A request has at most {endpoint.max_bytes:,} bytes.")


def _trace_id():
    return request.dispatcher.trace_id


def _base_url():
    return request.httprequest.host_url.rstrip("/") + BASE_PATH
