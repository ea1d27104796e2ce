"""How a connector proves who it is: the ways that a provider offers, each with its credentials. Plain Python.

A way of its own is a subclass of :class:`AuthMethod`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.errors import AuthError

if TYPE_CHECKING:
    from .oauth import OAuth


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that the admin is asked for.

    ``is_obtained``: the remote gives it when the connector is connected, nobody types it.
    ``check`` raises an :class:`AuthError`, in words for the admin, for a value that cannot be one.
    ``former`` names the credential that keeps the old value when this one is replaced.
    """

    name: str
    label: str
    required: bool = True
    is_obtained: bool = False
    check: Callable[[str], Any] | None = None
    former: str = ""


@dataclass(frozen=True)
class AuthMethod:
    """One way to authenticate. This one adds nothing to calls: for adapters that sign what they send.

    ``code`` is what connectors store; ``label`` is what the admin chooses.
    """

    credentials: Sequence[Credential] = ()
    code: str = "token"
    label: str = "Access token"

    def headers(self, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers that authorize a call, given ``{name: clear text}``."""
        return {}

    def missing(self, credentials: Mapping[str, str]) -> AuthError | None:
        """Return the error for a connector without a credential that it needs, None if it has all."""
        for each in self.credentials:
            if each.required and not (credentials.get(each.name) or "").strip():
                message = f"The connector has no {each.label[:1].lower()}{each.label[1:]}. Enter it under Credentials."
                return no_credentials(message)
        return None


@dataclass(frozen=True)
class Token(AuthMethod):
    """A key that the remote's admin made: sent in ``header``, after ``prefix``."""

    credentials: Sequence[Credential] = (Credential("access_token", "Access token"),)
    name: str = "access_token"
    header: str = "Authorization"
    prefix: str = "Bearer "

    def headers(self, credentials):
        token = (credentials.get(self.name) or "").strip()
        return {self.header: f"{self.prefix}{token}"} if token else {}


@dataclass(frozen=True, kw_only=True)
class AuthorizationCode(Token):
    """OAuth 2.0: the remote's admin consents on a page, and the hub renews the tokens.

    ``endpoints`` takes the base URL and the API version, and returns the :class:`~.oauth.OAuth`.
    """

    endpoints: Callable[[str, str], "OAuth"]
    credentials: Sequence[Credential] = (
        Credential("client_id", "Client ID"),
        Credential("client_secret", "Client secret"),
        Credential("access_token", "Access token", is_obtained=True),
        Credential("refresh_token", "Refresh token", is_obtained=True),
    )
    code: str = "oauth"
    label: str = "OAuth"

    def missing(self, credentials):
        """The access token is all that a call needs."""
        if (credentials.get(self.name) or "").strip():
            return None
        return no_credentials("The connector has no access token. Click Connect.")


def no_credentials(message) -> AuthError:
    """Return the error for a connector that lacks a credential."""
    return AuthError(message, code="NO_CREDENTIALS")
