"""Field maps: lines that an admin changes, checked when they are saved, and what is then sent."""

from dataclasses import replace
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.translate import code_translations

from ...connectors.hubspot import mapping
from ...connectors.hubspot.adapter import HubSpotAdapter
from ...models.connector import field_map_values
from ..common import RetailCase

PROPERTIES = "/crm/properties/2026-09/contacts"


class FieldMapCase(RetailCase):
    def _line(self, remote_property, expression, source="canonical", **values):
        """Add a line, or change the one that fills this property."""
        values = {
            "expression": expression,
            "source": source,
            "transform": "none",
            "argument": False,
            **values,
        }
        lines = self.connector.field_map_ids
        line = lines.filtered(lambda each: each.remote_property == remote_property)
        if line:
            line.write(values)
            return line
        return lines.create({"connector_id": self.connector.id, "remote_property": remote_property, **values})

    def _custom(self, **definition):
        self.sandbox.configure(custom_properties=[definition])

    def _send(self, **values):
        """Return what the remote has of a new customer."""
        partner = self._partner(**values)
        self._drain()
        return self._contacts()[partner.email]

    def _asked(self):
        """Return how often the remote was asked for its properties."""
        return sum(request["path"] == PROPERTIES for request in self.sandbox.requests())

    def _refused(self, message, *args, **values):
        with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
            self._line(*args, **values)


