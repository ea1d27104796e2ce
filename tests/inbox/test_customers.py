"""``POST /customers`` and ``GET /customers/{external_id}``."""

import base64
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from .common import ApiCase

SIGNING_SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
ANNA = {
    "external_id": "C-1",
    "name": {"given": "Anna", "family": "Peeters"},
    "email": "Anna@Example.com",
    "phone": {"number": "+32470123456"},
    "addresses": [
        {
            "kind": "contact",
            "street": "Main Street 1",
            "city": "Ghent",
            "postal_code": "9000",
            "country": "BE",
        },
        {"kind": "delivery", "name": "Work", "street": "Dock 7", "city": "Antwerp", "country": "BE"},
    ],
}


def _run_vat_checks(_self, country, vat, partner_name="", validation="error"):
    """Check tax IDs of Belgium, as the module base_vat does."""
    kept = vat.replace(" ", "").replace(".", "") if vat and country else vat
    if kept and country.code == "BE" and len(kept) != 12 and validation == "error":
        raise ValidationError(partner_name)
    return kept, country.code


@tagged("-at_install", "post_install")
class TestApiCustomers(ApiCase):
    def partner(self, response):
        return self.env["res.partner"].browse(int(response.json()["id"]))

    def test_a_new_customer(self):
        response = self.post("/customers", ANNA)
        self.assertEqual(response.status_code, 201, response.text)
        partner = self.partner(response)
        self.assertEqual(
            response.json(),
            {"id": str(partner.id), "external_id": "C-1", "outcome": "created", "warnings": []},
        )
        self.assertEqual(
            (partner.name, partner.email, partner.phone, partner.street, partner.city, partner.zip),
            ("Anna Peeters", "Anna@Example.com", "+32470123456", "Main Street 1", "Ghent", "9000"),
        )
        self.assertEqual(partner.country_id.code, "BE")
        self.assertEqual(
            partner.child_ids.mapped(lambda each: (each.type, each.name, each.city)),
            [("delivery", "Work", "Antwerp")],
        )
        self.assertEqual(partner.company_id, self.system.company_id)
        self.assertEqual(partner.create_uid, self.client.user_id)
        [message] = self.messages()
        self.assertEqual(
            (message.state, message.http_status, message.command, message.subject, message.res_id),
            ("done", 201, "customer.upsert", "customer/C-1", partner.id),
        )
        self.assertEqual(message.uuid, response.headers["Retail-Trace-Id"])

    def test_the_same_customer_again(self):
        partner = self.partner(self.post("/customers", ANNA))
        response = self.post("/customers", ANNA)
        self.assertEqual((response.status_code, response.json()["outcome"]), (200, "unchanged"))
        self.assertEqual(self.partner(response), partner)
        self.assertEqual(len(partner.child_ids), 1)

    def test_what_is_left_out_stays(self):
        partner = self.partner(self.post("/customers", ANNA))
        response = self.post("/customers", {"external_id": "C-1", "job_title": "Buyer", "phone": None})
        self.assertEqual((response.status_code, response.json()["outcome"]), (200, "updated"))
        self.assertEqual(self.partner(response), partner)
        partner.invalidate_recordset()
        self.assertEqual((partner.name, partner.function, partner.phone), ("Anna Peeters", "Buyer", False))
        self.assertEqual(partner.street, "Main Street 1")

    def test_a_late_older_state(self):
        """It changes nothing, whoever comes later; nor do its consent and its addresses."""
        partner = self.partner(self.post("/customers", {**ANNA, "occurred_at": "2026-11-20T10:00:00.5Z"}))
        moved = [{"kind": "other", "street": "Old Street 3", "city": "Ghent", "country": "BE"}]
        late = {"external_id": "C-1", "name": {"full": "Anna Janssens"}, "addresses": moved}
        late["consent"] = {"email_opt_out": True}
        response = self.post("/customers", {**late, "occurred_at": "2026-11-20T10:00:00.4Z"})
        self.assertEqual((response.status_code, response.json()["outcome"]), (200, "superseded"))
        partner.invalidate_recordset()
        self.assertEqual(
            (partner.name, len(partner.child_ids), partner.is_blacklisted), ("Anna Peeters", 1, False)
        )
        newer = self.post("/customers", {**late, "occurred_at": "2026-11-20T10:00:00.6Z"})
        self.assertEqual(newer.json()["outcome"], "updated")
        again = self.post("/customers", {**ANNA, "occurred_at": "2026-11-20T10:00:00.5Z"})
        self.assertEqual(again.json()["outcome"], "superseded")
        unknown = self.post("/customers", {"external_id": "C-1", "job_title": "Buyer"})
        self.assertEqual(unknown.json()["outcome"], "updated")

    def test_websites(self):
        for number, website in enumerate(("javascript:alert(1)", "DATA:text/html,x", "mailto:a@example.com")):
            with self.subTest(website=website):
                response = self.post("/customers", {**ANNA, "external_id": f"S-{number}", "website": website})
                self.assertProblem(response, "invalid-request", 422, ["/website"])
        for number, website in enumerate(("https://example.com/a:b", "example.com:8080/shop", "")):
            with self.subTest(website=website):
                response = self.post("/customers", {**ANNA, "external_id": f"T-{number}", "website": website})
                self.assertEqual(response.status_code, 201, response.text)

    def test_what_odoo_writes_in_its_own_way(self):
        """The same customer again is unchanged, however Odoo keeps what was sent."""
        partners = self.env.registry["res.partner"]
        content = {**ANNA, "website": "example.com/anna", "tax_id": "BE 0477.472.701"}
        with patch.object(partners, "_run_vat_checks", _run_vat_checks):
            partner = self.partner(self.post("/customers", content))
            self.assertEqual((partner.website, partner.vat), ("http://example.com/anna", "BE0477472701"))
            self.assertEqual(self.post("/customers", content).json()["outcome"], "unchanged")

    def test_a_tax_id_that_is_not_valid(self):
        partners = self.env.registry["res.partner"]
        with patch.object(partners, "_run_vat_checks", _run_vat_checks):
            response = self.post("/customers", {**ANNA, "tax_id": "BE1"})
            problem = self.assertProblem(response, "invalid-request", 422, ["/tax_id"])
            self.assertEqual(problem["detail"], "The tax ID is not valid in BE.")
            partner = self.partner(self.post("/customers", ANNA))
            response = self.post("/customers", {"external_id": "C-1", "tax_id": "BE1"})
            self.assertProblem(response, "invalid-request", 422, ["/tax_id"])
        partner.vat = "BE1"  # from before Odoo checked it
        with patch.object(partners, "_run_vat_checks", _run_vat_checks):
            response = self.post("/customers", {"external_id": "C-1", "tax_id": "BE1", "job_title": "Buyer"})
        self.assertEqual(response.json()["outcome"], "updated", response.text)

    def test_a_known_address_of_e_mail(self):
        partner = self.env["res.partner"].create({"name": "Anna", "email": "anna@example.com"})
        response = self.post("/customers", ANNA)
        self.assertEqual((response.status_code, response.json()["outcome"]), (200, "linked"))
        self.assertEqual(self.partner(response), partner)
        # Whoever has another identifier at the system is another customer.
        other = self.post("/customers", {**ANNA, "external_id": "C-2"})
        self.assertEqual((other.status_code, other.json()["outcome"]), (201, "created"))

    def test_an_ambiguous_address_of_e_mail(self):
        twins = self.env["res.partner"].create([{"name": "A", "email": "anna@example.com"}] * 2)
        response = self.post("/customers", ANNA)
        self.assertEqual(response.json()["outcome"], "created")
        self.assertNotIn(self.partner(response), twins)

    def test_a_new_customer_needs_a_name(self):
        response = self.post("/customers", {"external_id": "C-9", "email": "x@example.com"})
        self.assertProblem(response, "invalid-request", 422, ["/name"])
        self.assertFalse(self.env["res.partner"].search_count([("email", "=", "x@example.com")]))
        [message] = self.messages(state="refused")
        self.assertEqual(message.uuid, response.json()["trace_id"])

    def test_an_unknown_country_undoes_all(self):
        addresses = [*ANNA["addresses"], {"kind": "invoice", "street": "X", "country": "XX"}]
        response = self.post("/customers", {**ANNA, "addresses": addresses})
        self.assertProblem(response, "invalid-request", 422, ["/addresses/2/country"])
        self.assertFalse(self.env["res.partner"].search_count([("email", "=ilike", "anna@example.com")]))

    def test_consent(self):
        self.post("/customers", {**ANNA, "consent": {"email_opt_out": True}})
        blacklisted = self.env["mail.blacklist"].search([("email", "=", "anna@example.com")])
        self.assertTrue(blacklisted)
        response = self.post("/customers", {"external_id": "C-1", "consent": {"email_opt_out": False}})
        self.assertEqual(response.json()["outcome"], "updated")
        self.assertFalse(self.env["mail.blacklist"].search([("email", "=", "anna@example.com")]))

    def test_read(self):
        self.assertProblem(self.call("GET", "/customers/C-1"), "not-found", 404)
        created = self.post("/customers", ANNA).json()
        response = self.call("GET", "/customers/C-1")
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(response.json()["id"], created["id"])
        self.assertEqual(response.json()["emails"], ["anna@example.com"])
        self.assertEqual([each["kind"] for each in response.json()["addresses"]], ["contact", "delivery"])

    def test_a_customer_of_another_system(self):
        other = self.env["retail.connector"].create(
            {"name": "Other", "provider": "webhook", "base_url": "https://other.example.com"}
        )
        key = self.env["retail.api.key"]._issue(self.new_client("Other", other, self.scopes))
        self.post("/customers", ANNA)
        self.assertProblem(self.call("GET", "/customers/C-1", key=key), "not-found", 404)

    def test_a_customer_of_another_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        partner = self.env["res.partner"].create(
            {"name": "Anna", "email": "anna@example.com", "company_id": company.id}
        )
        response = self.post("/customers", ANNA)
        self.assertEqual(response.json()["outcome"], "created")
        self.assertNotEqual(self.partner(response), partner)

    def test_a_customer_who_was_moved_to_another_company(self):
        partner = self.partner(self.post("/customers", ANNA))
        partner.company_id = self.env["res.company"].create({"name": "Other"})
        with self.assertNoLogs("odoo.addons.retail_hub", "WARNING"):
            self.assertProblem(self.call("GET", "/customers/C-1"), "not-found", 404)
            response = self.post("/customers", {"external_id": "C-1", "job_title": "Buyer"})
        self.assertProblem(response, "conflict", 409, ["/external_id"])
        self.assertNotIn("Anna", response.text)
        self.assertFalse(partner.function)

    # -- users of Odoo -----------------------------------------------------------------------------

    def test_the_address_of_an_internal_user(self):
        """Who gets a customer of their own: what a system says changes no user."""
        user = new_test_user(self.env, "anna", "base.group_user", email="anna@example.com")
        response = self.post("/customers", ANNA)
        self.assertEqual((response.status_code, response.json()["outcome"]), (201, "created"), response.text)
        self.assertEqual(
            response.json()["warnings"], ["A user of Odoo has this email address, and is not changed."]
        )
        self.assertNotEqual(self.partner(response), user.partner_id)
        again = self.post("/customers", {**ANNA, "job_title": "Buyer"})
        self.assertEqual((again.status_code, self.partner(again)), (200, self.partner(response)))
        self.assertFalse(user.partner_id.function)

    def test_the_address_of_our_company(self):
        company = self.env.company.partner_id
        company.email = "anna@example.com"
        self.assertNotEqual(self.partner(self.post("/customers", ANNA)), company)

    def test_a_customer_who_becomes_an_internal_user(self):
        partner = self.partner(self.post("/customers", ANNA))
        new_test_user(self.env, "anna", "base.group_user", partner_id=partner.id)
        response = self.post("/customers", {"external_id": "C-1", "job_title": "Buyer"})
        self.assertEqual((response.status_code, response.json()["outcome"]), (200, "unchanged"))
        self.assertEqual(
            response.json()["warnings"], ["The customer has become a user of Odoo, and is not changed."]
        )
        self.assertFalse(partner.function)

    def test_the_address_of_a_portal_user_stays(self):
        """Whoever changes it can reset the password."""
        partner = self.partner(self.post("/customers", ANNA))
        new_test_user(self.env, "anna", "base.group_portal", partner_id=partner.id, email="anna@example.com")
        for email in ("mallory@example.com", ""):
            changes = {"external_id": "C-1", "email": email, "job_title": f"Buyer {email}".strip()}
            response = self.post("/customers", changes)
            self.assertEqual((response.status_code, response.json()["outcome"]), (200, "updated"))
            self.assertEqual(
                response.json()["warnings"],
                ["The customer has a portal account in Odoo: the email address was not changed."],
            )
            partner.invalidate_recordset()
            self.assertEqual(
                (partner.email_normalized, partner.function), ("anna@example.com", changes["job_title"])
            )

    # -- texts -----------------------------------------------------------------------------------

    def test_addresses_of_e_mail_that_are_none(self):
        for email in (
            "foo",
            "foo@",
            "@b.com",
            "a@b",
            "a@b.com;c@d.com",
            "a@b.com, c@d.com",
            "A <a@b.com>",
            "a@b.com\r\nBcc: c@d.com",
        ):
            with self.subTest(email=email):
                response = self.post("/customers", {**ANNA, "email": email})
                self.assertProblem(response, "invalid-request", 422, ["/email"])

    def test_texts_of_one_line(self):
        for name in ("company_name", "job_title", "tax_id", "website"):
            for char in "\n\r\t\x1b\x7f\x85\u2028":
                with self.subTest(name=name, char=repr(char)):
                    response = self.post("/customers", {**ANNA, name: f"a{char}b"})
                    self.assertProblem(response, "invalid-request", 422, [f"/{name}"])
        for name in ("full", "given", "family"):
            response = self.post("/customers", {**ANNA, "name": {"given": "A", name: "a\nb"}})
            self.assertProblem(response, "invalid-request", 422, [f"/name/{name}"])
        for name in ("name", "street", "street2", "city", "postal_code", "region"):
            address = {"kind": "contact", name: "a\nb"}
            response = self.post("/customers", {**ANNA, "addresses": [address]})
            self.assertProblem(response, "invalid-request", 422, [f"/addresses/0/{name}"])

    def test_digits_are_ascii(self):
        for content, pointer in (
            ({"phone": {"number": "+3247012345٦"}}, "/phone/number"),
            ({"language": "es-٤19"}, "/language"),
            ({"occurred_at": "2026-11-2٠T10:00:00Z"}, "/occurred_at"),
        ):
            self.assertProblem(
                self.post("/customers", {**ANNA, **content}), "invalid-request", 422, [pointer]
            )

    def test_a_consent_is_true_or_false(self):
        for value in ("yes", 1, "true"):
            response = self.post("/customers", {**ANNA, "consent": {"email_opt_out": value}})
            self.assertProblem(response, "invalid-request", 422, ["/consent/email_opt_out"])

    # -- regions -----------------------------------------------------------------------------------

    def test_regions(self):
        """By code and by name, in any case; what is not known is a warning, and takes nothing away."""
        for region, code, warnings in (
            ("CA", "CA", []),
            ("ny", "NY", []),
            ("texas", "TX", []),
            ("Atlantis", "TX", ["The region Atlantis is not known."]),
            ("", False, []),
        ):
            with self.subTest(region=region):
                address = {"kind": "contact", "street": "Main", "region": region, "country": "US"}
                response = self.post("/customers", {**ANNA, "addresses": [address]})
                self.assertEqual(response.json()["warnings"], warnings)
                partner = self.partner(response)
                partner.invalidate_recordset()
                self.assertEqual(partner.state_id.code, code)


