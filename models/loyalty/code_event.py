"""Codes that orders used, or gave back: events for the engine that has them."""

import json

from odoo import api, models
from odoo.tools import SQL

from ...connectors.loyalty import order_key
from ...schemas.code import CodeChangeV1
from ...tools.own_context import own_value
from ..outbox.state_sets import IN_PROGRESS, IN_UNFINISHED
from ..source.canonical_values import amount, decimal
from ..source.loyalty_history import REDEEMED, REVERSED
from ..source.origin import origin_of
from .code_program import GIFT_CARD

CODE_REDEEMED, CODE_REVERSED = "code.redeemed", "code.reversed"
CODE_EVENTS = {REDEEMED: CODE_REDEEMED, REVERSED: CODE_REVERSED}


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_note_change(self, event_type, points, **details):
        result = super()._retail_note_change(event_type, points, **details)
        order = self._retail_order_of_code(details)
        engine = self._retail_code_engine()
        if engine and order and event_type in CODE_EVENTS and origin_of(self.env.cr) != engine.id:
            # A return that is undone takes what it gave back.
            event = CODE_REVERSED if event_type == REVERSED and points > 0 else CODE_REDEEMED
            about = {
                "code": self.code,
                "card_id": self.id,
                "connector_id": engine.id,
                "kind": GIFT_CARD if self.program_type == GIFT_CARD else "discount",
                "points": decimal(abs(points)),
                "amount": _code_amount(order, self, points),
            }
            order._retail_capture_fact(event, details=about)
        return result

    def _retail_order_of_code(self, details):
        """Return the order (superuser) that used the code: of a return, the one whose goods came back; None if none."""
        order = self._retail_order(details)
        sources = own_value(self.env, "retail_lot_sources")
        if not order or not sources:
            return order
        # As the superuser: whoever takes goods back may have no rights on the order.
        sold = [self.env[model].sudo().browse(id_) for model, id_ in sources.records]
        return next((each for each in sold if each._retail_code_lines(self.id)), order)

    def _retail_unsent_sql(self, connector):
        """Return the query of the points that the engine does not count as used: redeemed less given back.

        It has not got all events yet; and it may count a code only when the order is paid.
        """
        is_uncounted = SQL("d.state %s", IN_UNFINISHED)
        if connector._get_provider().loyalty.counts_codes_when_paid:
            is_uncounted = SQL(
                """
                (%s OR d.event_type = %s AND d.state = 'delivered' AND NOT EXISTS (
                           SELECT FROM retail_delivery o
                            WHERE o.connector_id = d.connector_id AND o.state = 'delivered'
                              AND o.res_model = d.res_model AND o.res_id = d.res_id
                              AND o.event_type IN ('order.paid', 'order.cancelled')))
                """,
                is_uncounted,
                CODE_REDEEMED,
            )
        return SQL(
            """
            SELECT COALESCE(sum((e.details->>'points')::float
                                * CASE e.event_type WHEN %s THEN 1 ELSE -1 END), 0) %s AND %s
            """,
            CODE_REDEEMED,
            self._retail_deliveries_of_code(connector),
            is_uncounted,
        )

    def _retail_code_is_moving(self, connector, since):
        """Return whether the engine may be getting to know, or got to know since then, what became of the code."""
        [(is_moving,)] = self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT %s AND (d.state %s OR d.finished_at >= %s))",
                self._retail_deliveries_of_code(connector),
                IN_PROGRESS,
                since,
            )
        )
        return is_moving

    def _retail_deliveries_of_code(self, connector):
        """Return the FROM and WHERE of the deliveries ``d``, with their events ``e``, of what became of the code."""
        return SQL(
            """
              FROM (SELECT DISTINCT order_model, order_id FROM retail_loyalty_entry
                     WHERE card_id = %(card)s AND order_id IS NOT NULL) u
              JOIN retail_delivery d ON d.res_id = u.order_id AND d.res_model = u.order_model
              JOIN retail_event e ON e.id = d.event_id
             WHERE d.connector_id = %(connector)s AND d.event_type IN (%(redeemed)s, %(reversed)s)
               AND (e.details->>'card_id')::int = %(card)s
            """,
            redeemed=CODE_REDEEMED,
            reversed=CODE_REVERSED,
            connector=connector.id,
            card=self.id,
        )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _retail_code_lines(self, card_id):
        return self.order_line.filtered(lambda line: line.coupon_id.id == card_id)

    def _retail_code_total(self, card):
        return sum(self._retail_code_lines(card.id).mapped("price_total"))

    def _retail_code_hold(self):
        """Return the name under which an engine holds codes for the order."""
        return order_key(self._retail_channel(), str(self.id))

    def _retail_canonical(self, event_type, details):
        if event_type in CODE_EVENTS.values():
            return _code_change(self, event_type, details)
        return super()._retail_canonical(event_type, details)


class PosOrder(models.Model):
    _inherit = "pos.order"

    def _retail_code_lines(self, card_id):
        return self.lines.filtered(lambda line: line.coupon_id.id == card_id)

    def _retail_code_total(self, card):
        return sum(self._retail_code_lines(card.id).mapped("price_subtotal_incl"))

    def _retail_code_hold(self):
        return f"till-{self.uuid}"

    def _retail_canonical(self, event_type, details):
        if event_type in CODE_EVENTS.values():
            return _code_change(self, event_type, details)
        return super()._retail_canonical(event_type, details)


class RetailEvent(models.Model):
    _inherit = "retail.event"

    @api.model
    def _company_for(self, model, row, route):
        """An engine gets what became of its own codes, and nothing of those of others."""
        company_id = super()._company_for(model, row, route)
        if company_id and row.event_type in CODE_EVENTS.values():
            is_engine = route.connector_id in self.env["retail.connector"]._engines()
            if is_engine and json.loads(row.details or "{}").get("connector_id") != route.connector_id:
                return None
        return company_id


def _code_amount(order, card, points):
    """Return what a code took off the price of an order: a decimal text.

    :param points: that the order took, or gave back
    """
    taken = abs(points) if card.program_type == GIFT_CARD else -order._retail_code_total(card)
    return amount(max(taken, 0.0), order.currency_id)


def _code_change(order, event_type, details):
    """Return the canonical form of a code that an order used or gave back.

    :param details: as they were captured
    """
    found = order._retail_canonical("order.placed", {})
    taken = {str(line.id) for line in order._retail_code_lines(details["card_id"])}
    is_redeemed = event_type == CODE_REDEEMED
    return CodeChangeV1(
        id=found.id,
        number=found.number,
        channel=found.channel,
        customer_id=found.customer_id,
        currency=found.currency,
        code=details["code"],
        hold=order._retail_code_hold(),
        kind=details["kind"],
        amount=details["amount"],
        lines=tuple(line for line in found.lines if line.id not in taken) if is_redeemed else (),
    )
