"""``POST /orders/{external_id}/amend``, and partial cancellations."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import html2plaintext

from .fulfilment import FulfilmentCase
from .orders import ADDRESS


class AmendmentCase(FulfilmentCase):
    def state(self, *lines, total="24.20", **values):
        """Return a new state of an order."""
        return {
            "currency": self.company.currency_id.name,
            "prices_include_tax": False,
            "lines": list(lines) or [self.line()],
            "total": total,
            **values,
        }

    def amend(self, *lines, status=200, **values):
        """Report a new state of the order; return the JSON of the answer."""
        response = self.post("/orders/W-1001/amend", self.state(*lines, **values))
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def quantities(self, order):
        order.invalidate_recordset()
        return {
            line.retail_line_code: line.product_uom_qty for line in order.order_line if line.retail_line_code
        }

    def change(self, order):
        return self.env["retail.order.change"].search([("order_id", "=", order.id)], limit=1)


@tagged("-at_install", "post_install")
class TestAmendments(AmendmentCase):
    def test_more_less_new_and_removed(self):
        lines = [self.line("MUG", "2"), self.line("PLATE", "3"), self.line("MUG", "1", id="gift")]
        order = self.sale_order(self.place(*lines, total="72.60"))
        answer = self.amend(
            self.line("MUG", "5"),
            self.line("PLATE", "1"),
            self.line("", "1", "4.00", kind="delivery", id="ship"),
            total="77.44",
        )
        self.assertEqual(
            {key: answer[key] for key in ("outcome", "status", "untaxed", "tax", "total", "rounding")},
            {
                "outcome": "amended",
                "status": "placed",
                "untaxed": "64.00",
                "tax": "13.44",
                "total": "77.44",
                "rounding": "0.00",
            },
        )
        self.assertEqual(
            [(line["id"], line["quantity"], line["reserved"]) for line in answer["lines"]],
            [("L-MUG", "5", "5"), ("L-PLATE", "1", "1"), ("gift", "0", "0"), ("ship", "1", "0")],
        )
        self.assertEqual((self.free(self.mug), self.free(self.plate)), (15, 4))
        self.assertEqual((order.retail_channel_total, order.retail_difference), (77.44, False))
        self.assertEqual(len(order.picking_ids.filtered(lambda each: each.state != "cancel")), 1)
        self.assertFalse(self.change(order))

    def test_a_line_with_quantity_0_is_removed(self):
        order = self.sale_order(self.place(self.line(), self.line("PLATE", "1"), total="36.30"))
        self.amend(self.line(), {"id": "L-PLATE", "quantity": "0"})
        self.assertEqual(self.quantities(order), {"L-MUG": 2, "L-PLATE": 0})
        self.assertEqual((self.free(self.plate), order.amount_total), (5, 24.2))
        self.amend(self.line(), self.line("PLATE", "1"), total="36.30")
        self.assertEqual((self.quantities(order)["L-PLATE"], self.free(self.plate)), (1, 4))

    def test_prices_and_taxes_to_the_cent(self):
        order = self.sale_order(self.place())
        line = self.line("MUG", "3", "9.99", rate=None)
        line["taxes"] = [{"rate": "6", "country": self.country.code, "amount": "1.81"}]
        line["discounts"] = [{"amount": "0.10"}]
        answer = self.amend(line, total="31.68", tax="1.81")
        self.assertEqual((answer["untaxed"], answer["tax"], answer["total"]), ("29.87", "1.81", "31.68"))
        self.assertEqual(order.order_line.tax_ids, self.tax_6)

    def test_the_rounding_line_is_used_again(self):
        order = self.sale_order(self.place(total="24.22"))
        self.amend(self.line(quantity="3"), total="36.29")
        self.assertEqual((order.amount_total, len(order.order_line)), (36.29, 2))
        self.amend(self.line(quantity="3"), total="36.30")
        self.assertEqual((order.amount_total, len(order.order_line)), (36.30, 2))

    def test_a_total_that_does_not_match(self):
        order = self.sale_order(self.place())
        response = self.post("/orders/W-1001/amend", self.state(self.line(quantity="3"), total="40.00"))
        self.assertProblem(response, "total-mismatch", 422, ["/total"])
        self.assertEqual((self.quantities(order), self.free(self.mug)), ({"L-MUG": 2}, 18))

    def test_more_than_there_is(self):
        """What the order has already counts as its own; the other lines are as they were."""
        lines = [self.line("MUG", "2"), self.line("PLATE", "4")]
        order = self.sale_order(self.place(*lines, total="72.60"))
        new = [self.line("MUG", "1"), {"id": "x", "quantity": "0"}, self.line("PLATE", "6")]
        response = self.post("/orders/W-1001/amend", self.state(*new, total="84.70"))
        problem = self.assertProblem(response, "out-of-stock", 409, ["/lines/2"])
        self.assertEqual(problem["errors"][0]["available"], "1")
        self.assertEqual(self.quantities(order), {"L-MUG": 2, "L-PLATE": 4})
        self.amend(self.line("MUG", "1"), self.line("PLATE", "5"), total="72.60")
        self.assertEqual((self.free(self.mug), self.free(self.plate)), (19, 0))

    def test_safety_stock(self):
        self.client.write({"safety_stock": 1, "allocation": "partial"})
        self.place(self.line("PLATE", "2"))
        answer = self.amend(self.line("PLATE", "5"), total="60.50")
        [line] = answer["lines"]
        self.assertEqual((line["reserved"], line["backordered"], self.free(self.plate)), ("4", "1", 1))

    def test_an_unknown_sku(self):
        self.place()
        new = [{"id": "x", "quantity": "0"}, self.line("CUP", "1")]
        response = self.post("/orders/W-1001/amend", self.state(*new))
        self.assertProblem(response, "unknown-reference", 422, ["/lines/1"])

    def test_what_cannot_be_changed(self):
        self.place()
        for state, pointer in (
            (self.state(self.line("PLATE", id="L-MUG")), "/lines/0"),
            (self.state(currency="JPY"), "/currency"),
            (self.state({"id": "L-MUG", "quantity": "0"}), ""),
            (self.state(self.line(quantity="-1")), "/lines/0/quantity"),
            (self.state(version=0), "/version"),
            (self.state(self.line(sku="")), "/lines/0"),
        ):
            with self.subTest(pointer=pointer):
                response = self.post("/orders/W-1001/amend", state)
                self.assertProblem(response, "invalid-request", 422, [pointer])

    def test_a_late_older_state(self):
        order = self.sale_order(self.place())
        self.amend(self.line(quantity="4"), total="48.40", version=7)
        late = self.amend(self.line(quantity="3"), total="36.30", version=6)
        again = self.amend(self.line(quantity="1"), total="12.10", version=7)
        self.assertEqual((late["outcome"], again["outcome"]), ("superseded", "unchanged"))
        self.assertEqual(self.quantities(order), {"L-MUG": 4})

    def test_a_late_older_state_by_its_time(self):
        order = self.sale_order(self.place())
        self.amend(self.line(quantity="4"), total="48.40", occurred_at="2026-11-20T12:00:00.5Z")
        late = self.amend(self.line(quantity="3"), total="36.30", occurred_at="2026-11-20T12:00:00.4Z")
        self.assertEqual((late["outcome"], self.quantities(order)), ("superseded", {"L-MUG": 4}))

    def test_address_date_and_note(self):
        order = self.sale_order(self.place())
        address = {**ADDRESS, "name": "Aunt Ida", "street": "Gift Lane 2"}
        answer = self.amend(delivery_address=address, promised_at="2026-12-01T10:00:00Z", note="Ring twice")
        order.invalidate_recordset()
        self.assertEqual(answer["outcome"], "amended")
        self.assertEqual((order.partner_shipping_id.street, order.note), ("Gift Lane 2", "<p>Ring twice</p>"))
        self.assertEqual(order.picking_ids.partner_id, order.partner_shipping_id)
        self.assertEqual(order.commitment_date, fields.Datetime.to_datetime("2026-12-01 10:00:00"))
        self.assertEqual(self.amend()["outcome"], "unchanged")
        self.assertEqual(order.note, "<p>Ring twice</p>")

    def test_a_locked_order(self):
        order = self.sale_order(self.place())
        order.action_lock()
        self.amend(self.line(quantity="3"), total="36.30")
        self.assertEqual((self.quantities(order), order.locked), ({"L-MUG": 3}, True))

    def test_a_cancelled_order(self):
        self.place()
        self.post("/orders/W-1001/cancel", {})
        self.assertProblem(self.post("/orders/W-1001/amend", self.state()), "conflict", 409)

    def test_before_its_order(self):
        answer = self.amend(self.line(quantity="3"), total="36.30", status=202)
        self.assertEqual(answer["state"], "waiting")
        order = self.sale_order(self.place())
        self.env["retail.message"]._retry_waiting(self.system.id, "order/W-1001")
        self.assertEqual(self.quantities(order), {"L-MUG": 3})

    def test_the_rest_of_a_line_that_was_shipped_in_part(self):
        """Nothing of what changes was shipped."""
        order = self.five_mugs()
        self.ship("3")
        self.amend(self.line(quantity="7"), total="84.70")
        self.assertEqual((self.quantities(order), self.free(self.mug)), ({"L-MUG": 7}, 13))
        self.amend(self.line(quantity="3"), total="36.30")
        self.assertEqual((self.quantities(order), self.free(self.mug)), ({"L-MUG": 3}, 17))
        self.assertFalse(order.picking_ids.filtered(lambda each: each.state not in ("done", "cancel")))
        self.assertFalse(self.change(order))

    def test_test_mode(self):
        order = self.five_mugs()
        self.ship("3")
        self.client.is_test = True
        self.assertEqual(self.amend(status=202)["state"], "undecided")
        self.assertFalse(self.change(order))
        self.assertEqual(self.messages(command="order.amend").state, "tested")


@tagged("-at_install", "post_install")
class TestDecisions(AmendmentCase):
    def setUp(self):
        super().setUp()
        self.sold = self.five_mugs()
        self.ship("3")
        self.seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman_all_leads")

    def ask(self, *lines, **values):
        """Report a state that needs a decision; return (the JSON of the answer, the change)."""
        return self.amend(*lines, status=202, **values), self.change(self.sold)

    def asked(self):
        """Return the causes of the order's open activities."""
        return self.sold.activity_ids.mapped("retail_cause")

    def test_what_is_shown(self):
        address = {**ADDRESS, "street": "Gift Lane 2"}
        answer, change = self.ask(
            self.line(quantity="2"), self.line("PLATE", "1"), total="36.30", delivery_address=address
        )
        self.assertEqual((answer["state"], answer["status"]), ("undecided", 202))
        self.assertEqual([each["pointer"] for each in answer["errors"]], ["/lines/0"])
        self.assertEqual(self.call("GET", f"/messages/{answer['id']}").json(), answer)
        self.assertEqual((change.state, change.old_total, change.new_total), ("open", 60.5, 36.3))
        self.assertEqual(
            change.line_ids.mapped(
                lambda line: (line.name, line.old_quantity, line.new_quantity, line.new_price, line.remark)
            ),
            [
                (self.sold.order_line.name, 5, 2, 10, "Already picked or shipped: 3."),
                ("[PLATE] The Plate", 0, 1, 10, False),
            ],
        )
        self.assertIn("Gift Lane 2", change.other)
        self.assertEqual(change.reason, "A transfer to the delivery address is done.")
        self.assertEqual((self.quantities(self.sold), self.free(self.plate)), ({"L-MUG": 5}, 5))
        self.assertEqual(self.asked(), [f"change:{change.id}"])
        activity = self.sold.activity_ids
        self.assertEqual(activity.activity_type_id, self.env.ref("mail.mail_activity_data_todo"))
        self.assertEqual(activity.summary, "Change of the order: apply or reject")
        self.assertEqual(
            html2plaintext(activity.note).replace("\N{NO-BREAK SPACE}", " "),
            "Web Shop has changed the order. Its total was $ 60.50, and is $ 36.30 there.",
        )
        self.assertFalse(self.env["res.partner"].search([("street", "=", "Gift Lane 2")]))
        message = self.messages(command="order.amend")
        self.assertEqual(
            (message.state, message.res_model, message.res_id), ("undecided", change._name, change.id)
        )

    def test_apply(self):
        content = self.state(self.line(quantity="5", price="8.00"), total="48.40")
        response = self.post("/orders/W-1001/amend", content, idempotency_key="K")
        self.assertEqual(response.status_code, 202, response.text)
        change = self.change(self.sold)
        change.with_user(self.seller).action_apply()
        self.sold.invalidate_recordset()
        self.assertEqual((self.sold.amount_total, self.sold.order_line.price_unit), (48.4, 8))
        self.assertEqual((change.state, change.decided_by_id), ("applied", self.seller))
        self.assertFalse(self.sold.activity_ids)
        again = self.post("/orders/W-1001/amend", content, idempotency_key="K")
        self.assertEqual((again.status_code, again.json()["outcome"]), (200, "amended"))
        self.assertEqual(self.messages(command="order.amend").state, "done")
        with self.assertRaisesRegex(UserError, "decided"):
            change.with_user(self.seller).action_apply()

    def test_its_texts(self):
        _answer, change = self.ask(self.line(quantity="2"), note="Ring twice")
        self.assertIn("Ring twice", change.other)
        self.assertEqual(change.partner_id, self.sold.partner_id)

    def test_reject(self):
        answer, change = self.ask(self.line(quantity="2"))
        change.with_user(self.seller).action_reject()
        read = self.call("GET", f"/messages/{answer['id']}").json()
        self.assertEqual(
            (read["state"], read["status"], read["problem"]),
            ("refused", 409, "A person in Odoo has rejected this change."),
        )
        self.assertEqual((change.state, self.quantities(self.sold)), ("rejected", {"L-MUG": 5}))
        self.assertFalse(self.sold.activity_ids)

    def test_its_activity_is_one_of_its_own(self):
        """The order is to be reviewed, too: to decide about the change is no review."""
        self.sold._retail_open_review("It is large.")
        _answer, change = self.ask(self.line(quantity="2"))
        self.assertEqual(sorted(self.asked()), [f"change:{change.id}", "order_review"])
        change.with_user(self.seller).action_reject()
        self.assertEqual(self.asked(), ["order_review"])
        self.assertIn("Rejected", html2plaintext(self.sold.message_ids[0].body))

    def test_what_odoo_does_not_allow(self):
        """Odoo says so, and the change stays open."""
        _answer, change = self.ask(self.line(quantity="2"))
        with self.assertRaisesRegex(UserError, "delivered"), self.env.cr.savepoint():
            change.with_user(self.seller).action_apply()
        change.invalidate_recordset()
        self.assertEqual(change.state, "open")

    def test_a_later_state_supersedes_it(self):
        answer, first = self.ask(self.line(quantity="2"), version=2)
        _answer, second = self.ask(self.line(quantity="1"), total="12.10", version=3)
        self.assertEqual((first.state, second.state), ("superseded", "open"))
        self.assertEqual(self.asked(), [f"change:{second.id}"])
        self.assertEqual(self.call("GET", f"/messages/{answer['id']}").json()["state"], "refused")
        self.amend(self.line(quantity="6"), total="72.60", version=4)
        second.invalidate_recordset()
        self.assertEqual((second.state, self.quantities(self.sold)), ("superseded", {"L-MUG": 6}))
        late = self.amend(self.line(quantity="2"), version=3)
        self.assertEqual(late["outcome"], "superseded")
        self.assertFalse(self.sold.activity_ids)

    def test_the_same_version_again(self):
        """It is not said to be known before somebody has decided."""
        _answer, first = self.ask(self.line(quantity="2"), version=2)
        _answer, second = self.ask(self.line(quantity="2"), version=2)
        first.invalidate_recordset()
        self.assertEqual((first.state, second.state), ("superseded", "open"))
        self.assertEqual(self.asked(), [f"change:{second.id}"])
        second.with_user(self.seller).action_reject()
        again = self.amend(self.line(quantity="2"), version=2)
        self.assertEqual((again["outcome"], self.quantities(self.sold)), ("unchanged", {"L-MUG": 5}))

    def test_what_was_invoiced(self):
        order = self.sale_order(self.place(external_id="W-2"))
        self.mug.invoice_policy = "order"
        order._create_invoices().action_post()
        response = self.post("/orders/W-2/amend", self.state(self.line(quantity="3"), total="36.30"))
        self.assertEqual((response.status_code, response.json()["state"]), (202, "undecided"), response.text)
        self.assertEqual(self.change(order).line_ids.remark, "Already invoiced: 2.")

    def test_what_a_person_has_changed(self):
        order = self.sale_order(self.place(external_id="W-2"))
        order.order_line.product_uom_qty = 1
        response = self.post("/orders/W-2/amend", self.state(self.line(quantity="3"), total="36.30"))
        self.assertEqual(response.status_code, 202, response.text)
        change = self.change(order)
        self.assertIn("changed in Odoo", change.reason)
        change.with_user(self.seller).action_apply()
        self.assertEqual((self.quantities(order), order.retail_difference), ({"L-MUG": 3}, False))

    def test_what_was_refunded(self):
        order = self.sale_order(self.place(external_id="W-2"))
        order.order_line.retail_refunded_qty = 1
        response = self.post("/orders/W-2/amend", self.state(self.line(quantity="3"), total="36.30"))
        self.assertEqual(response.status_code, 202, response.text)
        self.assertEqual(self.change(order).reason, "A part of the order was refunded.")

    def test_who_may_decide(self):
        _answer, change = self.ask(self.line(quantity="2"))
        clerk = new_test_user(self.env, "clerk", "base.group_user,retail_hub.group_user")
        with self.assertRaises(AccessError):
            change.with_user(clerk).action_reject()
        with self.assertRaises(AccessError):
            change.with_user(self.seller).state = "applied"
        other = new_test_user(self.env, "other", "sales_team.group_sale_salesman")
        self.sold.user_id = self.seller
        self.assertFalse(self.env["retail.order.change"].with_user(other).search([]))

    def test_a_cancellation_closes_it(self):
        _answer, change = self.ask(self.line(quantity="2"))
        self.assertEqual(self.post("/orders/W-1001/cancel", {}).status_code, 200)
        change.invalidate_recordset()
        self.assertEqual((change.state, self.quantities(self.sold)), ("superseded", {"L-MUG": 3}))


