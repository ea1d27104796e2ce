"""What is saved, previewed or sent says nothing about what its author, or the viewer, may not read."""

from odoo.exceptions import UserError
from odoo.tests import tagged

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
        ):
            with self.assertRaises(UserError):
                count(text)
