"""Filters and field paths: nobody finds out, or has sent, what they may not read."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..common import RetailCase
from .test_rights import RightsCase

PASSWORD = "smtp-password"  # of no server
GUESS = [("message_ids.mail_server_id.smtp_pass", "=like", "s%")]
# Odoo's own: of activities, which are found by the record that they are about.
OF_ACTIVITIES = {"activity_type_id", "activity_type_icon", "activity_summary"}


@tagged("post_install", "-at_install")
class TestPaths(RightsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.users["manager"]
        cls.mail_server = cls.env["ir.mail_server"].create(
            {"name": "Mail", "smtp_host": "localhost", "smtp_user": "shop", "smtp_pass": PASSWORD}
        )
        cls.flow = cls.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.updated")
        cls.lines = cls.connector.field_map_ids.filtered(
            lambda line: line.object_name == "hubspot.contact" and line.source == "canonical"
        )

    # -- field paths -------------------------------------------------------------------------------

    def test_a_context_switches_no_check_off(self):
        line = self.lines[0].with_user(self.manager).with_context(retail_field_map_tolerant=True)
        for path in ("user_ids.totp_secret", "signup_type", "sale_order_ids.name"):
            with self.subTest(path), self.assertRaisesRegex(ValidationError, "you are not allowed to read"):
                line.write({"source": "record", "expression": path, "transform": "none"})

    def test_no_field_of_a_group_is_mapped(self):
        """Not even by an administrator, who may read it."""
        self.assertTrue(self.env["res.partner"]._fields["signup_type"].groups)
        with self.assertRaisesRegex(ValidationError, "you are not allowed to read"):
            self.lines[0].write({"source": "record", "expression": "signup_type", "transform": "none"})
        partner = self._partner()
        values = self.env["retail.field.map"]._record_values(partner, ["signup_type", "ref"])
        self.assertEqual(values, {partner.id: {"ref": None}})

    def test_a_line_is_sent_as_long_as_its_author_may_read(self):
        group = self.env["res.groups"].create({"name": "Reads orders"})
        self.env["ir.model.access"].create(
            {
                "name": "Reads orders",
                "model_id": self.env["ir.model"]._get("sale.order").id,
                "group_id": group.id,
                "perm_read": True,
            }
        )
        self.manager.group_ids = [Command.link(group.id)]
        line = self.lines[0]
        values = {"source": "record", "expression": "sale_order_ids.name", "transform": "none"}
        line.with_user(self.manager).write(values)
        self.assertEqual(line.author_id, self.manager)
        self.assertIn(line._as_line(), self.connector._cached_field_maps())
        self.manager.group_ids = [Command.unlink(group.id)]
        self.assertNotIn(line._as_line(), self.connector._cached_field_maps())
        self.assertEqual(line.check_status, "wrong")
        self.assertIn("not allowed to read", line.check_note)

    def test_the_check_is_about_the_author(self):
        """An administrator who refreshes the properties does not lend their rights to the line."""
        self.connector.action_refresh_properties()
        line = self.lines.filtered(lambda line: line.remote_property == "jobtitle")
        line.with_user(self.manager).write({"source": "record", "expression": "ref", "transform": "none"})
        line.flush_recordset()
        self.env.cr.execute(
            "UPDATE retail_field_map SET expression = 'sale_order_ids.name' WHERE id = %s", [line.id]
        )
        self.env.invalidate_all()
        self.connector.action_refresh_properties()
        self.assertEqual(line.check_status, "wrong")

    def test_a_default_is_no_excuse(self):
        """Lines from the provider's defaults are marked, not rejected; a changed one is rejected."""
        line = self.lines[0].with_user(self.manager)
        with self.assertRaises(ValidationError):
            line.expression = "no.such.field"

    def test_records_of_another_company(self):
        """Each step of a path is within the company."""
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        partner = self._partner(category_id=tag.ids)
        for company in (self.env.company, self.other):
            self._partner(f"At {company.id}", False, parent_id=partner.id, company_id=company.id)
        self._partner("Of all", False, parent_id=partner.id)
        read = self.env["retail.field.map"].with_company(self.other)._record_values
        paths = ["child_ids.name", "category_id.name"]
        self.assertEqual(
            read(partner.with_company(self.other), paths)[partner.id],
            {"child_ids.name": [f"At {self.other.id}", "Of all"], "category_id.name": ["VIP"]},
        )

    def test_addresses_of_another_company(self):
        """A customer that companies share is sent with the addresses of the connector's company."""
        partner = self._partner("Shared", "shared@example.com")
        for company in (self.env.company, self.other, self.env["res.company"]):
            city = f"City {company.id or 0}"
            partner.child_ids = [
                Command.create({"type": "delivery", "name": "Door", "city": city, "company_id": company.id})
            ]
        [(payload, _warnings)] = partner.with_company(self.other)._retail_payloads().values()
        cities = [address["city"] for address in payload["addresses"]]
        self.assertEqual(cities, [f"City {self.other.id}", "City 0"])

    # -- filters -----------------------------------------------------------------------------------

    def _guess(self, field, operator, value):
        """Return filters that tell whether some secret matches."""
        leaf = (field, operator, value)
        return [
            [("user_ids." + field, operator, value)],
            [("user_ids", "any", [leaf])],
            ["!", ("user_ids", "not any", [("id", ">", 0), leaf])],
        ]

    def test_filters_of_flows(self):
        flow = self.flow.with_user(self.manager)
        refused = [
            GUESS,
            *self._guess("totp_secret", "=like", "A%"),
            [("signup_type", "=", "reset")],
            [("sale_order_ids.amount_total", ">", 1)],
            [("sale_order_ids", "ilike", "S0")],
        ]
        for domain in refused:
            with self.subTest(domain), self.assertRaises(UserError):
                flow.domain = repr(domain)
        flow.domain = "[('country_id.code', '=', 'BE'), ('child_ids', 'any', [('city', '=', 'Ghent')])]"
        flow.domain = "[('create_date.year_number', '=', 2026)]"

    def test_filters_of_backfills(self):
        runs = self.env["retail.bulk.run"].with_user(self.manager)
        values = {"connector_id": self.connector.id, "flow_id": self.flow.id}
        self._partner().message_ids[:1].mail_server_id = self.mail_server
        for domain in (GUESS, *self._guess("totp_secret", "=like", "A%")):
            with self.subTest(domain):
                preview = runs.new({**values, "domain": repr(domain)})
                self.assertEqual(preview.preview_count, 0)
                self.assertIn("not allowed", preview.preview_error)
                with self.assertRaises(UserError):
                    runs.create({**values, "domain": repr(domain)})

    def test_the_preview_counts_what_the_user_may_read(self):
        for company in (self.env.company, self.other):
            self._partner("Counted", False, company_id=company.id)
        self.env["ir.rule"].create(
            {
                "name": "Not all",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "domain_force": "[('ref', '!=', 'hidden')]",
                "groups": self.env.ref("base.group_user").ids,
            }
        )
        self._partner("Counted", False, ref="hidden")
        run = self.env["retail.bulk.run"].with_user(self.manager)
        run = run.create(
            {
                "connector_id": self.connector.id,
                "flow_id": self.flow.id,
                "domain": "[('name', '=', 'Counted')]",
            }
        )
        self.assertEqual((run.preview_error, run.preview_count), (False, 1))
        run.action_start()
        self.assertEqual(run.total, 1)
        self.assertEqual(self.env["retail.bulk.run"]._feed(self.connector), 1)

    def test_a_filter_looks_at_what_its_author_may_read(self):
        """Of other companies' records, too, it finds none. Whose the customers are does not matter."""
        self.env.ref("base.res_partner_rule").active = True  # else companies share all partners
        partner = self._partner("Shared", "shared@example.com")
        for company in (self.env.company, self.other):
            self._partner(f"At {company.id}", False, parent_id=partner.id, company_id=company.id)
        of_other = f"At {self.other.id}"
        flow = self.flow
        flow.with_user(self.manager).domain = f"[('child_ids.name', '=', {of_other!r})]"
        self.assertEqual(flow.filter_author_id, self.manager)
        self.assertFalse(flow._matching(partner))
        flow.with_user(self.manager).domain = f"[('child_ids', 'any', [('name', '=', {of_other!r})])]"
        self.assertFalse(flow._matching(partner))
        flow.with_user(self.manager).domain = f"[('child_ids', 'not any', [('name', '=', {of_other!r})])]"
        self.assertEqual(flow._matching(partner), partner)
        flow.with_user(self.manager).domain = f"[('child_ids.name', '=', 'At {self.env.company.id}')]"
        self.assertEqual(flow._matching(partner), partner)
        self.env["ir.rule"].create(
            {
                "name": "Nobody's",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "domain_force": "[('ref', '!=', 'hidden')]",
            }
        )
        hidden = self._partner("Hidden", "hidden@example.com", ref="hidden")
        flow.with_user(self.manager).domain = "[('name', '=', 'Hidden')]"
        self.assertEqual(flow._matching(hidden), hidden)

    def test_no_context_keeps_an_erasure_from_being_sent(self):
        partner = self._partner()
        self._drain()
        partner.with_context(retail_merging=True).unlink()
        self.assertTrue(self._deliveries(event_type="customer.erased"))

    # -- related fields ----------------------------------------------------------------------------

    def test_related_fields_are_read_as_the_user(self):
        """A client chooses the record in an onchange: as the superuser, its fields would be shown."""
        found = {
            f"{model._name}.{field.name}"
            for model in self._models()
            for field in model._fields.values()
            if field.related and field.compute_sudo and not field.store and not field.inherited
            if field.name not in OF_ACTIVITIES
        }
        self.assertEqual(found, set())


