"""Email addresses that a new customer shares: with their company, or with a contact that was merged in HubSpot."""

from odoo.tests import tagged

from ..connector.test_hubspot_orders import HubSpotCase


class SharedAddressCase(HubSpotCase):
    def _drain_all(self):
        for _round in range(6):
            self._drain()
            self._drain(lane="bulk")
            self._make_due(self._deliveries(state="pending"))
        self.assertEqual(
            set(self._deliveries().mapped("status")) - {"superseded"}, {"delivered"}, "nobody has to act"
        )

    def _alias(self, partner):
        return self.env["retail.alias"]._of_records(self.connector, "res.partner", partner.ids)

    def _linked(self, order, kind):
        """Return the ids of the remote records of a kind that an order is linked to."""
        [found] = [
            each
            for each in self._living("orders")
            if each["properties"]["odoo_id"] == f"sale.order/{order.id}"
        ]
        return found["associations"].get(kind, [])

    def _by_email(self, email):
        """Return the one contact that has this address, as its own or as an additional one."""
        [found] = [
            each
            for each in self._living("contacts")
            if email
            in (
                each["properties"].get("email"),
                *each["properties"].get("hs_additional_emails", "").split(";"),
            )
        ]
        return found


@tagged("post_install", "-at_install")
class TestAddressOfTheCompany(SharedAddressCase):
    """A company and a person who works there have one address, and each orders something."""

    def setUp(self):
        super().setUp()
        self.acme = self._partner("Acme", "info@acme.example", is_company=True)
        self.person = self._partner(
            "Bo Ray", "INFO@acme.example ", parent_id=self.acme.id, type="contact", function="Buyer"
        )
        self._forget_past()

    def _orders(self, *customers):
        orders = [self._order(partner_id=customer.id) for customer in customers]
        self._drain_all()
        return orders

    def test_both_are_contacts(self):
        """There is one contact, which is the company's; the person is a possible duplicate of it."""
        orders = self._orders(self.acme, self.person)
        [contact] = self._living("contacts")
        self.assertEqual(contact["properties"]["email"], "info@acme.example")
        self.assertEqual(contact["properties"]["lastname"], "Acme")
        self.assertEqual([self._linked(order, "contacts") for order in orders], [[contact["id"]]] * 2)
        self.assertEqual(self._alias(self.person).primary_id, self.acme.id)
        self.assertFalse(self._alias(self.acme))

    def test_the_person_comes_first(self):
        [early] = self._orders(self.person)
        [late] = self._orders(self.acme)
        [contact] = self._living("contacts")
        self.assertEqual(
            (contact["properties"]["firstname"], contact["properties"]["lastname"]), ("Bo", "Ray")
        )
        self.assertEqual([self._linked(order, "contacts") for order in (early, late)], [[contact["id"]]] * 2)
        self.assertEqual(self._alias(self.acme).primary_id, self.person.id)

    def test_the_company_is_a_company(self):
        """Then each has a remote record of its own, and nobody is a duplicate."""
        self._choose_object("business_customer", "company")
        self.connector.action_set_up()
        of_acme, of_person = self._orders(self.acme, self.person)
        company, contact = self._only("companies"), self._only("contacts")
        self.assertEqual(contact["properties"]["email"], "info@acme.example")
        self.assertEqual(contact["associations"]["companies"], [company["id"]])
        self.assertEqual(self._linked(of_acme, "companies"), [company["id"]])
        self.assertEqual(self._linked(of_person, "contacts"), [contact["id"]])
        self.assertFalse(self._alias(self.acme) | self._alias(self.person))


@tagged("post_install", "-at_install")
class TestAdditionalAddress(SharedAddressCase):
    """A new customer whose address is an additional one of a contact that was merged in HubSpot."""

    def _make_there(self, email, lastname):
        body = {"properties": {"email": email, "lastname": lastname}}
        return self._post("", body)

    def _merge_there(self, winner, loser):
        return self._post("/merge", {"primaryObjectId": winner, "objectIdToMerge": loser})

    def _post(self, path, body):
        """Return the id of the contact in the answer."""
        with self.connector._connection() as adapter:
            return str(adapter.api.objects("contact", "POST", path, body).object["id"])

    def _guest(self):
        """Return a new customer and their order, once both have arrived."""
        guest = self._partner("Web Guest", "WEB@example.com")
        order = self._order(partner_id=guest.id)
        self._drain_all()
        return guest, order

    def test_of_a_contact_that_nobody_has(self):
        """It is that contact, which keeps both of its addresses."""
        left = self._merge_there(
            self._make_there("main@example.com", "Main"), self._make_there("web@example.com", "Web")
        )
        guest, order = self._guest()
        [contact] = self._living("contacts")
        self.assertEqual((contact["id"], contact["properties"]["lastname"]), (left, "Guest"))
        for email in ("main@example.com", "web@example.com"):
            self.assertEqual(self._by_email(email)["id"], left)
        bindings = self.env["retail.binding"]
        self.assertEqual(bindings._of_records(self.connector, "res.partner", guest.ids).remote_id, left)
        self.assertEqual(self._linked(order, "contacts"), [left])
        guest.city = "Ghent"
        self._drain_all()
        self.assertEqual(self._only("contacts")["properties"]["city"], "Ghent")

    def test_of_the_contact_of_another_customer(self):
        """They are possible duplicates: both orders are linked to the contact, which stays that of the first."""
        first = self._partner("Ann Main", "main@example.com", city="Ghent")
        mine = self._order(partner_id=first.id)
        self._drain_all()
        left = self._merge_there(
            self._by_email("main@example.com")["id"], self._make_there("web@example.com", "Web")
        )
        guest, order = self._guest()
        contact = self._only("contacts")
        self.assertEqual(contact["id"], left)
        properties = contact["properties"]
        self.assertEqual(
            (properties["lastname"], properties.get("city"), properties["email"]),
            ("Main", "Ghent", "main@example.com"),
        )
        self.assertEqual(self._by_email("web@example.com")["id"], left)
        self.assertEqual((self._alias(guest).primary_id, self._alias(guest).is_remote), (first.id, True))
        self.assertEqual([self._linked(each, "contacts") for each in (mine, order)], [[left]] * 2)
        calls = len(self._calls())
        guest.city = "Paris"
        self._drain_all()
        self.assertEqual((self._only("contacts")["properties"]["city"], len(self._calls())), ("Ghent", calls))
