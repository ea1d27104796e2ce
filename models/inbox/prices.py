"""What products cost: by a price list, with their quantity breaks and taxes."""

from typing import Any, NamedTuple

from odoo import api, models
from odoo.fields import Domain

from ..source.product_pricelist import REMOVED, RULE

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


def _of_rule(rule):
    """Return the domain of the products whose prices a price rule may change, in its own list or one based on it."""
    if rule.retail_is_moved:  # it may have been for any product before
        return Domain.TRUE
    if rule.product_id:
        return Domain("id", "=", rule.product_id.id)
    if rule.product_tmpl_id:
        return Domain("product_tmpl_id", "=", rule.product_tmpl_id.id)
    return Domain("categ_id", "child_of", rule.categ_id.id) if rule.categ_id else Domain.TRUE


def _of_removed(payload):
    """Return the domain of the products whose prices a rule may have changed.

    :param payload: of a :class:`~...schemas.catalog.PriceRemovedV1`
    """
    template_id = payload.get("template_id")
    return Domain("product_tmpl_id", "=", int(template_id)) if template_id else Domain.TRUE


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
    def _products(self, skus, barcodes, after, limit, among=Domain.TRUE):
        """Return (products that are sold, whether there are more), in the order of their ids.

        :param skus: of the products; all products if neither these nor barcodes are given
        :param after: id of the last product of the page before
        :param among: a :class:`~odoo.fields.Domain` of products
        """
        domain = among & Domain("id", ">", after) & Domain("sale_ok", "=", True)
        domain &= Domain("company_id", "in", (False, self.env.company.id))
        if skus or barcodes:
            domain &= Domain("default_code", "in", skus) | Domain("barcode", "in", barcodes)
        found = self.env["product.product"].search(domain, order="id", limit=limit + 1)
        return found[:limit], len(found) > limit

    @api.model
    def _changed_domain(self, changes):
        """Return the :class:`~odoo.fields.Domain` of the products whose prices may have changed.

        :param changes: a set of :class:`~..outbox.feed.Change`; None for everything
        """
        if changes is None:
            return Domain.TRUE
        # As the superuser: rules of lists that the client may not read can be what the client's list is based on.
        rules, events = self.env[RULE].sudo(), self.env["retail.event"].sudo()
        removed = events.browse([each.event_id for each in changes if each.event_type == REMOVED])
        rules = rules.browse([each.res_id for each in changes if each.res_model == RULE]).exists()
        templates = {each.res_id for each in changes if each.res_model == "product.template"}
        of_removed = [_of_removed(event.payload or {}) for event in removed if event.res_model == RULE]
        return Domain.OR([Domain("product_tmpl_id", "in", templates), *map(_of_rule, rules), *of_removed])

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
        # As the superuser: what taxes are made of differs between countries' modules, and so do the rights on it.
        taxes = product.sudo().taxes_id._filter_taxes_by_company(self.env.company)
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
