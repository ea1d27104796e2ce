"""Customers who were merged in HubSpot but not in Odoo: it is said as soon as one of them is sent."""

from odoo.tests import tagged

from .test_relink import RelinkCase


class MergedThereCase(RelinkCase):
    def setUp(self):
        super().setUp()
        self.first, self.second = self.other, self.third
        self.first.city, self.second.city = "Ghent", "Bruges"
        self._send_everything()
        self.left = self._merge_there(self.first, self.second)

    def _merge_there(self, winner, loser):
        pair = {"primaryObjectId": self._id(winner), "objectIdToMerge": self._id(loser)}
        with self.connector._connection() as adapter:
            answer = adapter.api.objects("contact", "POST", "/merge", pair)
        self.assertEqual(answer.status, 200)
        return str(answer.object["id"])

    def _alias(self, partner):
        self.env["retail.alias"].invalidate_model()
        return self.env["retail.alias"]._of_records(self.connector, "res.partner", partner.ids)

    def _assert_one(self, primary, *others):
        """Check who has the contact, and that the others are possible duplicates."""
        self.assertEqual([self._id(each) for each in (primary, *others)], [self.left] + [""] * len(others))
        for each in others:
            alias = self._alias(each)
            self.assertEqual((alias.primary_id, alias.is_remote, alias.is_partial), (primary.id, True, False))
            self.assertEqual(alias.reason, "The remote system has one record for both.")
        self.assertFalse(self._alias(primary))

    def _id(self, partner):
        return super()._id(partner) or ""

    def _city(self):
        [contact] = [each for each in self._living("contacts") if each["id"] == self.left]
        return contact["properties"]["city"]


@tagged("post_install", "-at_install")
class TestMergedThere(MergedThereCase):
    def test_the_second_is_edited(self):
        self.second.city = "Paris"
        self._drain()
        delivery = self._deliveries(self.second)[-1]
        self.assertEqual(
            (delivery.state, delivery.conflicts_with), ("delivered", f"res.partner,{self.first.id}")
        )
        self.assertIn(f"Possible duplicate of Contact #{self.first.id}, which is", delivery.warning)
        self._assert_one(self.first, self.second)
        self._send_everything()
        self.assertEqual(self._city(), "Ghent")
        calls = len(self._calls())
        self.second.city = "Rome"
        self._send_everything()
        self.assertEqual((self._city(), len(self._calls())), ("Ghent", calls))

    def test_the_first_is_edited(self):
        self.first.city = "Paris"
        self._drain()
        delivery = self._deliveries(self.first)[-1]
        self.assertEqual(
            (delivery.state, delivery.conflicts_with, delivery.warning),
            (
                "delivered",
                f"res.partner,{self.second.id}",
                f"Possible duplicate: Contact #{self.second.id} has the same remote record, because the two were merged"
                " in the remote system. Its documents are linked to that remote record, and its changes are not sent."
                f" Merge the two if they are the same, or change the key of Contact #{self.second.id}.",
            ),
        )
        self.assertIn("Cy Dee has the same remote record", delivery.shown_warning)
        self._assert_one(self.first, self.second)
        calls = len(self._calls())
        self.second.city = "Rome"
        self._send_everything()
        self.assertEqual((self._city(), len(self._calls())), ("Paris", calls))

    def test_both_in_one_batch(self):
        self.first.city, self.second.city = "Paris", "Rome"
        self._send_everything()
        self._assert_one(self.first, self.second)
        self.assertEqual(self._city(), "Paris")

    def test_an_order_of_the_second(self):
        self.first.city = "Paris"
        self._send_everything()
        self._order(partner_id=self.second.id)
        self._send_everything()
        self.assertEqual(self._linked("orders", "contacts"), [self.left])

    def test_three_who_are_one(self):
        self.customer.city = "Lier"
        self._send_everything()
        self.left = self._merge_there(self.customer, self.second)
        self.second.city = "Rome"
        self._send_everything()
        self._assert_one(self.first, self.second, self.customer)
        self.assertEqual(self._city(), "Ghent")

    def test_a_duplicate_of_the_second(self):
        """It is one of the first from then on, so that its orders go to the one contact."""
        again = self._partner("Cy Again", "cy@example.com")
        self._send_everything()
        self.assertEqual(self._alias(again).primary_id, self.second.id)
        self.first.city = "Paris"
        self._send_everything()
        self.assertEqual([self._alias(each).primary_id for each in (again, self.second)], self.first.ids * 2)
        self._order(partner_id=again.id)
        self._send_everything()
        self.assertEqual(self._linked("orders", "contacts"), [self.left])

    def test_a_call_that_fails(self):
        self.sandbox.fault(path="/contacts/batch/read", status=503, times=1)
        self.second.city = "Paris"
        self._send_everything()
        self._assert_one(self.first, self.second)
        self.assertEqual(self._city(), "Ghent")

    def test_another_address_of_the_second(self):
        """They are two again, and each has what is theirs."""
        order = self._arrived(partner_id=self.second.id)
        self._send_everything()
        self.second.city = "Paris"
        self._send_everything()
        self.second.email = "dee@example.com"
        self._send_everything()
        self.assertFalse(self._alias(self.second))
        self.assertEqual(self._id(self.first), self.left)
        self.assertEqual(self._linked("orders", "contacts"), self._ids(self.second), order.name)

    def test_merged_with_a_contact_that_odoo_does_not_have(self):
        """That is nobody's duplicate."""
        with self.connector._connection() as adapter:
            made = adapter.api.objects(
                "contact", "POST", "", {"properties": {"email": "web@example.com"}}
            ).object
            self.customer.city = "Lier"
            self._send_everything()
            pair = {"primaryObjectId": self._id(self.customer), "objectIdToMerge": made["id"]}
            left = str(adapter.api.objects("contact", "POST", "/merge", pair).object["id"])
        self.customer.city = "Rome"
        self._send_everything()
        self.assertEqual(
            (self._id(self.customer), self._deliveries(self.customer)[-1].warning), (left, False)
        )
        self.assertFalse(self.env["retail.alias"].search([("primary_id", "=", self.customer.id)]))
