"""HubSpot's adapter keeps the contract of all adapters."""

from adapter_contract import AdapterContract

from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT


class TestHubSpotContract(AdapterContract):
    PROVIDER = HUBSPOT
    CREDENTIALS = {"access_token": "sandbox-token"}
    STAND_IN = "hubspot"
    RECORDS = "contacts"

    def bad_item(self, number):
        return self.item(number, data=self.data(number, emails=[f"anna{number} at example"]))
