"""``GET /customers``: searching, and ``POST /customers/{external_id}/erase``."""

from urllib.parse import urlencode

from odoo.tests import new_test_user, tagged

from .orders import OrderCase


@tagged("-at_install", "post_install")
class TestApiCustomerSearch(OrderCase):
    scopes = ("customers:read", "customers:write")

    def search(self, **query):
        response = self.call("GET", f"/customers?{urlencode(query)}")
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def found(self, **query):
        return [
            (each["customer"]["name"]["full"], each["external_ids"]) for each in self.search(**query)["items"]
        ]

    def partner(self, name, **values):
        return self.env["res.partner"].create({"name": name, **values})

    def test_by_what(self):
        self.post("/customers", {"external_id": "C-1", "name": {"full": "Ann"}, "email": "ann@example.com"})
        self.partner("Ben", email="Ben <BEN@example.com>", phone="+32470123456")
        self.assertEqual(self.found(email="ANN@example.com"), [("Ann", ["C-1"])])
        self.assertEqual(self.found(email="ben@example.com"), [("Ben", [])])
        self.assertEqual(self.found(phone="+32470123456"), [("Ben", [])])
        self.assertEqual(self.found(external_id="C-1"), [("Ann", ["C-1"])])
        self.assertEqual(self.found(external_id="C-1", email="ben@example.com"), [])
        self.assertEqual(self.found(external_id="C-2"), [])

    def test_the_customer_is_as_in_events(self):
        partner = self.partner("Ann", email="ann@example.com")
        [item] = self.search(email="ann@example.com")["items"]
        self.assertEqual(item["customer"], partner._retail_payloads()[partner.id][0])

    def test_pages(self):
        for name in ("Ann", "Ben", "Cas"):
            self.partner(name, email="shared@example.com")
        page = self.search(email="shared@example.com", limit=2)
        self.assertEqual([each["customer"]["name"]["full"] for each in page["items"]], ["Ann", "Ben"])
        page = self.search(email="shared@example.com", limit=2, after=page["next"])
        self.assertEqual([each["customer"]["name"]["full"] for each in page["items"]], ["Cas"])
        self.assertEqual(page["next"], "")

    def test_who_is_not_found(self):
        """Users of Odoo, archived customers, addresses, and customers of another company."""
        email = "shared@example.com"
        company = self.env["res.company"].create({"name": "Other"})
        new_test_user(self.env, "searched", "base.group_user").partner_id.email = email
        self.partner("Archived", email=email, active=False)
        self.partner("Theirs", email=email, company_id=company.id)
        ours = self.partner("Ours", email=email, company_id=self.company.id)
        self.partner("Dock", email=email, parent_id=ours.id, type="delivery")
        self.assertEqual(self.found(email=email), [("Ours", [])])

    def test_queries_that_do_not_fit(self):
        for query, at in (
            ("", ""),
            ("email=", ""),
            ("email=nobody", "/email"),
            ("phone=0470", "/phone"),
            ("email=a@example.com&email=b@example.com", "/email"),
            ("email=a@example.com&limit=101", "/limit"),
            ("name=Ann", "/name"),
        ):
            with self.subTest(query=query):
                self.assertProblem(self.call("GET", f"/customers?{query}"), "invalid-request", 422, [at])


