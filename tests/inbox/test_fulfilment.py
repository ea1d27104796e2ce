"""``POST /orders/{external_id}/shipments`` and ``/returns``."""

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .fulfilment import FulfilmentCase


@tagged("-at_install", "post_install")
class TestShipments(FulfilmentCase):
    def test_a_period_that_is_closed(self):
        """Nothing is shipped in it, and what was ordered in it is shipped afterwards."""
        order = self.five_mugs()
        self.company.fiscalyear_lock_date = "2026-11-25"
        problem = self.ship("3", status=422, shipped_at="2026-11-24T10:00:00Z")
        self.assertEqual([each["pointer"] for each in problem["errors"]], ["/shipped_at"])
        self.ship("3", shipped_at="2026-11-28T10:00:00Z")
        self.ship("2", "S-2")
        self.assertEqual(order.order_line.qty_delivered, 5)

    def test_a_part_and_the_rest(self):
        order = self.five_mugs()
        answer = self.ship(
            "3",
            carrier="Fast Parcel",
            tracking_numbers=["T1", "T2"],
            tracking_url="https://track.example.com/T1",
            shipped_at="2026-11-21T09:30:00Z",
        )
        transfer = order.picking_ids.filtered(lambda each: each.state == "done")
        self.assertEqual(
            answer,
            {
                "shipment_id": "S-1",
                "external_id": "W-1001",
                "outcome": "created",
                "order_status": "partial",
                "transfers": [{"id": str(transfer.id), "number": transfer.name}],
                "lines": [{"id": "L-MUG", "quantity": "3", "open": "2"}],
            },
        )
        self.assertEqual(
            (transfer.retail_carrier, transfer.retail_tracking_numbers, transfer.retail_tracking_url),
            ("Fast Parcel", "T1, T2", "https://track.example.com/T1"),
        )
        self.assertEqual(transfer.date_done, fields.Datetime.to_datetime("2026-11-21 09:30:00"))
        self.assertEqual(transfer.move_ids.create_uid, self.client.user_id)
        self.assertEqual(transfer.move_ids.write_uid, self.wms.user_id)
        self.assertEqual(
            (order.order_line.qty_delivered, self.on_hand(self.mug, self.warehouse.lot_stock_id)), (3, 17)
        )
        rest = order.picking_ids - transfer
        self.assertEqual((rest.backorder_id, rest.state, rest.move_ids.quantity), (transfer, "assigned", 2))
        self.assertFalse(rest.retail_tracking_numbers)
        last = self.ship("2", "S-2")
        self.assertEqual(
            (last["order_status"], last["lines"]),
            ("shipped", [{"id": "L-MUG", "quantity": "2", "open": "0"}]),
        )
        self.assertEqual((order.order_line.qty_delivered, self.free(self.mug)), (5, 15))
        self.assertEqual(len(order.picking_ids), 2)

    def test_the_rest_stays_open_where_odoo_would_cancel_it(self):
        self.warehouse.out_type_id.create_backorder = "never"
        self.five_mugs()
        self.assertEqual(self.ship("3")["lines"][0]["open"], "2")

    def test_more_than_is_open(self):
        order = self.five_mugs()
        self.ship("3")
        content = {"shipment_id": "S-2", "lines": [{"sku": "MUG", "quantity": "3"}]}
        response = self.report("/orders/W-1001/shipments", content)
        problem = self.assertProblem(response, "conflict", 409, ["/lines/0/quantity"])
        self.assertEqual(problem["errors"][0]["available"], "2")
        self.assertEqual(order.order_line.qty_delivered, 3)

    def test_the_same_shipment_again(self):
        order = self.five_mugs()
        first = self.ship("3", carrier="Fast Parcel")
        again = self.ship("3", status=200, carrier="Fast Parcel")
        self.assertEqual(again, {**first, "outcome": "unchanged"})
        self.assertEqual(order.order_line.qty_delivered, 3)
        content = {"shipment_id": "S-1", "lines": [{"order_line_id": "L-MUG", "quantity": "2"}]}
        response = self.report("/orders/W-1001/shipments", content)
        self.assertProblem(response, "conflict", 409, ["/lines"])

    def test_a_correction_of_the_tracking_number(self):
        """A later one is kept, whatever order they arrive in."""
        order = self.five_mugs()
        self.ship("5", tracking_numbers=["T1"], occurred_at="2026-11-21T09:00:00Z")
        corrected = self.ship("5", status=200, tracking_numbers=["T3"], occurred_at="2026-11-21T11:00:00Z")
        late = self.ship("5", status=200, tracking_numbers=["T2"], occurred_at="2026-11-21T10:59:59.9Z")
        self.assertEqual((corrected["outcome"], late["outcome"]), ("updated", "unchanged"))
        order.picking_ids.invalidate_recordset()
        self.assertEqual(order.picking_ids.retail_tracking_numbers, "T3")
        self.assertEqual(order.picking_ids._retail_tracking_numbers(), ("T3",))

    def test_the_shipment_of_another_order(self):
        self.five_mugs()
        self.place(external_id="W-2")
        self.ship("5")
        content = {"shipment_id": "S-1", "lines": [{"sku": "MUG", "quantity": "2"}]}
        response = self.report("/orders/W-2/shipments", content)
        self.assertProblem(response, "conflict", 409, ["/shipment_id"])

    def test_two_lines_of_one_product(self):
        lines = [self.line(quantity="3", id="a"), self.line(quantity="2", id="b")]
        order = self.sale_order(self.place(*lines, total="60.50"))
        answer = self.ship(lines=[{"sku": "MUG", "quantity": "4"}])
        self.assertEqual(
            answer["lines"],
            [{"id": "a", "quantity": "3", "open": "0"}, {"id": "b", "quantity": "1", "open": "1"}],
        )
        self.assertEqual(order.order_line.mapped("qty_delivered"), [3, 1])

    def test_pick_and_ship(self):
        self.carried_through("pick_ship", 2)

    def test_pick_pack_and_ship(self):
        self.carried_through("pick_pack_ship", 3)

    def carried_through(self, steps, count):
        """What a person has picked already is shipped first."""
        self.warehouse.delivery_steps = steps
        order = self.five_mugs()
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 1, "picked": True})
        picking.with_context(skip_backorder=True).button_validate()
        answer = self.ship("3")
        self.assertEqual(answer["lines"], [{"id": "L-MUG", "quantity": "3", "open": "2"}])
        order.invalidate_recordset()
        self.assertEqual((order.order_line.qty_delivered, answer["order_status"]), (3, "partial"))
        self.assertEqual(self.on_hand(self.mug, self.warehouse.lot_stock_id), 17)
        self.assertEqual(self.on_hand(self.mug, self.warehouse.wh_output_stock_loc_id), 0)
        last = self.ship("2", "S-2")
        self.assertEqual(last["order_status"], "shipped")
        self.assertEqual(len(last["transfers"]), 1)
        order.invalidate_recordset()
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertFalse(order.picking_ids.filtered(lambda each: each.state not in ("done", "cancel")))
        done = order.picking_ids.move_ids.filtered(lambda move: move.location_dest_id.usage == "customer")
        self.assertEqual(sum(done.mapped("quantity")), 5)
        self.assertGreaterEqual(len(order.picking_ids.picking_type_id), count)

    def test_lots(self):
        self.mug.tracking = "lot"
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": self.mug.id} for name in ("A", "B")]
        )
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(
                self.mug, self.warehouse.lot_stock_id, 4, lot_id=lot
            )
        order = self.five_mugs()
        lines = [
            {"order_line_id": "L-MUG", "quantity": "1", "lot": "A"},
            {"order_line_id": "L-MUG", "quantity": "4", "lot": "B"},
        ]
        wrong = [lines[0], {**lines[1], "lot": "C"}]
        response = self.report("/orders/W-1001/shipments", {"shipment_id": "S-1", "lines": wrong})
        self.assertProblem(response, "invalid-request", 422, ["/lines/1/lot"])
        self.ship(lines=lines)
        shipped = order.picking_ids.move_line_ids.sorted("id")
        self.assertEqual(shipped.mapped(lambda line: (line.lot_id.name, line.quantity)), [("A", 1), ("B", 4)])

    def test_from_two_warehouses(self):
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "W2"})
        self.env["stock.quant"]._update_available_quantity(self.plate, second.lot_stock_id, 4)
        lines = [self.line(), self.line("PLATE", "4", warehouse="W2")]
        order = self.sale_order(self.place(*lines, total="72.60"))
        plate = [{"sku": "PLATE", "quantity": "4"}]
        code = self.warehouse.code
        response = self.report(
            "/orders/W-1001/shipments", {"shipment_id": "S-1", "lines": plate, "warehouse": code}
        )
        problem = self.assertProblem(response, "conflict", 409, ["/lines/0/quantity"])
        self.assertEqual(problem["errors"][0]["available"], "0")
        answer = self.ship(lines=[*plate, {"sku": "MUG", "quantity": "2"}])
        self.assertEqual((len(answer["transfers"]), answer["order_status"]), (2, "shipped"))
        self.assertEqual(order.order_line.mapped("qty_delivered"), [2, 4])

    def test_what_is_unknown(self):
        self.five_mugs()
        for lines in ([{"sku": "CUP", "quantity": "1"}], [{"order_line_id": "x", "quantity": "1"}]):
            response = self.report("/orders/W-1001/shipments", {"shipment_id": "S-1", "lines": lines})
            self.assertProblem(response, "invalid-request", 422, ["/lines/0"])
        content = {"shipment_id": "S-1", "lines": [{"sku": "MUG", "quantity": "1"}], "warehouse": "XX"}
        response = self.report("/orders/W-1001/shipments", content)
        self.assertProblem(response, "unknown-reference", 422, ["/warehouse"])
        self.assertEqual(self.env["retail.code.map"].search([("code", "=", "XX")]).kind, "warehouse")

    def test_a_system_that_captures_no_orders_names_them_by_number(self):
        order = self.five_mugs()
        other = self.env["retail.connector"].create(
            {"name": "Logistics", "provider": "webhook", "base_url": "https://wms.example.com"}
        )
        client = self.new_client("Logistics", other, ("fulfilment:write",))
        key = self.env["retail.api.key"]._issue(client)
        content = {"shipment_id": "S-1", "lines": [{"sku": "MUG", "quantity": "5"}]}
        response = self.report(f"/orders/{order.name}/shipments", content, key=key)
        self.assertEqual(response.status_code, 201, response.text)
        self.assertEqual(order.order_line.qty_delivered, 5)

    def test_a_system_that_captures_orders_does_not(self):
        order = self.five_mugs()
        self.client.active = False
        content = {"shipment_id": "S-1", "lines": [{"sku": "MUG", "quantity": "5"}]}
        response = self.report(f"/orders/{order.name}/shipments", content)
        self.assertNotEqual(response.status_code, 201, response.text)
        self.assertEqual(order.order_line.qty_delivered, 0)

    def test_a_shipment_before_its_order(self):
        content = {"shipment_id": "S-1", "lines": [{"sku": "MUG", "quantity": "2"}]}
        response = self.report("/orders/W-1001/shipments", content)
        self.assertEqual(response.status_code, 202, response.text)
        self.assertEqual(response.json()["state"], "waiting")
        order = self.sale_order(self.place())
        self.env["retail.message"]._retry_waiting(self.system.id, "order/W-1001")
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertEqual(self.messages(command="shipment.confirm").state, "done")

    def test_scopes(self):
        self.five_mugs()
        content = {"shipment_id": "S-1", "lines": [{"sku": "MUG", "quantity": "2"}]}
        self.assertProblem(self.post("/orders/W-1001/shipments", content), "forbidden", 403)
        self.assertProblem(self.report("/orders", self.order(external_id="W-2")), "forbidden", 403)
        groups = self.wms.user_id.group_ids
        self.assertEqual(
            groups, self.env.ref("retail_hub.group_api") | self.env.ref("stock.group_stock_user")
        )

    def test_test_mode(self):
        order = self.five_mugs()
        self.wms.is_test = True
        self.assertEqual(self.ship("3")["lines"][0]["open"], "2")
        self.assertEqual((order.order_line.qty_delivered, len(order.picking_ids)), (0, 1))


