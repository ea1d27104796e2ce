"""Prices: the rules of pricelists, and the list prices of products."""

from odoo import api, fields, models
from odoo.fields import Domain

from ...schemas.catalog import PriceFormulaV1, PriceRemovedV1, PriceV1, VariantPriceV1
from .canonical_values import decimal, timestamp
from .capture_part import Shown

CHANGED = "price.changed"
RULE = "product.pricelist.item"
REMOVED = "price.removed"
SCOPES = {
    "3_global": "all",
    "2_product_category": "category",
    "1_product": "product",
    "0_product_variant": "variant",
}
TARGETS = ("applied_on", "categ_id", "pricelist_id", "product_id", "product_tmpl_id")
BASES = {"list_price": "list_price", "standard_price": "cost", "pricelist": "pricelist"}


class ProductPricelistItem(models.Model):
    _name = "product.pricelist.item"
    _inherit = ["product.pricelist.item", "retail.capture"]
    _retail_has_public_name = True

    _retail_created_event = CHANGED
    _retail_updated_event = CHANGED
    _retail_erased_event = REMOVED

    retail_is_moved = fields.Boolean(
        "Moved to Other Products",
        copy=False,
        help="The rule was once for other products, or in another pricelist.",
    )

    def write(self, vals):
        moved = self.filtered(lambda rule: rule._retail_moves(vals))
        result = super().write(vals)
        if moved:
            super(ProductPricelistItem, moved).write({"retail_is_moved": True})
        return result

    def _retail_moves(self, vals):
        """Return whether values that are about to be written move the rule to other products."""
        written = [name for name in TARGETS if name in vals]
        return any(
            self._fields[name].convert_to_write(self[name], self) != (vals[name] or False) for name in written
        )

    def _retail_watched_fields(self):
        return frozenset(
            {
                "applied_on",
                "base",
                "base_pricelist_id",
                "categ_id",
                "company_id",
                "compute_price",
                "currency_id",
                "date_end",
                "date_start",
                "fixed_price",
                "min_quantity",
                "percent_price",
                "price_discount",
                "price_max_margin",
                "price_min_margin",
                "price_round",
                "price_surcharge",
                "pricelist_id",
                "product_id",
                "product_tmpl_id",
            }
        )

    def _retail_erased_payload(self):
        removed = PriceRemovedV1(
            source="pricelist",
            id=str(self.id),
            pricelist_id=str(self.pricelist_id.id or ""),
            template_id=str(self.product_tmpl_id.id or ""),
            variant_id=str(self.product_id.id or ""),
        )
        return removed.canonical()

    def _retail_canonical(self, event_type, details):
        return PriceV1(
            source="pricelist",
            id=str(self.id),
            active=self.pricelist_id.active if self.pricelist_id else True,
            currency=self.currency_id.name,
            pricelist_id=str(self.pricelist_id.id or ""),
            pricelist=self.pricelist_id.name or "",
            minimum_quantity=decimal(self.min_quantity),
            starts_at=timestamp(self.date_start),
            ends_at=timestamp(self.date_end),
            method=self.compute_price,
            **self._retail_scope(),
            **self._retail_method(),
        )

    def _retail_scope(self):
        """Return what the rule applies to: fields of :class:`PriceV1`."""
        product = self.product_id or self.product_tmpl_id
        return {
            "applies_to": SCOPES[self.applied_on],
            "category_id": str(self.categ_id.id or ""),
            "category": self.categ_id.complete_name or "",
            "template_id": str(self.product_tmpl_id.id or ""),
            "variant_id": str(self.product_id.id or ""),
            "sku": product.default_code or "",
            "name": product.name or "",
            "unit": product.uom_id.name or "",
        }

    def _retail_method(self):
        """Return how the price is computed: fields of :class:`PriceV1`."""
        if self.compute_price == "fixed":
            return {"price": decimal(self.fixed_price)}
        base = {
            "base": BASES[self.base],
            "base_pricelist_id": str(self.base_pricelist_id.id or ""),
        }
        if self.compute_price == "percentage":
            return {**base, "discount": decimal(self.percent_price)}
        formula = PriceFormulaV1(
            discount=decimal(self.price_discount),
            surcharge=decimal(self.price_surcharge),
            rounding=_decimal_or_none(self.price_round),
            minimum_margin=_decimal_or_none(self.price_min_margin),
            maximum_margin=_decimal_or_none(self.price_max_margin),
        )
        return {**base, "formula": formula}


