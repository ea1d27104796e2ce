"""Shares: how many points each line of an order earned, and by how many points rewards reduced its price.

Odoo keeps neither. Shares are counted when the points of an order are booked, and say what a return reverses:

* **Earned** points go to the lines in proportion to what the program's rules count for them, see
  ``loyalty.program._retail_weights``.
* **Spent** points, the cost of a reward, go to the lines that it discounts, in proportion to their prices, see
  ``loyalty.reward._retail_discounted_lines``. A free product's own line carries its cost.

Parts add up exactly to the whole, by the largest remainder. What is to be reversed follows from what was returned so
far, in whichever documents, and what is booked is the difference to what was booked before. So a return that is sent
again books nothing, several parts end at exactly what there was, and points that are confirmed only after the return
are reversed at once.

* A line gives back its **earned** points in proportion to the quantity that was returned (or to the amount, if a credit
  note refunds a part of the price).
* A reward gives back its **spent** points in proportion to how much of its discount was taken back: whoever gets a
  product's full price in money got no discount, and no points. Which part of the discount belongs to returned lines
  follows from their shares: :meth:`RetailLoyaltyShare._discounts_to_take_back`.
"""

from collections import defaultdict
from typing import NamedTuple

from odoo import api, fields, models

from ...core.shares import part, spread
from ...tools.own_context import with_own
from ..source.loyalty_history import REVERSED
from .entry import DIGITS
from .lot import Sources
from .share_rule import PAYMENTS

LINES = {"pos.order": "lines", "sale.order": "order_line"}


class Change(NamedTuple):
    """What is to be reversed of a share: ``earned`` to be taken from the card, ``spent`` to be given back to it.

    Negative if a return was undone.
    """

    earned: float
    spent: float


