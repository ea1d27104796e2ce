"""What the tests of Voucherify's adapter share. Each of its calls is held against the vendor's specification."""

import json
from dataclasses import replace

import pytest
from samples import make_item
from voucherify_calls import PROGRAM, WALLET, Project, specification

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.http_client import HttpClient
from odoo.addons.retail_hub.connectors.items import Reference, RemoteId
from odoo.addons.retail_hub.connectors.loyalty import EngineProgram
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.connectors.voucherify.provider import VOUCHERIFY

LINK = EngineProgram(PROGRAM, WALLET)
KEY = "0b5f1a3e-7d38-4c12-9a51-{:012d}"


@pytest.fixture(autouse=True)
def checked_calls(monkeypatch):
    """Hold the adapter's requests, and the answers, against the specification."""
    original = HttpClient.request
    spec = specification()

    def request(client, method, path, json=None, params=None, **options):
        if spec:
            spec.check_request(method, path, _plain(json))
        answer = original(client, method, path, json=json, params=params, **options)
        if spec and answer.json is not None:
            spec.check_answer(method, path, answer.status, answer.json)
        return answer

    monkeypatch.setattr(HttpClient, "request", request)


def _plain(body):
    return None if body is None else json.loads(json.dumps(body))


@pytest.fixture
def project(sandbox):
    return Project(sandbox)


@pytest.fixture
def connect(sandbox):
    def connection(**settings):
        values = {
            "base_url": sandbox.url,
            "api_version": "",
            "credentials": {"app_id": "sandbox-app", "app_token": "sandbox-token"},
            "allowed_hosts": ("127.0.0.1",),
            "loyalty_programs": {"3": LINK},
        }
        return Connection(VOUCHERIFY, Settings(**{**values, **settings}))

    return connection


def points_item(number=1, event_type="loyalty.redeemed", points="-80", **changes):
    """Return an item about points of customer 1."""
    data = {
        "id": "5",
        "code": "044",
        "program_id": "3",
        "program": "Club",
        "program_type": "loyalty",
        "customer_id": "1",
        "order_number": "S00042",
        "reason": "",
    }
    if event_type != "loyalty.enrolled":
        data["points"] = points
    item = make_item(
        number,
        event_type=event_type,
        data=data,
        subject="loyalty_card/5",
        remote_ids={Reference("customer", 1): RemoteId("cust_1")},
        **changes,
    )
    return replace(item, idempotency_key=KEY.format(number))
