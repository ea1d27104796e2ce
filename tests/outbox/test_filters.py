"""Filters that make no sense are refused in words: which field, and what to do."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import tagged

from ...tools.filters import FilterError, parse_filter, validate_filter
from ..common import RetailCase

NO_LIST = "It must be a list of conditions, such as [('name', '!=', False)]."
INVALID = "The condition {} is not valid. Enter it again, with a field, an operator and a value."
UNFIT = "“{}”: the operator {} or the value {} does not fit this field. Correct the condition."
PROBLEMS = {
    "5": NO_LIST,
    "{}": NO_LIST,
    "None": NO_LIST,
    "'abc'": NO_LIST,
    "[5]": NO_LIST,
    "[('name', '=']": NO_LIST,
    "[('name', '=')]": NO_LIST,
    "['&', ('name', '=', 'a')]": NO_LIST,
    "[('name', 'in', uid)]": NO_LIST,
    "[" * 300 + "]" * 300: NO_LIST,
    "[('name', 'above', 1)]": INVALID.format("('name', 'above', 1)"),
    "[(1, '=', 2)]": INVALID.format("(1, '=', 2)"),
    "[('nope', '=', 1)]": "“nope”: Contact has no field nope.",
    "[('parent_id.nope', '=', 1)]": "“parent_id.nope”: Contact has no field nope.",
    "[('parent_id', 'any', [('nope', '=', 1)])]": "“nope”: Contact has no field nope.",
    "[('name.foo', '=', 1)]": "“name.foo”: name of Contact is not a link to another record.",
    "[('color', '=', 'abc')]": UNFIT.format("color", "=", "'abc'"),
    "[('partner_latitude', '>', 'x')]": UNFIT.format("partner_latitude", ">", "'x'"),
    "[('create_date', '>', 5)]": UNFIT.format("create_date", ">", "5"),
    "[('create_date', '>=', '2020-13-45')]": UNFIT.format("create_date", ">=", "'2020-13-45'"),
    "[('parent_id', 'child_of', {})]": UNFIT.format("parent_id", "child_of", "{}"),
    "[('parent_id', 'any', 5)]": UNFIT.format("parent_id", "any", "5"),
}


@tagged("post_install", "-at_install")
class TestFilters(RetailCase):
    def test_problems(self):
        partners = self.env["res.partner"]
        for text, expected in PROBLEMS.items():
            with self.subTest(text[:40]):
                with self.assertRaises(FilterError) as raised:
                    validate_filter(partners, parse_filter(self.env, text))
                self.assertEqual(str(raised.exception), expected)

    def test_what_makes_sense_passes(self):
        partners = self.env["res.partner"]
        for text in (
            "",
            "[]",
            "(('name', '=', 'a'),)",
            "[['name', '=', 'a']]",
            "['|', ('name', '=', 'a'), '!', ('parent_id.country_id.code', '=', 'BE')]",
            "[('create_date.month_number', '=', 3)]",
            "[('category_id', 'any', [('name', '=', 'x')])]",
            "[('id', 'in', [1, 2])]",
        ):
            with self.subTest(text):
                domain = parse_filter(self.env, text)
                validate_filter(partners, domain)
                self.assertIsInstance(domain, Domain)

    # -- where people see them ----------------------------------------------------------------------

    def test_flow(self):
        flow = self.connector.flow_ids.filtered(lambda each: each.event_type == "customer.updated")
        with self.assertRaises(ValidationError) as raised:
            flow.domain = "5"
        self.assertEqual(
            raised.exception.args[0],
            f"The filter “Only Records” of HubSpot: Customer updated is not valid. {NO_LIST}",
        )

    def test_flow_whose_filter_fails_when_it_is_evaluated(self):
        """It is refused when it is saved, not when a record is sent. Nothing of it is logged."""
        flow = self.connector.flow_ids.filtered(lambda each: each.event_type == "customer.updated")
        for text in (
            r"[('name', '=', 'a\x00b')]",
            r"[('name', 'ilike', '\ud800')]",
            "[('category_id', '=', True)]",
            "[('create_date.month_number', '=', 'x')]",
            "[('id', 'in', 'select 1')]",
            "[('parent_id', 'any', [('create_date.month_number', '=', 'x')])]",
        ):
            with self.subTest(text), self.assertRaisesRegex(ValidationError, "does not fit"):
                flow.domain = text
        flow.domain = "[('create_date.month_number', '=', 3), ('name', 'ilike', 'é')]"

    def test_texts_that_no_database_stores(self):
        """A message in words says so, for a mapping line and for a filter."""
        line = self.connector.field_map_ids[:1]
        for name in ("expression", "remote_property", "argument"):
            for text in ("a\0b", "a\ud800"):
                with self.subTest(name, text=text), self.assertRaisesRegex(UserError, "cannot be stored"):
                    line.write({name: text})
        values = {"connector_id": self.connector.id, "remote_property": "x\0", "expression": "name.full"}
        with self.assertRaisesRegex(UserError, "cannot be stored"):
            self.env["retail.field.map"].create(values)

    def test_window_of_a_call_limit(self):
        row = self.connector.quota_ids[:1]
        for window in ("x", "7", "", False):
            with self.subTest(window), self.assertRaisesRegex(UserError, "one of the lengths of time"):
                row.write({"window": window})
        with self.assertRaisesRegex(UserError, "one of the lengths of time"):
            row.create({"connector_id": self.connector.id, "window": "x", "max_calls": 1})

    def test_backfill(self):
        for text in ("5", "[('color', '=', 'abc')]", "[('nope', '=', 1)]"):
            run = self.env["retail.bulk.run"].create({"connector_id": self.connector.id, "domain": text})
            self.assertEqual(run.preview_error, PROBLEMS[text])
            with self.assertRaises(UserError) as raised:
                run.action_start()
            self.assertEqual(raised.exception.args[0], PROBLEMS[text])

    def test_backfill_that_the_database_refuses(self):
        run = self.env["retail.bulk.run"].create(
            {"connector_id": self.connector.id, "domain": "[('id', '=', 'abc')]"}
        )
        expected = "A value does not fit its field or operator. Correct the value."
        self.assertEqual(run.preview_error, expected)

    def test_repair(self):
        self._partner("Nobody", False)
        self._drain()
        action = self._deliveries(state="dead").action_repair()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard.write({"scope": "filter", "domain": "[('nope', '=', 1)]"})
        with self.assertRaises(UserError) as raised:
            wizard.action_validate()
        self.assertEqual(
            raised.exception.args[0], "The filter is not valid. “nope”: Outgoing Event has no field nope."
        )
