"""Two customers who are one remote record: both arrive, nobody has to act, and neither overwrites the other."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..common import RetailCase
from ..connector.test_hubspot_orders import HubSpotCase


@tagged("post_install", "-at_install")
class TestAlias(HubSpotCase):
    def setUp(self):
        super().setUp()
        self.first = self._partner("Gil Hart", "gil@example.com")
        self._drain()
        self.second = self._partner("Gil Guest", "GIL@Example.com ")
        self._drain()

    def _alias(self, partner=None):
        return self.env["retail.alias"]._of_records(
            self.connector, "res.partner", (partner or self.second).ids
        )

    def _binding(self, partner):
        return self.env["retail.binding"]._of_records(self.connector, "res.partner", partner.ids)

    def _names(self):
        contacts = {email: contact["lastname"] for email, contact in self._contacts().items()}
        return {email: name for email, name in contacts.items() if name != "Lee"}

    def _drain_all(self):
        for _round in range(6):
            self._drain()
            self._drain(lane="bulk")

    def _contact(self):
        """Return the id of the one contact of both."""
        [contact] = [
            each for each in self.sandbox.contacts() if each["properties"]["email"] == "gil@example.com"
        ]
        return contact["id"]

    def _last(self, record):
        return self._deliveries(record)[-1]

    def test_the_second_is_linked_and_not_sent(self):
        delivery = self._last(self.second)
        self.assertEqual((delivery.state, delivery.attempts), ("delivered", 0))
        self.assertEqual(
            delivery.warning,
            f"Possible duplicate of Contact #{self.first.id}, which is already linked to the remote record with this"
            " key. Orders and other documents are linked to that remote record, and changes of this record are not"
            " sent. Merge the two if they are the same, or change the key of this one.",
        )
        self.assertEqual(
            delivery.attempts_note, "No call was made: the record is a possible duplicate of Gil Hart."
        )
        self.assertEqual(
            delivery.shown_warning, delivery.warning.replace(f"Contact #{self.first.id}", "Gil Hart")
        )
        alias = self._alias()
        self.assertEqual((alias.primary_id, alias.is_remote), (self.first.id, False))
        self.assertEqual((alias.record_name, alias.primary_name), ("Gil Guest", "Gil Hart"))
        self.second.city = "Ghent"
        self._drain()
        self.assertEqual(self._last(self.second).state, "delivered")
        self.assertEqual(self._names(), {"gil@example.com": "Hart"})
        self.assertFalse(
            self.env["retail.delivery.attempt"].search([("delivery_id", "=", self._last(self.second).id)])
        )

    def test_leads_to_the_other_record(self):
        """Whoever may read it finds and opens it; it is not a failure."""
        clerk = new_test_user(
            self.env, "clerk", "base.group_user,base.group_partner_manager,retail_hub.group_user"
        )
        delivery = self._last(self.second).with_user(clerk)
        self.assertEqual(
            (delivery.conflict_name, delivery.can_open_conflict, delivery.status, delivery.error_message),
            ("Gil Hart", True, "delivered", False),
        )
        action = delivery.action_open_conflict()
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", self.first.id))
        self.assertFalse(self._last(self.first).conflicts_with)
        self.first.unlink()
        with self.assertRaisesRegex(UserError, "The record was deleted, or you are not allowed to read it."):
            delivery.action_open_conflict()

    def test_both_in_one_batch(self):
        one, two = (self._partner(f"Kim {n}", "kim@example.com") for n in range(2))
        self._drain()
        self._make_due(self._deliveries(two))
        self._drain()
        self.assertEqual([self._last(each).state for each in (one, two)], ["delivered", "delivered"])
        self.assertEqual(self._alias(two).primary_id, one.id)

    def test_orders_of_both_arrive(self):
        orders = [self._order(partner_id=each.id) for each in (self.first, self.second)]
        self._drain_all()
        self.assertEqual([self._last(order).state for order in orders], ["delivered", "delivered"])
        linked = [order["associations"]["contacts"] for order in self.sandbox.records("orders")]
        self.assertEqual(linked, [[self._contact()]] * 2)

    def test_an_archived_first_customer(self):
        self.first.active = False
        self._drain()
        self.second.city = "Ghent"
        third = self._partner("Gil Again", "gil@example.com")
        order = self._order(partner_id=third.id)
        self._drain_all()
        self.assertEqual(self._alias(third).primary_id, self.first.id)
        self.assertEqual((self._last(third).state, self._last(order).state), ("delivered", "delivered"))

    def test_another_address_of_the_second(self):
        """Once the second has an address of its own, it is a contact of its own."""
        self.second.email = "guest@example.com"
        self._drain()
        self.assertEqual(self._names(), {"gil@example.com": "Hart", "guest@example.com": "Guest"})
        self.assertFalse(self._alias())
        self.assertTrue(self._binding(self.second))

    def test_another_address_of_the_first(self):
        """The key is free: the second is sent without anybody's doing."""
        self.first.email = "hart@example.com"
        self._drain_all()
        self.assertEqual(self._names(), {"hart@example.com": "Hart", "gil@example.com": "Guest"})
        self.assertFalse(self._alias())

    def test_the_first_is_deleted(self):
        """The contact is the second's from now on; it is not erased."""
        contact = self._contact()
        self.first.unlink()
        self._drain_all()
        erased = self.env["retail.delivery"].search([("event_type", "=", "customer.erased")])
        self.assertEqual(
            (erased.state, erased.warning),
            ("cancelled", f"The remote record is now that of Contact #{self.second.id}."),
        )
        self.assertEqual(self._names(), {"gil@example.com": "Guest"})
        self.assertEqual(self._binding(self.second).remote_id, contact)
        self.assertFalse(self._alias())

    def test_the_second_is_deleted(self):
        self.second.unlink()
        self._drain_all()
        self.assertEqual(self._names(), {"gil@example.com": "Hart"})
        self.assertEqual(self.env["retail.alias"].search_count([("connector_id", "=", self.connector.id)]), 0)

    def test_merged(self):
        for survivor, merged in ((self.first, self.second), (self.second, self.first)):
            with self.subTest(survivor.name), self.env.cr.savepoint() as savepoint:
                name = survivor.name.split()[1]
                self.env["base.partner.merge.automatic.wizard"]._merge((survivor + merged).ids, survivor)
                self._drain_all()
                self.assertEqual(self._names(), {"gil@example.com": name})
                self.assertEqual(len(self._binding(survivor)), 1)
                self.assertFalse(self._alias(survivor) | self._alias(merged))
                savepoint.rollback()

    def test_the_first_is_merged_into_a_third(self):
        third = self._partner("Gil Third", "third@example.com")
        self._drain()
        self.env["base.partner.merge.automatic.wizard"]._merge((third + self.first).ids, third)
        order = self._order(partner_id=self.second.id)
        self._drain_all()
        self.assertEqual(self._last(order).state, "delivered")

    def test_found_by_the_clerk(self):
        clerk = new_test_user(
            self.env, "clerk", "base.group_user,base.group_partner_manager,retail_hub.group_user"
        )
        alias = self._alias().with_user(clerk)
        self.assertEqual(alias.action_open_record()["res_id"], self.second.id)
        self.assertEqual(alias.action_open_primary()["res_id"], self.first.id)
        action = alias.action_merge()
        wizard = self.env[action["res_model"]].with_user(clerk).with_context(**action["context"]).create({})
        self.assertEqual(wizard.partner_ids, self.first + self.second)
        state = self.env["retail.sync.state"].with_user(clerk).search([("res_id", "=", self.second.id)])
        self.assertEqual((state.state, state.remote_id), ("in_sync", self._contact()))
        self.assertIn("Possible duplicate of", state.reason)

    def test_products_still_conflict(self):
        """Two products with one SKU are a mistake, not one product."""
        self.assertFalse(self.env["product.product"]._retail_may_share)