@tagged("-at_install", "post_install")
class TestApiCustomerErasure(OrderCase):
    scopes = ("customers:read", "customers:write", "orders:write")

    def setUp(self):
        super().setUp()
        self.place(
            customer={
                "external_id": "C-1",
                "name": {"full": "Ann Secret"},
                "email": "ann@example.com",
                "phone": {"number": "+32470123456"},
                "tax_id": "T-1",
            }
        )
        self.order_ = self.env["sale.order"].search([("client_order_ref", "=", "#1001")])
        self.customer = self.order_.partner_id

    def erase(self, external_id="C-1", status=200):
        response = self.post(f"/customers/{external_id}/erase", {})
        self.assertEqual(response.status_code, status, response.text)
        self.env.invalidate_all()
        return response

    def test_what_goes_and_what_stays(self):
        self.customer.write({"comment": "Likes Ann Secret", "ref": "R-1", "street": "Dock 7"})
        self.customer.message_post(body=self.customer.name)
        address = self.order_.partner_shipping_id
        answer = self.erase().json()
        self.assertEqual(answer, {"id": str(self.customer.id), "external_id": "C-1", "outcome": "erased"})
        self.assertEqual((self.customer.name, self.customer.active), ("Erased customer", False))
        for name in ("email", "phone", "vat", "comment", "ref", "street", "city", "zip", "email_normalized"):
            self.assertFalse(self.customer[name], name)
        for name in ("name", "street", "city", "zip"):
            self.assertFalse(address[name] if address != self.customer else False, name)
        self.assertFalse(address.active)
        self.assertFalse(self.customer.message_ids)
        self.assertEqual((self.order_.partner_id, self.order_.state), (self.customer, "sale"))
        self.assertEqual(self.order_.amount_total, 24.2)

    def test_nothing_is_left_in_the_messages(self):
        self.erase()
        texts = self.messages().sudo().mapped(lambda each: f"{each.content}{each.response}")
        self.assertEqual(len(texts), 2)
        for secret in ("Secret", "ann@example.com", "Dock 7", "+32470123456"):
            self.assertNotIn(secret, "".join(texts))

    def test_the_identifier_does_not_come_back(self):
        self.erase()
        count = self.env["res.partner"].with_context(active_test=False).search_count([])
        again = self.post("/customers", {"external_id": "C-1", "name": {"full": "Ann"}})
        self.assertProblem(again, "conflict", 409, ["/external_id"])
        order = self.order(customer={"external_id": "C-1", "name": {"full": "Ann"}}, external_id="W-2")
        self.assertProblem(self.post("/orders", order), "conflict", 409, ["/customer/external_id"])
        self.assertProblem(self.call("GET", "/customers/C-1"), "not-found", 404)
        self.assertEqual(self.env["res.partner"].with_context(active_test=False).search_count([]), count)
        self.assertNotIn("C-1", str(self.env["retail.tombstone"].search([]).read()))

    def test_the_same_person_as_somebody_new(self):
        """Under another identifier, with the same email address: a new customer."""
        self.erase()
        found = self.post(
            "/customers", {"external_id": "C-2", "name": {"full": "Ann"}, "email": "ann@example.com"}
        )
        self.assertEqual(found.json()["outcome"], "created")
        self.assertNotEqual(found.json()["id"], str(self.customer.id))

    def test_again(self):
        self.erase()
        self.assertEqual(
            self.erase().json(), {"id": str(self.customer.id), "external_id": "C-1", "outcome": "unchanged"}
        )

    def test_unknown(self):
        self.assertProblem(self.erase("C-9", 404), "not-found", 404)

    def test_users(self):
        """A user of Odoo is erased by a person; an account of the portal is closed."""
        user = new_test_user(self.env, "erased", "base.group_user")
        user.partner_id.write({"email": "user@example.com"})
        self.env["retail.binding"].create(
            {
                "connector_id": self.system.id,
                "res_model": "res.partner",
                "res_id": user.partner_id.id,
                "remote_id": "U-1",
            }
        )
        self.assertProblem(self.erase("U-1", 409), "conflict", 409)
        self.assertEqual(user.partner_id.email, "user@example.com")
        portal = self.env["res.users"].create(
            {
                "login": "ann@example.com",
                "partner_id": self.customer.id,
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
            }
        )
        self.erase()
        self.assertEqual((portal.active, portal.login), (False, f"erased-{portal.id}"))

    def test_other_systems(self):
        """They get customer.erased, no further changes, and can reuse no identifier of the customer either."""
        other = self.env["retail.connector"].create(
            {"name": "CRM", "provider": "webhook", "base_url": "https://crm.example.com"}
        )
        flows = other.flow_ids.filtered(lambda flow: flow.event_type.startswith("customer."))
        flows.write({"active": True, "mode": "pull"})
        self.env["retail.binding"].create(
            {
                "connector_id": other.id,
                "res_model": "res.partner",
                "res_id": self.customer.id,
                "remote_id": "CRM-1",
            }
        )
        self.erase()
        deliveries = self.env["retail.delivery"].search([("connector_id", "=", other.id)])
        self.assertEqual(deliveries.mapped("event_type"), ["customer.erased"])
        self.customer.comment = "Changed later"
        self.env.flush_all()
        self.env.cr.flush()
        self.assertEqual(self.env["retail.delivery"].search_count([("connector_id", "=", other.id)]), 1)
        client = self.new_client("CRM", other, ("customers:write",))
        key = self.env["retail.api.key"]._issue(client)
        again = self.post("/customers", {"external_id": "CRM-1", "name": {"full": "Ann"}}, key=key)
        self.assertProblem(again, "conflict", 409, ["/external_id"])

    def test_test_mode(self):
        self.client.is_test = True
        self.assertEqual(self.erase().json()["outcome"], "erased")
        self.assertEqual(self.customer.name, "Ann Secret")
        self.assertFalse(self.env["retail.tombstone"].search([]))
