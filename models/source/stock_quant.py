"""Stock levels: what changes them, and their canonical form."""

from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ...schemas.stock import StockLevelV1, WarehouseLevelV1, WarehouseV1
from .cached_lookups import chosen_company_ids
from .canonical_values import decimal, rounded
from .capture_part import Shown

LEVEL_EVENT = "stock.level_changed"
OPEN_STATES = ("waiting", "confirmed", "assigned", "partially_available")


class StockQuant(models.Model):
    """A stock level has no cause: it stands for all moves and reservations of its window, and looking for one in the
    user's transaction would slow down every sale and shipment.
    """

    _name = "stock.quant"
    _inherit = ["stock.quant", "retail.capture"]

    _retail_subject_field = "product_id"
    _retail_created_event = LEVEL_EVENT
    _retail_updated_event = LEVEL_EVENT

    @api.model
    def _retail_watched_fields(self):
        return frozenset({"location_id", "quantity", "reserved_quantity"})

    def _retail_capture_state(self, event_type, company_id=None):
        """Capture the product's level for the quant's company. Stock in no warehouse has none."""
        if not self._retail_wants(event_type):
            return
        # As the superuser: anybody may flush, and may have no rights on warehouses.
        quants_by_company = self.sudo().grouped(lambda quant: quant.location_id.warehouse_id.company_id)
        for company, quants in quants_by_company.items():
            if company:
                super(StockQuant, quants)._retail_capture_state(event_type, company.id)


class StockMove(models.Model):
    _name = "stock.move"
    _inherit = ["stock.move", "retail.capture"]

    _retail_subject_field = "product_id"
    _retail_updated_event = LEVEL_EVENT

    @api.model
    def _retail_watched_fields(self):
        return frozenset({"state", "product_qty", "location_dest_id", "location_final_id"})

    def _retail_capture_state(self, event_type, company_id=None):
        """Capture planned receipts, which are part of a level. Deliveries show in the quants that they reserve."""
        if not self._retail_wants(event_type):
            return
        # As the superuser: anybody may flush, and may have no rights on warehouses.
        moves_by_company = self.sudo().grouped(lambda move: move._retail_comes_into().company_id)
        for company, moves in moves_by_company.items():
            if company:
                super(StockMove, moves)._retail_capture_state(event_type, company.id)

    def _retail_comes_into(self):
        """Return the warehouse that receives goods from outside; empty if none does."""
        warehouse = (self.location_final_id or self.location_dest_id).warehouse_id
        is_planned = self.state != "draft" and self.product_id.is_storable
        is_incoming = is_planned and warehouse != self.location_id.warehouse_id
        return warehouse if is_incoming else warehouse.browse()


