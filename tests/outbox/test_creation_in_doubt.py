"""A customer is deleted or merged while it is unknown whether the remote has a record of it."""

from odoo.tests import tagged

from odoo.addons.retail_hub.connectors.hubspot.adapter import HubSpotAdapter

from ..common import RetailCase


class Searchless(HubSpotAdapter):
    """Cannot look up a record by what an earlier attempt sent."""

    def prepare_search(self, item, operation, key):
        return None


@tagged("post_install", "-at_install")
class TestCreationInDoubt(RetailCase):
    def _lost(self, fault="after", **values):
        """Return a customer whose creation has no answer."""
        partner = self._partner(**values)
        self.sandbox.fault(drop=fault, times=1)
        self._drain()
        self.assertEqual(self._deliveries(partner).state, "unknown")
        return partner

    def _search_nothing(self):
        self.enterContext(self._patched_provider(adapter=Searchless))

    def _drain_all(self):
        for _ in range(3):
            self._make_due(self._deliveries().filtered(lambda each: each.state in ("pending", "unknown")))
            self._drain()

    def test_it_is_found_and_erased(self):
        self._lost().unlink()
        self._drain_all()
        self.assertEqual(self._deliveries(event_type="customer.erased").state, "delivered")
        self.assertEqual(self._contacts(), {})

    def test_it_was_looked_for_and_is_not_there(self):
        self._lost(fault="before").unlink()
        self._drain_all()
        self.assertEqual(self._deliveries(event_type="customer.erased").state, "delivered")
        self.assertEqual(self.sandbox.contacts(), [])

    def test_an_erasure_that_may_not_have_happened_is_not_delivered(self):
        self._search_nothing()
        partner = self._lost()
        partner_id = partner.id
        partner.unlink()
        self._drain_all()
        erased = self._deliveries(event_type="customer.erased")
        self.assertEqual(
            (erased.state, erased.error_class, erased.error_code), ("dead", "business", "CREATION_IN_DOUBT")
        )
        self.assertEqual(
            erased.error_message,
            f"The remote system may still have a record of Contact #{partner_id}: the response to its creation was"
            " lost, and it is not known whether it exists. Look for it there and delete it, then discard this event.",
        )
        self.assertEqual(list(self._contacts()), ["ann@example.com"])

    def test_a_merge_that_may_leave_a_record_is_not_delivered(self):
        self._search_nothing()
        survivor = self._partner("Bob", "bob@example.com")
        self._drain()
        merged = self._lost()
        self.env["base.partner.merge.automatic.wizard"]._merge((survivor + merged).ids, survivor)
        self._drain_all()
        fact = self._deliveries(event_type="customer.merged")
        self.assertEqual((fact.state, fact.error_code), ("dead", "CREATION_IN_DOUBT"))
        self.assertEqual(sorted(self._contacts()), ["ann@example.com", "bob@example.com"])

    def test_the_record_with_that_key_is_another_customers(self):
        """The customer was deleted and entered again: there is nothing to erase, and nobody has to look."""
        first = self._lost("before")
        first.unlink()
        second = self._partner()
        self._drain()
        self.assertEqual(self._deliveries(second).state, "delivered")
        self._drain_all()
        self.assertEqual(self._deliveries(event_type="customer.erased").state, "delivered")
        self.assertEqual(list(self._contacts()), ["ann@example.com"])

    def test_a_merge_of_a_linked_customer_whose_update_was_lost(self):
        """It was created: what its update did is of no importance any more."""
        survivor, merged = self._partner("Bob", "bob@example.com"), self._partner()
        self._drain()
        self.sandbox.fault(drop="after", times=1)
        merged.city = "Ghent"
        self._drain()
        self.env["base.partner.merge.automatic.wizard"]._merge((survivor + merged).ids, survivor)
        self._drain_all()
        self.assertEqual(self._deliveries(event_type="customer.merged").state, "delivered")
        self.assertEqual(list(self._contacts()), ["bob@example.com"])

    def test_doubt_that_has_ended(self):
        self._search_nothing()
        partner = self._lost()
        self._drain_all()
        self.assertEqual(set(self._deliveries(partner).mapped("state")), {"delivered"})
        partner.unlink()
        self._drain_all()
        self.assertEqual(self._deliveries(event_type="customer.erased").state, "delivered")
        self.assertEqual(self._contacts(), {})
