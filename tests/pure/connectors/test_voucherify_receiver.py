"""Voucherify's webhooks: the contract of all receivers."""

import hashlib
import hmac
import json

from receiver_contract import ReceiverCase, ReceiverContract

from odoo.addons.retail_hub.connectors.voucherify.provider import VOUCHERIFY
from odoo.addons.retail_hub.connectors.voucherify.receiver import EARLY, TOLERANCE


def sign(body, secret, _at, _url):
    """The body is signed without the white space between its tokens, which ``json`` writes after ``:`` and ``,``."""
    try:
        signed = json.dumps(json.loads(body), separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        signed = body
    return {"x-voucherify-signature": hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}


class TestVoucherifyReceiver(ReceiverContract):
    CASE = ReceiverCase(
        VOUCHERIFY,
        sign,
        ("old-secret", "new-secret", "other-secret"),
        {
            "id": "whs_1",
            "project_id": "proj_1",
            "type": "customer.updated",
            "data": {"customer": {"id": "cust_1", "name": "Anna, of Gent"}},
        },
        ("x-voucherify-signature",),
        tolerance=(TOLERANCE, EARLY),
        is_dated=True,
        tail=b"x",
    )
