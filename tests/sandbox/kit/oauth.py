"""An OAuth authorization server: consent page, tokens, expiry and revocation (RFC 6749, 7009 and 7662).

A stand-in subclasses :class:`OAuth` to set the paths and the bodies of responses. An access token expires after
``oauth_token_lifetime_s``; a refresh token is valid until it is revoked.
"""

import base64
import re
import time
import uuid
from urllib.parse import unquote_plus, urlencode

from .failure import Failure
from .wire import Response, json_response

SETTINGS = {
    "oauth_client_id": "sandbox-client",
    "oauth_client_secret": "sandbox-secret",
    "oauth_redirect_uris": [],  # the app's redirect URIs; empty: any
    "oauth_token_lifetime_s": 1800,
    "oauth_consent": True,  # whether the user gives consent
    "oauth_rotates_refresh_token": False,  # a refresh returns a new refresh token, and invalidates the old one
}
CODE_LIFETIME = 600  # seconds
PAGE = "<!DOCTYPE html><html><head><title>Authorization failed</title></head><body>%s</body></html>"
# Reason to reject a request for tokens -> (error code of the standard, message).
REASONS = {
    "client_id": ("invalid_client", "missing or unknown client id"),
    "client_secret": ("invalid_client", "missing or invalid client secret"),
    "grant_type": ("unsupported_grant_type", "missing or unknown grant type"),
    "code": ("invalid_grant", "missing or unknown auth code"),
    "redirect_uri": ("invalid_grant", "missing or invalid redirect uri"),
    "refresh_token": ("invalid_grant", "refresh token is invalid, expired or revoked"),
}


class Grant:
    """A user's consent, valid until it is revoked or the app is uninstalled."""

    def __init__(self, refresh_token, scopes):
        self.refresh_token, self.scopes, self.active = refresh_token, scopes, True


class AccessToken:
    """``expires``: epoch seconds."""

    def __init__(self, value, grant, lifetime):
        self.value, self.grant = value, grant
        self.expires, self.dead = time.time() + lifetime, False

    def is_alive(self):
        return not self.dead and self.expires > time.time()


