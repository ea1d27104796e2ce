"""No two Odoo records are bound to one remote record, whatever the remote answers."""

import json
from dataclasses import replace
from urllib.request import Request, urlopen

from odoo.tests import tagged

from odoo.addons.retail_hub.connectors.hubspot.adapter import HubSpotAdapter

from ..common import TOKEN, RetailCase

TAKEN = "4711"


class Adopting(HubSpotAdapter):
    """Answers each contact with one and the same id, as an adapter does that adopts the record that a 409 names."""

    taken = TAKEN

    def send(self, batch):
        return [replace(each, remote_id=self.taken) for each in super().send(batch)]


class SharedRecordCase(RetailCase):
    def _bindings(self, *partners):
        ids = [partner.id for partner in partners]
        return self.env["retail.binding"]._of_records(self.connector, "res.partner", ids).sorted("res_id")

    def _adopt(self, taken=TAKEN):
        self.enterContext(self._patched_provider(adapter=type("Adopting", (Adopting,), {"taken": taken})))

    def _merge_at_hubspot(self, one, two):
        """Merge the contacts of two customers, as a user of HubSpot does."""
        [winner], [loser] = self._bindings(one).mapped("remote_id"), self._bindings(two).mapped("remote_id")
        body = {"primaryObjectId": winner, "objectIdToMerge": loser}
        url = f"{self.sandbox.url}/crm/v3/objects/contacts/merge"
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        with urlopen(Request(url, json.dumps(body).encode(), headers, method="POST"), timeout=10) as answer:
            return json.load(answer)["id"]


@tagged("post_install", "-at_install")
class TestSharedRecord(SharedRecordCase):
    """Records that cannot be duplicates of each other."""

    def setUp(self):
        super().setUp()
        self.patch(self.env.registry["res.partner"], "_retail_may_share", False)

    def test_the_second_record_fails(self):
        """It says which record it is, whose remote record it got, and what to do; it is not linked."""
        self._adopt()
        first = self._partner()
        self._drain()
        second = self._partner("Bob", "bob@example.com")
        self._drain()
        failed = self._deliveries(second)
        self.assertEqual(
            (failed.state, failed.error_class, failed.error_code, failed.attempts),
            ("dead", "conflict", "SHARED_RECORD", 1),
        )
        self.assertEqual(
            failed.error_message,
            f"Contact #{second.id} was sent to the remote record 4711, which is already linked to Contact"
            f" #{first.id}, and may have overwritten it. Merge the two records in Odoo; or correct what they share,"
            f" such as the email address, then replay this event and resync Contact #{first.id}.",
        )
        self.assertEqual(failed.conflicts_with, f"res.partner,{first.id}")
        attempt = self.env["retail.delivery.attempt"].search([("delivery_id", "=", failed.id)])
        self.assertEqual((attempt.state, attempt.error_code), ("failed", "SHARED_RECORD"))
        self.assertEqual(self._bindings(first, second).mapped("res_id"), first.ids)
        self.assertFalse(self._bindings(first).sent_hash)  # so that it is sent, though it has not changed

    def test_an_erasure_of_the_second_spares_the_first(self):
        self._adopt()
        first = self._partner()
        self._drain()
        second = self._partner("Bob", "bob@example.com")
        self._drain()
        second.unlink()
        calls = len(self._calls())
        self._drain()
        self.assertEqual(len(self._calls()), calls)
        self.assertEqual(self._bindings(first).remote_id, TAKEN)

    def test_two_in_one_batch(self):
        """The statement that links them does not see its own rows."""
        self._adopt()
        partners = [self._partner(f"Ann {n}", f"ann{n}@example.com") for n in range(3)]
        self.assertEqual(self._drain(), 3)
        self.assertEqual([self._deliveries(each).state for each in partners], ["delivered", "dead", "dead"])
        self.assertEqual(self._bindings(*partners).mapped("res_id"), partners[0].ids)

    def test_a_deleted_record_holds_nothing(self):
        """The customer was deleted and entered again before the deletion was sent."""
        self._adopt()
        first = self._partner()
        self._drain()
        self.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.erased").active = False
        first.unlink()
        second = self._partner()
        self._drain()
        self.assertEqual(self._deliveries(second).state, "delivered")
        self.assertEqual(self._bindings(second).remote_id, TAKEN)

    def test_another_object_may_have_the_same_id(self):
        self._adopt()
        first = self._partner()
        self._drain()
        self._bindings(first).remote_object = "company"
        second = self._partner("Bob", "bob@example.com")
        self._drain()
        self.assertEqual(self._deliveries(second).state, "delivered")
        self.assertEqual(self._bindings(first, second).mapped("remote_id"), [TAKEN, TAKEN])

    def test_merged_at_the_remote(self):
        """Somebody merges two contacts at HubSpot: the customer that is sent first is linked to what is left."""
        first, second = self._partner(), self._partner("Bob", "bob@example.com")
        self._drain()
        left = self._merge_at_hubspot(first, second)
        before = self._bindings(second).remote_id
        for partner in (first, second):
            partner.city = "Ghent"
            self._drain()
        self.assertEqual(self._deliveries(first)[-1].state, "delivered")
        failed = self._deliveries(second)[-1]
        self.assertEqual((failed.state, failed.error_code), ("dead", "SHARED_RECORD"))
        self.assertEqual(self._bindings(first, second).mapped("remote_id"), [left, before])


