"""Changes far from a record are changes of it, if its event contains what changed."""

from odoo import Command
from odoo.tests import tagged

from ..common import EventCase, ShopCase

LEVEL = "stock.level_changed"


@tagged("post_install", "-at_install")
class TestWatchedCases(ShopCase, EventCase):
    wanted = (
        "customer.updated",
        "invoice.updated",
        "order.placed",
        "order.updated",
        "price.changed",
        "promotion.changed",
        "shipment.updated",
        LEVEL,
    )

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("nl_BE")
        self.product.is_storable = True
        self._forget_events()

    def _assert_events(self, *expected):
        """These are all the events since the last call: tuples of a type and a record."""
        found = {(each.event_type, each.res_model, each.res_id) for each in self._events()}
        self.assertEqual(found, {(name, record._name, record.id) for name, record in expected})
        self._forget_events()

    def _translate(self, record, name="name"):
        record.update_field_translations(name, {"nl_BE": f"{record[name]} (nl)"})

    def test_translations(self):
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        self.customer.category_id = tag
        pricelist = self.env["product.pricelist"].create({"name": "Sale"})
        template = self.product.product_tmpl_id
        rule = self.env["product.pricelist.item"].create(
            {"pricelist_id": pricelist.id, "applied_on": "1_product", "product_tmpl_id": template.id}
        )
        self._forget_events()
        self._translate(tag)
        self._assert_events(("customer.updated", self.customer))
        self._translate(pricelist)
        self._assert_events(("price.changed", rule))
        self._translate(template)
        prices = ("price.changed", template), ("price.changed", rule)
        self._assert_events(*prices, (LEVEL, self.product))
        unit = self.env["uom.uom"].create({"name": "Crate"})
        template.uom_id = unit
        self._forget_events()
        self._translate(unit)
        self._assert_events(*prices, (LEVEL, self.product))

    def test_new_parts_that_are_in_use_at_once(self):
        self.env["res.partner.category"].create({"name": "VIP", "partner_ids": self.customer.ids})
        self._assert_events(("customer.updated", self.customer))
        tag = self.env["product.tag"].create({"name": "Summer"})
        program = self.env["loyalty.program"].create(
            {
                "name": "Gift",
                "program_type": "promotion",
                "reward_ids": [
                    Command.create({"reward_type": "product", "reward_product_tag_id": tag.id}),
                ],
            }
        )
        self._forget_events()
        gift = self.env["product.product"].create({"name": "Pen", "additional_product_tag_ids": tag.ids})
        self._assert_events(("promotion.changed", program), ("price.changed", gift.product_tmpl_id))

    def test_renamed_category(self):
        category = self.env["product.category"].create({"name": "Lights"})
        pricelist = self.env["product.pricelist"].create({"name": "Sale"})
        rule = self.env["product.pricelist.item"].create(
            {"pricelist_id": pricelist.id, "applied_on": "2_product_category", "categ_id": category.id}
        )
        self._forget_events()
        category.name = "Lamps"
        self._assert_events(("price.changed", rule))

    def test_lot(self):
        self.product.tracking = "lot"
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": self.product.id})
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.warehouse.lot_stock_id, 5, lot_id=lot
        )
        picking = self._order().picking_ids
        lot.name = "L2"
        self.assertNotIn("shipment.updated", self._sent())  # it is not shipped yet
        picking.move_ids.write({"quantity": 3, "picked": True})
        picking._action_done()
        self._forget_events()
        lot.name = "L3"
        self._assert_events(("shipment.updated", picking))

    def test_attribute_values(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Color", "value_ids": [Command.create({"name": name}) for name in ("Red", "Blue")]}
        )
        red, blue = attribute.value_ids
        template = self.env["product.template"].create(
            {
                "name": "Shade",
                "is_storable": True,
                "attribute_line_ids": [Command.create({"attribute_id": attribute.id, "value_ids": red.ids})],
            }
        )
        variant = template.product_variant_ids
        self.assertEqual(self._state(variant)["name"], "Shade")
        self._forget_events()
        template.attribute_line_ids.value_ids = red + blue
        self.assertIn((LEVEL, variant.id), {(each.event_type, each.res_id) for each in self._events()})
        self.assertEqual(self._state(variant)["name"], "Shade (Red)")
        self._forget_events()
        red.name = "Rose"
        self._assert_events((LEVEL, variant))
        self.assertEqual(self._state(variant)["name"], "Shade (Rose)")

    def test_promotion(self):
        tag = self.env["product.tag"].create({"name": "Summer"})
        program = self.env["loyalty.program"].create(
            {
                "name": "Points",
                "program_type": "loyalty",
                "rule_ids": [
                    Command.create({"product_ids": self.product.ids, "product_tag_id": tag.id}),
                ],
                "reward_ids": [Command.create({"reward_type": "product", "reward_product_tag_id": tag.id})],
            }
        )
        self._forget_events()
        tag.name = "Winter"
        self._assert_events(("promotion.changed", program))
        self.product.product_tmpl_id.product_tag_ids = tag
        self._assert_events(("promotion.changed", program))
        self.product.active = False
        self.assertIn("promotion.changed", self._sent())
        [rule] = self._state(program)["rules"]
        self.assertEqual(rule["products"]["products"], [])

    def test_an_address_for_another_customer(self):
        """The documents of an address, and of its addresses, are those of its customer."""
        other = self._partner("Bo", "bo@example.com")
        billing = self._partner("Billing", parent_id=self.customer.id, type="invoice")
        delivery = self._partner("Dock", parent_id=billing.id, type="delivery")
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 5)
        order = self._order(partner_id=delivery.id, partner_invoice_id=delivery.id)
        invoice = order._create_invoices()
        invoice.action_post()
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 3, "picked": True})
        picking._action_done()
        self._forget_events()
        documents = ("order.updated", order), ("invoice.updated", invoice), ("shipment.updated", picking)
        billing.parent_id = other
        self._assert_events(*documents, ("customer.updated", self.customer), ("customer.updated", other))
        self.assertEqual({self._state(record)["customer_id"] for _name, record in documents}, {str(other.id)})
        delivery.type = "contact"
        self.assertEqual(
            {self._state(record)["customer_id"] for _name, record in documents}, {str(delivery.id)}
        )
        names = {(each.event_type, each.res_id) for each in self._events()}
        self.assertLessEqual({(name, record.id) for name, record in documents}, names)

    def test_an_address_of_a_foreign_company(self):
        """The customer loses it in the company that it leaves."""
        company = self.env["res.company"].create({"name": "Other"})
        address = self._partner(
            "Dock",
            parent_id=self.customer.id,
            type="delivery",
            street="Quay 1",
            company_id=self.env.company.id,
        )
        self._forget_events()
        address.company_id = company
        self._assert_events(("customer.updated", self.customer))
        self.assertEqual(len(self._state(self.customer)["addresses"]), 1)

    def test_the_company_of_a_person(self):
        """It is one no more."""
        lamps = self._partner("Lamps Ltd", "lamps@example.com", is_company=True)
        person = self._partner("Di", "di@example.com", parent_id=lamps.id)
        self._forget_events()
        lamps.is_company = False
        self.assertLessEqual({lamps.id, person.id}, set(self._events().mapped("res_id")))
        self.assertEqual(self._state(person)["company_id"], "")

    def test_warehouses(self):
        """Each level names all warehouses."""
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "SEC"})
        level = (LEVEL, self.product)
        self.assertIn(self.product.id, self._events(event_type=LEVEL).mapped("res_id"))
        self._forget_events()
        for name, value in (("name", "Two"), ("code", "TWO"), ("active", False)):
            with self.subTest(name):
                second[name] = value
                self.assertIn(self.product.id, self._events(event_type=LEVEL).mapped("res_id"))
                self._forget_events()
        self.assertNotIn(
            str(second.id), {each["warehouse"]["id"] for each in self._state(level[1])["warehouses"]}
        )

    def test_a_location_leaves_its_warehouse(self):
        """Its stock is in no warehouse any more."""
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        self.env["stock.quant"]._update_available_quantity(self.product, shelf, 5)
        self._forget_events()
        shelf.location_id = self.env.ref("stock.stock_location_customers").location_id
        self.assertFalse(shelf.warehouse_id)
        self._assert_events((LEVEL, self.product))
