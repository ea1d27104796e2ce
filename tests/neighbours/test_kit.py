"""Kits (``mrp``): the order has what is sold, the shipment and the stock levels have its components."""

from odoo import fields

from ..source.test_pos_order import PosCase
from ..source.test_stock_picking import TestStockPicking
from .common import amounts, make_kit, needs_neighbours

LEVEL = "stock.level_changed"


@needs_neighbours
class TestKitOrder(TestStockPicking):
    wanted = (*TestStockPicking.wanted, "invoice.posted", LEVEL)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kit = make_kit(
            cls.env,
            "Lamp set",
            "SET",
            {cls.lamp: 1, cls.bulb: 2},
            list_price=19.99,
            taxes_id=cls.tax.ids,
            invoice_policy="delivery",
        )

    def _order_of_kits(self, quantity=3, product=None):
        order = self._quotation(quantity, {"product_id": (product or self.kit).id})
        order.action_confirm()
        return order

    def _lines(self, picking, event_type=None):
        """Return SKU, quantity and order line of each line that is sent of a transfer."""
        lines = self._payload(picking, event_type)["lines"]
        return [(line["sku"], line["quantity"], line["order_line_id"]) for line in lines]

    def test_ordered(self):
        sent = self._payload(self._order_of_kits())
        [line] = sent["lines"]
        self.assertEqual((line["sku"], line["kind"], line["quantity"]), ("SET", "product", "3"))
        self.assertEqual(amounts(line), ("59.97", "12.59", "72.56"))
        self.assertEqual(amounts(sent), ("59.97", "12.59", "72.56"))

    def test_shipped(self):
        """The components, each with the order line of the kit; the kit itself is not shipped."""
        order = self._order_of_kits()
        self._validate(order.picking_ids)
        ordered = str(order.order_line.id)
        self.assertEqual(self._lines(order.picking_ids), [("LAMP", "3", ordered), ("BULB", "6", ordered)])
        [event] = self._events(order.picking_ids)
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self.assertEqual(order.order_line.qty_delivered, 3)

    def test_kit_of_kits(self):
        outer = make_kit(self.env, "Gift", "GIFT", {self.kit: 2, self.bulb: 1})
        order = self._order_of_kits(2, outer)
        self._validate(order.picking_ids)
        ordered = str(order.order_line.id)
        lines = self._lines(order.picking_ids)
        self.assertEqual({line[2] for line in lines}, {ordered})
        self.assertEqual(
            sorted((sku, float(quantity)) for sku, quantity, _ordered in lines),
            [("BULB", 2), ("BULB", 8), ("LAMP", 4)],
        )

    def test_shipped_in_parts(self):
        order = self._order_of_kits()
        first = order.picking_ids
        self._validate(first, 2)
        rest = order.picking_ids - first
        ordered = str(order.order_line.id)
        self.assertEqual(self._lines(first), [("LAMP", "2", ordered), ("BULB", "2", ordered)])
        self._validate(rest)
        self.assertEqual(self._lines(rest), [("LAMP", "1", ordered), ("BULB", "4", ordered)])
        self.assertEqual(self._payload(rest)["backorder_of_id"], str(first.id))

    def test_returned(self):
        order = self._order_of_kits()
        self._validate(order.picking_ids)
        returned = self._return(order.picking_ids, 1, 2)
        self._validate(returned)
        ordered = str(order.order_line.id)
        self.assertEqual(
            self._lines(returned, "return.received"), [("LAMP", "1", ordered), ("BULB", "2", ordered)]
        )
        self.assertEqual(order.order_line.qty_delivered, 2)

    def test_invoiced(self):
        """What was delivered of the kit, not its components."""
        order = self._order_of_kits()
        self._validate(order.picking_ids)
        invoice = order._create_invoices()
        invoice.action_post()
        sent = self._payload(invoice)
        [line] = sent["lines"]
        self.assertEqual(
            (line["sku"], line["quantity"], line["order_line_ids"]), ("SET", "3", [str(order.order_line.id)])
        )
        self.assertEqual(amounts(sent), ("59.97", "12.59", "72.56"))

    def test_stock_levels(self):
        """Of the components, which are reserved and then gone."""
        self._forget_events()
        order = self._order_of_kits()
        changed = self._events(event_type=LEVEL).mapped("res_id")
        self.assertEqual(sorted(changed), sorted((self.lamp + self.bulb).ids))
        self._validate(order.picking_ids)
        payloads = (self.lamp + self.bulb)._retail_payloads()
        levels = {
            payload["sku"]: next(
                level for level in payload["warehouses"] if level["warehouse"]["code"] == self.warehouse.code
            )
            for payload, _warnings in payloads.values()
        }
        self.assertEqual((levels["LAMP"]["on_hand"], levels["BULB"]["on_hand"]), ("97", "94"))

    def test_a_kit_has_no_level_of_its_own(self):
        """Nothing of it is ever in stock: a level of 0 would make it sold out everywhere."""
        self.kit.is_storable = True
        single = self._stocked(self._product("Single", "SINGLE"))
        self._forget_events()
        (self.kit + single).write({"default_code": "NEW"})
        self.assertEqual(self._events(event_type=LEVEL).mapped("res_id"), single.ids)
        products = self.env["product.product"]
        mine = fields.Domain("id", "in", (self.kit + single + self.lamp).ids)
        self.assertEqual(products.search(products._retail_subject_domain() & mine), single + self.lamp)


@needs_neighbours
class TestKitAtTheTill(PosCase):
    wanted = ("order.placed", "refund.issued", "settlement.closed", LEVEL)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stock = cls.config.picking_type_id.default_location_src_id
        for product in (cls.lamp, cls.vase):
            product.is_storable = True
            cls.env["stock.quant"]._update_available_quantity(product, cls.stock, 50)
        cls.kit = make_kit(
            cls.env,
            "Lamp and vase",
            "PAIR",
            {cls.lamp: 1, cls.vase: 2},
            list_price=33.0,
            taxes_id=cls.taxes["tax10"].ids,
            available_in_pos=True,
            categ_id=cls.categ_basic.id,
        )

    def test_sold_taken_back_and_closed(self):
        self._forget_events()
        order = self._sell([(self.kit, 3)])
        sent = self._events(order).payload
        [line] = sent["lines"]
        self.assertEqual((line["sku"], line["quantity"], line["total"]), ("PAIR", "3", "99.00"))
        self.assertEqual(amounts(sent), ("90.00", "9.00", "99.00"))
        refund = self._sell([self._returned(order.lines, 1)], is_refund=True)
        [sent] = self._events(refund).mapped("payload")
        self.assertEqual((sent["lines"][0]["sku"], sent["total"]), ("PAIR", "33.00"))
        self.pos_session.post_closing_cash_details(166)
        self.pos_session.close_session_from_ui()
        [settlement] = self._events(self.pos_session).mapped("payload")
        self.assertEqual(amounts(settlement), ("60.00", "6.00", "66.00"))
        self.assertEqual(
            set(self._events(event_type=LEVEL).mapped("res_id")), set((self.lamp + self.vase).ids)
        )
        self.assertEqual((self.lamp.qty_available, self.vase.qty_available), (48, 46))
