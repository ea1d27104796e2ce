"""What the lines of a received order mean in Odoo: products, taxes and warehouses."""

from collections import defaultdict
from typing import Any, NamedTuple

from odoo import api, models

from ...core.order_money import decimals
from ...core.problem import Problem
from .unknown_codes import ToComplete, UnknownCodes

# The products of lines that are no goods, unless the code mapping names another one.
KIND_PRODUCTS = {
    "delivery": "retail_hub.product_delivery",
    "tip": "retail_hub.product_tip",
    "fee": "retail_hub.product_fee",
    "duty": "retail_hub.product_duty",
}


class ResolvedLine(NamedTuple):
    """A line of a received order, with what it names.

    :param line: an :class:`~...schemas.commands.order.OrderLineInputV1`
    :param taxes: a record of ``account.tax`` for each tax of the line; None: Odoo decides
    """

    line: Any
    product: Any
    taxes: Any
    warehouse: Any


class RetailOrderReferences(models.AbstractModel):
    _name = "retail.order.references"
    _description = "Retail Hub: References of Received Orders"

    @api.model
    def _resolve(self, command, sender):
        """Return a list of :class:`ResolvedLine`.

        :param command: an :class:`~...schemas.commands.order.OrderPlaceV1`
        :param sender: a :class:`~.command.Sender`
        :raise UnknownCodes: somebody has to map something first
        :raise Problem: a product cannot be sold, or not in this quantity
        """
        unknown = _Unknown()
        products = self._products(command, sender.connector, unknown)
        warehouses = self._warehouses(command, sender, unknown)
        taxes = self._taxes(command, sender.connector, products, unknown)
        unknown.check()
        self._check_lines(command, products)
        return [
            ResolvedLine(line, products[number], taxes[number], warehouses[number])
            for number, line in enumerate(command.lines)
        ]

    @api.model
    def _products(self, command, connector, unknown):
        """Return a list of products, in the order of the lines; empty ones for what is unknown."""
        codes = {code for line in command.lines for _name, code in line.codes}
        maps = self.env["retail.code.map"]
        mapped = {kind: maps._targets(connector, kind, codes) for kind in ("product", "delivery_method")}
        known = defaultdict(
            dict,
            sku=self._by("default_code", {line.sku for line in command.lines}),
            barcode=self._by("barcode", {line.barcode for line in command.lines}),
        )
        products = []
        for number, line in enumerate(command.lines):
            kind = "delivery_method" if line.kind == "delivery" else "product"
            own = {**mapped["product"], **mapped[kind]}
            named = (own.get(code) or known[name].get(code) for name, code in line.codes)
            product = next(filter(None, named), None)
            if not product and line.codes == [("kind", line.kind)]:
                product = self.env.ref(KIND_PRODUCTS[line.kind])
            if not product:
                unknown.add(f"/lines/{number}", kind, line.code, line.name)
            products.append(product or self.env["product.product"])
        return products

    def _by(self, field, codes):
        """Return ``{code: product}`` of codes that one product has; an archived one only if no other has it."""
        products = self.env["product.product"].with_context(active_test=False)
        found = defaultdict(products.browse)
        domain = [(field, "in", list(codes - {""})), ("company_id", "in", (False, self.env.company.id))]
        for product in products.search(domain):
            found[product[field]] |= product
        for code, same in found.items():
            found[code] = same.filtered("active") or same
        return {code: same for code, same in found.items() if len(same) == 1}

    def _warehouses(self, command, sender, unknown):
        codes = {line.warehouse or command.warehouse for line in command.lines} - {""}
        known = self.env["retail.code.map"]._targets(sender.connector, "warehouse", codes)
        # As the superuser: which warehouses there are is no secret, and the client's user may not read them.
        warehouses = self.env["stock.warehouse"].sudo()
        company = [("company_id", "=", self.env.company.id)]
        for warehouse in warehouses.search([*company, ("code", "in", list(codes))]):
            known.setdefault(warehouse.code, warehouse)
        default = warehouses.browse(sender.client.warehouse_id.id) or warehouses.search(company, limit=1)
        if not default:
            raise Problem(
                "conflict", "The company has no warehouse in Odoo, from which the order could be shipped."
            )
        found = []
        for number, line in enumerate(command.lines):
            code = line.warehouse or command.warehouse
            if code and code not in known:
                unknown.add(
                    f"/lines/{number}/warehouse" if line.warehouse else "/warehouse", "warehouse", code
                )
            found.append(warehouses.browse(known[code].id) if code in known else default)
        return found

    def _taxes(self, command, connector, products, unknown):
        codes = {
            code
            for line in command.lines
            for tax in line.taxes or ()
            for code in _tax_codes(tax, command.prices_include_tax)
        }
        mapped = self.env["retail.code.map"]._targets(connector, "tax", codes)
        candidates = self._sale_taxes()
        without, including = self.env._("Prices without tax"), self.env._("Prices include tax")
        label = including if command.prices_include_tax else without
        found = []
        for number, line in enumerate(command.lines):
            if line.taxes is None:
                found.append(None)
                continue
            taxes = []
            for place, tax in enumerate(line.taxes):
                codes = _tax_codes(tax, command.prices_include_tax)
                match = next((mapped[code] for code in codes if code in mapped), None)
                match = match or self._tax(candidates, tax, command.prices_include_tax, products[number])
                if not match:
                    unknown.add(f"/lines/{number}/taxes/{place}", "tax", codes[0], label)
                taxes.append(match or candidates.browse())
            found.append(taxes)
        return found

    def _sale_taxes(self):
        # As the superuser: salespeople's rights on taxes differ between countries' modules.
        return (
            self.env["account.tax"]
            .sudo()
            .search(
                [
                    ("type_tax_use", "=", "sale"),
                    ("amount_type", "=", "percent"),
                    ("company_id", "parent_of", self.env.company.id),
                ]
            )
        )

    def _tax(self, candidates, tax, includes_tax, product):
        """Return the tax with this rate and country: the product's own, the company's default, or the only one.

        Of those, one whose prices include tax as the order's do: the amounts are the channel's in either case.
        """
        country = tax.country or self.env.company.account_fiscal_country_id.code
        found = candidates.filtered(
            lambda each: each.amount == float(tax.rate) and each.country_id.code == country
        )
        for preferred in (product.taxes_id, self.env.company.account_sale_tax_id):
            found = (found & preferred) or found
        found = found.filtered(lambda each: each.price_include == includes_tax) or found
        return found if len(found) == 1 else candidates.browse()

    def _check_lines(self, command, products):
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        errors = [
            {
                "pointer": f"/lines/{number}/quantity",
                "detail": f"Odoo keeps {digits} decimals of a quantity.",
            }
            for number, line in enumerate(command.lines)
            if decimals(line.quantity) > digits
        ]
        archived = [
            {"pointer": f"/lines/{number}", "detail": "The product is archived in Odoo."}
            for number, product in enumerate(products)
            if not product.active
        ]
        if errors:
            detail = "Lines cannot be ordered like this."
            raise Problem("invalid-request", detail, errors=errors + archived)
        if archived:
            raise ToComplete("invalid-request", "Products are archived in Odoo.", errors=archived)


class _Unknown:
    def __init__(self):
        self._errors = []
        self._codes = []

    def add(self, pointer, kind, code, label=""):
        what = kind.replace("_", " ")
        self._errors.append({"pointer": pointer, "detail": f"No {what} in Odoo is mapped to {code}."})
        self._codes.append((kind, code, label))

    def check(self):
        """
        :raise UnknownCodes: something is unknown
        """
        if self._errors:
            raise UnknownCodes(self._errors, self._codes)


def _tax_codes(tax, includes_tax):
    """Return what a tax may be called in the code mapping, such as ``21 % BE included``, the most exact first."""
    rate = f"{float(tax.rate):g} %"
    country = f"{rate} {tax.country}" if tax.country else rate
    return (f"{country} {'included' if includes_tax else 'excluded'}", country, rate)
