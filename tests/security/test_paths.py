"""Filters and field paths: nobody finds out, or has sent, what they may not read."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..common import RetailCase
from .test_rights import RightsCase

SECRET = "Sell the shop"
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
        values = self.env["retail.field.map"]._record_values(
            partner, dict.fromkeys(["signup_type", "ref"], self.manager)
        )
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
        stranger = self.users["stranger"]
        paths = dict.fromkeys(["child_ids.name", "category_id.name"], stranger)
        self.assertEqual(
            read(partner.with_company(self.other), paths)[partner.id],
            {"child_ids.name": [f"At {self.other.id}", "Of all"], "category_id.name": ["VIP"]},
        )

    def _line_of(self, author, path, remote_property="jobtitle"):
        line = self.lines.filtered(lambda line: line.remote_property == remote_property)
        line.with_user(author).write({"source": "record", "expression": path, "transform": "none"})
        return line

    def _values(self, record, *authors, path):
        users = self.env["res.users"].union(*authors)
        found = self.env["retail.field.map"]._record_values(
            record.with_company(self.env.company), {path: users}
        )
        return found[record.id]

    def test_records_that_the_author_may_not_read(self):
        """The line is left out: the remote keeps what it has. Another author's line is sent."""
        self.env["retail.binding"].search(
            []
        ).unlink()  # the sandbox was reset since, and gives the same ids again
        changed = self.connector.field_map_ids[:1]
        changed.expression = changed.default_values["expression"]
        partner = self._partner(function="Buyer", user_id=self.users["user"].id)
        self._drain()
        channel = self.env["discuss.channel"].create({"name": "Board", "channel_type": "group"})
        channel.with_user(self.users["user"]).sudo()._add_members(users=self.users["user"])
        channel.message_post(body=SECRET, message_type="comment")
        start = "user_id.partner_id.channel_ids"
        for path, value in (
            (f"{start}.name", "Board"),
            (f"{start}.message_ids.body", f"<span>{SECRET}</span>"),
        ):
            with self.subTest(path):
                self._line_of(self.manager, path)
                partner.zip = f"9{len(path)}"
                self._drain()
                sent = self._contacts()[partner.email]
                self.assertEqual((sent["jobtitle"], sent["zip"]), ("Buyer", partner.zip))
                self.assertEqual(self._values(partner, self.manager, path=path), {})
                self.assertEqual(self._values(partner, self.manager, self.users["user"], path=path), {})
                self.assertIn(value, self._values(partner, self.users["user"], path=path)[path])

    def test_a_path_that_nobody_chose_is_not_read(self):
        self.assertEqual(self._values(self._partner(ref="C-1"), path="ref"), {})

    def test_the_record_itself_is_for_the_flow_to_decide(self):
        self.env["ir.rule"].create(
            {
                "name": "Not hidden",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "domain_force": "[('ref', '!=', 'hidden')]",
            }
        )
        hidden = self._partner("Hidden", "hidden@example.com", ref="hidden", is_company=True)
        self.assertEqual(self._values(hidden, self.manager, path="ref"), {"ref": "hidden"})
        part = self._partner("Part", "part@example.com", parent_id=hidden.id)
        self.assertEqual(self._values(part, self.manager, path="parent_id.ref"), {})

    def test_companies(self):
        """Of companies, too, only the connector's own and those above it are read."""
        clerk = self.users["user"]
        clerk.company_ids = [Command.link(self.other.id)]
        for company in clerk.company_ids:
            self.env["res.partner.bank"].create(
                {"acc_number": f"Account {company.id}", "partner_id": company.partner_id.id}
            )
        partner = self._partner(user_id=clerk.id)
        own = self.env.company
        admin = self.env.ref("base.user_admin")
        admin.company_ids = [Command.link(self.other.id)]
        values = self._values(partner, admin, path="user_id.company_ids.name")
        self.assertEqual(values, {"user_id.company_ids.name": [own.name]})
        path = "user_id.company_ids.partner_id.bank_ids.acc_number"
        self.assertEqual(self._values(partner, admin, path=path), {path: [f"Account {own.id}"]})

    def test_the_author_was_archived(self):
        line = self._line_of(self.manager, "ref")
        self.assertIn(line._as_line(), self.connector._cached_field_maps())
        partner = self._partner(ref="C-1")
        self.manager.active = False
        self.assertNotIn(line._as_line(), self.connector._cached_field_maps())
        self.assertEqual(line.check_status, "wrong")
        self.assertIn("is archived. Choose it again.", line.check_note)
        self.assertEqual(self._values(partner, self.manager, path="ref"), {})
        self.connector.action_refresh_properties()
        self.assertEqual(line.check_status, "wrong")

    def test_the_author_left_the_company(self):
        line = self._line_of(self.manager, "ref")
        self.manager.write({"company_id": self.other.id, "company_ids": [Command.set(self.other.ids)]})
        self.assertNotIn(line._as_line(), self.connector._cached_field_maps())
        self.assertIn("has no access to", line.check_note)

    def _may_read(self, model):
        group = self.env["res.groups"].create({"name": f"Reads {model}"})
        self.env["ir.model.access"].create(
            {
                "name": f"Reads {model}",
                "model_id": self.env["ir.model"]._get(model).id,
                "group_id": group.id,
                "perm_read": True,
            }
        )
        self.manager.group_ids = [Command.link(group.id)]

    def _order_line(self):
        lines = self.connector.field_map_ids
        return lines.filtered(lambda line: line.remote_property == "hs_total_price")

    def test_each_model_of_an_object_is_checked(self):
        """Orders of tills may be read, and orders of the web shop may not."""
        self._may_read("pos.order")
        self.connector.action_refresh_properties()
        line = self._order_line()
        line.with_user(self.manager).write(
            {"source": "record", "expression": "amount_total", "transform": "none"}
        )
        self.assertIn(line._as_line(), self.connector._cached_field_maps())
        self.assertEqual(line.check_status, "doubt")
        self.assertIn("not allowed to read amount_total of Sales Order", line.check_note)
        order = self.env["sale.order"].create({"partner_id": self._partner().id})
        self.assertEqual(self._values(order, self.manager, path="amount_total"), {})
        admin = self.env.ref("base.user_admin")
        self.assertEqual(self._values(order, admin, path="amount_total"), {"amount_total": 0.0})

    def test_a_denial_is_not_hidden_by_another_model(self):
        self._may_read("sale.order")
        with self.assertRaisesRegex(ValidationError, "you are not allowed to read pos_reference"):
            self._order_line().with_user(self.manager).write(
                {"source": "record", "expression": "pos_reference", "transform": "none"}
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

    def _finds(self, record, *condition):
        self.flow.with_user(self.manager).domain = repr([condition])
        return bool(self.flow._matching(record))

    def test_a_text_is_compared_with_what_its_author_may_read(self):
        """Names of records of other companies cannot be guessed letter by letter."""
        self.env.ref("base.res_partner_rule").active = True  # else companies share all partners
        self._may_read("sale.order")
        partner = self._partner("Shared", "shared@example.com")
        hidden = self._partner("Zanzi", False, parent_id=partner.id, company_id=self.other.id)
        shown = self._partner("Tom", False, parent_id=partner.id, company_id=self.env.company.id)
        self.env["sale.order"].create(
            {"partner_id": partner.id, "name": "S-OTHER", "company_id": self.other.id}
        )
        self.env["sale.order"].create({"partner_id": partner.id, "name": "S-OWN"})
        for name, secret, known in (
            ("child_ids", "Zanzi", "Tom"),
            ("sale_order_ids", "S-OTHER", "S-OWN"),
        ):
            for operator in ("ilike", "=ilike", "=", "in"):
                secrets, knowns = ([secret], [known]) if operator == "in" else (secret, known)
                opposite = "!=" if operator == "=" else f"not {operator}"
                if operator == "=ilike":
                    secrets, knowns = f"%{secret}%", f"%{known}%"
                with self.subTest(name=name, operator=operator):
                    if (name, operator) != ("child_ids", "=") and (name, operator) != ("child_ids", "in"):
                        self.assertTrue(self._finds(partner, name, operator, knowns))
                        self.assertFalse(self._finds(partner, name, opposite, knowns))
                    self.assertFalse(self._finds(partner, name, operator, secrets))
                    self.assertTrue(self._finds(partner, name, opposite, secrets))
        for operator in ("child_of", "parent_of"):
            with self.subTest(operator):
                self.assertFalse(self._finds(partner, "id", operator, "Zanzi"))
                self.assertFalse(self._finds(partner, "child_ids", operator, "Zanzi"))
        self.assertTrue(self._finds(partner, "id", "parent_of", "Tom"))
        self.assertTrue(self._finds(shown, "id", "child_of", "Shared"))
        self.assertTrue(self._finds(partner, "id", "parent_of", [shown.id, "Zanzi"]))
        part_of_hidden = self._partner("Part", "part@example.com", parent_id=hidden.id)
        self.assertFalse(self._finds(part_of_hidden, "parent_id", "ilike", "Zanzi"))
        self.assertTrue(self._finds(part_of_hidden, "parent_id", "not ilike", "Zanzi"))
        self.assertTrue(self._finds(part_of_hidden, "parent_id", "in", [hidden.id]))
        self.assertFalse(self._finds(part_of_hidden, "parent_id", "not in", [hidden.id, "Zanzi"]))

    def test_a_text_finds_archived_parents_as_in_odoo(self):
        parent = self._partner("Archived", "archived@example.com", is_company=True)
        part = self._partner("Part", "part@example.com", parent_id=parent.id)
        parent.active = False
        for operator in ("ilike", "=", "child_of"):
            self.assertTrue(self._finds(part, "parent_id", operator, "Archived"))
        child = self._partner("Gone", False, parent_id=part.id)
        child.active = False
        self.assertFalse(self._finds(part, "child_ids", "ilike", "Gone"))

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
