"""Custom searches stand every operator and every text: they find, or say in words that they cannot."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_search import SearchCase

OPERATORS = (
    "=", "!=", "in", "not in", "<", "<=", ">", ">=", "like", "not like", "ilike", "not ilike", "=like", "not =like",
    "=ilike", "not =ilike", "any", "not any", "child_of", "parent_of",
)  # fmt: skip
VALUES = (
    "", "Ann", "\\", "100%_\\", "O'Hara", "dead", False, True, None, -1, [], [False], [None, "\\", 7, True],
    [["id", ">", 0]],
)  # fmt: skip
# A stored field of Odoo of each type: what Odoo itself refuses there is a mistake of the caller.
STORED = {
    "char": "name",
    "boolean": "active",
    "integer": "color",
    "selection": "type",
    "many2one": "parent_id",
}
NAME = '100%_\\ O\'Hara "Zoë"'


@tagged("post_install", "-at_install")
class TestOperators(SearchCase):
    def _raised(self, model, name, operator, value):
        try:
            with self.env.cr.savepoint(flush=False):
                model.search([(name, operator, value)])
        except UserError:
            return None
        except Exception as error:
            return type(error)
        return None

    def _custom_fields(self):
        """Return ``(model, field)`` for all custom searches of this addon."""
        return [
            (self.env[name], field)
            for name, model in self.env.registry.items()
            for field in model._fields.values()
            if field.search and not field.related and not model._abstract and field._module == "retail_hub"
        ]

    def test_nothing_raises(self):
        self._order()
        self._partner(NAME, False)
        self._drain()
        fields = [(model, each) for model, each in self._custom_fields() if each.name != "display_name"]
        fields += [
            (self.env[name], self.env[name]._fields["display_name"])
            for name in ("retail.alias", "retail.delivery")
        ]
        self.assertGreater(len(fields), 15)
        raised = {
            (model._name, field.name, operator, repr(value)): error
            for model, field in fields
            for operator in OPERATORS
            for value in VALUES
            if (error := self._raised(model, field.name, operator, value))
            and error != self._raised(self.env["res.partner"], STORED[field.type], operator, value)
        }
        self.assertEqual(raised, {})

    def test_what_is_found(self):
        """A name finds its events by every operator that compares texts; its opposite finds the others."""
        partner, other = self._partner(NAME, False), self._partner("Ann Lee", False)
        self._drain()
        escaped = NAME.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        searches = {
            "=": NAME,
            "in": [NAME, "nobody"],
            "like": "O'Hara",
            "ilike": '"zoë"',
            "=like": escaped,
            "=ilike": escaped.lower(),
        }
        opposites = {"=": "!=", **{each: f"not {each}" for each in searches if each != "="}}
        for model in ("retail.event", "retail.delivery"):
            records = self.env[model].with_user(self.clerk)
            both = [("res_id", "in", (partner + other).ids), ("res_model", "=", "res.partner")]
            for operator, value in searches.items():
                with self.subTest(model=model, operator=operator):
                    found = records.search([*both, ("record_name", operator, value)])
                    self.assertEqual(set(found.mapped("res_id")), {partner.id})
                    rest = records.search([*both, ("record_name", opposites[operator], value)])
                    self.assertEqual(set(rest.mapped("res_id")), {other.id})

    def test_groups_of_failures(self):
        """The opposite leaves out the causes with a record of that name, and no others."""
        self._partner("Jon Snow", False)
        self._partner("Bad", "bad@example.x")
        self._drain()
        self._drain()
        groups = self.env["retail.error.group"].with_user(self.clerk).search([])
        self.assertEqual(set(groups.mapped("record_name")), {"Jon Snow", "Bad"})
        found = groups.search([("record_name", "not ilike", "snow")])
        self.assertEqual(found.mapped("record_name"), ["Bad"])

    def test_possible_duplicates(self):
        """They are found by either of the two customers."""
        self._partner("First", "same@example.com")
        self._drain()
        self._partner("Second", "same@example.com")
        self._drain()
        aliases = self.env["retail.alias"].with_user(self.clerk)
        for domain in (
            [("record_name", "ilike", "second")],
            [("primary_name", "ilike", "first")],
            [("display_name", "ilike", "first")],
        ):
            self.assertEqual(aliases.search(domain).record_name, "Second", domain)
        self.assertFalse(aliases.search([("record_name", "ilike", "first")]))