class OAuth:
    """``settings`` and ``lock`` are the account's. Each path is a pattern that must match completely, or None."""

    AUTHORIZE = "/oauth/authorize"
    TOKEN = "/oauth/token"
    REVOKE = "/oauth/revoke"
    INTROSPECT = None
    GRANT_TYPES = {  # grant type -> method (form) that returns a Grant
        "authorization_code": "redeem",
        "refresh_token": "refresh",
        "client_credentials": "grant_to_app",
    }

    def __init__(self, settings, lock):
        self.settings, self.lock = settings, lock
        self.reset()

    def reset(self):
        self.codes, self.grants, self.access = {}, {}, {}

    # --- to override ---

    def new_refresh_token(self):
        return str(uuid.uuid4())

    def new_access_token(self):
        return uuid.uuid4().hex

    def refusal(self, reason):
        """Return the Failure for one of the ``REASONS``."""
        error, message = REASONS[reason]
        return Failure(400, {"error": error, "error_description": message}, message)

    def expired(self, token):
        """Return the Failure for a call with an expired access token."""
        return Failure(401, {"error": "invalid_token", "error_description": "The access token expired"})

    def describe_new(self, token):
        """Return the body of the token endpoint's response."""
        return {
            "token_type": "bearer",
            "access_token": token.value,
            "refresh_token": token.grant.refresh_token,
            "expires_in": self.settings["oauth_token_lifetime_s"],
            "scope": " ".join(token.grant.scopes),
        }

    def describe_access(self, token):
        """Return the body of introspecting a valid access token."""
        return {"exp": int(token.expires), "scope": " ".join(token.grant.scopes)}

    def describe_refresh(self, grant):
        """Return the body of introspecting a valid refresh token."""
        return {"scope": " ".join(grant.scopes)}

    def form_of(self, request):
        """Return the fields of the form, including credentials from a Basic header, as the standard requires."""
        form = request.form()
        if form is None:
            raise Failure(415, {"error": "invalid_request", "error_description": "a form was expected"})
        return {**basic_credentials(request), **form}

    # --- for the account ---

    def scopes_of(self, token):
        """Return the scopes of an access token; None if it was never issued. Raises Failure if it has expired."""
        found = self.access.get(token)
        if found is None or found.dead:
            return None
        if not found.is_alive():
            raise self.expired(found)
        return found.grant.scopes

    def summary(self):
        return {
            "grants": sum(grant.active for grant in self.grants.values()),
            "access_tokens": sum(token.is_alive() for token in self.access.values()),
        }

    # --- actions for tests ---

    def actions(self):
        """Return the actions of the control API, by name."""
        possible = (self.expire_access_tokens, self.revoke_refresh_tokens, self.uninstall_app)
        return {action.__name__: action for action in possible}

    def expire_access_tokens(self):
        """Expire all access tokens. They can be refreshed."""
        for token in self.access.values():
            token.expires = time.time() - 1

    def revoke_refresh_tokens(self):
        """Revoke all refresh tokens. Access tokens stay valid until they expire."""
        for grant in self.grants.values():
            grant.active = False

    def uninstall_app(self):
        """Disconnect the app: all tokens become invalid."""
        self.revoke_refresh_tokens()
        for token in self.access.values():
            token.dead = True

    # --- HTTP ---

    def handle(self, request):
        """Return the response; None for a path that is not the server's."""
        action = self.find(request)
        if action is None:
            return None
        try:
            with self.lock:
                return action(request)
        except Failure as failure:
            return failure.response()

    def find(self, request):
        """Return the function that takes the request and returns the response, or None."""
        routes = (
            ("GET", self.AUTHORIZE, self.authorize),
            ("POST", self.TOKEN, self.token),
            ("POST", self.INTROSPECT, self.introspect),
            ("POST", self.REVOKE, self.revoke),
        )
        for method, pattern, action in routes:
            if pattern and method == request.method and re.fullmatch(pattern, request.path):
                return action
        return None

    def authorize(self, request):
        """Redirect from the consent page back to the app, with a code or an error, as ``oauth_consent`` says."""
        arguments = request.arguments()
        uri, allowed = arguments.get("redirect_uri", ""), self.settings["oauth_redirect_uris"]
        if arguments.get("client_id") != self.settings["oauth_client_id"]:
            return page("Authorization failed because the client ID is missing or unknown")
        if not uri or (allowed and uri not in allowed):
            return page("Authorization failed because the redirect URL does not match one of the app's")
        if not arguments.get("scope"):
            return page("Authorization failed because no scopes were asked for")
        if self.settings["oauth_consent"]:
            answer = {"code": self.new_code(uri, arguments)}
        else:
            answer = {"error": "access_denied", "error_description": "The user denied access"}
        if "state" in arguments:
            answer["state"] = arguments["state"]
        location = f"{uri}{'&' if '?' in uri else '?'}{urlencode(answer)}"
        return Response(302, headers=(("Location", location),))

    def new_code(self, uri, arguments):
        scopes = [*arguments["scope"].split(), *arguments.get("optional_scope", "").split()]
        code = str(uuid.uuid4())
        self.codes[code] = (uri, scopes, time.time() + CODE_LIFETIME)
        return code

    def authenticated(self, request):
        """Return the form, if it has the app's credentials."""
        form = self.form_of(request)
        for name in ("client_id", "client_secret"):
            if form.get(name) != self.settings[f"oauth_{name}"]:
                raise self.refusal(name)
        return form

    def token(self, request):
        form = self.authenticated(request)
        method = self.GRANT_TYPES.get(form.get("grant_type"))
        if method is None:
            raise self.refusal("grant_type")
        grant = getattr(self, method)(form)
        token = AccessToken(self.new_access_token(), grant, self.settings["oauth_token_lifetime_s"])
        self.access[token.value] = token
        return json_response(200, self.describe_new(token))

    def redeem(self, form):
        """Exchange a code, which is valid once and for ``CODE_LIFETIME`` seconds."""
        uri, scopes, ends = self.codes.pop(form.get("code"), (None, (), 0))
        if ends < time.time():
            raise self.refusal("code")
        if form.get("redirect_uri") != uri:
            raise self.refusal("redirect_uri")
        return self.add(scopes)

    def refresh(self, form):
        grant = self.grants.get(form.get("refresh_token"))
        if grant is None or not grant.active:
            raise self.refusal("refresh_token")
        if not self.settings["oauth_rotates_refresh_token"]:
            return grant
        grant.active = False
        return self.add(grant.scopes)

    def grant_to_app(self, form):
        """Return a grant for the client credentials: the app acts for itself."""
        return self.add(form.get("scope", "").split())

    def add(self, scopes):
        grant = Grant(self.new_refresh_token(), scopes)
        self.grants[grant.refresh_token] = grant
        return grant

    def introspect(self, request):
        value = self.authenticated(request).get("token")
        if value in self.access and self.access[value].is_alive():
            return json_response(200, {"active": True, **self.describe_access(self.access[value])})
        if value in self.grants and self.grants[value].active:
            return json_response(200, {"active": True, **self.describe_refresh(self.grants[value])})
        return json_response(200, {"active": False})

    def revoke(self, request):
        """Revoke a refresh token. Access tokens that were issued before stay valid."""
        value = self.authenticated(request).get("token")
        if value in self.grants:
            self.grants[value].active = False
        return Response(200)


def basic_credentials(request):
    """The app's id and secret from the header ``Authorization: Basic …``, as fields of a form."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}


def page(text):
    return Response(400, (PAGE % text).encode(), content_type="text/html; charset=UTF-8")
