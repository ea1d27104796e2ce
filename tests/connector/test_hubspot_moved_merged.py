"""Records that leave a customer or company after a merge: HubSpot gave it a new id, and rewrote the links to it."""

from odoo.tests import tagged

from .test_hubspot_moved import MovedCase


class MergedCase(MovedCase):
    def _merge(self, merged, survivor):
        self.env["base.partner.merge.automatic.wizard"]._merge((merged + survivor).ids, survivor)

    def _merge_at_hubspot(self, kind, winner, loser):
        """Merge the records of two customers, as a user of HubSpot does. Return the id of the result."""
        pair = {"primaryObjectId": self._id(winner), "objectIdToMerge": self._id(loser)}
        with self.connector._connection() as adapter:
            answer = adapter.api.objects(kind, "POST", "/merge", pair)
        self.assertEqual(answer.status, 200, (answer.object, pair))
        return str(answer.object["id"])


@tagged("post_install", "-at_install")
class TestMovedDocumentsOfMerged(MergedCase):
    def setUp(self):
        super().setUp()
        self.customer.city = "Lier"  # it is sent, too
        self._send_everything()
        self.order = self._arrived(partner_id=self.other.id)
        self.invoice = self.order._create_invoices()
        self.invoice.action_post()
        self._send_everything()

    def _move(self, customer):
        self.order.partner_id = customer
        self.invoice.button_draft()
        self.invoice.partner_id = customer
        self.invoice.action_post()

    def _contacts_of_documents(self):
        return self._linked("orders", "contacts"), self._linked("invoices", "contacts")

    def _assert_only(self, customer):
        self.assertEqual(self._contacts_of_documents(), (self._ids(customer), self._ids(customer)))

    def test_moved_later(self):
        self._merge(self.other, self.customer)
        self._send_everything()
        self._assert_only(self.customer)
        self._move(self.third)
        self._send_everything()
        self._assert_only(self.third)

    def test_moved_in_the_same_window(self):
        self._merge(self.other, self.customer)
        self._move(self.third)
        self._send_everything()
        self._assert_only(self.third)

    def test_moved_in_the_same_window_before(self):
        self._move(self.third)
        self._merge(self.other, self.customer)
        self._send_everything()
        self._assert_only(self.third)

    def test_of_the_survivor(self):
        self._merge(self.customer, self.other)
        self._send_everything()
        self._move(self.third)
        self._send_everything()
        self._assert_only(self.third)

    def test_merged_twice(self):
        self._merge(self.other, self.customer)
        self._send_everything()
        self._merge(self.customer, self.third)
        self._send_everything()
        self._assert_only(self.third)
        other = self._partner("Di Fox", "di@example.com")
        self._move(other)
        self._send_everything()
        self._assert_only(other)

    def test_an_account_that_keeps_the_id(self):
        self.sandbox.configure(merge_keeps_primary_id=True)
        self._merge(self.other, self.customer)
        self._send_everything()
        self._move(self.third)
        self._send_everything()
        self._assert_only(self.third)

    def test_the_customer_stays(self):
        """The id of the merged contact is new; the link is not ended."""
        self._merge(self.other, self.customer)
        self._send_everything()
        self.order.client_order_ref = "PO 7"
        self.invoice.ref = "PO 7"
        self._send_everything()
        self._assert_only(self.customer)

    def test_merged_in_hubspot(self):
        self._merge_at_hubspot("contact", self.customer, self.other)
        self._move(self.third)
        self._send_everything()
        self._assert_only(self.third)

    def test_moved_to_whom_it_was_merged_with_in_hubspot(self):
        merged = self._merge_at_hubspot("contact", self.customer, self.other)
        self._move(self.customer)
        self._send_everything()
        self.assertEqual(self._contacts_of_documents(), ([merged], [merged]))

    def test_what_people_linked_stays(self):
        self._merge(self.other, self.customer)
        self._send_everything()
        extra = self._partner("Di Fox", "di@example.com")
        self._send_everything()
        self._link("orders", self._only("orders")["id"], "contacts", self._id(extra))
        self._move(self.third)
        self._send_everything()
        self.assertEqual(self._linked("orders", "contacts"), self._ids(self.third, extra))


@tagged("post_install", "-at_install")
class TestMovedPeopleOfMerged(MergedCase):
    def setUp(self):
        super().setUp()
        self._choose_object("business_customer", "company")
        self.connector.action_set_up()
        self.acme, self.beta, self.gamma = (
            self._partner(name, f"{name.lower()}@example.com", is_company=True)
            for name in ("Acme", "Beta", "Gamma")
        )
        self.person = self._partner("Pat Worker", "pat@example.com", parent_id=self.acme.id)
        self._send_everything()
        self.contact = self._id(self.person)

    def _merge_companies(self):
        self._merge(self.acme, self.beta)
        self._send_everything()
        self.assertEqual(self._companies(), {self._id(self.beta): ["Primary"]})

    def _companies(self):
        return self._labels("contacts", self.contact, "companies")

    def test_to_another_company(self):
        self._merge_companies()
        self.person.parent_id = self.gamma
        self._send_everything()
        self.assertEqual(self._companies(), {self._id(self.gamma): ["Primary"]})

    def test_to_no_company(self):
        self._merge_companies()
        self.person.parent_id = False
        self._send_everything()
        self.assertEqual(self._companies(), {})

    def test_in_the_same_window(self):
        self._merge(self.acme, self.beta)
        self.person.parent_id = self.gamma
        self._send_everything()
        self.assertEqual(self._companies(), {self._id(self.gamma): ["Primary"]})

    def test_merged_in_hubspot(self):
        self._merge_at_hubspot("company", self.beta, self.acme)
        self.person.parent_id = False
        self._send_everything()
        self.assertEqual(self._companies(), {})

    def test_a_label_that_people_gave_stays(self):
        self._merge_companies()
        self._label("contacts", self.contact, "companies", self._id(self.beta), 1)
        self.person.parent_id = False
        self._send_everything()
        self.assertEqual(self._companies(), {self._id(self.beta): ["Payer"]})

    def test_becomes_a_company(self):
        """The contact stays in HubSpot, and nobody works for the former company."""
        self.person.is_company = True
        self._send_everything()
        self.assertNotEqual(self._id(self.person), self.contact)
        self.assertEqual(self._companies(), {})

    def test_becomes_a_company_after_the_merge(self):
        self._merge_companies()
        self.person.is_company = True
        self._send_everything()
        self.assertEqual(self._companies(), {})

    def test_becomes_a_company_while_a_call_fails(self):
        self.sandbox.fault(path="/contacts/companies/batch/archive", status=503, times=1)
        self.person.is_company = True
        self._send_everything()
        self.assertEqual(self._companies(), {})
        self.assertEqual(self._deliveries(self.person)[-1].attempts, 2)
