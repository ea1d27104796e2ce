"""All that is sent is watched: a change of a field that an event shows is an event."""

from odoo import Command
from odoo.tests import tagged

from ..common import ShopCase
from .test_pos_order import PosCase
from .watched import WatchedCase

GROUPS = (
    "base.group_partner_manager",
    "product.group_product_manager",
    "sales_team.group_sale_manager",
    "stock.group_stock_manager",
)


class WatchedShop(WatchedCase, ShopCase, PosCase):
    """A shop with a till, and what the tests do in it."""

    wanted = (
        "customer.updated",
        "invoice.updated",
        "order.placed",
        "order.updated",
        "price.changed",
        "promotion.changed",
        "return.updated",
        "shipment.updated",
        "stock.level_changed",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in GROUPS:
            cls.env.user.group_ids |= cls.env.ref(name)

    def _of_addresses(self, **values):
        """Return an order whose customer and delivery address are addresses, and of addresses."""
        billing = self._partner(parent_id=self.customer.id, type="invoice")
        delivery = self._partner(parent_id=billing.id, type="delivery")
        return self._order(partner_id=billing.id, partner_shipping_id=delivery.id, **values)

    def _shipped(self):
        """Return a done shipment of one lot, and the lot."""
        self.product.write({"is_storable": True, "tracking": "lot"})
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": self.product.id})
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.warehouse.lot_stock_id, 5, lot_id=lot
        )
        picking = self._of_addresses().picking_ids
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking._action_done()
        self.assertEqual((picking.state, picking.move_line_ids.lot_id), ("done", lot))
        return picking, lot

    def _returned_picking(self, picking):
        """Return the return of all that a shipment brought."""
        wizard = self.env["stock.return.picking"].with_context(
            active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
        )
        return picking.browse(wizard.create({}).action_create_returns_all()["res_id"])


