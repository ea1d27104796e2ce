"""Promotions, prices and segments of Voucherify: what is read, and what can be changed."""

from datetime import datetime
from decimal import Decimal

import pytest
from voucherify_fixtures import checked_calls, connect, project

from odoo.addons.retail_hub.connectors.promotions import Campaign, Discount, Price, PromotionEngine, Segment
from odoo.addons.retail_hub.core.errors import BusinessError, QuotaError, RemoteNotFoundError

__all__ = ("checked_calls", "connect", "project")

START, END = datetime(2031, 6, 1), datetime(2031, 9, 1)
DATES = {"start_date": "2031-06-01T00:00:00.000Z", "expiration_date": "2031-09-01T00:00:00.000Z"}
TEN = Discount("percent", Decimal(10))


@pytest.fixture
def engine(connect):
    with connect() as adapter:
        assert isinstance(adapter, PromotionEngine)
        yield adapter


def campaigns(engine, *codes):
    return {each.id.rpartition("/")[2]: each for each in engine.campaigns(codes)}


def test_a_campaign_with_one_code(project, engine):
    project.configure(campaigns=[{"codes": ["SUMMER10"], **DATES}])
    [found] = engine.campaigns(["SUMMER10"])
    assert found == Campaign(
        id="campaign/camp_5a1d000000000101",
        name="Summer",
        code="SUMMER10",
        starts_at=START,
        ends_at=END,
        discount=TEN,
        can_change=frozenset({"dates", "is_active"}),
    )


def test_a_campaign_whose_customers_have_codes(project, engine):
    project.configure(campaigns=[{"codes": ["A", "B"]}])
    [found] = engine.campaigns([])
    assert (found.code, found.has_own_codes, found.discount) == ("", True, TEN)


def test_the_narrower_dates_count(project, engine):
    project.configure(campaigns=[{"codes": ["SUMMER10"], **DATES}])
    project.configure(campaigns=[{"codes": ["SUMMER10"], "start_date": "2031-05-01T00:00:00.000Z"}])
    [found] = engine.campaigns([])
    assert (found.starts_at, found.ends_at) == (START, END)


def test_tiers_of_promotions(project, engine):
    tiers = [{}, {"id": "promo_2", "name": "Two", "discount": {"type": "AMOUNT", "amount_off": 250}, **DATES}]
    one = {"id": "camp_2", "name": "Always", "campaign_type": "PROMOTION", "tiers": [{}], "active": True}
    project.configure(campaigns=[{"campaign_type": "PROMOTION", "tiers": tiers}, one])
    found = campaigns(engine)
    assert found["promo_2"].discount == Discount("amount", Decimal("2.5"))
    assert (found["promo_2"].name, found["promo_2"].ends_at) == ("Two", END)
    assert found["promo_2"].can_change == frozenset()
    assert (found["camp_2"].name, found["camp_2"].code, found["camp_2"].has_own_codes) == (
        "Always",
        "",
        False,
    )


def test_what_is_over_costs_no_calls(project, engine, sandbox):
    past = {"expiration_date": "2020-01-01T00:00:00.000Z"}
    over = {"campaign_type": "PROMOTION", "tiers": [{}], **past}
    project.configure(campaigns=[{"codes": ["OLD"], **past}, {**over, "id": "camp_2", "name": "Over"}])
    before = sandbox.request_count()
    assert {each.ends_at for each in engine.campaigns([])} == {datetime(2020, 1, 1)}
    assert sandbox.request_count() - before == 1


def test_vouchers_without_a_campaign_are_looked_up(project, engine):
    project.coupon("TEN", **DATES)
    project.gift_card("GIFT")
    [found] = engine.campaigns(["TEN", "GIFT", "UNKNOWN"])
    assert (found.id, found.code, found.ends_at) == ("voucher/TEN", "TEN", END)
    assert found.can_change == frozenset({"dates", "is_active", "discount"})


@pytest.mark.parametrize(
    "discount",
    [
        {"type": "UNIT", "unit_off": 1, "unit_type": "prod_1"},
        {"type": "PERCENT", "percent_off": 5, "percent_off_formula": "X"},
    ],
)
def test_discounts_that_odoo_does_not_have(project, engine, discount, monkeypatch):
    from odoo.addons.retail_hub.connectors.voucherify import promotions

    assert promotions.discount_of(discount) is None


