"""Alerts about money: payments whose order does not come, and orders that nobody pays."""

from datetime import timedelta

from odoo import api, fields, models

UNPAID = "orders_without_payment"
ORPHANED = "payments_without_order"
DAYS = 30  # older ones are not looked at
NAMED = 10  # in a text
PAYMENTS = ("payment.authorize", "payment.capture")


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    @api.model
    def _cron_payment_alerts(self):
        """Raise the alerts of the systems whose clients want them, and close those whose cause has ended."""
        # As the superuser: whose alert it is does not depend on who looks.
        clients = (
            self.env["retail.api.client"]
            .sudo()
            .with_context(active_test=False)
            .search([("connector_id", "!=", False)])
        )
        for connector, own in clients.with_context(active_test=True).grouped("connector_id").items():
            live = own.filtered(lambda client: client.active and client.connector_id.active)
            minutes = [each for each in live.mapped("payment_alert_minutes") if each]
            before = minutes and fields.Datetime.now() - timedelta(minutes=min(minutes))
            responsible = connector._get_responsible()
            connector = connector.with_context(lang=responsible.lang)
            connector._alert_unpaid(connector._unpaid_orders(before) if before else (), responsible)
            connector._alert_orphaned(connector._orphaned_payments(before) if before else (), responsible)

    def _unpaid_orders(self, before):
        """Return the orders from before a time of which nothing was paid or authorized."""
        orders = self.env["sale.order"].search(
            [
                ("retail_connector_id", "=", self.id),
                ("state", "=", "sale"),
                ("create_date", ">", before - timedelta(days=DAYS)),
                ("create_date", "<=", before),
                ("amount_total", ">", 0),
                ("transaction_ids", "not any", [("state", "in", ("authorized", "done"))]),
            ],
            order="id",
        )
        paid = ("paid", "in_payment", "partial", "reversed")
        return orders.filtered(lambda order: not {*order.invoice_ids.mapped("payment_state")} & {*paid})

    def _orphaned_payments(self, before):
        """Return the messages about payments that have waited for their order since before a time."""
        return self.env["retail.message"].search(
            [
                ("connector_id", "=", self.id),
                ("state", "=", "waiting"),
                ("command", "in", PAYMENTS),
                ("received_at", "<=", before),
            ],
            order="id",
        )

    def _alert_unpaid(self, orders, responsible):
        if not orders:
            self._clear_alert(UNPAID)
            return
        summary = self.env._(
            "%(system)s: orders without payment (%(count)s)", system=self.name, count=len(orders)
        )
        names = [f"{order.name} ({order.client_order_ref or ''})" for order in orders[:NAMED]]
        note = self.env._(
            "No payment of these orders was reported, so they may be shipped unpaid: %s",
            _listed(names, orders),
        )
        self._raise_alert(UNPAID, summary, note, responsible)

    def _alert_orphaned(self, messages, responsible):
        if not messages:
            self._clear_alert(ORPHANED)
            return
        summary = self.env._(
            "%(system)s: payments without an order (%(count)s)", system=self.name, count=len(messages)
        )
        names = [
            f"{message.subject.partition('/')[2]} ({message.waits_for.partition('/')[2]})"
            for message in messages[:NAMED]
        ]
        note = self.env._(
            "Customers have paid, but the orders have not come. Payment and order: %s",
            _listed(names, messages),
        )
        self._raise_alert(ORPHANED, summary, note, responsible)


def _listed(names, records):
    return ", ".join(names) + (", …" if len(records) > len(names) else "")
