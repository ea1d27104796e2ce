"""Which lines of an order earned its points, and of which lines points reduced the price."""

from typing import Any, NamedTuple

from odoo import fields, models

SPENT_POINTS = [
    ("negative", "Negative balance"),
    ("deduct", "Deduct from the refund"),
    ("refuse", "Refuse the return"),
]
PAYMENTS = ("ewallet", "gift_card")


class PointLine(NamedTuple):
    """A line of an order, as programs count it: till and sales orders alike. Parts of a combo are in the combo's line.

    :param line: a ``pos.order.line`` or a ``sale.order.line``
    :param quantity: in the product's unit of measure
    :param price: with taxes and discounts
    :param reward: of a line that a program added
    :param card: of a line that a program added, the one that pays for it
    :param cost: the points that it costs; of several lines of one reward, the first has them all
    :param group: the same for all lines of one reward
    """

    line: Any
    product: Any
    quantity: float
    price: float
    reward: Any
    card: Any
    cost: float
    group: str


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    retail_spent_points = fields.Selection(
        SPENT_POINTS,
        "If Points Are Spent",
        required=True,
        default="negative",
        help="When goods are returned whose points were spent already. Negative balance: the next points fill it up."
        " Deduct from the refund: the customer gets less money, by the value that a reward gives to a point. Refuse: a"
        " return at the till, or a credit note, is refused before money is given back. If a till is offline, or another"
        " system gave the money back, the balance gets negative.",
    )

    def _retail_counts_shares(self, of_rewards=False):
        """Hook: return whether the hub itself reverses the points of returned goods, by its own shares.

        It does for programs whose points Odoo owns, and for engines that cannot reverse a part of an order.

        :param of_rewards: what was spent on rewards of Odoo. No engine knows for which goods that was
        """
        return self._retail_keeps_points() and not self._retail_engine()

    def _retail_point_value(self):
        """Return the amount of the program's currency that a reward gives for a point; 0 if none does."""
        if self.program_type in PAYMENTS:
            return 1.0
        for reward in self.reward_ids.sorted(lambda reward: reward.discount_mode != "per_point"):
            cost = reward.required_points or 1
            if reward.reward_type == "product":
                return reward.reward_product_ids[:1].lst_price * reward.reward_product_qty / cost
            if reward.discount_mode == "per_point":
                return reward.discount
            if reward.discount_mode == "per_order":
                return reward.discount / cost
        return 0.0

    def _retail_unit(self):
        """Return how many of the smallest parts a point has. A coupon is whole: it can be used, or not."""
        return 100 if self.is_nominative or self.program_type in PAYMENTS else 1

    def _retail_weights(self, lines):
        """Return how much the program's rules count for each line: a float for each, not all of them 0.

        A rule counts a line whose product it covers: by its quantity, or by its price, less what rewards of other
        programs took off (a program's own reward does not lower what it earns, and an eWallet or a gift card pays).
        Points for the order as a whole are counted by price. A rule that needs more than these lines have counts
        nothing; one with a code is taken to be in use. If no rule counts (it was changed since, or the points were
        given otherwise), lines count by price, and if all are free, by quantity.

        :param lines: a list of :class:`PointLine` without rewards
        """
        products = self.env["product.product"].union(*(each.product for each in lines))
        covered = self._get_valid_products(products)
        weights = [0.0] * len(lines)
        for rule in self.rule_ids:
            counted = [
                index for index, each in enumerate(lines) if each.product in covered.get(rule, products[:0])
            ]
            for index, weight in zip(counted, rule._retail_weights([lines[i] for i in counted]), strict=True):
                weights[index] += weight
        for fallback in ("price", "quantity"):
            if not any(weights):
                weights = [max(getattr(each, fallback), 0) for each in lines]
        return weights


class LoyaltyRule(models.Model):
    _inherit = "loyalty.rule"

    def _retail_weights(self, lines):
        """Return the same of the lines that the rule covers."""
        prices = [max(each.price, 0) for each in lines]
        quantity = sum(each.quantity for each in lines)
        if quantity < self.minimum_qty or sum(prices) < self.minimum_amount:
            return [0.0] * len(lines)
        if self.reward_point_mode == "unit":
            return [self.reward_point_amount * each.quantity for each in lines]
        if self.reward_point_mode == "money":
            return [self.reward_point_amount * price for price in prices]
        return [self.reward_point_amount * price / (sum(prices) or 1) for price in prices]


class LoyaltyReward(models.Model):
    _inherit = "loyalty.reward"

    def _retail_discounted_lines(self, reward_line, lines):
        """Return the lines whose price the reward reduced (a list of :class:`PointLine`); the reward's own if none.

        A till takes the price of a free product off; on a sales order the free product is the reward's own line.

        :param lines: those of the order without rewards
        """
        priced = [each for each in lines if each.price > 0]
        if reward_line.price >= 0:
            return [reward_line]
        if self.reward_type == "product":
            found = [each for each in priced if each.product in self.reward_product_ids]
        elif self.discount_applicability == "order":
            found = priced
        else:
            domain = self._get_discount_product_domain()
            found = [each for each in priced if each.product.filtered_domain(domain)]
        if self.discount_applicability == "cheapest" and self.reward_type == "discount":
            found = sorted(found, key=lambda each: each.price / each.quantity)[:1]
        return found or [reward_line]
