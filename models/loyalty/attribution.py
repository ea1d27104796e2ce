"""Which order a transaction of an engine belongs to. Not all engines say it."""

from datetime import timedelta
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL

from ...connectors.loyalty import order_of

CLOCK_MARGIN = timedelta(seconds=5)  # by which the clocks of the engine and of Odoo may differ
ORDERS_OF = timedelta(days=30)
ORDER_MODELS = {"pos": "pos.order", "sale": "sale.order"}


class PaidOrder(NamedTuple):
    """An order that arrived at the engine.

    :param key: ``(model, id)``
    :param total: what was paid
    :param seconds: between its arrival and the transaction
    :param is_late: whether it arrived only after the transaction, as far as is known
    """

    key: tuple[str, int]
    total: float
    seconds: float
    is_late: bool


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    def _orders_of(self, transactions, skew):
        """Return ``{id of each transaction: (model, id) of its order, None if it is not known}``.

        Orders that arrive together earn in no certain order: of those, the one with the most points is taken to be the
        one with the highest total.

        :param skew: how far the engine's clock is ahead of Odoo's, a timedelta
        """
        orders, by_group = {}, {}
        for each in sorted(transactions, key=lambda each: -each.points):
            order = by_group.get(each.group) or self._order_of(each, skew, set(orders.values()))
            if each.group:
                by_group[each.group] = order
            orders[each.id] = order
        return orders

    def _order_of(self, transaction, skew, taken):
        """Return the order of a transaction.

        :param skew: see :meth:`_orders_of`
        :param taken: the orders whose points were found already
        """
        if transaction.order:
            return self._named_order(transaction.order)
        if transaction.kind != "earn":
            return None
        found = [each for each in self._paid_orders(transaction, skew) if each.key not in taken]
        return self._best(found, float(transaction.points)) if found else None

    def _named_order(self, key):
        channel, order_id = order_of(key) or (None, None)
        model = ORDER_MODELS.get(channel)
        return (model, order_id) if model and self.env[model].browse(order_id).exists() else None

    def _best(self, found, points):
        """Return the order that earned points: one of those that arrived at the same time as the nearest one."""
        nearest = found[0]
        near = [
            each
            for each in found
            if each.is_late == nearest.is_late
            and each.seconds - nearest.seconds <= CLOCK_MARGIN.total_seconds()
        ]
        if len(near) == 1:
            return nearest.key
        rate = self._last_rate()
        if rate:
            return min(near, key=lambda each: abs(each.total * rate - points)).key
        return max(near, key=lambda each: each.total).key

    def _paid_orders(self, transaction, skew):
        """Return the customer's :class:`PaidOrder` without points, the likeliest first.

        An engine books the points of an order soon after it got it. The arrival may be recorded later, if an answer
        was lost.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT d.res_model, d.res_id, (e.payload->>'total')::float,
                       abs(extract(epoch FROM d.finished_at - %(at)s))::float, d.finished_at > %(at)s + %(margin)s
                  FROM retail_event e
            CROSS JOIN LATERAL (SELECT * FROM retail_delivery WHERE event_id = e.id OFFSET 0) d
                 WHERE e.payload->>'customer_id' = %(customer)s AND e.event_type = 'order.paid'
                   AND d.connector_id = %(connector)s AND d.state = 'delivered'
                   AND d.queued_at <= %(at)s + %(margin)s AND d.finished_at >= %(at)s - %(days)s
                   AND NOT EXISTS (SELECT FROM retail_loyalty_entry l
                                    WHERE l.card_id = %(card)s AND l.kind = 'earn'
                                      AND l.order_id = d.res_id AND l.order_model = d.res_model)
              ORDER BY 5, 4 LIMIT 20
                """,
                connector=self.program_id.retail_connector_id.id,
                customer=self.card_id._retail_known_customer(),
                at=transaction.occurred_at - skew,
                days=ORDERS_OF,
                margin=CLOCK_MARGIN,
                card=self.card_id.id,
            )
        )
        return [PaidOrder((model, res_id), *rest) for model, res_id, *rest in rows]

    def _last_rate(self):
        """Return the points for each unit of money of the last order that earned some; None if there is none."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.points::float / NULLIF((e.payload->>'total')::float, 0)
                  FROM retail_loyalty_entry l
                  JOIN retail_delivery d ON d.res_model = l.order_model AND d.res_id = l.order_id
                   AND d.connector_id = %s AND d.event_type = 'order.paid'
                  JOIN retail_event e ON e.id = d.event_id
                 WHERE l.card_id = %s AND l.kind = 'earn' ORDER BY l.id DESC LIMIT 1
                """,
                self.program_id.retail_connector_id.id,
                self.card_id.id,
            )
        )
        return rows[0][0] if rows else None
