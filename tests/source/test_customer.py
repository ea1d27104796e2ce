"""The canonical customer: what Odoo's partner becomes."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from ...connectors.hubspot.adapter import HubSpotAdapter
from ..common import EventCase, RetailCase

PHONE_LEFT_OUT = "The phone number is not valid and was left out."
EMAIL_LEFT_OUT = "The email address is not valid and was left out."


@tagged("post_install", "-at_install")
class TestCustomer(RetailCase):
    def _payload(self, partner):
        [(payload, warnings)] = partner._retail_payloads().values()
        return payload, warnings

    def test_person(self):
        belgium = self.env.ref("base.be")
        address = {
            "street": "Main 1",
            "street2": "Box 2",
            "city": "Ghent",
            "zip": "9000",
            "country_id": belgium.id,
        }
        acme = self._partner("Acme", "info@acme.com", is_company=True, vat="BE0477472701", **address)
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        partner = self._partner(
            "Anna Maria Lee",
            " Ann.Lee@Example.COM ",
            parent_id=acme.id,
            phone="0470 12 34 56",
            function="Buyer",
            website="https://ann.example.com",
            ref="C-1",
            category_id=[(4, tag.id)],
        )
        payload, warnings = self._payload(partner)
        self.assertEqual(warnings, [])
        self.assertEqual(
            payload,
            {
                "id": str(partner.id),
                "type": "person",
                "active": True,
                "name": {"full": "Anna Maria Lee", "given": "Anna Maria", "family": "Lee"},
                "company_name": "Acme",
                "company_id": str(acme.id),
                "job_title": "Buyer",
                "emails": ["ann.lee@example.com"],
                "phones": [{"kind": "main", "number": "+32470123456"}],
                "addresses": [
                    {
                        "kind": "contact",
                        "name": "",
                        "street": "Main 1",
                        "street2": "Box 2",
                        "city": "Ghent",
                        "postal_code": "9000",
                        "region": "",
                        "country": "BE",
                    }
                ],
                "language": "en-US",
                "tax_id": "BE0477472701",
                "website": "https://ann.example.com",
                "consent": {"email_opt_out": False},
                "tags": ["VIP"],
                "external_ids": {"reference": "C-1"},
            },
        )

    def test_company_with_addresses(self):
        company = self._partner("Acme", "info@acme.com", is_company=True, city="Ghent")
        self._partner("Dock 4", False, parent_id=company.id, type="delivery", city="Antwerp")
        self._partner("Books", False, parent_id=company.id, type="invoice", city="Brussels")
        payload, _warnings = self._payload(company)
        self.assertEqual(
            (payload["type"], payload["name"]), ("company", {"full": "Acme", "given": "", "family": ""})
        )
        self.assertEqual(
            [(address["kind"], address["name"], address["city"]) for address in payload["addresses"]],
            [("contact", "", "Ghent"), ("delivery", "Dock 4", "Antwerp"), ("invoice", "Books", "Brussels")],
        )

    def test_contact_that_becomes_an_address(self):
        """Also if that is not in the database yet."""
        company = self._partner("Acme", "info@acme.com", is_company=True)
        dock = self._partner("Dock 4", False, parent_id=company.id)
        gate = self._partner("Gate 2", False, parent_id=dock.id, type="delivery", city="Ghent")
        self.env.flush_all()
        self.assertEqual(self._payload(company)[0]["addresses"], [])
        dock.write({"type": "other", "city": "Antwerp"})
        cities = [address["city"] for address in self._payload(company)[0]["addresses"]]
        self.assertEqual(cities, ["Antwerp", "Ghent"])
        gate.active = False
        self.assertEqual(len(self._payload(company)[0]["addresses"]), 1)

    def test_country_of_a_phone_number(self):
        """The customer's country reads the number; without one, the company's."""
        self.env.company.country_id = self.env.ref("base.us")
        american = self._partner("Al", "al@example.com", phone="(212) 555-0123", country_id=False)
        british = self._partner(
            "Bo", "bo@example.com", phone="020 7946 0958", country_id=self.env.ref("base.uk").id
        )
        self.assertEqual(self._payload(american)[0]["phones"], [{"kind": "main", "number": "+12125550123"}])
        self.assertEqual(self._payload(british)[0]["phones"], [{"kind": "main", "number": "+442079460958"}])

    def test_unreadable_phone_and_email(self):
        partner = self._partner("Ann", "ann(at)example", phone="call me")
        payload, remarks = self._payload(partner)
        self.assertEqual((payload["phones"], payload["emails"]), ([], []))
        self.assertEqual([each.text for each in remarks], [PHONE_LEFT_OUT, EMAIL_LEFT_OUT])

    def test_local_and_merely_possible_phone_numbers(self):
        """Seven digits are a number in one place only, and some numbers of the right length are nobody's."""
        self.env.company.country_id = self.env.ref("base.us")
        for phone in ("555-0100", "(123) 456-7890", "+1 555 555 5555", "+32 123"):
            with self.subTest(phone):
                payload, remarks = self._payload(self._partner("Al", "al@example.com", phone=phone))
                self.assertEqual(payload["phones"], [])
                self.assertEqual([each.text for each in remarks], [PHONE_LEFT_OUT])

    def test_addresses_that_no_mail_reaches(self):
        for email in (
            "ann\u200b@example.com",
            "ann@exam\u00adple.com",
            "ann@example.com.",
            "ann@ex\ufeffample.com",
            "ann@example.com\u00a0",
            "ann\u00a0lee@example.com",
            "an\u3164n@example.com",
            "ann@exam\u3164ple.com",
            "an\u2800n@example.com",
            "ann@example.com\u2800",
            "an\u034fn@example.com",
            "ann@exam\u034fple.com",
            "ann.@example.com",
            ".ann@example.com",
            "an..n@example.com",
            "ann@example..com",
            "ann@example",
            "ann@-example.com",
            "ann@exam_ple.com",
            "ann@@example.com",
            "jo@ann@example.com",
            "ann@exam ple.com",
            "ann @example.com",
            "ann,lee@example.com",
            f"{'a' * 65}@example.com",
            f"ann@{'.'.join(['a' * 62] * 4)}.com",
        ):
            with self.subTest(email=ascii(email)):
                payload, remarks = self._payload(self._partner("Ann", email))
                self.assertEqual(payload["emails"], [])
                self.assertEqual([each.text for each in remarks], [EMAIL_LEFT_OUT])

    def test_two_addresses_in_one_field(self):
        payload, remarks = self._payload(self._partner("Ann", "ann@example.com, bo@example.com"))
        self.assertEqual(payload["emails"], ["ann@example.com"])
        self.assertEqual(
            remarks,
            [("The email field has several addresses. Only the first one was sent.", "emails", False)],
        )

    def test_addresses_as_people_type_them(self):
        for email, sent in (
            ("A@Example.com; a@example.com", "a@example.com"),
            ("Ann Lee <Ann.Lee@Example.com>", "ann.lee@example.com"),
            (" ann+shop@sub.example.co.uk\n", "ann+shop@sub.example.co.uk"),
            ("ann@M\u00dcnchen.de", "ann@m\u00fcnchen.de"),
            ("ann@xn--mnchen-3ya.de", "ann@xn--mnchen-3ya.de"),
            ("o'hara_1@my-shop.example.com", "o'hara_1@my-shop.example.com"),
        ):
            with self.subTest(email=ascii(email)):
                payload, remarks = self._payload(self._partner("Ann", email))
                self.assertEqual((payload["emails"], remarks), ([sent], []))

    def test_more_than_one_phone_number(self):
        several = "The phone field has several numbers. Only the first one was sent."
        extension = "The phone number was sent without its extension."
        for phone, texts in (
            ("0470 12 34 56", []),
            ("0470/12.34.56", []),
            ("+32 (0)470 12 34 56", []),
            ("0470123456;0471223344", [several]),
            ("0470123456 / 0471223344", [several]),
            ("0470123456, 0471223344", [several]),
            ("+32 470 12 34 56\n+32 471 22 33 44", [several]),
            ("0470123456 or 0471223344", [several]),
            ("0470123456 ext. 5", [extension]),
            ("0470123456;ext=5", [extension]),
            ("0470123456 x5 / 0471223344", [several, extension]),
        ):
            with self.subTest(phone):
                partner = self._partner("Ann", "ann@example.com", phone=phone)
                partner.country_id = self.env.ref("base.be")
                payload, remarks = self._payload(partner)
                self.assertEqual(payload["phones"], [{"kind": "main", "number": "+32470123456"}])
                self.assertEqual(remarks, [(text, "phones", False) for text in texts])

    def test_tax_id(self):
        for vat, sent in (
            *(
                (each, "")
                for each in (False, "/", " / ", "//", "-", "--", ".", "N/A", "none", "0", "000", "\u00a0")
            ),
            (" BE0477472701\u00a0", "BE0477472701"),
        ):
            with self.subTest(vat=ascii(vat)):
                partner = self.env["res.partner"].new({"name": "Ann", "vat": vat})
                self.assertEqual(partner._retail_tax_id(), sent)

    def test_given_and_family_name(self):
        for name, expected in (
            ("Lee, Ann", ("Ann Lee", "Ann", "Lee")),
            ("van den Berg, Anna Maria", ("Anna Maria van den Berg", "Anna Maria", "van den Berg")),
            ("Ann Lee,", ("Ann Lee", "Ann", "Lee")),
            ("Lee, Ann, PhD", ("Ann Lee, PhD", "Ann", "Lee")),
            ("Ann Lee, PhD", ("Ann Lee, PhD", "Ann", "Lee")),
            ("Ann Lee, M.D., Ph.D.", ("Ann Lee, M.D., Ph.D.", "Ann", "Lee")),
            ("John Smith, Jr.", ("John Smith, Jr.", "John", "Smith")),
            ("John Smith Jr.", ("John Smith Jr.", "John", "Smith")),
            ("John Smith III", ("John Smith III", "John", "Smith")),
            ("Lee, Ann MD", ("Ann Lee, MD", "Ann", "Lee")),
            ("Smith Jr., John", ("John Smith, Jr.", "John", "Smith")),
            ("Lamps, Inc.", ("Lamps, Inc.", "", "Lamps, Inc.")),
            ("Lamps, Vases, Ltd", ("Lamps, Vases, Ltd", "", "Lamps, Vases, Ltd")),
            ("Maria, Lee & Sons", ("Maria, Lee & Sons", "", "Maria, Lee & Sons")),
            ("Lee, Co", ("Co Lee", "Co", "Lee")),
            ("Rahman, Md", ("Md Rahman", "Md", "Rahman")),
            ("Lee, Ma", ("Ma Lee", "Ma", "Lee")),
            ("Ann\u00a0Lee", ("Ann Lee", "Ann", "Lee")),
            ("Lee,\u00a0Ann", ("Ann Lee", "Ann", "Lee")),
            (" Ann \u3000 Lee\u00a0", ("Ann Lee", "Ann", "Lee")),
            ("Plato", ("Plato", "", "Plato")),
            ("PhD", ("PhD", "", "PhD")),
            (",", ("", "", "")),
        ):
            with self.subTest(name):
                sent = self._payload(self._partner(name))[0]["name"]
                self.assertEqual((sent["full"], sent["given"], sent["family"]), expected)
        company = self._partner("Lamps, Vases & Co", is_company=True)
        self.assertEqual(self._payload(company)[0]["name"]["full"], "Lamps, Vases & Co")

    def test_what_cannot_be_read_stays_at_the_remote(self):
        partner = self._partner(phone="+32 470 12 34 56")
        self._drain()
        partner.write({"phone": "call me", "function": "Buyer"})
        self._drain()
        contact = self._contacts()["ann@example.com"]
        self.assertEqual((contact["phone"], contact["jobtitle"]), ("+32470123456", "Buyer"))
        self.assertEqual(self._deliveries(partner)[-1].warning, PHONE_LEFT_OUT)
        partner.phone = False
        self._drain()
        self.assertFalse(self._contacts()["ann@example.com"].get("phone"))

    def test_archived_parts_are_left_out(self):
        """By the drain as by the builder, which is called with archived records, too."""
        address = {"type": "delivery", "street": "Kaai 7", "city": "Ghent"}
        tags = self.env["res.partner.category"].create([{"name": "VIP"}, {"name": "Old"}])
        partner = self._partner(
            category_id=tags.ids,
            child_ids=[Command.create(address), Command.create({**address, "city": "Old"})],
        )
        partner.child_ids.filtered(lambda child: child.city == "Old").active = False
        tags[1].active = False
        partner.invalidate_recordset()
        sent = self._sent_payloads()
        self._drain()
        self.assertEqual(sent, [self._payload(partner)[0]])
        self.assertEqual(
            (sent[0]["tags"], [each["city"] for each in sent[0]["addresses"]]), (["VIP"], ["Ghent"])
        )

    def _sent_payloads(self):
        """Return a list, to which the payloads are added as they are handed to the adapter."""
        payloads = []
        prepare = HubSpotAdapter.prepare

        def noted(adapter, item):
            payloads.append(item.data)
            return prepare(adapter, item)

        self.patch(HubSpotAdapter, "prepare", noted)
        return payloads

    def test_vendors_are_no_customers(self):
        vendor, both = self._partner("Vendor", "v@example.com"), self._partner("Both", "b@example.com")
        vendor.supplier_rank = 1
        both.write({"supplier_rank": 1, "customer_rank": 1})
        self._drain()
        self.assertEqual(
            (self._deliveries(vendor).state, self._deliveries(both).state), ("cancelled", "delivered")
        )

    def test_consent(self):
        partner = self._partner()
        self.env["mail.blacklist"]._add("ann@example.com")
        partner.invalidate_recordset()
        self.assertEqual(self._payload(partner)[0]["consent"], {"email_opt_out": True})

    def test_languages(self):
        tags = {
            "en_US": "en-US",
            "es_419": "es-419",
            "sr@latin": "sr-Latn",
            "sr@Cyrl": "sr-Cyrl",
            "kab_DZ": "kab-DZ",
        }
        partner = self.env["res.partner"].new({"name": "L"})
        for code, tag in tags.items():
            partner.env.cache.update(partner, partner._fields["lang"], [code])
            self.assertEqual(partner._retail_language(), tag)

    def test_names_of_the_world(self):
        """Emoji, right-to-left and very long names arrive at the remote as they are."""
        names = {
            "emoji@example.com": "Zoë 🛍️ Ünal",
            "rtl@example.com": "محمد علي",
            "long@example.com": "N" * 500,
            "one@example.com": "Plato",
        }
        partners = self.env["res.partner"].create(
            [{"name": name, "email": email} for email, name in names.items()]
        )
        self.assertEqual(self._drain(), 4)
        self.assertEqual(
            self._deliveries().filtered(lambda d: d.res_id in partners.ids).mapped("state"), ["delivered"] * 4
        )
        contacts = self._contacts()
        arrived = {
            email: " ".join(filter(None, (contacts[email].get("firstname"), contacts[email]["lastname"])))
            for email in names
        }
        self.assertEqual(arrived, names)

    def test_one_record_that_cannot_be_read(self):
        """Promise 2: a payload that cannot be built stops nothing but itself, and says which field."""
        good, bad = self._partner(), self._partner("Bad", "bad@example.com")
        self._commit()
        self.env.cr.execute("UPDATE res_country SET code = 'x' WHERE id = %s", [self.env.ref("base.be").id])
        self.env.cr.execute(
            "UPDATE res_partner SET country_id = %s WHERE id = %s", [self.env.ref("base.be").id, bad.id]
        )
        self.env.invalidate_all()
        self._drain()
        self.assertEqual(self._deliveries(good).state, "delivered")
        dead = self._deliveries(bad)
        self.assertEqual(
            (dead.state, dead.error_class, dead.error_code), ("dead", "mapping", "CANONICAL_FORM")
        )
        self.assertEqual(dead.error_field, "country")


