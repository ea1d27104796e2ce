"""Signatures that other implementations made. Those of providers without a receiver wait for it."""

import json
from pathlib import Path

import pytest
from freezegun import freeze_time

from odoo.addons.retail_hub.connectors import PROVIDERS
from odoo.addons.retail_hub.connectors.receiver import SignatureError, WebhookRequest

FILE = json.loads((Path(__file__).parents[2] / "fixtures/signature_vectors.json").read_text())
VECTORS = [
    {**{name: value for name, value in each.items() if name != "cases"}, **case}
    for each in FILE
    for case in each.get("cases", [{}])
]
MOMENT = "2026-11-18T11:06:40Z"  # 1795000000


def name_of(vector):
    return " ".join(filter(None, [vector["provider"], vector.get("version")]))


def receive(vector, **changes):
    """Have the receiver verify a vector; raise what it raises."""
    vector = {**vector, **changes}
    if vector["provider"] == "hubspot":
        headers = {
            vector["header"].lower(): vector["signature"],
            "x-hubspot-request-timestamp": vector["timestamp"],
        }
        code, secrets = "hubspot", {"webhook_secret": vector["secret"]}
    elif vector["provider"] == "voucherify":
        headers = {vector["header"]: vector["signature"]}
        code, secrets = "voucherify", {"webhook_secret": vector["secret"]}
    else:
        headers = {name: vector[name] for name in ("webhook-id", "webhook-timestamp")}
        headers["webhook-signature"] = vector["signature"]
        code, secrets = "webhook", {"inbound_secret": vector["secret"]}
    url = vector.get("uri_on_the_wire") or vector.get("uri_after_decoding", "https://odoo.example.com/x")
    request = WebhookRequest("POST", url, headers, vector["raw_body"].encode())
    PROVIDERS[code].receiver.verify(request, secrets)


def is_built(vector):
    return vector["provider"].startswith(("shipbob", "voucherify")) or name_of(vector) == "hubspot v3"


@freeze_time(MOMENT)
@pytest.mark.parametrize("vector", VECTORS, ids=name_of)
def test_vector(vector):
    if name_of(vector) in ("hubspot v1", "hubspot v2"):  # they say nothing of the time: no proof
        with pytest.raises(SignatureError):
            receive(vector)
        return
    if not is_built(vector):
        assert vector["provider"] not in PROVIDERS, "There is a provider now: have its receiver verify this."
        pytest.xfail(f"{vector['provider']} has no receiver yet")
    receive(vector)
    tail = "x" if vector["provider"] == "voucherify" else " "  # it does not sign white space
    for changes in ({"raw_body": vector["raw_body"] + tail}, {"secret": vector["secret"][:-1] + "8"}):
        with pytest.raises(SignatureError):
            receive(vector, **changes)


def test_the_vectors_of_what_is_built():
    assert [name_of(each) for each in VECTORS if is_built(each)] == [
        "voucherify",
        "voucherify",
        "voucherify",
        "hubspot v3",
        "shipbob (Standard Webhooks)",
    ]
