"""What is saved, previewed or sent says nothing about what its author, or the viewer, may not read."""

from lxml import html

from odoo import Command
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import new_test_user, tagged

from ...tools.limited import limit_filter, reader_of
from .test_rights import RightsCase

SECRET, NOBODY = "Zyxq Ltd", "Nobody Ltd"
HIDDEN = "(not readable for you)"
ACCOUNTING = "account.group_account_readonly"
# Each is about a partner with a name: it must not matter whether there is such a partner that the author may not read.
GUESSES = (
    "('same_vat_partner_id', 'child_of', {})",
    "('same_company_registry_partner_id', 'parent_of', {})",
    "('same_vat_partner_id', '=', {})",
    "('same_vat_partner_id', 'any', [('name', '=', {})])",
    "('parent_id', 'child_of', {})",
    "('parent_id.id', '=', {})",
    "('parent_id', '=', {})",
    "('parent_name', '=', {})",
    "('parent_name', 'ilike', {})",
    "('child_ids.parent_name', '=', {})",
    "('child_ids', 'any', [('parent_id.parent_name', '=', {})])",
    "('display_name', '=', {})",
    "('id', 'child_of', {})",
    "('parent_id', 'child_of', [{}, 'x'])",
    "('activity_ids.res_name', '=', {})",
)


