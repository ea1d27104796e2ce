"""Orders as programs count them: their lines, and what of a line was returned."""

import math
from collections import defaultdict
from typing import NamedTuple

from odoo import models
from odoo.tools import float_compare

from ..source.pos_order import PAID
from .share_rule import PointLine


class Returned(NamedTuple):
    """What was returned of a line: in the product's unit of measure, and with taxes."""

    quantity: float
    amount: float


def add_up(returns, sold, currency):
    """Return the sum of several :class:`Returned`, at most the quantity that was sold.

    A refund of a part of the price (a credit note of 10 for a lamp of 100) returns that part of the goods.

    :param sold: the line itself, as a :class:`Returned`
    """
    total = 0.0
    for each in returns:
        full = sold.amount / sold.quantity * each.quantity if sold.quantity else 0
        is_part = full and abs(each.amount - full) > currency.rounding * max(1, abs(each.quantity))
        total += each.quantity * (min(max(each.amount / full, 0), 1) if is_part else 1)
    money = sum(each.amount for each in returns)
    return Returned(min(max(total, 0), sold.quantity), money)


class PosOrder(models.Model):
    _inherit = "pos.order"

    def _retail_point_lines(self):
        """Return the lines that were sold (a list of :class:`PointLine`), without those of a settled sales order."""
        sold = self._retail_sold_lines().filtered(lambda line: line.qty > 0 and not line.combo_parent_id)
        return [
            PointLine(
                line,
                line.product_id,
                line.qty,
                line._retail_sold().amount,
                line.reward_id,
                line.coupon_id,
                line.points_cost if line.reward_id else 0.0,
                line.reward_identifier_code or str(line.id),
            )
            for line in sold
        ]

    def _retail_earned(self):
        """Return the points that the order earned, when they were just confirmed: ``{card: points}``.

        Of what it earned and spent with one card, Odoo keeps the difference only; of a gift card, nothing that adds up.
        """
        spent = defaultdict(float)
        for each in self._retail_point_lines():
            if each.card:
                spent[each.card] += each.cost
        history = self._retail_history()
        earned = {}
        for card in history.card_id | self.env["loyalty.card"].union(*spent):
            lines = history.filtered(lambda line, card=card: line.card_id == card)
            points = sum(line.issued - line.used for line in lines)
            if card.program_type == "gift_card":
                points = card.points if card.source_pos_order_id == self else -spent[card]
            earned[card] = round(points + spent[card], 6)
        return earned

    def _retail_history(self):
        own = [("order_model", "=", self._name), ("order_id", "=", self.id)]
        return self.env["loyalty.history"].search(own)

    def _retail_point_cards(self):
        """Return the cards with which the order earned and spent points."""
        return self._retail_history().card_id | self.lines.coupon_id


class PosOrderLine(models.Model):
    _inherit = "pos.order.line"

    def _retail_returned(self, pending=()):
        """Return the :class:`Returned` of the line.

        :param pending: what is about to be returned
        """
        returns = self.refund_orderline_ids.filtered(lambda line: line.order_id.state in PAID)
        own = [each._retail_as_return() for each in returns]
        return add_up([*own, *pending], self._retail_sold(), self.currency_id)

    def _retail_sold(self):
        return Returned(self.qty, sum(line._retail_amount() for line in self | self.combo_line_ids))

    def _retail_amount(self):
        """Return the amount with taxes. The sign of the column depends on who made a refund."""
        return math.copysign(self.price_subtotal_incl, self.qty * self.price_unit)

    def _retail_as_return(self):
        sold = self._retail_sold()
        return Returned(-sold.quantity, -sold.amount)

    def _retail_sale_line(self):
        """Return the line of the sales order that the line settles or returns (module ``pos_sale``)."""
        if "sale_order_line_id" not in self._fields:
            return self.env["sale.order.line"]
        return (self | self.refunded_orderline_id).sale_order_line_id


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _retail_point_lines(self):
        """Return the lines that were sold (a list of :class:`PointLine`)."""
        lines = self.order_line - self._get_no_effect_on_threshold_lines()
        sold = lines.filtered(
            lambda line: (
                line.product_id
                and line.product_uom_qty > 0
                and not (line.display_type or line.combo_item_id or line.is_downpayment)
            )
        )
        return [
            PointLine(
                line,
                line.product_id,
                line._retail_quantity(line.product_uom_id, line.product_uom_qty),
                sum(line._get_lines_with_price().mapped("price_total")),
                line.reward_id,
                line.coupon_id,
                line.points_cost if line.reward_id else 0.0,
                line.reward_identifier_code or str(line.id),
            )
            for line in sold
        ]

    def _retail_earned(self):
        """Return the points that the order earns: ``{card: points}``."""
        return {each.coupon_id: each.points for each in self.coupon_point_ids}

    def _retail_point_cards(self):
        """Return the cards with which the order earns and spends points."""
        return self.coupon_point_ids.coupon_id | self.order_line.coupon_id

    def _retail_return_documents(self):
        """Return the documents that return what the order sold: credit notes, and refunds of tills."""
        credit_notes = self.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        return [credit_notes, self.order_line._retail_returns_at_till().order_id]


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _retail_quantity(self, unit, quantity):
        """Return a quantity in the product's unit of measure."""
        own = self.product_id.uom_id
        return unit._compute_quantity(quantity, own, round=False) if unit and unit != own else quantity

    def _retail_returned(self, pending=()):
        """Return the :class:`Returned` of the line: by credit notes, and at tills.

        What is invoiced again after a credit note was not returned.

        :param pending: what is about to be returned
        """
        posted = self.invoice_lines.filtered(lambda line: line.parent_state == "posted")
        of_order = posted.filtered(lambda line: not line.move_id.pos_order_ids)
        credited = of_order.filtered(lambda line: line.move_id.move_type == "out_refund")
        invoiced = of_order.filtered(lambda line: line.move_id.move_type == "out_invoice")
        billed = sum(line._retail_as_return().quantity for line in invoiced)
        documents = (*credited, *self._retail_returns_at_till())
        returns = [*(line._retail_as_return() for line in documents), *pending]
        sold = self._retail_sold()
        if sold.quantity and float_compare(billed, sold.quantity, precision_digits=6) > 0:
            again = 1 - billed / sold.quantity
            returns.append(Returned(again * sold.quantity, again * sold.amount))
        return add_up(returns, sold, self.currency_id)

    def _retail_sold(self):
        amount = sum(self._get_lines_with_price().mapped("price_total"))
        return Returned(self._retail_quantity(self.product_uom_id, self.product_uom_qty), amount)

    def _retail_returns_at_till(self):
        """Return the lines of tills (module ``pos_sale``) that take back what these lines sold."""
        if "pos_order_line_ids" not in self._fields:
            return self.env["pos.order.line"]
        lines = self.pos_order_line_ids
        back = lines.refund_orderline_ids | lines.filtered(lambda line: line._retail_is_returned_sale())
        return back.filtered(lambda line: line.order_id.state in PAID)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _retail_as_return(self):
        line = self.sale_line_ids[:1]
        return Returned(line._retail_quantity(self.product_uom_id, self.quantity), self.price_total)
