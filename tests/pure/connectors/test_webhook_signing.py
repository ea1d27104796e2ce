"""Signatures are those of Standard Webhooks: its own library accepts them."""

import base64
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from odoo.addons.retail_hub.connectors import signing


def secret_of(key):
    return "whsec_" + base64.b64encode(key).decode()


OLD, NEW, OTHER = (letter * 32 for letter in (b"o", b"n", b"x"))
BODY = '{"name":"Zoë"}'.encode()


def headers(*keys, at=None, body=BODY):
    return signing.headers(keys, "msg_1", int(time.time()) if at is None else at, body)


def is_accepted(key, headers, body=BODY):
    try:
        return Webhook(secret_of(key)).verify(body, headers) == {"name": "Zoë"}
    except WebhookVerificationError:
        return False


def test_example_of_the_standard():
    """The test vector of the reference libraries."""
    key = signing.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = signing.sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_accepted():
    assert is_accepted(OLD, headers(OLD))
    assert not is_accepted(OTHER, headers(OLD))


def test_both_secrets_while_one_is_replaced():
    both = headers(NEW, OLD)
    assert len(both["webhook-signature"].split(" ")) == 2
    assert is_accepted(OLD, both)
    assert is_accepted(NEW, both)
    assert not is_accepted(OTHER, both)


def test_what_was_changed_is_refused():
    signed = headers(OLD)
    assert not is_accepted(OLD, signed, BODY + b" ")
    assert not is_accepted(OLD, {**signed, "webhook-id": "msg_2"})
    assert not is_accepted(OLD, {**signed, "webhook-timestamp": str(int(time.time()) - 1)})


def test_what_is_old_is_refused():
    assert not is_accepted(OLD, headers(OLD, at=int(time.time()) - 600))


@pytest.mark.parametrize("size", [24, 64])
def test_key(size):
    assert signing.key_of(secret_of(b"k" * size)) == b"k" * size


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "secret",
        base64.b64encode(OLD).decode(),
        secret_of(b"k" * 23),
        secret_of(b"k" * 65),
        secret_of(OLD)[:-2],
        secret_of(OLD) + "!",
        "whsec_ééé",
    ],
)
def test_not_a_secret(secret):
    with pytest.raises(ValueError):
        signing.key_of(secret)
