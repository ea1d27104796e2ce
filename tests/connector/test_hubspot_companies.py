"""Business customers as companies of HubSpot's, and the people who work for them."""

from odoo.tests import tagged

from .test_hubspot_orders import HubSpotCase


@tagged("post_install", "-at_install")
class TestHubSpotCompanies(HubSpotCase):
    def setUp(self):
        super().setUp()
        self._choose_object("business_customer", "company")
        self.connector.action_set_up()
        self.acme = self._partner("Acme", False, is_company=True, website="https://www.acme.example")
        self.person = self._partner(
            "Bo Ray", "bo@acme.example", parent_id=self.acme.id, type="contact", function="Buyer"
        )
        self._forget_past()

    def _contact(self, email):
        [found] = [each for each in self._living("contacts") if each["properties"].get("email") == email]
        return found

    def test_an_order_of_a_company(self):
        """A company needs no address to be found by: it has the property of our own."""
        self._arrived(partner_id=self.acme.id)
        company = self._only("companies")
        properties = company["properties"]
        self.assertEqual(
            (properties["name"], properties["domain"], properties["odoo_id"]),
            ("Acme", "acme.example", str(self.acme.id)),
        )
        self.assertEqual(self._only("orders")["associations"]["companies"], [company["id"]])
        self.assertEqual(self._living("contacts"), [])

    def test_a_person_of_a_company(self):
        """The company goes first, then the person, then the order."""
        self._arrived(partner_id=self.person.id)
        company, person = self._only("companies"), self._contact("bo@acme.example")
        self.assertEqual(person["associations"]["companies"], [company["id"]])
        self.assertEqual(person["properties"]["company"], "Acme")
        self.assertEqual(self._only("orders")["associations"]["contacts"], [person["id"]])

    def test_a_person_that_moves_to_another_company(self):
        self._arrived(partner_id=self.person.id)
        other = self._partner("Other", False, is_company=True)
        self.person.parent_id = other
        self._drain()
        ids = {each["properties"]["name"]: each["id"] for each in self._living("companies")}
        self.assertIn(ids["Other"], self._contact("bo@acme.example")["associations"]["companies"])

    def test_a_person_that_becomes_a_company(self):
        """The contact stays; from then on, what is sent is linked to the company."""
        order = self._arrived()
        self.customer.is_company = True
        self._drain()
        self.assertEqual(self._deliveries(self.customer).mapped("state"), ["delivered"] * 2)
        company = self._only("companies")
        self.assertEqual(company["properties"]["name"], "Ann Lee")
        order.order_line.product_uom_qty = 5
        self._drain()
        self.assertEqual(self._only("orders")["associations"]["companies"], [company["id"]])

    def test_the_choice_changes(self):
        """Companies that are contacts become companies when they are sent next."""
        self._choose_object("business_customer", "contact")
        self.acme.email = "info@acme.example"
        self._drain()
        self.assertEqual(self._living("companies"), [])
        self._choose_object("business_customer", "company")
        self.acme.city = "Ghent"
        self._drain()
        self.assertEqual(self._only("companies")["properties"]["city"], "Ghent")

    def test_resync_of_a_company_that_was_deleted_there(self):
        self._arrived(partner_id=self.acme.id)
        self._delete_there("company", self._only("companies")["id"])
        self.acme.city = "Ghent"
        self._drain()
        self.assertEqual(self._dead(self.acme), ("business", "OBJECT_NOT_FOUND", False))
        self.acme.action_retail_resync()
        self._drain()
        self.assertEqual(self._only("companies")["properties"]["city"], "Ghent")