class OracleCase(RightsCase):
    """A customer with a parent that the manager may not read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.users["manager"]
        cls.flow = cls.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.updated")
        cls.env["ir.rule"].create(
            {
                "name": "Hidden",
                "model_id": cls.env["ir.model"]._get("res.partner").id,
                "domain_force": "[('ref', '!=', 'hidden')]",
                "groups": cls.env.ref("retail_hub.group_manager").ids,
            }
        )
        partners = cls.env["res.partner"]
        cls.hidden = partners.create({"name": SECRET, "ref": "hidden", "vat": "X1", "is_company": True})
        cls.part = partners.create({"name": "Ann", "email": "part@example.com", "parent_id": cls.hidden.id})

    def _said(self, name, function, *args):
        """Return what a call returns or says, without the name that it was asked about."""
        try:
            with self.env.cr.savepoint():
                said = function(*args)
        except UserError as error:
            said = str(error)
        return said.replace(name, "…") if name and isinstance(said, str) else said


@tagged("post_install", "-at_install")
class TestOracles(OracleCase):
    def _save(self, text):
        self.flow.with_user(self.manager).domain = text
        return "saved"

    def _preview(self, text):
        runs = self.env["retail.bulk.run"].with_user(self.manager)
        run = runs.new({"connector_id": self.connector.id, "flow_id": self.flow.id, "domain": text})
        return f"{run.preview_count} {run.preview_error}"

    def test_what_is_said_does_not_depend_on_hidden_records(self):
        for guess in GUESSES:
            for ask in (self._save, self._preview):
                with self.subTest(guess, ask=ask.__name__):
                    secret, nobody = (
                        self._said(name, ask, f"[{guess.format(repr(name))}]") for name in (SECRET, NOBODY)
                    )
                    self.assertEqual(secret, nobody)

    def test_a_search_method_that_looks_as_the_superuser(self):
        """That of ``search_account_id`` passes what it is given on to a search of all accounts."""
        self.manager.group_ids += self.env.ref(ACCOUNTING)
        clerk = new_test_user(self.env, "account_maker", "base.group_user")
        clerk.partner_id.parent_id = self.hidden
        account = self.env["account.account"].search([("account_type", "=", "income")], limit=1)
        self.env.cr.execute(
            "UPDATE account_account SET create_uid = %s WHERE id = %s", [clerk.id, account.id]
        )
        line = {"name": "Lamp", "quantity": 1, "price_unit": 10, "account_id": account.id}
        values = {"partner_id": self.part.id, "invoice_line_ids": [Command.create(line)]}
        invoice = self.env["account.move"].create({"move_type": "out_invoice", **values})
        reader = reader_of(invoice, self.manager, self.env.company)
        path = "line_ids.search_account_id.create_uid.partner_id.parent_id.name"
        self.assertEqual(invoice.search(Domain(path, "=", SECRET) & Domain("id", "=", invoice.id)), invoice)
        for operator in ("=", "!="):
            limited = limit_filter(reader, Domain(path, operator, SECRET))
            self.assertFalse(invoice.search(limited & Domain("id", "=", invoice.id)))
        own = limit_filter(reader, Domain("line_ids.search_account_id.name", "=", account.name))
        self.assertEqual(invoice.search(own & Domain("id", "=", invoice.id)), invoice)

    def test_a_pattern_is_checked_without_records(self):
        """PostgreSQL refuses such a pattern only once it has found a text that begins so."""
        for operator in ("=like", "=ilike", "not =like"):
            for pattern in (f"{SECRET[:4]}\\", "Nobody\\", "Nobody\\\\\\"):
                for ask in (self._save, self._preview):
                    said = self._said(pattern, ask, repr([("name", operator, pattern)]))
                    self.assertIn("does not fit this field", said)
        self.assertEqual(self._save(repr([("name", "=like", "Zyxq\\\\")])), "saved")

    def test_fields_that_cannot_be_searched(self):
        """They are refused whatever the operator and the value."""
        for operator in ("=", "!=", "in", "child_of", "parent_of", "any", "ilike"):
            for value in (False, 0, [], "x", [1], [("id", "=", 1)]):
                if operator == "any" and not (isinstance(value, list) and value != [1]):
                    continue
                for path in ("same_vat_partner_id", "parent_id.same_vat_partner_id", "invoice_emails"):
                    with self.subTest(path, operator=operator, value=value):
                        said = self._said("", self._save, repr([(path, operator, value)]))
                        self.assertIn("so no filter can use it", said)

    def test_what_fails_when_it_is_evaluated_is_refused(self):
        for condition in (
            ("parent_id.id", "=", "Secret Parent"),
            ("parent_id.id", "in", ["Secret Parent"]),
            ("child_ids.id", "=", "x"),
            ("parent_id", "any", [("id", "=", "x")]),
            ("parent_id.parent_id.id", "!=", "x"),
            ("id", "=", "x"),
            ("color", "=", "x"),
            ("parent_id.color", "=", "x"),
            ("parent_id", "child_of", ["a\0"]),
        ):
            with self.subTest(condition):
                self.assertIn("does not fit", self._said("", self._save, repr([condition])))

    def test_a_check_reads_no_records(self):
        """Conditions are planned with the rights of the author, not evaluated."""
        executed = []
        execute = type(self.env.cr).execute

        def record(cr, query, *args, **kwargs):
            executed.append(cr.mogrify(query, *args).decode() if not isinstance(query, str) else query)
            return execute(cr, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", record)
        self._save(f"[('parent_id.name', '=', {SECRET!r}), ('city', '=', 'Ghent')]")
        about = [query for query in executed if SECRET in query and "UPDATE" not in query]
        self.assertTrue(about)
        self.assertEqual([query for query in about if "EXPLAIN" not in query], [])

    def test_search_methods_run_as_the_author(self):
        """Through a related field, too, only records are found that the author may read."""
        shown = self._partner("Shown Ltd", "shown@example.com", is_company=True)
        part_of_shown = self._partner("Bo", "bo@example.com", parent_id=shown.id)
        for text, of_shown in (
            (f"[('parent_name', '=', {SECRET!r})]", False),
            ("[('parent_name', '=', 'Shown Ltd')]", True),
            ("[('parent_name', 'ilike', 'Ltd')]", True),
        ):
            self._save(text)
            self.assertEqual(bool(self.flow._matching(part_of_shown)), of_shown)
            self.assertFalse(self.flow._matching(self.part))
        self._save(f"[('parent_name', '!=', {SECRET!r})]")
        self.assertEqual(self.flow._matching(self.part), self.part)
        self.assertEqual(self.flow.fault, False)

    def test_the_record_itself_is_not_limited(self):
        """Fields that are inherited are a part of it."""
        self._save(f"[('display_name', 'ilike', {SECRET!r})]")
        self.assertEqual(self.flow._matching(self.hidden), self.hidden)

    def test_repair(self):
        self.env.company.partner_id.parent_id = self.hidden
        dead = self._deliveries(state="dead", connector_id=self.connector.id)
        action = dead.with_user(self.manager).action_repair()
        wizard = self.env[action["res_model"]].with_user(self.manager).browse(action["res_id"])
        path = "connector_id.company_id.partner_id.parent_name"

        def count(text):
            wizard.write({"scope": "filter", "domain": text})
            return wizard.chosen_count

        self.assertEqual(count("[('connector_id.name', '=', 'HubSpot')]"), len(dead))
        self.assertEqual(count(f"[({path!r}, '=', {SECRET!r})]"), 0)
        for text in (
            "[('connector_id.credential_ids.encrypted_value', '!=', False)]",
            "[('id', 'child_of', {})]",
            "[('id', '=', 'x')]",
        ):
            with self.assertRaises(UserError):
                count(text)


@tagged("post_install", "-at_install")
class TestComputedPaths(OracleCase):
    """Fields without a column are computed as the author of the line."""

    def _values(self, record, path, *authors):
        users = self.env["res.users"].union(*authors)
        found = self.env["retail.field.map"]._record_values(
            record.with_company(self.env.company), {path: users}
        )
        return found[record.id]

    def _accountant(self):
        groups = f"base.group_user,retail_hub.group_user,{ACCOUNTING}"
        return new_test_user(self.env, "accountant", groups)

    def test_what_the_author_may_not_read(self):
        """Even if it was computed before, as the superuser, in the same transaction."""
        path = "supplier_invoice_count"
        self.assertEqual(self.part[path], 0)
        self.assertEqual(self._values(self.part, path, self.manager), {})
        accountant = self._accountant()
        self.assertEqual(self._values(self.part, path, accountant), {path: 0})
        self.assertEqual(self._values(self.part, path, accountant, self.manager), {})

    def test_related_fields_are_read_as_their_path(self):
        path = "parent_name"
        self.assertEqual(self.part[path], SECRET)
        self.assertEqual(self._values(self.part, path, self.manager), {})
        self.assertEqual(self._values(self.part, path, self._accountant()), {path: SECRET})
        self.hidden.ref = False
        self.assertEqual(self._values(self.part, path, self.manager), {path: SECRET})
        self.assertEqual(self._values(self.hidden, path, self.manager), {path: None})

    def test_parts_that_the_author_may_not_read(self):
        """A value is not sent if its authors see different ones. What one author may not see is left out."""
        path = "invoice_emails"
        self.part.parent_id = False
        self.part.child_ids = [
            Command.create({"name": "B", "type": "invoice", "email": "b@example.com", "ref": "hidden"}),
            Command.create({"name": "C", "type": "invoice", "email": "c@example.com"}),
        ]
        everything = "part@example.com, b@example.com, c@example.com"
        accountant = self._accountant()
        self.assertEqual(set(self.part[path].split(", ")), set(everything.split(", ")))
        self.assertEqual(
            self._values(self.part, path, self.manager), {path: "part@example.com, c@example.com"}
        )
        [value] = self._values(self.part, path, accountant).values()
        self.assertEqual(set(value.split(", ")), set(everything.split(", ")))
        self.assertEqual(self._values(self.part, path, self.manager, accountant), {})

    def test_the_cache_of_others_is_left_alone(self):
        """What was computed as an author is not what others read then."""
        path = "invoice_emails"
        self.part.parent_id = False
        self.part.child_ids = [
            Command.create({"name": "B", "type": "invoice", "email": "b@example.com", "ref": "hidden"})
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        typed = self.part.new({"name": "Typed"})
        self.assertEqual(self._values(self.part, path, self.manager), {path: "part@example.com"})
        self.assertEqual(self.part[path], "part@example.com, b@example.com")
        self.assertEqual(typed.name, "Typed")

    def test_a_record_that_the_author_may_not_read(self):
        """Its stored fields are for the flow to decide; what is computed is computed for somebody."""
        self.assertEqual(self._values(self.hidden, "ref", self.manager), {"ref": "hidden"})
        self.assertEqual(self._values(self.hidden, "display_name", self.manager), {})
        self.assertEqual(self._values(self.hidden, "invoice_emails", self.manager), {})

    def test_computed_relations(self):
        path = "same_vat_partner_id.name"
        twin = self._partner("Twin", "twin@example.com", vat="X1", is_company=True)
        self.assertEqual(twin.same_vat_partner_id, self.hidden)
        self.assertEqual(self._values(twin, path, self.manager), {})
        self.assertEqual(self._values(twin, path, self._accountant()), {path: SECRET})

    def test_what_may_be_read_is_sent(self):
        belgium = self.env.ref("base.be")
        customer = self._partner(
            country_id=belgium.id, parent_id=self._partner("Shop", False, is_company=True).id
        )
        for path, value in (
            ("display_name", "Shop, Ann Lee"),
            ("country_id.display_name", "Belgium"),
            ("country_code", "BE"),
            ("parent_name", "Shop"),
            ("parent_id.display_name", "Shop"),
            ("parent_id.child_ids.display_name", ["Shop, Ann Lee"]),
            ("commercial_partner_id.parent_name", None),
        ):
            with self.subTest(path):
                self.assertEqual(self._values(customer, path, self.manager), {path: value})

    def test_it_is_sent_in_the_language_of_the_connector(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        belgium = self.env.ref("base.be")
        belgium.with_context(lang="fr_FR").name = "Belgique"
        customer = self._partner(country_id=belgium.id).with_context(lang="fr_FR")
        path = "country_id.display_name"
        self.assertEqual(self._values(customer, path, self.manager), {path: "Belgique"})

    def test_inherited_fields_are_a_part_of_the_record(self):
        product = self.env["product.product"].create({"name": "Lamp", "default_code": "L"})
        self.assertEqual(self._values(product, "name", self.manager), {"name": "Lamp"})

    def test_statements_for_many_records(self):
        """As many as for a few, for stored and for computed fields."""
        paths = ("ref", "parent_id.name", "parent_name", "display_name", "country_id.display_name")

        def count(number):
            partners = self.env["res.partner"].create(
                [
                    {"name": f"P{each}", "parent_id": self.env.company.partner_id.id, "country_id": each + 1}
                    for each in range(number)
                ]
            )
            self._commit()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            values = self.env["retail.field.map"]._record_values(partners, dict.fromkeys(paths, self.manager))
            self.assertEqual(set(map(len, values.values())), {len(paths)})
            return self.env.cr.sql_log_count - before

        count(2)  # what is cached for good
        self.assertEqual(count(2), count(40))


@tagged("post_install", "-at_install")
class TestMappingPreview(OracleCase):
    """The viewer sees a value only if they may read it themselves."""

    def _line_of(self, author, **values):
        line = self.connector.field_map_ids.filtered(lambda line: line.remote_property == "jobtitle")
        line.with_user(author).write({"source": "record", "transform": "none", **values})
        return line

    def _shown(self, viewer):
        """Return what the preview shows of the line: its value, its remark, and the problem of the record."""
        action = self.connector.with_user(viewer).action_preview_mapping()
        preview = self.env[action["res_model"]].with_user(viewer).browse(action["res_id"])
        preview.record_ref = f"res.partner,{self.part.id}"
        rows = html.fromstring(preview.table).xpath("//tbody/tr")
        cells = [[" ".join(cell.text_content().split()) for cell in row.xpath("td")] for row in rows]
        [(value, remark)] = [(value, remark) for name, value, remark in cells if name == "jobtitle"]
        return value, remark, preview.problem

    def test_values_of_others(self):
        for values, value, source in (
            ({"expression": "parent_id.name"}, SECRET, "Odoo: parent_id.name"),
            ({"expression": "parent_name"}, SECRET, "Odoo: parent_name"),
            (
                {"source": "template", "expression": "At {odoo.parent_id.name}"},
                f"At {SECRET}",
                "“At {odoo.parent_id.name}”",
            ),
            (
                {"expression": "parent_id.name", "transform": "upper"},
                SECRET.upper(),
                "Odoo: parent_id.name → UPPER CASE",
            ),
        ):
            self._line_of(self.env.user, **values)
            with self.subTest(values):
                self.assertEqual(self._shown(self.manager), (HIDDEN, source, ""))
                self.assertEqual(self._shown(self.env.user), (value, source, ""))

    def test_what_the_viewer_may_read(self):
        self._line_of(self.env.user, expression="parent_id.name")
        self.hidden.ref = False
        self.assertEqual(self._shown(self.manager), (SECRET, "Odoo: parent_id.name", ""))

    def test_why_a_hidden_value_cannot_be_sent(self):
        """The message is about the value, so it is hidden, too."""
        self._line_of(self.env.user, expression="parent_id.name", transform="map", argument="a=b")
        source = "Odoo: parent_id.name → Map of values (a=b)"
        self.assertEqual(self._shown(self.manager), (HIDDEN, source, f"This record cannot be sent. {HIDDEN}"))
        value, remark, problem = self._shown(self.env.user)
        self.assertEqual(value, "empty")
        for text in (remark, problem):
            self.assertIn("has no entry for this value", text)