@tagged("post_install", "-at_install")
class TestWatched(WatchedShop):
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
            "customer.updated", person + company, build=lambda partners: partners._retail_payloads()
        )

    def test_order(self):
        order = self._of_addresses(client_order_ref="PO 7", note="x")
        self._assert_watched("order.updated", order)

    def test_invoice(self):
        order = self._of_addresses(client_order_ref="PO 7")
        invoice = order._create_invoices()
        invoice.partner_id = order.partner_shipping_id
        invoice.action_post()
        self._pay(invoice)
        self._assert_watched("invoice.updated", invoice)

    def _pay(self, invoice):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"amount": 20})._create_payments()

    def test_shipment(self):
        picking, lot = self._shipped()
        self._assert_watched("shipment.updated", picking)
        back = self._returned_picking(picking)
        back.move_ids.picked = True
        back._action_done()
        self.assertEqual((back.state, back.move_line_ids.lot_id), ("done", lot))
        self._assert_watched("return.updated", back)

    def test_till_order(self):
        partner = self._partner()
        sold = self._sell([(self.vase, 2)], customer=partner, shipping_date="2026-12-01")
        self._assert_watched("order.updated", sold)
        invoiced = self._sell([(self.vase, 2)], customer=partner, is_invoiced=True)
        self._assert_watched("invoice.updated", invoiced.account_move)

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
        self._assert_watched("price.changed", rules, self.product.product_tmpl_id + self._variants())

    def test_promotion(self):
        category = self.env["product.category"].create({"name": "Lights"})
        variant = self._variants().product_variant_ids[0]
        tag = self.env["product.tag"].create(
            {
                "name": "Summer",
                "product_template_ids": self.product.product_tmpl_id.ids,
                "product_product_ids": variant.ids,
            }
        )
        program = self.env["loyalty.program"].create(
            {
                "name": "Points",
                "program_type": "loyalty",
                "rule_ids": [
                    Command.create(
                        {
                            "product_ids": self.product.ids,
                            "product_category_id": category.id,
                            "product_tag_id": tag.id,
                        }
                    )
                ],
                "reward_ids": [
                    Command.create({"reward_type": "product", "reward_product_id": self.product.id}),
                    Command.create({"reward_type": "product", "reward_product_tag_id": tag.id}),
                    Command.create({"discount": 10}),
                    Command.create(
                        {
                            "discount": 10,
                            "discount_applicability": "specific",
                            "discount_product_ids": self.product.ids,
                            "discount_product_category_id": category.id,
                            "discount_product_tag_id": tag.id,
                        }
                    ),
                ],
            }
        )
        self._assert_watched("promotion.changed", program)

    # -- facts that no state event repeats ---------------------------------------------------------

    def test_credit_note(self):
        invoice = self._order(client_order_ref="PO 7")._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        partial = invoice.line_ids.matched_credit_ids
        self._assert_watched(
            "invoice.paid",
            invoice,
            build=lambda paid: paid._retail_canonical("invoice.paid", partial._retail_details()),
            reported_by="invoice.updated",
        )
        credit_note = invoice._reverse_moves([{"ref": "Broken"}])
        credit_note.action_post()
        self._assert_watched("refund.issued", credit_note)

    def test_return_that_is_planned(self):
        back = self._returned_picking(self._shipped()[0])
        self._assert_watched("return.initiated", back)

    def test_payment(self):
        order = self._order()
        method = self.env.ref("payment.payment_method_unknown")
        provider = self.env["payment.provider"].create(
            {"name": "Card", "code": "none", "state": "test", "payment_method_ids": method.ids}
        )
        values = {
            "provider_id": provider.id,
            "payment_method_id": method.id,
            "currency_id": order.currency_id.id,
            "partner_id": self.customer.id,
        }
        payment = self.env["payment.transaction"].create(
            {**values, "amount": 20, "reference": "TX-1", "sale_order_ids": order.ids}
        )
        refund = self.env["payment.transaction"].create(
            {
                **values,
                "amount": -20,
                "reference": "TX-2",
                "operation": "refund",
                "source_transaction_id": payment.id,
            }
        )
        self._assert_watched("payment.failed", payment)
        self._assert_watched("payment.refunded", refund)

    def test_refund_of_a_till(self):
        sold = self._sell([(self.vase, 2)], customer=self.customer)
        refund = self._sell([self._returned(sold.lines, 1)], customer=self.customer, is_refund=True)
        self._assert_watched("refund.issued", refund)

    def test_settlement(self):
        self._sell([(self.vase, 2)], customer=self.customer)
        self.pos_session.post_closing_cash_details(120)
        self.pos_session.close_session_from_ui()
        self._assert_watched("settlement.closed", self.pos_session)

    def test_points(self):
        program = self.env["loyalty.program"].create({"name": "Points", "program_type": "loyalty"})
        card = self.env["loyalty.card"].create({"program_id": program.id, "partner_id": self.customer.id})
        order = self._order()
        change = {"points": "1", "order_model": order._name, "order_id": order.id}

        def build(event_type, **details):
            return lambda card: card._retail_canonical(
                event_type, {"card": card._retail_identity(), **details}
            )

        self._assert_watched("loyalty.enrolled", card, build=build("loyalty.enrolled"))
        self._assert_watched("loyalty.earned", card, build=build("loyalty.earned", **change))

    # -- states ------------------------------------------------------------------------------------

    def test_stock_level(self):
        self.product.is_storable = True
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 5)
        variant = self._variants().product_variant_ids[0]
        self._assert_watched(
            "stock.level_changed", self.product + variant, build=lambda products: products._retail_payloads()
        )

    def _variants(self):
        """Return a product (template) with two variants."""
        attribute = self.env["product.attribute"].create(
            {"name": "Color", "value_ids": [Command.create({"name": name}) for name in ("Red", "Blue")]}
        )
        line = {"attribute_id": attribute.id, "value_ids": attribute.value_ids.ids}
        return self.env["product.template"].create(
            {"name": "Shade", "is_storable": True, "attribute_line_ids": [Command.create(line)]}
        )