@tagged("post_install", "-at_install")
class TestCustomerTags(EventCase):
    """A tag is a part of all customers that have it."""

    wanted = ("customer.created", "customer.updated")

    def setUp(self):
        super().setUp()
        self.tag = self.env["res.partner.category"].create({"name": "VIP"})
        self.tagged = self._partner(category_id=self.tag.ids)
        self.other = self._partner("Bo", "bo@example.com")
        self._forget_events()

    def _assert_sent(self, partners, tags):
        self.assertEqual(self._events().mapped("res_id"), partners.ids)
        for partner in partners:
            [(payload, _warnings)] = partner._retail_payloads().values()
            self.assertEqual(payload["tags"], tags)

    def test_renamed(self):
        self.tag.name = "Gold"
        self._assert_sent(self.tagged, ["Gold"])

    def test_deleted(self):
        self.tag.unlink()
        self._assert_sent(self.tagged, [])

    def test_given_and_taken_on_the_tag(self):
        self.tag.partner_ids = [Command.set(self.other.ids)]
        self.assertEqual(set(self._events().mapped("res_id")), {self.tagged.id, self.other.id})

    def test_renamed_by_somebody_who_reads_no_archived_or_foreign_customers(self):
        self.tagged.company_id = self.env["res.company"].create({"name": "Other"})
        self.other.write({"category_id": self.tag.ids, "active": False})
        self._forget_events()
        clerk = new_test_user(self.env, "clerk", groups="base.group_user,base.group_partner_manager")
        self.tag.with_user(clerk).name = "Gold"
        self.env.flush_all()
        self.assertIn(self.other.id, self._events().mapped("res_id"))


