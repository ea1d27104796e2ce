"""``POST /orders/{external_id}/refunds``: a credit note for what was invoiced, and money that is given back."""

from odoo.tests import tagged

from .payments import PaymentsCase


@tagged("-at_install", "post_install")
class TestApiRefunds(PaymentsCase):
    """An order of 3 mugs for 10.00 and 2.09 of tax each, and a delivery for 5.00: 41.27."""

    def setUp(self):
        super().setUp()
        line = self.line("MUG", "3")
        line["taxes"][0]["amount"] = "6.10"
        delivery = {"id": "D", "kind": "delivery", "name": "Standard", "unit_price": "5.00", "taxes": []}
        self.placed = self.place(line, delivery, total="41.10")
        self.order_ = self.sale_order(self.placed)
        self.mug_line, self.delivery_line = self.order_.order_line
        self.pay("capture", amount="41.10", status=201)
        self.book()

    def refund(self, code="R-1", status=201, **values):
        content = {"id": code, "currency": self.company.currency_id.name, **values}
        response = self.post("/orders/W-1001/refunds", content)
        if status:
            self.assertEqual(response.status_code, status, response.text)
            return response.json()
        return response

    def back(self, amount, code="M-1"):
        return [{"id": code, "payment": "P-1", "amount": amount}]

    def note(self, answer):
        note = self.env["account.move"].browse(int(answer["credit_note_id"]))
        note.invalidate_recordset()
        return note

    def of(self, note):
        return [
            (line.quantity, round(line.price_subtotal, 2), round(line.price_total, 2))
            for line in note.invoice_line_ids
        ]

    # -- invoiced ----------------------------------------------------------------------------------

    def test_lines(self):
        invoice = self.invoice(self.order_)
        answer = self.refund(
            lines=[{"id": "L-MUG", "quantity": "2"}], payments=self.back("24.07"), reason="Broken"
        )
        note = self.note(answer)
        self.assertEqual(
            answer,
            {
                "id": "R-1",
                "external_id": "W-1001",
                "order_id": str(self.order_.id),
                "outcome": "created",
                "amount": "24.07",
                "currency": self.order_.currency_id.name,
                "credit_note_id": str(note.id),
                "credit_note": note.name,
                "paid": "41.10",
                "authorized": "0.00",
                "refunded": "24.07",
            },
        )
        self.assertEqual(self.of(note), [(2.0, 20.0, 24.07)])
        self.assertEqual(
            (note.state, note.move_type, note.ref, note.reversed_entry_id, note.invoice_line_ids.tax_ids),
            ("posted", "out_refund", "#1001, R-1: Broken", invoice, self.tax_21),
        )
        self.book()
        self.assertEqual((note.payment_state, invoice.payment_state), ("paid", "paid"))
        [money] = note.transaction_ids
        self.assertEqual((money.amount, money.payment_id.payment_type), (-24.07, "outbound"))
        self.mug_line.invalidate_recordset()
        self.assertEqual(
            (self.mug_line.qty_invoiced, self.mug_line.qty_to_invoice, self.mug_line.invoice_status),
            (1, 0, "invoiced"),
        )
        self.assertEqual(self.order_.invoice_status, "invoiced")
        self.assertIn("R-1): Broken", "".join(self.order_.message_ids.mapped("body")))

    def test_the_last_pieces_get_what_is_left_of_the_tax(self):
        self.invoice(self.order_)
        first = self.refund(lines=[{"id": "L-MUG", "quantity": "1"}])
        second = self.refund("R-2", lines=[{"id": "L-MUG", "quantity": "2"}])
        self.assertEqual((first["amount"], second["amount"]), ("12.03", "24.07"))
        refused = self.refund("R-3", None, lines=[{"id": "L-MUG", "quantity": "1"}])
        problem = self.assertProblem(refused, "amount-exceeded", 409, ["/lines/0/quantity"])
        self.assertEqual(problem["errors"][0]["available"], "0")

    def test_the_last_pieces_cost_what_is_left_of_the_line(self):
        """Piece by piece as much as all at once, with and without tax, invoiced or not."""
        cases = [(rate, is_invoiced) for rate in ("", "21") for is_invoiced in (False, True)]
        for number, (rate, is_invoiced) in enumerate(cases):
            with self.subTest(rate=rate, is_invoiced=is_invoiced):
                total, first, last = ("12.10", "4.03", "4.04") if rate else ("10.00", "3.33", "3.34")
                order_id, payment = f"W-2{number}", f"P-2{number}"
                line = self.line("MUG", "3", "3.333333", rate=rate)
                order = self.sale_order(self.place(line, total=total, external_id=order_id))
                self.pay("capture", payment, total, order_id, 201)
                self.book()
                if is_invoiced:
                    self.invoice(order)
                for place, amount in enumerate((first, first, last)):
                    code = f"R-2{number}{place}"
                    back = [{"id": f"M-{code}", "payment": payment, "amount": amount}]
                    content = {"id": code, "currency": self.company.currency_id.name, "payments": back}
                    content["lines"] = [{"id": "L-MUG", "quantity": "1"}]
                    answer = self.post(f"/orders/{order_id}/refunds", content).json()
                    self.assertEqual(answer.get("amount"), amount, answer)
                self.assertEqual(answer["refunded"], total)
                self.assertEqual(order.order_line.retail_refunded_amount, float(total))

    def test_twice(self):
        self.invoice(self.order_)
        values = {"lines": [{"id": "L-MUG", "quantity": "1"}], "payments": self.back("12.03")}
        first = self.refund(**values)
        again = self.refund(status=200, **values)
        self.assertEqual(again, {**first, "outcome": "unchanged"})
        other = self.refund(status=None, **{**values, "amount": "12.02"})
        self.assertProblem(other, "conflict", 409, ["/id"])
        self.assertEqual(self.env["retail.refund"].search_count([("order_id", "=", self.order_.id)]), 1)
        self.assertEqual(len(self.order_.transaction_ids.child_transaction_ids), 1)

    def test_without_lines(self):
        self.invoice(self.order_)
        answer = self.refund(payments=self.back("7.00"), reason="Late")
        note = self.note(answer)
        self.assertEqual((answer["amount"], self.of(note)), ("7.00", [(1.0, 7.0, 7.0)]))
        self.assertEqual((note.invoice_line_ids.name, note.amount_tax), ("Refund R-1", 0.0))
        self.book()
        self.assertEqual(note.payment_state, "paid")

    def test_larger_than_its_lines(self):
        self.invoice(self.order_)
        answer = self.refund(
            lines=[{"id": "L-MUG", "quantity": "1"}], amount="15.00", payments=self.back("15.00")
        )
        note = self.note(answer)
        self.assertEqual(
            (answer["amount"], self.of(note)), ("15.00", [(1.0, 10.0, 12.03), (1.0, 2.97, 2.97)])
        )
        self.book()
        self.assertEqual(note.payment_state, "paid")

    def test_less_than_its_lines(self):
        """A fee for restocking is kept."""
        self.invoice(self.order_)
        answer = self.refund(
            lines=[{"id": "L-MUG", "quantity": "1"}], amount="10.00", payments=self.back("10.00")
        )
        note = self.note(answer)
        self.assertEqual((note.amount_total, self.of(note)[1]), (10.0, (1.0, -2.03, -2.03)))

    def test_the_delivery_alone(self):
        self.invoice(self.order_)
        note = self.note(self.refund(shipping="3.00", payments=self.back("3.00")))
        self.assertEqual(
            (self.of(note), note.invoice_line_ids.name), ([(1.0, 3.0, 3.0)], "Refund R-1: Standard")
        )
        refused = self.refund("R-2", None, shipping="2.01")
        problem = self.assertProblem(refused, "amount-exceeded", 409, ["/shipping"])
        self.assertEqual(problem["errors"][0]["available"], "2.00")
        self.refund("R-2", shipping="2.00")
        self.delivery_line.invalidate_recordset()
        self.assertEqual((self.delivery_line.qty_invoiced, self.delivery_line.qty_to_invoice), (1, 0))

    def test_a_lower_price(self):
        """With the tax in proportion: 6.10 of 36.10."""
        self.invoice(self.order_)
        note = self.note(self.refund(lines=[{"id": "L-MUG", "amount": "6.00"}]))
        self.assertEqual(self.of(note), [(1.0, 4.99, 6.0)])
        self.mug_line.invalidate_recordset()
        self.assertEqual((self.mug_line.qty_invoiced, self.mug_line.qty_to_invoice), (3, 0))

    def test_pieces_for_another_amount(self):
        self.invoice(self.order_)
        note = self.note(self.refund(lines=[{"id": "L-MUG", "quantity": "1", "amount": "12.00"}]))
        self.assertEqual(note.amount_total, 12.0)

    def test_money_that_was_reported_before(self):
        self.invoice(self.order_)
        self.pay("refund", "M-1", "12.03", payment="P-1", status=201)
        self.book()
        answer = self.refund(lines=[{"id": "L-MUG", "quantity": "1"}], payments=self.back("12.03"))
        self.assertEqual(answer["refunded"], "12.03")
        self.book()
        self.assertEqual(self.note(answer).payment_state, "paid")

    def test_more_than_was_paid(self):
        self.invoice(self.order_)
        refused = self.refund(status=None, amount="41.11")
        problem = self.assertProblem(refused, "amount-exceeded", 409, ["/amount"])
        self.assertEqual(problem["errors"][0]["available"], "41.10")
        self.pay("refund", "M-0", "30.00", payment="P-1", status=201)
        refused = self.refund(status=None, payments=self.back("11.11"))
        problem = self.assertProblem(refused, "amount-exceeded", 409, ["/payments/0/amount"])
        self.assertEqual(problem["errors"][0]["available"], "11.10")
        self.assertFalse(self.order_.invoice_ids.filtered(lambda move: move.move_type == "out_refund"))
        refused = self.refund(status=None, amount="5.00", payments=self.back("6.00"))
        self.assertProblem(refused, "total-mismatch", 422, ["/payments"])
        message = self.messages(command="order.refund")[-1]
        self.assertEqual((message.problem_kind, message.has_difference), ("total-mismatch", False))

    def test_an_unpaid_invoice_is_lowered(self):
        self.place(self.line("PLATE", "2"), total="24.20", external_id="W-2", number="#2")
        order = self.env["sale.order"].search([("client_order_ref", "=", "#2")])
        invoice = self.invoice(order)
        content = {
            "id": "R-9",
            "currency": self.company.currency_id.name,
            "lines": [{"id": "L-PLATE", "quantity": "1"}],
        }
        self.assertEqual(self.post("/orders/W-2/refunds", content).status_code, 201)
        invoice.invalidate_recordset()
        self.assertEqual((invoice.amount_residual, invoice.payment_state), (12.1, "partial"))

    # -- not invoiced ------------------------------------------------------------------------------

    def test_lines_that_were_not_invoiced(self):
        """They are not invoiced any more; the invoice of the rest is paid by what was not given back."""
        answer = self.refund(lines=[{"id": "L-MUG", "quantity": "2"}], payments=self.back("24.07"))
        self.assertEqual((answer["credit_note_id"], answer["refunded"]), ("", "24.07"))
        self.book()
        self.mug_line.invalidate_recordset()
        self.assertEqual((self.mug_line.product_uom_qty, self.mug_line.qty_to_invoice), (3, 1))
        invoice = self.invoice(self.order_)
        self.assertEqual((invoice.amount_total, invoice.payment_state), (17.03, "paid"))
        self.assertEqual((self.order_.invoice_status, self.order_.retail_difference), ("invoiced", False))

    def test_an_amount_that_was_not_invoiced(self):
        """Lines of the order lower its invoice."""
        self.refund(shipping="5.00", amount="7.00", payments=self.back("7.00"))
        self.book()
        self.order_.invalidate_recordset()
        self.assertEqual((self.order_.amount_total, self.order_.retail_difference), (34.1, False))
        self.assertEqual(self.order_.order_line[2:].mapped("name"), ["Refund R-1: Standard", "Refund R-1"])
        read = self.call("GET", "/orders/W-1001").json()
        self.assertEqual((len(read["lines"]), read["total"], read["refunded"]), (2, "34.10", "7.00"))
        invoice = self.invoice(self.order_)
        self.assertEqual((invoice.amount_total, invoice.payment_state), (34.1, "paid"))

    def test_a_part_was_invoiced(self):
        self.mug.invoice_policy = "delivery"
        self.mug_line.qty_delivered = 1
        self.order_._create_invoices().action_post()
        answer = self.refund(lines=[{"id": "L-MUG", "quantity": "2"}])
        self.assertEqual((answer["amount"], self.of(self.note(answer))), ("24.07", [(1.0, 10.0, 12.03)]))
        self.mug_line.qty_delivered = 3
        self.assertEqual(self.mug_line.qty_to_invoice, 1)

    def test_goods_that_come_back_later(self):
        """A return lowers what was delivered, which is not credited again."""
        self.mug.invoice_policy = "delivery"
        self.mug_line.qty_delivered = 3
        self.order_._create_invoices().action_post()
        self.refund(lines=[{"id": "L-MUG", "quantity": "2"}])
        self.mug_line.invalidate_recordset()
        self.assertEqual((self.mug_line.qty_to_invoice, self.mug_line.invoice_status), (0, "invoiced"))
        self.mug_line.qty_delivered = 1
        self.assertEqual((self.mug_line.qty_to_invoice, self.order_.invoice_status), (0, "invoiced"))

    def test_what_is_taken_from_the_order_afterwards(self):
        self.refund(lines=[{"id": "L-MUG", "quantity": "1"}])
        self.mug_line.invalidate_recordset()
        self.mug_line.product_uom_qty = 2
        self.assertEqual((self.mug_line.retail_refunded_qty, self.mug_line.qty_to_invoice), (0, 2))

    def test_a_draft_invoice(self):
        draft = self.order_._create_invoices()
        answer = self.refund(lines=[{"id": "L-MUG", "quantity": "1"}], payments=self.back("12.03"))
        self.book()
        draft.action_post()
        self.assertEqual((draft.payment_state, self.note(answer).payment_state), ("paid", "paid"))

    def test_a_locked_order(self):
        self.order_.action_lock()
        self.refund(shipping="5.00")
        self.order_.invalidate_recordset()
        self.assertEqual((self.order_.locked, self.order_.amount_total), (True, 36.1))

    def test_prices_with_tax(self):
        placed = self.place(
            self.line("PLATE", "2", "12.10"),
            total="24.20",
            prices_include_tax=True,
            external_id="W-2",
            number="#2",
        )
        self.invoice(self.sale_order(placed))
        content = {
            "id": "R-2",
            "currency": self.company.currency_id.name,
            "lines": [{"id": "L-PLATE", "quantity": "1"}],
        }
        response = self.post("/orders/W-2/refunds", content)
        self.assertEqual(self.of(self.note(response.json())), [(1.0, 10.0, 12.1)])

    def test_currencies(self):
        currencies = self.env["res.currency"].with_context(active_test=False)
        for name, price, total, expected in (
            ("JPY", "1234", "2986", "1493"),
            ("KWD", "12.345", "29.875", "14.938"),
        ):
            with self.subTest(name=name):
                currencies.search([("name", "=", name)]).active = True
                placed = self.place(
                    self.line("MUG", "2", price), total=total, currency=name, external_id=name, number=name
                )
                self.invoice(self.sale_order(placed))
                content = {"id": f"R-{name}", "currency": name, "lines": [{"id": "L-MUG", "quantity": "1"}]}
                response = self.post(f"/orders/{name}/refunds", content)
                self.assertEqual(response.json().get("amount"), expected, response.text)
                wrong = {"id": "X", "currency": name, "amount": "0.0005"}
                self.assertProblem(
                    self.post(f"/orders/{name}/refunds", wrong), "invalid-request", 422, ["/amount"]
                )

    # -- refusals ----------------------------------------------------------------------------------

    def test_what_is_not_known(self):
        refused = self.refund(status=None, lines=[{"id": "X", "quantity": "1"}])
        self.assertProblem(refused, "invalid-request", 422, ["/lines/0/id"])
        refused = self.refund(status=None, currency="JPY", amount="1")
        self.assertProblem(refused, "invalid-request", 422, ["/currency"])
        self.assertProblem(self.refund(status=None), "invalid-request", 422, [""])
        self.client.patience_minutes = 0
        refused = self.refund(status=None, payments=[{"id": "M", "payment": "P-9", "amount": "1"}])
        self.assertProblem(refused, "not-found", 404)
        self.assertFalse(self.env["retail.refund"].search([("order_id", "=", self.order_.id)]))
