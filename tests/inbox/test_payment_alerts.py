"""Payments that come before their order, and alerts about those that stay alone."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from .payments import PaymentsCase


@tagged("-at_install", "post_install")
class TestPaymentAlerts(PaymentsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "alerted", groups="retail_hub.group_manager")
        cls.system.responsible_id = cls.clerk
        cls.client.payment_alert_minutes = 30

    def alerts(self):
        """Return what is asked of the responsible user: [(title, text)]."""
        self.env.flush_all()
        self.env["retail.connector"]._cron_payment_alerts()
        self.system.invalidate_recordset()
        activities = self.system.activity_ids
        self.assertEqual(activities.user_id, self.clerk if activities else activities.user_id.browse())
        return [(activity.summary, activity.note.striptags()) for activity in activities]

    def test_an_order_without_payment(self):
        order = self.sale_order(self.place())
        self.assertEqual(self.alerts(), [])
        self.age(order)
        [(title, text)] = self.alerts()
        self.assertEqual(title, "Web Shop: orders without payment (1)")
        self.assertIn(f"{order.name} (#1001)", text)
        self.assertEqual(len(self.alerts()), 1)
        self.pay("authorize", status=201)
        self.assertEqual(self.alerts(), [])
        self.pay("fail", status=200)
        self.assertEqual(len(self.alerts()), 1)
        self.client.payment_alert_minutes = 0
        self.assertEqual(self.alerts(), [])

    def age(self, order):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET create_date = %s WHERE id = %s",
            (fields.Datetime.now() - timedelta(minutes=31), order.id),
        )
        order.invalidate_recordset()

    def test_an_order_that_needs_no_payment(self):
        self.age(self.sale_order(self.place(self.line(price="0", rate=""), total="0")))
        cancelled = self.sale_order(self.place(external_id="W-2", number="#2"))
        cancelled._action_cancel()
        self.age(cancelled)
        self.assertEqual(self.alerts(), [])

    def test_an_order_that_is_held(self):
        """It is not shipped: its hold ends by itself, or it is confirmed, and has to be paid from then on."""
        order = self.sale_order(self.place(hold_minutes=60))
        self.age(order)
        self.assertEqual(self.alerts(), [])
        self.assertEqual(self.post("/orders/W-1001/confirm", {}).status_code, 200)
        self.assertEqual(len(self.alerts()), 1)

    def test_the_filter_of_orders_without_payment(self):
        """It is for salespeople, who may not read payments and invoices."""
        unpaid = self.sale_order(self.place())
        paid = self.sale_order(self.place(external_id="W-2", number="#2"))
        self.pay("capture", order="W-2", status=201)
        by_invoice = self.sale_order(self.place(external_id="W-3", number="#3"))
        self.mug.invoice_policy = "order"
        invoice = by_invoice._create_invoices()
        invoice.action_post()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        self.env.flush_all()
        seller = new_test_user(self.env, "asks_money", "sales_team.group_sale_salesman_all_leads")
        orders = (unpaid | paid | by_invoice).with_user(seller)
        self.assertEqual(orders.mapped("retail_is_unpaid"), [True, False, False])
        domain = [("id", "in", orders.ids)]
        for value, found in ((True, unpaid), (False, paid | by_invoice)):
            self.assertEqual(orders.search([*domain, ("retail_is_unpaid", "=", value)], order="id"), found)

    def test_a_payment_without_an_order(self):
        self.assertEqual(self.pay("capture", status=202)["state"], "waiting")
        self.assertEqual(self.alerts(), [])
        [message] = self.messages()
        message.received_at -= timedelta(minutes=31)
        [(title, text)] = self.alerts()
        self.assertEqual(title, "Web Shop: payments without an order (1)")
        self.assertIn("P-1 (W-1001)", text)
        with trap_jobs() as jobs:
            order = self.sale_order(self.place())
            jobs.assert_jobs_count(1, only=self.env["retail.message"]._retry_waiting)
        self.env.flush_all()
        self.env["retail.message"]._retry_waiting(self.system.id, "order/W-1001")
        self.assertEqual((self.payments(order).state, self.payments(order).amount), ("done", 24.2))
        self.assertEqual(self.alerts(), [])

    def test_each_waits_for_what_it_needs(self):
        """A refund for its payment, a capture for its authorization, both for the order."""
        self.pay("refund", "R-1", "4.20", payment="C-1", status=202)
        self.pay("capture", "C-1", authorization="A-1", status=202)
        self.pay("authorize", "A-1", status=202)
        self.assertEqual(self.messages().mapped("waits_for"), ["order/W-1001"] * 3)
        order = self.sale_order(self.place())
        self.env["retail.message"]._retry_waiting(self.system.id, "order/W-1001")
        self.assertEqual(self.messages(state="waiting").mapped("waits_for"), ["payment/C-1", "payment/A-1"])
        self.env["retail.message"]._retry_waiting(self.system.id, "payment/A-1")
        self.env["retail.message"]._retry_waiting(self.system.id, "payment/C-1")
        self.assertFalse(self.messages(state="waiting"))
        order.invalidate_recordset()
        self.assertEqual(
            (order.retail_paid, order.retail_authorized, order.retail_refunded), (24.2, 0.0, 4.2)
        )
