"""Sales orders that a till settles (``pos_sale``): one order is sent, and what the till took for it."""

from odoo import Command, fields

from odoo.addons.point_of_sale.tests.test_frontend import TestPointOfSaleHttpCommon

from ..common import EventCase
from ..source.test_loyalty import LoyaltyCase
from ..source.test_payment_transaction import PaymentCase
from ..source.test_pos_order import PosCase
from .common import amounts, needs_neighbours

UPDATED, PLACED, REFUNDED = "order.updated", "order.placed", "refund.issued"


class InDoubtCase(PosCase):
    """A sales order of three lamps and a vase, 74.17 in total, and a till that takes money for it."""

    wanted = (PLACED, UPDATED, REFUNDED, "invoice.posted", "shipment.confirmed", "settlement.closed")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.warehouse = cls.config.warehouse_id
        for product in (cls.lamp, cls.vase):
            product.is_storable = True
            cls.env["stock.quant"].sudo()._update_available_quantity(product, cls.warehouse.lot_stock_id, 50)
        cls.advance = cls.env["product.product"].create(
            {"name": "Down payment", "type": "service", "taxes_id": False, "available_in_pos": True}
        )
        cls.config.down_payment_product_id = cls.advance

    def _quotation(self):
        lines = [
            Command.create(
                {"product_id": product.id, "product_uom_qty": quantity, "tax_ids": product.taxes_id.ids}
            )
            for product, quantity in ((self.lamp, 3), (self.vase, 1))
        ]
        return self.env["sale.order"].create({"partner_id": self.customer.id, "order_line": lines})

    def _order(self):
        """Return a confirmed sales order that was sent already."""
        order = self._quotation()
        order.action_confirm()
        self.assertEqual(self._sent(order), [PLACED])
        return order

    def _settling(self, order):
        """Return the lines with which a till settles what is left of the order, as its screen makes them."""
        return [
            {
                "product": self.advance if line.is_downpayment else line.product_id,
                "quantity": line.qty_to_invoice if line.is_downpayment else line.product_uom_qty,
                "sale_order_origin_id": order.id,
                "sale_order_line_id": line.id,
                **(
                    {"price_unit": line.price_unit, **self._total(-line.price_unit)}
                    if line.is_downpayment
                    else {}
                ),
            }
            for line in order.order_line
            if not line.display_type
        ]

    def _advance(self, order, paid):
        """Return the line of a down payment."""
        return {
            "product": self.advance,
            "quantity": 1,
            "price_unit": paid,
            "sale_order_origin_id": order.id,
            **self._total(paid),
        }

    def _total(self, total):
        return {"price_subtotal": total, "price_subtotal_incl": total}

    def _sell_to_customer(self, lines, **values):
        return self._sell(lines, customer=self.customer, **values)

    def _paid_at_till(self, order):
        payload, _warnings = order._retail_payloads()[order.id]
        return payload["paid_at_till"]

    def _reference(self, order):
        return {"id": str(order.id), "number": order.name, "channel": "sales"}


