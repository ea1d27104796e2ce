"""Shipping is the order's: what leaves from several warehouses adds up, and what is corrected later is sent again."""

from odoo import Command
from odoo.tests import Form, tagged

from .test_stock_picking import PickingCase


@tagged("post_install", "-at_install")
class TestShipmentUpdated(PickingCase):
    wanted = (
        "shipment.confirmed",
        "shipment.updated",
        "return.initiated",
        "return.received",
        "return.updated",
    )

    def _sent_of(self, picking):
        """Return ``(event types, shipping of the order)`` since the last call."""
        events = self._events(picking)
        found = events.mapped("event_type"), self._state(picking)["order_shipping"]
        self._forget_events()
        return found

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

    def test_more_is_ordered(self):
        """What was shipped in full is so no more: by a larger quantity, by another line."""
        for add in (self._enlarge, self._add_bulb):
            shipment = self._deliver(3)
            self.assertEqual(self._state(shipment)["order_shipping"]["status"], "shipped")
            self._forget_events()
            add(shipment.sale_id)
            self.assertEqual(
                self._sent_of(shipment), (["shipment.updated"], {"status": "partial", "tracking_numbers": []})
            )

    def _enlarge(self, order):
        order.order_line.product_uom_qty = 5

    def _add_bulb(self, order):
        order.order_line = [Command.create({"product_id": self.bulb.id, "product_uom_qty": 1})]

    def test_a_backorder_adds_nothing(self):
        first, other = self._of_two_warehouses()
        self._validate(first)
        other.move_ids.product_uom_qty = 3
        self._forget_events()
        self._validate(other, 1)
        self.assertEqual(self._sent(first), [])
        self.assertEqual(self._sent_of(other)[0], ["shipment.confirmed"])

    def test_the_order_is_cancelled(self):
        """Its rest is cancelled with it: nothing more is to be shipped."""
        order = self._order(5)
        first = order.picking_ids
        self._validate(first, 2)
        self._forget_events()
        order._action_cancel()
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

    def test_a_product_that_is_added(self):
        """To a transfer that is done: as a line of it, as a move, or as what was moved."""
        for add in (self._add_line, self._add_move, self._add_move_line):
            with self.subTest(add.__name__):
                picking = self._deliver(3)
                self._forget_events()
                picking.is_locked = False
                add(picking)
                self.assertEqual(self._sent(picking), ["shipment.updated"])
                lines = self._state(picking)["lines"]
                self.assertEqual(
                    [(line["sku"], line["quantity"]) for line in lines], [("LAMP", "3"), ("BULB", "2")]
                )

    def _add_line(self, picking):
        with Form(picking) as form, form.move_ids.new() as line:
            line.product_id = self.bulb
            line.quantity = 2

    def _add_move(self, picking):
        return self.env["stock.move"].create({**self._bulb_of(picking), "product_uom_qty": 2, "quantity": 2})

    def _add_move_line(self, picking):
        self.env["stock.move.line"].create({**self._bulb_of(picking), "quantity": 2})

    def _bulb_of(self, picking):
        return {
            "picking_id": picking.id,
            "product_id": self.bulb.id,
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
        }

    def test_a_product_that_is_added_to_what_is_not_shipped(self):
        self._forget_events()
        picking = self._order(3).picking_ids
        self._add_move(picking)
        self.assertFalse(self._events(picking))

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

    # -- returns -----------------------------------------------------------------------------------

    def _received(self, quantity=2, *, counted=None):
        """Return a return of so many lamps, which are here; of less than planned if fewer were counted."""
        back = self._return(self._deliver(3), quantity)
        self._validate(back, counted)
        self.assertEqual(self._sent(back), ["return.initiated", "return.received"])
        self._forget_events()
        back.is_locked = False
        return back

    def _sent_of_return(self, back):
        """Return what was sent since the last call, of whatever record, and the return as it is sent now."""
        sent = [(each.event_type, each.res_id) for each in self._events()]
        self._forget_events()
        self.assertEqual(sent, [("return.updated", back.id)])
        return self._state(back)

    def test_a_returned_quantity_that_is_corrected(self):
        back = self._received()
        back.move_ids.quantity = 1
        sent = self._sent_of_return(back)
        self.assertEqual(
            (sent["status"], [line["quantity"] for line in sent["lines"]], sent["has_backorder"]),
            ("received", ["1"], False),
        )
        back.move_ids.quantity = 1
        self.assertEqual(self._sent(), [])

    def test_a_returned_product_that_is_added(self):
        back = self._received()
        self._add_move(back)
        sent = self._sent_of_return(back)
        self.assertEqual(
            [(line["sku"], line["quantity"]) for line in sent["lines"]], [("LAMP", "2"), ("BULB", "2")]
        )

    def test_what_is_known_of_a_return_later(self):
        """Its serial number, its reason, whether it is refunded, who it is from."""
        back = self._received(1)
        lot = self.env["stock.lot"].create({"name": "L-7", "product_id": self.lamp.id})
        back.move_line_ids.lot_id = lot
        self.assertEqual(self._sent_of_return(back)["lines"][0]["lots"], [{"number": "L-7", "quantity": "1"}])
        lot.name = "L-8"
        self.assertEqual(self._sent_of_return(back)["lines"][0]["lots"][0]["number"], "L-8")
        back.retail_reason = "Broken"
        self.assertEqual(self._sent_of_return(back)["reason"], "Broken")
        back.move_ids.to_refund = False
        self.assertFalse(self._sent_of_return(back)["lines"][0]["is_refunded"])

    def test_the_rest_of_a_return_is_cancelled(self):
        back = self._received(counted=1)
        self.assertTrue(self._state(back)["has_backorder"])
        back.backorder_ids.action_cancel()
        self.assertEqual(self._sent(back), ["return.updated"])
        self.assertFalse(self._state(back)["has_backorder"])

    def test_a_return_is_sent_again(self):
        """By Resync, and when it is read for sending, as what it is: no shipment."""
        back = self._received()
        self.assertEqual(self._state(back)["shipment_id"], str(back.move_ids.move_orig_ids.picking_id.id))
        self.env["retail.sync.state"]._resync(back)
        self.assertEqual(self._sent(back), ["return.updated"])
