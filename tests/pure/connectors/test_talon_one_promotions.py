"""Campaigns of Talon.One: what is read, and what can be changed."""

from datetime import datetime

import pytest
from talon_one_fixtures import BOTH, checked_calls, connect, talon

from odoo.addons.retail_hub.connectors.promotions import Campaign, PromotionEngine
from odoo.addons.retail_hub.core.errors import BusinessError, QuotaError, ValidationError

__all__ = ("checked_calls", "connect", "talon")

START, END = datetime(2031, 6, 1), datetime(2031, 9, 1)
DATES = {"start": "2031-06-01T00:00:00Z", "end": "2031-09-01T00:00:00Z"}
CHANGEABLE = frozenset({"dates", "is_active"})


@pytest.fixture
def engine(talon, connect):
    talon.configure(management_calls=1_000)
    with connect(credentials={**BOTH, "application_id": "322"}) as adapter:
        assert isinstance(adapter, PromotionEngine)
        yield adapter


def campaigns(engine):
    return {each.id: each for each in engine.campaigns([])}


def test_campaigns(talon, engine):
    own = [
        {"id": 31, "name": "Summer", **DATES},
        {"id": 32, "name": "Off", "state": "disabled", "features": []},
    ]
    talon.configure(campaigns=[*own, {"id": 33, "name": "Old", "state": "archived"}])
    talon.configure(coupons=[{"code": "SUMMER10", "campaign": 31, "expiry": "2031-08-01T00:00:00Z"}])
    found = campaigns(engine)
    assert found["31"] == Campaign(
        id="31",
        name="Summer",
        code="SUMMER10",
        starts_at=START,
        ends_at=datetime(2031, 8, 1),
        can_change=CHANGEABLE,
    )
    assert (found["32"].is_active, found["32"].has_own_codes) == (False, False)
    assert (found["12"].code, found["12"].has_own_codes) == ("", True)
    assert {each.id for each in found.values() if each.gives_points} == {"11"}
    assert "33" not in found


def test_points_for_a_coupon(talon, engine):
    """It is a campaign of codes."""
    both = ["loyalty", "coupons"]
    talon.configure(
        campaigns=[{"id": 31, "name": "Code", "features": both}, {"id": 32, "name": "None", "features": both}]
    )
    talon.configure(coupons=[{"code": "POINTS", "campaign": 31}])
    found = campaigns(engine)
    assert (found["31"].gives_points, found["31"].code) == (False, "POINTS")
    assert (found["32"].gives_points, found["32"].has_own_codes) == (True, False)


def test_change(talon, engine):
    talon.configure(campaigns=[{"id": 31, "name": "Summer", "features": ["coupons", "referrals"]}])
    engine.change_campaign("31", {"starts_at": START, "ends_at": END})
    engine.change_campaign("31", {"is_active": False})
    found = campaigns(engine)["31"]
    assert (found.starts_at, found.ends_at, found.is_active) == (START, END, False)
    engine.change_campaign("31", {"starts_at": None, "ends_at": END})
    kept = talon.manage("GET", "/v1/applications/322/campaigns/31").data
    assert (kept["features"], kept["state"], "startTime" in kept) == (
        ["coupons", "referrals"],
        "disabled",
        False,
    )


def test_more_coupons_than_can_be_read(talon, engine, monkeypatch):
    monkeypatch.setattr("odoo.addons.retail_hub.connectors.talon_one.api.MAX_MANAGED", 1)
    talon.configure(coupons=[{"code": f"CODE-{number}"} for number in range(4)])
    with pytest.raises(BusinessError, match="more coupons"):
        engine.campaigns([])


def test_without_an_application(connect):
    with connect(credentials=BOTH) as adapter, pytest.raises(ValidationError, match="ID of the Application"):
        adapter.campaigns([])


def test_what_cannot_be_done(engine):
    assert (engine.prices(), engine.segments(["VIP"])) == ((), ())
    with pytest.raises(BusinessError, match="Create this campaign in Talon.One"):
        engine.create_campaign(Campaign(id="", name="Summer", code="S"))


def test_limits(talon, engine):
    talon.configure(management_calls=1, management_interval_s=60)
    engine.campaigns([])
    with pytest.raises(QuotaError):
        engine.campaigns([])


def test_a_coupon_of_a_campaign_that_is_disabled(talon):
    talon.configure(campaigns=[{"id": 31, "name": "Summer", "state": "disabled"}])
    talon.configure(coupons=[{"code": "SUMMER10", "percent": 10, "campaign": 31}])
    talon.profile()
    answer = talon.session(couponCodes=["SUMMER10"])
    [effect] = [each for each in answer["effects"] if each["effectType"] == "rejectCoupon"]
    assert effect["props"]["rejectionReason"] == "CouponPartOfNotRunningCampaign"
