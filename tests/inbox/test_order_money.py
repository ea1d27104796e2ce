"""An order's amounts are those of the channel, to the cent, on the order and on its invoice."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .orders import MoneyCase


@tagged("-at_install", "post_install")
class TestOrderMoney(MoneyCase):
    def test_the_tax_that_was_charged(self):
        """A channel that rounds tax down."""
        line = self.line("MUG", "1", "9.99")
        line["taxes"][0]["amount"] = "2.09"
        self.check((9.99, 2.09, 12.08), line, total="12.08")

    def test_prices_with_tax(self):
        self.check((10.0, 2.1, 12.1), self.line("MUG", "1", "12.10"), total="12.10", prices_include_tax=True)

    def test_prices_with_tax_where_odoo_has_only_the_other_kind(self):
        line = self.line("MUG", "3", "1.06", rate="6")
        order = self.check((3.0, 0.18, 3.18), line, total="3.18", prices_include_tax=True)
        self.assertEqual(order.order_line.tax_ids, self.tax_6)

    def test_discounts(self):
        """A third of 20.00 off three pieces: no price per piece has that many decimals."""
        line = self.line("MUG", "3", "10.00", discounts=[{"code": "SALE", "amount": "6.67"}])
        self.check((23.33, 4.9, 28.23), line, total="28.23")

    def test_each_line_is_rounded_as_the_channel_does(self):
        lines = [self.line("MUG", "1", "0.33", id=f"L{number}") for number in range(7)]
        self.check((2.31, 0.49, 2.80), *lines, total="2.80")

    def test_two_taxes(self):
        line = self.line("MUG", "1", "100.00")
        line["taxes"] = [{"rate": "21", "amount": "21.00"}, {"rate": "6"}]
        self.check((100.0, 27.0, 127.0), line, total="127.00")

    def test_no_tax(self):
        self.check((20.0, 0.0, 20.0), self.line(rate=""), total="20.00")

    def test_odoo_decides_about_the_tax(self):
        self.mug.taxes_id = self.tax_21
        line = self.line()
        del line["taxes"]
        self.check((20.0, 4.2, 24.2), line, total="24.20")

    def test_delivery_tip_fee_and_duty(self):
        others = [
            {"id": kind, "kind": kind, "name": kind.title(), "unit_price": "5.00", "taxes": []}
            for kind in ("delivery", "tip", "fee", "duty")
        ]
        order = self.check((40.0, 4.2, 44.2), self.line(), *others, total="44.20")
        self.assertEqual(order.order_line.mapped("name"), ["[MUG] The Mug", "Delivery", "Tip", "Fee", "Duty"])

    def test_a_difference_within_the_limit(self):
        answer = self.place(total="24.22")
        self.assertEqual((answer["total"], answer["rounding"], len(answer["lines"])), ("24.22", "0.02", 1))
        self.assertEqual(self.amounts(self.invoice(self.sale_order(answer))), (20.02, 4.2, 24.22))

    def test_a_difference_above_the_limit(self):
        response = self.post("/orders", self.order(total="24.26"))
        problem = self.assertProblem(response, "total-mismatch", 422, ["/total"])
        self.assertEqual(problem["detail"], "The lines add up to 24.20 with tax; the total is 24.26.")
        self.client.max_rounding = 0.06
        self.assertEqual(self.place(total="24.26")["rounding"], "0.06")

    def test_partial_invoices(self):
        """They have the channel's tax together, whatever Odoo would calculate of each."""
        self.mug.invoice_policy = "delivery"
        for number, (tax, total, expected) in enumerate(
            (
                ("9.99", "39.99", [(10.0, 3.33, 13.33), (20.0, 6.66, 26.66)]),
                ("6.10", "36.10", [(10.0, 2.03, 12.03), (20.0, 4.07, 24.07)]),
            )
        ):
            with self.subTest(tax=tax):
                line = self.line("MUG", "3")
                line["taxes"][0]["amount"] = tax
                order = self.sale_order(self.place(line, total=total, external_id=f"W-{number}"))
                found = []
                for delivered in (1, 3):
                    order.order_line.qty_delivered = delivered
                    invoice = order._create_invoices()
                    invoice.action_post()
                    found.append(self.amounts(invoice))
                self.assertEqual(found, expected)

    def test_partial_invoices_without_tax(self):
        """They cost together what the channel charged, whatever a piece costs."""
        self.mug.invoice_policy = "delivery"
        order = self.sale_order(self.place(self.line("MUG", "3", "3.333333", rate=""), total="10.00"))
        found = []
        for delivered in (1, 2, 3):
            order.order_line.qty_delivered = delivered
            invoice = order._create_invoices()
            invoice.action_post()
            found.append(self.amounts(invoice))
        self.assertEqual(found, [(3.33, 0, 3.33), (3.33, 0, 3.33), (3.34, 0, 3.34)])

    def test_a_partial_invoice_that_a_person_changes(self):
        """The others do not make up for it."""
        self.mug.invoice_policy = "delivery"
        order = self.sale_order(self.place(self.line("MUG", "3", "3.333333", rate=""), total="10.00"))
        found = []
        for delivered in (1, 3):
            order.order_line.qty_delivered = delivered
            invoice = order._create_invoices()
            if delivered == 1:
                invoice.invoice_line_ids.price_unit = 3
            invoice.action_post()
            found.append(self.amounts(invoice))
        self.assertEqual(found, [(3, 0, 3), (6.67, 0, 6.67)])

    def test_a_quantity_that_a_person_changes(self):
        """The tax per piece stays that of the channel."""
        line = self.line("MUG", "3")
        line["taxes"][0]["amount"] = "9.99"
        order = self.sale_order(self.place(line, total="39.99"))
        order.order_line.product_uom_qty = 2
        self.assertEqual(self.amounts(order), (20.0, 6.66, 26.66))
        self.assertEqual(self.amounts(self.invoice(order)), (20.0, 6.66, 26.66))

    def test_prices_with_tax_whose_tax_odoo_chooses(self):
        self.mug.taxes_id = self.tax_21
        line = self.line("MUG", "1", "12.10")
        del line["taxes"]
        self.check((10.0, 2.1, 12.1), line, total="12.10", prices_include_tax=True)
        self.plate.taxes_id = self.tax_21_included
        line = self.line("PLATE", "1", "10.00")
        del line["taxes"]
        self.check((10.0, 2.1, 12.1), line, total="12.10", external_id="W-2")

    def test_the_tax_must_add_up_too(self):
        response = self.post("/orders", self.order(tax="4.21"))
        problem = self.assertProblem(response, "total-mismatch", 422, ["/tax"])
        self.assertEqual(problem["detail"], "The lines add up to 4.20 of tax; the tax is 4.21.")
        self.place(tax="4.20")

    def test_two_taxes_that_are_one_in_odoo(self):
        line = self.line("MUG", "1", "100.00")
        line["taxes"] = [{"rate": "21", "amount": "21.00"}, {"rate": "21", "amount": "2.00"}]
        self.check((100.0, 23.0, 123.0), line, total="123.00")

    def test_amounts_with_too_many_decimals(self):
        discount = self.line(discounts=[{"amount": "0.005"}])
        taxed = self.line()
        taxed["taxes"][0]["amount"] = "4.201"
        for changes, pointer in (
            ({"total": "24.201"}, "/total"),
            ({"tax": "4.201"}, "/tax"),
            ({"lines": [discount]}, "/lines/0/discounts/0/amount"),
            ({"lines": [taxed]}, "/lines/0/taxes/0/amount"),
        ):
            with self.subTest(pointer=pointer):
                response = self.post("/orders", self.order() | changes)
                self.assertProblem(response, "invalid-request", 422, [pointer])

    def test_currencies(self):
        """Of 0, 2 and 3 decimals."""
        currencies = self.env["res.currency"].with_context(active_test=False)
        for name, price, expected, total in (
            ("JPY", "1234", (1234.0, 259.0, 1493.0), "1493"),
            ("KWD", "12.345", (12.345, 2.592, 14.937), "14.937"),
            ("CHF", "9.95", (9.95, 2.09, 12.04), "12.04"),
        ):
            with self.subTest(name=name):
                currencies.search([("name", "=", name)]).active = True
                order = self.check(
                    expected, self.line("MUG", "1", price), total=total, currency=name, external_id=name
                )
                self.assertEqual(order.currency_id.name, name)

    def test_taxes_of_the_company_whatever_the_fiscal_position(self):
        """The customer's country has a fiscal position of its own, but the channel charged the company's tax."""
        positions = self.env["account.fiscal.position"]
        belgium = self.env.ref("base.be")
        positions.create(
            {"name": "OSS BE", "auto_apply": True, "country_id": belgium.id, "foreign_vat": "BE0477472701"}
        )
        order = self.check((20.0, 4.2, 24.2), self.line(), total="24.20")
        self.assertFalse(order.fiscal_position_id)

    def test_taxes_of_another_country(self):
        belgium = self.env.ref("base.be")
        line = self.line()
        line["taxes"] = [{"rate": "21", "country": "BE"}]
        self.assertProblem(
            self.post("/orders", self.order(line)), "unknown-reference", 422, ["/lines/0/taxes/0"]
        )
        position = self.env["account.fiscal.position"].create(
            {"name": "OSS BE", "country_id": belgium.id, "foreign_vat": "BE0477472701"}
        )
        group = self.env["account.tax.group"].create({"name": "BE", "country_id": belgium.id})
        tax = self.new_tax(21, False, country_id=belgium.id, tax_group_id=group.id)
        order = self.check((20.0, 4.2, 24.2), line, total="24.20")
        self.assertEqual((order.fiscal_position_id, order.order_line.tax_ids), (position, tax))
        position.foreign_vat = False
        response = self.post("/orders", self.order(line, external_id="W-2"))
        self.assertProblem(response, "unknown-reference", 422, ["/lines"])

    def test_a_difference_that_a_person_accepts(self):
        """Refused at first, or kept if the client says so; then captured with a line for all of the difference."""
        clerk = new_test_user(self.env, "accepts", "base.group_user,retail_hub.group_user")
        for external_id, keeps in (("W-1", False), ("W-2", True)):
            with self.subTest(keeps=keeps):
                self.client.keeps_incomplete = keeps
                content = self.order(total="30.00", tax="5.00", external_id=external_id)
                response = self.post("/orders", content, idempotency_key=external_id)
                self.assertEqual(response.status_code, 202 if keeps else 422, response.text)
                message = self.messages(subject=f"order/{external_id}")
                self.assertEqual((message.has_difference, message.has_unknown_codes), (True, False))
                letter = self.env["retail.dead.letter"].search([("message_id", "=", message.id)])
                self.assertEqual(letter.next_action_by, "clerk" if keeps else "sender")
                self.assertEqual(message.action_retry()["params"]["type"], "warning")
                notice = message.with_user(clerk).action_accept_difference()
                self.assertEqual(notice["params"]["type"], "success", notice)
                message.invalidate_recordset()
                self.assertEqual(
                    (message.state, message.accepted_by_id, message.has_difference),
                    ("done", clerk, False),
                )
                answer = self.post("/orders", content, idempotency_key=external_id).json()
                self.assertEqual(
                    (answer["total"], answer["tax"], answer["rounding"]), ("30.00", "4.20", "5.80")
                )
                with self.assertRaises(UserError):
                    message.action_accept_difference()

    def test_tax_that_does_not_follow_from_its_rate(self):
        def taxed(amount):
            taxes = [{"rate": "21", "country": self.country.code, "amount": amount}]
            return {**self.line(price="10.00"), "taxes": taxes}

        answer = self.place(taxed("9.99"), total="29.99")
        self.assertEqual(answer["warnings"], ["Line 1 has 9.99 of tax. At 21 %, it would be 4.20."])
        self.assertEqual(self.sale_order(answer).amount_tax, 9.99)
        for number, (amount, count) in enumerate([("4.17", 0), ("4.23", 0), ("4.16", 1), ("4.24", 1)]):
            total = f"{20 + float(amount):.2f}"
            answer = self.place(taxed(amount), total=total, external_id=f"W-{number}")
            self.assertEqual(len(answer["warnings"]), count, amount)

    def test_an_order_that_gives_money_back(self):
        response = self.post("/orders", self.order(self.line(price="-3.00", rate=None), total="-6.00"))
        self.assertProblem(response, "invalid-request", 422, ["/total"])

    def test_the_exchange_rate_of_the_day(self):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        currency.active = True
        currency.rate_ids.unlink()
        currency.rate_ids.create(
            [
                {"currency_id": currency.id, "name": "2026-11-01", "rate": 2.0},
                {"currency_id": currency.id, "name": "2026-11-25", "rate": 4.0},
            ]
        )
        order = self.sale_order(self.place(currency="CHF"))
        self.assertEqual((order.currency_rate, order.retail_shop_total), (2.0, 0.0))

    def test_the_exchange_rate_of_the_shop(self):
        """The customer pays in Swiss francs; the shop keeps its books in the company's currency."""
        self.franc()
        own = self.company.currency_id.name
        answer = self.place(currency="CHF", shop={"currency": own, "total": "25.74"})
        order = self.sale_order(answer)
        self.assertEqual((order.retail_shop_total, order.retail_shop_currency_id.name), (25.74, own))
        self.assertEqual((order.amount_total, order.currency_id.name), (24.20, "CHF"))
        self.assertAlmostEqual(order.currency_rate, 24.20 / 25.74)
        order.date_order = "2026-11-26 12:00:00"
        self.assertAlmostEqual(order.currency_rate, 24.20 / 25.74)
        self.post(
            f"/orders/{answer['external_id']}/cancel",
            {"cancel_id": "X-1", "lines": [{"id": "L-MUG", "quantity": "1"}]},
        )
        order.invalidate_recordset()
        self.assertEqual((order.retail_channel_total, order.retail_shop_total), (12.10, 12.87))

    def test_books_in_a_third_currency(self):
        self.franc()
        currencies = self.env["res.currency"].with_context(active_test=False)
        third = currencies.search(
            [("name", "in", ("SEK", "NOK")), ("id", "!=", self.company.currency_id.id)]
        )[0]
        order = self.sale_order(self.place(currency="CHF", shop={"currency": third.name, "total": "290.00"}))
        self.assertEqual((order.retail_shop_total, order.currency_rate), (290.0, 2.0))

    def test_totals_of_which_no_exchange_rate_follows(self):
        self.franc()
        own = self.company.currency_id.name
        for shop, pointer in (
            ({"currency": own, "total": "0.00"}, "/shop/total"),
            ({"currency": own, "total": "-25.74"}, "/shop/total"),
            ({"currency": own, "total": "25.741"}, "/shop/total"),
            ({"currency": "CHF", "total": "25.74"}, "/shop/total"),
            ({"currency": "XQX", "total": "25.74"}, "/shop/currency"),
        ):
            with self.subTest(shop=shop):
                response = self.post("/orders", self.order(currency="CHF", shop=shop))
                self.assertProblem(response, "invalid-request", 422, [pointer])

    def franc(self):
        """Make the Swiss franc usable, two for one of the company's currency."""
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        currency.active = True
        currency.rate_ids.unlink()
        currency.rate_ids.create({"currency_id": currency.id, "name": "2026-11-01", "rate": 2.0})
