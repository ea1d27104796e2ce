"""Carriers (``stock_delivery``): what shipping costs is a line of the order, and the shipment says who brings it."""

from unittest.mock import patch

from odoo.tests import Form

from ..source.test_stock_picking import PickingCase, TestStockPicking
from .common import amounts, needs_neighbours


@needs_neighbours
class TestShipping(TestStockPicking):
    wanted = (*TestStockPicking.wanted, "order.updated", "invoice.posted")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lamp.list_price = 40
        shipping = cls.env["product.product"].create(
            {"name": "Shipping", "default_code": "SHIP", "type": "service", "taxes_id": cls.tax.ids}
        )
        cls.carrier = cls.env["delivery.carrier"].create(
            {
                "name": "Post",
                "product_id": shipping.id,
                "delivery_type": "fixed",
                "fixed_price": 5.95,
                "free_over": True,
                "amount": 100,
            }
        )

    def _shipped_order(self, quantity):
        """Return a confirmed order to which somebody added shipping as the button of the order does."""
        order = self._quotation(quantity)
        self._add_shipping(order)
        order.action_confirm()
        return order

    def _add_shipping(self, order):
        action = order.action_open_delivery_wizard()
        wizard = Form(self.env["choose.delivery.carrier"].with_context(**action["context"]))
        wizard.carrier_id = self.carrier
        wizard.save().button_confirm()

    def test_shipping_costs(self):
        order = self._shipped_order(2)
        sent = self._payload(order)
        self.assertEqual(
            [(line["kind"], line["sku"], *amounts(line)) for line in sent["lines"]],
            [
                ("product", "LAMP", "80.00", "16.80", "96.80"),
                ("delivery", "SHIP", "5.95", "1.25", "7.20"),
            ],
        )
        self.assertEqual(amounts(sent), ("85.95", "18.05", "104.00"))

    def test_free_above_an_amount(self):
        """The line stays, and costs nothing."""
        sent = self._payload(self._shipped_order(3))
        self.assertEqual(
            [(line["kind"], *amounts(line)) for line in sent["lines"]],
            [("product", "120.00", "25.20", "145.20"), ("delivery", "0.00", "0.00", "0.00")],
        )
        self.assertEqual(amounts(sent), ("120.00", "25.20", "145.20"))

    def test_added_after_the_order_was_placed(self):
        order = self._order(1)
        self._forget_events()
        self._add_shipping(order)
        self.assertEqual(self._sent(order), ["order.updated"])
        payload, _warnings = order._retail_payloads()[order.id]
        self.assertEqual([line["kind"] for line in payload["lines"]], ["product", "delivery"])
        self.assertEqual(payload["total"], "55.60")

    def test_invoiced(self):
        order = self._shipped_order(2)
        self._validate(order.picking_ids)
        invoice = order._create_invoices()
        invoice.action_post()
        sent = self._payload(invoice)
        self.assertEqual([line["kind"] for line in sent["lines"]], ["product", "delivery"])
        self.assertEqual(amounts(sent), ("85.95", "18.05", "104.00"))

    def test_tracking_number_of_a_clerk(self):
        picking = self._shipped_order(2).picking_ids
        picking.carrier_tracking_ref = "T-7"
        self._validate(picking)
        sent = self._payload(picking)
        self.assertEqual((sent["carrier"], sent["tracking_number"]), ("Post", "T-7"))
        self.assertEqual([line["sku"] for line in sent["lines"]], ["LAMP"])

    def test_several_tracking_numbers(self):
        """Odoo has one field for all parcels. Each number is sent once, on its own."""
        picking = self._shipped_order(2).picking_ids
        self._validate(picking)
        for text in ("T1,T2", "T1, T2", "T1;T2", "T1 T2", "T1\r\nT2\n", " ,T1,, T2,T1;"):
            with self.subTest(text):
                picking.carrier_tracking_ref = text
                payload, _warnings = picking._retail_payloads()[picking.id]
                self.assertEqual(payload["order_shipping"]["tracking_numbers"], ["T1", "T2"])
                self.assertEqual(payload["tracking_number"], "T1, T2")

    def test_tracking_number_of_the_carrier(self):
        """It is asked for after the transfer is done, and in the same transaction."""
        self.warehouse.out_type_id.print_label = True
        self.carrier.integration_level = "rate_and_ship"
        picking = self._shipped_order(2).picking_ids
        answer = [{"exact_price": 5.95, "tracking_number": "T-8"}]
        with patch.object(
            type(self.carrier), "fixed_send_shipping", autospec=True, return_value=answer
        ) as asked:
            self._validate(picking)
        asked.assert_called_once()
        sent = self._payload(picking)
        self.assertEqual((sent["carrier"], sent["tracking_number"]), ("Post", "T-8"))


@needs_neighbours
class TestLateTracking(PickingCase):
    """A tracking number that is typed after the transfer was validated."""

    wanted = ("shipment.confirmed", "shipment.updated")

    def _type(self, picking, numbers):
        """Type tracking numbers, and return what was sent of that: ``(event type, own numbers, the order's)``."""
        self._forget_events()
        with Form(picking) as form:
            form.carrier_tracking_ref = numbers
        sent = self._state(picking)
        return (
            self._sent(picking),
            sent["tracking_number"],
            sent["order_shipping"]["tracking_numbers"],
        )

    def test_is_sent(self):
        picking = self._deliver(3)
        self.assertEqual(self._type(picking, "T-7"), (["shipment.updated"], "T-7", ["T-7"]))
        self.assertEqual(self._type(picking, "T-8"), (["shipment.updated"], "T-8", ["T-8"]))
        self.assertEqual(self._type(picking, "T-8"), ([], "T-8", ["T-8"]))

    def test_adds_up_at_the_order(self):
        """Of two transfers, each has its own numbers, and the order those of both."""
        first, other = self._of_two_warehouses()
        self._validate(first)
        self._validate(other)
        self.assertEqual(self._type(first, "T-1"), (["shipment.updated"], "T-1", ["T-1"]))
        self.assertEqual(
            self._type(other, "T-2 T-3"), (["shipment.updated"], "T-2, T-3", ["T-1", "T-2", "T-3"])
        )
        self.assertEqual(self._state(first)["order_shipping"]["tracking_numbers"], ["T-1", "T-2", "T-3"])
