"""Kits in captured orders and in stock (module ``mrp``): what counts is what their components allow."""

from ..inbox.fulfilment import FulfilmentCase
from ..inbox.orders import OrderCase
from .common import make_kit, needs_neighbours


@needs_neighbours
class TestCapturedKit(OrderCase):
    scopes = ("inventory:read", "orders:read", "orders:write")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # 20 mugs and 5 plates: a set has two mugs and a plate, a party two sets and a mug.
        cls.set = make_kit(cls.env, "Set", "SET", {cls.mug: 2, cls.plate: 1})
        cls.party = make_kit(cls.env, "Party", "PARTY", {cls.set: 2, cls.mug: 1})

    def test_what_can_be_promised(self):
        found = self.call("GET", f"/inventory?sku=SET&sku=PARTY&warehouse={self.warehouse.code}").json()
        self.assertEqual(
            [(each["sku"], each["available"]) for each in found["items"]], [("SET", "5"), ("PARTY", "2")]
        )

    def test_what_has_changed(self):
        """A kit changes with its components, also those of kits in it."""
        flow = self.system.flow_ids.filtered(lambda each: each.event_type == "stock.level_changed")
        flow.write({"active": True, "mode": "pull"})
        self.env.flush_all()
        self.env.cr.flush()
        cursor = self.call("GET", "/inventory?sku=SET").json()["cursor"]
        self.env["stock.quant"]._update_available_quantity(self.plate, self.warehouse.lot_stock_id, 1)
        self.env.flush_all()
        self.env.cr.flush()
        found = self.call("GET", f"/inventory?since={cursor}&warehouse={self.warehouse.code}").json()["items"]
        self.assertEqual(
            {each["sku"]: each["available"] for each in found}, {"PLATE": "6", "SET": "6", "PARTY": "3"}
        )

    def test_an_order(self):
        answer = self.place(self.line("SET", "3"), total="36.30")
        self.assertEqual((answer["lines"][0]["reserved"], answer["lines"][0]["backordered"]), ("3", "0"))
        self.assertEqual((self.free(self.mug), self.free(self.plate)), (14, 2))

    def test_a_kit_and_its_component_count_together(self):
        """2 sets, a party and 12 mugs: 4 + 5 + 12 mugs are one too many; the plates would do."""
        lines = [self.line("SET", "2"), self.line("PARTY", "1"), self.line("MUG", "12")]
        response = self.post("/orders", self.order(*lines, total="181.50"))
        problem = self.assertProblem(response, "out-of-stock", 409, ["/lines/0", "/lines/1", "/lines/2"])
        self.assertEqual([each["available"] for each in problem["errors"]], ["5", "2", "20"])
        lines[2]["quantity"] = "11"
        answer = self.place(*lines, total="169.40")
        self.assertEqual([line["reserved"] for line in answer["lines"]], ["2", "1", "11"])
        self.assertEqual((self.free(self.mug), self.free(self.plate)), (0, 1))

    def test_a_part_of_a_kit(self):
        self.client.allocation = "backorder"
        answer = self.place(self.line("SET", "7"), total="84.70")
        self.assertEqual((answer["lines"][0]["reserved"], answer["lines"][0]["backordered"]), ("5", "2"))


@needs_neighbours
class TestShippedKit(FulfilmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set = make_kit(cls.env, "Set", "SET", {cls.mug: 2, cls.plate: 1})

    def test_kits_by_their_components(self):
        order = self.sale_order(self.place(self.line("SET", "3"), total="36.30"))
        first = self.ship(lines=[{"order_line_id": "L-SET", "quantity": "1"}])
        self.assertEqual(first["lines"], [{"id": "L-SET", "quantity": "1", "open": "2"}])
        self.assertEqual(
            (self.on_hand(self.mug, self.warehouse.lot_stock_id), order.order_line.qty_delivered), (18, 1)
        )
        parts = [{"sku": "MUG", "quantity": "4"}, {"sku": "PLATE", "quantity": "2"}]
        last = self.ship(shipment_id="S-2", lines=parts)
        self.assertEqual(last["lines"], [{"id": "L-SET", "quantity": "2", "open": "0"}])
        self.assertEqual((last["order_status"], order.order_line.qty_delivered), ("shipped", 3))
        self.assertEqual(self.ship(shipment_id="S-2", lines=parts, status=200)["outcome"], "unchanged")
        back = self.take_back(lines=[{"sku": "SET", "quantity": "2"}])
        self.assertEqual(back["lines"], [{"id": "L-SET", "quantity": "2", "kept": "1"}])
        self.assertEqual(
            (self.on_hand(self.mug, self.warehouse.lot_stock_id), order.order_line.qty_delivered), (18, 1)
        )

    def test_more_kits_than_are_open(self):
        self.place(self.line("SET", "3"), total="36.30")
        self.ship(lines=[{"sku": "MUG", "quantity": "3"}])
        content = {"shipment_id": "S-2", "lines": [{"sku": "SET", "quantity": "2"}]}
        response = self.report("/orders/W-1001/shipments", content)
        problem = self.assertProblem(response, "conflict", 409, ["/lines/0/quantity"])
        self.assertEqual(problem["errors"][0]["available"], "1")
