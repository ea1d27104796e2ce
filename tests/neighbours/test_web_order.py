"""Orders of the web shop (``website_sale``): they say so, wherever they are named."""

from odoo import Command

from ..source.test_loyalty import LoyaltyCase
from ..source.test_payment_transaction import PaymentCase
from .common import amounts, needs_neighbours


@needs_neighbours
class TestWebOrder(PaymentCase):
    wanted = (*PaymentCase.wanted, "shipment.confirmed")

    def _cart(self, quantity):
        """Return the cart of a customer who has put that many of the product into it."""
        website = self.env["website"].search([("company_id", "=", self.env.company.id)], limit=1)
        cart = self.env["sale.order"].create({"partner_id": self.customer.id, "website_id": website.id})
        cart._cart_add(self.product.id, quantity)
        return cart

    def test_paid_and_shipped(self):
        """The payment confirms the cart: order, payment, invoice and shipment name one order of the web."""
        self.product.write({"is_storable": True, "invoice_policy": "order"})
        cart = self._cart(2)
        self.assertEqual(self._sent(cart), [])
        payment = self._payment(cart.amount_total, sale_order_ids=[Command.set(cart.ids)])
        payment._set_done()
        payment._post_process()
        self.assertEqual(cart.state, "sale")
        [placed] = self._events(cart)
        self.assertEqual((placed.event_type, placed.payload["channel"]), ("order.placed", "web"))
        self.assertEqual(
            amounts(placed.payload),
            tuple(f"{each:.2f}" for each in (cart.amount_untaxed, cart.amount_tax, cart.amount_total)),
        )
        reference = {"id": str(cart.id), "number": cart.name, "channel": "web"}
        captured = self._events(payment, "payment.captured")
        self.assertEqual(captured.payload["orders"], [reference])
        invoice = cart._create_invoices()
        invoice.action_post()
        [posted] = self._events(invoice, "invoice.posted")
        self.assertEqual(posted.payload["orders"], [reference])
        picking = cart.picking_ids
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking.button_validate()
        [shipped] = self._events(picking)
        self.assertEqual(shipped.payload["order"], reference)
        for event in captured + posted + shipped:
            self.assertEqual(event.correlation_id, f"sale.order,{cart.id}")

    def test_of_a_salesperson(self):
        """An order that is not from the shop stays one of the sales team, though there is a shop."""
        order = self._cart(1)
        order.website_id = False
        order.action_confirm()
        self.assertEqual(self._events(order).payload["channel"], "sales")


@needs_neighbours
class TestWebPromotion(LoyaltyCase):
    """Programs can be for the web shop, too (``website_sale_loyalty``)."""

    wanted = ("promotion.changed",)

    def test_channels(self):
        self._forget_events()
        self.program.ecommerce_ok = False
        self.assertEqual(self._sent(self.program), ["promotion.changed"])
        payload, _warnings = self.program._retail_payloads()[self.program.id]
        self.assertEqual(payload["channels"], ["sales", "pos"])
        self.program.ecommerce_ok = True
        payload, _warnings = self.program._retail_payloads()[self.program.id]
        self.assertEqual(payload["channels"], ["sales", "web", "pos"])