@tagged("post_install", "-at_install")
class TestFieldMap(FieldMapCase):
    def test_defaults_are_lines(self):
        """A new connector has the provider's defaults as lines; they say the same as the provider."""
        connector = self.env["retail.connector"].create({"name": "New", "base_url": self.sandbox.url})
        self.assertEqual(connector._get_field_maps(), mapping.DEFAULT_FIELD_MAPS)
        self.assertEqual(set(connector.field_map_ids.mapped("origin")), {"default"})
        self.assertEqual(set(connector.field_map_ids.mapped("check_status")), {"unchecked"})
        self.assertEqual(connector._differences(), [])
        self.assertEqual(self._asked(), 0)

    def test_connector_of_an_earlier_version(self):
        """A connector without lines, and that never had any, sends what the provider's defaults say."""
        self.connector.field_map_ids.unlink()
        self.connector.field_map_defaults_seen = False
        self.assertEqual(self._send(function="Buyer")["jobtitle"], "Buyer")

    def test_no_lines(self):
        """Who removes all lines wants nothing but the key sent."""
        self.connector.field_map_ids.unlink()
        self._custom(name="odoo_customer_id", hasUniqueValue=True)
        self._choice("customer").key_property = "odoo_customer_id"
        partner = self._partner(function="Buyer")
        self._drain()
        [contact] = self.sandbox.contacts()
        kept = {"odoo_customer_id": str(partner.id), "hs_object_id": contact["id"]}
        dates = ("createdate", "lastmodifieddate")
        self.assertEqual({n: v for n, v in contact["properties"].items() if n not in dates}, kept)

    def test_sources_and_transforms(self):
        lead = {"type": "enumeration", "fieldType": "select", "options": [{"value": "P"}, {"value": "C"}]}
        self._custom(name="kind", **lead)
        self._custom(name="credit", type="number", fieldType="number")
        self._custom(name="known_since", type="date", fieldType="date")
        for name in ("origin", "greeting", "parent_city", "tag_list"):
            self._custom(name=name)
        self._line("origin", "Odoo shop", "constant")
        self._line("greeting", "Dear {name.family}, {odoo.ref}", "template")
        self._line("kind", "type", transform="map", argument="person=P; company=C")
        self._line("lastname", "name.family", transform="upper")
        self._line("parent_city", "parent_id.city", "record")
        self._line("tag_list", "category_id.name", "record", transform="lower")
        self._line("credit", "color", "record")
        self._line("known_since", "create_date", "record", transform="date")
        tags = self.env["res.partner.category"].create([{"name": "VIP"}, {"name": "Shop"}])
        acme = self._partner("Acme", "acme@example.com", is_company=True, city="Ghent")
        self._drain()
        partner = self._partner(parent_id=acme.id, ref="C-1", color=7, category_id=[Command.set(tags.ids)])
        self._drain()
        contact = self._contacts()["ann@example.com"]
        expected = {
            "origin": "Odoo shop",
            "greeting": "Dear Lee, C-1",
            "kind": "P",
            "lastname": "LEE",
            "parent_city": "Ghent",
            "tag_list": "shop;vip",  # in order
            "credit": "7",
            "known_since": partner.create_date.date().isoformat(),
        }
        self.assertEqual({name: contact.get(name) for name in expected}, expected)
        self.assertEqual(self._contacts()["acme@example.com"]["kind"], "C")
        self.assertNotIn("parent_city", self._contacts()["acme@example.com"])

    def test_custom_field(self):
        self._custom(name="shoe_size", type="number", fieldType="number")
        model = self.env["ir.model"]._get("res.partner")
        self.addCleanup(self.registry.reset_changes)
        self.env["ir.model.fields"].create(
            {"name": "x_shoe_size", "model_id": model.id, "ttype": "float", "field_description": "Shoe Size"}
        )
        self._line("shoe_size", "x_shoe_size", "record")
        self.assertEqual(self._send(x_shoe_size=42.5)["shoe_size"], "42.5")

    def test_odoo_fields_are_read_in_batch(self):
        """A hundred records take no more queries than two."""
        self._line("website", "parent_id.country_id.name", "record")
        authors = {"parent_id.country_id.name": self.env.ref("base.user_admin")}

        def count(number):
            parents = self.env["res.partner"].create(
                [{"name": f"Firm {n}", "country_id": self.env.ref("base.be").id} for n in range(number)]
            )
            partners = self.env["res.partner"].create([{"name": "Ann", "parent_id": p.id} for p in parents])
            self.env.flush_all()
            self.env.invalidate_all()
            environment = partners.with_context(lang=None).env  # kept: another one would look up the company
            environment.company.parent_ids.ids  # noqa: B018
            before = self.env.cr.sql_log_count
            values = self.env["retail.field.map"]._record_values(partners, authors)
            self.assertEqual(values[partners[-1].id], {"parent_id.country_id.name": "Belgium"})
            return self.env.cr.sql_log_count - before

        count(100)  # what is cached for good
        self.assertEqual(count(2), count(100))

    def test_odoo_fields_are_the_same_whoever_sends(self):
        """A translated value in the sender's language would count as a change with each other sender."""
        self.env["res.lang"]._activate_lang("fr_FR")
        belgium = self.env.ref("base.be")
        belgium.with_context(lang="fr_FR").name = "Belgique"
        self._custom(name="country_name")
        self._line("country_name", "country_id.name", "record")
        self._partner(country_id=belgium.id)
        self._commit()
        self.env["retail.drain"].with_context(lang="fr_FR")._run(self.connector.id, "realtime")
        self.assertEqual(self._contacts()["ann@example.com"]["country_name"], "Belgium")

    def test_only_when_it_is_new(self):
        """Sent with the first delivery, left alone afterwards; and it makes no call of its own."""
        self._line("lifecyclestage", "lead", "constant", only_on_create=True)
        partner = self._partner()
        self._drain()
        self.assertEqual(self._contacts()["ann@example.com"]["lifecyclestage"], "lead")
        partner.write({"name": partner.name + "!"})
        partner.write({"name": "Ann Lee"})
        self._drain()
        self.assertEqual(len(self._calls()), 1)  # the same content: no second call
        partner.function = "Buyer"
        self._drain()
        self.assertEqual(len(self._calls()), 2)
        [sent] = self.sandbox.requests()[-1]["body"]["inputs"]
        self.assertNotIn("lifecyclestage", sent["properties"])
        self.assertEqual(sent["properties"]["jobtitle"], "Buyer")

    def test_switched_off_and_inbound_lines_are_not_sent(self):
        lines = self.connector.field_map_ids
        lines.filtered(lambda line: line.remote_property == "jobtitle").active = False
        lines.filtered(lambda line: line.remote_property == "city").direction = "in"
        sent = self._send(function="Buyer", city="Ghent", zip="9000")
        self.assertEqual((sent.get("jobtitle"), sent.get("city"), sent["zip"]), (None, None, "9000"))

    def test_a_value_that_does_not_fit_names_the_property(self):
        """One record fails, with the property named; the others go out."""
        self._line("jobtitle", "job_title", transform="map", argument="Buyer=B")
        good = self._partner(function="Buyer")
        bad = self._partner("Bo", "bo@example.com", function="Seller")
        self._drain()
        self.assertEqual(self._deliveries(good).state, "delivered")
        delivery = self._deliveries(bad)
        self.assertEqual(
            (delivery.state, delivery.error_code, delivery.error_field), ("dead", "FIELD_MAP", "jobtitle")
        )
        self.assertNotIn("Seller", delivery.error_message)

    def test_a_field_that_cannot_be_read_stops_its_record_only(self):
        self._line("jobtitle", "ref", "record")
        good = self._partner(ref="C-1")
        bad = self._partner("Bo", "bo@example.com", ref="C-2")

        plain = field_map_values._plain

        def broken(record, *args):
            if record == bad:
                raise ZeroDivisionError
            return plain(record, *args)

        with (
            patch.object(field_map_values, "_plain", broken),
            mute_logger("odoo.addons.retail_hub.models.connector.field_map_values"),
        ):
            self._drain()
        self.assertEqual(self._deliveries(good).state, "delivered")
        self.assertEqual(
            (self._deliveries(bad).state, self._deliveries(bad).error_code), ("dead", "FIELD_MAP")
        )

    def test_personal_data_under_another_name_is_masked(self):
        """What is kept of a request masks it by where it comes from, too."""
        self._custom(name="nickname")
        self._line("nickname", "{name.given} of {odoo.city}", "template")
        partner = self._partner(city="Ghent")
        self._drain()
        self.assertEqual(self._contacts()["ann@example.com"]["nickname"], "Ann of Ghent")
        request = self._deliveries(partner).attempt_ids.request
        self.assertNotIn("Ann of Ghent", str(request))
        self.assertIn('"nickname": "A***"', str(request))

    def test_personal_data_under_another_name_is_masked_in_errors(self):
        """The remote quotes what it refuses."""
        self._custom(name="nickname")
        self._line("nickname", "vat", "record")
        message = "Property values were not valid: nickname was BE0477472701"
        refusal = {"status": "error", "category": "VALIDATION_ERROR", "message": message}
        self.sandbox.fault(path="/batch/upsert", status=400, body=refusal, times=1)
        partner = self._partner(vat="BE0477472701")
        self._drain()
        delivery = self._deliveries(partner)
        self.assertEqual(delivery.state, "dead")
        self.assertIn("nickname was ***", delivery.error_message)
        self.assertIn("nickname was ***", delivery.attempt_ids.error_message)

    # -- checks ------------------------------------------------------------------------------------

    def test_what_cannot_work_is_refused(self):
        self._custom(name="credit", type="number", fieldType="number")
        self._custom(name="known_since", type="date", fieldType="date")
        for message, *line in (
            ("nosuch: The remote system has no such property", "nosuch", "job_title"),
            ("The property is read-only", "createdate", "job_title"),
            ("the property takes a number, not a text", "credit", "job_title"),
            ("“lots” is not a number", "credit", "lots", "constant"),
            ("“someday” is not a date", "known_since", "someday", "constant"),
            ("The property takes a date, not a boolean|“true” is not a date", "known_since", "active"),
            ("“king” is not one of the options: subscriber, lead", "lifecyclestage", "king", "constant"),
            ("“person” is not one of the options", "lifecyclestage", "type"),
            ("there is no field “nosuch”, only full, given, family", "jobtitle", "name.nosuch"),
            ("“nosuch” selects nothing from the list", "jobtitle", "addresses.nosuch.city"),
            ("is a group of fields", "jobtitle", "name"),
            ("must contain at least one field in braces", "jobtitle", "Hello", "template"),
            ("there is no field “odd”", "jobtitle", "{odd}", "template"),
            ("Contact has no field x_nosuch", "jobtitle", "x_nosuch", "record"),
            ("name is not a link to another record", "jobtitle", "name.city", "record"),
            ("is a record: choose one of its fields", "jobtitle", "parent_id", "record"),
            ("fields of type binary cannot be sent", "jobtitle", "image_1920", "record"),
        ):
            with self.subTest(line):
                self._refused(f"(?i){message}", *line)
        with self.subTest("map"):
            self._refused(
                "Write the map of values as", "jobtitle", "type", transform="map", argument="person"
            )
            self._refused(
                "“king” is not one of the options",
                "lifecyclestage",
                "type",
                transform="map",
                argument="person=king",
            )

    def test_reasons_in_the_language_of_the_user(self):
        self._custom(name="credit", type="number", fieldType="number")
        self.env["res.lang"]._activate_lang("nl_BE")
        dutch = {
            "the property takes %(property)s, not %(kind)s": "in %(property)s past %(kind)s niet",
            "a text": "een tekst",
            "a number": "een getal",
            "“%(path)s”: there is no field “%(name)s”, only %(known)s": "“%(path)s”: geen “%(name)s”, wel %(known)s",
            "“%(path)s”: %(name)s is not a link to another record": "“%(path)s”: %(name)s leidt nergens heen",
            "“%(value)s” is not one of the options: %(options)s": "“%(value)s” staat niet in %(options)s",
            "the value is not a date": "de waarde is geen datum",
        }  # fmt: skip
        self.connector = self.connector.with_context(lang="nl_BE")
        with patch.object(code_translations, "get_python_translations", return_value=dutch):
            self._refused("In een getal past een tekst niet", "credit", "job_title")
            self._refused("“name.nosuch”: geen “nosuch”, wel full", "jobtitle", "name.nosuch")
            self._refused("“name.city”: name leidt nergens heen", "jobtitle", "name.city", "record")
            self._line("lifecyclestage", "{odoo.function}", "template")
            self._line("jobtitle", "job_title", transform="date")
            table = self._preview(self._partner(function="king")).with_context(lang="nl_BE").table
        self.assertIn("“king” staat niet in subscriber", table)
        self.assertIn("De waarde is geen datum.", table)

    def test_what_may_not_work_is_marked(self):
        line = self._line("lifecyclestage", "job_title")
        self.assertEqual(line.check_status, "doubt")
        self.assertIn("Only these values will be accepted: subscriber, lead", line.check_note)
        line = self._line("jobtitle", "job_title", transform="title")
        self.assertEqual((line.check_status, line.check_note), ("ok", ""))

    def test_the_remote_is_asked_once(self):
        """What is known is not asked again; a property that is not known may have been made since."""
        self.connector.action_refresh_properties()
        self.assertEqual(self._asked(), 1)
        self.assertEqual(set(self._contact_lines().mapped("check_status")), {"ok"})
        self._line("jobtitle", "website")
        self.assertEqual(self._asked(), 1)
        self._custom(name="brand_new", label="Brand New")
        line = self._line("brand_new", "job_title")
        self.assertEqual(self._asked(), 2)
        self.assertEqual((line.check_status, line.remote_label), ("ok", "Brand New"))

    def test_without_the_remote_a_line_is_saved_unchecked(self):
        self.sandbox.fault(path="/crm/properties", status=503, times=1)
        line = self._line("nosuch", "job_title")
        self.assertEqual(line.check_status, "unchecked")
        self.assertIn("503", line.check_note)
        action = self.connector.action_refresh_properties()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertEqual((line.check_status, self.connector.wrong_line_count), ("wrong", 1))
        self.assertEqual(line.check_note, "The remote system has no such property.")

    def test_a_response_without_properties(self):
        """The known ones stay, and the buttons say what is wrong."""
        self.connector.action_refresh_properties()
        known = self.env["retail.remote.schema"]._known(self.connector, "contact")
        for body in (
            {},
            [],
            {"results": None},
            {"results": [1, "x"]},
            "no JSON",
            {"results": [{"name": {}}]},
        ):
            with self.subTest(body=body):
                self.sandbox.fault(path="/crm/properties", status=200, body=body)
                shown = self.connector.action_refresh_properties()["params"]
                self.assertEqual(shown["type"], "danger")
                self.assertIn(
                    "named no properties" if body != "no JSON" else "invalid JSON", shown["message"]
                )
                self.connector.action_test_connection()
                self.assertTrue(self.connector.test_succeeded)
                self.assertEqual(self.env["retail.remote.schema"]._known(self.connector, "contact"), known)
                self.assertEqual(set(self._contact_lines().mapped("check_status")), {"ok"})
                self.sandbox.faults_clear()

    def test_an_adapter_that_fails(self):
        """The buttons show it, whatever it is."""

        def fail(*_arguments):
            raise KeyError("results")

        text = "The response of the remote system could not be read. See the server log for details."
        for name, action in (
            ("test_connection", self.connector.action_test_connection),
            ("remote_properties", self.connector.action_refresh_properties),
            ("set_up", self.connector.action_set_up),
        ):
            with (
                self.subTest(name),
                patch.object(HubSpotAdapter, name, fail),
                mute_logger("odoo.addons.retail_hub.connectors.asking"),
            ):
                shown = action()["params"]
                self.assertEqual((shown["type"], shown["message"]), ("danger", text))

    def test_test_connection_checks_the_lines(self):
        self.connector.action_test_connection()
        self.assertEqual(set(self._contact_lines().mapped("check_status")), {"ok"})
        self.assertTrue(self.connector.properties_read_at)

    def test_one_line_for_a_property(self):
        values = {"connector_id": self.connector.id, "remote_property": "jobtitle", "expression": "website"}
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env["retail.field.map"].create(values)
        self.env["retail.field.map"].create({**values, "direction": "in"})

    def test_nobody_maps_what_they_may_not_see(self):
        groups = "base.group_user,retail_hub.group_manager"
        manager = new_test_user(self.env, "mapper", groups)
        self.connector.action_refresh_properties()
        line = self.connector.field_map_ids[0].with_user(manager)
        for path in ("signup_type", "sale_order_ids.name"):
            with self.subTest(path), self.assertRaisesRegex(ValidationError, "you are not allowed to read"):
                line.write({"source": "record", "expression": path, "transform": "none"})
        line.write({"source": "record", "expression": "ref", "transform": "none"})
        clerk = new_test_user(self.env, "reader", "base.group_user,retail_hub.group_user")
        with self.assertRaises(AccessError):
            line.with_user(clerk).expression = "name"
        with self.assertRaises(AccessError):
            self.connector.with_user(clerk).action_reset_field_maps()

    def test_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "base.group_user,retail_hub.group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.connector.action_refresh_properties()
        for model in ("retail.field.map", "retail.remote.schema"):
            self.assertTrue(self.env[model].search([("connector_id", "=", self.connector.id)]))
            self.assertFalse(self.env[model].with_user(stranger).search([]))

    # -- defaults ----------------------------------------------------------------------------------

    def _contact_lines(self):
        return self.connector.field_map_ids.filtered(lambda line: line.object_name == "hubspot.contact")

    def _upgrade(self):
        """Have the provider's defaults be those of a later version."""
        defaults = {line.key.removeprefix("contact."): line for line in mapping.DEFAULT_FIELD_MAPS}
        defaults["city"] = replace(defaults["city"], transform="upper")
        defaults["zip"] = replace(defaults["zip"], transform="upper")
        del defaults["website"]
        defaults["mobilephone"] = mapping._field("contact", "mobilephone", "phones.0.number")
        return self._patched_provider(default_field_maps=tuple(defaults.values()))

    def _change(self):
        lines = {line.remote_property: line for line in self._contact_lines()}
        lines["zip"].transform = "lower"
        lines["state"].transform = "title"
        lines["country"].active = False
        lines["phone"].unlink()
        self._line("mobilephone", "job_title").unlink()

    def _kinds(self):
        return {
            (default or line._as_line()).key.removeprefix("contact."): kind
            for kind, default, line in self.connector._differences()
        }

    def test_compare_with_the_defaults(self):
        self._change()
        self.assertEqual(
            self._kinds(), {"zip": "yours", "state": "yours", "country": "yours", "phone": "removed"}
        )
        with self._upgrade():
            self.assertEqual(
                self._kinds(),
                {
                    "mobilephone": "new",
                    "city": "theirs",
                    "zip": "both",
                    "state": "yours",
                    "country": "yours",
                    "phone": "removed",
                    "website": "obsolete",
                },
            )

    def test_take_over(self):
        """All that is new at once, and each other one by itself."""
        self._change()
        with self._upgrade():
            action = self.connector.action_compare_field_maps()
            comparison = self.env[action["res_model"]].browse(action["res_id"])
            self.assertEqual(comparison.news_count, 2)
            self.assertEqual(comparison.line_ids[0].default_text, "phones.0.number")
            comparison.action_take_over_news()
            self.assertEqual(
                self._kinds(),
                {
                    "zip": "both",
                    "state": "yours",
                    "country": "yours",
                    "phone": "removed",
                    "website": "obsolete",
                },
            )
            while comparison.line_ids:
                comparison.line_ids[0].action_take_over()
            self.assertEqual(self._kinds(), {})
            self.assertEqual(
                set(self.connector._get_field_maps()), set(self.connector._get_provider().default_field_maps)
            )

    def test_taken_over_and_removed_is_removed(self):
        with self._upgrade():
            self.connector._take_over(self.connector._get_provider().default_field_maps[-1])
            lines = self.connector.field_map_ids
            lines.filtered(lambda line: line.remote_property == "mobilephone").unlink()
            self.assertEqual(self._kinds()["mobilephone"], "removed")

    def test_reset(self):
        self._change()
        self._line("mobilephone", "job_title")
        self.connector.action_reset_field_maps()
        self.assertEqual(self.connector._get_field_maps(), mapping.DEFAULT_FIELD_MAPS)

    # -- preview -----------------------------------------------------------------------------------

    def _preview(self, partner):
        action = self.connector.action_preview_mapping()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        preview.record_ref = f"{partner._name},{partner.id}"
        return preview

    def test_preview_is_what_is_sent(self):
        self._custom(name="odoo_customer_id", hasUniqueValue=True)
        self._choice("customer").fallback_key_property = "odoo_customer_id"
        self._line("lifecyclestage", "{odoo.function}", "template", only_on_create=True)
        partner = self._partner(function="king", city="Ghent")
        preview = self._preview(partner)
        self.assertEqual((preview.is_linked, preview.problem), (False, ""))
        rows = self._rows(partner)
        self.assertEqual(rows["city"]["value"], "Ghent")
        self.assertEqual(rows["city"]["source"], "addresses.contact|0.city")
        self.assertEqual(rows["odoo_customer_id"]["source"], "Match key")
        self.assertIn("“king” is not one of the options", rows["lifecyclestage"]["warning"])
        for text in ("ann@example.com", "Ghent", "Match key", "“king” is not one of the options"):
            self.assertIn(text, preview.table)
        self.assertEqual(self._calls(), [])
        partner.function = "lead"
        self._drain()
        sent = {
            name: row["value"] for name, row in self._rows(partner).items() if row["value"] and row["is_sent"]
        }
        contact = self._contacts()["ann@example.com"]
        self.assertEqual(contact["lifecyclestage"], "lead")
        self.assertEqual({name: contact.get(name) for name in sent}, sent)
        self.assertFalse(self._rows(partner)["lifecyclestage"]["is_sent"])
        self.assertTrue(self._preview(partner).is_linked)

    def _rows(self, partner):
        preview = self._preview(partner)
        _delivery, rows = preview._built(partner, preview._event_type(partner))
        return {row["name"]: row for row in rows}

    def test_preview_of_what_cannot_be_sent(self):
        preview = self._preview(self._partner("Nobody", False))
        self.assertIn(
            "This record cannot be sent. The customer has no value for the match key", preview.problem
        )
        self.assertIn("Nobody", preview.table)
        preview = self._preview(self._partner(phone="12"))
        self.assertIn("The phone number is not valid", preview.problem)

    def test_preview_says_what_the_flow_leaves_out(self):
        """It is built as sending builds it, the filter of the flow included."""
        self.connector.flow_ids.domain = "[('city', '=', 'Ghent')]"
        preview = self._preview(self._partner(city="Bruges"))
        self.assertEqual(preview.problem, "The record does not match the filter of the flow.")
        self.assertIn("Bruges", preview.table)
        self.assertEqual(self._preview(self._partner(city="Ghent", email="b@example.com")).problem, "")

    def test_preview_shows_only_what_the_user_may_see(self):
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self._partner("Hidden", "hidden@example.com", company_id=other.id)
        manager = new_test_user(self.env, "previewer", "base.group_user,retail_hub.group_manager")
        action = self.connector.with_user(manager).action_preview_mapping()
        preview = self.env[action["res_model"]].with_user(manager).browse(action["res_id"])
        with self.assertRaises(AccessError):
            preview.record_ref = f"res.partner,{hidden.id}"
            preview.read(["table"])


@tagged("post_install", "-at_install")
class TestFieldMapScreens(FieldMapCase, HttpCase):
    browser_size = "1440x900"

    def test_mapping(self):
        """An admin checks the lines, adds one from suggestions, looks at what it sends, and compares."""
        self._custom(name="club_number", label="Number in the Club")
        self.connector.field_map_ids.filtered(lambda line: line.default_key == "contact.website").unlink()
        self._partner(vat="BE0477472701")
        url = f"/odoo/action-retail_hub.action_retail_connector/{self.connector.id}"
        self.start_tour(url, "retail_hub_field_map", login="admin")
        contact_lines = self.connector.field_map_ids.filtered(
            lambda line: line.object_name == "hubspot.contact"
        )
        lines = {line.remote_property: line for line in contact_lines}
        own = lines["club_number"]
        self.assertEqual((own.source, own.expression, own.check_status), ("record", "vat", "ok"))
        self.assertEqual(lines["website"].origin, "default")