@tagged("-at_install", "post_install")
class TestReturns(FulfilmentCase):
    def setUp(self):
        super().setUp()
        self.sold = self.five_mugs()
        self.ship("5")

    def test_a_return_in_a_period_that_is_closed(self):
        self.company.fiscalyear_lock_date = "2026-11-25"
        problem = self.take_back("1", status=422, received_at="2026-11-24T10:00:00Z")
        self.assertEqual([each["pointer"] for each in problem["errors"]], ["/received_at"])
        self.take_back("1")

    def test_a_return_that_is_restocked(self):
        answer = self.take_back("2", reason="Too small", received_at="2026-11-25T08:00:00Z")
        transfer = self.env["stock.picking"].browse(int(answer["transfers"][0]["id"]))
        self.assertEqual(
            answer,
            {
                "return_id": "R-1",
                "external_id": "W-1001",
                "outcome": "created",
                "transfers": [{"id": str(transfer.id), "number": transfer.name}],
                "lines": [{"id": "L-MUG", "quantity": "2", "kept": "3"}],
            },
        )
        self.assertEqual(
            (transfer.state, transfer.retail_reason, transfer.return_id, transfer.location_dest_id),
            ("done", "Too small", self.sold.picking_ids[0], self.warehouse.lot_stock_id),
        )
        self.assertEqual(transfer.date_done, fields.Datetime.to_datetime("2026-11-25 08:00:00"))
        self.assertEqual((self.sold.order_line.qty_delivered, self.free(self.mug)), (3, 17))
        again = self.take_back("2", status=200)
        self.assertEqual(again, {**answer, "outcome": "unchanged"})
        self.assertEqual(self.sold.order_line.qty_delivered, 3)

    def test_without_restocking(self):
        line = {"order_line_id": "L-MUG", "quantity": "1"}
        answer = self.take_back(lines=[line, {**line, "restock": False}])
        self.assertEqual(len(answer["transfers"]), 2)
        damaged = self.env["stock.location"].search(
            [("location_id", "=", self.warehouse.view_location_id.id), ("name", "=", "Damaged")]
        )
        self.assertEqual((damaged.usage, self.on_hand(self.mug, damaged)), ("internal", 1))
        self.assertEqual((self.sold.order_line.qty_delivered, self.free(self.mug)), (3, 16))
        self.take_back(return_id="R-2", lines=[{**line, "restock": False}])
        self.assertEqual(self.on_hand(self.mug, damaged), 2)

    def test_the_location_for_damaged_goods_of_a_client(self):
        locations = self.env["stock.location"]
        values = {"name": "Second Choice", "location_id": self.warehouse.view_location_id.id}
        place = locations.create(values)
        self.wms.damaged_location_id = place
        self.take_back(lines=[{"sku": "MUG", "quantity": "1", "restock": False}])
        self.assertEqual((self.on_hand(self.mug, place), self.free(self.mug)), (1, 15))
        shelf = locations.create({"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id})
        with self.assertRaisesRegex(ValidationError, "delivers from"):
            self.wms.damaged_location_id = shelf

    def test_to_another_warehouse(self):
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "W2"})
        answer = self.take_back("2", warehouse="W2")
        transfer = self.env["stock.picking"].browse(int(answer["transfers"][0]["id"]))
        self.assertEqual(transfer.picking_type_id.warehouse_id, second)
        self.assertEqual(transfer.location_id.usage, "customer")
        self.assertEqual((self.free(self.mug), self.free(self.mug, second)), (15, 2))
        self.assertEqual(self.sold.order_line.qty_delivered, 3)
        self.take_back("1", "R-2", warehouse="W2", lines=[{"sku": "MUG", "quantity": "1", "restock": False}])
        self.assertEqual((self.free(self.mug, second), self.sold.order_line.qty_delivered), (2, 2))

    def test_to_a_location(self):
        shelf = self.env["stock.location"].create(
            {"name": "Returns Shelf", "location_id": self.warehouse.lot_stock_id.id, "barcode": "LOC-7"}
        )
        self.take_back(location="LOC-7")
        self.assertEqual(self.on_hand(self.mug, shelf), 1)
        content = {"return_id": "R-2", "lines": [{"sku": "MUG", "quantity": "1"}], "location": "LOC-8"}
        response = self.report("/orders/W-1001/returns", content)
        self.assertProblem(response, "unknown-reference", 422, ["/location"])
        [listed] = self.env["retail.code.map"].search([("code", "=", "LOC-8")])
        self.assertEqual((listed.kind, listed.is_mapped), ("location", False))
        listed.location_id = shelf
        self.assertEqual(self.report("/orders/W-1001/returns", content).status_code, 201)
        self.assertEqual(self.on_hand(self.mug, shelf), 2)

    def test_never_more_than_the_customer_has(self):
        self.take_back("2")
        content = {"return_id": "R-2", "lines": [{"sku": "MUG", "quantity": "4"}]}
        response = self.report("/orders/W-1001/returns", content)
        problem = self.assertProblem(response, "conflict", 409, ["/lines/0/quantity"])
        self.assertEqual(problem["errors"][0]["available"], "3")
        self.assertEqual(self.sold.order_line.qty_delivered, 3)

    def test_of_two_shipments(self):
        """Each return is of the shipment that brought the goods."""
        order = self.sale_order(self.place(self.line("PLATE", "5"), external_id="W-2", total="60.50"))
        for number, quantity in (("S-2", "2"), ("S-3", "3")):
            self.ship(order="W-2", shipment_id=number, lines=[{"sku": "PLATE", "quantity": quantity}])
        content = {"return_id": "R-9", "lines": [{"sku": "PLATE", "quantity": "4"}]}
        response = self.report("/orders/W-2/returns", content)
        self.assertEqual(response.status_code, 201, response.text)
        self.assertEqual(len(response.json()["transfers"]), 2)
        self.assertEqual((order.order_line.qty_delivered, self.free(self.plate)), (1, 4))

    def test_after_pick_and_ship(self):
        self.warehouse.write({"delivery_steps": "pick_ship", "reception_steps": "two_steps"})
        order = self.sale_order(self.place(external_id="W-2"))
        self.ship("2", "S-2", order="W-2")
        content = {"return_id": "R-9", "lines": [{"sku": "MUG", "quantity": "1"}]}
        response = self.report("/orders/W-2/returns", content)
        self.assertEqual(response.status_code, 201, response.text)
        order.invalidate_recordset()
        self.assertEqual(order.order_line.qty_delivered, 1)
        self.assertEqual(self.on_hand(self.mug, self.warehouse.lot_stock_id), 14)

    def test_a_return_before_its_order(self):
        content = {"return_id": "R-1", "lines": [{"sku": "MUG", "quantity": "2"}]}
        response = self.report("/orders/W-7/returns", content)
        self.assertEqual((response.status_code, response.json()["state"]), (202, "waiting"), response.text)
