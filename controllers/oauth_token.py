"""The token endpoint: an API client gets a short-lived access token for its key (RFC 6749, section 4.4)."""

import base64
import binascii
import json
from urllib.parse import unquote_plus

from odoo import SUPERUSER_ID, http
from odoo.http import Response, request

from ..core import access_token, api_key
from ..core.problem import Problem
from .api.dispatcher import OAUTH_PATH, ApiDispatcher

ROUTING_TYPE = "retail_hub_oauth"
MAX_BYTES = 20_000
FORM = "application/x-www-form-urlencoded"
PARAMETERS = ("grant_type", "client_id", "client_secret", "scope")
NOT_CACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
# RFC 6749, section 5.2. A problem of another kind means that the request is not valid.
ERRORS = {
    "unauthorized": "invalid_client",
    "forbidden": "unauthorized_client",
    "rate-limited": "temporarily_unavailable",
    "internal": "server_error",
}


class OAuthError(Problem):
    """A refusal with an error code of RFC 6749, section 5.2."""

    def __init__(self, error, detail):
        super().__init__("invalid-json", detail)  # whose status is 400
        self.error = error


class TokenDispatcher(ApiDispatcher):
    """Answers with the errors of RFC 6749, which OAuth libraries understand, instead of problem details."""

    routing_type = ROUTING_TYPE

    def problem_response(self, problem):
        error = getattr(problem, "error", None) or ERRORS.get(problem.kind, "invalid_request")
        headers = {"Retail-Trace-Id": self.trace_id, **problem.headers, **NOT_CACHED}
        if error == "invalid_client":
            headers["WWW-Authenticate"] = 'Basic realm="retail_hub"'
        return _json({"error": error, "error_description": problem.detail}, problem.status, headers)


class TokenController(http.Controller):
    @http.route(
        OAUTH_PATH,
        type=ROUTING_TYPE,
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=MAX_BYTES,
    )
    def token(self):
        """Issue an access token: for ``grant_type=client_credentials``, with the client's id and its secret."""
        form = _form()
        # As the superuser: it is not known yet who calls, and a token gives no more than the client may do.
        env = request.env(user=SUPERUSER_ID, su=True, context={})
        caller = _authenticated(env, form)
        if form.get("grant_type") != "client_credentials":
            raise OAuthError("unsupported_grant_type", "Send grant_type=client_credentials.")
        env["retail.api.rate"]._count(caller)
        scopes = _scopes(form, caller)
        key_id, key = env["retail.token.key"]._present()
        claims = {"sub": str(caller.client_id), "key": caller.key_id, "scope": scopes}
        env["retail.api.key"]._note_use(caller.key_id)
        answer = {
            "access_token": access_token.issue(key, key_id, claims),
            "token_type": "Bearer",
            "expires_in": access_token.SECONDS,
            "scope": scopes,
        }
        return _json(answer, 200, NOT_CACHED)


def _form():
    """Return the parameters of the form; those that the endpoint does not know are ignored.

    :raise OAuthError: it is no form, or has a parameter twice
    """
    if request.httprequest.mimetype != FORM:
        raise OAuthError("invalid_request", f"Send the header: Content-Type: {FORM}.")
    form = request.httprequest.form
    if any(len(form.getlist(name)) > 1 for name in PARAMETERS):
        raise OAuthError("invalid_request", "A parameter occurs twice.")
    return {name: form[name] for name in PARAMETERS if form.get(name)}


def _authenticated(env, form):
    """Return the caller: a client that proves itself in the header, or in the form.

    :raise Problem: it does not
    """
    client_id, secret = _basic() or (form.get("client_id", ""), form.get("client_secret", ""))
    if _basic() and form.get("client_secret"):
        raise OAuthError("invalid_request", "Send the secret once: in the header, or in the form.")
    # The secret is an API key, and the id its beginning. With another id, it is nobody's.
    key = secret if client_id == api_key.prefix_of(secret) else ""
    return env["retail.api.client"]._authenticate(key, request.httprequest.remote_addr)


def _basic():
    """Return ``(id, secret)`` of the header; None if there is none."""
    scheme, _space, text = request.httprequest.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _colon, secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _scopes(form, caller):
    """Return the scopes of the token, with blanks between them.

    :raise OAuthError: the client has not all that it asks for
    """
    wanted = frozenset(form.get("scope", "").split())
    if wanted - caller.scopes:
        raise OAuthError("invalid_scope", "The client lacks a scope that it asks for.")
    return " ".join(sorted(wanted or caller.scopes))


def _json(content, status, headers):
    return Response(
        json.dumps(content), status=status, headers=[("Content-Type", "application/json"), *headers.items()]
    )
