"""Orders: what is left of a refused one, when the rest is expected, and what the code mapping says of lines."""

from datetime import datetime

from odoo import Command
from odoo.tests import tagged

from .orders import OrderCase


@tagged("-at_install", "post_install")
class TestOrderDetails(OrderCase):
    # -- refused -----------------------------------------------------------------------------------

    def traces(self):
        """Return how many customers, orders and links of the system there are."""
        self.env.invalidate_all()
        return (
            self.env["res.partner"].with_context(active_test=False).search_count([]),
            self.env["sale.order"].search_count([]),
            self.env["retail.binding"].search_count([("connector_id", "=", self.system.id)]),
        )

    def test_a_refused_order_leaves_no_customer(self):
        """Nor an address or a link: whether it is refused before or after the customer was created."""
        before = self.traces()
        known = {"external_id": "C-1", "name": {"full": "Anna"}, "email": "anna@example.com"}
        invoice_address = {"kind": "invoice", "street": "Kaai 7", "city": "Ghent", "country": "BE"}
        for order, kind, status in (
            (self.order(total="30.00"), "total-mismatch", 422),
            (self.order(total="24.20", tax="1.00"), "total-mismatch", 422),
            (self.order(self.line("PLATE", "6"), total="72.60"), "out-of-stock", 409),
            (self.order(self.line("CUP", "1"), total="12.10"), "unknown-reference", 422),
            (self.order(currency="XTS"), "invalid-request", 422),
        ):
            for customer in (order["customer"], known):
                with self.subTest(kind=kind, customer=customer):
                    content = {**order, "customer": customer, "invoice_address": invoice_address}
                    response = self.post("/orders", content)
                    self.assertEqual(response.json()["type"].rpartition("/")[2], kind, response.text)
                    self.assertEqual((response.status_code, self.traces()), (status, before))
        self.place(customer=known)
        self.assertEqual(self.traces(), (before[0] + 1, before[1] + 1, before[2] + 2))

    # -- what is expected --------------------------------------------------------------------------

    def receive_later(self, product, quantity, at):
        """Plan a receipt."""
        kind = self.warehouse.in_type_id
        move = {
            "product_id": product.id,
            "product_uom_qty": quantity,
            "date": at,
            "location_id": self.env.ref("stock.stock_location_suppliers").id,
            "location_dest_id": self.warehouse.lot_stock_id.id,
        }
        receipt = self.env["stock.picking"].create(
            {
                "picking_type_id": kind.id,
                "location_id": move["location_id"],
                "location_dest_id": move["location_dest_id"],
                "scheduled_date": at,
                "move_ids": [Command.create(move)],
            }
        )
        receipt.action_confirm()
        return receipt

    def test_when_the_rest_is_expected(self):
        """When the receipt is planned that has enough of it; not known without one."""
        self.client.allocation = "partial"
        at = datetime(2027, 1, 15, 10)
        self.receive_later(self.mug, 10, at)
        lines = [self.line("MUG", "25"), self.line("PLATE", "6")]
        answer = self.place(*lines, total="375.10")
        expected = [("20", "5", "2027-01-15T10:00:00Z"), ("5", "1", None)]
        self.assertEqual(self.expected(answer), expected)
        self.assertEqual(self.expected(self.call("GET", "/orders/W-1001").json()), expected)

    def expected(self, answer):
        return [(each["reserved"], each["backordered"], each["expected_at"]) for each in answer["lines"]]

    # -- code mapping ------------------------------------------------------------------------------

    def map_code(self, kind, code, product):
        values = {"connector_id": self.system.id, "kind": kind, "code": code, "product_id": product.id}
        return self.env["retail.code.map"].create(values)

    def test_the_channels_own_id_of_a_product(self):
        """It is mapped; it goes before the SKU, and means nothing in another system."""
        self.map_code("product", "gid://shop/Variant/77", self.plate)
        by_id = {"product_id": "gid://shop/Variant/77", "sku": ""}
        order = self.sale_order(self.place({**self.line(), **by_id}))
        self.assertEqual((order.order_line.product_id, self.free(self.plate)), (self.plate, 3))
        both = self.sale_order(self.place({**self.line(), **by_id, "sku": "MUG"}, external_id="W-2"))
        self.assertEqual(both.order_line.product_id, self.plate)
        other = self.env["retail.connector"].create(
            {"name": "Market", "provider": "webhook", "base_url": "https://market.example.com"}
        )
        key = self.env["retail.api.key"]._issue(self.new_client("Market", other, self.scopes))
        response = self.post("/orders", self.order({**self.line(), **by_id}), key=key)
        self.assertProblem(response, "unknown-reference", 422, ["/lines/0"])

    def test_a_mapped_delivery_method(self):
        """It is that of the line, by whatever code the line has; a product with the same code is another thing."""
        express = self.new_product("EXP-1", 0, is_storable=False, type="service")
        self.map_code("delivery_method", "EXPRESS", express)
        self.map_code("product", "EXPRESS", self.plate)
        delivery = {"id": "D", "kind": "delivery", "name": "By air", "unit_price": "5.00", "taxes": []}
        for number, code in enumerate(("product_id", "sku", "barcode")):
            lines = [self.line(), {**delivery, code: "EXPRESS"}]
            order = self.sale_order(self.place(*lines, total="29.20", external_id=f"W-{number}"))
            self.assertEqual(order.order_line.product_id, self.mug | express)
            self.assertEqual(order.order_line[1]._retail_line().kind, "delivery")
        order = self.sale_order(self.place(self.line(), delivery, total="29.20", external_id="W-9"))
        self.assertEqual(order.order_line[1].product_id, self.env.ref("retail_hub.product_delivery"))
