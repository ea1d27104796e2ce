"""An order is paid in full once, whichever way."""

from odoo import Command
from odoo.tests import tagged

from .test_payment_transaction import PaymentCase
from .test_pos_order import PosCase

PAID = "order.paid"


@tagged("post_install", "-at_install")
class TestOrderPaid(PaymentCase):
    wanted = ("order.placed", PAID, "payment.captured")

    def _confirmed(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": self.product.id, "price_unit": 100})],
            }
        )
        order.action_confirm()
        self._commit()
        return order

    def _pay(self, order, amount):
        payment = self._payment(amount, sale_order_ids=order.ids)
        payment._set_done()
        self._commit()
        return payment

    def test_through_a_provider_in_parts(self):
        order = self._confirmed()
        self._pay(order, order.amount_total - 21)
        self.assertFalse(self._events(order, PAID))
        self._pay(order, 21)
        [paid] = self._events(order, PAID)
        self.assertEqual(paid.payload["total"], f"{order.amount_total:.2f}")
        self.assertEqual(paid.causation_id, self._events(order, "order.placed").uuid)
        self._pay(order, 10)
        self.assertEqual(len(self._events(order, PAID)), 1)

    def test_before_it_was_confirmed(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": self.product.id, "price_unit": 100})],
            }
        )
        payment = self._pay(order, order.amount_total)
        self.assertFalse(self._events(order, PAID))
        payment._post_process()
        self._commit()
        self.assertEqual([each.event_type for each in self._events(order)], ["order.placed", PAID])

    def test_by_its_invoices(self):
        order = self._confirmed()
        order.order_line.qty_delivered = 1
        invoice = order._create_invoices()
        invoice.action_post()
        self._commit()
        self.assertFalse(self._events(order, PAID))
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({})._create_payments()
        self._commit()
        self.assertEqual(len(self._events(order, PAID)), 1)

    def test_an_order_of_nothing_is_not_paid(self):
        order = self._confirmed()
        order.order_line.price_unit = 0
        self._commit()
        self._pay(order, 1)
        self.assertFalse(self._events(order, PAID))

    def test_refunded_and_authorized_amounts_do_not_count(self):
        order = self._confirmed()
        self._payment(order.amount_total, sale_order_ids=order.ids)._set_authorized()
        self._commit()
        self.assertFalse(self._events(order, PAID))


@tagged("post_install", "-at_install")
class TestTillOrderPaid(PosCase):
    wanted = ("order.placed", PAID, "refund.issued")

    def test_at_the_till(self):
        order = self._sell([(self.lamp, 1)])
        self.assertEqual([each.event_type for each in self._events(order)], ["order.placed", PAID])
