"""API keys: 256 random bits, of which only a hash is kept. Plain Python."""

import hashlib
import hmac
import re
import secrets

PREFIX_LENGTH = 12
_KEY = re.compile(r"rhk_[0-9A-Za-z]{12}_[\w-]{43}", re.ASCII)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_key() -> str:
    """Return a new key: ``rhk_<prefix>_<secret>``. The prefix names the key in lists, and finds it."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(PREFIX_LENGTH))
    return f"rhk_{prefix}_{secrets.token_urlsafe(32)}"


def prefix_of(key: str) -> str:
    """Return the visible part of a key; "" if it has not the form of one."""
    return key[: 4 + PREFIX_LENGTH] if _KEY.fullmatch(key) else ""


def digest(key: str) -> str:
    """Return the hash to keep. A fast one is right: nobody can guess 256 random bits."""
    return hashlib.sha256(key.encode()).hexdigest()


def matches(key: str, kept_digest: str) -> bool:
    """Return whether a key is the one with this hash, in constant time."""
    return hmac.compare_digest(digest(key), kept_digest)
