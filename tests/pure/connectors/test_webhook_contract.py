"""The webhook adapter keeps the contract of all adapters, as far as a receiver of single events can."""

import base64

import pytest
from adapter_contract import AdapterContract

from odoo.addons.retail_hub.connectors.webhook.provider import WEBHOOK


class TestWebhookContract(AdapterContract):
    PROVIDER = WEBHOOK
    CREDENTIALS = {
        "signing_secret": "whsec_" + base64.b64encode(b"the secret of the sandbox itself").decode()
    }
    SETTINGS = {"source": "https://shop.example.com", "allowed_hosts": ["127.0.0.1"]}
    PATH = "/hooks"
    SECRET = "whsec_" + base64.b64encode(b"another secret that nobody knows").decode()
    ONE_CALL_PER_RECORD = True
    ANY_ANSWER = True
    KEEPS_RECORDS = False

    @pytest.fixture(autouse=True)
    def _refusing(self, _stand_in):
        self.sandbox.configure("webhook", refuse=["unwanted"])

    def bad_item(self, number):
        return self.item(number, data=self.data(number, job_title="unwanted"))

    def records(self):
        """A receiver gives no ids of its own; the test of a connection is no customer."""
        events = [kept["event"] for kept in self.sandbox.records("events", "webhook")]
        return {each["data"]["emails"][0]: None for each in events if each["data"]}

    def test_an_event_that_is_sent_again_is_taken_once(self):
        """The same id comes twice."""
        self.test_in_doubt_is_resolved_to_one_record_each()
        kept = self.sandbox.records("events", "webhook")
        assert [(k["event"]["id"], k["times"]) for k in kept] == [
            ("key-1000", 2),
            ("key-1001", 1),
            ("key-1002", 1),
        ]
