"""``POST /orders/{external_id}/payments/…``: payments as their system reports them, as Odoo's own."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...controllers.api.endpoint import PARAMETER
from ...controllers.api.endpoints import ENDPOINTS
from ...controllers.api.reading import read_endpoint
from .payments import PaymentsCase


@tagged("-at_install", "post_install")
class TestApiPayments(PaymentsCase):
    # -- one payment -------------------------------------------------------------------------------

    def test_a_payment(self):
        order = self.sale_order(self.place())
        response = self.pay("capture", occurred_at="2026-11-20T10:05:00Z")
        self.assertEqual(response.status_code, 201, response.text)
        [payment] = self.payments(order)
        self.assertEqual(
            response.json(),
            {
                "id": "P-1",
                "transaction_id": str(payment.id),
                "external_id": "W-1001",
                "order_id": str(order.id),
                "order_status": "placed",
                "outcome": "created",
                "status": "captured",
                "amount": "24.20",
                "currency": order.currency_id.name,
                "paid": "24.20",
                "authorized": "0.00",
                "refunded": "0.00",
            },
        )
        self.assertEqual(
            (
                payment.state,
                payment.amount,
                payment.provider_reference,
                payment.reference,
                payment.provider_code,
            ),
            ("done", 24.2, "P-1", f"{order.name}-P-1", "retail_hub"),
        )
        self.assertEqual(payment.last_state_change, fields.Datetime.to_datetime("2026-11-20 10:05:00"))
        self.assertEqual((payment.partner_id, payment.is_live), (order.partner_invoice_id, True))
        self.assertEqual((order.amount_paid, order.retail_paid), (24.2, 24.2))
        self.assertFalse(payment.payment_id)
        self.assertEqual(self.book(), payment)
        self.assertEqual(
            (payment.payment_id.amount, payment.payment_id.state, payment.payment_id.journal_id),
            (24.2, "in_process", self.bank),
        )
        [message] = self.messages(command="payment.capture")
        self.assertEqual(
            (message.state, message.subject, message.record_name), ("done", "payment/P-1", order.name)
        )

    def test_the_customer_gets_no_mail(self):
        order = self.sale_order(self.place())
        mails = self.env["mail.mail"].search_count([])
        self.pay("authorize", status=201)
        self.pay("capture", status=200)
        self.book()
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        self.place(external_id="W-2", number="#2")
        self.pay("capture", "P-2", order="W-2", status=201)
        payments = self.book()
        self.assertEqual((payments.invoice_ids.state, payments.invoice_ids.payment_state), ("posted", "paid"))
        self.assertFalse(payments.invoice_ids.is_move_sent)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertEqual(order.state, "sale")

    def test_the_same_payment_twice(self):
        order = self.sale_order(self.place())
        first = self.pay("capture", status=201)
        again = self.pay("capture", status=200)
        self.assertEqual(again, {**first, "outcome": "unchanged"})
        problem = self.assertProblem(self.pay("capture", amount="24.10"), "conflict", 409, ["/amount"])
        self.assertEqual(problem["detail"], "This payment was reported before, with the amount 24.20.")
        self.assertEqual(len(self.payments(order)), 1)
        self.assertEqual(len(self.book()), 1)

    def test_a_payment_of_another_order(self):
        self.place()
        self.place(external_id="W-2", number="#2")
        self.pay("capture", status=201)
        self.assertProblem(self.pay("capture", order="W-2"), "conflict", 409, ["/id"])
        self.assertProblem(self.pay("fail", order="W-2"), "conflict", 409, ["/id"])
        self.assertProblem(self.pay("authorize", order="W-2"), "conflict", 409, ["/id"])
        refused = self.pay("refund", "R-1", order="W-2", payment="P-1")
        self.assertProblem(refused, "conflict", 409, ["/payment"])

    def test_another_system_may_use_the_same_id(self):
        self.place()
        self.pay("capture", status=201)
        other = self.env["retail.connector"].create(
            {"name": "Till", "provider": "webhook", "base_url": "https://till.example.com"}
        )
        client = self.new_client("Till", other, self.scopes, warehouse_id=self.warehouse.id)
        key = self.env["retail.api.key"]._issue(client)
        self.assertEqual(self.post("/orders", self.order(), key=key).status_code, 201)
        content = {"id": "P-1", "amount": "10.00", "currency": self.company.currency_id.name}
        response = self.post("/orders/W-1001/payments/capture", content, key=key)
        self.assertEqual((response.status_code, response.json()["paid"]), (201, "10.00"), response.text)

    def test_an_order_whose_id_has_slashes(self):
        order = self.sale_order(self.place(external_id="2026/payments/capture"))
        path = "/orders/2026%2Fpayments%2Fcapture/payments/capture"
        content = {"id": "P-1", "amount": "24.20", "currency": order.currency_id.name}
        response = self.post(path, content)
        self.assertEqual(
            (response.status_code, response.json()["order_id"]), (201, str(order.id)), response.text
        )

    def test_each_path_has_its_endpoint(self):
        for endpoint in ENDPOINTS:
            path = PARAMETER.sub("2026/payments/capture", endpoint.path)
            self.assertEqual(read_endpoint(path, endpoint.method)[0], endpoint, path)

    def test_several_tenders(self):
        """A gift card is one of them: the total and its tax stay the same."""
        order = self.sale_order(self.place())
        self.client.payment_journal_id = self.bank
        cards = self.new_journal("Gift Cards", "GIFT")
        self.map_method("gift_card", cards)
        self.pay("capture", "G-1", "4.20", method="gift_card", status=201)
        answer = self.pay("capture", "P-1", "20.00", method="card", status=201)
        self.assertEqual(answer["paid"], "24.20")
        payments = self.book()
        self.assertEqual(payments.payment_id.mapped("journal_id"), cards + self.bank)
        self.assertEqual(payments.mapped("payment_method_code"), ["unknown", "card"])
        self.assertEqual(self.invoice(order).payment_state, "paid")
        self.assertEqual((order.amount_total, order.amount_tax), (24.2, 4.2))

    # -- authorizations ----------------------------------------------------------------------------

    def test_authorized_and_captured_under_the_same_id(self):
        order = self.sale_order(self.place())
        answer = self.pay("authorize", status=201)
        self.assertEqual((answer["status"], self.amounts(answer)), ("authorized", ("0.00", "24.20", "0.00")))
        answer = self.pay("capture", amount="20.00", status=200)
        self.assertEqual((answer["outcome"], answer["status"]), ("updated", "captured"))
        self.assertEqual(self.amounts(answer), ("20.00", "0.00", "0.00"))
        again = self.pay("authorize", status=200)
        self.assertEqual((again["outcome"], again["status"]), ("unchanged", "captured"))
        self.assertProblem(self.pay("authorize", amount="24.00"), "conflict", 409, ["/amount"])
        [payment] = self.payments(order)
        self.assertEqual((payment.state, order.amount_paid), ("done", 20.0))

    def test_captured_in_parts(self):
        order = self.sale_order(self.place())
        self.pay("authorize", "A-1", status=201)
        answer = self.pay("capture", "C-1", "10.00", authorization="A-1", status=201)
        self.assertEqual(self.amounts(answer), ("10.00", "14.20", "0.00"))
        self.assertEqual(order.amount_paid, 24.2)
        response = self.pay("capture", "C-2", "14.21", authorization="A-1")
        problem = self.assertProblem(response, "amount-exceeded", 409, ["/amount"])
        self.assertEqual(problem["errors"][0]["available"], "14.20")
        answer = self.pay("capture", "C-2", "14.20", authorization="A-1", status=201)
        self.assertEqual(self.amounts(answer), ("24.20", "0.00", "0.00"))
        self.assertEqual(self.payments(order).mapped("state"), ["cancel", "done", "done"])
        self.assertEqual(self.payments(order).mapped("amount"), [14.2, 10.0, 14.2])
        response = self.pay("capture", "C-3", "1.00", authorization="A-1")
        problem = self.assertProblem(response, "amount-exceeded", 409, ["/amount"])
        self.assertEqual(problem["errors"][0]["available"], "0.00")
        self.assertEqual(self.pay("authorize", "A-1", status=200)["outcome"], "unchanged")
        self.book()
        self.assertEqual(order.amount_paid, 24.2)
        self.assertEqual(self.invoice(order).payment_state, "paid")

    def test_a_capture_of_more_than_was_authorized(self):
        self.place()
        self.pay("authorize", amount="20.00", status=201)
        problem = self.assertProblem(self.pay("capture"), "amount-exceeded", 409, ["/amount"])
        self.assertEqual(problem["errors"][0]["available"], "20.00")

    def test_a_capture_of_more_than_the_order_costs(self):
        order = self.sale_order(self.place())
        self.pay("capture", "P-1", "20.00", status=201)
        problem = self.assertProblem(self.pay("capture", "P-2", "4.21"), "amount-exceeded", 409, ["/amount"])
        self.assertEqual(problem["errors"][0]["available"], "4.20")
        self.pay("capture", "P-2", "4.20", status=201)
        self.pay("refund", "R-1", "5.00", payment="P-1", status=201)
        self.pay("capture", "P-3", "5.00", status=201)
        self.assertEqual((order.retail_paid, order.retail_refunded), (29.2, 5.0))

    def test_an_order_that_became_cheaper_in_odoo(self):
        """What the customer was charged has been paid, whatever a person did to the order."""
        order = self.sale_order(self.place())
        order.order_line.product_uom_qty = 1
        self.assertEqual(self.pay("capture", status=201)["paid"], "24.20")

    # -- failures ----------------------------------------------------------------------------------

    def test_a_payment_that_fails_and_succeeds(self):
        order = self.sale_order(self.place())
        answer = self.pay("fail", reason="Card declined", status=201)
        self.assertEqual((answer["status"], answer["paid"]), ("failed", "0.00"))
        [payment] = self.payments(order)
        self.assertEqual((payment.state, payment.state_message), ("error", "Card declined"))
        self.assertEqual(self.pay("fail", status=200)["outcome"], "unchanged")
        self.assertEqual(self.pay("authorize", status=200)["status"], "authorized")
        self.assertEqual(self.pay("capture", status=200)["status"], "captured")
        self.assertEqual(self.amounts(self.pay("capture", status=200)), ("24.20", "0.00", "0.00"))
        self.assertProblem(self.pay("fail"), "conflict", 409)

    def test_an_authorization_that_is_voided(self):
        order = self.sale_order(self.place())
        self.pay("authorize", status=201)
        answer = self.pay("fail", reason="Expired", status=200)
        self.assertEqual((answer["status"], answer["authorized"]), ("cancelled", "0.00"))
        self.assertEqual((self.payments(order).state, order.state), ("cancel", "sale"))
        self.assertProblem(self.pay("capture"), "conflict", 409, ["/id"])
        self.assertProblem(
            self.pay("capture", "C-1", authorization="P-1"), "conflict", 409, ["/authorization"]
        )

    def test_the_rest_of_an_authorization_is_released(self):
        order = self.sale_order(self.place())
        self.pay("authorize", "A-1", status=201)
        self.pay("capture", "C-1", "10.00", authorization="A-1", status=201)
        answer = self.pay("fail", "A-1", status=200)
        self.assertEqual(self.amounts(answer), ("10.00", "0.00", "0.00"))
        self.assertEqual(self.payments(order).mapped("state"), ["cancel", "done"])

    def test_late_reports(self):
        order = self.sale_order(self.place())
        self.pay("fail", occurred_at="2026-11-20T10:05:00Z", status=201)
        answer = self.pay("authorize", occurred_at="2026-11-20T10:04:00Z", status=200)
        self.assertEqual((answer["outcome"], answer["status"]), ("unchanged", "failed"))
        self.pay("capture", occurred_at="2026-11-20T10:06:00Z", status=200)
        answer = self.pay("fail", occurred_at="2026-11-20T10:05:30Z", status=200)
        self.assertEqual((answer["outcome"], answer["status"]), ("unchanged", "captured"))
        answer = self.pay("authorize", amount="30.00", occurred_at="2026-11-20T10:05:40Z", status=200)
        self.assertEqual((answer["outcome"], answer["status"]), ("unchanged", "captured"))
        self.assertEqual(self.payments(order).state, "done")

    # -- refunds -----------------------------------------------------------------------------------

    def test_a_refund(self):
        order = self.sale_order(self.place())
        self.pay("capture", status=201)
        answer = self.pay("refund", "R-1", "4.20", payment="P-1", status=201)
        self.assertEqual((answer["status"], answer["amount"]), ("refunded", "4.20"))
        self.assertEqual(self.amounts(answer), ("24.20", "0.00", "4.20"))
        again = self.pay("refund", "R-1", "4.20", payment="P-1", status=200)
        self.assertEqual(again, {**answer, "outcome": "unchanged"})
        other = self.pay("refund", "R-1", "4.00", payment="P-1")
        self.assertProblem(other, "conflict", 409, ["/amount"])
        over = self.assertProblem(
            self.pay("refund", "R-2", "20.01", payment="P-1"), "amount-exceeded", 409, ["/amount"]
        )
        self.assertEqual(over["errors"][0]["available"], "20.00")
        payment = self.payments(order)
        self.assertEqual(payment.child_transaction_ids.mapped("amount"), [-4.2])
        self.book()
        refund = payment.child_transaction_ids
        self.assertEqual((refund.payment_id.payment_type, refund.payment_id.amount), ("outbound", 4.2))
        left = payment.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(left.amount_residual, -20.0)
        self.assertEqual(order.invoice_count, 0)

    def test_a_refund_of_what_was_not_captured(self):
        self.place()
        self.pay("fail", status=201)
        self.assertProblem(self.pay("refund", "R-1", payment="P-1"), "conflict", 409, ["/payment"])
        self.pay("authorize", "A-1", status=201)
        self.pay("capture", "C-1", "10.00", authorization="A-1", status=201)
        problem = self.assertProblem(self.pay("refund", "R-1", payment="A-1"), "conflict", 409, ["/payment"])
        self.assertEqual(problem["detail"], "This payment was captured in parts. Refund the captures: C-1.")

    # -- invoices ----------------------------------------------------------------------------------

    def test_an_invoice_before_the_payment(self):
        order = self.sale_order(self.place())
        invoice = self.invoice(order)
        self.pay("capture", status=201)
        self.assertEqual(invoice.payment_state, "not_paid")
        self.book()
        self.assertEqual(invoice.payment_state, "paid")

    def test_an_invoice_after_the_payment(self):
        order = self.sale_order(self.place())
        self.pay("capture", status=201)
        self.book()
        self.assertEqual(self.invoice(order).payment_state, "paid")

    def test_a_draft_invoice_stays_one(self):
        order = self.sale_order(self.place())
        draft = order._create_invoices()
        self.pay("capture", status=201)
        self.book()
        self.assertEqual(draft.state, "draft")
        draft.action_post()
        self.assertEqual(draft.payment_state, "paid")

    def test_the_job_and_odoos_own_cron_book_once(self):
        order = self.sale_order(self.place())
        self.pay("capture", status=201)
        self.payments(order)._post_process()
        self.book()
        self.assertEqual(
            self.env["account.payment"].search_count(
                [("payment_transaction_id", "=", self.payments(order).id)]
            ),
            1,
        )

    # -- currencies --------------------------------------------------------------------------------

    def test_currencies(self):
        """Of 0, 2 and 3 decimals."""
        currencies = self.env["res.currency"].with_context(active_test=False)
        for name, price, total, part, rest, wrong in (
            ("JPY", "1234", "1493", "1000", "493", "1000.5"),
            ("KWD", "12.345", "14.937", "10.001", "4.936", "10.0005"),
            ("EUR", "9.95", "12.04", "10.01", "2.03", "10.005"),
        ):
            with self.subTest(name=name):
                currencies.search([("name", "=", name)]).active = True
                line = self.line("MUG", "1", price)
                placed = self.place(line, total=total, currency=name, external_id=name, number=name)
                order = self.sale_order(placed)
                report = {"order": name, "currency": name}
                refused = self.pay("capture", f"P-{name}", wrong, **report)
                self.assertProblem(refused, "invalid-request", 422, ["/amount"])
                self.pay("authorize", f"A-{name}", total, status=201, **report)
                answer = self.pay(
                    "capture", f"P-{name}", part, authorization=f"A-{name}", status=201, **report
                )
                self.assertEqual((answer["paid"], answer["authorized"]), (part, rest))
                self.pay("capture", f"Q-{name}", rest, authorization=f"A-{name}", status=201, **report)
                self.pay("refund", f"R-{name}", part, payment=f"P-{name}", status=201, **report)
                over = self.pay("refund", f"S-{name}", "1", payment=f"P-{name}", **report)
                self.assertProblem(over, "amount-exceeded", 409, ["/amount"])
                self.pay("capture", f"T-{name}", part, status=201, **report)
                self.book()
                invoice = self.invoice(order)
                self.assertEqual((invoice.payment_state, invoice.amount_residual), ("paid", 0.0))

    def test_the_currency_is_that_of_the_order(self):
        self.place()
        response = self.pay("capture", currency="JPY", amount="24")
        problem = self.assertProblem(response, "invalid-request", 422, ["/currency"])
        self.assertEqual(problem["errors"][0]["detail"], f"The order is in {self.company.currency_id.name}.")

    # -- payment methods ---------------------------------------------------------------------------

    def test_a_method_that_is_not_mapped(self):
        self.place()
        response = self.pay("capture", method="paypal")
        problem = self.assertProblem(response, "unknown-reference", 422, ["/method"])
        self.assertEqual(problem["detail"], "Odoo does not know: payment method paypal.")
        codes = self.env["retail.code.map"].search([("connector_id", "=", self.system.id)])
        self.assertEqual((codes.kind, codes.code, codes.is_mapped), ("payment_method", "paypal", False))
        codes.journal_id = self.new_journal("PayPal", "PPL")
        self.assertTrue(codes.is_mapped)
        self.pay("capture", method="paypal", status=201)
        self.assertEqual(self.book().payment_id.journal_id.name, "PayPal")

    def test_a_method_that_is_not_mapped_is_kept(self):
        order = self.sale_order(self.place())
        self.client.keeps_incomplete = True
        self.assertEqual(self.pay("capture", method="paypal", status=202)["state"], "incomplete")
        self.map_code("paypal")
        [message] = self.messages(command="payment.capture")
        self.assertEqual(message._retry(), "")
        self.assertEqual(self.payments(order).state, "done")

    def map_code(self, code):
        codes = self.env["retail.code.map"].search([("code", "=", code)])
        codes.journal_id = self.bank
        self.env.flush_all()

    def test_a_method_that_is_not_mapped_goes_to_the_default_journal(self):
        self.place()
        other = self.client.payment_journal_id = self.new_journal("Others", "OTH")
        self.pay("capture", "P-1", "10.00", method="paypal", status=201)
        self.pay("capture", "P-2", "10.00", method="paypal", status=201)
        self.assertEqual(self.book().payment_id.journal_id, other)
        codes = self.env["retail.code.map"].search([("connector_id", "=", self.system.id)])
        self.assertEqual((codes.code, codes.is_mapped, codes.asked_count), ("paypal", False, 1))

    def test_one_provider_for_each_journal(self):
        self.place()
        self.map_method("paypal", self.new_journal("PayPal", "PPL"))
        self.pay("capture", "P-1", "10.00", method="paypal", status=201)
        self.pay("capture", "P-2", "5.00", status=201)
        self.pay("capture", "P-3", "5.00", method="paypal", status=201)
        providers = self.env["payment.provider"].search([("code", "=", "retail_hub")])
        self.assertEqual(len(providers), 2)
        compatible = self.env["payment.provider"]._get_compatible_providers(
            self.company.id, self.env.user.partner_id.id, 10.0
        )
        self.assertFalse(compatible & providers)

    # -- rights and modes --------------------------------------------------------------------------

    def test_a_client_without_the_scope(self):
        self.place()
        client = self.new_client("Shop", self.system, ("orders:read", "orders:write"))
        key = self.env["retail.api.key"]._issue(client)
        content = {"id": "P-1", "amount": "24.20", "currency": self.company.currency_id.name}
        for action in ("authorize", "capture", "fail", "refund"):
            response = self.post(f"/orders/W-1001/payments/{action}", content, key=key)
            self.assertProblem(response, "forbidden", 403)

    def test_a_client_that_may_only_report_payments(self):
        self.place()
        client = self.new_client("Payments", self.system, ("payments:write",))
        key = self.env["retail.api.key"]._issue(client)
        content = {"id": "P-1", "amount": "24.20", "currency": self.company.currency_id.name}
        response = self.post("/orders/W-1001/payments/capture", content, key=key)
        self.assertEqual(response.status_code, 201, response.text)

    def test_test_mode(self):
        order = self.sale_order(self.place())
        self.client.is_test = True
        self.assertEqual(self.pay("capture", status=201)["paid"], "24.20")
        self.assertFalse(self.payments(order))
        self.assertFalse(self.book())
        self.assertFalse(self.env["payment.provider"].search([("code", "=", "retail_hub")]))

    def test_odoo_does_not_capture_what_it_cannot(self):
        order = self.sale_order(self.place())
        self.pay("authorize", status=201)
        payment = self.payments(order)
        self.assertFalse(order.has_authorized_transaction_ids)
        for button in (payment._capture, payment._void):
            with self.assertRaisesRegex(UserError, "Web Shop processed this payment"):
                button()

    def test_the_order_in_the_api(self):
        self.place()
        self.pay("authorize", "A-1", "10.00", status=201)
        self.pay("capture", "P-1", "14.20", status=201)
        self.pay("refund", "R-1", "4.20", payment="P-1", status=201)
        order = self.call("GET", "/orders/W-1001").json()
        self.assertEqual((order["paid"], order["authorized"], order["refunded"]), ("14.20", "10.00", "4.20"))
