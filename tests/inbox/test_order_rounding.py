"""How a channel rounds and discounts is its own affair: the order and its invoice cost what it has charged."""

from odoo.tests import tagged

from .orders import MoneyCase


@tagged("-at_install", "post_install")
class TestOrderRounding(MoneyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pin = cls.new_product("PIN", 100)

    def penny_lines(self, taxes):
        """Return seven lines of 0.31: 0.0651 of tax each, 0.4557 together.

        :param taxes: what the channel has charged of tax for each; None if it does not say
        """
        lines = [self.line("PIN", "1", "0.31", id=f"L{number}") for number in range(7)]
        for line, tax in zip(lines, taxes or (), strict=bool(taxes)):
            line["taxes"][0]["amount"] = tax
        return lines

    def test_a_company_that_rounds_globally(self):
        """Odoo would calculate 0.46 of tax for all of the order; the channel has charged its own."""
        self.company.tax_calculation_rounding_method = "round_globally"
        for number, (taxes, tax, total) in enumerate(
            (
                (None, "0.49", "2.66"),
                (["0.07"] * 7, "0.49", "2.66"),
                (["0.07", "0.06"] * 3 + ["0.07"], "0.46", "2.63"),
            )
        ):
            with self.subTest(taxes=taxes):
                expected = (2.17, float(tax), float(total))
                values = {"total": total, "tax": tax, "external_id": f"W-{number}"}
                order = self.check(expected, *self.penny_lines(taxes), **values)
                self.assertEqual(len(order.order_line), 7)

    def test_a_company_that_rounds_globally_where_odoo_decides(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        self.pin.taxes_id = self.tax_21
        lines = self.penny_lines(None)
        for line in lines:
            del line["taxes"]
        self.check((2.17, 0.46, 2.63), *lines, total="2.63")

    def test_a_company_that_rounds_globally_and_prices_with_tax(self):
        """0.38 with tax: 0.0660 each, 0.4617 together."""
        self.company.tax_calculation_rounding_method = "round_globally"
        lines = [self.line("PIN", "1", "0.38", id=f"L{number}") for number in range(7)]
        self.check((2.17, 0.49, 2.66), *lines, total="2.66", prices_include_tax=True)

    def test_prices_with_tax_in_currencies_of_0_and_3_decimals(self):
        currencies = self.env["res.currency"].with_context(active_test=False)
        for name, price, expected, total in (
            ("JPY", "1493", (3702.0, 777.0, 4479.0), "4479"),  # 777.34 of tax
            ("KWD", "14.937", (37.034, 7.777, 44.811), "44.811"),  # 7.77711
        ):
            with self.subTest(name=name):
                currencies.search([("name", "=", name)]).active = True
                line = self.line("MUG", "3", price)
                values = {"currency": name, "external_id": name, "prices_include_tax": True}
                order = self.check(expected, line, total=total, **values)
                self.assertEqual(order.order_line.tax_ids, self.tax_21_included)

    def test_a_discount_of_the_order_that_its_lines_share(self):
        """10.00 off 90.00, by their prices: the last line makes up for the cents."""
        prices = (
            ("MUG", "50.00", "21", "5.56"),
            ("PLATE", "30.00", "6", "3.33"),
            ("CUP", "10.00", "", "1.11"),
        )
        self.new_product("CUP", 5)
        lines = [
            self.line(sku, "1", price, rate, discounts=[{"code": "TEN", "amount": share}])
            for sku, price, rate, share in prices
        ]
        # 44.44 at 21 %: 9.33; 26.67 at 6 %: 1.60; 8.89 without tax
        order = self.check((80.0, 10.93, 90.93), *lines, total="90.93", tax="10.93")
        self.assertEqual(
            [(round(each.price_subtotal, 2), round(each.price_tax, 2)) for each in order.order_line],
            [(44.44, 9.33), (26.67, 1.60), (8.89, 0.0)],
        )

    def test_a_discount_of_prices_with_tax_that_lines_share(self):
        lines = [
            self.line("MUG", "1", "60.50", "21", discounts=[{"code": "TEN", "amount": "6.55"}]),
            self.line("PLATE", "1", "31.80", "6", discounts=[{"code": "TEN", "amount": "3.45"}]),
        ]
        # 53.95 with 9.36 of tax; 28.35 with 1.60
        self.check((71.34, 10.96, 82.30), *lines, total="82.30", tax="10.96", prices_include_tax=True)

    def test_a_difference_of_the_limit(self):
        """0.05 becomes a line, in both directions; 0.06 is refused, or kept if the client says so."""
        for number, (total, rounding) in enumerate((("24.25", "0.05"), ("24.15", "-0.05"))):
            answer = self.place(total=total, external_id=f"W-{number}")
            self.assertEqual((answer["total"], answer["rounding"]), (total, rounding))
            self.assertEqual(self.amounts(self.invoice(self.sale_order(answer)))[2], float(total))
        for number, total in enumerate(("24.26", "24.14")):
            self.client.keeps_incomplete = False
            response = self.post("/orders", self.order(total=total, external_id=f"R-{number}"))
            self.assertProblem(response, "total-mismatch", 422, ["/total"])
            self.client.keeps_incomplete = True
            kept = self.place(total=total, external_id=f"K-{number}", status=202)
            self.assertEqual(kept["state"], "incomplete")
        self.assertEqual(
            self.env["sale.order"].search_count([("retail_connector_id", "=", self.system.id)]), 2
        )
