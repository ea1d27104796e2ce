"""What products cost: by a price list, with their quantity breaks and taxes."""

from typing import Any, NamedTuple

from odoo import api, models

UNIT = 1.0


class Price(NamedTuple):
    """What a piece of a product costs from a quantity on.

    :param starts_at: since when (UTC, naive); None for always
    :param ends_at: when it may change (UTC, naive); None for never
    """

    quantity: float
    price: float
    untaxed: float
    total: float
    starts_at: Any
    ends_at: Any


class RetailPrices(models.AbstractModel):
    _name = "retail.prices"
    _description = "Retail Hub: Prices"

    @api.model
    def _pricelist(self, client):
        """Return the price list of an API client, or else the company's first; an empty one if it has none."""
        chosen = self.env["product.pricelist"].browse(client.pricelist_id.id)
        domain = [("company_id", "in", (False, self.env.company.id))]
        return chosen or chosen.search(domain, limit=1)

    @api.model
    def _currency(self, pricelist):
        return pricelist.currency_id or self.env.company.currency_id

    @api.model
    def _products(self, skus, barcodes, after, limit):
        """Return (products that are sold, whether there are more), in the order of their ids.

        :param skus: of the products; all products if neither these nor barcodes are given
        :param after: id of the last product of the page before
        """
        domain = [
            ("id", ">", after),
            ("sale_ok", "=", True),
            ("company_id", "in", (False, self.env.company.id)),
        ]
        if skus or barcodes:
            domain += ["|", ("default_code", "in", skus), ("barcode", "in", barcodes)]
        found = self.env["product.product"].search(domain, order="id", limit=limit + 1)
        return found[:limit], len(found) > limit

    @api.model
    def _of(self, pricelist, products, moment):
        """Return ``{product: list of Price}``, the smallest quantity first.

        :param moment: whose prices count (UTC, naive)
        """
        currency, upcoming = self._currency(pricelist), self._upcoming(pricelist, moment)
        prices = {product: [] for product in products}
        for quantity in self._steps(pricelist, moment):
            found = pricelist._compute_price_rule(products, quantity, currency=currency, date=moment)
            for product in products:
                price, rule_id = found[product.id]
                rule = upcoming.browse(rule_id or ())
                new = self._price(product, quantity, price, currency, rule, upcoming)
                known = prices[product]
                if not known or known[-1][1:] != new[1:]:
                    known.append(new)
        return prices

    def _price(self, product, quantity, price, currency, rule, upcoming):
        taxes = product.taxes_id._filter_taxes_by_company(self.env.company)
        taxed = taxes.compute_all(price, currency=currency, quantity=1.0, product=product)
        changes = [each.date_start for each in upcoming if each._is_applicable_for(product, quantity)]
        ends = [*filter(None, [rule.date_end]), *changes]
        return Price(
            quantity,
            price,
            taxed["total_excluded"],
            taxed["total_included"],
            rule.date_start or None,
            min(ends, default=None),
        )

    def _steps(self, pricelist, moment):
        """Return the quantities from which prices may differ, in order. Price lists can build on others."""
        lists = new = pricelist
        while new:
            based = lists.item_ids.filtered(lambda rule: rule.base == "pricelist").base_pricelist_id
            new = based - lists
            lists |= new
        rules = lists.item_ids.filtered(
            lambda rule: (
                rule.min_quantity > 0
                and (not rule.date_start or rule.date_start <= moment)
                and (not rule.date_end or rule.date_end >= moment)
            )
        )
        quantities = set(rules.mapped("min_quantity"))
        return sorted(quantities | {min(UNIT, *quantities)}) if quantities else [UNIT]

    def _upcoming(self, pricelist, moment):
        """Return the rules of a price list that begin after the moment."""
        rules = self.env["product.pricelist.item"]
        if not pricelist:
            return rules
        return rules.search([("pricelist_id", "=", pricelist.id), ("date_start", ">", moment)])
