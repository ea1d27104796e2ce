"""What the tests of orders share: products with stock, taxes, and an order to change."""

import copy
import uuid

from odoo import Command

from .common import ApiCase

GUEST = {"name": {"full": "Gil Guest"}, "email": "gil@example.com"}
ADDRESS = {"kind": "delivery", "street": "Dock 7", "postal_code": "2000", "city": "Antwerp", "country": "BE"}


class OrderCase(ApiCase):
    """Has a client that may capture orders, a company in the euro with taxes of 21 % and 6 %, and two products."""

    scopes = ("orders:read", "orders:write")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.country = cls.company.account_fiscal_country_id
        cls.tax_21, cls.tax_21_included = cls.new_tax(21, False), cls.new_tax(21, True)
        cls.tax_6 = cls.new_tax(6, False)
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.client.warehouse_id = cls.warehouse
        cls.mug = cls.new_product("MUG", 20)
        cls.plate = cls.new_product("PLATE", 5)

    @classmethod
    def new_tax(cls, rate, is_included, **values):
        include = "tax_included" if is_included else "tax_excluded"
        values = {
            "name": f"{rate} % {include} {uuid.uuid4()}",
            "amount": rate,
            "amount_type": "percent",
            "type_tax_use": "sale",
            "price_include_override": include,
            "country_id": cls.country.id,
            "tax_group_id": cls.tax_group().id,
            **values,
        }
        return cls.env["account.tax"].create(values)

    @classmethod
    def tax_group(cls):
        groups = cls.env["account.tax.group"]
        values = {"name": "VAT", "country_id": cls.country.id, "company_id": cls.env.company.id}
        return groups.search(
            [(name, "=", value) for name, value in values.items()], limit=1
        ) or groups.create(values)

    @classmethod
    def new_product(cls, sku, quantity, warehouse=None, **values):
        product = cls.env["product.product"].create(
            {
                "name": f"The {sku.title()}",
                "default_code": sku,
                "is_storable": True,
                "list_price": 99,
                "taxes_id": [Command.clear()],
                **values,
            }
        )
        if quantity:
            location = (warehouse or cls.warehouse).lot_stock_id
            cls.env["stock.quant"]._update_available_quantity(product, location, quantity)
        return product

    def line(self, sku="MUG", quantity="2", price="10.00", rate="21", **values):
        taxes = [{"rate": rate, "country": self.country.code}] if rate else []
        return {
            "id": f"L-{sku}",
            "sku": sku,
            "quantity": quantity,
            "unit_price": price,
            "taxes": taxes,
            **values,
        }

    def order(self, *lines, total="24.20", **values):
        return {
            "external_id": "W-1001",
            "number": "#1001",
            "placed_at": "2026-11-20T10:00:00Z",
            "currency": self.company.currency_id.name,
            "prices_include_tax": False,
            "customer": copy.deepcopy(GUEST),
            "delivery_address": dict(ADDRESS),
            "lines": list(lines) or [self.line()],
            "total": total,
            **values,
        }

    def place(self, *lines, status=201, **values):
        """Capture an order; return the JSON of the answer."""
        response = self.post("/orders", self.order(*lines, **values))
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def sale_order(self, answer):
        order = self.env["sale.order"].browse(int(answer["id"]))
        order.invalidate_recordset()
        return order

    def invoice(self, order):
        order.order_line.product_id.invoice_policy = "order"
        order.order_line.invalidate_recordset()
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice

    def free(self, product, warehouse=None):
        warehouse = warehouse or self.warehouse
        found = self.env["retail.availability"]._free([product.id], [warehouse.id])
        return found.get((product.id, warehouse.id), 0.0)


class MoneyCase(OrderCase):
    """Checks amounts: without tax, tax, and with tax."""

    def amounts(self, order):
        return (
            round(order.amount_untaxed, 3),
            round(order.amount_tax, 3),
            round(order.amount_total, 3),
        )

    def check(self, expected, *lines, **values):
        """Capture an order; check the amounts of the order and of its invoice."""
        order = self.sale_order(self.place(*lines, **values))
        self.assertEqual(self.amounts(order), expected)
        order.order_line.qty_delivered = 0
        invoice = self.invoice(order)
        self.assertEqual(self.amounts(invoice), expected)
        return order
