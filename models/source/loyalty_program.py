"""The loyalty program, with its rules and rewards: which changes are events, and its canonical form."""

from odoo import api, models
from odoo.fields import Domain

from ...schemas.catalog import ProductRefV1, ProductScopeV1, PromotionRewardV1, PromotionRuleV1, PromotionV1
from .canonical_values import amount, decimal
from .capture_part import Shown

CHANGED = "promotion.changed"
COUPON_TYPES = ("coupons", "gift_card", "next_order_coupons")
CHANNELS = {"sale_ok": "sales", "ecommerce_ok": "web", "pos_ok": "pos"}
TAGGED = ("product_product_ids", "product_template_ids.product_variant_ids")
TAX_MODES = {"incl": "included", "excl": "excluded"}


class LoyaltyProgram(models.Model):
    """Deleting a program is no event: it must be archived first, and archiving is an event."""

    _name = "loyalty.program"
    _inherit = ["loyalty.program", "retail.capture"]
    _retail_has_public_name = True

    _retail_created_event = CHANGED
    _retail_updated_event = CHANGED

    def _retail_watched_fields(self):
        watched = {
            "active",
            "applies_on",
            "currency_id",
            "date_from",
            "date_to",
            "limit_usage",
            "max_usage",
            "name",
            "portal_point_name",
            "pricelist_ids",
            "program_type",
            "trigger",
            *CHANNELS,
        }
        return frozenset(watched & self._fields.keys())

    @api.model
    def _retail_changed_domain(self, since):
        """A change of a rule or a reward is a change of its program."""
        changed = super()._retail_changed_domain(since)
        return changed | Domain("rule_ids", "any", changed) | Domain("reward_ids", "any", changed)

    def _retail_has_coupons(self):
        return self.program_type in COUPON_TYPES

    def _retail_keeps_points(self):
        """Return whether points outlive an order. Most promotions create and use points within one order: no events."""
        return self.applies_on != "current" or self._retail_has_coupons()

    @api.model
    def _retail_keeping_points(self):
        """Return the programs whose points outlive an order, archived ones too."""
        domain = Domain("applies_on", "!=", "current") | Domain("program_type", "in", COUPON_TYPES)
        return self.with_context(active_test=False).search(domain)

    def _retail_canonical(self, event_type, details):
        issued, used = self._retail_coupon_figures()
        return PromotionV1(
            id=str(self.id),
            name=self.name,
            type=self.program_type,
            active=self.active,
            currency=self.currency_id.name,
            unit=self.portal_point_name or "",
            starts_on=self.date_from.isoformat() if self.date_from else None,
            ends_on=self.date_to.isoformat() if self.date_to else None,
            applies_on=self.applies_on,
            trigger=self.trigger or "auto",  # Odoo requires none
            channels=tuple(
                channel for name, channel in CHANNELS.items() if name in self._fields and self[name]
            ),
            pricelist_ids=tuple(map(str, self.pricelist_ids.ids)),
            maximum_usage=self.max_usage if self.limit_usage else None,
            rules=tuple(rule._retail_rule() for rule in self._retail_valid(self.rule_ids)),
            rewards=tuple(reward._retail_reward() for reward in self._retail_valid(self.reward_ids)),
            coupons_issued=issued,
            coupons_used=used,
        )

    def _retail_valid(self, parts):
        """Return the rules or rewards that are valid: those archived on their own are not."""
        return parts.filtered(lambda part: part.active == self.active)

    def _retail_coupon_figures(self):
        """Return (number of coupons, number of those that were used on an order)."""
        if not self._retail_has_coupons():
            return 0, 0
        cards = self.env["loyalty.card"].with_context(active_test=False)
        of_program = [("program_id", "=", self.id)]
        is_used = ("history_ids", "any", [("used", ">", 0), ("order_id", "!=", 0)])
        return cards.search_count(of_program), cards.search_count([*of_program, is_used])


class LoyaltyRule(models.Model):
    _name = "loyalty.rule"
    _inherit = ["loyalty.rule", "retail.capture"]

    _retail_subject_field = "program_id"
    _retail_created_event = CHANGED
    _retail_updated_event = CHANGED

    def _retail_watched_fields(self):
        return frozenset(
            {
                "active",
                "code",
                "minimum_amount",
                "minimum_amount_tax_mode",
                "minimum_qty",
                "mode",
                "product_category_id",
                "product_domain",
                "product_ids",
                "product_tag_id",
                "reward_point_amount",
                "reward_point_mode",
                "reward_point_split",
            }
        )

    def _retail_rule(self):
        return PromotionRuleV1(
            id=str(self.id),
            trigger=self.mode,
            code=self.code or "",
            products=_product_scope(
                self.product_ids, self.product_category_id, self.product_tag_id, self.product_domain
            ),
            minimum_quantity=str(self.minimum_qty),
            minimum_amount=amount(self.minimum_amount, self.currency_id),
            minimum_amount_tax=TAX_MODES[self.minimum_amount_tax_mode],
            points=decimal(self.reward_point_amount),
            points_per=self.reward_point_mode,
            is_split=self.reward_point_split,
        )


