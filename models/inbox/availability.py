"""What can be promised now, and what an order takes of it."""

import math
from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

ROUNDING = 1e-6  # of quantities, which the database keeps as floating-point numbers

# Quants of the locations from which a warehouse delivers.
_STOCK = SQL("""
    stock_warehouse w JOIN stock_location s ON s.id = w.lot_stock_id
    JOIN stock_location l ON l.parent_path LIKE s.parent_path || '%%' AND l.usage = 'internal'
    JOIN stock_quant q ON q.location_id = l.id
""")


class Demand(NamedTuple):
    """What an order needs of a product (a component, for a kit) from a warehouse.

    :param lines: the numbers of the order's lines that need it
    """

    product_id: int
    warehouse_id: int
    quantity: float
    lines: frozenset[int]


def _left(free, part, warehouse, safety_stock):
    """Return for how many products a part is left: (component, quantity that one product needs)."""
    component, quantity = part
    return max(free.get((component.id, warehouse.id), 0.0) - safety_stock, 0.0) / quantity


class RetailAvailability(models.AbstractModel):
    _name = "retail.availability"
    _description = "Retail Hub: Availability"

    @api.model
    def _free(self, product_ids, warehouse_ids):
        """Return ``{(product id, warehouse id): quantity}`` that is on hand and not reserved, in the product's unit.

        What is outside of the warehouse's stock location, such as damaged goods, is not reserved for orders.
        """
        self.env["stock.quant"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT q.product_id, w.id, COALESCE(SUM(q.quantity), 0) - COALESCE(SUM(q.reserved_quantity), 0)
                  FROM %s
                 WHERE q.product_id = ANY(%s) AND w.id = ANY(%s)
              GROUP BY q.product_id, w.id
                """,
                _STOCK,
                list(product_ids),
                list(warehouse_ids),
            )
        )
        return {(product_id, warehouse_id): quantity for product_id, warehouse_id, quantity in rows}

    @api.model
    def _demand(self, lines):
        """Return a list of :class:`Demand`, one for each product and warehouse, in the order of their ids.

        :param lines: list of ``(product, quantity in its unit, warehouse)``; kits count as their components
        """
        kits = self._kits(lines)
        quantities, numbers = defaultdict(float), defaultdict(set)
        for number, (product, quantity, warehouse) in enumerate(lines):
            for component, needed in self._components(product, quantity, kits.get((product, warehouse))):
                key = (component.id, warehouse.id)
                quantities[key] += needed
                numbers[key].add(number)
        return [Demand(*key, quantities[key], frozenset(numbers[key])) for key in sorted(quantities)]

    def _kits(self, lines):
        """Return ``{(product, warehouse): bill of materials}`` of the products that are kits (module ``mrp``)."""
        if "mrp.bom" not in self.env:
            return {}
        by_warehouse = defaultdict(self.env["product.product"].browse)
        for product, _quantity, warehouse in lines:
            by_warehouse[warehouse] |= product
        found = {}
        for warehouse, products in by_warehouse.items():
            # As the superuser: salespeople may not read bills of materials, which decide what is shipped.
            boms = self.env["mrp.bom"].sudo()
            found_here = boms._bom_find(
                products.with_env(boms.env),
                picking_type=warehouse.out_type_id,
                company_id=warehouse.company_id.id,
                bom_type="phantom",
            )
            found |= {(product, warehouse): bom for product, bom in found_here.items() if bom}
        return found

    def _components(self, product, quantity, bom):
        """Return ``[(product, quantity in its unit)]`` of what has to be in stock."""
        if not bom:
            return [(product, quantity)] if product.is_storable else []
        needed = product.uom_id._compute_quantity(quantity, bom.product_uom_id, round=False) / bom.product_qty
        _boms, parts = bom.explode(product.with_env(bom.env), needed, picking_type=bom.picking_type_id)
        return [
            (
                part.product_id,
                part.product_uom_id._compute_quantity(values["qty"], part.product_id.uom_id, round=False),
            )
            for part, values in parts
            if part.product_id.is_storable
        ]

    @api.model
    def _warehouses(self):
        """Return the company's warehouses."""
        # As the superuser: which warehouses there are is no secret, and the client's user may not read them.
        return self.env["stock.warehouse"].sudo().search([("company_id", "=", self.env.company.id)])

    @api.model
    def _products(self, skus, barcodes, after, limit, ids=None):
        """Return (products that are sold from stock, whether there are more), in the order of their ids.

        :param skus: of the products; all products if neither these nor barcodes are given
        :param after: id of the last product of the page before
        :param ids: only these, and kits that contain them; None for all
        """
        domain = [
            ("id", ">", after),
            ("sale_ok", "=", True),
            *self._kept_in_stock(),
            ("company_id", "in", (False, self.env.company.id)),
        ]
        if ids is not None:
            domain.append(("id", "in", self._with_kits(ids)))
        if skus or barcodes:
            domain += ["|", ("default_code", "in", skus), ("barcode", "in", barcodes)]
        found = self.env["product.product"].search(domain, order="id", limit=limit + 1)
        return found[:limit], len(found) > limit

    def _with_kits(self, ids):
        """Return the ids of products, and of the kits of which they are components, as a list."""
        found = new = set(ids)
        if "mrp.bom" not in self.env:
            return list(found)
        # As the superuser: salespeople may not read bills of materials.
        lines = self.env["mrp.bom.line"].sudo()
        while new:
            kits = lines.search([("product_id", "in", list(new)), ("bom_id.type", "=", "phantom")]).bom_id
            whole = kits.filtered(lambda bom: not bom.product_id).product_tmpl_id
            new = {*kits.product_id.ids, *whole.product_variant_ids.ids} - found
            found = found | new
        return list(found)

    def _kept_in_stock(self):
        """Return the domain of products whose quantity is known: by themselves, or as kits by their components."""
        if "mrp.bom" not in self.env:
            return [("is_storable", "=", True)]
        # As the superuser: salespeople may not read bills of materials.
        boms = self.env["mrp.bom"].sudo().search([("type", "=", "phantom")])
        return ["|", ("is_storable", "=", True), ("product_tmpl_id", "in", boms.product_tmpl_id.ids)]

    @api.model
    def _promised(self, products, warehouses, safety_stock):
        """Return ``{(product, warehouse): quantity that can be promised}``, in the product's unit."""
        lines = [(product, 1.0, warehouse) for product in products for warehouse in warehouses]
        kits = self._kits(lines)
        needed = {
            (product, warehouse): self._components(product, quantity, kits.get((product, warehouse)))
            for product, quantity, warehouse in lines
        }
        component_ids = {component.id for parts in needed.values() for component, _quantity in parts}
        free = self._free(component_ids, warehouses.ids)
        promised = {}
        for key, parts in needed.items():
            quantity = min((_left(free, part, key[1], safety_stock) for part in parts), default=0.0)
            promised[key] = math.floor(quantity + ROUNDING) if key in kits else quantity
        return promised

    @api.model
    def _lock(self, demand):
        """Lock the stock of a demand, so that nobody reserves it before the transaction is over.

        :param demand: list of :class:`Demand`
        :raise psycopg2.errors.SerializationFailure: it was changed since the transaction began
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT q.id FROM %s WHERE q.product_id = ANY(%s) AND w.id = ANY(%s)
                """,
                _STOCK,
                [each.product_id for each in demand],
                [each.warehouse_id for each in demand],
            )
        )
        # As the superuser: stock is reserved on behalf of whoever orders.
        self.env["stock.quant"].sudo()._retail_lock([row[0] for row in rows])
