"""Encryption of secrets at rest: MultiFernet, with keys outside the database.

The keys, newest first, come from ``RETAIL_HUB_SECRET_KEYS`` (comma-separated), or from ``secret_keys`` in the
``[retail_hub]`` section of ``odoo.conf``. Without either, a key file is created in Odoo's data directory.
"""

import contextlib
import hashlib
import hmac
import os
import tempfile
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.tools import config

from . import server_options
from .server_options import SECTION

ENVIRONMENT = "RETAIL_HUB_SECRET_KEYS"
OPTION = "secret_keys"


class SecretKeyError(Exception):
    """A secret cannot be encrypted or decrypted.

    :param reason: ``malformed`` (a configured key is not a Fernet key) or ``mismatch`` (no key decrypts the secret)
    """

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def encrypt(secret):
    """Return a secret (text) encrypted, as a Fernet token (text).

    :raise SecretKeyError: a configured key is malformed
    """
    return _cipher().encrypt(secret.encode()).decode()


def encrypt_all(secrets):
    """Return a list with a token for each secret, None for None. Reads the keys only once.

    :raise SecretKeyError: a configured key is malformed
    """
    cipher = _cipher()
    return [secret and cipher.encrypt(secret.encode()).decode() for secret in secrets]


def decrypt(token):
    """Return the secret (text) of a token.

    :raise SecretKeyError: a configured key is malformed, or no key decrypts the token
    """
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretKeyError("mismatch") from error


def rotate(token):
    """Return a token of the same secret, re-encrypted with the newest key.

    :raise SecretKeyError: a configured key is malformed, or no key decrypts the token
    """
    try:
        return _cipher().rotate(token.encode()).decode()
    except InvalidToken as error:
        raise SecretKeyError("mismatch") from error


def uses_newest_key(token):
    """Return whether the newest key decrypts the token, so that it does not need an older key.

    :raise SecretKeyError: a configured key is malformed
    """
    try:
        Fernet(_keys()[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    except ValueError as error:
        raise SecretKeyError("malformed") from error
    return True


def digests(texts):
    """Return ``[{name: short keyed hash}]`` for ``{name: text}``: one dict per key, the newest key first.

    Equal texts have equal hashes. Without the keys, a text cannot be guessed from its hash.
    """
    return [{name: _digest(key, text) for name, text in texts.items()} for key in _keys()]


def _digest(key, text):
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]


def key_source():
    """Return the source of the keys: ``environment``, ``config`` or ``file``."""
    if os.environ.get(ENVIRONMENT):
        return "environment"
    return "config" if _configured_keys() else "file"


def key_file():
    """Return the path of the key file, which exists only if no key is configured."""
    return Path(config["data_dir"]) / SECTION / "secret.key"


def _cipher():
    try:
        return _cipher_of(tuple(_keys()))
    except ValueError as error:
        raise SecretKeyError("malformed") from error


@lru_cache(maxsize=1)
def _cipher_of(keys):
    return MultiFernet([Fernet(key) for key in keys])


def _keys():
    configured = os.environ.get(ENVIRONMENT) or _configured_keys()
    if not configured:
        return [_key_from_file()]
    return [key.strip() for key in configured.split(",") if key.strip()]


def _configured_keys():
    return server_options.read(OPTION)


def _key_from_file():
    path = key_file()
    if not path.exists():
        _make_key_file(path)
    return path.read_text().strip()


def _make_key_file(path):
    """Create the key file. If two processes do so at the same time, the first one's key stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(Fernet.generate_key().decode())
        file.flush()
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