@needs_neighbours
class TestSettledAtTheTill(InDoubtCase):
    def test_settled(self):
        """The order was sent when it was placed: the till sends no second one, but what it took for it."""
        order = self._order()
        till_order = self._sell_to_customer(self._settling(order))
        self.assertAlmostEqual(till_order.amount_total, order.amount_total)
        self.assertEqual(self._sent(till_order), [])
        self.assertEqual(self._sent(order), [PLACED, UPDATED])
        payload, _warnings = order._retail_payloads()[order.id]
        self.assertEqual((payload["total"], payload["paid_at_till"]), ("74.17", "74.17"))
        self.assertEqual([line["sku"] for line in payload["lines"]], ["LAMP", "VASE"])
        self.assertEqual(set(order.picking_ids.mapped("state")), {"cancel"})
        self.assertEqual(self._events(event_type="shipment.confirmed"), self.env["retail.event"])

    def test_quotation(self):
        """It is confirmed by being settled: placed once, and paid for by then."""
        order = self._quotation()
        till_order = self._sell_to_customer(self._settling(order))
        self.assertEqual((order.state, self._sent(order), self._sent(till_order)), ("sale", [PLACED], []))
        sent = self._events(order).payload
        self.assertEqual((sent["channel"], *amounts(sent)), ("sales", "69.06", "5.11", "74.17"))
        self.assertEqual(sent["paid_at_till"], "74.17")

    def test_sent_again(self):
        order = self._order()
        payload = self._payload(self._settling(order), customer=self.customer)
        self._send(payload)
        self._send(payload)
        self.assertEqual(self._sent(order), [PLACED, UPDATED])
        self.assertEqual(self._paid_at_till(order), "74.17")

    def test_down_payment_and_the_rest(self):
        """What is taken off the rest is no refund."""
        order = self._order()
        first = self._sell_to_customer([self._advance(order, 20.0)])
        self.assertEqual((self._sent(first), self._sent(order)), ([], [PLACED, UPDATED]))
        payload, _warnings = order._retail_payloads()[order.id]
        self.assertEqual([line["kind"] for line in payload["lines"]], ["product", "product", "down_payment"])
        self.assertEqual((payload["total"], payload["paid_at_till"]), ("74.17", "20.00"))
        self._forget_events()
        rest = self._sell_to_customer(self._settling(order))
        self.assertAlmostEqual(rest.amount_total, 54.17)
        self.assertEqual((self._sent(rest), self._sent(order)), ([], [UPDATED]))
        self.assertEqual(self._paid_at_till(order), "74.17")

    def test_down_payment_given_back(self):
        order = self._order()
        first = self._sell_to_customer([self._advance(order, 20.0)])
        line = {**self._returned(first.lines, 1), "price_unit": 20.0, **self._total(-20.0)}
        refund = self._sell_to_customer([line], is_refund=True)
        [event] = self._events(refund)
        self.assertEqual((event.event_type, event.payload["total"]), (REFUNDED, "20.00"))
        self.assertEqual(event.payload["lines"][0]["kind"], "down_payment")
        self.assertEqual(event.payload["orders"], [self._reference(order)])
        self.assertEqual(self._paid_at_till(order), "0.00")

    def test_settled_and_something_bought(self):
        """The till's order is what it sold itself; its payments are that and what was settled."""
        order = self._order()
        till_order = self._sell_to_customer([*self._settling(order), (self.vase, 2)])
        [event] = self._events(till_order)
        self.assertEqual(event.event_type, PLACED)
        sent = event.payload
        self.assertEqual(amounts(sent), ("18.18", "1.82", "20.00"))
        self.assertEqual([(line["sku"], line["quantity"]) for line in sent["lines"]], [("VASE", "2")])
        self.assertEqual((sent["settled"], sent["rounding"]), ("74.17", "0.00"))
        self.assertEqual(sent["payments"], [{"method": "Cash", "amount": "94.17"}])
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self.assertEqual(self._paid_at_till(order), "74.17")

    def test_settled_and_something_taken_back(self):
        order = self._order()
        earlier = self._sell_to_customer([(self.vase, 1)])
        till_order = self._sell_to_customer([*self._settling(order), self._returned(earlier.lines, 1)])
        [event] = self._events(till_order)
        self.assertEqual((event.event_type, *amounts(event.payload)), (REFUNDED, "9.09", "0.91", "10.00"))
        self.assertEqual(event.payload["payments"], [])
        self.assertEqual(self._paid_at_till(order), "74.17")

    def test_two_orders_at_once(self):
        first, second = self._order(), self._order()
        till_order = self._sell_to_customer(self._settling(first) + self._settling(second))
        self.assertEqual(self._sent(till_order), [])
        for order in (first, second):
            self.assertEqual((self._sent(order), self._paid_at_till(order)), ([PLACED, UPDATED], "74.17"))

    def test_invoiced_at_the_till(self):
        order = self._order()
        [placed] = self._events(order)
        till_order = self._sell_to_customer(self._settling(order), is_invoiced=True)
        [event] = self._events(till_order.account_move)
        self.assertEqual(
            (event.event_type, *amounts(event.payload)), ("invoice.posted", "69.06", "5.11", "74.17")
        )
        self.assertEqual(event.payload["orders"], [self._reference(order)])
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self.assertEqual(event.causation_id, placed.uuid)

    def test_invoice_of_a_down_payment(self):
        order = self._order()
        first = self._sell_to_customer([self._advance(order, 20.0)], is_invoiced=True)
        [sent] = self._events(first.account_move).mapped("payload")
        self.assertEqual(
            [(line["kind"], line["total"]) for line in sent["lines"]], [("down_payment", "20.00")]
        )
        self.assertEqual(sent["orders"], [self._reference(order)])

    def test_quotation_invoiced_at_the_till(self):
        order = self._quotation()
        till_order = self._sell_to_customer(self._settling(order), is_invoiced=True)
        [placed], [posted] = self._events(order), self._events(till_order.account_move)
        self.assertEqual(
            (posted.correlation_id, posted.causation_id), (f"sale.order,{order.id}", placed.uuid)
        )

    def test_taken_back(self):
        """A refund of the sales order, by which less was paid for it."""
        order = self._order()
        [placed] = self._events(order)
        till_order = self._sell_to_customer(self._settling(order))
        lamps = till_order.lines.filtered(lambda line: line.product_id == self.lamp)
        refund = self._sell_to_customer([self._returned(lamps, 1)], is_refund=True)
        [event] = self._events(refund)
        self.assertEqual((event.event_type, *amounts(event.payload)), (REFUNDED, "19.99", "1.40", "21.39"))
        self.assertEqual(event.payload["orders"], [self._reference(order)])
        self.assertEqual((event.correlation_id, event.causation_id), (f"sale.order,{order.id}", placed.uuid))
        self.assertEqual(self._paid_at_till(order), "52.78")

    def test_shipped_later(self):
        order = self._order()
        [placed] = self._events(order)
        tomorrow = fields.Date.to_string(fields.Date.add(fields.Date.today(), days=1))
        till_order = self._sell_to_customer(self._settling(order), shipping_date=tomorrow)
        picking = till_order.picking_ids
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        [event] = self._events(picking)
        self.assertEqual(event.payload["order"], self._reference(order))
        self.assertEqual(
            [(line["sku"], line["quantity"]) for line in event.payload["lines"]],
            [("LAMP", "3"), ("VASE", "1")],
        )
        self.assertEqual((event.correlation_id, event.causation_id), (f"sale.order,{order.id}", placed.uuid))

    def test_cash_rounding(self):
        self._round_cash()
        order = self._order()
        self._sell_to_customer(self._settling(order), payments=[(self.cash_pm1, 74.15)])
        self.assertEqual(self._paid_at_till(order), "74.17")

    def test_closed(self):
        """All that the till took is in its totals; what it settled has a part of its own."""
        order = self._order()
        self._sell_to_customer([self._advance(order, 20.0)])
        self._sell_to_customer([*self._settling(order), (self.vase, 2)])
        self.pos_session.post_closing_cash_details(194.17)
        self.pos_session.close_session_from_ui()
        [sent] = self._events(self.pos_session).mapped("payload")
        self.assertEqual(amounts(sent), ("87.24", "6.93", "94.17"))
        self.assertEqual(sent["sales"], {"untaxed": "18.18", "tax": "1.82", "total": "20.00"})
        self.assertEqual(sent["settled"], {"untaxed": "69.06", "tax": "5.11", "total": "74.17"})
        self.assertEqual(sent["refunds"], {"untaxed": "0.00", "tax": "0.00", "total": "0.00"})
        self.assertEqual((sent["order_count"], sent["refund_count"]), (1, 0))
        self.assertEqual(sent["cash"]["difference"], "0.00")

    def test_only_updates_are_wanted(self):
        """The till sends what it took, though nobody wants to know of its orders."""
        order = self._order()
        self.connector.flow_ids.filtered(lambda flow: flow.event_type != UPDATED).active = False
        self._forget_events()
        self._sell_to_customer(self._settling(order))
        self.assertEqual(self._sent(), [UPDATED])


