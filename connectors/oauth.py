"""OAuth 2.0: authorization code and refresh (RFC 6749, sections 4.1 and 6). Plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ..core.errors import AuthError, TransientError


@dataclass(frozen=True, slots=True)
class OAuth:
    """Where a provider's consent page and token endpoint are; ``token_path`` is below the base URL.

    The admin may connect without what the ``optional_scopes`` are for.
    """

    authorize_url: str
    token_path: str
    scopes: Sequence[str]
    optional_scopes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """What the token endpoint gave; ``refresh_token`` is empty if the former one stays, ``expires_in`` is seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: float


def authorization_url(oauth, client_id, redirect_uri, state):
    """Return the address of the page on which the remote's admin consents."""
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
    :raise AuthError: it was refused
    :raise TransientError: there is no usable answer
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return _ask(http, oauth, credentials, form)


def refresh(http, oauth, credentials):
    """Return a new :class:`Token` for ``credentials["refresh_token"]``; raises as :func:`exchange` does."""
    form = {"grant_type": "refresh_token", "refresh_token": credentials["refresh_token"]}
    return _ask(http, oauth, credentials, form)


def _ask(http, oauth, credentials, form):
    client = {name: credentials.get(name, "") for name in ("client_id", "client_secret")}
    # Nothing is changed by asking twice, but for a code, which is then refused.
    body = urlencode({**form, **client}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    response = http.request("POST", oauth.token_path, content=body, headers=kind, is_write=False)
    if response.status >= 500 or response.status in (408, 425, 429):
        raise TransientError(
            f"{http.host} issued no access token (HTTP {response.status}).", code=f"HTTP_{response.status}"
        )
    answer = response.object
    if response.status >= 300 or not answer.get("access_token"):
        raise AuthError(
            f"{http.host} issued no access token. Check the client ID and the client secret, then click Connect again.",
            code="TOKEN_REFUSED",
            http_status=response.status,
        )
    return Token(
        str(answer["access_token"]),
        str(answer.get("refresh_token") or ""),
        _seconds(answer.get("expires_in")),
    )


def _seconds(value):
    return float(value) if isinstance(value, (int, float)) and value > 0 else 1800.0
