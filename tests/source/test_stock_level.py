"""Stock levels: what changes one is sent, with the figures that Odoo shows, for one company."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import tagged

from ..common import EventCase, ShopCase


@tagged("post_install", "-at_install")
class TestStockLevel(ShopCase, EventCase):
    wanted = ("stock.level_changed",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lamp = cls.product

    @classmethod
    def _product(cls, name, sku, **values):
        return super()._product(name, sku, is_storable=True, **values)

    def _count(self, quantity, product=None, warehouse=None, **values):
        """Count what lies in a warehouse, and apply it."""
        quant = self.env["stock.quant"].create(
            {
                "product_id": (product or self.lamp).id,
                "location_id": (warehouse or self.warehouse).lot_stock_id.id,
                "inventory_quantity": quantity,
                **values,
            }
        )
        quant.action_apply_inventory()
        return quant

    def _receipt(self, quantity, warehouse=None):
        receipt_type = (warehouse or self.warehouse).in_type_id
        return self.env["stock.picking"].create(
            {
                "picking_type_id": receipt_type.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": receipt_type.default_location_dest_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.lamp.id,
                            "product_uom_qty": quantity,
                            "location_id": self.env.ref("stock.stock_location_suppliers").id,
                            "location_dest_id": receipt_type.default_location_dest_id.id,
                        }
                    )
                ],
            }
        )

    def _other_company(self, name="Branch"):
        company = self.env["res.company"].create({"name": name})
        return company, self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)

    def _level(self, product=None, company=None):
        product = product or self.lamp
        product = product.with_company(company) if company else product
        self._commit()
        return product._retail_payloads()[product.id][0]

    def _figures(self, warehouse=None, **values):
        """Return (on hand, reserved, available, incoming) as sent of a warehouse."""
        [level] = [
            level
            for level in self._level(**values)["warehouses"]
            if level["warehouse"]["id"] == str((warehouse or self.warehouse).id)
        ]
        return level["on_hand"], level["reserved"], level["available"], level["incoming"]

    def _flow(self):
        return self.env["retail.flow"].search([("event_type", "=", "stock.level_changed")])

    def _assert_sent(self, times=1):
        self.assertEqual(self._sent(self.lamp), ["stock.level_changed"] * times)
        self._forget_events()

    def test_counted(self):
        """However many quants change, a product's level is sent once a transaction, without a snapshot."""
        self._count(12.5)
        [event] = self._events(self.lamp)
        self.assertEqual(
            (event.event_type, event.kind, event.payload), ("stock.level_changed", "state", False)
        )
        self.assertEqual(
            self._level(),
            {
                "product_id": str(self.lamp.id),
                "sku": "LAMP",
                "name": "Lamp",
                "unit": "Units",
                "warehouses": [
                    {
                        "warehouse": {
                            "id": str(self.warehouse.id),
                            "code": self.warehouse.code,
                            "name": self.warehouse.name,
                        },
                        "on_hand": "12.5",
                        "reserved": "0",
                        "available": "12.5",
                        "incoming": "0",
                    }
                ],
            },
        )

    def test_first_of_its_kind(self):
        """A quant is made with its quantity."""
        self.env["stock.quant"]._update_available_quantity(self.lamp, self.warehouse.lot_stock_id, 5)
        self._assert_sent()
        self.assertEqual(self._figures(), ("5", "0", "5", "0"))

    def test_window(self):
        """New flows collect the changes of a minute."""
        flow = self.env["retail.flow"].new({"event_type": "stock.level_changed"})
        self.assertEqual((flow.mode, flow.window_seconds), ("micro_batch", 60))

    def test_nothing_changed(self):
        quant = self._count(4)
        self._forget_events()
        quant.inventory_quantity = 4
        quant.action_apply_inventory()
        self.assertEqual(self._sent(), [])

    def test_reserved_and_delivered(self):
        self._count(10)
        self._forget_events()
        order = self._quotation(3)
        order.action_confirm()
        self._assert_sent()
        self.assertEqual(self._figures(), ("10", "3", "7", "0"))
        order.picking_ids.move_ids.write({"quantity": 3, "picked": True})
        order.picking_ids.button_validate()
        self._assert_sent()
        self.assertEqual(self._figures(), ("7", "0", "7", "0"))

    def test_reservation_given_back(self):
        self._count(10)
        order = self._quotation(3)
        order.action_confirm()
        self._forget_events()
        order._action_cancel()
        self._assert_sent()
        self.assertEqual(self._figures(), ("10", "0", "10", "0"))

    def test_sold_out(self):
        """A quant that is used up is deleted: its product's level is sent all the same."""
        self._count(3)
        order = self._quotation(3)
        order.action_confirm()
        self._forget_events()
        order.picking_ids.move_ids.write({"quantity": 3, "picked": True})
        order.picking_ids.button_validate()
        self._assert_sent()
        self.assertEqual(self._figures(), ("0", "0", "0", "0"))

    def test_deleted(self):
        quant = self._count(3)
        self._forget_events()
        quant.sudo().unlink()
        self._assert_sent()
        self.assertEqual(self._figures(), ("0", "0", "0", "0"))

    def test_incoming(self):
        receipt = self._receipt(20)
        self.assertEqual(self._sent(), [])
        receipt.action_confirm()
        self._assert_sent()
        self.assertEqual(self._figures(), ("0", "0", "0", "20"))
        receipt.move_ids.product_uom_qty = 15
        self._assert_sent()
        self.assertEqual(self._figures(), ("0", "0", "0", "15"))
        receipt.move_ids.write({"quantity": 15, "picked": True})
        receipt.button_validate()
        self._assert_sent()
        self.assertEqual(self._figures(), ("15", "0", "15", "0"))

    def test_no_longer_incoming(self):
        receipt = self._receipt(20)
        receipt.action_confirm()
        self._forget_events()
        receipt.action_cancel()
        self._assert_sent()
        self.assertEqual(self._figures(), ("0", "0", "0", "0"))

    def test_incoming_in_two_steps(self):
        """What is on its way within a warehouse is on hand, and does not come in once more."""
        self.warehouse.reception_steps = "two_steps"
        receipt = self._receipt(20)
        receipt.move_ids.location_final_id = self.warehouse.lot_stock_id
        self.assertEqual(receipt.move_ids.location_dest_id, self.warehouse.wh_input_stock_loc_id)
        receipt.action_confirm()
        self.assertEqual(self._figures(), ("0", "0", "0", "20"))
        receipt.move_ids.write({"quantity": 20, "picked": True})
        receipt.button_validate()
        self.assertEqual(self._figures()[0], "20")
        self.assertEqual(self._figures()[3], "0")

    def test_two_warehouses(self):
        """Each has its own figures, those that Odoo shows; what moves between them comes in at one of them."""
        store = self.env["stock.warehouse"].create({"name": "Store", "code": "STO"})
        self._count(10)
        self._count(4, warehouse=store)
        self._receipt(6, warehouse=store).action_confirm()
        move = self.env["stock.move"].create(
            {
                "product_id": self.lamp.id,
                "product_uom_qty": 2,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": store.lot_stock_id.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        self.assertEqual(self._figures(), ("10", "2", "8", "0"))
        self.assertEqual(self._figures(store), ("4", "0", "4", "8"))
        for warehouse in self.warehouse + store:
            shown = self.lamp.with_context(warehouse_id=warehouse.id)
            on_hand, reserved, available, incoming = map(float, self._figures(warehouse))
            self.assertEqual(
                (on_hand, available, incoming), (shown.qty_available, shown.free_qty, shown.incoming_qty)
            )
            self.assertEqual(reserved, on_hand - available)

    def test_shelves_and_lots(self):
        """Of a product that lies in many places, one level is sent."""
        self.lamp.tracking = "lot"
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": self.lamp.id} for name in ("L1", "L2")]
        )
        self._count(3, lot_id=lots[0].id)
        self._count(4, lot_id=lots[1].id, location_id=shelf.id)
        self._assert_sent()
        self.assertEqual(self._figures(), ("7", "0", "7", "0"))
        quants = self.env["stock.quant"].search([("location_id", "=", self.warehouse.lot_stock_id.id)])
        quants.filtered(lambda quant: quant.lot_id == lots[0]).move_quants(shelf)
        self._assert_sent()
        self.assertEqual(self._figures(), ("7", "0", "7", "0"))

    def test_what_lies_in_no_warehouse(self):
        """Goods that go from a supplier straight to a customer are never in stock."""
        move = self.env["stock.move"].create(
            {
                "product_id": self.lamp.id,
                "product_uom_qty": 2,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        move._action_confirm()
        move.write({"quantity": 2, "picked": True})
        move._action_done()
        self.assertEqual(move.state, "done")
        self.assertEqual(self._sent(), [])

    def test_two_companies(self):
        """A level is one company's: the others neither learn it nor that it changed."""
        company, warehouse = self._other_company()
        self._count(10)
        self._assert_sent()
        self._count(5, warehouse=warehouse)
        self.assertEqual(self._sent(), [])
        self.assertEqual(self._figures(), ("10", "0", "10", "0"))
        self.assertEqual(len(self._level()["warehouses"]), 1)
        self.assertEqual(
            self._figures(warehouse, company=company),
            ("5", "0", "5", "0"),
        )
        self.assertEqual(len(self._level(company=company)["warehouses"]), 1)

    def test_each_connector_its_company(self):
        company, warehouse = self._other_company()
        other = self._create_connector("Branch", company_id=company.id)
        other.flow_ids.create({"connector_id": other.id, "event_type": "stock.level_changed"})
        self._count(5, warehouse=warehouse)
        self.assertEqual(self._events(self.lamp).company_id, company)
        self.assertEqual(self._deliveries(self.lamp).connector_id, other)
        self._forget_events()
        self._count(5)
        self._count(6, warehouse=warehouse)
        self.assertEqual(self._events(self.lamp).mapped("company_id.name"), [self.env.company.name, "Branch"])

    def test_other_sku(self):
        self._count(5)
        self._forget_events()
        self.lamp.default_code = "LAMP-2"
        self._assert_sent()
        self.assertEqual(self._level()["sku"], "LAMP-2")
        self.lamp.name = "Light"
        self._assert_sent()
        self.assertEqual(self._level()["name"], "Light")

    def test_a_location_that_moves_to_another_warehouse(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id, "usage": "internal"}
        )
        self._count(5, location_id=shelf.id)
        other = self.env["stock.warehouse"].create({"name": "Second", "code": "SEC"})
        self._forget_events()
        shelf.location_id = other.lot_stock_id
        self._assert_sent()
        levels = {level["warehouse"]["code"]: level["on_hand"] for level in self._level()["warehouses"]}
        self.assertEqual((levels[self.warehouse.code], levels["SEC"]), ("0", "5"))

    def test_variant(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [Command.create({"name": name}) for name in ("S", "M")]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Shirt",
                "is_storable": True,
                "attribute_line_ids": [
                    Command.create(
                        {"attribute_id": attribute.id, "value_ids": [Command.set(attribute.value_ids.ids)]}
                    )
                ],
            }
        )
        small, medium = template.product_variant_ids
        self._count(2, small)
        self.assertEqual(self._events().mapped("res_id"), [small.id])
        self.assertEqual([self._level(each)["name"] for each in (small, medium)], ["Shirt (S)", "Shirt (M)"])
        self.assertEqual(self._figures(product=medium), ("0", "0", "0", "0"))

    def test_negative(self):
        """More was taken than there was: the level says so."""
        order = self._quotation(3)
        order.action_confirm()
        order.picking_ids.move_ids.write({"quantity": 3, "picked": True})
        order.picking_ids.button_validate()
        self.assertEqual(self._figures(), ("-3", "0", "-3", "0"))

    def test_what_a_new_flow_sends(self):
        service = self.env["product.product"].create({"name": "Repair", "type": "service"})
        screw = self._product("Screw", "SCREW", sale_ok=False)
        flow = self._flow()
        flow.domain = self.env["product.product"]._retail_default_domain()
        self.assertEqual(flow._matching(self.lamp + screw + service), self.lamp)

    def test_what_a_backfill_takes(self):
        products = self.env["product.product"]
        desk, service = self._product("Desk", "DESK"), products.create({"name": "Repair", "type": "service"})
        mine = [("id", "in", (self.lamp + desk + service).ids)]
        self.assertEqual(
            products.search(products._retail_subject_domain() & fields.Domain(mine)), self.lamp + desk
        )
        self._count(3)
        self._commit()
        for table in ("product_product", "stock_move"):
            self.env.cr.execute(f"UPDATE {table} SET write_date = '2020-01-01'")
        changed = products._retail_changed_domain(fields.Datetime.to_datetime("2020-02-01"))
        self.assertFalse(products.search(changed & fields.Domain(mine)))
        self._count(0)
        self._commit()
        self.assertEqual(products.search(changed & fields.Domain(mine)), self.lamp)

    def test_one_that_cannot_be_read_stops_no_other(self):
        desk = self._product("Desk", "DESK")
        product_class = type(desk)
        real = product_class._retail_level

        def broken(product, *args):
            return 1 / 0 if product == desk else real(product, *args)

        with patch.object(product_class, "_retail_level", broken):
            payloads = (self.lamp + desk)._retail_payloads()
        self.assertIsInstance(payloads[desk.id][0], ZeroDivisionError)
        self.assertEqual(payloads[self.lamp.id][0]["sku"], "LAMP")

    def _statements(self, work):
        """Return how many SQL statements some work takes with nothing in memory."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        return self.env.cr.sql_log_count - before

    def test_statements_of_a_batch(self):
        """A hundred products in ten warehouses take as many statements as one in one."""
        products = self.env["product.product"].create(
            [{"name": f"Lamp {n}", "default_code": f"L{n}", "is_storable": True} for n in range(100)]
        )
        one = self._statements(products[:1]._retail_payloads)
        stores = self.env["stock.warehouse"].create(
            [{"name": f"Store {n}", "code": f"S{n}"} for n in range(9)]
        )
        self.env["stock.quant"].create(
            [
                {"product_id": product.id, "location_id": store.lot_stock_id.id, "quantity": 5}
                for product in products
                for store in stores
            ]
        )
        hundred = self._statements(products._retail_payloads)
        self.assertEqual((one, hundred), (9, 9))
        payloads = products._retail_payloads()
        self.assertEqual(
            sum(
                float(level["on_hand"]) for payload, _ in payloads.values() for level in payload["warehouses"]
            ),
            4500,
        )

    def test_statements_of_capture(self):
        """A sale takes two more statements: one reads which products there are, one keeps the events."""
        desk = self._product("Desk", "DESK")
        for product in self.lamp + desk:
            self._count(10, product)
        self._commit()

        def sell():
            lines = [
                Command.create({"product_id": product.id, "product_uom_qty": 1})
                for product in self.lamp + desk
            ]
            order = self.env["sale.order"].create({"partner_id": self.customer.id, "order_line": lines})
            order.action_confirm()
            self._commit()

        self._statements(sell)  # what Odoo remembers from one transaction to the next
        sent = self._statements(sell)
        self._flow().active = False
        self._statements(sell)
        untold = self._statements(sell)
        self.assertEqual(sent - untold, 2)
