"""OAuth 2.0: authorization code and refresh (RFC 6749, sections 4.1 and 6). Plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ..core import remote_data
from ..core.errors import AuthError, TransientError

MAX_TOKEN = 10_000  # characters
DEFAULT_SECONDS = 1800.0  # if the remote does not say how long a token is valid


@dataclass(frozen=True, slots=True)
class OAuth:
    """A provider's OAuth endpoints and scopes.

    :param authorize_url: the consent page
    :param token_path: the token endpoint, relative to the base URL
    :param optional_scopes: requested, but not required to connect
    """

    authorize_url: str
    token_path: str
    scopes: Sequence[str]
    optional_scopes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A response of the token endpoint.

    :param refresh_token: empty if the previous one stays valid
    :param expires_in: in seconds
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: float


def authorization_url(oauth, client_id, redirect_uri, state):
    """Return the URL of the consent page for the remote's admin.

    :param state: an opaque text that the remote passes back to ``redirect_uri``
    """
    query = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(oauth.scopes),
        "response_type": "code",
        "state": state,
    }
    if oauth.optional_scopes:
        query["optional_scope"] = " ".join(oauth.optional_scopes)
    return f"{oauth.authorize_url}?{urlencode(query)}"


def exchange(http, oauth, credentials, code, redirect_uri):
    """Return the :class:`Token` for an authorization code.

    :param http: an :class:`~.http_client.HttpClient` without authorization
    :param credentials: with ``client_id`` and ``client_secret``
    :raise AuthError: the remote refused
    :raise TransientError: no usable response
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return _ask(http, oauth, credentials, form)


def refresh(http, oauth, credentials):
    """Return a new :class:`Token` for ``credentials["refresh_token"]``. Raises the same errors as :func:`exchange`."""
    form = {"grant_type": "refresh_token", "refresh_token": credentials["refresh_token"]}
    return _ask(http, oauth, credentials, form)


def _ask(http, oauth, credentials, form):
    client = {name: credentials.get(name, "") for name in ("client_id", "client_secret")}
    # Not a write: repeating it is safe. At worst, an authorization code that was already used is refused.
    body = urlencode({**form, **client}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    response = http.request("POST", oauth.token_path, content=body, headers=kind, is_write=False)
    if response.status >= 500 or response.status in (408, 425, 429):
        raise TransientError(
            f"{http.host} issued no access token (HTTP {response.status}).", code=f"HTTP_{response.status}"
        )
    answer = response.object
    access_token = _token(answer.get("access_token"))
    if response.status >= 300 or not access_token:
        raise AuthError(
            f"{http.host} issued no access token. Check the client ID and the client secret, then click Connect again.",
            code="TOKEN_REFUSED",
            http_status=response.status,
        )
    return Token(
        access_token,
        _token(answer.get("refresh_token")),
        _seconds(answer.get("expires_in")),
    )


def _token(value):
    """Return a token that can be stored and sent in a header; empty for anything else."""
    is_token = isinstance(value, str) and len(value) <= MAX_TOKEN and value.isascii() and value.isprintable()
    return value.strip() if is_token else ""


def _seconds(value):
    """Return how long a token is valid, in seconds. Some remotes send a text; anything else is no duration."""
    number = remote_data.count(value) if isinstance(value, str) else remote_data.seconds(value)
    return min(float(number or DEFAULT_SECONDS), remote_data.MAX_SECONDS)
