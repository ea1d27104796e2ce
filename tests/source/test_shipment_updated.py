"""Shipping is the order's: what leaves from several warehouses adds up, and what is corrected later is sent again."""

from odoo.tests import tagged

from .test_stock_picking import PickingCase


@tagged("post_install", "-at_install")
class TestShipmentUpdated(PickingCase):
    wanted = ("shipment.confirmed", "shipment.updated", "return.initiated", "return.received")

    def _sent_of(self, picking):
        """Return ``(event types, shipping of the order)`` since the last call."""
        events = self._events(picking)
        found = events.mapped("event_type"), self._state(picking)["order_shipping"]
        self._forget_events()
        return found

    def _of_two_warehouses(self):
        """Return the transfers of one order that leave from two warehouses."""
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "SEC"})
        self.env["stock.quant"]._update_available_quantity(self.bulb, second.lot_stock_id, 100)
        order = self._order(1, 1)
        first = order.picking_ids
        other = first.copy(
            {
                "picking_type_id": second.out_type_id.id,
                "location_id": second.lot_stock_id.id,
                "move_ids": [],
            }
        )
        move = first.move_ids.filtered(lambda move: move.product_id == self.bulb)
        move._do_unreserve()
        move.write({"picking_id": other.id, "location_id": second.lot_stock_id.id, "warehouse_id": second.id})
        (first + other).action_assign()
        self.assertEqual(order.picking_ids, first + other)
        return first, other

    def test_two_warehouses(self):
        first, other = self._of_two_warehouses()
        self._validate(first)
        self.assertEqual(
            self._sent_of(first), (["shipment.confirmed"], {"status": "partial", "tracking_numbers": []})
        )
        self._validate(other)
        self.assertEqual(
            self._sent_of(other), (["shipment.confirmed"], {"status": "shipped", "tracking_numbers": []})
        )

    def test_the_rest_is_cancelled(self):
        first, other = self._of_two_warehouses()
        self._validate(first)
        self._forget_events()
        other.action_cancel()
        self.assertEqual(
            self._sent_of(first), (["shipment.updated"], {"status": "shipped", "tracking_numbers": []})
        )

    def test_a_backorder_that_is_still_to_be_picked(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._order(3)
        self._validate(order.picking_ids, 1)
        shipment = order.picking_ids.filtered(lambda each: each.location_dest_id == self.customers)
        self._validate(shipment)
        self.assertEqual(self._sent_of(shipment)[1]["status"], "partial")

    def test_a_quantity_that_is_corrected(self):
        picking = self._deliver(3)
        self._forget_events()
        picking.is_locked = False
        picking.move_ids.quantity = 2
        self.assertEqual(self._sent(picking), ["shipment.updated"])
        self.assertEqual(self._state(picking)["lines"][0]["quantity"], "2")

    def test_a_serial_number_that_comes_later(self):
        picking = self._deliver(1)
        self._forget_events()
        lot = self.env["stock.lot"].create({"name": "L-7", "product_id": self.lamp.id})
        picking.move_line_ids.lot_id = lot
        self.assertEqual(self._sent(picking), ["shipment.updated"])
        self.assertEqual(self._state(picking)["lines"][0]["lots"], [{"number": "L-7", "quantity": "1"}])

    def test_dropshipping(self):
        """Goods that a vendor sends to the customer of an order."""
        order = self._order(1)
        self._validate(order.picking_ids)
        self._forget_events()
        dropshipment = self._transfer(self.suppliers, self.customers, self.warehouse.out_type_id)
        dropshipment.sale_id = order
        self._validate(dropshipment)
        self.assertEqual(
            self._sent_of(dropshipment),
            (["shipment.confirmed"], {"status": "shipped", "tracking_numbers": []}),
        )