@needs_neighbours
class TestSettledOnline(InDoubtCase, PaymentCase):
    """A customer can pay what a till settles with an own telephone (``pos_online_payment``)."""

    wanted = (*InDoubtCase.wanted, "payment.captured")

    def test_payment(self):
        order = self._order()
        till_order = self._send(
            self._payload(self._settling(order), [], customer=self.customer, state="draft")
        )
        self.assertEqual((till_order.state, self._sent(order)), ("draft", [PLACED]))
        payment = self._payment(order.amount_total, pos_order_id=till_order.id)
        payment._set_done()
        payment._post_process()
        self.assertEqual((till_order.state, self._sent(till_order)), ("paid", []))
        self.assertEqual((self._sent(order), self._paid_at_till(order)), ([PLACED, UPDATED], "74.17"))
        [captured] = self._events(payment)
        self.assertEqual(captured.payload["orders"], [self._reference(order)])
        self.assertEqual(captured.correlation_id, f"sale.order,{order.id}")


@needs_neighbours
class TestPointsWithASettledOrder(LoyaltyCase):
    """Points for what is bought while a sales order is settled belong to the process of that order."""

    wanted = ("loyalty.earned",)

    def test_earned(self):
        order = self._order(2)
        self._forget_events()
        amounts = {"price_unit": 41, "price_subtotal": 41, "price_subtotal_incl": 41}
        line = {"name": "Lamp", "product_id": self.product.id, "qty": 1, **amounts}
        till_order = self._till_order(
            lines=[Command.create(line), Command.create({**line, "sale_order_origin_id": order.id})]
        )
        data = {"points": 41, "program_id": self.program.id, "partner_id": self.customer.id}
        till_order.confirm_coupon_programs({"-1": data})
        [event] = self._events(event_type="loyalty.earned")
        self.assertEqual((event.payload["points"], event.payload["order_id"]), ("41", str(till_order.id)))
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")


