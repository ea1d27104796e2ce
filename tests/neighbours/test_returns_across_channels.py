"""What a sales order sold is returned at a till (``pos_sale``): its points are reversed once, whatever the channel."""

from ..loyalty.test_returns_at_the_till import ReturnsCase
from .common import needs_neighbours


@needs_neighbours
class TestReturnsAcrossChannels(ReturnsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        for product in (cls.mug, cls.pen):
            product.invoice_policy = "order"
        cls.config.down_payment_product_id = cls.env["product.product"].create(
            {"name": "Down payment", "type": "service", "taxes_id": False, "available_in_pos": True}
        )

    def _ordered(self, **quantities):
        """Return a confirmed sales order of ``{sku: quantity}``, which has earned its points."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": quantity, "tax_ids": False})
                    for product, quantity in (
                        (self.mug, quantities.get("mug")),
                        (self.pen, quantities.get("pen")),
                    )
                    if quantity
                ],
            }
        )
        order._update_programs_and_rewards()
        order.action_confirm()
        self._commit()
        return order

    def _settled(self, order):
        """Have the till take the money for the order."""
        lines = [
            {
                "product": line.product_id,
                "quantity": line.product_uom_qty,
                "sale_order_origin_id": order.id,
                "sale_order_line_id": line.id,
            }
            for line in order.order_line
        ]
        return self._sell(lines, customer=self.customer)

    def test_settled_and_returned_in_parts(self):
        order = self._ordered(pen=3)
        self.assertEqual(self.card.points, 130)
        till_order = self._settled(order)
        self.assertEqual(self.card.points, 130, "The till gives no points for a settled order.")
        refund = self._take_back((till_order.lines, 1))
        self.assertEqual(self._booked(refund), [("reverse", -10)])
        event = self._events(self.card, "loyalty.reversed")
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self._take_back((till_order.lines, 2))
        self.assertEqual(self.card.points, 100)
        self._assert_proved()

    def test_paid_online_and_returned_at_the_till(self):
        """The till knows the line of the sales order, not an order of its own."""
        order = self._ordered(mug=1, pen=2)
        line = order.order_line[1]
        values = {"product": self.pen, "sale_order_origin_id": order.id, "sale_order_line_id": line.id}
        refund = self._take_back({**values, "quantity": -1})
        self.assertEqual(self._booked(refund), [("reverse", -10)])
        self.assertEqual(self.card.points, 130)
        self._assert_proved()
        [event] = self._events(refund, "refund.issued")
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self.assertEqual((event.payload["total"], event.payload["is_full"]), ("10.00", False))
        self.assertEqual([each["id"] for each in event.payload["orders"]], [str(order.id)])
        [sold] = event.payload["lines"][0]["sold_lines"]
        self.assertEqual((sold["order_id"], sold["line_id"]), (str(order.id), str(line.id)))
        self.assertFalse(self._events(refund, "order.placed"))

    def test_returned_at_the_till_and_credited(self):
        """One of two comes back at the till; a credit note of both takes only what is left."""
        order = self._ordered(mug=2)
        invoice = order._create_invoices()
        invoice.action_post()
        values = {"sale_order_origin_id": order.id, "sale_order_line_id": order.order_line.id}
        self._take_back({"product": self.mug, "quantity": -1, **values})
        credit_note = invoice._reverse_moves()
        credit_note.action_post()
        self.assertEqual(self._booked(credit_note), [("reverse", -20)])
        self.assertEqual(self.card.points, 100)
        self._assert_proved()

    def test_cancelled_after_a_return_at_the_till(self):
        order = self._ordered(pen=3)
        values = {"sale_order_origin_id": order.id, "sale_order_line_id": order.order_line.id}
        self._take_back({"product": self.pen, "quantity": -1, **values})
        self.assertEqual(self.card.points, 120)
        order._action_cancel()
        self.assertEqual(self._booked(order)[1:], [("reverse", -20)])
        self.assertEqual(self.card.points, 100)
        self._assert_proved()

    def test_a_refund_that_is_invoiced(self):
        """Its credit note is the till's: the points are reversed once."""
        order = self._ordered(pen=3)
        till_order = self._sell(
            [
                {
                    "product": self.pen,
                    "quantity": 3,
                    "sale_order_origin_id": order.id,
                    "sale_order_line_id": order.order_line.id,
                }
            ],
            customer=self.customer,
            is_invoiced=True,
        )
        refund = self._take_back((till_order.lines, 3), is_invoiced=True)
        self.assertEqual(refund.account_move.move_type, "out_refund")
        self.assertEqual(self.card.points, 100)
        self._assert_proved()
