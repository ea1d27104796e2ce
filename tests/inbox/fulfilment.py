"""What the tests of shipments and returns share: a warehouse system, and an order of five mugs."""

from .orders import OrderCase


class FulfilmentCase(OrderCase):
    """Has a warehouse system with a client of its own key, beside the shop that captures the orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wms = cls.new_client("Warehouse", cls.system, ("fulfilment:write",))
        cls.wms_key = cls.env["retail.api.key"]._issue(cls.wms)

    def report(self, path, content, **options):
        return self.post(path, content, **{"key": self.wms_key, **options})

    def ship(self, quantity="2", shipment_id="S-1", status=201, order="W-1001", lines=None, **values):
        """Report a shipment of mugs; return the JSON of the answer."""
        lines = lines or [{"order_line_id": "L-MUG", "quantity": quantity}]
        content = {"shipment_id": shipment_id, "lines": lines, **values}
        response = self.report(f"/orders/{order}/shipments", content)
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def take_back(self, quantity="1", return_id="R-1", status=201, lines=None, **values):
        """Report a return of mugs; return the JSON of the answer."""
        line = {"order_line_id": "L-MUG", "quantity": quantity}
        content = {"return_id": return_id, "lines": lines or [line], **values}
        response = self.report("/orders/W-1001/returns", content)
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def five_mugs(self):
        return self.sale_order(self.place(self.line(quantity="5"), total="60.50"))

    def on_hand(self, product, location):
        quants = self.env["stock.quant"].search(
            [("product_id", "=", product.id), ("location_id", "=", location.id)]
        )
        return sum(quants.mapped("quantity"))
