"""Authentication methods of providers, with the credentials that each needs. Plain Python.

To add a method, subclass :class:`AuthMethod`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.errors import AuthError

if TYPE_CHECKING:
    from .oauth import OAuth


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that the admin enters, or that the remote issues.

    :param name: stored on connectors, such as ``access_token``. Never change it
    :param label: the name that the admin sees
    :param required: whether no call is possible without it
    :param is_obtained: the remote issues it when the admin clicks Connect; it cannot be entered by hand
    :param check: takes a value, and raises an :class:`AuthError` with a message for the admin if it is not valid
    :param former: the name of the credential that receives the previous value when this one is replaced
    :param generate: returns a new random value, for a secret that the admin enters in the remote system; None if the
        remote system issues it
    :param is_secret: False for a name, such as a client ID. The others are masked in whatever the remote says
    """

    name: str
    label: str
    required: bool = True
    is_obtained: bool = False
    check: Callable[[str], Any] | None = None
    former: str = ""
    is_secret: bool = True
    generate: Callable[[], str] | None = None


@dataclass(frozen=True)
class AuthMethod:
    """One way to authenticate. This base class adds no headers: it is for adapters that sign their requests.

    :param code: stored on connectors
    :param label: shown to the admin
    """

    credentials: Sequence[Credential] = ()
    code: str = "token"
    label: str = "Access token"

    def headers(self, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers that authorize a call.

        :param credentials: ``{name: clear text}``
        """
        return {}

    def secrets(self, credentials: Mapping[str, str]) -> Sequence[str]:
        """Return the values that nobody may read."""
        names = {each.name for each in self.credentials if not each.is_secret}
        return [value for name, value in credentials.items() if name not in names and value]

    def missing(self, credentials: Mapping[str, str]) -> AuthError | None:
        """Return the error for the first required credential that is missing; None if there are all."""
        for each in self.credentials:
            if each.required and not (credentials.get(each.name) or "").strip():
                message = f"The connector has no {each.label[:1].lower()}{each.label[1:]}. Enter it under Credentials."
                return no_credentials(message)
        return None


@dataclass(frozen=True)
class Token(AuthMethod):
    """A token that the remote's admin created. It is sent in ``header``, after ``prefix``."""

    credentials: Sequence[Credential] = (Credential("access_token", "Access token"),)
    name: str = "access_token"
    header: str = "Authorization"
    prefix: str = "Bearer "

    def headers(self, credentials):
        token = (credentials.get(self.name) or "").strip()
        return {self.header: f"{self.prefix}{token}"} if token else {}


@dataclass(frozen=True, kw_only=True)
class AuthorizationCode(Token):
    """OAuth 2.0 authorization code grant: the remote's admin gives consent once, and the hub renews the tokens.

    :param endpoints: takes the base URL and the API version, and returns the :class:`~.oauth.OAuth`
    """

    endpoints: Callable[[str, str], "OAuth"]
    credentials: Sequence[Credential] = (
        Credential("client_id", "Client ID", is_secret=False),
        Credential("client_secret", "Client secret"),
        Credential("access_token", "Access token", is_obtained=True),
        Credential("refresh_token", "Refresh token", is_obtained=True),
    )
    code: str = "oauth"
    label: str = "OAuth"

    def missing(self, credentials):
        """Return the error for a missing access token: a call needs no other credential."""
        if (credentials.get(self.name) or "").strip():
            return None
        return no_credentials("The connector has no access token. Click Connect.")


def no_credentials(message) -> AuthError:
    """Return the error for a missing credential, with a message for the admin."""
    return AuthError(message, code="NO_CREDENTIALS")
