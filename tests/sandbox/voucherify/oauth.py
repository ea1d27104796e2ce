"""OAuth tokens, which are made from an API key and live for fifteen minutes."""

import secrets

from kit.wire import json_response

from .failures import Failure

PATH = "/v1/oauth/token"
LIFETIME = 900  # seconds


def create_token(project, request):
    form = request.form() or {}
    if form.get("grant_type") != "client_credentials":
        raise Failure(400, "invalid_grant_type", "Invalid grant_type")
    scope = form.get("scope", "")
    if not scope or "," in scope:
        raise Failure(400, "invalid_scope", f"Invalid scope: {scope}")
    token, expires = secrets.token_urlsafe(36), project.clock.now() + LIFETIME
    project.tokens[token] = expires
    body = {
        "access_token": token,
        "client_id": project.settings["app_id"],
        "expires_at": int(expires),
        "expires_in": LIFETIME,
        "scope": scope,
        "token_type": "Bearer",
    }
    return json_response(200, body)


def is_valid(project, token):
    return project.tokens.get(token, 0) > project.clock.now()


ROUTES = (("POST", PATH, create_token),)