@tagged("post_install", "-at_install")
class TestKeysThatPass(RetailCase):
    """Email addresses that pass from one customer to another before either is sent."""

    def setUp(self):
        super().setUp()
        self.one = self._partner("One", "one@example.com")
        self.two = self._partner("Two", "two@example.com")
        self.three = self._partner("Three", "three@example.com")
        self._drain()

    def _send_everything(self):
        for _round in range(8):
            self._drain()
        self.assertEqual(
            set(
                self.env["retail.delivery"].search([("connector_id", "=", self.connector.id)]).mapped("state")
            ),
            {"delivered"},
        )

    def _emails(self):
        return {contact["lastname"]: email for email, contact in self._contacts().items()}

    def test_passed_on(self):
        email = self.one.email
        for giver, taker in ((self.one, self.two), (self.two, self.three), (self.three, self.one)):
            with self.subTest(giver.name):
                new = f"{giver.name.lower()}@new.example.com"
                taker.email = email
                giver.email = new
                self._send_everything()
                self.assertEqual((self._emails()[giver.name], self._emails()[taker.name]), (new, email))

    def test_passed_to_a_new_customer(self):
        new = self._partner("New", "one@example.com")
        self.one.email = "other@example.com"
        self._send_everything()
        self.assertEqual(
            (self._emails()["New"], self._emails()["One"]), ("one@example.com", "other@example.com")
        )
        self.assertFalse(self.env["retail.alias"]._of_records(self.connector, "res.partner", new.ids))

    def test_swapped(self):
        self.one.email, self.two.email = self.two.email, self.one.email
        self._send_everything()
        self.assertEqual(
            self._emails(), {"One": "two@example.com", "Two": "one@example.com", "Three": "three@example.com"}
        )

    def test_rotated(self):
        emails = self.two.email, self.three.email, self.one.email
        self.one.email, self.two.email, self.three.email = emails
        self._send_everything()
        self.assertEqual(self._emails(), {"One": emails[0], "Two": emails[1], "Three": emails[2]})

    def test_a_preview_of_swapped_addresses(self):
        self.one.email, self.two.email = self.two.email, self.one.email
        self._commit()
        flow = self.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.updated")
        values = {"connector_id": self.connector.id, "flow_id": flow.id, "kind": "backfill"}
        domain = repr([("id", "in", (self.one + self.two).ids)])
        run = self.env["retail.bulk.run"].create({**values, "res_model": "res.partner", "domain": domain})
        self.assertEqual((run.preview_error, run.preview_failures), (False, False))
        self._send_everything()
        self.assertEqual(
            (self._emails()["One"], self._emails()["Two"]), ("two@example.com", "one@example.com")
        )

    def test_swapped_in_two_drains(self):
        """The second address is entered while the first waits."""
        self.one.email = "two@example.com"
        self._commit()
        self.two.email = "one@example.com"
        self._send_everything()
        self.assertEqual(
            (self._emails()["One"], self._emails()["Two"]), ("two@example.com", "one@example.com")
        )