@tagged("post_install", "-at_install")
class TestDefaults(RetailCase):
    def test_user_defined_defaults(self):
        manager = new_test_user(self.env, "defaults", "base.group_user,retail_hub.group_manager")
        defaults = self.env["ir.default"].with_user(manager)
        defaults.set("retail.connector", "state", "active", user_id=True)
        defaults.set("retail.connector", "read_timeout", 7.0, user_id=True)
        connector = self.env["retail.connector"].with_user(manager)
        connector = connector.create({"name": "New", "base_url": self.sandbox.url})
        self.assertEqual((connector.state, connector.read_timeout), ("draft", 7.0))

    def test_nobody_fakes_an_alert(self):
        """An alert of a cause that is open already would be updated, and the responsible user not notified."""
        clerk = new_test_user(self.env, "alerts", "base.group_user,retail_hub.group_manager")
        as_clerk = self.connector.with_user(clerk)
        with self.assertRaises(AccessError):
            as_clerk.activity_schedule("mail.mail_activity_data_warning", retail_cause="attention")
        with self.assertRaises(AccessError):
            as_clerk.with_context(default_retail_cause="attention").activity_schedule(
                "mail.mail_activity_data_warning"
            )
        self.assertFalse(self.connector._alert("attention"))

    def test_no_default_for_what_the_hub_decides(self):
        """A context that a client sends has no say in read-only fields, not even where the hub itself creates."""
        context = {"default_encrypted_value": "x", "default_check_status": "ok", "default_author_id": 1}
        connector = self.env["retail.connector"].with_context(**context)
        connector = connector.create({"name": "New", "base_url": self.sandbox.url})
        self.assertEqual(set(connector.field_map_ids.mapped("check_status")), {"unchecked"})
