"""Alerts about money: payments whose order does not come, and orders that nobody pays."""

from datetime import timedelta

from odoo import api, fields, models

UNPAID = "orders_without_payment"
ORPHANED = "payments_without_order"
DAYS = 30  # older ones are not looked at
NAMED = 10  # in a text
PAYMENTS = ("payment.authorize", "payment.capture")
# An order that is held is not shipped, and cancelled in the end, if its customer does not pay.
NOT_PAID = [
    ("retail_connector_id", "!=", False),
    ("state", "=", "sale"),
    ("retail_hold", "!=", "held"),
    ("amount_total", ">", 0),
    ("transaction_ids", "not any", [("state", "in", ("authorized", "done"))]),
    (
        "order_line",
        "not any",
        [("invoice_lines.move_id.payment_state", "in", ("paid", "in_payment", "partial", "reversed"))],
    ),
]


class SaleOrder(models.Model):
    _inherit = "sale.order"

    retail_is_unpaid = fields.Boolean(
        "Not Paid",
        compute="_compute_retail_is_unpaid",
        search="_search_retail_is_unpaid",
        help="It was captured, and nothing of it was paid or authorized.",
    )

    def _compute_retail_is_unpaid(self):
        # As the superuser: payments and invoices are not for salespeople to read, but whether an order is paid.
        unpaid = self.sudo().search([("id", "in", self.ids), *NOT_PAID])
        for order in self:
            order.retail_is_unpaid = order.id in unpaid.ids

    @api.model
    def _search_retail_is_unpaid(self, operator, value):
        if operator != "in":
            return NotImplemented
        # As the superuser: payments and invoices are not for salespeople to read, but whether an order is paid.
        return [("id", "in", self.sudo()._search(NOT_PAID))]


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
        domain = [
            ("retail_connector_id", "=", self.id),
            ("create_date", ">", before - timedelta(days=DAYS)),
            ("create_date", "<=", before),
        ]
        return self.env["sale.order"].search([*domain, *NOT_PAID], order="id")

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
            "No payment of these orders was reported, so they may be shipped unpaid: %s. In Sales, the filter Not Paid"
            " lists all of them.",
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
            "Customers have paid, but the orders have not come. Have the system send them, or give the money back."
            " Payment and order: %s",
            _listed(names, messages),
        )
        self._raise_alert(ORPHANED, summary, note, responsible)


def _listed(names, records):
    return ", ".join(names) + (", …" if len(records) > len(names) else "")
