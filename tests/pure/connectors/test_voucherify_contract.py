"""Voucherify's adapter keeps the contract of all adapters."""

from adapter_contract import AdapterContract

from odoo.addons.retail_hub.connectors.voucherify.provider import VOUCHERIFY


class TestVoucherifyContract(AdapterContract):
    PROVIDER = VOUCHERIFY
    CREDENTIALS = {"app_id": "sandbox-app", "app_token": "sandbox-token"}
    STAND_IN = "voucherify"
    RECORDS = "customers"
    LIMIT = "api_calls"
    ONE_CALL_PER_RECORD = True
    CHANGE = {"language": "fr-BE"}
    CLEARED = {"phones": []}
    CANNOT = frozenset({"customer.merged"})

    def bad_item(self, number):
        return self.item(number, data=self.data(number, name={"full": 7, "given": "", "family": ""}))

    def contents(self):
        return {each["id"]: each for each in self.sandbox.records("customers", "voucherify")}
