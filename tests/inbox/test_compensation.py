"""What a failed step of an order undoes, once each: its stock, its coupon and its promotion, and what the CRM knows."""

from odoo import Command
from odoo.tests import tagged

from ..connector.test_hubspot_orders import CANCELLED, OPEN, HubSpotCase
from .test_holds import HoldCase


class CompensationCase(HoldCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.failed_payment = "cancel"

    def fail_payment(self, order, status):
        """Have the payment fail that was authorized."""
        answer = self.pay("fail", "P-1", status=status)
        self.env.invalidate_all()
        return answer["order_status"]

    def expire(self, order, _status):
        """Have the hold expire, and the job run that looks for such orders."""
        if order.state == "sale":
            self.let_expire(order)
        self.run_cron()
        return self.call("GET", "/orders/W-1001").json()["status"]

    def failures(self):
        """Yield a name, and the function that makes an order fail: it does the same however often it is called."""
        yield "payment", self.fail_payment
        yield "hold", self.expire

    def steps(self, name):
        steps = self.call("GET", "/orders/W-1001/process").json()["steps"]
        return [(each["state"], each["system"], each["reference"]) for each in steps if each["step"] == name]


@tagged("-at_install", "post_install")
class TestCompensationOnce(CompensationCase):
    def program(self, program_type, **values):
        """Return a program whose reward is 1.00 off."""
        reward = {
            "reward_type": "discount",
            "discount_mode": "per_order",
            "discount": 1,
            "required_points": 1,
        }
        return self.env["loyalty.program"].create(
            {
                "name": program_type,
                "program_type": program_type,
                "trigger": "with_code",
                "applies_on": "current",
                "reward_ids": [Command.create(reward)],
                **values,
            }
        )

    def coupon(self):
        program = self.program("coupons")
        card = self.env["loyalty.card"].create({"program_id": program.id, "points": 1, "code": "ONCE-1"})
        return card, "ONCE-1", "This coupon has already been used."

    def promotion(self):
        """Return a promotion of which one order may make use."""
        rule = {
            "mode": "with_code",
            "code": "PROMO-1",
            "reward_point_mode": "order",
            "reward_point_amount": 1,
        }
        self.program("promo_code", limit_usage=True, max_usage=1, rule_ids=[Command.create(rule)])
        return self.env["loyalty.card"], "PROMO-1", "This code is expired (PROMO-1)."

    def redeem(self, order, code):
        """Enter a code, as a clerk does; return why it is refused, "" if it was not."""
        self.env.invalidate_all()  # how often a program was used is counted anew
        found = order._try_apply_code(code)
        if "error" in found:
            return found["error"]
        [(card, rewards)] = found.items()
        order._apply_program_reward(rewards, card)
        return ""

    def another_order(self):
        line = Command.create({"product_id": self.mug.id, "product_uom_qty": 1})
        return self.env["sale.order"].create(
            {"partner_id": self.env.user.partner_id.id, "order_line": [line]}
        )

    def check_given_back(self, give):
        for name, fail in self.failures():
            with self.subTest(failure=name), self.cr.savepoint() as savepoint:
                self.check_one(give, fail)
                savepoint.rollback()
                self.env.invalidate_all()

    def check_one(self, give, fail):
        card, code, refusal = give()
        order = self.held()
        self.pay("authorize", "P-1", status=201)
        self.assertEqual(self.redeem(order, code), "")
        self.assertEqual((self.free(self.mug), card.points), (18, 0))
        self.assertEqual(self.redeem(self.another_order(), code), refusal)
        for status in (200, 200):
            self.assertEqual(fail(order, status), "cancelled")
            self.assertEqual((order.state, self.free(self.mug)), ("cancel", 20))
            self.assertEqual(card.points, 1 if card else 0)
            self.assertFalse(order.order_line.filtered("reward_id"))
        self.assertEqual(len(self.steps("order.cancelled")), 1)
        again = self.another_order()
        self.assertEqual(self.redeem(again, code), "")
        again.action_confirm()
        self.assertEqual((self.redeem(self.another_order(), code), card.points), (refusal, 0))

    def test_a_coupon_is_given_back(self):
        self.check_given_back(self.coupon)

    def test_the_use_of_a_promotion_is_given_back(self):
        self.check_given_back(self.promotion)

    def test_a_payment_that_fails_is_a_step(self):
        """At the first attempt, and after it was authorized; each is one step, however often it is reported."""
        for before in (None, "authorize"):
            with self.subTest(before=before), self.cr.savepoint() as savepoint:
                self.place()
                if before:
                    self.pay(before, "P-1", status=201)
                for status in (200 if before else 201, 200):
                    self.pay("fail", "P-1", status=status)
                self.assertEqual(self.steps("payment.failed"), [("failed", "Web Shop", "P-1")])
                self.assertEqual(self.steps("order.cancelled"), [("done", "Odoo", "")])
                self.assertEqual(self.steps("payment.authorized") + self.steps("payment.released"), [])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_was_not_used_of_an_authorization_has_not_failed(self):
        """The rest that is released after a capture, and what is void because the order was cancelled."""
        self.place()
        self.pay("authorize", "A-1", status=201)
        self.pay("capture", "P-1", "10.00", authorization="A-1", status=201)
        self.pay("fail", "A-1", "14.20", status=200)
        self.assertEqual(self.steps("payment.failed"), [])
        self.assertEqual(self.steps("payment.released"), [("done", "Web Shop", "A-1")])

    def test_an_authorization_of_a_cancelled_order_has_not_failed(self):
        self.place()
        self.pay("authorize", "A-1", status=201)
        self.act("cancel")
        self.pay("fail", "A-1", status=200)
        self.assertEqual(self.steps("payment.failed"), [])
        self.assertEqual(self.steps("payment.released"), [("done", "Web Shop", "A-1")])


@tagged("-at_install", "post_install")
class TestCancellationsAtTheCrm(CompensationCase, HubSpotCase):
    """The CRM is the sandbox's HubSpot, over HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax.active = False  # or 21 % would be two taxes

    def check_sent(self, fail):
        order = self.held()
        self.pay("authorize", "P-1", status=201)
        self._drain()
        self.assertEqual(self._only("orders")["properties"]["hs_pipeline_stage"], OPEN)
        fail(order, 200)
        self._drain()
        self.assertEqual(self._only("orders")["properties"]["hs_pipeline_stage"], CANCELLED)
        sent = self._deliveries(order, connector_id=self.connector.id)
        self.assertEqual(sent.mapped("event_type").count("order.cancelled"), 1)
        self.assertEqual(set(sent.mapped("state")), {"delivered"})
        calls = len(self.sandbox.requests())
        fail(order, 200)
        self._drain()
        self.assertEqual(len(self.sandbox.requests()), calls)
        cancelled = [each for each in self.steps("event") if each[2] == "order.cancelled"]
        self.assertEqual(cancelled, [("done", "HubSpot", "order.cancelled")])

    def test_a_hold_that_expires(self):
        self.check_sent(self.expire)

    def test_a_payment_that_fails(self):
        self.check_sent(self.fail_payment)
