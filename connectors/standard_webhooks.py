"""Verifying signatures of Standard Webhooks 1.0, by its own library. Plain Python.

The library accepts at most five minutes of difference between the clocks.
"""

import re
from collections.abc import Mapping, Sequence

from standardwebhooks import Webhook, WebhookVerificationError

from . import signing
from .receiver import SignatureError

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
MAX_SIGNATURES = 2_000  # characters
_ID = re.compile(r"[\x21-\x7e]{1,200}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")  # the library takes 1e9 for a time, too


def verify(headers: Mapping[str, str], content: bytes, secrets: Sequence[str]) -> str:
    """Check a signature; return what is unique to the message: its id and its time.

    :param headers: with lower-case names
    :param content: what was signed, besides the id and the time
    :param secrets: texts that begin with ``whsec_``; a signature with one of them is enough
    :raise SignatureError: it is missing, wrong, too old or of the future
    """
    message_id, timestamp, signatures = (headers.get(name, "") for name in HEADERS)
    if not (_ID.fullmatch(message_id) and _TIMESTAMP.fullmatch(timestamp)):
        raise SignatureError("A header is missing or not valid.")
    if not signatures or len(signatures) > MAX_SIGNATURES:
        raise SignatureError("A header is missing or not valid.")
    named = {name: headers[name] for name in HEADERS}
    if not any([_is_signed(secret, content, named) for secret in secrets if secret]):
        raise SignatureError("The signature is not valid.")
    return f"{message_id}.{timestamp}"


def _is_signed(secret, content, headers):
    try:
        Webhook(signing.key_of(secret)).verify(content, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # the second: base64 and UTF-8 that are none
        return False
    return True
