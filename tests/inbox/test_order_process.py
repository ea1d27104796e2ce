"""``GET /orders/{external_id}/process``, and the tab of the sales order."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from .test_holds import HoldCase


@tagged("-at_install", "post_install")
class TestOrderProcess(HoldCase):
    def process(self, code="W-1001"):
        response = self.call("GET", f"/orders/{code}/process")
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def steps(self, answer):
        return [(each["step"], each["state"], each["system"], each["reference"]) for each in answer["steps"]]

    def test_from_capture_to_refund(self):
        order = self.held(risk={"level": "review", "reason": "Odd."})
        self.pay("authorize", "P-1", status=201)
        self.act("confirm")
        self.act("release")
        self.pay("capture", "P-1", status=200)
        order.invalidate_recordset()
        self.validate(order)
        invoice = self.invoice(order)
        content = {
            "id": "R-1",
            "currency": self.company.currency_id.name,
            "lines": [{"id": "L-MUG", "quantity": "1"}],
            "payments": [{"id": "M-1", "payment": "P-1", "amount": "12.10"}],
        }
        response = self.post("/orders/W-1001/refunds", content)
        self.assertEqual(response.status_code, 201, response.text)
        answer = self.process()
        self.assertEqual(
            {name: answer[name] for name in ("id", "number", "external_id", "status")},
            {"id": str(order.id), "number": order.name, "external_id": "W-1001", "status": "placed"},
        )
        self.assertCountEqual(
            self.steps(answer),
            [
                ("order.captured", "done", "Web Shop", "#1001"),
                ("order.held", "done", "Web Shop", ""),
                ("order.confirmed", "done", "Web Shop", ""),
                ("order.review", "done", "Odoo", ""),
                ("order.released", "done", "Web Shop", ""),
                ("payment.captured", "done", "Web Shop", "P-1"),
                ("payment.refunded", "done", "Web Shop", "M-1"),
                ("shipment.confirmed", "done", "Odoo", order.picking_ids.name),
                ("invoice.posted", "done", "Odoo", invoice.name),
                ("refund.issued", "done", "Web Shop", "R-1"),
            ],
        )
        times = [each["at"][:19] for each in answer["steps"]]
        self.assertEqual(times, sorted(times))
        details = {each["step"]: each["detail"] for each in answer["steps"]}
        currency = self.company.currency_id.name
        self.assertEqual(details["payment.captured"], f"24.20 {currency}")
        self.assertEqual((details["refund.issued"], details["order.review"]), (f"12.10 {currency}", "Odd."))

    def points(self):
        steps = self.process()["steps"]
        return [(each["step"], each["detail"]) for each in steps if each["step"].startswith("points.")]

    def program(self):
        self.env["loyalty.program"].search([]).active = False
        rule = {"reward_point_mode": "money", "reward_point_amount": 2, "minimum_qty": 0}
        self.env["loyalty.program"].create(
            {
                "name": "Club",
                "program_type": "loyalty",
                "applies_on": "both",
                "trigger": "auto",
                "portal_point_name": "Stars",
                "rule_ids": [Command.create(rule)],
            }
        )

    def test_points(self):
        """What the order earned, and what its cancellation took back."""
        self.program()
        self.place()
        points = [each for each in self.process()["steps"] if each["step"].startswith("points.")]
        self.assertEqual(
            [
                tuple(each[name] for name in ("step", "state", "system", "reference", "detail"))
                for each in points
            ],
            [("points.earned", "done", "Odoo", "Club", "48.4 Stars")],
        )
        self.assertEqual(self.post("/orders/W-1001/cancel", {"reason": "No."}).status_code, 200)
        self.assertEqual(self.points()[1:], [("points.reversed", "-48.4 Stars")])

    def test_points_of_a_return(self):
        """What a credit note took back."""
        self.program()
        self.place()
        order = self.env["sale.order"].search([("client_order_ref", "=", "#1001")])
        credit_note = self.invoice(order)._reverse_moves()
        credit_note.invoice_line_ids.filtered("product_id").quantity = 1
        credit_note.action_post()
        self.assertEqual(self.points()[1:], [("points.reversed", "-24.2 Stars")])

    def test_steps_of_one_second(self):
        """The first one comes first."""
        self.place()
        for number in range(1, 4):
            self.pay("capture", f"P-{number}", amount="5.00", status=201)
        for number in range(1, 4):
            self.pay("refund", f"M-{number}", amount="1.00", payment=f"P-{number}", status=201)
        references = [each[3] for each in self.steps(self.process()) if each[0].startswith("payment.")]
        self.assertEqual(references, ["P-1", "P-2", "P-3", "M-1", "M-2", "M-3"])

    def test_what_has_failed_or_waits(self):
        crm = self.env["retail.connector"].create(
            {"name": "CRM", "provider": "webhook", "base_url": "https://crm.example.com"}
        )
        self.only(crm, "order.placed")
        order = self.held()
        delivery = self.env["retail.delivery"].search([("connector_id", "=", crm.id)])
        waiting = [
            ("order.captured", "done", "Web Shop", "#1001"),
            ("order.held", "waiting", "Web Shop", ""),
            ("shipment.planned", "waiting", "Odoo", order.picking_ids.name),
            ("event", "waiting", "CRM", "order.placed"),
        ]
        self.assertCountEqual(self.steps(self.process()), waiting)
        delivery.write(
            {"state": "dead", "finished_at": "2026-11-01", "error_message": "No such shop: 10.0.0.7"}
        )
        delivery.flush_recordset()
        refused = self.pay("refund", "M-1", payment="P-9")
        self.assertEqual(refused.status_code, 202, refused.text)
        problem = self.pay("capture", "P-1", "99.00")
        self.assertProblem(problem, "amount-exceeded", 409, ["/amount"])
        answer = self.process()
        failed = [
            ("event", "failed", "CRM", "order.placed"),
            ("request", "waiting", "Web Shop", "payment.refund"),
            ("request", "failed", "Web Shop", "payment.capture"),
        ]
        self.assertCountEqual(self.steps(answer), waiting[:-1] + failed)
        self.assertNotIn("10.0.0.7", str(answer))
        clerk = new_test_user(
            self.env,
            "sees_process",
            "retail_hub.group_user,sales_team.group_sale_salesman_all_leads,stock.group_stock_user",
        )
        shown = order.with_user(clerk).retail_process
        buttons = {each["button"]: each for each in shown if each["button"]}
        self.assertEqual(sorted(buttons), ["Open Request", "Repair"])
        repair = buttons["Repair"]
        self.assertEqual((repair["res_model"], repair["res_id"]), ("retail.delivery", delivery.id))
        self.assertIn("No such shop", repair["detail"])
        salesperson = new_test_user(self.env, "only_sells", "sales_team.group_sale_salesman_all_leads")
        seen = order.with_user(salesperson).retail_process
        self.assertEqual(len(seen), len(shown))
        self.assertFalse([each for each in seen if each["res_model"].startswith("retail.")])

    def test_what_was_refused_and_is_resolved(self):
        """Somebody has dismissed it, or the system has sent it again, and it was carried out."""
        self.place()
        self.assertProblem(self.pay("capture", "P-1", "99.00"), "amount-exceeded", 409, ["/amount"])
        self.assertProblem(self.pay("capture", "P-2", "99.00"), "amount-exceeded", 409, ["/amount"])
        requests = ("request", "failed", "Web Shop", "payment.capture")
        self.assertEqual(self.steps(self.process()).count(requests), 2)
        self.pay("capture", "P-1", "4.20", status=201)
        self.assertEqual(self.steps(self.process()).count(requests), 1)
        self.messages(state="refused", subject="payment/P-2").action_dismiss()
        self.env.flush_all()
        self.assertEqual(self.steps(self.process()).count(requests), 0)

    def test_an_order_that_was_cancelled(self):
        order = self.held()
        self.let_expire(order)
        self.run_cron()
        steps = self.process()["steps"]
        self.assertEqual(
            [(each["step"], each["state"], each["detail"]) for each in steps[2:]],
            [("order.expired", "failed", ""), ("order.cancelled", "done", "Hold Expired")],
        )
        self.assertEqual(steps[1]["step"], "order.held")

    def test_an_order_that_is_to_be_completed(self):
        self.client.keeps_incomplete = True
        self.place(self.line("CUP"), status=202)
        answer = self.process()
        self.assertEqual((answer["id"], answer["status"]), ("", "incomplete"))
        self.assertEqual(self.steps(answer), [("request", "failed", "Web Shop", "order.place")])

    def test_paths(self):
        """An external id may have slashes; the most specific path is meant."""
        self.place(external_id="2026/0001")
        self.assertEqual(self.process("2026/0001")["external_id"], "2026/0001")
        self.assertEqual(self.process("2026%2F0001")["external_id"], "2026/0001")
        self.assertEqual(self.act("confirm", order="2026/0001")["outcome"], "unchanged")
        self.assertProblem(self.call("GET", "/orders/2026/process"), "not-found", 404)

    def test_only_its_own_system(self):
        self.place()
        other = self.env["retail.connector"].create(
            {"name": "Market", "provider": "webhook", "base_url": "https://market.example.com"}
        )
        key = self.env["retail.api.key"]._issue(self.new_client("Market", other, self.scopes))
        self.assertProblem(self.call("GET", "/orders/W-1001/process", key=key), "not-found", 404)
