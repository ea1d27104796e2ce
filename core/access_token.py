"""Access tokens: JSON Web Tokens (RFC 7519), our own and those of outside issuers. Plain Python and PyJWT.

Which algorithm verifies a token follows from the key, never from the token alone.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jwt

MAX_LENGTH = 8_000  # characters
LEEWAY = 30  # seconds by which clocks may differ
SECONDS = 900  # how long one of our own is valid
ISSUER = "retail_hub"  # of our own; those of others are URLs
OWN_ALGORITHM = "HS256"  # nobody but us verifies them
MIN_RSA_BITS = 2048
REQUIRED = {"require": ["exp", "iss", "aud"]}
# By the type of the key, or its curve.
ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
    "Ed448": ("EdDSA",),
}


class InvalidToken(Exception):
    """A token that is not accepted, whatever the reason."""


class Header(NamedTuple):
    """What an unverified token says of itself, to find the key that verifies it."""

    issuer: str
    key_id: str
    algorithm: str


def is_one(text: str) -> bool:
    """Return whether a text has the form of a token, rather than that of an API key."""
    return text.count(".") == 2


def read_header(token: str) -> Header:
    """Return what an unverified token says of itself.

    :raise InvalidToken: it is no token
    """
    if len(token) > MAX_LENGTH:
        raise InvalidToken("too long")
    header = _checked(lambda: jwt.get_unverified_header(token))
    claims = _checked(lambda: jwt.decode(token, options={"verify_signature": False}))
    values = claims.get("iss"), header.get("kid", ""), header.get("alg")
    if not all(isinstance(value, str) for value in values) or "crit" in header:
        raise InvalidToken("incomplete")
    return Header(*values)


def issue(key: bytes, key_id: str, claims: Mapping[str, Any]) -> str:
    """Return a token of our own, valid for ``SECONDS``.

    :param key: 32 random bytes
    :param key_id: names the key
    """
    now = int(time.time())
    registered = {"iss": ISSUER, "aud": ISSUER, "iat": now, "exp": now + SECONDS}
    return jwt.encode({**claims, **registered}, key, OWN_ALGORITHM, {"kid": key_id, "typ": "at+jwt"})


def own_claims(token: str, key: bytes) -> dict[str, Any]:
    """Return the claims of a token of our own.

    :raise InvalidToken: it is forged, or has expired
    """
    return _decoded(token, key, OWN_ALGORITHM, ISSUER, ISSUER)


def outside_claims(token: str, key: Mapping[str, str], issuer: str, audience: str) -> dict[str, Any]:
    """Return the claims of a token of an outside issuer.

    :param key: the JSON Web Key (RFC 7517) that the issuer published
    :raise InvalidToken: it is not signed with the key, not meant for us, or not valid now
    """
    algorithm = read_header(token).algorithm
    if algorithm not in _algorithms(key):
        raise InvalidToken("algorithm")
    public = _checked(lambda: jwt.PyJWK(dict(key), algorithm=algorithm))
    if key["kty"] == "RSA" and public.key.key_size < MIN_RSA_BITS:
        raise InvalidToken("weak key")
    return _decoded(token, public, algorithm, issuer, audience)


def find_key(keys: Sequence[Mapping[str, str]], key_id: str) -> Mapping[str, str] | None:
    """Return the key with this id; the only one, if the token names none."""
    if not key_id:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.get("kid") == key_id), None)


def scopes(claim: Any) -> frozenset[str]:
    """Return the scopes of a claim, which is a text with blanks, or a list of texts."""
    found = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else ()
    return frozenset(each for each in found if isinstance(each, str))


def _algorithms(key):
    named = key.get("alg")
    fitting = ALGORITHMS.get(key["kty"] if key["kty"] == "RSA" else key.get("crv", ""), ())
    return [each for each in fitting if named in (None, each)]


def _decoded(token, key, algorithm, issuer, audience):
    if len(token) > MAX_LENGTH:
        raise InvalidToken("too long")
    return _checked(
        lambda: jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY,
            options=REQUIRED,
        )
    )


def _checked(function):
    """Call PyJWT; beside its own errors, hostile tokens raise some of Python's, such as for levels without end.

    :raise InvalidToken: it refuses the token
    """
    try:
        return function()
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise InvalidToken(type(error).__name__) from error
