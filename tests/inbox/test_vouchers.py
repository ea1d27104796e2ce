"""Vouchers, deposits and down payments: what they cost, with which tax, and what is left to pay."""

import json
import re
from pathlib import Path

from odoo.tests import tagged

from .payments import PaymentsCase

PAGE = Path(__file__).parents[2] / "doc" / "api.rst"


@tagged("-at_install", "post_install")
class TestVouchers(PaymentsCase):
    def booked(self, record):
        """Return (without tax, tax, with tax) of an order or an invoice."""
        return tuple(round(record[name], 2) for name in ("amount_untaxed", "amount_tax", "amount_total"))

    def check(self, expected, answer):
        """Check the amounts of an order and of its invoice; return the invoice."""
        order = self.sale_order(answer)
        self.assertEqual(self.booked(order), expected)
        invoice = self.invoice(order)
        self.assertEqual(self.booked(invoice), expected)
        return invoice

    def test_a_gift_card_is_a_payment(self):
        """A voucher for many purposes: the tax is that of the goods, and is due when they are sold."""
        cards = self.new_journal("Gift Cards", "GIFT")
        self.map_method("gift_card", cards)
        answer = self.place()
        self.pay("capture", "G-1", "10.00", method="gift_card", status=201)
        paid = self.pay("capture", "P-1", "14.20", status=201)
        self.assertEqual(self.amounts(paid), ("24.20", "0.00", "0.00"))
        invoice = self.check((20.0, 4.2, 24.2), answer)
        self.book()
        self.assertEqual(invoice.amount_residual, 0.0)
        booked = {each.retail_code: each.payment_id for each in self.payments(self.sale_order(answer))}
        self.assertEqual((booked["G-1"].journal_id, booked["G-1"].amount), (cards, 10.0))
        self.assertEqual((booked["P-1"].journal_id, booked["P-1"].amount), (self.bank, 14.2))

    def test_a_gift_card_is_sold_without_tax(self):
        self.new_product("GIFT", 0, is_storable=False, type="service")
        self.check((50.0, 0.0, 50.0), self.place(self.line("GIFT", "1", "50.00", rate=""), total="50.00"))

    def test_a_voucher_for_one_purpose(self):
        """Its tax was paid when it was sold, so that it lowers what is taxed: it is a discount of its lines."""
        self.new_product("MEAL", 0, is_storable=False, type="service")
        sold = self.line("MEAL", "1", "10.00", rate="6")
        self.check((10.0, 0.6, 10.6), self.place(sold, total="10.60", external_id="W-1"))
        voucher = [{"code": "MEAL-77", "amount": "10.60"}]
        lines = [
            self.line("PLATE", "2", "10.60", rate="6", discounts=voucher),
            self.line("MUG", "1", "12.10", rate="21"),
        ]
        answer = self.place(*lines, total="22.70", tax="2.70", prices_include_tax=True)
        self.check((20.0, 2.7, 22.7), answer)

    def test_a_voucher_with_tax_of_its_own(self):
        """A channel that has it as a line: a negative amount with negative tax."""
        voucher = {"id": "V", "kind": "fee", "name": "Voucher MEAL-77", "unit_price": "-10.00"}
        voucher["taxes"] = [{"rate": "6", "amount": "-0.60"}]
        answer = self.place(self.line(), voucher, total="13.60", tax="3.60")
        self.assertEqual(answer["warnings"], [])
        self.check((10.0, 3.6, 13.6), answer)

    def test_a_down_payment(self):
        """Is a payment of less than the total: the order costs what it costs, and the rest is owed."""
        answer = self.place()
        paid = self.pay("capture", "P-1", "10.00", status=201)
        self.assertEqual(self.amounts(paid), ("10.00", "0.00", "0.00"))
        invoice = self.check((20.0, 4.2, 24.2), answer)
        self.book()
        self.assertEqual((invoice.amount_residual, invoice.payment_state), (14.2, "partial"))

    def test_a_deposit_as_documented(self):
        """For each bottle, with no tax; empties that come back are negative. The example is that of the page."""
        self.new_product("COLA", 100)
        [text] = re.findall(r"::\n\n((?: {4}.*\n)+)", _section(PAGE.read_text(encoding="utf-8")))
        answer = self.place(**json.loads(text))
        # 24 × 0.60 with 0.82 of tax, 24 × 0.10, and 10 × 0.10 less
        self.check((14.98, 0.82, 15.8), answer)
        order = self.sale_order(answer)
        self.assertEqual(
            order.order_line.mapped(
                lambda each: (each.name, each.product_uom_qty, round(each.price_total, 2))
            ),
            [("[COLA] The Cola", 24.0, 14.4), ("Bottle deposit", 24.0, 2.4), ("Empties", 10.0, -1.0)],
        )

    def test_a_deposit_with_a_tax_of_its_own(self):
        """And a product of its own, for an account of its own."""
        deposit = self.new_product("DEPOSIT", 0, is_storable=False, type="service")
        self.env["retail.code.map"].create(
            {"connector_id": self.system.id, "kind": "product", "code": "PFAND", "product_id": deposit.id}
        )
        crate = self.line("", "3", "1.50", rate="6", kind="fee", id="D", product_id="PFAND")
        answer = self.place(self.line(), crate, total="28.97", tax="4.47")
        self.check((24.5, 4.47, 28.97), answer)
        self.assertEqual(self.sale_order(answer).order_line[1].product_id, deposit)


def _section(text):
    """Return what the page says about deposits."""
    return text.partition("Deposits and vouchers\n---")[2].partition("\n---")[0]
