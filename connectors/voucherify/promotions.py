"""Campaigns, vouchers, prices and segments of Voucherify.

A campaign with one voucher, and a voucher without a campaign, have a code for all customers. A tier of a promotion
applies by itself. Amounts are hundredths, whatever the currency is.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from ...core.errors import BusinessError, ConflictError, RemoteNotFoundError
from ..loyalty import customer_of
from ..promotions import Campaign, Discount, Price, Segment

CAMPAIGN, VOUCHER, TIER, PRODUCT, SKU = "campaign", "voucher", "tier", "product", "sku"
COUPONS, PROMOTION = "DISCOUNT_COUPONS", "PROMOTION"
CHANGEABLE = {
    CAMPAIGN: frozenset({"dates", "is_active"}),
    VOUCHER: frozenset({"dates", "is_active", "discount"}),
    TIER: frozenset(),
}


# ----- pure functions -----


def discount_of(data):
    """Return the :class:`~..promotions.Discount`; None for units, fixed prices and formulas."""
    data = data or {}
    if data.get("type") == "PERCENT" and not data.get("percent_off_formula"):
        return Discount("percent", Decimal(str(data["percent_off"])))
    if data.get("type") == "AMOUNT" and not data.get("amount_off_formula"):
        return Discount("amount", Decimal(str(data["amount_off"])) / 100)
    return None


def body_of_discount(discount):
    """Return the ``discount`` of a voucher."""
    if discount.kind == "percent":
        return {"type": "PERCENT", "percent_off": float(discount.value), "effect": "APPLY_TO_ORDER"}
    return {"type": "AMOUNT", "amount_off": _hundredths(discount.value), "effect": "APPLY_TO_ORDER"}


def _hundredths(amount):
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def time_of(text):
    """Return a time (UTC, naive); None for none."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if text else None


def text_of(at):
    """Return the text of a time (UTC, naive)."""
    return f"{at.isoformat(timespec='milliseconds')}Z"


def dates_of(*sources):
    """Return ``{"starts_at", "ends_at"}`` of what is valid only as long as each of these is."""
    starts = [time_of(each.get("start_date")) for each in sources]
    ends = [time_of(each.get("expiration_date")) for each in sources]
    return {
        "starts_at": max(filter(None, starts), default=None),
        "ends_at": min(filter(None, ends), default=None),
    }


def campaign_of(campaign, voucher=None):
    """Return the :class:`~..promotions.Campaign` of a campaign of coupons.

    :param voucher: its only one; None if it has several
    """
    voucher = voucher or {}
    kept = campaign.get("voucher") or {}
    return Campaign(
        id=f"{CAMPAIGN}/{campaign['id']}",
        name=campaign["name"],
        code=voucher.get("code") or "",
        has_own_codes=not voucher,
        is_active=_is_on(campaign) and _is_on(voucher),
        discount=discount_of(voucher.get("discount") or kept.get("discount")),
        can_change=CHANGEABLE[CAMPAIGN],
        **dates_of(campaign, voucher),
    )


def voucher_of(voucher, campaign=None):
    """Return the :class:`~..promotions.Campaign` of a voucher.

    :param campaign: to which it belongs; None: to none
    """
    campaign = campaign or {}
    if campaign.get("vouchers_count") == 1:
        return campaign_of(campaign, voucher)
    return Campaign(
        id=f"{VOUCHER}/{voucher['code']}",
        name=campaign.get("name") or voucher["code"],
        code=voucher["code"],
        is_active=_is_on(campaign) and _is_on(voucher),
        discount=discount_of(voucher.get("discount")),
        can_change=frozenset() if campaign else CHANGEABLE[VOUCHER],
        **dates_of(campaign, voucher),
    )


def tiers_of(campaign):
    """Yield a :class:`~..promotions.Campaign` for each tier of a promotion."""
    tiers = (campaign.get("promotion") or {}).get("tiers") or ()
    for tier in tiers:
        # The only tier is the campaign itself, if it has no dates of its own: a campaign can be changed.
        is_own = len(tiers) > 1 or tier.get("start_date") or tier.get("expiration_date")
        kind, remote_id = (TIER, tier["id"]) if is_own else (CAMPAIGN, campaign["id"])
        yield Campaign(
            id=f"{kind}/{remote_id}",
            name=tier.get("name") if len(tiers) > 1 and tier.get("name") else campaign["name"],
            is_active=_is_on(campaign) and _is_on(tier),
            discount=discount_of((tier.get("action") or {}).get("discount")),
            can_change=CHANGEABLE[kind],
            **dates_of(campaign, tier),
        )


def _is_on(data):
    return data.get("active") is not False


def prices_of(product):
    """Yield the prices of a product and its SKUs that have an ID of ours."""
    for each, key in ((product, f"{PRODUCT}/{product['id']}"), *_skus_of(product)):
        if each.get("source_id") and each.get("price") is not None:
            yield Price(id=key, sku=each["source_id"], price=Decimal(each["price"]) / 100)


