"""Message signatures of Standard Webhooks 1.0 (https://www.standardwebhooks.com). Pure functions."""

import base64
import binascii
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
MIN_BYTES, MAX_BYTES = 24, 64  # length of a key
NEW_BYTES = 32


def new_secret():
    """Return a new random secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(NEW_BYTES)).decode()


def key_of(secret):
    """Return the key (bytes) that a secret encodes.

    :raise ValueError: the secret is not ``whsec_`` followed by 24 to 64 bytes in base64
    """
    if not secret.startswith(PREFIX):
        raise ValueError("no prefix")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if not MIN_BYTES <= len(key) <= MAX_BYTES:
        raise ValueError("wrong length")
    return key


def sign(key, message_id, timestamp, body):
    """Return the signature of a message: ``v1,<base64>``.

    :param key: bytes
    :param timestamp: integer, in seconds since 1970
    :param body: bytes, exactly as sent
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(keys, message_id, timestamp, body):
    """Return the headers of a message, signed with each of ``keys``, so that any one of them verifies it."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(key, message_id, timestamp, body) for key in keys),
    }
