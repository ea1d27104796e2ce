"""HubSpot's OAuth: the paths of all versions, its error bodies, and its information about tokens.

``/oauth/v1``, ``/oauth/v3`` and the dated versions are there. Since v3 every parameter is in the body.
"""

import re
import time
import uuid
from datetime import UTC, datetime
from functools import partial

from kit import oauth
from kit.wire import Response, json_response

from . import scopes
from .failures import NOT_FOUND, Failure
from .versions import DATED

SETTINGS = {
    **oauth.SETTINGS,
    "oauth_scopes": None,  # the scopes that the app declares; None: all that HubSpot has
}
VERSION = rf"(?:v1|v3|{DATED})"
METADATA = re.compile(r"/oauth/v1/(?P<kind>access|refresh)-tokens/(?P<token>.+)")
SECRET_PATHS = re.compile(r"/oauth/v1/(?:access|refresh)-tokens/(?P<secret>[^?]+)")
APP_ID, USER_ID, USER, DOMAIN = 1234567, 7654321, "admin@example.com", "example.com"
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
# Reason -> HubSpot's status, and its error where that is not the standard's.
CODES = {
    "client_id": ("BAD_CLIENT_ID", "invalid_request"),
    "client_secret": ("BAD_CLIENT_SECRET", "invalid_request"),
    "grant_type": ("BAD_GRANT_TYPE", None),
    "code": ("BAD_AUTH_CODE", None),
    "redirect_uri": ("BAD_REDIRECT_URI", None),
    "refresh_token": ("BAD_REFRESH_TOKEN", None),
}


class OAuthError(Failure):
    """An error of the token endpoint: HubSpot's ``status``, and the standard's ``error``."""

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


class OAuth(oauth.OAuth):
    """The authorization server of the account."""

    AUTHORIZE = r"/oauth(?:/\d+)?/authorize"
    TOKEN = rf"/oauth/{VERSION}/token"
    INTROSPECT = rf"/oauth/(?:v3|{DATED})/token/introspect|/oauth/v3/introspect"
    REVOKE = rf"/oauth/(?:v3|{DATED})/token/revoke"
    GRANT_TYPES = {"authorization_code": "redeem", "refresh_token": "refresh"}

    def new_refresh_token(self):
        return f"na1-{uuid.uuid4()}"

    def new_access_token(self):
        return f"C{uuid.uuid4().hex}{uuid.uuid4().hex}"

    def refusal(self, reason):
        code, error = CODES[reason]
        standard, message = oauth.REASONS[reason]
        return OAuthError(code, error or standard, message)

    def expired(self, token):
        late = time.time() - token.expires
        seconds, unit = next(each for each in UNITS if late >= each[0] or each[1] == "second")
        message = f"The OAuth token used to make this call expired {int(late // seconds)} {unit}(s) ago."
        when = datetime.fromtimestamp(token.expires, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        return Failure(401, "EXPIRED_AUTHENTICATION", message, {"expire time": [when]})

    def form_of(self, request):
        """The form in the body; v1 takes parameters in the query string as well."""
        form = request.form()
        if form is None:
            raise Failure(415, "VALIDATION_ERROR", "HTTP 415 Unsupported Media Type")
        return {**request.arguments(), **form} if request.path.startswith("/oauth/v1/") else form

    def find(self, request):
        if not request.path.startswith("/oauth/"):
            return None
        match = METADATA.fullmatch(request.path)
        if match and request.method in ("GET", "DELETE"):
            return partial(self.metadata, match["kind"], match["token"])
        return super().find(request) or not_there

    def authorize(self, request):
        """Refuse a scope that HubSpot does not have, or the app does not declare: whoever clicks gets no further."""
        arguments = request.arguments()
        asked = [*arguments.get("scope", "").split(), *arguments.get("optional_scope", "").split()]
        declared = self.settings["oauth_scopes"]
        wrong = scopes.unknown(asked) or [each for each in asked if declared and each not in declared]
        if wrong:
            return oauth.page(f"Authorization failed because of the unknown scopes {', '.join(wrong)}")
        return super().authorize(request)

    # --- about tokens ---

    def metadata(self, kind, value, request):
        """Return the metadata of a token in v1; with DELETE, revoke a refresh token."""
        if kind == "refresh" and value in self.grants and self.grants[value].active:
            if request.method == "DELETE":
                self.grants[value].active = False
                return Response(204)
            return json_response(200, self.metadata_of_refresh(self.grants[value]))
        token = self.access.get(value)
        if request.method == "GET" and kind == "access" and token and token.is_alive():
            return json_response(200, self.metadata_of_access(token))
        raise OAuthError(f"BAD_{kind.upper()}_TOKEN", "invalid_request", f"missing or invalid {kind} token")

    def describe_new(self, token):
        return {
            "token_type": "bearer",
            "refresh_token": token.grant.refresh_token,
            "access_token": token.value,
            "hub_id": self.settings["portal_id"],
            "scopes": token.grant.scopes,
            "expires_in": self.settings["oauth_token_lifetime_s"],
            "token_use": "access_token",
            "user_id": USER_ID,
        }

    def describe_access(self, token):
        return {**self.app(), **self.metadata_of_access(token)}

    def describe_refresh(self, grant):
        return {**self.app(), **self.metadata_of_refresh(grant), "token_use": "refresh_token"}

    def app(self):
        return {"app_id": APP_ID, "client_id": self.settings["oauth_client_id"]}

    def metadata_of_access(self, token):
        return {
            **self.metadata_of(token.value, token.grant),
            "app_id": APP_ID,
            "expires_in": int(token.expires - time.time()),
            "token_type": "access",
            "token_use": "access_token",
            "is_private_distribution": False,
        }

    def metadata_of_refresh(self, grant):
        client = self.settings["oauth_client_id"]
        return {**self.metadata_of(grant.refresh_token, grant), "client_id": client, "token_type": "refresh"}

    def metadata_of(self, value, grant):
        return {
            "token": value,
            "user": USER,
            "hub_domain": DOMAIN,
            "scopes": grant.scopes,
            "hub_id": self.settings["portal_id"],
            "user_id": USER_ID,
        }


def not_there(_request):
    raise Failure(404, NOT_FOUND, "resource not found")