@needs_neighbours
class TestSettlingScreen(EventCase, TestPointOfSaleHttpCommon):
    """What the screen of a till sends, in a real browser, with tours that Odoo tests its own module with."""

    wanted = (PLACED, UPDATED, REFUNDED)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")

    @classmethod
    def _create_connector(cls, name, **values):
        cls.env.user.group_ids |= cls.env.ref("retail_hub.group_manager")
        return super()._create_connector(name, **values)

    def _order(self, product, price):
        line = {"product_id": product.id, "product_uom_qty": 1, "price_unit": price, "tax_ids": False}
        customer = self.env["res.partner"].create({"name": "Ann Lee"})
        order = self.env["sale.order"].create(
            {"partner_id": customer.id, "order_line": [Command.create(line)]}
        )
        order.action_confirm()
        self._forget_events()
        return order

    def _till_sends(self, order, tour):
        """Run the tour; return the events of the till, and what is sent as paid for the order."""
        self.main_pos_config.open_ui()
        self.start_pos_tour(tour, login="accountman")
        self.assertEqual(set(self._sent(order)), {UPDATED})
        payload, _warnings = order._retail_payloads()[order.id]
        return self._events() - self._events(order), payload["paid_at_till"]

    def test_settled(self):
        product = self.env["product.product"].create(
            {"name": "Product A", "available_in_pos": True, "is_storable": True, "taxes_id": False}
        )
        order = self._order(product, 12.5)
        sent, paid = self._till_sends(order, "PosSettleOrder3")
        self.assertEqual((len(sent), paid), (0, "12.50"))
        self.assertEqual(order.order_line.qty_delivered, 1)

    def test_down_payment_given_back(self):
        self.main_pos_config.down_payment_product_id = self.env["product.product"].create(
            {"name": "Down Payment", "available_in_pos": True, "type": "service", "taxes_id": False}
        )
        order = self._order(self.product_a, 100)
        [refund], paid = self._till_sends(order, "PosRefundDownpayment")
        self.assertEqual((refund.event_type, refund.payload["total"], paid), (REFUNDED, "10.00", "0.00"))
        self.assertEqual([line["kind"] for line in refund.payload["lines"]], ["down_payment"])
        self.assertEqual(
            refund.payload["orders"], [{"id": str(order.id), "number": order.name, "channel": "sales"}]
        )
        self.assertEqual(refund.correlation_id, f"sale.order,{order.id}")
