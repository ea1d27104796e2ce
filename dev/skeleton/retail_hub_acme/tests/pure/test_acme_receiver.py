"""Acme's webhooks: the contract of all receivers, and what the webhooks report."""

import hashlib
import hmac

import pytest
from receiver_contract import ReceiverCase, ReceiverContract

from odoo.addons.retail_hub.connectors.receiver import ReportedChange
from odoo.addons.retail_hub.core.problem import Problem
from odoo.addons.retail_hub_acme.acme.provider import ACME


def sign(body, secret, at, _url):
    """TODO: sign with Acme's own library, if there is one."""
    timestamp = str(int(at))
    signature = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"x-webhook-signature": signature, "x-webhook-timestamp": timestamp}


# TODO: replace the content by a recorded webhook, without personal data.
CASE = ReceiverCase(
    ACME,
    sign,
    ("old-secret", "new-secret", "other-secret"),
    {"id": "evt_1", "type": "customer.updated", "data": {"id": "501", "email": "ann@example.com"}},
    ("x-webhook-signature", "x-webhook-timestamp"),
)


class TestAcmeReceiver(ReceiverContract):
    CASE = CASE


def test_a_customer_that_changed():
    """Its values are not kept: they may be personal, and out of date."""
    kept = {"id": "evt_1", "type": "customer.updated"}
    assert CASE.items() == [ReportedChange("acme-evt_1", "customer", ("501",), "updated", kept)]


@pytest.mark.parametrize("data", [None, {}, {"id": 501}, {"id": ""}, {"id": "5" * 101}])
def test_a_customer_without_an_id(data):
    with pytest.raises(Problem):
        CASE.items({**CASE.content, "data": data})