def test_pages(project, engine):
    each = {"campaign_type": "DISCOUNT_COUPONS", "codes": []}
    project.configure(
        campaigns=[{**each, "id": f"camp_{number}", "name": f"C{number}"} for number in range(101)]
    )
    assert len(engine.campaigns([])) == 101


def test_create(project, engine):
    made = Campaign(id="", name="Summer", code="SUMMER10", starts_at=START, ends_at=END, discount=TEN)
    assert engine.create_campaign(made) == "voucher/SUMMER10"
    voucher = project.get("/v1/vouchers/SUMMER10")
    assert {name: voucher[name] for name in DATES} == DATES
    assert voucher["discount"] == {"type": "PERCENT", "percent_off": 10, "effect": "APPLY_TO_ORDER"}
    assert engine.create_campaign(made) == "voucher/SUMMER10", "a second time, it is there"
    assert len(project.records("vouchers")) == 1


def test_change_a_campaign(project, engine):
    project.configure(campaigns=[{"codes": ["SUMMER10"]}])
    [found] = engine.campaigns([])
    engine.change_campaign(found.id, {"starts_at": START, "ends_at": END})
    engine.change_campaign(found.id, {"is_active": False})
    [changed] = engine.campaigns([])
    assert (changed.starts_at, changed.ends_at, changed.is_active) == (START, END, False)
    engine.change_campaign(found.id, {"is_active": True})
    assert engine.campaigns([])[0].is_active
    with pytest.raises(BusinessError, match="cannot remove a date"):
        engine.change_campaign(found.id, {"starts_at": None, "ends_at": END})


def test_change_a_voucher(project, engine):
    project.coupon("TEN")
    engine.change_campaign("voucher/TEN", {"starts_at": None, "ends_at": END})
    engine.change_campaign("voucher/TEN", {"discount": Discount("amount", Decimal("2.50"))})
    engine.change_campaign("voucher/TEN", {"is_active": False})
    [found] = engine.campaigns(["TEN"])
    assert (found.starts_at, found.ends_at, found.is_active) == (None, END, False)
    assert found.discount == Discount("amount", Decimal("2.5"))


def test_a_tier_cannot_be_changed(engine):
    with pytest.raises(BusinessError, match="Change this promotion in Voucherify"):
        engine.change_campaign("tier/promo_1", {"is_active": False})


def test_a_campaign_that_is_gone(engine):
    with pytest.raises(RemoteNotFoundError):
        engine.change_campaign("campaign/camp_0", {"is_active": False})


def test_prices(project, engine):
    lamp = project.post("/v1/products", {"source_id": "LAMP", "name": "Lamp", "price": 2419})
    project.post("/v1/products", {"name": "Nobody's", "price": 1})
    shirt = project.post("/v1/products", {"source_id": "SHIRT", "name": "Shirt"})
    small = project.post(
        f"/v1/products/{shirt['id']}/skus", {"source_id": "SHIRT-S", "sku": "S", "price": 500}
    )
    found = {each.sku: each for each in engine.prices()}
    assert found == {
        "LAMP": Price(id=f"product/{lamp['id']}", sku="LAMP", price=Decimal("24.19")),
        "SHIRT-S": Price(id=f"sku/{shirt['id']}/{small['id']}", sku="SHIRT-S", price=Decimal(5)),
    }
    engine.change_price(found["LAMP"].id, Decimal("25.5"))
    engine.change_price(found["SHIRT-S"].id, Decimal("6.01"))
    assert {each.sku: each.price for each in engine.prices()} == {
        "LAMP": Decimal("25.5"),
        "SHIRT-S": Decimal("6.01"),
    }


def test_segments(project, engine):
    ids = [project.customer(each) for each in ("odoo-1", "odoo-2", "other-3")]
    made = project.post("/v1/segments", {"name": "VIP", "type": "static", "customers": ids[::2]})
    project.post("/v1/segments", {"name": "All", "type": "static", "customers": ids})
    assert engine.segments(["VIP"]) == [Segment(id=made["id"], name="VIP", customers=frozenset({"1"}))]
    assert engine.segments([]) == []


def test_limits(sandbox, engine):
    sandbox.fault(path="/v1/campaigns", limit="api_calls", retry_after=30)
    with pytest.raises(QuotaError) as caught:
        engine.campaigns([])
    assert caught.value.retry_after == 30
