"""Secrets at rest: MultiFernet, with keys that live outside the database.

The keys come, newest first, from ``RETAIL_HUB_SECRET_KEYS`` (comma separated) or from ``secret_keys`` in
the ``[retail_hub]`` section of ``odoo.conf``; without either, a key file is made in Odoo's data directory.
"""

import contextlib
import hashlib
import hmac
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.tools import config

from . import server_options
from .server_options import SECTION

ENVIRONMENT = "RETAIL_HUB_SECRET_KEYS"
OPTION = "secret_keys"


class SecretKeyError(Exception):
    """No usable key, or none of the keys opens the secret. ``reason``: ``malformed`` or ``mismatch``."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def encrypt(secret):
    """Return ``secret`` (text) as a token that only the keys open.

    :raise SecretKeyError: if the configured keys are malformed
    """
    return _cipher().encrypt(secret.encode()).decode()


def encrypt_all(secrets):
    """Return a token for each of ``secrets`` (texts), None for None; reads the keys once.

    :raise SecretKeyError: as :func:`encrypt`
    """
    cipher = _cipher()
    return [secret and cipher.encrypt(secret.encode()).decode() for secret in secrets]


def decrypt(token):
    """Return the text behind ``token``.

    :raise SecretKeyError: if the keys are malformed or none of them made the token
    """
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretKeyError("mismatch") from error


def rotate(token):
    """Return ``token`` encrypted anew with the newest key.

    :raise SecretKeyError: as :func:`decrypt`
    """
    try:
        return _cipher().rotate(token.encode()).decode()
    except InvalidToken as error:
        raise SecretKeyError("mismatch") from error


def uses_newest_key(token):
    """Tell whether the newest key opens ``token``, so that older ones could be removed."""
    try:
        Fernet(_keys()[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    except ValueError as error:
        raise SecretKeyError("malformed") from error
    return True


def digests(texts):
    """Return ``[{name: short keyed hash}]`` of ``{name: text}``: one dict under each key, the newest first.

    Equal texts have equal hashes; without the keys, nobody finds out what a hash may be of.
    """
    return [{name: _digest(key, text) for name, text in texts.items()} for key in _keys()]


def _digest(key, text):
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]


def key_source():
    """Return where the keys come from: ``environment``, ``config`` or ``file``."""
    if os.environ.get(ENVIRONMENT):
        return "environment"
    return "config" if _configured_keys() else "file"


def key_file():
    """Return the path of the key file, which exists only if it was needed."""
    return Path(config["data_dir"]) / SECTION / "secret.key"


def _cipher():
    try:
        return MultiFernet([Fernet(key) for key in _keys()])
    except ValueError as error:
        raise SecretKeyError("malformed") from error


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
    """Write a new key beside ``path`` and link it there: whoever comes second keeps the first one's."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(Fernet.generate_key().decode())
        file.flush()
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
