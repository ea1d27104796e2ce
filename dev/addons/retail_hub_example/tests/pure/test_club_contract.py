"""The contract of all adapters, for the club."""

from pathlib import Path

import pytest
from adapter_contract import AdapterContract

from odoo.addons.retail_hub_example.club.provider import CLUB

STAND_IN = f"{Path(__file__).parents[2] / 'sandbox' / 'club.py'}:Club"


class TestClubContract(AdapterContract):
    PROVIDER = CLUB
    CREDENTIALS = {"access_token": "sandbox-token"}
    STAND_IN = "club"
    RECORDS = "members"
    LIMIT = "hour"
    ONE_CALL_PER_RECORD = True
    CHANGE = {"name": {"full": "Anna Peeters", "given": "Anna", "family": "Peeters"}}
    CLEARED = {"emails": []}
    CANNOT = frozenset({"customer.merged"})

    @pytest.fixture
    def sandbox_providers(self):
        return {"club": STAND_IN}

    @pytest.fixture(autouse=True)
    def _banning(self, _stand_in):
        self.sandbox.configure("club", banned=["Mallory"])

    def bad_item(self, number):
        return self.item(number, data=self.data(number, name={"full": "Mallory", "given": "", "family": ""}))