class LoyaltyReward(models.Model):
    _name = "loyalty.reward"
    _inherit = ["loyalty.reward", "retail.capture"]

    _retail_subject_field = "program_id"
    _retail_created_event = CHANGED
    _retail_updated_event = CHANGED

    def _retail_watched_fields(self):
        return frozenset(
            {
                "active",
                "description",
                "discount",
                "discount_applicability",
                "discount_max_amount",
                "discount_mode",
                "discount_product_category_id",
                "discount_product_domain",
                "discount_product_ids",
                "discount_product_tag_id",
                "required_points",
                "reward_product_id",
                "reward_product_qty",
                "reward_product_tag_id",
                "reward_type",
            }
        )

    def _retail_reward(self):
        what = self._retail_discount() if self.reward_type == "discount" else self._retail_free_product()
        return PromotionRewardV1(
            id=str(self.id),
            type=self.reward_type,
            name=self.description,
            required_points=decimal(self.required_points),
            **what,
        )

    def _retail_discount(self):
        maximum = self.discount_max_amount
        specific = self.discount_applicability == "specific"
        return {
            "discount": decimal(self.discount),
            "discount_mode": self.discount_mode,
            "discount_on": self.discount_applicability,
            "discounted": self._retail_discounted() if specific else None,
            "maximum_discount": amount(maximum, self.currency_id) if maximum else None,
        }

    def _retail_discounted(self):
        return _product_scope(
            self.discount_product_ids,
            self.discount_product_category_id,
            self.discount_product_tag_id,
            self.discount_product_domain,
        )

    def _retail_free_product(self):
        return {"products": _product_refs(self.reward_product_ids), "quantity": str(self.reward_product_qty)}


class ProductProduct(models.Model):
    """Archived products are left out of promotions."""

    _name = "product.product"
    _inherit = ["product.product", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        fields = frozenset({"active", "default_code", "product_tmpl_id"})
        rewards = (
            "discount_product_ids",
            "reward_product_id",
            *(f"reward_product_tag_id.{each}" for each in TAGGED),
        )
        return [
            *super()._retail_shown_in(),
            Shown(CHANGED, fields, "product_ids", "loyalty.rule"),
            *(Shown(CHANGED, fields, path, "loyalty.reward") for path in rewards),
            Shown(
                CHANGED,
                frozenset({"additional_product_tag_ids"}),
                "reward_product_tag_id.product_product_ids",
                "loyalty.reward",
            ),
        ]


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        fields = frozenset({"active", "product_tag_ids", "type"})
        paths = ("product_template_ids", "product_product_ids.product_tmpl_id")
        return [
            *super()._retail_shown_in(),
            *(Shown(CHANGED, fields, f"reward_product_tag_id.{path}", "loyalty.reward") for path in paths),
        ]


class ProductTag(models.Model):
    _name = "product.tag"
    _inherit = ["product.tag", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        products = frozenset({"product_product_ids", "product_template_ids"})
        return [
            *super()._retail_shown_in(),
            Shown(CHANGED, frozenset({"name"}), "product_tag_id", "loyalty.rule"),
            Shown(CHANGED, frozenset({"name"}), "discount_product_tag_id", "loyalty.reward"),
            Shown(CHANGED, products, "reward_product_tag_id", "loyalty.reward"),
        ]


class ProductCategory(models.Model):
    _name = "product.category"
    _inherit = ["product.category", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        name = frozenset({"complete_name"})
        return [
            *super()._retail_shown_in(),
            Shown(CHANGED, name, "product_category_id", "loyalty.rule"),
            Shown(CHANGED, name, "discount_product_category_id", "loyalty.reward"),
        ]


def _product_refs(products):
    return tuple(
        ProductRefV1(id=str(product.id), sku=product.default_code or "") for product in products.sorted("id")
    )


def _product_scope(products, category, tag, domain):
    return ProductScopeV1(
        products=_product_refs(products),
        category_id=str(category.id or ""),
        category=category.complete_name or "",
        tag=tag.name or "",
        domain=domain if domain and domain != "[]" else "",
    )