@tagged("-at_install", "post_install")
class TestPartialCancellations(AmendmentCase):
    def cancel(self, *lines, status=200, **values):
        content = {"lines": list(lines), **values} if lines else values
        response = self.post("/orders/W-1001/cancel", content)
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def test_a_part_of_a_line(self):
        line = self.line(quantity="3", price="3.33", rate=None)
        line["taxes"] = [{"rate": "21", "country": self.country.code, "amount": "2.11"}]
        order = self.sale_order(self.place(line, total="12.10"))
        answer = self.cancel({"id": "L-MUG", "quantity": "1"}, cancel_id="X-1", reason="Broken")
        self.assertEqual(
            [answer[key] for key in ("outcome", "status", "untaxed", "tax", "total")],
            ["amended", "placed", "6.66", "1.41", "8.07"],
        )
        self.assertEqual((self.quantities(order), self.free(self.mug)), ({"L-MUG": 2}, 18))
        self.assertEqual((order.retail_channel_total, order.retail_difference), (8.07, False))
        again = self.cancel({"id": "L-MUG", "quantity": "1"}, cancel_id="X-1")
        self.assertEqual((again["outcome"], self.quantities(order)), ("unchanged", {"L-MUG": 2}))

    def test_a_whole_line_and_all_lines(self):
        order = self.sale_order(self.place(self.line(), self.line("PLATE", "1"), total="36.30"))
        self.cancel({"id": "L-MUG"})
        self.assertEqual((self.quantities(order), self.free(self.mug)), ({"L-MUG": 0, "L-PLATE": 1}, 20))
        answer = self.cancel({"id": "L-PLATE"})
        self.assertEqual((answer["outcome"], order.state, self.free(self.plate)), ("cancelled", "cancel", 5))

    def test_more_than_is_left(self):
        order = self.five_mugs()
        self.ship("3")
        response = self.post("/orders/W-1001/cancel", {"lines": [{"id": "L-MUG", "quantity": "3"}]})
        problem = self.assertProblem(response, "conflict", 409, ["/lines/0"])
        self.assertEqual(problem["errors"][0]["available"], "2")
        self.cancel({"id": "L-MUG", "quantity": "1"})
        self.assertEqual((self.quantities(order), self.free(self.mug)), ({"L-MUG": 4}, 16))

    def test_what_was_picked(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self.five_mugs()
        order.picking_ids.move_ids.write({"quantity": 2, "picked": True})
        order.picking_ids.with_context(skip_backorder=True).button_validate()
        response = self.post("/orders/W-1001/cancel", {"lines": [{"id": "L-MUG", "quantity": "4"}]})
        problem = self.assertProblem(response, "conflict", 409, ["/lines/0"])
        self.assertEqual(problem["errors"][0]["available"], "3")
        self.cancel({"id": "L-MUG"})
        self.assertEqual((self.quantities(order), self.free(self.mug)), ({"L-MUG": 2}, 18))

    def test_the_rest_of_an_order(self):
        """What was shipped can still be invoiced, and so can what was charged for its delivery."""
        lines = [
            self.line(quantity="5"),
            self.line("PLATE", "1"),
            self.line("", "1", "4.00", kind="delivery", id="ship"),
        ]
        order = self.sale_order(self.place(*lines, total="77.44"))
        self.ship("3")
        answer = self.cancel(reason="Changed my mind")
        self.assertEqual(
            (answer["outcome"], answer["status"], answer["total"]), ("amended", "placed", "41.14")
        )
        self.assertEqual(self.quantities(order), {"L-MUG": 3, "L-PLATE": 0, "ship": 1})
        self.assertEqual((self.free(self.mug), self.free(self.plate)), (17, 5))
        self.assertFalse(order.picking_ids.filtered(lambda each: each.state not in ("done", "cancel")))
        self.assertEqual((order.state, order.invoice_status), ("sale", "to invoice"))

    def test_the_rest_of_an_order_that_was_picked(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self.five_mugs()
        self.ship("1")
        picking = order.picking_ids.filtered(lambda each: each.state == "assigned")
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking.with_context(skip_backorder=True).button_validate()
        self.cancel()
        self.assertEqual(self.quantities(order), {"L-MUG": 1})
        self.assertFalse(order.picking_ids.filtered(lambda each: each.state not in ("done", "cancel")))

    def test_content_that_does_not_fit(self):
        self.place()
        for content, pointer in (
            ({"lines": []}, ""),
            ({"lines": [{"id": "L-MUG"}, {"id": "L-MUG"}]}, ""),
            ({"lines": [{"id": "x"}]}, "/lines/0"),
            ({"lines": [{"id": "L-MUG", "quantity": "0"}]}, "/lines/0/quantity"),
        ):
            with self.subTest(content=content):
                response = self.post("/orders/W-1001/cancel", content)
                self.assertProblem(response, "invalid-request", 422, [pointer])

    def test_before_its_order(self):
        answer = self.cancel({"id": "L-MUG", "quantity": "1"}, status=202)
        self.assertEqual(answer["state"], "waiting")
        order = self.sale_order(self.place())
        self.env["retail.message"]._retry_waiting(self.system.id, "order/W-1001")
        self.assertEqual(self.quantities(order), {"L-MUG": 1})
