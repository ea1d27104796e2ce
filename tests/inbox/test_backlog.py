"""What waits to be carried out is bounded for each client."""

from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from .orders import OrderCase
from .test_webhooks import WebhookCase

WAITING = "2 requests of the client wait to be carried out. Nothing was stored."


@tagged("-at_install", "post_install")
class TestBacklogOfWebhooks(WebhookCase):
    def test_more_is_refused_until_some_is_done(self):
        self.hooks.max_backlog = 2
        self.assertEqual([self.hook().status_code for _number in range(2)], [204, 204])
        refused = self.hook(message_id="m-3")
        self.assertEqual(self.assertProblem(refused, "rate-limited", 429)["detail"], WAITING)
        self.assertEqual(refused.headers["Retry-After"], "60")
        self.assertEqual(refused.headers["RateLimit"], '"waiting";r=0;t=60')
        self.assertEqual(refused.headers["RateLimit-Policy"], '"waiting";q=2')
        self.assertEqual(self.messages().mapped("state"), ["received", "received"])
        self.carry_out()
        self.assertEqual(self.hook(message_id="m-3").status_code, 204)
        self.assertEqual(self.messages().mapped("state"), ["done", "done", "received"])

    def test_what_is_done_does_not_count(self):
        self.hooks.max_backlog = 1
        for _number in range(3):
            self.assertEqual(self.hook().status_code, 204)
            self.carry_out()
        self.assertEqual(set(self.messages().mapped("state")), {"done"})

    def test_no_limit(self):
        self.hooks.max_backlog = 0
        self.assertEqual([self.hook().status_code for _number in range(3)], [204, 204, 204])

    def test_it_is_not_negative(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.hooks.max_backlog = -1
            self.env.flush_all()


@tagged("-at_install", "post_install")
class TestBacklogOfRequests(OrderCase):
    def cancel(self, number, **options):
        return self.post(f"/orders/W-{number}/cancel", {}, **options)

    def test_more_early_requests_are_refused(self):
        self.client.max_backlog = 2
        self.assertEqual([self.cancel(number).status_code for number in (1, 2)], [202, 202])
        refused = self.cancel(3, idempotency_key="k-3")
        self.assertEqual(self.assertProblem(refused, "rate-limited", 429)["detail"], WAITING)
        self.assertEqual(refused.headers["Retry-After"], "60")
        self.assertRegex(refused.headers["RateLimit"], r'^"default";r=[0-9]+;t=[0-9]+, "waiting";r=0;t=60$')
        self.assertEqual(refused.headers["RateLimit-Policy"], '"default";q=1200;w=60, "waiting";q=2')
        self.assertEqual(len(self.messages()), 2)
        self.place()  # what need not wait is carried out
        self.messages(subject="order/W-1").client_id.max_backlog = 3
        self.assertEqual(self.cancel(3, idempotency_key="k-3").status_code, 202)

    def test_what_waits_is_not_refused_by_its_own_number(self):
        self.client.max_backlog = 1
        self.cancel(1)
        message = self.messages()
        message.action_retry()
        self.assertEqual(
            (message.state, message.problem), ("waiting", "There is no order with this external_id.")
        )

    def test_orders_to_complete_count(self):
        self.client.write({"max_backlog": 1, "keeps_incomplete": True})
        unknown = self.order(self.line("CUP", "1"), total="12.10")
        self.assertEqual(self.post("/orders", unknown).status_code, 202)
        self.assertProblem(self.post("/orders", {**unknown, "external_id": "W-2"}), "rate-limited", 429)
        self.assertEqual(self.messages().mapped("state"), ["incomplete"])

    def test_other_clients_have_their_own(self):
        self.client.max_backlog = 1
        self.cancel(1)
        other = self.new_client("Till", self.system, self.scopes)
        key = self.env["retail.api.key"]._issue(other)
        self.assertEqual(self.cancel(2, key=key).status_code, 202)
