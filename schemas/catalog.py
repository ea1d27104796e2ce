"""Prices and promotions, version 1."""

from typing import Literal

from ..core.const import EventKind, Mode
from .base import Canonical, Currency, Decimal, EventType, Timestamp, _lt
from .loyalty import Date, ProgramType


class ProductRefV1(Canonical):
    """A product that can be bought: a variant, if its product has several."""

    id: str
    sku: str = ""


class VariantPriceV1(ProductRefV1):
    """The list price of one variant, with the extra prices of its attributes."""

    price: Decimal


class PriceFormulaV1(Canonical):
    """A price that is computed: ``base`` less ``discount`` (percent), rounded to a multiple of ``rounding``, plus
    ``surcharge``; at least ``minimum_margin`` and at most ``maximum_margin`` above the base. None: does not apply.
    """

    discount: Decimal = "0"
    surcharge: Decimal = "0"
    rounding: Decimal | None = None
    minimum_margin: Decimal | None = None
    maximum_margin: Decimal | None = None


class PriceV1(Canonical):
    """A rule of a pricelist, or the list price of a product, at one moment; all amounts are in ``currency``.

    ``source`` is where it comes from, and ``id`` its identity there. A list price belongs to no pricelist: it is
    ``fixed``, and ``variants`` has what each variant costs. ``active`` is whether it can be sold at: the pricelist
    is, or the product is not archived and is for sale. That a price is gone for good is ``price.removed``.

    ``applies_to`` says which of ``category_id``, ``template_id`` and ``variant_id`` counts; ``variant_id`` is the
    ``product_id`` of order lines. ``category_id`` of a list price is the product's category, so that you know which
    rules of categories are for it. ``minimum_quantity`` is in ``unit``.

    ``method``: ``fixed`` is ``price``, ``percentage`` is ``discount`` percent off the base (negative: a markup),
    ``formula`` is the formula on the base.
    """

    source: Literal["pricelist", "list_price"]
    id: str
    active: bool = True
    currency: Currency
    pricelist_id: str = ""
    pricelist: str = ""
    applies_to: Literal["all", "category", "product", "variant"]
    category_id: str = ""
    category: str = ""
    template_id: str = ""
    variant_id: str = ""
    sku: str = ""
    name: str = ""
    unit: str = ""
    minimum_quantity: Decimal = "0"
    starts_at: Timestamp | None = None
    ends_at: Timestamp | None = None
    method: Literal["fixed", "percentage", "formula"]
    price: Decimal | None = None
    base: Literal["list_price", "cost", "pricelist"] | None = None
    base_pricelist_id: str = ""
    discount: Decimal | None = None
    formula: PriceFormulaV1 | None = None
    variants: tuple[VariantPriceV1, ...] = ()


class PriceRemovedV1(Canonical):
    """A price that was deleted; what it was is in the ``price.changed`` before."""

    source: Literal["pricelist", "list_price"]
    id: str
    pricelist_id: str = ""
    template_id: str = ""
    variant_id: str = ""


class ProductScopeV1(Canonical):
    """Which products: all that match any of these, and the ``domain`` (an Odoo search domain). Empty: all products."""

    products: tuple[ProductRefV1, ...] = ()
    category_id: str = ""
    category: str = ""
    tag: str = ""
    domain: str = ""


class PromotionRuleV1(Canonical):
    """What earns points: ``points`` for each order, unit of currency or unit bought (``points_per``).

    ``minimum_amount_tax`` is whether the tax counts. ``is_split``: each unit makes a coupon of its own.
    """

    id: str
    trigger: Literal["auto", "with_code"]
    code: str = ""
    products: ProductScopeV1
    minimum_quantity: Decimal = "0"
    minimum_amount: Decimal = "0"
    minimum_amount_tax: Literal["included", "excluded"] = "included"
    points: Decimal
    points_per: Literal["order", "money", "unit"]
    is_split: bool = False


class PromotionRewardV1(Canonical):
    """What ``required_points`` buy: a free product, or a discount.

    ``discount`` is a percentage, or an amount per order or per point, by ``discount_mode``; ``discount_on`` the
    whole order, its cheapest product, or the products of ``discounted``. ``maximum_discount`` None: no limit.
    """

    id: str
    type: Literal["product", "discount"]
    name: str
    required_points: Decimal
    discount: Decimal | None = None
    discount_mode: Literal["percent", "per_order", "per_point"] | None = None
    discount_on: Literal["order", "cheapest", "specific"] | None = None
    discounted: ProductScopeV1 | None = None
    maximum_discount: Decimal | None = None
    products: tuple[ProductRefV1, ...] = ()
    quantity: Decimal = "0"


class PromotionV1(Canonical):
    """A promotion, coupon or loyalty program at one moment; all amounts are in ``currency``.

    It is valid from ``starts_on`` to ``ends_on``, both included, in ``channels``, and for ``pricelist_ids`` only
    (empty: for all). ``applies_on``: where the points count, on the order that earns them, on later ones, or both.
    ``maximum_usage`` is the number of orders it may be used on, None for any. ``coupons_issued`` and
    ``coupons_used`` count coupons and gift cards, and are 0 for other types.
    """

    id: str
    name: str
    type: ProgramType
    active: bool = True
    currency: Currency
    unit: str = ""
    starts_on: Date | None = None
    ends_on: Date | None = None
    applies_on: Literal["current", "future", "both"]
    trigger: Literal["auto", "with_code"]
    channels: tuple[Literal["sales", "web", "pos"], ...] = ()
    pricelist_ids: tuple[str, ...] = ()
    maximum_usage: int | None = None
    rules: tuple[PromotionRuleV1, ...] = ()
    rewards: tuple[PromotionRewardV1, ...] = ()
    coupons_issued: int = 0
    coupons_used: int = 0


EVENT_TYPES = (
    EventType(
        "promotion.changed",
        "loyalty.program",
        EventKind.STATE,
        PromotionV1,
        _lt("Promotion changed"),
        Mode.MICRO_BATCH,
    ),
    EventType(
        "price.changed",
        "product.pricelist.item",
        EventKind.STATE,
        PriceV1,
        _lt("Price changed"),
        Mode.MICRO_BATCH,
        more_model="product.template",
    ),
    EventType(
        "price.removed",
        "product.pricelist.item",
        EventKind.FACT,
        PriceRemovedV1,
        _lt("Price removed"),
        Mode.MICRO_BATCH,
        more_model="product.template",
    ),
)
