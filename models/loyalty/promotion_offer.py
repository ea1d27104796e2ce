"""Promotions of Odoo, and those of another system, in the same terms."""

from collections import Counter
from datetime import date
from typing import NamedTuple

from odoo import api, models
from odoo.tools import float_compare, float_round

from ...core import zones

COMPARED = ("promotion", "promo_code", "buy_x_get_y", "coupons", "next_order_coupons")
OWN_CODES = ("coupons", "next_order_coupons")
DISCOUNTS = {"percent": "percent", "per_order": "amount"}


class Offer(NamedTuple):
    """A promotion. What is stored of it is :meth:`stored`.

    :param codes: which customers enter
    :param has_own_codes: whether each customer has a code of their own
    :param first: day; None: it has begun
    :param last: day; None: it goes on
    :param is_active: whether it is switched on, whatever the days are
    :param discount: ``(kind, value)``; None: one that is not compared
    """

    name: str
    codes: tuple[str, ...]
    has_own_codes: bool
    first: date | None
    last: date | None
    is_active: bool
    discount: tuple[str, float] | None

    def is_over(self, today):
        return bool(self.last and self.last < today)

    def is_valid(self, today):
        """Return whether customers get it, now or later."""
        return self.is_active and not self.is_over(today)

    def stored(self):
        return {
            **self._asdict(),
            "codes": list(self.codes),
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
            "discount": self.discount and list(self.discount),
        }


def offer_of(campaign, zone):
    """Return the :class:`Offer` of a :class:`~...connectors.promotions.Campaign`."""
    first, last = zones.days_of(campaign.starts_at, campaign.ends_at, zone)
    discount = campaign.discount and (campaign.discount.kind, float(campaign.discount.value))
    codes = (campaign.code,) if campaign.code else ()
    return Offer(campaign.name, codes, campaign.has_own_codes, first, last, campaign.is_active, discount)


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    @api.model
    def _retail_promotions(self, company):
        """Return the promotions of a company as the superuser, archived ones too; none of points and gift cards.

        Those that an engine's codes make are not promotions of Odoo.
        """
        domain = [
            ("program_type", "in", COMPARED),
            ("company_id", "in", [company.id, False]),
            ("retail_code_connector_id", "=", False),
        ]
        # As the superuser: which promotions there are does not depend on who compares them.
        return (
            self.sudo()
            .with_context(active_test=False)
            .search(domain, order="id")
            .with_context(active_test=True)
        )

    def _retail_offer(self):
        """Return the :class:`Offer`, with the name in no user's language."""
        self.ensure_one()
        self = self.with_context(lang=None)
        rules = self.rule_ids.filtered(lambda rule: rule.mode == "with_code" and rule.code)
        return Offer(
            self.name,
            tuple(rules.mapped("code")),
            self.program_type in OWN_CODES,
            self.date_from or None,
            self.date_to or None,
            self.active,
            self._retail_discount(),
        )

    def _retail_compared_reward(self):
        """Return the only reward, if it is a discount on the whole order; else none."""
        rewards = self.reward_ids
        is_simple = (
            len(rewards) == 1
            and rewards.reward_type == "discount"
            and rewards.discount_applicability == "order"
            and rewards.discount_mode in DISCOUNTS
        )
        return rewards if is_simple else rewards.browse()

    def _retail_discount(self):
        reward = self._retail_compared_reward()
        return (DISCOUNTS[reward.discount_mode], reward.discount) if reward else None

    def _retail_take_discount(self, kind, value):
        modes = {kind: mode for mode, kind in DISCOUNTS.items()}
        self._retail_compared_reward().write({"discount_mode": modes[kind], "discount": value})


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.model
    def _retail_by_sku(self, company, skus):
        """Return ``{SKU: product}`` of a company. An SKU of several products is none."""
        domain = [("default_code", "in", list(skus)), ("company_id", "in", [company.id, False])]
        # As the superuser: see LoyaltyProgram._retail_promotions.
        products = self.sudo().with_company(company).search(domain, order="id")
        counts = Counter(products.mapped("default_code"))
        return {each.default_code: each for each in products if counts[each.default_code] == 1}

    def _retail_paid_price(self, company):
        """Return the sales price of today as customers pay it: with taxes."""
        return self._retail_taxed(company, self.lst_price)["total_included"]

    def _retail_taxed(self, company, price, **context):
        taxes = self.taxes_id._filter_taxes_by_company(company).with_context(**context)
        return taxes.compute_all(price, currency=company.currency_id, product=self)

    def _retail_is_paid_price(self, company, price):
        """Return whether customers pay this, or as close to it as a price without taxes can be."""
        is_equal = not company.currency_id.compare_amounts(self._retail_paid_price(company), price)
        return is_equal or not float_compare(
            self.lst_price,
            self._retail_price_for(company, price),
            precision_digits=self._retail_price_digits(),
        )

    def _retail_price_for(self, company, price):
        """Return the sales price for which customers pay this."""
        taxes = self.taxes_id._filter_taxes_by_company(company)
        key = "total_included" if any(taxes.mapped("price_include")) else "total_excluded"
        untaxed = self._retail_taxed(company, price, force_price_include=True)[key]
        return float_round(untaxed, precision_digits=self._retail_price_digits())

    def _retail_price_digits(self):
        return self.env["decimal.precision"].precision_get("Product Price")

    def _retail_take_price(self, company, price):
        """Set the sales price, so that customers pay this."""
        self.lst_price = self._retail_price_for(company, price)