def _skus_of(product):
    for each in (product.get("skus") or {}).get("data") or ():
        yield each, f"{SKU}/{product['id']}/{each['id']}"


# ----- calls -----


class Promotions:
    """
    :param api: an :class:`~.api.Api`
    """

    def __init__(self, api):
        self.api = api

    def campaigns(self, codes):
        """See :meth:`~..promotions.PromotionEngine.campaigns`."""
        listed = list(self.api.pages("/v1/campaigns", "campaigns"))
        known = {each["id"]: each for each in listed if each.get("campaign_type") == COUPONS}
        found = [self._coupon(each) for each in known.values()]
        for each in listed:
            if each.get("campaign_type") == PROMOTION and self._is_current(each):
                found += tiers_of(self.api.one("campaigns", each["id"]))
            elif each.get("campaign_type") == PROMOTION:
                found.append(replace(campaign_of(each), has_own_codes=False))
        by_id = {each.id: each for each in found}
        for code in sorted(set(codes) - {each.code for each in found}):
            voucher = self._voucher(code, known)
            if voucher:
                by_id[voucher.id] = voucher
        return list(by_id.values())

    def _coupon(self, campaign):
        voucher = None
        if campaign.get("vouchers_count") == 1 and self._is_current(campaign):
            voucher = next(self.api.pages("/v1/vouchers", "vouchers", campaign_id=campaign["id"]), None)
        return campaign_of(campaign, voucher)

    def _is_current(self, campaign):
        """Return whether a campaign is worth a call of its own."""
        ends_at = time_of(campaign.get("expiration_date"))
        return _is_on(campaign) and (ends_at is None or ends_at > datetime.now(UTC).replace(tzinfo=None))

    def _voucher(self, code, known):
        try:
            voucher = self.api.one("vouchers", code)
        except RemoteNotFoundError:
            return None
        return voucher_of(voucher, known.get(voucher.get("campaign_id"))) if voucher.get("discount") else None

    def prices(self):
        """See :meth:`~..promotions.PromotionEngine.prices`."""
        products = self.api.pages("/v1/products", "products")
        return [price for product in products for price in prices_of(product)]

    def segments(self, names):
        """See :meth:`~..promotions.PromotionEngine.segments`."""
        segments = self.api.segments() if names else ()
        return [self._segment(each) for each in segments if each.get("name") in names]

    def _segment(self, segment):
        customers = self.api.pages("/v1/customers", "customers", segment_id=segment["id"])
        keys = [each.get("source_id") or "" for each in customers]
        ids = frozenset(filter(None, map(customer_of, keys)))
        return Segment(id=segment["id"], name=segment["name"], customers=ids)

    def make(self, campaign):
        """See :meth:`~..promotions.PromotionEngine.create_campaign`."""
        body = {
            "type": "DISCOUNT_VOUCHER",
            "discount": body_of_discount(campaign.discount),
            "additional_info": campaign.name,
            "active": campaign.is_active,
            **_dates(campaign.starts_at, campaign.ends_at),
        }
        try:
            self.api.create_voucher(campaign.code, body)
        except ConflictError:
            self.api.one("vouchers", campaign.code)  # an earlier answer was lost
        return f"{VOUCHER}/{campaign.code}"

    def change(self, campaign_id, changes):
        """See :meth:`~..promotions.PromotionEngine.change_campaign`."""
        kind, _slash, key = campaign_id.partition("/")
        if kind not in (CAMPAIGN, VOUCHER):
            raise BusinessError("Change this promotion in Voucherify.", code="NOT_CHANGEABLE")
        if "is_active" in changes:
            self.api.switch(f"{kind}s", key, changes["is_active"])
        body = {}
        if "starts_at" in changes:
            body = _dates(changes["starts_at"], changes["ends_at"])
            self._check_none_is_removed(f"{kind}s", key, body)
        if changes.get("discount"):
            body["discount"] = body_of_discount(changes["discount"])
        if body:
            self.api.change(f"{kind}s", key, body)

    def _check_none_is_removed(self, kind, key, dates):
        """
        :raise BusinessError: it has a date, and shall have none: Voucherify cannot remove it
        """
        now = self.api.one(kind, key)
        if any(now.get(name) and name not in dates for name in ("start_date", "expiration_date")):
            message = "Voucherify cannot remove a date. Enter one in Odoo, or remove it in Voucherify."
            raise BusinessError(message, code="DATE_STAYS")

    def change_price(self, price_id, price):
        """See :meth:`~..promotions.PromotionEngine.change_price`."""
        kind, product, *sku = price_id.split("/")
        self.api.change_price(product, sku[0] if kind == SKU else "", {"price": _hundredths(price)})


def _dates(starts_at, ends_at):
    dates = {"start_date": starts_at, "expiration_date": ends_at}
    return {name: text_of(at) for name, at in dates.items() if at}
