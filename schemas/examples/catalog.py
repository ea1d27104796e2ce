"""Examples of the events of prices and promotions."""

from ..catalog import (
    PriceRemovedV1,
    PriceV1,
    ProductRefV1,
    ProductScopeV1,
    PromotionRewardV1,
    PromotionRuleV1,
    PromotionV1,
)
from .example import Example
from .orders import LINE

PRICE = PriceV1(
    source="pricelist",
    id="2000000070",
    currency="EUR",
    pricelist_id="2000000071",
    pricelist="Autumn",
    applies_to="variant",
    variant_id=LINE.product_id,
    sku=LINE.sku,
    name=LINE.name,
    unit=LINE.unit,
    minimum_quantity="5",
    starts_at="2026-11-23T00:00:00Z",
    ends_at="2026-12-23T00:00:00Z",
    method="fixed",
    price="9.50",
)
PROMOTION = PromotionV1(
    id="2000000075",
    name="10% on tea",
    type="promotion",
    currency="EUR",
    unit="points",
    starts_on="2026-11-23",
    ends_on="2026-12-23",
    applies_on="current",
    trigger="auto",
    channels=("sales", "web", "pos"),
    rules=(
        PromotionRuleV1(
            id="2000000076",
            trigger="auto",
            products=ProductScopeV1(products=(ProductRefV1(id=LINE.product_id, sku=LINE.sku),)),
            minimum_quantity="1",
            points="1",
            points_per="order",
        ),
    ),
    rewards=(
        PromotionRewardV1(
            id="2000000077",
            type="discount",
            name="10% on your order",
            required_points="1",
            discount="10",
            discount_mode="percent",
            discount_on="order",
        ),
    ),
)
REMOVED = PriceRemovedV1(
    source="pricelist", id=PRICE.id, pricelist_id=PRICE.pricelist_id, variant_id=PRICE.variant_id
)

EXAMPLES = {
    "promotion.changed": Example(PROMOTION),
    "price.changed": Example(PRICE),
    "price.removed": Example(REMOVED),
}
