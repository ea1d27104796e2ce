"""The contract of all adapters, for Acme."""

from pathlib import Path

import pytest
from adapter_contract import AdapterContract

from odoo.addons.retail_hub_acme.acme.provider import ACME

STAND_IN = f"{Path(__file__).parents[1] / 'sandbox' / 'acme.py'}:Acme"


class TestAcmeContract(AdapterContract):
    PROVIDER = ACME
    CREDENTIALS = {"access_token": "sandbox-token"}
    PATH = "/acme"
    STAND_IN = "acme"
    RECORDS = "customers"
    LIMIT = "hour"
    ONE_CALL_PER_RECORD = True

    @pytest.fixture
    def sandbox_providers(self):
        return {"acme": STAND_IN}

    def bad_item(self, number):
        return self.item(number, data=self.data(number, emails=["nobody"]))
