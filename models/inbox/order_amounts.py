"""The amounts of captured orders: those that the channel has charged, to the cent."""

from collections import defaultdict
from decimal import Decimal

from odoo import api, models

from ...core.order_money import charged, decimals, line_money, odd_taxes
from ...core.problem import Problem
from ...schemas.commands.order import LineTaxV1
from ..source.canonical_values import amount
from .unknown_codes import ToComplete


class RetailOrderAmounts(models.AbstractModel):
    _name = "retail.order.amounts"
    _description = "Retail Hub: Amounts of Captured Orders"

    @api.model
    def _currency(self, command):
        """Return the currency and the price list that gives it to an order; an empty one for that of the company.

        :raise Problem: the currency is not active, or amounts have more decimals than it
        """
        currency = self.env["res.currency"].search([("name", "=", command.currency)])
        if not currency:
            errors = [{"pointer": "/currency", "detail": "The currency is not active in Odoo."}]
            raise ToComplete("invalid-request", "The currency is not active in Odoo.", errors=errors)
        self._check_decimals(command, currency)
        if currency == self.env.company.currency_id:
            return currency, self.env["product.pricelist"]
        return currency, self._pricelist(currency)

    def _pricelist(self, currency):
        # As the superuser: a currency of an order comes from its price list; prices are those of the channel.
        pricelists = self.env["product.pricelist"].sudo()
        company = self.env.company
        domain = [("currency_id", "=", currency.id), ("company_id", "in", (False, company.id))]
        found = pricelists.search(domain, limit=1)
        return found or pricelists.create(
            {
                "name": self.env._("Channels (%s)", currency.name),
                "currency_id": currency.id,
                "company_id": company.id,
            }
        )

    def _check_decimals(self, command, currency):
        amounts = [("/total", command.total), ("/tax", command.tax or "0")]
        for number, line in enumerate(command.lines):
            path = f"/lines/{number}"
            amounts += [
                (f"{path}/discounts/{place}/amount", each.amount) for place, each in enumerate(line.discounts)
            ]
            amounts += [
                (f"{path}/taxes/{place}/amount", each.amount or "0")
                for place, each in enumerate(line.taxes or ())
            ]
        detail = f"{currency.name} has {currency.decimal_places} decimals."
        errors = [
            {"pointer": pointer, "detail": detail}
            for pointer, value in amounts
            if decimals(value) > currency.decimal_places
        ]
        if errors:
            raise Problem("invalid-request", "Amounts have too many decimals.", errors=errors)

    @api.model
    def _fiscal_position(self, lines):
        """Return the fiscal position that the channel's taxes need, or else the invoice cannot be posted.

        :raise Problem: there is none
        """
        countries = self.env["res.country"].union(
            *(tax.country_id for line in lines for tax in line.taxes or ())
        )
        if len(countries) != 1:
            return {}  # Odoo decides
        if countries == self.env.company.account_fiscal_country_id:
            return {"fiscal_position_id": False}
        # As the superuser: salespeople's rights on fiscal positions differ between countries' modules.
        positions = self.env["account.fiscal.position"].sudo()
        domain = [
            ("company_id", "parent_of", self.env.company.id),
            ("country_id", "=", countries.id),
            ("foreign_vat", "!=", False),
        ]
        found = positions.search(domain, limit=1)
        if not found:
            detail = f"Odoo has no fiscal position with a tax ID for the taxes of {countries.code}."
            raise Problem("unknown-reference", detail, errors=[{"pointer": "/lines", "detail": detail}])
        return {"fiscal_position_id": found.id}

    # -- lines -------------------------------------------------------------------------------------

    @api.model
    def _line_values(self, resolved, command, currency):
        """Return the values of an order line with the channel's price and taxes.

        :param resolved: a :class:`~.order_references.ResolvedLine`
        """
        # The technical price differs from the price, or Odoo would put its own in its place when the quantity changes.
        values = {"discount": 0.0, "technical_price_unit": -1.0}
        if resolved.taxes is None:
            line = resolved.line
            price = charged(line, currency.decimal_places) / Decimal(line.quantity)
            return {**values, "price_unit": float(price)}
        return {**values, **self._taxed(resolved.line, resolved.taxes, command, currency)}

    def _taxed(self, line, taxes, command, currency):
        """Return the price and tax values of a line: the channel's amounts, not those that Odoo calculates.

        :param taxes: records of ``account.tax``, one for each tax of the line
        """
        money = line_money(line, command.prices_include_tax, currency.decimal_places)
        by_tax = defaultdict(Decimal)  # two taxes of the channel may be one in Odoo
        for tax, each in zip(taxes, money.taxes, strict=True):
            by_tax[tax] += each
        records = self.env["account.tax"].union(*by_tax)
        is_included = bool(records) and all(records.mapped("price_include"))
        price = float((money.total if is_included else money.untaxed) / Decimal(line.quantity))
        values = {"price_unit": price, "tax_ids": [(6, 0, records.ids)]}
        if not records:
            return values
        untaxed = float(money.untaxed)
        values["extra_tax_data"] = {
            "manual_total_excluded_currency": untaxed,
            "manual_tax_amounts": {
                str(tax.id): {"tax_amount_currency": float(each), "base_amount_currency": untaxed}
                for tax, each in by_tax.items()
            },
            "currency_id": currency.id,
            "price_unit": price,
            "discount": 0.0,
            "quantity": float(line.quantity),
            "rate": 1.0,
        }
        return values

    @api.model
    def _tax_warnings(self, command, currency):
        """Return warnings about tax that does not follow from its rate: it is booked as the channel has charged it."""
        return [
            self.env._(
                "Line %(number)s has %(amount)s of tax. At %(rate)s %%, it would be %(expected)s.",
                number=number,
                amount=tax.amount,
                rate=tax.rate,
                expected=expected,
            )
            for number, line in enumerate(command.lines, 1)
            for tax, expected in odd_taxes(line, command.prices_include_tax, currency.decimal_places)
        ]

    # -- total -------------------------------------------------------------------------------------

    @api.model
    def _match_total(self, order, lines, command, sender):
        """Make the order's amounts the channel's, with a line for the difference if the client may have such.

        :raise Problem: ``total-mismatch``
        """
        self._convert_prices(order, lines, command)
        order._retail_store_charges(lines, command)
        currency = order.currency_id
        difference = currency.round(float(command.total) - order.amount_total)
        limit = float("inf") if sender.accepts_difference else sender.client.max_rounding + 1e-9
        if not currency.is_zero(difference) and abs(difference) <= limit:
            self._add_rounding(order, difference)
        self._check(command.total, order.amount_total, currency, "total", "with tax")
        if command.tax is not None and not sender.accepts_difference:
            self._check(command.tax, order.amount_tax, currency, "tax", "of tax")

    def _check(self, theirs, ours, currency, name, what):
        if currency.is_zero(float(theirs) - ours):
            return
        detail = f"The lines add up to {amount(ours, currency)} {what}; the {name} is {theirs}."
        raise ToComplete("total-mismatch", detail, errors=[{"pointer": f"/{name}", "detail": detail}])

    def _convert_prices(self, order, lines, command):
        """Of lines whose taxes Odoo has chosen, make the prices include tax or not as those taxes do."""
        by_code = {line.retail_line_code: line for line in order.order_line}
        for resolved in lines:
            line = by_code[resolved.line.id]
            if values := self._converted(resolved, line.tax_ids, command, order.currency_id):
                line.write(values)

    @api.model
    def _converted(self, resolved, taxes, command, currency):
        """Return the values that a line whose taxes Odoo has chosen needs besides; none if its price fits them.

        :param taxes: those taxes
        """
        is_percent = set(taxes.mapped("amount_type")) == {"percent"}
        is_other = any(tax.price_include != command.prices_include_tax for tax in taxes)
        if resolved.taxes is not None or not is_percent or not is_other:
            return {}
        rates = [LineTaxV1(rate=f"{tax.amount:f}") for tax in taxes]
        priced = resolved.line.model_copy(update={"taxes": tuple(rates)})
        return self._taxed(priced, taxes, command, currency)

    def _add_rounding(self, order, difference):
        rounding = self._rounding(order).filtered(lambda line: not line.qty_invoiced)[:1]
        if rounding:
            rounding.price_unit += difference
            return
        values = {
            "product_id": self.env.ref("retail_hub.product_rounding").id,
            "sequence": 1_000_000,
            "price_unit": difference,
            "technical_price_unit": -1.0,
            "tax_ids": [(5, 0, 0)],
        }
        order.write({"order_line": [(0, 0, values)]})

    @api.model
    def _rounding(self, order):
        """Return the lines of an order that only make up for differences."""
        product = self.env.ref("retail_hub.product_rounding")
        return order.order_line.filtered(lambda line: line.product_id == product)
