"""What refers to a customer who gets a remote record of their own is linked to that one, without anybody's doing."""

from odoo.tests import tagged

from ..connector.test_hubspot_moved import MovedCase


class RelinkCase(MovedCase):
    def _send_everything(self):
        for _round in range(6):
            self._drain()
            self._drain(lane="bulk")
            self._make_due(self._deliveries(state="pending"))
        states = set(self.env["retail.delivery"].search([]).mapped("state"))
        self.assertLessEqual(states, {"delivered", "superseded", "cancelled"})

    def _contacts_of(self, kind):
        """Return ``{Odoo's id of a record: ids of contacts}``."""
        return {
            each["properties"]["odoo_id"]: each["associations"].get("contacts", [])
            for each in self._living(kind)
        }

    def _invoiced(self, order):
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice


@tagged("post_install", "-at_install")
class TestRelinkDocuments(RelinkCase):
    def setUp(self):
        super().setUp()
        self.customer.city = "Lier"  # it is sent first
        self._send_everything()
        self.second = self._partner("Ann Guest", "ANN@example.com ")
        self._send_everything()
        self.orders = [self._order(partner_id=each.id) for each in (self.customer, self.second)]
        self.invoices = [self._invoiced(order) for order in self.orders]
        self._send_everything()
        self._assert_linked(self.customer, self.customer)

    def _assert_linked(self, *customers):
        ids = [[self._id(each)] for each in customers]
        names = [f"sale.order/{order.id}" for order in self.orders]
        self.assertEqual(self._contacts_of("orders"), dict(zip(names, ids, strict=True)))
        numbers = [f"account.move/{invoice.id}" for invoice in self.invoices]
        self.assertEqual(self._contacts_of("invoices"), dict(zip(numbers, ids, strict=True)))

    def test_the_second_gets_another_address(self):
        self.second.email = "guest@example.com"
        self._send_everything()
        self._assert_linked(self.customer, self.second)

    def test_the_first_gets_another_address(self):
        self.customer.email = "lee@example.com"
        self._send_everything()
        self._assert_linked(self.customer, self.second)

    def test_documents_of_an_address_of_the_second(self):
        address = self._partner("Store", False, parent_id=self.second.id, type="delivery")
        order = self._order(partner_id=address.id)
        self._drain()
        self.second.email = "guest@example.com"
        self._send_everything()
        self.assertEqual(self._contacts_of("orders")[f"sale.order/{order.id}"], [self._id(self.second)])

    def test_only_those_of_the_second_are_sent_again(self):
        before = len(self._deliveries(self.orders[0])), len(self._deliveries(self.invoices[0]))
        self.second.email = "guest@example.com"
        self._send_everything()
        after = len(self._deliveries(self.orders[0])), len(self._deliveries(self.invoices[0]))
        self.assertEqual(after, before)

    def test_an_order_in_the_same_window(self):
        self.second.email = "guest@example.com"
        self.orders[1].client_order_ref = "PO 7"
        self._send_everything()
        self._assert_linked(self.customer, self.second)

    def test_a_contact_that_was_deleted_there(self):
        """The customer is sent again as a new contact."""
        former = self._id(self.customer)
        with self.connector._connection() as adapter:
            adapter.api.objects("contact", "DELETE", f"/{former}")
        self.customer.action_retail_resync()
        self._drain()
        self.customer.action_retail_resync()
        self._send_everything()
        self.assertNotEqual(self._id(self.customer), former)
        self._assert_linked(self.customer, self.customer)


@tagged("post_install", "-at_install")
class TestRelinkPeople(RelinkCase):
    def setUp(self):
        super().setUp()
        self._choose_object("business_customer", "company")
        self.connector.action_set_up()
        self._send_everything()

    def test_orders_of_a_person_who_becomes_a_company(self):
        order = self._arrived()
        self._send_everything()
        self.customer.is_company = True
        self._send_everything()
        self.assertEqual(self._linked("orders", "companies"), self._ids(self.customer))
        self.assertEqual(self._contacts_of("orders"), {f"sale.order/{order.id}": []})
