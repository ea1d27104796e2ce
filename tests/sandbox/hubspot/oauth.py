"""OAuth: the consent page, tokens, what is told about them, expiry and revocation.

The paths of all versions are there: ``/oauth/v1``, ``/oauth/v3`` and the dated ones. Since v3 every parameter is in the
body. An access token lives ``oauth_token_lifetime_s``; a refresh token until it is revoked.
"""

import re
import time
import uuid
from datetime import UTC, datetime
from urllib.parse import urlencode

from kit.wire import Response, json_response

from .failures import NOT_FOUND, Failure

SETTINGS = {
    "oauth_client_id": "sandbox-client",
    "oauth_client_secret": "sandbox-secret",
    "oauth_redirect_uris": [],  # those of the app; empty: any
    "oauth_token_lifetime_s": 1800,
    "oauth_consent": True,  # what the user answers on the consent page
    "oauth_rotates_refresh_token": False,  # a refresh gives a new refresh token, and the old one is dead
}
VERSION = r"(?:v1|v3|\d{4}-\d{2})"
AUTHORIZE = re.compile(r"/oauth(?:/\d+)?/authorize")
TOKEN = re.compile(rf"/oauth/{VERSION}/token")
INTROSPECT = re.compile(r"/oauth/(?:v3|\d{4}-\d{2})/token/introspect|/oauth/v3/introspect")
REVOKE = re.compile(r"/oauth/(?:v3|\d{4}-\d{2})/token/revoke")
METADATA = re.compile(r"/oauth/v1/(?P<kind>access|refresh)-tokens/(?P<token>.+)")
SECRET_PATHS = re.compile(r"/oauth/v1/(?:access|refresh)-tokens/(?P<secret>[^?]+)")
CODE_LIFETIME = 600  # seconds
APP_ID, USER_ID, USER, DOMAIN = 1234567, 7654321, "admin@example.com", "example.com"
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
PAGE = "<!DOCTYPE html><html><head><title>Authorization failed</title></head><body>%s</body></html>"


class OAuthError(Failure):
    """A refusal of the token endpoint: HubSpot's ``status`` and the standard's ``error``."""

    def __init__(self, code, error, message, status=400):
        super().__init__(status, code, message)
        self.code, self.error = code, error

    def body(self):
        return {
            "status": self.code,
            "message": self.message,
            "error": self.error,
            "error_description": self.message,
            "correlationId": str(uuid.uuid4()),
        }


class Grant:
    """What the user agreed to: it lasts until it is revoked or the app is uninstalled."""

    def __init__(self, scopes):
        self.refresh_token, self.scopes, self.active = f"na1-{uuid.uuid4()}", scopes, True


class AccessToken:
    """``expires``: epoch seconds."""

    def __init__(self, grant, lifetime):
        self.value, self.grant = f"C{uuid.uuid4().hex}{uuid.uuid4().hex}", grant
        self.expires, self.dead = time.time() + lifetime, False


