"""The webhook adapter keeps the contract of all adapters, as far as a receiver of single events can."""

import base64

import pytest
from adapter_contract import AdapterContract
from samples import customer, make_item

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.connectors.webhook.provider import WEBHOOK
from odoo.addons.retail_hub.core.errors import TransientError

SECRET = "whsec_" + base64.b64encode(b"the secret of the sandbox itself").decode()


class TestWebhookContract(AdapterContract):
    SECRET = "whsec_" + base64.b64encode(b"another secret that nobody knows").decode()

    @pytest.fixture(autouse=True)
    def _stand_in(self, sandbox):
        self.sandbox = sandbox
        sandbox.configure("webhook", refuse=["unwanted"])

    def make_adapter(self, **settings):
        values = {
            "base_url": f"{self.sandbox.url}/hooks",
            "api_version": "v1",
            "credentials": {"signing_secret": SECRET},
            "source": "https://shop.example.com",
            "allowed_hosts": ["127.0.0.1"],
        }
        return Connection(WEBHOOK, Settings(**{**values, **settings}))

    def make_refused_adapter(self):
        return self.make_adapter(credentials={"signing_secret": self.SECRET})

    def bad_item(self, number):
        return make_item(number, data=customer(number, job_title="unwanted"))

    def limit_calls(self, retry_after):
        self.sandbox.fault(limit="burst", retry_after=retry_after)

    def fail(self, **plan):
        self.sandbox.fault(**plan)

    def call_count(self):
        return self.sandbox.request_count()

    def records(self):
        """A receiver tells no ids of its own."""
        events = self.sandbox.records("events", "webhook")
        return {kept["event"]["data"]["emails"][0]: None for kept in events}

    # ----- where one event per call makes a difference -----

    def test_more_items_than_fit_in_a_call(self):
        """There is one in each call."""
        outcomes = self.send([make_item(number) for number in range(7)], batch_size=3)
        assert [o.error for o in outcomes] == [None] * 7
        assert self.call_count() == 7
        assert WEBHOOK.calls_for("customer.updated", 7, 3) == 7

    def test_uncertain_is_settled_to_one_record_each(self):
        """The same id comes twice; the receiver takes it once."""
        self.fail(drop="after", times=1)
        with self.make_adapter() as adapter:
            prepared = [adapter.prepare(make_item(number)) for number in range(3)]
            lost = adapter.send(prepared)
            assert [type(o.error) for o in lost] == [TransientError] * 3
            assert [o.error.uncertain for o in lost] == [True, False, False]
            assert [o.error.is_sent for o in lost] == [True, False, False]
            again = [adapter.prepare(make_item(number, in_doubt=True)) for number in range(3)]
            resolved = adapter.resolve(again)
        assert [o.error for o in resolved] == [None] * 3
        kept = self.sandbox.records("events", "webhook")
        assert [(k["event"]["id"], k["times"]) for k in kept] == [
            ("key-1000", 2),
            ("key-1001", 1),
            ("key-1002", 1),
        ]

    def test_only_what_was_sent_is_uncertain(self):
        self.fail(drop="after", times=1)
        outcomes = self.send([make_item(number) for number in range(3)])
        assert [o.error.uncertain for o in outcomes] == [True, False, False]
        assert self.call_count() == 1

    @pytest.mark.parametrize("plan", [{"html": True, "status": 200}, {"truncate": True}, {"status": 204}])
    def test_any_2xx_is_enough(self, plan):
        """What a receiver says besides is its own business."""
        self.fail(times=1, **plan)
        assert self.send([make_item()])[0].error is None

    def test_useless_answers_are_outcomes(self):
        plans = [{"html": True}, {"status": 500}, {"status": 418}, {"hang": 0.6}, {"drop": "before"}]
        for plan in plans:
            self.fail(times=1, **plan)
            [outcome] = self.send([make_item()], read_timeout=0.3)
            assert outcome.error is not None, plan
