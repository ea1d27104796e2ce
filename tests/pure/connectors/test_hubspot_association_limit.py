"""The limit that HubSpot has for calls of associations, besides that for all calls."""

import pytest
from samples import customer, local_settings, make_item

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.hubspot import association_limit
from odoo.addons.retail_hub.connectors.hubspot.association_limit import AssociationLimit
from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.items import MatchKeys, Reference, RemoteId
from odoo.addons.retail_hub.connectors.provider import ObjectChoice, Settings
from odoo.addons.retail_hub.core.errors import OWN_LIMIT, QuotaError

COMPANIES = {"business_customer": ObjectChoice("company", MatchKeys("odoo_id"))}


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that a test puts forward."""

    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(association_limit.time, "monotonic", clock)
    return clock


def test_calls_in_a_rolling_window(clock):
    limit = AssociationLimit(calls=2, seconds=10)
    assert [limit.take(), limit.take()] == [0, 0]
    clock.now += 4
    assert limit.take() == 6
    clock.now += 6
    assert [limit.take(), limit.take(), limit.take()] == [0, 0, 10]


def test_hubspots_limit(clock):
    limit = AssociationLimit()
    assert [limit.take() for _ in range(150)] == [0] * 150
    assert 10 <= limit.take() <= 11


def test_connections_to_one_account_share_it(clock):
    """Drains open one each; what was counted is forgotten when it is over."""

    def settings(token, url="https://api.example.com"):
        return Settings(url, "2026-09", {"access_token": token})

    one = association_limit.of(settings("a"))
    assert association_limit.of(settings("a")) is one
    others = [
        association_limit.of(settings("b")),
        association_limit.of(settings("a", "https://b.example.com")),
    ]
    assert len({one, *others}) == 3
    one.take()
    clock.now += 5
    assert association_limit.of(settings("a")) is one
    clock.now += 60
    assert association_limit.of(settings("a")) is not one


def people(company_id, count):
    return [
        make_item(
            n,
            data=customer(n, company_id="1"),
            remote_ids={Reference("customer", 1): RemoteId(company_id, "company")},
        )
        for n in range(count)
    ]


def test_the_adapter_waits_rather_than_be_refused(sandbox, clock):
    """Nothing is lost: the records are there, and the links follow with the next attempt."""
    sandbox.configure(
        custom_properties=[{"name": "odoo_id", "objectType": "companies", "hasUniqueValue": True}],
        associations_limit=2,
    )
    settings = local_settings(
        sandbox.url, "2026-09", credentials={"access_token": "sandbox-token"}, batch_size=1, objects=COMPANIES
    )
    with Connection(HUBSPOT, settings) as adapter:
        adapter.api.association_limit = AssociationLimit(calls=2, seconds=10)
        acme = customer(1, type="company", name={"full": "Acme", "given": "", "family": ""})
        [made] = adapter.send([adapter.prepare(make_item(1, data=acme))])
        *first, last = (adapter.prepare(each) for each in people(made.remote_id, 3))
        assert [adapter.send([each])[0].error for each in first] == [None, None]
        [outcome] = adapter.send([last])
        assert (type(outcome.error), outcome.error.code, outcome.error.retry_after) == (
            QuotaError,
            OWN_LIMIT,
            10,
        )
        assert not outcome.error.uncertain
        clock.now += 10
        sandbox.configure(associations_limit=1000)
        assert adapter.send([last])[0].error is None
    assert all(each["associations"]["companies"] == [made.remote_id] for each in sandbox.contacts())
    assert 429 not in [each["status"] for each in sandbox.requests()]


def test_a_refusal_by_hubspot_is_waited_for(sandbox):
    """Other processes use the account, too."""
    sandbox.configure(
        custom_properties=[{"name": "odoo_id", "objectType": "companies", "hasUniqueValue": True}],
        associations_limit=0,
    )
    settings = local_settings(
        sandbox.url, "2026-09", credentials={"access_token": "sandbox-token"}, objects=COMPANIES
    )
    with Connection(HUBSPOT, settings) as adapter:
        acme = customer(1, type="company", name={"full": "Acme", "given": "", "family": ""})
        [made] = adapter.send([adapter.prepare(make_item(1, data=acme))])
        [outcome] = adapter.send([adapter.prepare(each) for each in people(made.remote_id, 1)])
    assert (type(outcome.error), outcome.error.retry_after) == (QuotaError, 10)