class StockLocation(models.Model):
    """A location that moves to another warehouse takes its stock with it."""

    _name = "stock.location"
    _inherit = ["stock.location", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        shown = Shown(LEVEL_EVENT, frozenset({"location_id", "warehouse_id"}), "quant_ids")
        return [*super()._retail_shown_in(), shown]

    def _retail_showing(self, shown):
        """The stock of a location is that of all its parts."""
        if shown.event_type != LEVEL_EVENT:
            return super()._retail_showing(shown)
        return self.env["stock.quant"].search([("location_id", "child_of", self.ids)])


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        # Of a new product, there is nothing in stock yet.
        fields = frozenset({"name", "uom_id"})
        shown = Shown(LEVEL_EVENT, fields, "product_variant_ids", at_creation=False)
        return [*super()._retail_shown_in(), shown]


class ProductAttributeValue(models.Model):
    _name = "product.attribute.value"
    _inherit = ["product.attribute.value", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        path = "product_template_attribute_value_ids.product_attribute_value_id"
        return [
            *super()._retail_shown_in(),
            Shown(LEVEL_EVENT, frozenset({"name"}), path, "product.product"),
        ]


class ProductTemplateAttributeValue(models.Model):
    """The name of a variant has the values of attributes of which its product has several."""

    _name = "product.template.attribute.value"
    _inherit = ["product.template.attribute.value", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        fields = frozenset({"attribute_line_id", "ptav_active"})
        return [
            *super()._retail_shown_in(),
            Shown(LEVEL_EVENT, fields, "product_tmpl_id.product_variant_ids"),
        ]


class UomUom(models.Model):
    _name = "uom.uom"
    _inherit = ["uom.uom", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        shown = Shown(LEVEL_EVENT, frozenset({"name"}), "product_tmpl_id.uom_id", "product.product")
        return [*super()._retail_shown_in(), shown]


class StockWarehouse(models.Model):
    """A level names all warehouses, also those in which there is nothing."""

    _name = "stock.warehouse"
    _inherit = ["stock.warehouse", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        fields = frozenset({"active", "code", "company_id", "name"})
        return [*super()._retail_shown_in(), Shown(LEVEL_EVENT, fields, "", "product.product")]

    def _retail_capture_showing(self, shown):
        """Capture the levels of all tracked products, for the companies of the warehouses."""
        products = self.env["product.product"].with_context(active_test=True)
        for company in self.company_id:
            of_company = Domain("company_id", "in", (False, company.id))
            found = products.search(products._retail_subject_domain() & of_company)
            found._retail_capture_state(shown.event_type, company.id)

    def _retail_warehouse(self):
        return WarehouseV1(id=str(self.id), code=self.code, name=self.name)


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["product.product", "retail.capture"]
    _retail_has_public_name = True

    _retail_updated_event = LEVEL_EVENT

    @api.model
    def _retail_watched_fields(self):
        """A stock level is sent with the product's SKU."""
        return frozenset({"default_code"})

    @api.model
    def _retail_default_domain(self):
        """Products that can be sold and are tracked in stock."""
        return "[('is_storable', '=', True), ('sale_ok', '=', True)]"

    @api.model
    def _retail_subject_domain(self):
        """Tracked products. A kit (module ``mrp``) is never in stock itself: its components are."""
        counted = Domain("is_storable", "=", True)
        return counted & Domain("is_kits", "=", False) if "is_kits" in self._fields else counted

    def _retail_capture_state(self, event_type, company_id=None):
        """Leave out untracked products if only the SKU changed. A quantity only changes for tracked products."""
        if not self._retail_wants(event_type):
            return
        tracked = self if company_id else self.filtered_domain(self._retail_subject_domain())
        super(ProductProduct, tracked)._retail_capture_state(event_type, company_id)

    @api.model
    def _retail_changed_domain(self, since):
        """Find changed levels by their moves: a quant that is used up is deleted."""
        changed = super()._retail_changed_domain(since)
        return changed | Domain("stock_move_ids", "any", changed)

    def _retail_payloads(self):
        """As the base method, for the companies of the environment, with a constant number of queries."""
        # As the superuser: a level counts all stock of the companies, whoever previews it.
        warehouses = (
            self.env["stock.warehouse"].sudo().search([("company_id", "in", chosen_company_ids(self.env))])
        )
        # As the superuser: see above.
        levels = self.sudo()._retail_levels(warehouses)
        products = self.with_context(display_default_code=False)
        return products._retail_built(
            lambda product: StockLevelV1(
                product_id=str(product.id),
                sku=product.default_code or "",
                name=product.display_name,
                unit=product.uom_id.name,
                warehouses=tuple(
                    product._retail_level(warehouse, *levels[product.id, warehouse.id])
                    for warehouse in warehouses.sorted("id")
                ),
            )
        )

    def _retail_level(self, warehouse, on_hand, reserved, incoming):
        return WarehouseLevelV1(
            warehouse=warehouse._retail_warehouse(),
            on_hand=decimal(rounded(on_hand, self.uom_id)),
            reserved=decimal(rounded(reserved, self.uom_id)),
            available=decimal(rounded(on_hand - reserved, self.uom_id)),
            incoming=decimal(rounded(incoming, self.uom_id)),
        )

    def _retail_levels(self, warehouses):
        """Return ``{(product id, warehouse id): (on hand, reserved, incoming)}``, by Odoo's own definitions."""
        levels = defaultdict(lambda: (0.0, 0.0, 0.0))
        rows = self.env["stock.quant"]._read_group(
            [("product_id", "in", self.ids), ("location_id.warehouse_id", "in", warehouses.ids)],
            ["product_id", "location_id.warehouse_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        )
        for product, warehouse, on_hand, reserved in rows:
            levels[product.id, warehouse.id] = (on_hand, reserved, 0.0)
        for (product_id, warehouse_id), quantity in self._retail_incoming(warehouses).items():
            on_hand, reserved, _incoming = levels[product_id, warehouse_id]
            levels[product_id, warehouse_id] = (on_hand, reserved, quantity)
        return levels

    def _retail_incoming(self, warehouses):
        """Return ``{(product id, warehouse id): quantity}`` of planned receipts from outside the warehouse.

        A move ends at its final location, if it has one, else at its destination.
        """
        incoming = defaultdict(float)
        for end, is_final in (("location_final_id", True), ("location_dest_id", False)):
            rows = self.env["stock.move"]._read_group(
                [
                    ("product_id", "in", self.ids),
                    ("state", "in", OPEN_STATES),
                    ("location_final_id", "!=" if is_final else "=", False),
                    (f"{end}.warehouse_id", "in", warehouses.ids),
                ],
                ["product_id", "location_id.warehouse_id", f"{end}.warehouse_id"],
                ["product_qty:sum"],
            )
            for product, source, warehouse, quantity in rows:
                if source != warehouse:
                    incoming[product.id, warehouse.id] += quantity
        return incoming
