"""Signatures of messages, as Standard Webhooks 1.0 defines them (https://www.standardwebhooks.com). Pure functions."""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"
MIN_BYTES, MAX_BYTES = 24, 64  # of a key


def key_of(secret):
    """Return the key (bytes) that a secret stands for.

    :raise ValueError: it is not ``whsec_`` followed by the base64 form of 24 to 64 bytes
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
    """Return the signature of one message: ``v1,<base64>``.

    :param key: bytes
    :param timestamp: seconds since 1970, an integer
    :param body: bytes, exactly as they are sent
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(keys, message_id, timestamp, body):
    """Return the headers of a message that is signed with each of ``keys``: whoever knows one can verify it."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(key, message_id, timestamp, body) for key in keys),
    }