class RetailLoyaltyShare(models.Model):
    _name = "retail.loyalty.share"
    _description = "Loyalty Share of an Order Line"
    _inherit = ["retail.checked", "retail.loyalty.card.names"]
    _order = "id"

    order_model = fields.Char(required=True, readonly=True)
    order_id = fields.Many2oneReference(model_field="order_model", required=True, readonly=True)
    line_id = fields.Integer(required=True, readonly=True)
    reward_line_id = fields.Integer(
        readonly=True,
        default=0,
        help="The line of the reward that the points were spent on. 0: earned points.",
    )
    card_id = fields.Many2one("loyalty.card", required=True, readonly=True, ondelete="cascade", index=True)
    program_id = fields.Many2one("loyalty.program", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", readonly=True, ondelete="cascade", help="Empty: the program is for all companies."
    )
    quantity = fields.Float(digits=DIGITS, required=True, readonly=True)
    earned = fields.Float(digits=DIGITS, readonly=True)
    spent = fields.Float(digits=DIGITS, readonly=True)
    earned_back = fields.Float("Earned, Reversed", digits=DIGITS, readonly=True)
    spent_back = fields.Float("Spent, Given Back", digits=DIGITS, readonly=True)
    covered = fields.Float(
        "Deducted from Refunds",
        digits=DIGITS,
        readonly=True,
        help="Of the reversed points, those that were spent already and deducted from the refund.",
    )

    _line_unique = models.UniqueIndex("(order_model, line_id, card_id, reward_line_id)")
    _order_idx = models.Index("(order_id, order_model)")

    @api.model
    def _of(self, orders):
        """Return the shares of orders (of one model)."""
        return self.search([("order_model", "=", orders._name), ("order_id", "in", orders.ids)])

    # -- counting ----------------------------------------------------------------------------------

    @api.model
    def _count(self, order):
        """Keep the shares of an order whose points were booked, unless they are kept already."""
        known = self._of(order)
        lines = order._retail_point_lines()
        sold = [each for each in lines if not each.reward]
        earned_with = known.filtered(lambda share: not share.reward_line_id).card_id
        rows = []
        for card, points in order._retail_earned().items():
            if sold and points > 0 and card not in earned_with and card.program_id._retail_counts_shares():
                rows += self._rows_of_earned(order, card, points, lines)
        spent_with = set(known.mapped("reward_line_id"))
        for each in lines:
            program = each.card.program_id
            is_counted = each.cost > 0 and program and program._retail_counts_shares(of_rewards=True)
            if is_counted and each.line.id not in spent_with:
                rows += self._rows_of_spent(order, each, sold)
        return self.create(rows)

    def _rows_of_earned(self, order, card, points, lines):
        program = card.program_id
        sold = _net(lines, program)
        parts = spread(points, program._retail_weights(sold), program._retail_unit())
        return [
            self._row(order, each, card, earned=share)
            for each, share in zip(sold, parts, strict=True)
            if share
        ]

    def _rows_of_spent(self, order, reward_line, sold):
        lines = reward_line.reward._retail_discounted_lines(reward_line, sold)
        weights = [each.price for each in lines] if lines != [reward_line] else [1]
        parts = spread(reward_line.cost, weights, reward_line.card.program_id._retail_unit())
        return [
            self._row(order, each, reward_line.card, spent=points, reward_line_id=reward_line.line.id)
            for each, points in zip(lines, parts, strict=True)
            if points
        ]

    def _row(self, order, each, card, **values):
        return {
            "order_model": order._name,
            "order_id": order.id,
            "line_id": each.line.id,
            "card_id": card.id,
            "program_id": card.program_id.id,
            "company_id": card.company_id.id,
            "quantity": each.quantity,
            **values,
        }

    # -- reversing ---------------------------------------------------------------------------------

    @api.model
    def _book_returns(self, orders, document, covered=None):
        """Book what the returns of orders (of one model) reverse and what is not booked yet.

        :param document: the record with which it is booked: the refund of a till, or the credit note
        :param covered: ``{card: points}`` that were spent already, and deducted from the document's amount
        """
        covered = defaultdict(float, covered or {})
        points = defaultdict(lambda: [0.0, 0.0])  # given to and taken from each card
        undone = defaultdict(float)
        for share, change in self._of(orders)._changes().items():
            card = share.card_id
            if change.earned > 0:
                by_money = min(covered[card], change.earned)
                covered[card] -= by_money
            else:
                by_money = -min(share.covered, -change.earned)
            undone[card] += max(by_money - change.earned, 0)
            for change_of_card in (change.spent, by_money - change.earned):
                points[card][change_of_card < 0] += abs(change_of_card)
            share.write(
                {
                    "earned_back": share.earned_back + change.earned,
                    "spent_back": share.spent_back + change.spent,
                    "covered": share.covered + by_money,
                }
            )
        records = tuple((order._name, order.id) for order in orders)
        for card, (given, taken) in points.items():
            sources = Sources(records, undone[card])
            self._book(card, round(given, 6), round(taken, 6), document, sources)

    def _book(self, card, given, taken, document, sources):
        if not given and not taken:
            return
        # The document is not the order of the line: Odoo would not book what a till's exchange still earns.
        history = with_own(
            self.env["loyalty.history"],
            retail_change=REVERSED,
            retail_document=(document._name, document.id),
            retail_lot_sources=sources,
        )
        description = self.env._("Return %(document)s", document=document.name)
        history.create({"card_id": card.id, "description": description, "issued": given, "used": taken})
        card.with_context(loyalty_no_mail=True).points += given - taken

    def _changes(self, pending=None):
        """Return what is to be reversed: ``{share: }`` :class:`Change`, without those of which nothing is.

        :param pending: ``{line: [Returned]}``, what is about to be returned
        """
        pending, changes = pending or {}, {}
        for share in self.filtered(lambda share: not share.reward_line_id):
            line = share._line()
            if not line or not share.program_id._retail_counts_shares():
                continue
            returned = line._retail_returned(pending.get(line, ())).quantity / share.quantity
            due = part(share.earned, returned, share.program_id._retail_unit())
            changes[share] = Change(round(due - share.earned_back, 6), 0.0)
        for reward_line_id, shares in self.filtered("reward_line_id").grouped("reward_line_id").items():
            reward_line = shares[0]._line(reward_line_id)
            if reward_line and shares.program_id._retail_counts_shares(of_rewards=True):
                changes |= shares._changes_of_reward(reward_line, pending)
        return {share: change for share, change in changes.items() if any(change)}

    def _changes_of_reward(self, reward_line, pending):
        """Return the same of the shares of one reward. Those of lines that were returned go first."""
        due = part(
            sum(self.mapped("spent")), _taken_back(reward_line, pending), self.program_id._retail_unit()
        )
        left = round(due - sum(self.mapped("spent_back")), 6)
        if left < 0:
            limits = [{share: share.spent_back for share in self}]
        else:
            of_returned = {share: max(share._spent_due(pending) - share.spent_back, 0) for share in self}
            limits = [of_returned, {share: share.spent - share.spent_back for share in self}]
        points, sign, left = dict.fromkeys(self, 0.0), -1 if left < 0 else 1, abs(left)
        for limit in limits:
            for share in self:
                more = max(min(left, limit[share] - points[share]), 0)
                points[share] = round(points[share] + more, 6)
                left = round(left - more, 6)
        return {share: Change(0.0, sign * points[share]) for share in self}

    def _spent_due(self, pending):
        """Return the part of the spent points that belongs to what was returned of the line."""
        return part(self.spent, self._fraction(pending), self.program_id._retail_unit())

    def _fraction(self, pending):
        """Return which fraction of the line was returned."""
        line = self._line()
        return line._retail_returned(pending.get(line, ())).quantity / self.quantity if line else 1.0

    def _discounts_to_take_back(self, pending):
        """Return which discounts belong to what is about to be returned, and are not taken back.

        :return: ``{line of a reward: amount}``, with taxes, negative as the line's
        """
        result = {}
        for reward_line_id, shares in self.filtered("reward_line_id").grouped("reward_line_id").items():
            if not shares.program_id._retail_counts_shares():
                continue
            due = sum(share.spent * share._fraction(pending) for share in shares) / sum(
                shares.mapped("spent")
            )
            for line in _rewards(shares[0]._line(reward_line_id)):
                back = line._retail_returned(pending.get(line, ())).amount
                left = line.currency_id.round(line._retail_sold().amount * due - back)
                if left < 0:
                    result[line] = left
        return result

    @api.model
    def _missing(self, changes):
        """Return the points that are to be taken from cards and are not there: ``{card: points}``.

        This is the order in which points are taken: those that are pending of the same orders, then those that the same
        return gives back, then the balance without what is held.

        :param changes: ``{share: Change}``
        """
        taken, given = defaultdict(float), defaultdict(float)
        for share, change in changes.items():
            taken[share.card_id] += change.earned
            given[share.card_id] += change.spent
        missing = {}
        for card, points in taken.items():
            shares = self.browse().union(*(share for share in changes if share.card_id == card))
            there = max(card.points + given[card] - card._retail_held()[card], 0) + shares._still_pending(
                card
            )
            if round(points - there, 6) > 0:
                missing[card] = round(points - there, 6)
        return missing

    def _line(self, line_id=None):
        """Return a line of the order, empty if it was deleted."""
        model = self.env[self.order_model]._fields[LINES[self.order_model]].comodel_name
        return self.env[model].browse(line_id or self.line_id).exists()


