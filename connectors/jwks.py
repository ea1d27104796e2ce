"""The keys that an issuer of access tokens publishes: a JSON Web Key Set (RFC 7517). Plain Python."""

from ..core.errors import MappingError, TransientError

MAX_KEYS = 50
MAX_VALUE = 2_000  # characters
# Public parts only: whoever publishes a private key by mistake does not get it stored here.
PARTS = ("kty", "kid", "alg", "crv", "x", "y", "n", "e")
TYPES = ("RSA", "EC", "OKP")  # no symmetric ones: they are no public keys


def fetch(http):
    """Return the keys for signatures that a URL publishes, as dicts with ``kty`` and others of ``PARTS``.

    :param http: an :class:`~.http_client.HttpClient` for the URL
    :raise RemoteError: they cannot be read; the message is for the admin
    """
    response = http.request("GET", "")
    if response.status != 200:
        raise TransientError(f"{http.host} responded with HTTP {response.status}.", code="KEYS_NOT_READ")
    listed = response.object.get("keys")
    if not isinstance(listed, list):
        raise MappingError(f"{http.host} publishes no keys at this URL.", code="NO_KEYS")
    keys = [_public(key) for key in listed[:MAX_KEYS] if isinstance(key, dict)]
    keys = [key for key in keys if key.get("kty") in TYPES]
    if not keys:
        raise MappingError(f"{http.host} publishes no public keys for signatures.", code="NO_KEYS")
    return keys


def _public(key):
    if key.get("use", "sig") != "sig":
        return {}
    return {
        name: value for name in PARTS if isinstance(value := key.get(name), str) and len(value) <= MAX_VALUE
    }