@tagged("post_install", "-at_install")
class TestOneCustomer(SharedRecordCase):
    """Customers may be one person: the second becomes an alias, and the first is what the remote has in the end."""

    def _alias(self, partner):
        return self.env["retail.alias"]._of_records(self.connector, "res.partner", partner.ids)

    def _drain_all(self):
        for _round in range(4):
            self._drain()

    def _name_at_hubspot(self, remote_id):
        [contact] = [each for each in self.sandbox.contacts() if each["id"] == remote_id]
        return contact["properties"]["lastname"]

    def test_adopted(self):
        first = self._partner()
        self._drain()
        taken = self._bindings(first).remote_id
        self._adopt(taken)
        second, third = (self._partner(f"Bob {n}", f"bob{n}@example.com") for n in range(2))
        self._drain_all()
        states = [self._deliveries(each)[-1].state for each in (first, second, third)]
        self.assertEqual(states, ["delivered"] * 3)
        self.assertEqual(self._bindings(first, second, third).mapped("res_id"), first.ids)
        self.assertEqual([self._alias(each).primary_id for each in (second, third)], first.ids * 2)
        self.assertEqual(self._deliveries(first)[-1].event_type, "customer.updated")

    def test_merged_at_the_remote(self):
        """The second is not sent any more."""
        first, second = self._partner("Ann One"), self._partner("Bob Two", "bob@example.com")
        self._drain()
        left = self._merge_at_hubspot(first, second)
        for partner in (first, second):
            partner.city = "Ghent"
            self._drain()
        self.assertEqual(self._deliveries(second)[-1].state, "delivered")
        self.assertIn(f"Possible duplicate: Contact #{second.id}", self._deliveries(first)[-1].warning)
        self.assertIn(f"Possible duplicate of Contact #{first.id}", self._deliveries(second)[-1].warning)
        self.assertEqual((self._alias(second).primary_id, self._alias(second).is_remote), (first.id, True))
        self.assertEqual(
            self._bindings(first, second).mapped(lambda each: (each.res_id, each.remote_id)),
            [(first.id, left)],
        )
        self._drain_all()
        self.assertEqual(self._name_at_hubspot(left), "One")
        calls = len(self._calls())
        second.city = "Paris"
        self._drain_all()
        self.assertEqual((len(self._calls()), self._deliveries(second)[-1].state), (calls, "delivered"))

    def test_a_new_address_after_a_merge_at_the_remote(self):
        first, second = self._partner("Ann One"), self._partner("Bob Two", "bob@example.com")
        self._drain()
        self._merge_at_hubspot(first, second)
        for partner in (first, second):
            partner.city = "Ghent"
            self._drain()
        second.email = "two@example.com"
        self._drain_all()
        self.assertEqual(self._contacts()["two@example.com"]["lastname"], "Two")
        self.assertFalse(self._alias(second))
