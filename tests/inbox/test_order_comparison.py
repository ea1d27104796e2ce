"""Explain the Difference: what the system charged beside what is in Odoo, line by line."""

from lxml import html

from odoo.tests import new_test_user, tagged

from .orders import OrderCase


@tagged("-at_install", "post_install")
class TestOrderComparison(OrderCase):
    def rows(self, order):
        """Return the rows of the table that the order shows: (name, why, system, Odoo, difference)."""
        order.invalidate_recordset()
        table = html.fromstring(order.retail_comparison)
        rows = []
        for row in table.xpath(".//tbody/tr"):
            name, *amounts = (" ".join(cell.text_content().split()) for cell in row.xpath("td"))
            why = " ".join(text.strip() for text in row.xpath("td[1]/div/text()"))
            rows.append((name.removesuffix(why).strip(), why, *amounts))
        return rows

    def money(self, *amounts):
        return tuple(self.company.currency_id.format(each).replace("\xa0", " ") for each in amounts)

    def test_nothing_differs(self):
        order = self.sale_order(self.place())
        whole, tax = self.money(24.2, 4.2)
        self.assertEqual(
            self.rows(order),
            [
                (
                    "[MUG] The Mug",
                    "",
                    f"{whole} Quantity 2, tax {tax}",
                    f"{whole} Quantity 2, tax {tax}",
                    "–",
                ),
                ("Total", "", whole, whole, "–"),
            ],
        )
        self.assertEqual(order.retail_rounding, 0.0)

    def test_what_people_changed(self):
        """A quantity, a price, a line of their own and a line that they took away."""
        lines = (
            self.line(),
            self.line(id="L-2", rate=None, quantity="1"),
            self.line("PLATE", quantity="1", rate=None),
        )
        order = self.sale_order(self.place(*lines, total="44.20"))
        mug, second, plate = order.order_line
        mug.product_uom_qty = 3
        second.price_unit = 8
        plate.product_uom_qty = 0
        self.env["sale.order.line"].create(
            {"order_id": order.id, "product_id": self.plate.id, "price_unit": 5, "tax_ids": False}
        )
        rows = {row[:2]: row[-1] for row in self.rows(order)}
        self.assertEqual(
            rows,
            {
                ("[MUG] The Mug", "Quantity changed in Odoo"): self.money(12.1)[0],
                ("[MUG] The Mug", "Price changed in Odoo"): self.money(-2)[0],
                ("[PLATE] The Plate", "Quantity changed in Odoo"): self.money(-10)[0],
                (self.plate.display_name, "Added in Odoo"): self.money(5)[0],
                ("Total", ""): self.money(5.1)[0],
            },
        )

    def test_the_tax_that_people_changed(self):
        order = self.sale_order(self.place())
        order.order_line.tax_ids = self.tax_6
        [(_name, why, _charged, _ours, difference), _total] = self.rows(order)
        self.assertEqual((why, difference), ("Tax changed in Odoo", self.money(-3)[0]))

    def test_a_rounding_line(self):
        order = self.sale_order(self.place(total="24.22"))
        self.assertAlmostEqual(order.retail_rounding, 0.02)
        _mug, rounding, total = self.rows(order)
        self.assertEqual(rounding[1], "The system's total differs from the sum of its lines")
        self.assertEqual((rounding[-1], total[-1]), ("–", "–"))

    def test_after_a_change_and_a_partial_cancellation(self):
        """It is compared with what the system charges now."""
        order = self.sale_order(self.place())
        state = {name: value for name, value in self.order().items() if name != "external_id"}
        body = {"currency": state["currency"], "prices_include_tax": False, "total": "36.30"}
        body["lines"] = [self.line(quantity="3")]
        self.assertEqual(self.post("/orders/W-1001/amend", body).status_code, 200)
        whole, tax = self.money(36.3, 6.3)
        self.assertEqual(self.rows(order)[0][2], f"{whole} Quantity 3, tax {tax}")
        body = {"cancel_id": "X-1", "lines": [{"id": "L-MUG", "quantity": "2"}]}
        self.assertEqual(self.post("/orders/W-1001/cancel", body).status_code, 200)
        whole, tax = self.money(12.1, 2.1)
        self.assertEqual(self.rows(order)[0][2:], (f"{whole} Quantity 1, tax {tax}",) * 2 + ("–",))

    def test_an_order_without_kept_charges(self):
        order = self.sale_order(self.place())
        order.retail_charges = False
        [total] = self.rows(order)
        self.assertEqual(total[0], "Total")
        self.assertIn("Only the totals can be compared", order.retail_comparison)

    def test_a_salesperson_opens_it(self):
        order = self.sale_order(self.place())
        order.order_line.product_uom_qty = 3
        user = new_test_user(self.env, "compares", groups="sales_team.group_sale_salesman_all_leads")
        action = order.with_user(user).action_retail_comparison()
        view = self.env.ref("retail_hub.order_comparison_view_form")
        self.assertEqual((action["res_id"], action["views"]), (order.id, [(view.id, "form")]))
        self.assertIn("Quantity changed in Odoo", order.with_user(user).retail_comparison)
        self.assertIn("Web Shop", order.with_user(user).retail_comparison)

    def test_names_of_lines_are_text(self):
        order = self.sale_order(self.place(self.line(name="<b>Mug</b>")))
        self.assertNotIn("<b>Mug", order.retail_comparison)
