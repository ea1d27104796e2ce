"""Numbers go out with the digits that the database has, also if there are many."""

from odoo.tests import tagged

from ..common import EventCase, ShopCase

# Typed into Odoo, which works with double-precision numbers.
NUMBERS = (8_363_533_718_004.69, 123_456_789_012_345.67, 1_234_567_890_123_456.75, 19.99, 0.07)


@tagged("post_install", "-at_install")
class TestNumbers(ShopCase, EventCase):
    wanted = ("order.placed", "order.updated", "price.changed", "stock.level_changed")

    def _stored(self, record, name):
        """Return the text of a number in the database, without needless zeros."""
        self.env.cr.execute(f'SELECT "{name}"::text FROM "{record._table}" WHERE id = %s', [record.id])
        [text] = self.env.cr.fetchone()
        return text.rstrip("0").rstrip(".") if "." in text else text

    def _read_again(self):
        """As a drain does. Odoo rounds large numbers once more when it stores them."""
        self.env.flush_all()
        self.env.invalidate_all()

    def test_amounts_and_prices(self):
        for number in NUMBERS:
            with self.subTest(number):
                line = {"price_unit": number, "tax_ids": False, "discount": 0}
                order = self._order(1, line=line)
                self._read_again()
                sent = self._state(order)
                [sent_line] = sent["lines"]
                self.assertEqual(sent_line["unit_price"], self._stored(order.order_line, "price_unit"))
                for text, record, name in (
                    (sent["total"], order, "amount_total"),
                    (sent_line["untaxed"], order.order_line, "price_subtotal"),
                    (sent_line["total"], order.order_line, "price_total"),
                ):
                    self.assertEqual(text.rstrip("0").rstrip("."), self._stored(record, name))

    def test_list_price(self):
        template = self.product.product_tmpl_id
        for number in NUMBERS:
            with self.subTest(number):
                template.list_price = number
                self._read_again()
                self.assertEqual(self._state(template)["price"], self._stored(template, "list_price"))

    def test_stock(self):
        self.product.is_storable = True
        quant = self.env["stock.quant"].create(
            {"product_id": self.product.id, "location_id": self.warehouse.lot_stock_id.id}
        )
        for quantity in (1_234_567_890_123_456, 12_345_678_901_234.56, 19.99, 0.07):
            with self.subTest(quantity):
                quant.quantity = quantity
                self._read_again()
                levels = {
                    each["warehouse"]["id"]: each["on_hand"]
                    for each in self._state(self.product)["warehouses"]
                }
                self.assertEqual(levels[str(self.warehouse.id)], self._stored(quant, "quantity"))

    def test_noise_of_sums_is_left_out(self):
        self.product.product_tmpl_id.list_price = 0.1
        order = self._order(1, line={"product_uom_qty": 0.1 + 0.2, "tax_ids": False})
        [line] = self._state(order)["lines"]
        self.assertEqual((line["quantity"], line["unit_price"]), ("0.3", "0.1"))
