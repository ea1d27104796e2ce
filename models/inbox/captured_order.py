"""Orders that remote systems have placed: what Odoo keeps of them, and what their systems get to know."""

import math

from odoo import api, fields, models
from odoo.tools import format_amount

from ...schemas.commands.order import OrderLineResultV1, OrderResultV1
from ..source.canonical_values import amount, decimal, timestamp
from .availability import ROUNDING
from .foreign import check_own

STATUSES = {"draft": "quotation", "sent": "quotation", "sale": "placed", "cancel": "cancelled"}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    retail_connector_id = fields.Many2one(
        "retail.connector",
        "Captured From",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The remote system in which the customer placed the order.",
    )
    retail_placed_at = fields.Datetime("Placed", readonly=True, copy=False)
    retail_channel_total = fields.Monetary(
        "Channel Total",
        readonly=True,
        copy=False,
        help="The total that the system charged the customer.",
    )
    retail_difference = fields.Char(
        "Difference", compute="_compute_retail_difference", help="Why Odoo's total is not that of the system."
    )

    @api.depends("retail_connector_id", "retail_channel_total", "amount_total", "currency_id", "state")
    def _compute_retail_difference(self):
        """A captured order has the channel's total, so that another one was changed in Odoo."""
        for order in self:
            difference = order.amount_total - order._retail_credited() - order.retail_channel_total
            is_other = order.currency_id and not order.currency_id.is_zero(difference)
            is_shown = order.retail_connector_id and order.state != "cancel" and is_other
            order.retail_difference = order._retail_difference(difference) if is_shown else False

    def _retail_difference(self, difference):
        """Return the sentence about a total that is this much more than the channel's; less if negative."""
        values = {
            "total": format_amount(self.env, self.amount_total, self.currency_id),
            "difference": format_amount(self.env, abs(difference), self.currency_id),
        }
        if difference > 0:
            return self.env._(
                "Odoo's total is %(total)s, %(difference)s more: the order was changed in Odoo after it was captured.",
                **values,
            )
        return self.env._(
            "Odoo's total is %(total)s, %(difference)s less: the order was changed in Odoo after it was captured.",
            **values,
        )

    def _prepare_confirmation_values(self):
        """Keep when customers placed their orders: the exchange rate is of that day."""
        values = super()._prepare_confirmation_values()
        if len(self) == 1 and self.retail_placed_at:
            values["date_order"] = self.retail_placed_at
        return values

    def _prepare_invoice(self):
        """Keep the fiscal position: it is that of the taxes which the channel charged."""
        values = super()._prepare_invoice()
        if self.retail_connector_id:
            values["fiscal_position_id"] = self.fiscal_position_id.id
        return values

    def _send_order_notification_mail(self, mail_template, **options):
        """Leave it to the system that took the order to write to the customer."""
        if self.retail_connector_id:
            return None
        return super()._send_order_notification_mail(mail_template, **options)


class RetailCapturedOrder(models.AbstractModel):
    _name = "retail.captured.order"
    _description = "Retail Hub: Captured Orders"

    @api.model
    def _known(self, connector, external_id):
        """Return the order that the caller knows by this external id; empty if there is none, or it was deleted.

        :raise Problem: it belongs to another company
        """
        # As the superuser: links to remote records are the hub's own; the order is read as the client's user.
        ids = connector.env["retail.binding"]._records_of(connector, "sale.order", external_id)
        return check_own(self.env["sale.order"].browse(ids).exists()[:1], "order", "/external_id")

    @api.model
    def _stock_keys(self, connector, external_id):
        """Return a text for each product of which an order has stock, to be locked; none if it is not known.

        :raise Problem: it belongs to another company
        """
        # As the superuser: salespeople may read no stock moves.
        order = self._known(connector, external_id).sudo()
        return tuple(f"stock/{each}" for each in sorted(order.order_line.move_ids.product_id.ids))

    @api.model
    def _waiting(self, connector, external_id):
        """Return the messages with the order that is kept until somebody has completed it, the first one first."""
        # As the superuser: messages are the hub's own.
        return connector.env["retail.message"].search(
            [
                ("connector_id", "=", connector.id),
                ("command", "=", "order.place"),
                ("subject", "=", f"order/{external_id}"),
                ("state", "=", "incomplete"),
            ],
            order="id",
        )

    @api.model
    def _not_yet(self, message, external_id, outcome, status):
        """Return the :class:`~...schemas.commands.order.OrderResultV1` of an order that is not in Odoo yet."""
        return OrderResultV1(
            id="",
            number="",
            external_id=external_id,
            outcome=outcome,
            status=status,
            customer_id="",
            currency=message.content["currency"],
            untaxed="0",
            tax="0",
            total="0",
        )

    @api.model
    def _status(self, order):
        """Return the status of an order, as the API calls it."""
        return order._retail_not_shipped() or STATUSES[order.state]

    @api.model
    def _result(self, order, external_id, outcome, warnings=()):
        """Return the :class:`~...schemas.commands.order.OrderResultV1` of an order."""
        currency = order.currency_id
        rounding = self.env.ref("retail_hub.product_rounding")
        own = rounding | self.env.ref("retail_hub.product_refund")
        lines = order.order_line.filtered(lambda line: not line.display_type)
        added = sum(line.price_total for line in lines if line.product_id == rounding)
        return OrderResultV1(
            id=str(order.id),
            number=order.name,
            external_id=external_id,
            outcome=outcome,
            status=self._status(order),
            held_until=timestamp(order.retail_held_until) if order._retail_not_shipped() == "held" else None,
            customer_id=str(order.partner_id.id),
            currency=currency.name,
            untaxed=amount(order.amount_untaxed, currency),
            tax=amount(order.amount_tax, currency),
            total=amount(order.amount_total, currency),
            rounding=amount(added, currency),
            **order._retail_payments(),
            lines=tuple(self._line(line) for line in lines if line.product_id not in own),
            warnings=tuple(warnings),
        )

    def _line(self, line):
        # As the superuser: salespeople may read no stock moves.
        moves = line.sudo().move_ids.filtered(lambda move: "cancel" not in (move.state, line.state))
        reserved = self._reserved(line, moves) if moves else 0.0
        expected = [move.forecast_expected_date for move in moves if move.state not in ("assigned", "done")]
        return OrderLineResultV1(
            id=line.retail_line_code or str(line.id),
            quantity=decimal(line.product_uom_qty),
            reserved=decimal(reserved),
            backordered=decimal(line.product_uom_qty - reserved if moves else 0.0),
            expected_at=timestamp(max(expected)) if expected and all(expected) else None,
        )

    def _reserved(self, line, moves):
        """Return how much of a line is reserved or shipped, in its unit: of a kit, as many as all its parts allow."""
        first = moves.filtered(lambda move: not move.move_orig_ids)
        shares = []
        for product in first.product_id:
            same = first.filtered(lambda move, product=product: move.product_id == product)
            shares.append(sum(same.mapped("quantity")) / (sum(same.mapped("product_uom_qty")) or 1.0))
        share = min(shares, default=0.0)
        is_kit = first.product_id != line.product_id
        quantity = line.product_uom_qty * min(share, 1.0)
        return math.floor(quantity + ROUNDING) if is_kit else quantity