class OAuth:
    """The authorization server of the account. ``lock`` is the portal's."""

    def __init__(self, settings, lock):
        self.settings, self.lock = settings, lock
        self.reset()

    def reset(self):
        self.codes, self.grants, self.access = {}, {}, {}

    # --- what the rest of the account asks ---

    def scopes_of(self, token):
        """The scopes of an access token, None if there never was such a token; raises Failure if it has expired."""
        found = self.access.get(token)
        if found is None or found.dead:
            return None
        late = time.time() - found.expires
        if late >= 0:
            raise expired(found.expires, late)
        return found.grant.scopes

    def summary(self):
        now = time.time()
        return {
            "grants": sum(grant.active for grant in self.grants.values()),
            "access_tokens": sum(not each.dead and each.expires > now for each in self.access.values()),
        }

    # --- what tests do to it ---

    def expire_access_tokens(self):
        """All access tokens have just run out; they can be refreshed."""
        for token in self.access.values():
            token.expires = time.time() - 1

    def revoke_refresh_tokens(self):
        """No refresh token works any more; access tokens do, until they run out."""
        for grant in self.grants.values():
            grant.active = False

    def uninstall_app(self):
        """The user disconnected the app: no token works any more."""
        self.revoke_refresh_tokens()
        for token in self.access.values():
            token.dead = True

    # --- HTTP ---

    def handle(self, request):
        try:
            with self.lock:
                return self.route(request)
        except Failure as failure:
            return failure.response()

    def route(self, request):
        path, method = request.path, request.method
        if method == "GET" and AUTHORIZE.fullmatch(path):
            return self.authorize(request.arguments())
        if method == "POST" and TOKEN.fullmatch(path):
            return json_response(200, self.token(form_of(request)))
        if method == "POST" and INTROSPECT.fullmatch(path):
            return json_response(200, self.introspect(self.authenticated(form_of(request)).get("token")))
        if method == "POST" and REVOKE.fullmatch(path):
            self.revoke(self.authenticated(form_of(request)).get("token"))
            return Response(200)
        match = METADATA.fullmatch(path)
        if match and method in ("GET", "DELETE"):
            return self.metadata(method, match["kind"], match["token"])
        raise Failure(404, NOT_FOUND, "resource not found")

    def authorize(self, arguments):
        """The consent page, answered at once as ``oauth_consent`` says: back to the app with a code, or an error."""
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

    def authenticated(self, form):
        """The form, if it has the app's credentials; HubSpot looks at these first."""
        if form.get("client_id") != self.settings["oauth_client_id"]:
            raise OAuthError("BAD_CLIENT_ID", "invalid_request", "missing or unknown client id")
        if form.get("client_secret") != self.settings["oauth_client_secret"]:
            raise OAuthError("BAD_CLIENT_SECRET", "invalid_request", "missing or invalid client secret")
        return form

    def token(self, form):
        self.authenticated(form)
        match form.get("grant_type"):
            case "authorization_code":
                grant = self.redeem(form)
            case "refresh_token":
                grant = self.refresh(form)
            case _:
                raise OAuthError("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type")
        token = AccessToken(grant, self.settings["oauth_token_lifetime_s"])
        self.access[token.value] = token
        return {
            "token_type": "bearer",
            "refresh_token": grant.refresh_token,
            "access_token": token.value,
            "hub_id": self.settings["portal_id"],
            "scopes": grant.scopes,
            "expires_in": self.settings["oauth_token_lifetime_s"],
            "token_use": "access_token",
            "user_id": USER_ID,
        }

    def redeem(self, form):
        """A code is good once, and not for long."""
        uri, scopes, ends = self.codes.pop(form.get("code"), (None, (), 0))
        if ends < time.time():
            raise OAuthError("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code")
        if form.get("redirect_uri") != uri:
            raise OAuthError("BAD_REDIRECT_URI", "invalid_grant", "missing or invalid redirect uri")
        return self.add(Grant(scopes))

    def refresh(self, form):
        grant = self.grants.get(form.get("refresh_token"))
        if grant is None or not grant.active:
            message = "refresh token is invalid, expired or revoked"
            raise OAuthError("BAD_REFRESH_TOKEN", "invalid_grant", message)
        if not self.settings["oauth_rotates_refresh_token"]:
            return grant
        grant.active = False
        return self.add(Grant(grant.scopes))

    def add(self, grant):
        self.grants[grant.refresh_token] = grant
        return grant

    # --- about tokens ---

    def metadata(self, method, kind, value):
        """v1: what a token is, or (DELETE) the end of a refresh token."""
        if kind == "refresh" and value in self.grants and self.grants[value].active:
            if method == "DELETE":
                self.grants[value].active = False
                return Response(204)
            return json_response(200, self.describe_refresh(self.grants[value]))
        token = self.access.get(value)
        if method == "GET" and kind == "access" and token and is_alive(token):
            return json_response(200, self.describe_access(token))
        raise OAuthError(f"BAD_{kind.upper()}_TOKEN", "invalid_request", f"missing or invalid {kind} token")

    def introspect(self, value):
        if value in self.access and is_alive(self.access[value]):
            described = self.describe_access(self.access[value])
        elif value in self.grants and self.grants[value].active:
            described = self.describe_refresh(self.grants[value]) | {"token_use": "refresh_token"}
        else:
            return {"active": False}
        return {"active": True, "app_id": APP_ID, "client_id": self.settings["oauth_client_id"], **described}

    def revoke(self, value):
        """Access tokens that were issued before go on working."""
        if value in self.grants:
            self.grants[value].active = False

    def describe_access(self, token):
        return {
            **self.describe(token.value, token.grant),
            "app_id": APP_ID,
            "expires_in": int(token.expires - time.time()),
            "token_type": "access",
            "token_use": "access_token",
            "is_private_distribution": False,
        }

    def describe_refresh(self, grant):
        client = self.settings["oauth_client_id"]
        return {**self.describe(grant.refresh_token, grant), "client_id": client, "token_type": "refresh"}

    def describe(self, value, grant):
        return {
            "token": value,
            "user": USER,
            "hub_domain": DOMAIN,
            "scopes": grant.scopes,
            "hub_id": self.settings["portal_id"],
            "user_id": USER_ID,
        }


def is_alive(token):
    return not token.dead and token.expires > time.time()


def expired(at, late):
    """The 401 for an access token that has run out."""
    seconds, unit = next(each for each in UNITS if late >= each[0] or each[1] == "second")
    message = f"The OAuth token used to make this call expired {int(late // seconds)} {unit}(s) ago."
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    return Failure(401, "EXPIRED_AUTHENTICATION", message, {"expire time": [when]})


def form_of(request):
    """The form in the body; v1 takes parameters in the query string as well."""
    form = request.form()
    if form is None:
        raise Failure(415, "VALIDATION_ERROR", "HTTP 415 Unsupported Media Type")
    return {**request.arguments(), **form} if request.path.startswith("/oauth/v1/") else form


def page(text):
    return Response(400, (PAGE % text).encode(), content_type="text/html; charset=UTF-8")
