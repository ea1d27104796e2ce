"""Requests that come before what they are about."""

from datetime import timedelta
from unittest.mock import Mock

from odoo import fields
from odoo.tests import tagged

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from ...core.problem import Problem
from .orders import OrderCase


@tagged("-at_install", "post_install")
class TestEarly(OrderCase):
    def cancel(self, **options):
        return self.post("/orders/W-1001/cancel", {"reason": "Too late"}, **options)

    def waiting(self):
        response = self.cancel(idempotency_key="early-1")
        self.assertEqual(response.status_code, 202, response.text)
        return self.messages()

    def test_it_waits_and_says_so(self):
        message = self.waiting()
        self.assertEqual((message.state, message.waits_for), ("waiting", "order/W-1001"))
        self.assertEqual(message.waits_until - message.received_at, timedelta(hours=1))
        read = self.call("GET", f"/messages/{message.uuid}").json()
        self.assertEqual(
            (read["state"], read["status"], read["problem"]),
            ("waiting", 202, "There is no order with this external_id."),
        )
        self.assertEqual(self.cancel(idempotency_key="early-1").json(), read)
        self.assertEqual(len(self.messages()), 1)

    def test_it_is_carried_out_when_that_comes(self):
        message = self.waiting()
        with trap_jobs() as jobs:
            order = self.sale_order(self.place())
            jobs.assert_jobs_count(1, only=self.env["retail.message"]._retry_waiting)
            self.assertEqual((order.state, self.free(self.mug)), ("sale", 18))
        self.env["retail.message"]._retry_waiting(self.system.id, "order/W-1001")  # the job
        message.invalidate_recordset()
        order.invalidate_recordset()
        self.assertEqual((message.state, message.res_id, order.state), ("done", order.id, "cancel"))
        self.assertEqual(self.free(self.mug), 20)
        again = self.cancel(idempotency_key="early-1")
        self.assertEqual((again.status_code, again.json()["outcome"]), (200, "cancelled"))

    def test_it_is_carried_out_later_if_the_order_is_busy(self):
        message = self.waiting()
        order = self.sale_order(self.place())
        busy = Problem("rate-limited", "Too many requests are about the same record.")
        gateway, messages = type(self.env["retail.gateway"]), self.env["retail.message"]
        retry = gateway._retry
        self.patch(gateway, "_retry", Mock(side_effect=busy))
        with self.assertRaises(RetryableJobError):
            messages._retry_waiting(self.system.id, "order/W-1001")
        self.patch(gateway, "_retry", retry)
        messages._retry_waiting(self.system.id, "order/W-1001")
        message.invalidate_recordset()
        order.invalidate_recordset()
        self.assertEqual((message.state, order.state), ("done", "cancel"))

    def test_other_orders_wake_nobody(self):
        message = self.waiting()
        with trap_jobs() as jobs:
            self.place(external_id="W-1002")
            jobs.assert_jobs_count(0, only=self.env["retail.message"]._retry_waiting)
        self.assertEqual(message.state, "waiting")

    def test_it_is_refused_in_the_end(self):
        message = self.waiting()
        self.env["retail.message"]._cron_end_of_wait()
        message.invalidate_recordset()
        self.assertEqual(message.state, "waiting")
        hours = fields.Datetime.now() - timedelta(hours=2)
        message.write({"received_at": hours, "waits_until": hours + timedelta(hours=1)})
        self.env.flush_all()
        self.env["retail.message"]._cron_end_of_wait()
        message.invalidate_recordset()
        self.assertEqual((message.state, message.http_status), ("refused", 404))
        self.assertProblem(self.cancel(idempotency_key="early-1"), "not-found", 404)

    def test_a_person_retries_it(self):
        message = self.waiting()
        params = message.action_retry()["params"]
        self.assertEqual(
            (params["type"], params["message"], message.state),
            ("warning", "Not completed: There is no order with this external_id.", "waiting"),
        )

    def test_a_client_without_patience(self):
        self.client.patience_minutes = 0
        self.assertProblem(self.cancel(), "not-found", 404)
        self.assertEqual(self.messages().state, "refused")

    def test_a_test_does_not_wait(self):
        self.client.is_test = True
        self.assertProblem(self.cancel(), "not-found", 404)
