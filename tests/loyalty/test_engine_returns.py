"""Returns take back what a loyalty engine gave, in parts, where the engine itself cannot."""

from odoo import Command
from odoo.tests import tagged

from .engine_case import EngineCase


@tagged("post_install", "-at_install")
class TestEngineReturns(EngineCase):
    def setUp(self):
        super().setUp()
        self.vase = self._product("Vase", "VASE", list_price=40, taxes_id=False, invoice_policy="order")
        self.card = self._card()
        self._send()
        self._read()

    def _order_of_two(self):
        """Return an order of a lamp for 60 and three vases for 40 each, paid in full, and its invoice."""
        lines = [(self.product, 1, 60), (self.vase, 3, 40)]
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                    for product, quantity, price in lines
                ],
            }
        )
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        register.create({})._create_payments()
        self._commit()
        return order, invoice

    def _credit(self, invoice, product, quantity):
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        reversal = wizard.create({"journal_id": invoice.journal_id.id})
        credit_note = self.env["account.move"].browse(reversal.refund_moves()["res_id"])
        for line in credit_note.invoice_line_ids:
            if line.product_id == product:
                line.quantity = quantity
            else:
                line.unlink()
        credit_note.action_post()
        return credit_note

    def _sync(self):
        self._send()
        self._read_again()

    def _kinds(self):
        return [(kind, points) for kind, points, _balance in self._ledger(self.card)]

    def test_in_parts(self):
        _order, invoice = self._order_of_two()
        self._sync()
        self.assertEqual(self._kinds(), [("earn", 180)])
        credit_note = self._credit(invoice, self.vase, 1)
        self._sync()
        self._credit(invoice, self.vase, 2)
        self._sync()
        self.assertEqual(self._kinds(), [("earn", 180), ("reverse", -40), ("reverse", -80)])
        self.assertEqual((self.card.points, self._at_engine()), (60, 60))
        entry = self.env["retail.loyalty.entry"].search(
            [("card_id", "=", self.card.id), ("points", "=", -40)]
        )
        self.assertEqual((entry.order_model, entry.order_id), (credit_note._name, credit_note.id))
        self.assertFalse(self.env["retail.loyalty.difference"].search([("card_id", "=", self.card.id)]))

    def test_more_than_was_sold(self):
        _order, invoice = self._order_of_two()
        self._sync()
        self._credit(invoice, self.product, 1)
        self._credit(invoice, self.product, 1)
        self._sync()
        self.assertEqual(self._kinds(), [("earn", 180), ("reverse", -60)])

    def test_before_the_points_have_come(self):
        """The engine books the points of the order only after the return."""
        self.sandbox.configure("voucherify", processing_s=None)
        _order, invoice = self._order_of_two()
        self._send()
        self._credit(invoice, self.vase, 3)
        self._sync()
        self.assertEqual(self._kinds(), [])
        self.sandbox.configure("voucherify", processing_s=0)
        self.sandbox.act("process", "voucherify")
        self._read_again()
        self._sync()
        self.assertEqual(self._kinds(), [("earn", 180), ("reverse", -120)])
        self.assertEqual((self.card.points, self._at_engine()), (60, 60))

    def test_cancelled_after_a_part_was_returned(self):
        order, invoice = self._order_of_two()
        self._sync()
        self._credit(invoice, self.vase, 1)
        order.with_context(disable_cancel_warning=True)._action_cancel()
        self._sync()
        self.assertEqual(self._kinds(), [("earn", 180), ("reverse", -40), ("reverse", -140)])
        self.assertEqual((self.card.points, self._at_engine()), (0, 0))

    def test_after_they_were_spent(self):
        """The balance gets negative here; the wallet there refuses that, and a person is told."""
        _order, invoice = self._order_of_two()
        self._sync()
        self.card.points -= 170
        self._sync()
        self._credit(invoice, self.vase, 3)
        self._sync()
        self.assertEqual((self.card.points, self._at_engine()), (-110, 10))
        [delivery] = self._deliveries(self.card, event_type="loyalty.reversed")
        self.assertEqual((delivery.state, delivery.error_code), ("dead", "NOT_ENOUGH_BALANCE"))
        difference = self.env["retail.loyalty.difference"].search([("card_id", "=", self.card.id)])
        self.assertEqual((difference.difference, difference.cause), (-120, "engine"))
