"""HubSpot's adapter keeps the contract of all adapters."""

import pytest
from adapter_contract import AdapterContract
from samples import customer, make_item

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.provider import Settings


class TestHubSpotContract(AdapterContract):
    @pytest.fixture(autouse=True)
    def _stand_in(self, sandbox):
        self.sandbox = sandbox

    def make_adapter(self, **settings):
        values = {
            "base_url": self.sandbox.url,
            "api_version": "2026-09",
            "credentials": {"access_token": "sandbox-token"},
        }
        return Connection(HUBSPOT, Settings(**{**values, **settings}))

    def make_refused_adapter(self):
        return self.make_adapter(credentials={"access_token": self.SECRET})

    def bad_item(self, number):
        return make_item(number, data=customer(number, emails=[f"anna{number} at example"]))

    def limit_calls(self, retry_after):
        self.sandbox.fault(limit="burst", retry_after=retry_after)

    def fail(self, **plan):
        self.sandbox.fault(**plan)

    def call_count(self):
        return self.sandbox.request_count()

    def records(self):
        return {c["properties"]["email"]: c["id"] for c in self.sandbox.contacts() if not c["archived"]}
