"""A delivery that refers to another record waits for it: it says so, uses up no attempt, and goes out by itself."""

from unittest.mock import patch

from odoo.tests import tagged

from ...connectors.hubspot.adapter import HubSpotAdapter
from ...connectors.items import Reference
from ..common import RetailCase


@tagged("post_install", "-at_install")
class TestDependencies(RetailCase):
    def setUp(self):
        super().setUp()
        self.first = self._partner("First", "first@example.com")
        self._deliveries().unlink()
        self.second = self._partner("Second", "second@example.com")

        def references(_adapter, _event_type, data):
            return [Reference("customer", self.first.id)] if data["id"] == str(self.second.id) else []

        self.enterContext(patch.object(HubSpotAdapter, "references", references))

    def _states(self):
        return [(each.res_id, each.state, each.attempts) for each in self._deliveries()]

    def test_queues_and_waits(self):
        """What was never sent is sent, and then what waited for it."""
        self._drain()
        self.assertEqual(self._states(), [(self.second.id, "delivered", 1), (self.first.id, "delivered", 1)])
        sent = [
            each["properties"]["email"] for call in self.sandbox.requests() for each in call["body"]["inputs"]
        ]
        self.assertEqual(sent, ["first@example.com", "second@example.com"])
        self.assertFalse(self._deliveries(self.second).waits_for)

    def test_says_what_it_waits_for(self):
        self.sandbox.fault(path="/batch/", status=503, times=1)
        self._drain()
        delivery = self._deliveries(self.second)
        self.assertEqual((delivery.state, delivery.attempts), ("pending", 0))
        self.assertEqual(delivery.waits_for, f"res.partner,{self.first.id}")
        self.assertEqual(delivery.error_code, "WAITS_FOR")
        self.assertIn(f"#{self.first.id}", delivery.error_message)
        self.assertEqual(len(self._deliveries(self.first)), 1)
        self._make_due(delivery)
        self._drain()
        self.assertEqual(len(self._deliveries(self.first)), 1)

    def test_waits_for_a_repair(self):
        """The one it needs is dead; once that is repaired, both go out, without another hand."""
        self.first.email = False
        self._drain()
        self._make_due(self._deliveries(self.second))
        self._drain()
        waiting = self._deliveries(self.second)
        self.assertEqual(self._deliveries(self.first).state, "dead")
        self.assertEqual((waiting.state, waiting.attempts), ("pending", 0))
        self.assertIn("repaired", waiting.error_message)
        self.first.email = "first@example.com"
        self._drain()
        self.assertEqual((waiting.state, waiting.attempts, waiting.error_message), ("delivered", 1, False))

    def test_others_go_on(self):
        self.first.email = False
        third = self._partner("Third", "third@example.com")
        self._drain()
        self.assertEqual(self._deliveries(third).state, "delivered")

    def test_what_arrives_while_the_batch_is_sent(self):
        """Another drain brings it to the remote before anybody could see who waits for it: it is looked at again."""
        self._partner("Third", "third@example.com")
        send, other_drain = HubSpotAdapter.send, [self._arrive]

        def send_meanwhile(adapter, batch):
            while other_drain:
                other_drain.pop()()
            return send(adapter, batch)

        with patch.object(HubSpotAdapter, "send", send_meanwhile):
            self._drain()
        self.assertEqual(self._deliveries(self.second).state, "delivered")

    def _arrive(self):
        self._deliveries(self.first).sudo().state = "delivered"
        self.env["retail.binding"].sudo().create(
            {
                "connector_id": self.connector.id,
                "res_model": "res.partner",
                "res_id": self.first.id,
                "remote_id": "1",
            }
        )

    def test_what_is_not_sent(self):
        """Nobody waits for ever for what the flow leaves out."""
        self.connector.flow_ids.domain = f"[('id', '!=', {self.first.id})]"
        self._drain()
        self._make_due(self._deliveries(self.second))
        self._drain()
        delivery = self._deliveries(self.second)
        self.assertEqual((delivery.state, delivery.error_code), ("dead", "NOT_SENT"))
        self.assertIn("does not match the filter", delivery.error_message)

    def test_no_flow_sends_it(self):
        self._commit()
        self.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.updated").active = False
        self._drain()
        self.assertEqual(
            (self._deliveries(self.second).state, self._deliveries(self.second).error_code),
            ("dead", "NOT_SENT"),
        )

    def test_what_was_deleted(self):
        """It is sent without the record, and says so."""
        name = self.first._retail_reference()
        self.first.unlink()
        self._drain()
        delivery = self._deliveries(self.second)
        self.assertEqual(
            (delivery.state, delivery.warning),
            ("delivered", f"{name} was deleted. This was sent without it."),
        )