def _rewards(reward_line):
    """Return all lines of the reward: a discount has one for each tax."""
    code = reward_line.reward_identifier_code
    lines = reward_line.order_id[LINES[reward_line.order_id._name]]
    return lines.filtered(lambda line: line.reward_identifier_code == code) if code else reward_line


def _taken_back(reward_line, pending):
    """Return which fraction of a reward was taken back: of its amount, or of its quantity if it is free."""
    lines = _rewards(reward_line)
    returned = [line._retail_returned(pending.get(line, ())) for line in lines]
    amount = sum(line._retail_sold().amount for line in lines)
    if amount:
        return sum(each.amount for each in returned) / amount
    return sum(each.quantity for each in returned) / sum(line._retail_sold().quantity for line in lines)


def _net(lines, program):
    """Return the lines without rewards, with the prices that a program counts.

    Rewards of other programs reduce them; eWallets and gift cards pay.
    """
    sold = [each for each in lines if not each.reward]
    prices = {each.line: each.price for each in sold}
    for each in lines:
        owner = each.reward.program_id
        if not each.reward or each.price >= 0 or owner == program or owner.program_type in PAYMENTS:
            continue
        discounted = [other.line for other in each.reward._retail_discounted_lines(each, sold)]
        weights = [max(prices.get(line, 0), 0) for line in discounted]
        if any(weights):
            for line, discount in zip(discounted, spread(-each.price, weights), strict=True):
                prices[line] -= discount
    return [each._replace(price=max(prices[each.line], 0)) for each in sold]
