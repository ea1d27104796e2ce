"""Who is a customer, and what becomes of documents that refer to somebody who was not sent before."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from ..connector.test_hubspot_orders import HubSpotCase
from ..source.test_pos_order import PosCase


@tagged("post_install", "-at_install")
class TestVendorsWhoBuy(HubSpotCase):
    def setUp(self):
        super().setUp()
        self.company = self._partner("Vendor", "vendor@example.com", is_company=True, supplier_rank=1)
        self.person = self._partner("Vera Vend", "vera@example.com", parent_id=self.company.id)
        self._drain()
        self.assertEqual(self._states(self.company, self.person), ["cancelled", "cancelled"])

    def _states(self, *records):
        return [self._deliveries(record)[-1].state for record in records]

    def _send_everything(self):
        for _round in range(4):
            self._drain()

    def _contact_ids(self, *emails):
        ids = {each["properties"]["email"]: each["id"] for each in self.sandbox.contacts()}
        return [ids[email] for email in emails]

    def test_an_order(self):
        order = self._order(partner_id=self.company.id)
        self._send_everything()
        self.assertEqual(self._states(order, self.company), ["delivered", "delivered"])
        self.assertEqual(
            self._only("orders")["associations"]["contacts"], self._contact_ids("vendor@example.com")
        )
        self.assertFalse(self._deliveries(order)[-1].warning)

    def test_an_order_for_an_address(self):
        address = {"type": "delivery", "name": "Dock", "parent_id": self.company.id, "street": "Kaai 9"}
        order = self._order(partner_id=self.env["res.partner"].create(address).id)
        self._send_everything()
        self.assertEqual(self._states(order, self.company), ["delivered", "delivered"])

    def test_an_invoice_and_a_credit_note(self):
        """Both are posted before the customer rank counts: Odoo writes it later, if at all."""
        line = Command.create({"product_id": self.product.id, "quantity": 1})
        for move_type in ("out_invoice", "out_refund"):
            with self.subTest(move_type), self.env.cr.savepoint() as savepoint:
                values = {"partner_id": self.person.id, "move_type": move_type, "invoice_line_ids": [line]}
                self.env["account.move"].create(values).action_post()
                (self.person + self.company).customer_rank = 0
                self.assertTrue(self.person.retail_is_customer)
                self._send_everything()
                if move_type == "out_invoice":
                    self.assertEqual(
                        self._only("invoices")["associations"]["contacts"],
                        self._contact_ids("vera@example.com"),
                    )
                savepoint.rollback()

    def test_a_bill_and_a_quotation_do_not_count(self):
        line = Command.create({"product_id": self.product.id, "quantity": 1})
        values = {"partner_id": self.person.id, "move_type": "in_invoice", "invoice_line_ids": [line]}
        self.env["account.move"].create({**values, "invoice_date": "2026-11-25"}).action_post()
        self._quotation(partner_id=self.person.id)
        self.person.name = "Vera Vend-Or"
        self._send_everything()
        self.assertEqual(self._states(self.person), ["cancelled"])

    def test_a_change_of_who_has_bought(self):
        """Not only when a document waits."""
        self._order(partner_id=self.person.id)
        self.company.city = "Ghent"
        self._send_everything()
        self.assertEqual(self._states(self.company), ["delivered"])

    def test_a_contact_of_a_customer(self):
        """A vendor who is a customer, too: its contacts are sent."""
        self.company.customer_rank = 1
        self.person.name = "Vera Vend-Or"
        self._send_everything()
        self.assertEqual(self._states(self.person), ["delivered"])

    def test_an_internal_user_who_buys(self):
        buyer, other = (
            new_test_user(self.env, login, "base.group_user", email=f"{login}@example.com").partner_id
            for login in ("buyer", "other")
        )
        (buyer + other).parent_id = self.company
        order = self._order(partner_id=buyer.id)
        other.city = "Ghent"
        self._send_everything()
        self.assertEqual(self._states(order, buyer, other), ["delivered", "delivered", "cancelled"])
        self.assertEqual(
            self._only("orders")["associations"]["contacts"], self._contact_ids("buyer@example.com")
        )

    def test_found_as_it_is_computed(self):
        buyer = self._partner("Bo", "bo@example.com", supplier_rank=1)
        self._order(partner_id=buyer.id)
        user = new_test_user(self.env, "user", "base.group_user").partner_id
        records = self.company + self.person + buyer + user + self.customer
        found = records.search([("id", "in", records.ids), ("retail_is_customer", "=", True)])
        self.assertEqual(found, records.filtered("retail_is_customer"))
        self.assertEqual(found, buyer + self.customer)
        others = records.search([("id", "in", records.ids), ("retail_is_customer", "=", False)])
        self.assertEqual(others, records - found)

    def test_in_a_filter_with_more(self):
        """An admin may add conditions."""
        flow = self.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.updated")
        flow.domain = "[('retail_is_customer', '=', True), ('city', '=', 'Ghent')]"
        buyer = self._partner("Bo", "bo@example.com", supplier_rank=1, city="Ghent")
        self._order(partner_id=buyer.id)
        self.assertEqual(flow._matching(buyer + self.company + self.customer), buyer + self.customer)


@tagged("post_install", "-at_install")
class TestVendorAtTheTill(PosCase):
    wanted = ("customer.created", "customer.updated", "order.placed")

    def test_a_till_order(self):
        self.customer.write({"supplier_rank": 1, "customer_rank": 0, "email": "v@example.com"})
        self._drain()
        self._sell([(self.lamp, 1)], customer=self.customer)
        self.customer.customer_rank = 0
        self.assertTrue(self.customer.retail_is_customer)
        self.assertFalse(self.env["res.partner"].create({"name": "V", "supplier_rank": 1}).retail_is_customer)


@tagged("post_install", "-at_install")
class TestLookedAtAgain(HubSpotCase):
    """What was not sent once is sent when a document needs it, if it can be sent now."""

    def _sent_with_customer(self):
        order = self._order()
        for _round in range(4):
            self._drain()
        delivery = self._deliveries(order)[-1]
        self.assertEqual(delivery.state, "delivered")
        return bool(self._only("orders")["associations"].get("contacts")), delivery.warning

    def _flows(self):
        return self.connector.flow_ids.filtered(lambda flow: flow.event_type.startswith("customer."))

    def _not_sent(self, why):
        name = f"Contact #{self.customer.id}"
        return False, f"{name} must be sent first, but was not sent: {why}"

    def test_the_filter_was_changed(self):
        self._flows().domain = "[('city', '=', 'Bruges')]"
        self.customer.city = "Antwerp"
        self._drain()
        self.assertEqual(self._deliveries(self.customer).mapped("state"), ["cancelled"])
        self._flows().domain = "[]"
        self.assertEqual(self._sent_with_customer(), (True, False))

    def test_the_filter_still_excludes_it(self):
        self._flows().domain = "[('city', '=', 'Bruges')]"
        why = "The record does not match the filter of the flow."
        self.assertEqual(self._sent_with_customer(), self._not_sent(why))
        self.assertFalse(self._deliveries(self.customer))  # it is not queued to be cancelled

    def test_a_failed_one_is_excluded_now(self):
        self.customer.email = False
        self._drain()
        self.assertEqual(self._deliveries(self.customer).state, "dead")
        self._flows().domain = "[('email', '!=', False)]"
        why = "The record does not match the filter of the flow."
        self.assertEqual(self._sent_with_customer(), self._not_sent(why))

    def test_archived_then_restored(self):
        self._flows().domain = "[('active', '=', True)]"
        self.customer.active = False
        self._drain()
        self.assertEqual(self._deliveries(self.customer).mapped("state"), ["cancelled"])
        self.env.cr.execute("UPDATE res_partner SET active = TRUE WHERE id = %s", [self.customer.id])
        self.env.invalidate_all()
        self.assertEqual(self._sent_with_customer(), (True, False))

    def test_cancelled_while_it_waited(self):
        self.customer.city = "Antwerp"
        self._deliveries(self.customer).action_cancel()
        self.assertEqual(self._sent_with_customer(), (True, False))

    def test_discarded(self):
        """A user gave it up: that counts until it changes."""
        self.customer.email = False
        self._drain()
        self._deliveries(self.customer)._discard("No address")
        self.assertEqual(self._sent_with_customer(), self._not_sent("A user has discarded it."))

    def test_discarded_and_changed(self):
        self.customer.email = False
        self._drain()
        self._deliveries(self.customer)._discard("No address")
        self.env.cr.execute(
            "UPDATE res_partner SET email = 'ann@example.com', email_normalized = 'ann@example.com',"
            " write_date = now() + interval '1 hour' WHERE id = %s",
            [self.customer.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self._sent_with_customer(), (True, False))
