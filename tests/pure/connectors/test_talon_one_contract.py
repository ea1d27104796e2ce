"""Talon.One's adapter keeps the contract of all adapters."""

from adapter_contract import AdapterContract

from odoo.addons.retail_hub.connectors.talon_one.provider import TALON_ONE


class TestTalonOneContract(AdapterContract):
    PROVIDER = TALON_ONE
    CREDENTIALS = {"integration_key": "sandbox-api-key"}
    STAND_IN = "talon_one"
    RECORDS = "profiles"
    EMAIL = "Email"
    ONE_CALL_PER_RECORD = True
    CHANGE = {"language": "fr-BE"}
    CLEARED = {"emails": []}
    CANNOT = frozenset({"customer.merged"})

    def bad_item(self, number):
        return self.item(number, data=self.data(number, name={"full": 7, "given": "", "family": ""}))

    def limit_calls(self, retry_after):
        """Talon.One's own 429 does not say how long; a gateway before it may."""
        self.sandbox.fault(status=429, headers={"Retry-After": str(retry_after)})

    def contents(self):
        """Return the attributes of profiles. A profile without any was erased: its ID is left."""
        found = self.sandbox.records(self.RECORDS, self.STAND_IN)
        return {each["integrationId"]: each["attributes"] for each in found if each["attributes"]}
