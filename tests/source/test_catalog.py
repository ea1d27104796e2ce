"""Prices: rules of pricelists and list prices are sent as they are, and when they are removed."""

from odoo import Command
from odoo.tests import tagged

from ..common import EventCase


@tagged("post_install", "-at_install")
class TestPrice(EventCase):
    wanted = ("price.changed", "price.removed")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["product.category"].create({"name": "Lighting"})
        cls.product = cls.env["product.product"].create(
            {"name": "Lamp", "default_code": "LAMP", "list_price": 20.5, "categ_id": cls.category.id}
        )
        cls.template = cls.product.product_tmpl_id
        cls.pricelist = cls.env["product.pricelist"].create({"name": "Members"})

    def setUp(self):
        super().setUp()
        self._forget_events()

    def _rule(self, **values):
        values = {"pricelist_id": self.pricelist.id, **values}
        return self.env["product.pricelist.item"].create(values)

    def _payload(self, record):
        payload, warnings = record.with_context(active_test=False)._retail_payloads()[record.id]
        self.assertEqual(warnings, [])
        self.assertIsInstance(payload, dict, payload)
        return payload

    def _changes(self):
        """Return what was sent since the last call: ``[(event type, model, id)]``."""
        sent = [(event.event_type, event.res_model, event.res_id) for event in self._events()]
        self._forget_events()
        return sent

    def _changed(self, record):
        return [("price.changed", record._name, record.id)]

    def test_fixed_price_of_a_product(self):
        rule = self._rule(
            product_tmpl_id=self.template.id,
            fixed_price=17.95,
            min_quantity=3,
            date_start="2026-12-01 00:00:00",
            date_end="2026-12-31 22:59:59",
        )
        self.assertEqual(self._changes(), self._changed(rule))
        self.assertEqual(
            self._payload(rule),
            {
                "source": "pricelist",
                "id": str(rule.id),
                "active": True,
                "currency": self.pricelist.currency_id.name,
                "pricelist_id": str(self.pricelist.id),
                "pricelist": "Members",
                "applies_to": "product",
                "category_id": "",
                "category": "",
                "template_id": str(self.template.id),
                "variant_id": "",
                "sku": "LAMP",
                "name": "Lamp",
                "unit": self.product.uom_id.name,
                "minimum_quantity": "3",
                "starts_at": "2026-12-01T00:00:00Z",
                "ends_at": "2026-12-31T22:59:59Z",
                "method": "fixed",
                "price": "17.95",
                "base": None,
                "base_pricelist_id": "",
                "discount": None,
                "formula": None,
                "variants": [],
            },
        )
        self.assertEqual(self.pricelist._get_product_price(self.product, 3, date="2026-12-10"), 17.95)

    def test_what_a_rule_applies_to(self):
        for values, sent in (
            ({}, {"applies_to": "all", "name": "", "unit": ""}),
            (
                {"categ_id": self.category.id},
                {"applies_to": "category", "category_id": str(self.category.id), "category": "Lighting"},
            ),
            (
                {"product_id": self.product.id},
                {"applies_to": "variant", "variant_id": str(self.product.id), "sku": "LAMP"},
            ),
        ):
            with self.subTest(sent["applies_to"]):
                payload = self._payload(self._rule(fixed_price=5, **values))
                self.assertEqual({name: payload[name] for name in sent}, sent)

    def test_percentage(self):
        rule = self._rule(compute_price="percentage", percent_price=12.5)
        payload = self._payload(rule)
        self.assertEqual(
            (payload["method"], payload["discount"], payload["base"], payload["price"]),
            ("percentage", "12.5", "list_price", None),
        )

    def test_formula_on_another_pricelist(self):
        base = self.env["product.pricelist"].create({"name": "Base"})
        rule = self._rule(
            compute_price="formula",
            base="pricelist",
            base_pricelist_id=base.id,
            price_discount=10,
            price_round=0.5,
            price_surcharge=-0.01,
        )
        payload = self._payload(rule)
        self.assertEqual(
            (payload["method"], payload["base"], payload["base_pricelist_id"]),
            ("formula", "pricelist", str(base.id)),
        )
        self.assertEqual(
            payload["formula"],
            {
                "discount": "10",
                "surcharge": "-0.01",
                "rounding": "0.5",
                "minimum_margin": None,
                "maximum_margin": None,
            },
        )
        self.assertAlmostEqual(self.pricelist._get_product_price(self.product, 1), 18.49)

    def test_markup_on_the_cost(self):
        rule = self._rule(compute_price="formula", base="standard_price", price_markup=25)
        payload = self._payload(rule)
        self.assertEqual((payload["base"], payload["formula"]["discount"]), ("cost", "-25"))

    def test_changes_of_a_rule(self):
        rule = self._rule(fixed_price=5)
        self._forget_events()
        for values in (
            {"fixed_price": 4.99},
            {"min_quantity": 2},
            {"date_end": "2030-01-01 00:00:00"},
            {"compute_price": "percentage", "percent_price": 5},
            {"applied_on": "2_product_category", "categ_id": self.category.id},
        ):
            with self.subTest(**values):
                rule.write(values)
                self.assertEqual(self._changes(), self._changed(rule))
        rule.min_quantity = rule.min_quantity
        self.assertEqual(self._changes(), [])

    def test_other_names(self):
        """Of the product: its list price is sent; of the pricelist: its rules are."""
        rule = self._rule(fixed_price=5)
        self._changes()
        self.template.name = "Light"
        self.assertEqual(self._changes(), self._changed(self.template))
        self.template.uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(self._changes(), self._changed(self.template))
        self.pricelist.name = "Friends"
        self.assertEqual(self._changes(), self._changed(rule))
        self.assertEqual(self._payload(rule)["pricelist"], "Friends")

    def test_changes_of_the_pricelist(self):
        """Its currency is that of its rules, and archived it has no prices; its place in the list says nothing."""
        rule = self._rule(fixed_price=5)
        self._forget_events()
        yen = self.env.ref("base.JPY")
        yen.active = True
        self.pricelist.currency_id = yen
        self.assertEqual(self._changes(), self._changed(rule))
        self.assertEqual(self._payload(rule)["currency"], "JPY")
        self.pricelist.sequence = 3
        self.assertEqual(self._changes(), [])
        self.pricelist.action_archive()
        self.assertEqual(self._changes(), self._changed(rule))
        self.assertFalse(self._payload(rule)["active"])
        self.pricelist.action_archive()
        self.assertEqual(self._changes(), [])

    def test_deleted_rule(self):
        rule = self._rule(product_id=self.product.id, fixed_price=5)
        self._forget_events()
        rule_id = rule.id
        rule.unlink()
        [event] = self._events()
        self.assertEqual((event.event_type, event.kind, event.res_id), ("price.removed", "fact", rule_id))
        self.assertEqual(
            event.payload,
            {
                "source": "pricelist",
                "id": str(rule_id),
                "pricelist_id": str(self.pricelist.id),
                "template_id": str(self.template.id),
                "variant_id": str(self.product.id),
            },
        )

    def test_rules_go_with_what_they_apply_to(self):
        """The database deletes them: no method of theirs is called."""
        other = self.env["product.product"].create({"name": "Bulb", "categ_id": self.category.id})
        child = self.env["product.category"].create({"name": "Bulbs", "parent_id": self.category.id})
        for record, values in (
            (self.env["product.product"].create({"name": "Shade"}), "product_id"),
            (self.env["product.template"].create({"name": "Stand"}), "product_tmpl_id"),
            (child, "categ_id"),
            (self.env["product.pricelist"].create({"name": "Old"}), "pricelist_id"),
        ):
            with self.subTest(record._name):
                rule = self._rule(fixed_price=5, **{values: record.id})
                kept = self._rule(fixed_price=5, product_id=other.id)
                self._forget_events()
                record.unlink()
                self.assertFalse(rule.exists())
                self.assertTrue(kept.exists())
                removed = [sent for sent in self._changes() if sent[0] == "price.removed"]
                self.assertEqual(
                    [sent for sent in removed if sent[1] == "product.pricelist.item"],
                    [("price.removed", "product.pricelist.item", rule.id)],
                )

    def test_list_price(self):
        self.template.list_price = 21
        self.assertEqual(self._changes(), self._changed(self.template))
        payload = self._payload(self.template)
        self.assertEqual(
            (payload["source"], payload["pricelist_id"], payload["method"], payload["price"]),
            ("list_price", "", "fixed", "21"),
        )
        self.assertEqual(
            (payload["currency"], payload["sku"], payload["active"]),
            (self.template.currency_id.name, "LAMP", True),
        )
        self.assertEqual(payload["variants"], [{"id": str(self.product.id), "sku": "LAMP", "price": "21"}])
        self.product.lst_price = 22
        self.assertEqual(self._changes(), self._changed(self.template))
        self.template.description_sale = "Bright"
        self.assertEqual(self._changes(), [])

    def test_product_is_not_sold_any_more(self):
        for values in ({"sale_ok": False}, {"sale_ok": True, "active": False}):
            with self.subTest(**values):
                self.template.write(values)
                self.assertEqual(self._changes(), self._changed(self.template))
                self.assertFalse(self._payload(self.template)["active"])

    def test_new_product(self):
        template = self.env["product.template"].create({"name": "Bulb", "list_price": 3})
        self.assertEqual(self._changes(), self._changed(template))

    def test_deleted_product(self):
        template = self.template
        template_id = template.id
        template.unlink()
        [event] = self._events()
        self.assertEqual((event.event_type, event.res_model), ("price.removed", "product.template"))
        self.assertEqual((event.payload["source"], event.payload["id"]), ("list_price", str(template_id)))

    def test_extra_price_of_a_variant(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [Command.create({"name": "S"}), Command.create({"name": "L"})]}
        )
        line = {"attribute_id": attribute.id, "value_ids": [Command.set(attribute.value_ids.ids)]}
        template = self.env["product.template"].create(
            {"name": "Shade", "list_price": 10, "attribute_line_ids": [Command.create(line)]}
        )
        small, large = template.product_variant_ids.sorted("id")
        self._forget_events()
        large.product_template_attribute_value_ids.price_extra = 2.5
        self.assertEqual(self._changes(), self._changed(template))
        self.assertEqual(
            self._payload(template)["variants"],
            [
                {"id": str(small.id), "sku": "", "price": "10"},
                {"id": str(large.id), "sku": "", "price": "12.5"},
            ],
        )
        self.assertEqual(large.lst_price, 12.5)
        large.default_code = "SHADE-L"
        self.assertEqual(self._changes(), self._changed(template))
        large.unlink()
        self.assertEqual(self._changes(), self._changed(template))
        self.assertEqual([each["id"] for each in self._payload(template)["variants"]], [str(small.id)])

    def test_edits_of_one_transaction_are_one_event(self):
        rules = self._rule(fixed_price=5) + self._rule(fixed_price=6, min_quantity=10)
        for price in (4, 3, 2):
            rules.fixed_price = price
            self.env.flush_all()
        self.assertEqual(self._changes(), [*self._changed(rules[0]), *self._changed(rules[1])])

    def test_nobody_wants_prices(self):
        self.connector.flow_ids.active = False
        rule = self._rule(fixed_price=5)
        self.pricelist.action_archive()
        self.template.list_price = 7
        rule.unlink()
        self.pricelist.unlink()
        self.assertEqual(self._changes(), [])

    def test_nothing_is_read_if_nobody_wants_it(self):
        rule = self._rule(fixed_price=5)
        self.connector.flow_ids.active = False
        self.env.flush_all()
        self.env["retail.flow"]._routes()
        self.env.invalidate_all()
        with self.assertQueryCount(0):
            rule._retail_capture_state("price.changed")
            self.product._retail_capture_shown([["active"]])
