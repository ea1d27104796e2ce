"""All that is sent is watched: a change of a field that an event shows is an event."""

from odoo import Command
from odoo.tests import tagged

from ..common import ShopCase
from .not_sent import NOT_SENT
from .recorded_reads import recorded_reads
from .test_pos_order import PosCase

GROUPS = (
    "base.group_partner_manager",
    "product.group_product_manager",
    "sales_team.group_sale_manager",
    "stock.group_stock_manager",
)
FRAMEWORK = ("ir.",)


@tagged("post_install", "-at_install")
class TestWatched(ShopCase, PosCase):
    wanted = (
        "customer.updated",
        "invoice.updated",
        "order.placed",
        "order.updated",
        "price.changed",
        "promotion.changed",
        "shipment.updated",
        "stock.level_changed",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in GROUPS:
            cls.env.user.group_ids |= cls.env.ref(name)

    # -- what is read ------------------------------------------------------------------------------

    def _assert_watched(self, event_type, records, build=None):
        """Build the canonical form, and fail for each stored field that it reads and whose change is no event."""
        build = build or (lambda record: record._retail_canonical(event_type, {}))
        with recorded_reads(self.env) as reads:
            build(records.sudo())
        missed = {
            f"{model}.{name}"
            for model, name in reads
            if not self._is_covered(event_type, records, model, name)
        }
        self.assertFalse(missed, f"no event reports a change of {sorted(missed)}")

    def _is_covered(self, event_type, records, model_name, name):
        model = self.env[model_name]
        is_reported = (
            name == "id"
            or name in self._watched(event_type, model)
            or self._is_captured_list(event_type, model._fields[name])
        )
        leads_back = name in (
            getattr(model, "_retail_subject_field", None),
            *self._deciding(records, model_name),
        )
        return is_reported or leads_back or self._is_excepted(event_type, model_name, name)

    def _is_captured_list(self, event_type, field):
        """Return whether creating, changing and deleting a line is a change of the record that has the lines."""
        if field.type != "one2many":
            return False
        lines = self.env[field.comodel_name]
        if getattr(lines, "_retail_shown_in", {}).get(event_type, ("",))[0] == field.inverse_name:
            return True
        return (
            getattr(lines, "_retail_subject_field", None) == field.inverse_name
            and lines._retail_created_event == lines._retail_updated_event == event_type
        )

    def _watched(self, event_type, model):
        own = set()
        if getattr(model, "_retail_updated_event", None) == event_type:
            own |= model._retail_watched_fields()
        shown_in = getattr(model, "_retail_shown_in", {})
        return own | shown_in.get(event_type, ("", frozenset()))[1]

    def _deciding(self, records, model_name):
        """Return the fields that decide whether there is an event at all: those of its transitions."""
        transitions = getattr(self.env[model_name], "_retail_transitions", ())
        return {transition.field for transition in transitions} if model_name == records._name else set()

    def _is_excepted(self, event_type, model_name, name):
        if model_name.startswith(FRAMEWORK):
            return True
        return any(each.covers(event_type, model_name, name) for each in NOT_SENT)

    def test_customer(self):
        state = self.env.ref("base.state_us_5")
        address = {"street": "Kaai 7", "state_id": state.id, "country_id": state.country_id.id}
        company = self._partner("Lamps Ltd", "lamps@example.com", is_company=True, vat="BE0477472701")
        person = self._partner(
            **address,
            parent_id=company.id,
            phone="+32 470 12 34 56",
            lang="en_US",
            ref="C-1",
            barcode="042",
            website="https://example.com",
            category_id=[Command.create({"name": "VIP"})],
            child_ids=[Command.create({**address, "type": "delivery", "name": "At work"})],
        )
        self._assert_watched(
            "customer.updated", person + company, lambda partners: partners._retail_payloads()
        )

    def test_order(self):
        order = self._order(client_order_ref="PO 7", note="x")
        self._assert_watched("order.updated", order)

    def test_invoice(self):
        invoice = self._order(client_order_ref="PO 7")._create_invoices()
        invoice.action_post()
        self._assert_watched("invoice.updated", invoice)

    def test_shipment(self):
        self.product.is_storable = True
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 5)
        picking = self._order().picking_ids
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking._action_done()
        self.assertEqual(picking.state, "done")
        self._assert_watched("shipment.updated", picking)

    def test_till_order(self):
        partner = self._partner()
        sold = self._sell([(self.vase, 2)], customer=partner, shipping_date="2026-12-01")
        self._assert_watched("order.updated", sold)

    def test_price(self):
        pricelist = self.env["product.pricelist"].create({"name": "Sale"})
        values = {
            "pricelist_id": pricelist.id,
            "applied_on": "0_product_variant",
            "product_id": self.product.id,
        }
        category = {"applied_on": "2_product_category", "categ_id": self.categ_basic.id}
        rules = self.env["product.pricelist.item"].create(
            [
                {**values, "fixed_price": 5},
                {**values, **category, "compute_price": "percentage", "percent_price": 5},
                {
                    **values,
                    "compute_price": "formula",
                    "base": "pricelist",
                    "base_pricelist_id": pricelist.copy().id,
                },
            ]
        )
        for rule in rules:
            self._assert_watched("price.changed", rule)
        self._assert_watched("price.changed", self.product.product_tmpl_id)

    def test_promotion(self):
        program = self.env["loyalty.program"].create(
            {
                "name": "Points",
                "program_type": "loyalty",
                "rule_ids": [Command.create({"product_ids": self.product.ids})],
                "reward_ids": [
                    Command.create({"reward_type": "product", "reward_product_id": self.product.id}),
                    Command.create({"discount": 10}),
                ],
            }
        )
        self._assert_watched("promotion.changed", program)

    def test_stock_level(self):
        self.product.is_storable = True
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 5)
        self._assert_watched(
            "stock.level_changed", self.product, lambda products: products._retail_payloads()
        )
