"""Orders that customers paid in another currency than the one in which the shop keeps its books."""

from odoo import api, fields, models

from ...core.order_money import decimals
from ...core.problem import Problem


class SaleOrder(models.Model):
    _inherit = "sale.order"

    retail_shop_currency_id = fields.Many2one("res.currency", "Shop Currency", readonly=True, copy=False)
    retail_shop_rate = fields.Float(
        "Shop Exchange Rate",
        digits=0,
        readonly=True,
        copy=False,
        help="How much of the order's currency the system counted for one unit of the shop's.",
    )
    retail_shop_total = fields.Monetary(
        "Shop Total",
        compute="_compute_retail_shop_total",
        currency_field="retail_shop_currency_id",
        help="The total in the currency in which the system keeps its books, at its own exchange rate.",
    )

    @api.depends("retail_channel_total", "retail_shop_rate", "retail_shop_currency_id")
    def _compute_retail_shop_total(self):
        for order in self:
            rate = order.retail_shop_rate
            order.retail_shop_total = order.retail_channel_total / rate if rate else 0.0

    @api.depends("retail_shop_rate", "retail_shop_currency_id")
    def _compute_currency_rate(self):
        """Use the shop's rate if its books are in the company's currency, so that sales reports show its figures."""
        result = super()._compute_currency_rate()
        for order in self:
            if order.retail_shop_rate and order.retail_shop_currency_id == order.company_id.currency_id:
                order.currency_rate = order.retail_shop_rate
        return result


class RetailOrderAmounts(models.AbstractModel):
    _inherit = "retail.order.amounts"

    @api.model
    def _shop_values(self, command):
        """Return the values of an order about the shop's currency; none if the command does not name it.

        :raise Problem: the currency does not exist, or no exchange rate follows from the two totals
        """
        shop = command.shop
        if shop is None:
            return {}
        currency = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", shop.currency)])
        )
        total, shop_total = float(command.total), float(shop.total)
        if not currency:
            raise _invalid("/shop/currency", "Odoo does not know the currency.")
        if decimals(shop.total) > currency.decimal_places:
            raise _invalid("/shop/total", f"{currency.name} has {currency.decimal_places} decimals.")
        if shop.currency == command.currency and total != shop_total:
            raise _invalid("/shop/total", f"It differs from the total, which is in {currency.name} as well.")
        if total * shop_total < 0 or bool(total) != bool(shop_total):
            raise _invalid("/shop/total", "No exchange rate follows from it and the total.")
        if not total:
            return {}
        return {"retail_shop_currency_id": currency.id, "retail_shop_rate": total / shop_total}


def _invalid(pointer, detail):
    return Problem("invalid-request", detail, errors=[{"pointer": pointer, "detail": detail}])
