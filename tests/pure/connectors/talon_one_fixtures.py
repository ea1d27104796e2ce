"""What the tests of Talon.One's adapter share. Each of its calls is held against the vendor's specification."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from samples import make_item
from talon_one_calls import Deployment, check_effects, specification

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.http_client import HttpClient
from odoo.addons.retail_hub.connectors.items import Reference, RemoteId
from odoo.addons.retail_hub.connectors.loyalty import EngineProgram
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.connectors.talon_one.provider import TALON_ONE

LINK = EngineProgram("5")
KEY = "0b5f1a3e-7d38-4c12-9a51-{:012d}"
PROFILE = "odoo-7"
INTEGRATION = {"integration_key": "sandbox-api-key"}
BOTH = {**INTEGRATION, "management_key": "sandbox-mgmt-key"}


@pytest.fixture(autouse=True)
def checked_calls(monkeypatch):
    """Hold the adapter's requests, and the answers, against the specification.

    What does not fit fails the test when it ends: the adapter would take it for a failure of the call.
    """
    original, spec, mismatches = HttpClient.request, specification(), []

    def check(question, *arguments):
        try:
            question(*arguments)
        except AssertionError as mismatch:
            mismatches.append(str(mismatch))

    def request(client, method, path, json=None, params=None, **options):
        url = f"{path}?{urlencode(params, doseq=True)}" if params else path
        if spec:
            check(spec.check_request, method, url, _plain(json))
        answer = original(client, method, path, json=json, params=params, **options)
        if spec and answer.json is not None:
            check(spec.check_answer, method, url, answer.status, answer.json)
            check(check_effects, spec, answer.json)
        return answer

    monkeypatch.setattr(HttpClient, "request", request)
    yield
    assert not mismatches, "\n".join(mismatches)


def _plain(body):
    return None if body is None else json.loads(json.dumps(body))


@pytest.fixture
def talon(sandbox):
    return Deployment(sandbox)


@pytest.fixture
def connect(sandbox):
    def connection(**settings):
        values = {
            "base_url": sandbox.url,
            "api_version": "",
            "credentials": INTEGRATION,
            "allowed_hosts": ("127.0.0.1",),
            "loyalty_programs": {"3": LINK},
        }
        return Connection(TALON_ONE, Settings(**{**values, **settings}))

    return connection


@pytest.fixture
def deliver(connect):
    """Return a function that sends items one after the other, and returns the outcome of the last one."""

    def send(*items, is_in_doubt=False, **settings):
        with connect(**settings) as adapter:
            call = adapter.resolve if is_in_doubt else adapter.send
            return [call([adapter.prepare(each)])[0] for each in items][-1]

    return send


def linked(item, number=1, **changes):
    """Return an item of customer 7, with a key of the hub's form."""
    remote_ids = {Reference("customer", 7): RemoteId(PROFILE)}
    return replace(item, idempotency_key=KEY.format(number), remote_ids=remote_ids, **changes)


def points_item(number=1, event_type="loyalty.redeemed", points="-80", **changes):
    """Return an item about points of customer 7."""
    data = {
        "id": "5",
        "code": "044",
        "program_id": "3",
        "program": "Club",
        "program_type": "loyalty",
        "customer_id": "7",
        "order_number": "S00042",
        "reason": "",
    }
    if event_type != "loyalty.enrolled":
        data["points"] = points
    item = make_item(number, event_type=event_type, data=data, subject="loyalty_card/5")
    return linked(item, number, **changes)