@tagged("-at_install", "post_install")
class TestOrigin(ApiCase):
    """What a system caused is not sent back to it."""

    def events(self, connector):
        self.env["retail.delivery"].invalidate_model()
        return self.env["retail.delivery"].search([("connector_id", "=", connector.id)]).mapped("event_type")

    def active(self, connector):
        connector.credential_ids.filtered(lambda each: each.name == "signing_secret").value = SIGNING_SECRET
        connector.flow_ids.filtered(lambda flow: not flow.active).unlink()
        connector.action_activate()
        return connector

    def test_not_sent_back(self):
        other = self.active(self.system.copy({"name": "CRM", "base_url": "https://crm.example.com"}))
        self.active(self.system)
        self.post("/customers", ANNA)
        self.assertEqual(self.events(other), ["customer.created"])
        self.assertEqual(self.events(self.system), [])

    def test_sent_back_if_the_flow_says_so(self):
        self.active(self.system)
        self.system.flow_ids.sends_own = True
        self.post("/customers", ANNA)
        self.assertEqual(self.events(self.system), ["customer.created"])

    def test_changes_of_users_are_sent(self):
        self.active(self.system)
        created = self.post("/customers", ANNA).json()
        self.env["res.partner"].browse(int(created["id"])).function = "Buyer"
        self.env.cr.flush()
        self.assertEqual(self.events(self.system), ["customer.updated"])