@tagged("post_install", "-at_install")
class TestCustomerAddresses(EventCase):
    """An address belongs to one customer at a time; both are sent when it moves."""

    wanted = ("customer.created", "customer.updated")

    def setUp(self):
        super().setUp()
        self.ann, self.bo = self._partner(), self._partner("Bo", "bo@example.com")
        self.address = self.env["res.partner"].create(
            {"name": "Dock", "type": "delivery", "parent_id": self.ann.id, "city": "Ghent"}
        )
        self._forget_events()

    def _cities(self, partner):
        return [address["city"] for address in self._state(partner)["addresses"]]

    def _updated(self):
        return {(event.event_type, event.res_id) for event in self._events()}

    def test_new(self):
        """A new customer with an address is created, and nothing else."""
        address = {"type": "delivery", "name": "Shop", "city": "Bruges"}
        customer = self._partner("Cy", "cy@example.com", child_ids=[Command.create(address)])
        self.assertEqual(self._updated(), {("customer.created", customer.id)})
        self._forget_events()
        customer.child_ids = [Command.create({**address, "city": "Ghent"})]
        self.assertEqual(self._updated(), {("customer.updated", customer.id)})

    def test_given_to_another_customer(self):
        self.address.parent_id = self.bo
        self.assertEqual(
            self._updated(), {("customer.updated", self.ann.id), ("customer.updated", self.bo.id)}
        )
        self.assertEqual((self._cities(self.ann), self._cities(self.bo)), ([], ["Ghent"]))

    def test_turned_into_a_contact(self):
        self.address.type = "contact"
        self.assertEqual(
            self._updated(), {("customer.updated", self.ann.id), ("customer.updated", self.address.id)}
        )
        self.assertEqual(self._cities(self.ann), [])

    def test_deleted(self):
        self.address.unlink()
        self.assertEqual(self._updated(), {("customer.updated", self.ann.id)})
        self.assertEqual(self._cities(self.ann), [])

    def test_deleted_on_the_form_of_its_customer(self):
        self.ann.child_ids = [Command.delete(self.address.id)]
        self.assertEqual(self._updated(), {("customer.updated", self.ann.id)})

    def test_an_address_of_an_address(self):
        """It is one more of the customer's."""
        gate = self.env["res.partner"].create(
            {"name": "Gate", "type": "delivery", "parent_id": self.address.id, "city": "Antwerp"}
        )
        self.assertEqual(self._updated(), {("customer.updated", self.ann.id)})
        self.assertEqual(self._cities(self.ann), ["Ghent", "Antwerp"])
        self.assertEqual(gate._retail_customer_id(), str(self.ann.id))
        self._forget_events()
        gate.city = "Bruges"
        self.assertEqual(self._updated(), {("customer.updated", self.ann.id)})


@tagged("post_install", "-at_install")
class TestCustomerOptOut(EventCase):
    wanted = ("customer.created", "customer.updated")

    def test_another_address_on_the_blacklist(self):
        ann, bo = self._partner(), self._partner("Bo", "bo@example.com")
        entry = self.env["mail.blacklist"]._add(ann.email)
        self._forget_events()
        entry.email = "bo@example.com"
        self.assertEqual(
            {(event.event_type, event.res_id) for event in self._events()},
            {("customer.updated", ann.id), ("customer.updated", bo.id)},
        )
