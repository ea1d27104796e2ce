"""Shipments and returns: what leaves for a customer and comes back is sent, in Odoo's own quantities."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..common import UNREADABLE, EventCase, ShopCase


class PickingCase(ShopCase, EventCase):
    """Transfers of lamps and bulbs, of which there are enough."""

    wanted = ("order.placed", "shipment.confirmed", "return.initiated", "return.received")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address = cls.env["res.partner"].create(
            {
                "name": "Ann's Shop",
                "type": "delivery",
                "parent_id": cls.customer.id,
                "street": "Kaai 7",
                "city": "Ghent",
                "zip": "9000",
                "country_id": cls.env.ref("base.be").id,
            }
        )
        cls.stock = cls.warehouse.lot_stock_id
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.suppliers = cls.env.ref("stock.stock_location_suppliers")
        cls.lamp = cls._stocked(cls.product)
        cls.bulb = cls._stocked(cls._product("Bulb", "BULB"))

    @classmethod
    def _product(cls, name, sku, **values):
        return super()._product(name, sku, is_storable=True, **values)

    @classmethod
    def _stocked(cls, product):
        cls.env["stock.quant"]._update_available_quantity(product, cls.stock, 100)
        return product

    def _order(self, *quantities):
        """Return a confirmed order of so many lamps, and bulbs."""
        lines = [
            Command.create({"product_id": product.id, "product_uom_qty": quantity})
            for product, quantity in zip((self.lamp, self.bulb), quantities, strict=False)
        ]
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "partner_shipping_id": self.address.id, "order_line": lines}
        )
        order.action_confirm()
        return order

    def _validate(self, picking, quantity=None, *, with_backorder=True):
        """Press "Validate", for less than planned if a quantity is given, and answer what is asked."""
        for move in picking.move_ids:
            move.write({"quantity": move.product_uom_qty if quantity is None else quantity, "picked": True})
        asked = picking.button_validate()
        if asked is not True and asked.get("res_model") == "stock.backorder.confirmation":
            wizard = Form.from_action(self.env, asked).save()
            wizard = wizard.with_context(**asked["context"])
            wizard.process() if with_backorder else wizard.process_cancel_backorder()
        self.assertEqual(picking.state, "done")

    def _deliver(self, *quantities):
        """Return the shipment of an order of so many lamps, and bulbs."""
        picking = self._order(*quantities).picking_ids
        self._validate(picking)
        return picking

    def _return(self, picking, *quantities, action="action_create_returns"):
        """Have the wizard make a return of so much of each line."""
        context = {"active_id": picking.id, "active_ids": picking.ids, "active_model": "stock.picking"}
        wizard = self.env["stock.return.picking"].with_context(**context).create({})
        for line, quantity in zip(wizard.product_return_moves, quantities, strict=True):
            line.quantity = quantity
        return self.env["stock.picking"].browse(getattr(wizard, action)()["res_id"])

    def _transfer(self, source, destination, picking_type, quantity=1, partner=None):
        pickings = self.env["stock.picking"].with_company(picking_type.company_id)
        picking = pickings.create(
            {
                "picking_type_id": picking_type.id,
                "partner_id": partner and partner.id,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.lamp.id,
                            "product_uom_qty": quantity,
                            "location_id": source.id,
                            "location_dest_id": destination.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        return picking

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

    def _payload(self, picking, event_type=None):
        [event] = self._events(picking, event_type)
        return event.payload


@tagged("post_install", "-at_install")
class TestStockPicking(PickingCase):
    # -- shipments ---------------------------------------------------------------------------------

    def test_shipment(self):
        order = self._order(3, 2)
        [placed] = self._events(order, "order.placed")
        picking = order.picking_ids
        self.assertEqual(self._sent(picking), [])
        self._validate(picking)
        [event] = self._events(picking)
        self.assertEqual((event.event_type, event.kind), ("shipment.confirmed", "fact"))
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self.assertEqual(event.causation_id, placed.uuid)
        self.assertLess(abs((event.occurred_at - picking.date_done).total_seconds()), 2)
        lamps, bulbs = picking.move_ids.sorted("id")
        line = {"unit": "Units", "lots": []}
        self.assertEqual(
            event.payload,
            {
                "id": str(picking.id),
                "number": picking.name,
                "order": {"id": str(order.id), "number": order.name, "channel": "sales"},
                "customer_id": str(self.customer.id),
                "company": self.env.company.name,
                "warehouse": {
                    "id": str(self.warehouse.id),
                    "code": self.warehouse.code,
                    "name": self.warehouse.name,
                },
                "carrier": "",
                "tracking_number": "",
                "shipped_at": f"{picking.date_done.isoformat()}Z",
                "delivery_address": {
                    "kind": "delivery",
                    "name": "Ann's Shop",
                    "street": "Kaai 7",
                    "street2": "",
                    "city": "Ghent",
                    "postal_code": "9000",
                    "region": "",
                    "country": "BE",
                },
                "lines": [
                    {
                        "id": str(lamps.id),
                        "order_line_id": str(order.order_line[0].id),
                        "product_id": str(self.lamp.id),
                        "sku": "LAMP",
                        "name": "Lamp",
                        "quantity": "3",
                        **line,
                    },
                    {
                        "id": str(bulbs.id),
                        "order_line_id": str(order.order_line[1].id),
                        "product_id": str(self.bulb.id),
                        "sku": "BULB",
                        "name": "Bulb",
                        "quantity": "2",
                        **line,
                    },
                ],
                "has_backorder": False,
                "backorder_of_id": "",
                "order_shipping": {"status": "shipped", "tracking_numbers": []},
            },
        )

    def test_carrier(self):
        """They are fields of another module, which may be there."""
        values = {"carrier_id": self.env["res.partner"].new({"name": "Post"}), "carrier_tracking_ref": "T-7"}
        with patch.object(
            type(self.env["stock.picking"]), "_retail_optional", lambda _self, name: values[name]
        ):
            sent = self._payload(self._deliver(1))
        self.assertEqual((sent["carrier"], sent["tracking_number"]), ("Post", "T-7"))

    def test_partial_with_backorder(self):
        """Each part is a shipment of its own."""
        order = self._order(5)
        [placed] = self._events(order)
        first = order.picking_ids
        self._validate(first, 2)
        rest = order.picking_ids - first
        sent = self._payload(first)
        self.assertEqual((sent["lines"][0]["quantity"], sent["has_backorder"]), ("2", True))
        self.assertEqual(self._sent(rest), [])
        self._validate(rest)
        [event] = self._events(rest)
        sent = event.payload
        self.assertEqual(
            (event.event_type, event.causation_id, event.correlation_id),
            ("shipment.confirmed", placed.uuid, f"sale.order,{order.id}"),
        )
        self.assertEqual(
            (sent["lines"][0]["quantity"], sent["has_backorder"], sent["backorder_of_id"]),
            ("3", False, str(first.id)),
        )

    def test_partial_without_backorder(self):
        order = self._order(5)
        self._validate(order.picking_ids, 2, with_backorder=False)
        sent = self._payload(order.picking_ids)
        self.assertEqual((len(sent["lines"]), sent["lines"][0]["quantity"]), (1, "2"))
        self.assertEqual((sent["has_backorder"], sent["backorder_of_id"]), (False, ""))

    def test_a_line_that_was_not_delivered(self):
        order = self._order(1, 1)
        lamps, bulbs = order.picking_ids.move_ids.sorted("id")
        lamps.write({"quantity": 1, "picked": True})
        bulbs.write({"quantity": 0, "picked": True})
        asked = order.picking_ids.button_validate()
        Form.from_action(self.env, asked).save().with_context(**asked["context"]).process_cancel_backorder()
        self.assertEqual([line["sku"] for line in self._events(order.picking_ids).payload["lines"]], ["LAMP"])

    def test_other_unit(self):
        """Quantities are in the unit of the order, as Odoo shows them."""
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.lamp.id, "product_uom_qty": 1.5, "product_uom_id": dozen.id}
                    )
                ],
            }
        )
        order.action_confirm()
        self._validate(order.picking_ids)
        [line] = self._payload(order.picking_ids)["lines"]
        move = order.picking_ids.move_ids
        self.assertEqual((float(line["quantity"]), line["unit"]), (move.quantity, move.product_uom.name))
        self.assertEqual(self.lamp.qty_available, 82)

    def test_three_steps(self):
        """Only what leaves the house is a shipment."""
        self.warehouse.delivery_steps = "pick_pack_ship"
        order = self._order(3)
        for _step in range(3):
            self._validate(order.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        done = order.picking_ids.filtered(lambda picking: picking.state == "done")
        self.assertEqual(len(done), 3)
        [event] = self._events(event_type="shipment.confirmed")
        self.assertEqual(done.browse(event.res_id).location_dest_id.usage, "customer")
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self.assertEqual(event.payload["lines"][0]["order_line_id"], str(order.order_line.id))

    def test_lots_and_serial_numbers(self):
        self.bulb.tracking = "serial"
        self.lamp.tracking = "lot"
        lots = self.env["stock.lot"].create(
            [
                {"name": name, "product_id": product.id}
                for name, product in (
                    ("L1", self.lamp),
                    ("L2", self.lamp),
                    ("S1", self.bulb),
                    ("S2", self.bulb),
                )
            ]
        )
        order = self._order(5, 2)
        for move, picked in zip(
            order.picking_ids.move_ids.sorted("id"), (((0, 2), (1, 1), (1, 2)), ((2, 1), (3, 1))), strict=True
        ):
            values = [
                {"product_id": move.product_id.id, "lot_id": lots[number].id, "quantity": quantity}
                for number, quantity in picked
            ]
            move.write({"move_line_ids": [Command.clear(), *map(Command.create, values)], "picked": True})
        self.assertIs(order.picking_ids.button_validate(), True)
        lamps, bulbs = self._payload(order.picking_ids)["lines"]
        self.assertEqual(
            (lamps["quantity"], lamps["lots"]),
            ("5", [{"number": "L1", "quantity": "2"}, {"number": "L2", "quantity": "3"}]),
        )
        self.assertEqual(
            (bulbs["quantity"], bulbs["lots"]),
            ("2", [{"number": "S1", "quantity": "1"}, {"number": "S2", "quantity": "1"}]),
        )
        self._return(order.picking_ids, 5, 1)
        [back] = self._events(event_type="return.initiated").mapped("payload")
        self.assertEqual([line["quantity"] for line in back["lines"]], ["5", "1"])

    def test_components_of_a_kit(self):
        """What was delivered are the components; their line of the order is the kit's."""
        order = self._order(2)
        move = order.picking_ids.move_ids
        move.copy({"product_id": self.bulb.id, "product_uom_qty": 4, "sale_line_id": order.order_line.id})
        order.picking_ids.action_confirm()
        self._validate(order.picking_ids)
        sent = self._payload(order.picking_ids)["lines"]
        line_id = str(order.order_line.id)
        self.assertEqual(
            [(line["sku"], line["quantity"], line["order_line_id"]) for line in sent],
            [("LAMP", "2", line_id), ("BULB", "4", line_id)],
        )

    def test_without_an_order(self):
        """Goods that are sent without an order begin a process of their own; the address is its customer's."""
        picking = self._transfer(
            self.stock, self.customers, self.warehouse.out_type_id, 2, partner=self.address
        )
        self._validate(picking)
        [event] = self._events(picking)
        self.assertEqual(event.correlation_id, f"stock.picking,{picking.id}")
        self.assertFalse(event.causation_id)
        self.assertEqual(
            (event.payload["order"], event.payload["customer_id"]), (None, str(self.customer.id))
        )
        nobody = self._transfer(self.stock, self.customers, self.warehouse.out_type_id)
        self._validate(nobody)
        sent = self._payload(nobody)
        self.assertEqual((sent["customer_id"], sent["delivery_address"]), ("", None))

    def test_what_is_no_shipment(self):
        """Receipts, returns to a vendor, transfers inside, what is handed out at the till."""
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        warehouse = self.warehouse
        transfers = [
            self._transfer(self.suppliers, self.stock, warehouse.in_type_id),
            self._transfer(self.stock, self.suppliers, warehouse.out_type_id),
            self._transfer(self.stock, shelf, warehouse.int_type_id),
            self._transfer(self.stock, self.customers, warehouse.pos_type_id),
        ]
        for picking in transfers:
            self._validate(picking)
        self.assertEqual(self._sent(), [])

    def test_cancelled(self):
        order = self._order(3)
        order.picking_ids.action_cancel()
        self.assertEqual(self._sent(order.picking_ids), [])

    def test_rolled_back(self):
        picking = self._order(3).picking_ids
        self._commit()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._validate(picking)
            raise ZeroDivisionError
        self.assertEqual(self._sent(picking), [])

    def test_other_company(self):
        """What another company ships is not sent to this one's connector."""
        company = self.env["res.company"].create({"name": "Branch"})
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        self.env["stock.quant"]._update_available_quantity(self.lamp, warehouse.lot_stock_id, 5)
        picking = self._transfer(warehouse.lot_stock_id, self.customers, warehouse.out_type_id)
        self._validate(picking)
        self._validate(self._return(picking, 1))
        self.assertEqual(self._sent(), [])

    def test_whoever_validates_needs_no_more_rights(self):
        clerk = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "retail.clerk",
                "group_ids": [Command.set([self.env.ref("stock.group_stock_user").id])],
            }
        )
        picking = self._order(3).picking_ids
        self._commit()
        self._validate(picking.with_user(clerk))
        event = self._events(picking)
        self.assertEqual((event.payload["lines"][0]["quantity"], event.payload_error), ("3", False))

    def test_whoever_sells_needs_no_right_to_see_the_stock(self):
        """What was done with more rights may be written to the database with the rights of a seller."""
        seller = self.env["res.users"].create({"name": "Seller", "login": "retail.seller"})
        picking = self._deliver(1)
        self.env.invalidate_all()
        seen = picking.with_user(seller)
        with self.assertRaises(AccessError):
            seen.check_access("read")
        self.assertEqual(seen._retail_with_fact("shipment.confirmed"), picking)
        self.assertFalse(seen._retail_with_fact("return.received"))

    def test_a_payload_that_cannot_be_built_stops_no_shipment(self):
        picking = self._order(3).picking_ids
        with (
            patch.object(type(picking), "_retail_shipment", side_effect=ZeroDivisionError),
            self.assertLogs("odoo.addons.retail_hub.models.outbox.event", "ERROR"),
        ):
            self._validate(picking)
            [event] = self._events(picking)
        self.assertEqual(
            (event.payload, event.payload_error),
            (False, UNREADABLE),
        )

    def test_all_in_one_transaction(self):
        """The order is sent before its shipment, and led to it."""
        picking = self._order(3).picking_ids
        self._validate(picking)
        placed, shipped = self._events()
        self.assertEqual((placed.event_type, shipped.event_type), ("order.placed", "shipment.confirmed"))
        self.assertEqual(shipped.causation_id, placed.uuid)

    def test_statements_of_many_lines(self):
        """A snapshot of sixty lines takes as many SQL statements as one of one line."""
        one = self._deliver(1)
        products = self.env["product.product"].create(
            [{"name": f"Lamp {n}", "default_code": f"L{n}", "is_storable": True} for n in range(60)]
        )
        lines = [Command.create({"product_id": product.id, "product_uom_qty": 2}) for product in products]
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "partner_shipping_id": self.address.id, "order_line": lines}
        )
        order.action_confirm()
        many = order.picking_ids
        self._validate(many)

        def statements(picking):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            sent = picking.browse(picking.id)._retail_canonical("shipment.confirmed", {})
            return len(sent.lines), self.env.cr.sql_log_count - before

        statements(one)  # what is remembered from one transaction to the next
        (of_one, cost_of_one), (of_many, cost_of_many) = statements(one), statements(many)
        self.assertEqual((of_one, of_many), (1, 60))
        self.assertEqual(cost_of_many, cost_of_one)

    # -- returns -----------------------------------------------------------------------------------

    def test_return(self):
        order = self._order(3, 2)
        shipment = order.picking_ids
        self._validate(shipment)
        [shipped] = self._events(shipment)
        back = self._return(shipment, 2, 0)
        [initiated] = self._events(back)
        self.assertEqual((initiated.event_type, initiated.kind), ("return.initiated", "fact"))
        self.assertEqual(initiated.correlation_id, f"sale.order,{order.id}")
        self.assertEqual(initiated.causation_id, shipped.uuid)
        lamps = shipment.move_ids.sorted("id")[0]
        expected = {
            "id": str(back.id),
            "number": back.name,
            "status": "initiated",
            "shipment_id": str(shipment.id),
            "shipment_number": shipment.name,
            "order": {"id": str(order.id), "number": order.name, "channel": "sales"},
            "customer_id": str(self.customer.id),
            "company": self.env.company.name,
            "warehouse": {
                "id": str(self.warehouse.id),
                "code": self.warehouse.code,
                "name": self.warehouse.name,
            },
            "reason": "",
            "received_at": None,
            "lines": [
                {
                    "id": str(back.move_ids.id),
                    "shipment_line_id": str(lamps.id),
                    "order_line_id": str(order.order_line[0].id),
                    "product_id": str(self.lamp.id),
                    "sku": "LAMP",
                    "name": "Lamp",
                    "quantity": "2",
                    "unit": "Units",
                    "lots": [],
                    "is_refunded": True,
                }
            ],
            "has_backorder": False,
            "backorder_of_id": "",
        }
        self.assertEqual(initiated.payload, expected)
        self._validate(back)
        self.assertEqual(self._sent(back), ["return.initiated", "return.received"])
        received = self._events(back, "return.received")
        self.assertEqual(received.causation_id, initiated.uuid)
        self.assertEqual(received.correlation_id, f"sale.order,{order.id}")
        received_at = f"{back.date_done.isoformat()}Z"
        self.assertEqual(received.payload, {**expected, "status": "received", "received_at": received_at})
        self.assertEqual(order.order_line.mapped("qty_delivered"), [1, 2])
        self.assertEqual(self._sent(shipment), ["shipment.confirmed"])

    def test_return_of_all(self):
        shipment = self._deliver(3, 2)
        back = self._return(shipment, 0, 0, action="action_create_returns_all")
        self.assertEqual([line["quantity"] for line in self._payload(back)["lines"]], ["3", "2"])

    def test_return_as_planned(self):
        """What is initiated is what was agreed on, whatever is counted at the door by then."""
        back = self._return(self._deliver(3), 3)
        back.move_ids.quantity = 1
        self.assertEqual(self._payload(back)["lines"][0]["quantity"], "3")

    def test_causes_within_one_transaction(self):
        """Nothing is kept before the commit, and still each event finds the one that led to it."""
        order = self._order(2)
        picking = order.picking_ids
        self._validate(picking)
        returned = self._return(picking, 1)
        self._validate(returned)
        again = self._return(picking, 1)
        self._validate(again)
        placed = self._events(order, "order.placed")
        shipped = self._events(picking)
        self.assertEqual((shipped.event_type, shipped.causation_id), ("shipment.confirmed", placed.uuid))
        for each in (returned, again):
            initiated, received = self._events(each)
            self.assertEqual(
                (initiated.event_type, received.event_type), ("return.initiated", "return.received")
            )
            self.assertEqual(initiated.causation_id, shipped.uuid)
            self.assertEqual(received.causation_id, initiated.uuid)

    def test_return_in_parts(self):
        """It is initiated once, and received in parts."""
        back = self._return(self._deliver(5), 4)
        [initiated] = self._events(back)
        self._validate(back, 1)
        rest = back.backorder_ids
        self._validate(rest, 1)
        last = rest.backorder_ids
        self._validate(last)
        self.assertEqual(self._sent(back), ["return.initiated", "return.received"])
        self.assertEqual(self._sent(rest) + self._sent(last), ["return.received"] * 2)
        received = self._events(event_type="return.received")
        self.assertEqual([event.payload["lines"][0]["quantity"] for event in received], ["1", "1", "2"])
        self.assertEqual([event.payload["has_backorder"] for event in received], [True, True, False])
        self.assertEqual(
            [event.payload["backorder_of_id"] for event in received], ["", str(back.id), str(rest.id)]
        )
        self.assertEqual(received.mapped("causation_id"), [initiated.uuid] * 3)

    def test_return_of_a_backorder(self):
        """A return points to the part that brought the goods."""
        order = self._order(5)
        first = order.picking_ids
        self._validate(first, 2)
        rest = order.picking_ids - first
        self._validate(rest)
        sent = self._payload(self._return(rest, 3))
        self.assertEqual((sent["shipment_id"], sent["shipment_number"]), (str(rest.id), rest.name))

    def test_return_of_a_return(self):
        """What goes out to the customer once more is a shipment, and no return."""
        back = self._return(self._deliver(3), 2)
        self._validate(back)
        again = self._return(back, 1)
        self._validate(again)
        self.assertEqual(self._sent(again), ["shipment.confirmed"])
        self.assertEqual(self._payload(again)["lines"][0]["quantity"], "1")

    def test_exchange(self):
        order = self._order(3)
        shipment = order.picking_ids
        self._validate(shipment)
        back = self._return(shipment, 1, action="action_create_exchanges")
        replacement = order.picking_ids - shipment - back
        self.assertEqual((self._sent(back), self._sent(replacement)), (["return.initiated"], []))
        self._validate(replacement)
        self.assertEqual(self._sent(replacement), ["shipment.confirmed"])

    def test_return_in_two_steps(self):
        """It is received where it comes in; how it gets to its shelf is nobody's business."""
        self.warehouse.reception_steps = "two_steps"
        back = self._return(self._deliver(3), 2)
        self.assertNotEqual(back.location_dest_id, self.stock)
        self._validate(back)
        to_shelf = back.move_ids.move_dest_ids.picking_id
        to_shelf.move_ids.origin_returned_move_id = back.move_ids.origin_returned_move_id
        self._validate(to_shelf)
        self.assertEqual(to_shelf.location_dest_id, self.stock)
        self.assertEqual(self._sent(back), ["return.initiated", "return.received"])
        self.assertEqual(self._sent(to_shelf), [])

    def test_return_to_the_scrap(self):
        back = self._return(self._deliver(3), 2)
        scrap = self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "=", self.env.company.id)], limit=1
        )
        back.location_dest_id = scrap
        self._validate(back)
        self.assertEqual(back.move_ids.location_dest_id, scrap)
        self.assertEqual(self._sent(back), ["return.initiated", "return.received"])
        [line] = self._payload(back, "return.received")["lines"]
        self.assertEqual(line["quantity"], "2")

    def test_return_that_is_cancelled(self):
        back = self._return(self._deliver(3), 1)
        back.action_cancel()
        self.assertEqual(self._sent(back), ["return.initiated"])

    def test_return_that_is_deleted_in_one_transaction(self):
        shipment = self._deliver(2)
        self._forget_events()
        back = self._return(shipment, 1)
        back.action_confirm()
        number = back.name
        back.unlink()
        [event] = self._events()
        self.assertEqual((event.event_type, event.payload_error), ("return.initiated", False))
        sent = event.payload
        self.assertEqual(
            (sent["number"], [(line["sku"], line["quantity"]) for line in sent["lines"]]),
            (number, [("LAMP", "1")]),
        )

    def test_return_without_an_order(self):
        """It belongs to the process that its shipment began."""
        picking = self._transfer(self.stock, self.customers, self.warehouse.out_type_id, 2, self.customer)
        self._validate(picking)
        [event] = self._events(self._return(picking, 1))
        self.assertEqual(event.correlation_id, f"stock.picking,{picking.id}")
        self.assertEqual(event.payload["customer_id"], str(self.customer.id))

    def test_what_is_no_return(self):
        """Goods from a customer that nobody delivered, and those that go back to a supplier."""
        self._validate(self._transfer(self.customers, self.stock, self.warehouse.in_type_id))
        receipt = self._transfer(self.suppliers, self.stock, self.warehouse.in_type_id, 4)
        self._validate(receipt)
        self._validate(self._return(receipt, 1))
        self.assertEqual(self._sent(), [])

    def test_dropshipping(self):
        """A vendor sends the goods to the customer, who sends them back to the vendor."""
        dropshipped = self._transfer(self.suppliers, self.customers, self.warehouse.out_type_id)
        self._validate(dropshipped)
        self.assertEqual(self._sent(dropshipped), ["shipment.confirmed"])
        back = self._transfer(self.customers, self.suppliers, self.warehouse.in_type_id)
        back.move_ids.origin_returned_move_id = dropshipped.move_ids
        self._validate(back)
        self.assertIn("return.received", self._sent(back))

    # -- the till ----------------------------------------------------------------------------------

    def test_till(self):
        """What the till has sent home is a shipment of its order; what it hands out is not."""
        config = self.env["pos.config"].create({"name": "Till"})
        config.open_ui()
        session = config.current_session_id

        def sell(**values):
            order = self.env["pos.order"].create(
                {
                    "session_id": session.id,
                    "partner_id": self.address.id,
                    "amount_total": 10,
                    "amount_tax": 0,
                    "amount_paid": 10,
                    "amount_return": 0,
                    "lines": [
                        Command.create(
                            {
                                "product_id": self.lamp.id,
                                "qty": 1,
                                "price_unit": 10,
                                "price_subtotal": 10,
                                "price_subtotal_incl": 10,
                            }
                        )
                    ],
                    **values,
                }
            )
            order._create_order_picking()
            return order

        handed_out = sell()
        self.assertEqual(handed_out.picking_ids.state, "done")
        self.assertEqual(self._sent(handed_out.picking_ids), [])
        sent = sell(shipping_date=fields.Date.today())
        picking = sent.picking_ids
        self._validate(picking)
        [event] = self._events(picking)
        self.assertEqual(
            (event.event_type, event.correlation_id), ("shipment.confirmed", f"pos.order,{sent.id}")
        )
        self.assertEqual(event.payload["order"], {"id": str(sent.id), "number": sent.name, "channel": "pos"})
        [initiated] = self._events(self._return(picking, 1))
        self.assertEqual(initiated.correlation_id, f"pos.order,{sent.id}")
