"""Orders that are held or to be reviewed, and what is undone when a step of an order fails."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .payments import PaymentsCase


class HoldCase(PaymentsCase):
    def act(self, action, content=None, status=200, order="W-1001"):
        """Send a command about an order; return the JSON of the answer."""
        response = self.post(f"/orders/{order}/{action}", content or {})
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def held(self, minutes=15, **values):
        return self.sale_order(self.place(hold_minutes=minutes, **values))

    def let_expire(self, order):
        """Have the hold of an order be over, without waiting for that."""
        order.retail_held_until = fields.Datetime.now() - timedelta(seconds=1)
        self.env.flush_all()

    def run_cron(self):
        self.env["sale.order"]._retail_cron_holds()
        self.env.invalidate_all()

    def alerts(self, order):
        return order.sudo().activity_ids.filtered(lambda each: each.retail_cause == "order_review")

    def with_points(self):
        """Have each order earn 10 points; return the program."""
        return self.env["loyalty.program"].create(
            {
                "name": "Points",
                "program_type": "loyalty",
                "applies_on": "both",
                "trigger": "auto",
                "rule_ids": [(0, 0, {"reward_point_mode": "order", "reward_point_amount": 10})],
            }
        )

    def points(self, program):
        cards = self.env["loyalty.card"].search([("program_id", "=", program.id)])
        cards.invalidate_recordset()
        return cards.mapped("points")

    def only(self, connector, event_type):
        """Have a system be sent this event, and no other."""
        connector.flow_ids.active = False
        flow = connector.with_context(active_test=False).flow_ids.filtered(
            lambda each: each.event_type == event_type
        )
        flow = flow or flow.create({"connector_id": connector.id, "event_type": event_type})
        flow.active = True
        connector.state = "active"

    def validate(self, order):
        order.picking_ids.move_ids.picked = True
        return order.picking_ids.button_validate()


@tagged("-at_install", "post_install")
class TestHolds(HoldCase):
    def test_a_held_order(self):
        before = fields.Datetime.now()
        answer = self.place(hold_minutes=15)
        order = self.sale_order(answer)
        self.assertEqual(
            (answer["status"], answer["lines"][0]["reserved"], order.state), ("held", "2", "sale")
        )
        self.assertEqual(self.free(self.mug), 18)
        until = order.retail_held_until
        self.assertTrue(timedelta(minutes=15) <= until - before <= timedelta(minutes=16), until)
        self.assertEqual(answer["held_until"], until.isoformat() + "Z")
        read = self.call("GET", "/orders/W-1001").json()
        self.assertEqual((read["status"], read["held_until"]), ("held", answer["held_until"]))

    def test_minutes(self):
        for minutes in (0, -1, 10_081, "5", 1.5, True):
            response = self.post("/orders", self.order(hold_minutes=minutes))
            self.assertProblem(response, "invalid-request", 422, ["/hold_minutes"])

    def test_it_is_not_shipped(self):
        order = self.held()
        with self.assertRaisesRegex(UserError, f"{order.name} is held until its customer confirms it"):
            self.validate(order)
        self.assertEqual(
            (order.picking_ids.state, order.picking_ids.retail_not_shipped), ("assigned", "held")
        )
        with self.assertRaisesRegex(UserError, "is held"):
            order.picking_ids.move_ids._action_done()
        self.act("confirm")
        order.invalidate_recordset()
        self.validate(order)
        self.assertEqual((order.picking_ids.state, order.order_line.qty_delivered), ("done", 2))

    def test_it_is_not_picked(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self.held()
        pick = order.picking_ids.filtered(lambda each: each.state == "assigned")
        self.assertEqual((pick.location_dest_id.usage, pick.retail_not_shipped), ("internal", "held"))
        pick.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "is held"):
            pick.button_validate()
        self.act("confirm")
        order.invalidate_recordset()
        pick.button_validate()
        self.assertEqual(pick.state, "done")

    def test_confirm_once(self):
        order = self.held()
        first, second = self.act("confirm"), self.act("confirm")
        self.assertEqual(
            (first["outcome"], first["status"], first["held_until"]), ("confirmed", "placed", None)
        )
        self.assertEqual((second["outcome"], second["status"]), ("unchanged", "placed"))
        order.invalidate_recordset()
        self.assertEqual((order.retail_hold, order.state), ("confirmed", "sale"))
        self.let_expire(order)
        self.run_cron()
        self.assertEqual((order.retail_hold, order.state, self.free(self.mug)), ("confirmed", "sale", 18))

    def test_an_order_that_was_never_held(self):
        self.place()
        self.assertEqual(self.act("confirm")["outcome"], "unchanged")
        problem = self.assertProblem(self.post("/orders/W-1001/hold", {"minutes": 5}), "conflict", 409)
        self.assertEqual(problem["detail"], "The order is not held.")

    def test_hold_longer(self):
        order = self.held()
        before = order.retail_held_until
        answer = self.act("hold", {"minutes": 60})
        self.assertEqual(answer["outcome"], "extended")
        order.invalidate_recordset()
        longer = order.retail_held_until - before
        self.assertTrue(timedelta(minutes=45) <= longer <= timedelta(minutes=46), longer)
        again = self.act("hold", {"minutes": 5})
        self.assertEqual((again["outcome"], again["held_until"]), ("unchanged", answer["held_until"]))
        self.act("confirm")
        problem = self.assertProblem(self.post("/orders/W-1001/hold", {"minutes": 5}), "conflict", 409)
        self.assertEqual(problem["detail"], "The order is confirmed.")

    def test_an_early_confirmation_waits(self):
        self.assertEqual(self.act("confirm", status=202)["state"], "waiting")
        order = self.held()
        self.env["retail.message"]._retry_waiting(self.system.id, "order/W-1001")
        self.env.invalidate_all()
        self.assertEqual(
            (order.retail_hold, self.messages(command="order.confirm").state), ("confirmed", "done")
        )

    def test_the_price_is_frozen(self):
        order = self.held()
        for button in ("action_update_prices", "action_update_taxes"):
            with self.assertRaisesRegex(UserError, "at the price that was shown"):
                getattr(order, button)()
        self.assertEqual((order.amount_total, order.order_line.price_unit), (24.2, 10.0))

    # -- expiry ------------------------------------------------------------------------------------

    def test_a_hold_that_expires(self):
        program = self.with_points()
        order = self.held()
        self.assertEqual(self.points(program), [10])
        self.run_cron()
        self.assertEqual((order.state, self.free(self.mug)), ("sale", 18))
        self.let_expire(order)
        for _time in range(2):
            self.run_cron()
            self.assertEqual(
                (order.state, order.retail_hold, order.retail_failure), ("cancel", "expired", "hold")
            )
            self.assertEqual((self.free(self.mug), self.points(program)), (20, [0]))
        bodies = [body for body in order.message_ids.mapped("body") if "has expired" in body]
        self.assertEqual(len(bodies), 1)
        self.assertFalse(self.alerts(order))
        self.assertEqual(self.call("GET", "/orders/W-1001").json()["status"], "cancelled")

    def test_too_late(self):
        """What counts is the time, not when Odoo gets to it."""
        order = self.held()
        self.let_expire(order)
        until = order.retail_held_until.isoformat() + "Z"
        text = f"The hold expired at {until}: the order is cancelled."
        for content in ({}, {"minutes": 5}):
            action = "hold" if content else "confirm"
            problem = self.assertProblem(self.post(f"/orders/W-1001/{action}", content), "conflict", 409)
            self.assertEqual(problem["detail"], text)
        self.run_cron()
        for content in ({}, {"minutes": 5}):
            action = "hold" if content else "confirm"
            problem = self.assertProblem(self.post(f"/orders/W-1001/{action}", content), "conflict", 409)
            self.assertEqual(problem["detail"], text)
        self.assertEqual((order.state, self.free(self.mug)), ("cancel", 20))

    def test_a_cancelled_order_is_not_confirmed(self):
        self.held()
        answer = self.act("cancel")
        self.assertEqual((answer["status"], answer["held_until"]), ("cancelled", None))
        problem = self.assertProblem(self.post("/orders/W-1001/confirm", {}), "conflict", 409)
        self.assertEqual(problem["detail"], "The order is cancelled.")
        self.run_cron()
        self.assertEqual(self.free(self.mug), 20)

    def test_an_order_that_a_person_confirms_anew(self):
        order = self.held()
        order.action_cancel()
        order.action_draft()
        problem = self.assertProblem(self.post("/orders/W-1001/hold", {"minutes": 5}), "conflict", 409)
        self.assertEqual(problem["detail"], "Somebody in Odoo has made the order a quotation again.")
        order.action_confirm()
        self.let_expire(order)
        self.run_cron()
        self.assertEqual((order.state, order.retail_hold, self.free(self.mug)), ("sale", False, 18))

    def test_one_that_cannot_be_cancelled(self):
        """A person decides, once; until then it is not shipped."""
        order = self.held()
        self.invoice(order)
        self.let_expire(order)
        for _time in range(2):
            self.run_cron()
        self.assertEqual((order.state, order.retail_hold, self.free(self.mug)), ("sale", "expired", 18))
        self.assertEqual(
            order.retail_review_reason,
            "The hold has expired. The order was invoiced, so it was not cancelled.",
        )
        self.assertEqual(len(self.alerts(order)), 1)
        problem = self.assertProblem(self.post("/orders/W-1001/confirm", {}), "conflict", 409)
        self.assertIn("a person in Odoo decides about the order.", problem["detail"])
        with self.assertRaisesRegex(UserError, "release it for shipping"):
            self.validate(order)
        order.action_retail_release()
        self.assertFalse(self.alerts(order))
        self.validate(order)
        self.assertEqual(order.order_line.qty_delivered, 2)

    def test_a_paid_order_is_not_cancelled(self):
        order = self.held()
        self.pay("capture", status=201)
        self.let_expire(order)
        self.run_cron()
        self.assertEqual(order.state, "sale")
        self.assertIn("The order was paid", order.retail_review_reason)

    def test_a_rule_of_odoo_forbids_it(self):
        order, other = self.held(), self.held(external_id="W-2", number="#2")
        cancel = type(order).action_cancel

        def refuse(orders):
            if order in orders:
                text = "Not on Sundays."
                raise UserError(text)
            return cancel(orders)

        self.patch(type(order), "action_cancel", refuse)
        self.let_expire(order)
        self.let_expire(other)
        self.run_cron()
        self.assertEqual((order.state, other.state), ("sale", "cancel"))
        self.assertIn("Not on Sundays.", order.retail_review_reason)
        self.assertEqual(len(self.alerts(order)), 1)


@tagged("-at_install", "post_install")
class TestReviews(HoldCase):
    risk = {"level": "review", "reason": "Card and address are from different countries."}

    def test_an_order_to_review(self):
        answer = self.place(risk=self.risk)
        order = self.sale_order(answer)
        self.assertEqual((answer["status"], answer["lines"][0]["reserved"]), ("review", "2"))
        self.assertEqual((order.retail_review, order.retail_review_reason), ("open", self.risk["reason"]))
        alert = self.alerts(order)
        self.assertEqual((len(alert), alert.summary), (1, "Review the order: release or cancel it"))
        self.assertIn("different countries", alert.note)
        with self.assertRaisesRegex(UserError, "different countries"):
            self.validate(order)
        found = self.env["sale.order"].search([("state", "=", "sale"), ("retail_review", "=", "open")])
        self.assertEqual(found, order)

    def test_the_leader_of_the_team_reviews_it(self):
        leader = new_test_user(self.env, "leader", "sales_team.group_sale_salesman_all_leads")
        self.client.team_id = self.env["crm.team"].create({"name": "Web", "user_id": leader.id})
        self.assertEqual(self.alerts(self.sale_order(self.place(risk=self.risk))).user_id, leader)

    def test_a_person_releases_it(self):
        order = self.sale_order(self.place(risk=self.risk))
        clerk = new_test_user(self.env, "reviewer", "sales_team.group_sale_salesman_all_leads")
        order.with_user(clerk).action_retail_release()
        self.assertEqual((order.retail_review, order.retail_released_by), ("released", clerk.name))
        self.assertFalse(self.alerts(order))
        with self.assertRaisesRegex(UserError, "does not need a review"):
            order.with_user(clerk).action_retail_release()
        self.validate(order)
        self.assertEqual(order.order_line.qty_delivered, 2)

    def test_the_channel_releases_it(self):
        order = self.sale_order(self.place(risk=self.risk))
        first, second = self.act("release"), self.act("release")
        self.assertEqual((first["outcome"], first["status"]), ("released", "placed"))
        self.assertEqual(second["outcome"], "unchanged")
        order.invalidate_recordset()
        self.assertEqual((order.retail_released_by, len(self.alerts(order))), ("Web Shop", 0))

    def test_held_and_to_review(self):
        order = self.held(risk=self.risk)
        self.assertEqual(self.act("confirm")["status"], "review")
        with self.assertRaisesRegex(UserError, "is to be reviewed"):
            self.validate(order)
        self.assertEqual(self.act("release")["status"], "placed")

    def test_a_cancelled_order_needs_no_review(self):
        order = self.sale_order(self.place(risk=self.risk))
        self.act("cancel")
        self.assertFalse(self.alerts(order))
        self.assertProblem(self.post("/orders/W-1001/release", {}), "conflict", 409)

    def test_the_reason_is_masked(self):
        self.place(risk=self.risk)
        clerk = new_test_user(self.env, "masked", "base.group_user,retail_hub.group_user")
        self.assertNotIn("different countries", self.messages().with_user(clerk).shown_content)

    def test_a_warehouse_cannot_ship_it(self):
        wms = self.new_client("Warehouse", self.system, ("fulfilment:write",))
        key = self.env["retail.api.key"]._issue(wms)
        order = self.held(risk=self.risk)
        content = {"shipment_id": "S-1", "lines": [{"sku": "MUG", "quantity": "2"}]}
        for action in ("confirm", "release"):
            response = self.post("/orders/W-1001/shipments", content, key=key)
            self.assertProblem(response, "conflict", 409)
            self.act(action)
        response = self.post("/orders/W-1001/shipments", content, key=key)
        self.assertEqual(response.status_code, 201, response.text)
        order.invalidate_recordset()
        self.assertEqual(order.order_line.qty_delivered, 2)

    def test_a_risk_has_a_reason(self):
        response = self.post("/orders", self.order(risk={"level": "review"}))
        self.assertProblem(response, "invalid-request", 422, ["/risk/reason"])


@tagged("-at_install", "post_install")
class TestCompensation(HoldCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.failed_payment = "cancel"

    def test_the_last_authorization_fails(self):
        program = self.with_points()
        order = self.sale_order(self.place())
        self.pay("authorize", "P-1", status=201)
        self.pay("authorize", "P-2", status=201)
        self.pay("fail", "P-1", status=200)
        order.invalidate_recordset()
        self.assertEqual((order.state, self.free(self.mug)), ("sale", 18))
        for outcome in ("updated", "unchanged"):
            answer = self.pay("fail", "P-2", status=200)
            self.assertEqual((answer["outcome"], answer["order_status"]), (outcome, "cancelled"))
            self.env.invalidate_all()
            self.assertEqual((order.state, order.retail_failure), ("cancel", "payment"))
            self.assertEqual((self.free(self.mug), self.points(program)), (20, [0]))
        problem = self.assertProblem(self.post("/orders/W-1001/confirm", {}), "conflict", 409)
        self.assertEqual(problem["detail"], "The payment failed, so the order was cancelled.")

    def test_the_client_may_keep_it(self):
        self.client.failed_payment = "keep"
        order = self.sale_order(self.place())
        self.pay("fail", status=201)
        order.invalidate_recordset()
        self.assertEqual((order.state, order.retail_failure), ("sale", False))

    def test_a_part_was_captured(self):
        order = self.sale_order(self.place())
        self.pay("capture", "P-1", "10.00", status=201)
        self.pay("fail", "P-2", "14.20", status=201)
        order.invalidate_recordset()
        self.assertEqual(order.state, "sale")

    def test_what_was_shipped_is_for_a_person(self):
        order = self.sale_order(self.place())
        self.pay("authorize", "P-1", status=201)
        self.validate(order)
        self.pay("fail", "P-1", status=200)
        self.pay("fail", "P-2", status=201)
        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        self.assertEqual(
            order.retail_review_reason,
            "Payment P-1 has failed. A part of the order was shipped, so it was not cancelled.",
        )
        self.assertEqual(len(self.alerts(order)), 1)

    def test_hold_and_payment_fail(self):
        """In both orders, with the same effect: once."""
        program = self.with_points()
        for number, first in enumerate(("hold", "payment"), 1):
            code = f"W-{number}"
            order = self.held(external_id=code, number=code)
            self.pay("authorize", f"P-{number}", order=code, status=201)
            self.assertEqual((self.free(self.mug), self.points(program)), (18, [10]))
            for step in ("hold", "payment") if first == "hold" else ("payment", "hold"):
                if step == "hold":
                    self.expire(order)
                else:
                    self.pay("fail", f"P-{number}", order=code, status=200)
                self.env.invalidate_all()
                self.assertEqual((order.state, order.retail_failure), ("cancel", first))
                self.assertEqual((self.free(self.mug), self.points(program)), (20, [0]))
            texts = [body for body in order.message_ids.mapped("body") if "was cancelled" in body]
            self.assertEqual(len(texts), 1)

    def expire(self, order):
        self.let_expire(order)
        self.run_cron()

    def test_other_systems_get_to_know(self):
        crm = self.env["retail.connector"].create(
            {"name": "CRM", "provider": "webhook", "base_url": "https://crm.example.com"}
        )
        for connector in (crm, self.system):
            self.only(connector, "order.cancelled")
        order = self.held()
        self.expire(order)
        self.run_cron()
        deliveries = self.env["retail.delivery"].search(
            [("res_model", "=", "sale.order"), ("res_id", "=", order.id)]
        )
        self.assertEqual(
            sorted(deliveries.mapped(lambda each: (each.connector_id.name, each.event_type))),
            [("CRM", "order.cancelled"), ("Web Shop", "order.cancelled")],
        )