class ProductPricelist(models.Model):
    _name = "product.pricelist"
    _inherit = ["product.pricelist", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        """Prices are archived with their pricelist."""
        return [*super()._retail_shown_in(), Shown(CHANGED, frozenset({"active", "name"}), "item_ids")]

    def unlink(self):
        _capture_items_removed(self.env, Domain("pricelist_id", "in", self.ids))
        return super().unlink()


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "retail.capture", "retail.capture.part"]
    _retail_has_public_name = True

    _retail_created_event = CHANGED
    _retail_updated_event = CHANGED
    _retail_erased_event = REMOVED

    def _retail_watched_fields(self):
        return frozenset(
            {
                "active",
                "categ_id",
                "company_id",
                "default_code",
                "list_price",
                "name",
                "sale_ok",
                "uom_id",
            }
        )

    @api.model
    def _retail_shown_in(self):
        shown = Shown(CHANGED, frozenset({"default_code", "name", "uom_id"}), "product_tmpl_id", RULE)
        return [*super()._retail_shown_in(), shown]

    def _retail_erased_payload(self):
        return PriceRemovedV1(source="list_price", id=str(self.id), template_id=str(self.id)).canonical()

    def unlink(self):
        _capture_items_removed(self.env, Domain("product_tmpl_id", "in", self.ids))
        return super().unlink()

    def _retail_canonical(self, event_type, details):
        return PriceV1(
            source="list_price",
            id=str(self.id),
            active=self.active and self.sale_ok,
            currency=self.currency_id.name,
            applies_to="product",
            category_id=str(self.categ_id.id or ""),
            template_id=str(self.id),
            sku=self.default_code or "",
            name=self.name,
            unit=self.uom_id.name,
            method="fixed",
            price=decimal(self.list_price),
            variants=tuple(variant._retail_list_price() for variant in self._retail_variants()),
        )

    def _retail_variants(self):
        """Return the variants that are valid: those archived on their own are not."""
        return self.product_variant_ids.filtered(lambda variant: variant.active == self.active).sorted("id")


class ProductTemplateAttributeValue(models.Model):
    _name = "product.template.attribute.value"
    _inherit = ["product.template.attribute.value", "retail.capture"]

    _retail_subject_field = "product_tmpl_id"
    _retail_updated_event = CHANGED

    def _retail_watched_fields(self):
        return frozenset({"price_extra"})


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["product.product", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        return [
            *super()._retail_shown_in(),
            Shown(CHANGED, frozenset({"active", "default_code", "product_tmpl_id"}), "product_tmpl_id"),
            Shown(CHANGED, frozenset({"default_code"}), "product_id", RULE),
        ]

    def unlink(self):
        _capture_items_removed(self.env, Domain("product_id", "in", self.ids))
        return super().unlink()

    def _retail_list_price(self):
        return VariantPriceV1(id=str(self.id), sku=self.default_code or "", price=decimal(self.lst_price))


class ProductCategory(models.Model):
    _name = "product.category"
    _inherit = ["product.category", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        shown = Shown(CHANGED, frozenset({"complete_name"}), "categ_id", RULE)
        return [*super()._retail_shown_in(), shown]

    def unlink(self):
        _capture_items_removed(self.env, Domain("categ_id", "child_of", self.ids))
        return super().unlink()


class UomUom(models.Model):
    _name = "uom.uom"
    _inherit = ["uom.uom", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        name = frozenset({"name"})
        return [
            *super()._retail_shown_in(),
            Shown(CHANGED, name, "uom_id", "product.template"),
            Shown(CHANGED, name, "product_tmpl_id.uom_id", RULE),
        ]


def _capture_items_removed(env, domain):
    """Capture the removal of pricelist rules whose product or category is deleted: the database cascades to them."""
    # As the superuser: the database deletes the rules of all companies.
    items = env["product.pricelist.item"].sudo().with_context(active_test=False)
    if items._retail_wants(REMOVED):
        items.search(domain)._retail_without(REMOVED)._retail_capture_erased()


def _decimal_or_none(value):
    return decimal(value) if value else None
