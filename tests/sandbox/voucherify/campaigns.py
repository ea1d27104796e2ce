"""Campaigns of coupons and promotions. People make them: tests do by the setting ``campaigns``."""

from kit.wire import json_response

from . import pages, vouchers
from .checks import body_of, check
from .failures import not_found
from .programs import check_names

PATH = "/v1/campaigns"
CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
CAMPAIGN = f"{PATH}/{{key}}"
# What a campaign in the setting "campaigns" may have.
DEFAULTS = {
    "id": "camp_5a1d000000000101",
    "name": "Summer",
    "campaign_type": "DISCOUNT_COUPONS",  # or PROMOTION, or LOYALTY_PROGRAM or GIFT_VOUCHERS, without vouchers
    "codes": [],  # of coupons: the codes of its vouchers
    "discount": {"type": "PERCENT", "percent_off": 10},  # of coupons
    "tiers": [],  # of promotions: see TIER
    "start_date": None,
    "expiration_date": None,
    "active": True,
}
TIER = {
    "id": "promo_5a1d000000000101",
    "name": "Ten percent",
    "discount": {"type": "PERCENT", "percent_off": 10},
    "start_date": None,
    "expiration_date": None,
    "active": True,
}
TYPES = {
    "name": "string",
    "description": "string",
    "start_date": "string",
    "expiration_date": "string",
    "discount": "object",
    "metadata": "object",
}


def build(project):
    """Make the campaigns that the setting describes, and their vouchers."""
    check_names(DEFAULTS, project.settings["campaigns"])
    project.offers = {}
    for each in project.settings["campaigns"]:
        check_names(TIER, each.get("tiers", ()))
        campaign = {**DEFAULTS, **each, "created_at": project.clock.iso(), "updated_at": None}
        campaign["tiers"] = [{**TIER, **tier} for tier in campaign["tiers"]]
        project.offers[campaign["id"]] = campaign
        for code in campaign["codes"]:
            if not vouchers.find(project, code):
                about = {"campaign": campaign["name"], "campaign_id": campaign["id"]}
                data = {"type": "DISCOUNT_VOUCHER", "discount": campaign["discount"], **about}
                dates = {name: campaign[name] for name in ("start_date", "expiration_date")}
                vouchers.make(project, code, {**data, **dates})


def existing(project, key):
    for each in project.offers.values():
        if key in (each["id"], each["name"]):
            return each
    raise not_found("campaign", key)


def vouchers_of(project, campaign):
    return [each for each in project.vouchers.values() if each["campaign_id"] == campaign["id"]]


def describe(project, campaign, in_full=False):
    """Return a campaign as the API shows it; only alone it has its promotion tiers."""
    shown = {
        **{name: campaign[name] for name in ("id", "name", "campaign_type", "active", "created_at")},
        "type": "AUTO_UPDATE",
        "auto_join": False,
        "join_once": False,
        "use_voucher_metadata_schema": False,
        "metadata": {},
        "creation_status": "DONE",
        "vouchers_generation_status": "DONE",
        "protected": False,
        "category_id": None,
        "categories": [],
        "object": "campaign",
        **dates_of(campaign),
    }
    if campaign["updated_at"]:
        shown["updated_at"] = campaign["updated_at"]
    if campaign["campaign_type"] == "DISCOUNT_COUPONS":
        shown["vouchers_count"] = len(vouchers_of(project, campaign))
        shown["voucher"] = {
            "type": "DISCOUNT_VOUCHER",
            "discount": vouchers.content_of("discount", campaign["discount"]),
            "redemption": {"quantity": None},
            "code_config": {"length": 8, "charset": CHARACTERS, "pattern": "########"},
            "is_referral_code": False,
        }
    elif campaign["campaign_type"] == "PROMOTION" and in_full:
        tiers = [describe_tier(campaign, each) for each in campaign["tiers"]]
        shown["promotion"] = {
            "object": "list",
            "data_ref": "tiers",
            "tiers": tiers,
            "total": len(tiers),
            "has_more": False,
        }
    return shown


def dates_of(data):
    return {name: data[name] for name in ("start_date", "expiration_date") if data[name]}


def describe_tier(campaign, tier):
    return {
        "id": tier["id"],
        "name": tier["name"],
        "created_at": campaign["created_at"],
        "action": {"discount": vouchers.content_of("discount", tier["discount"])},
        "metadata": {},
        "hierarchy": 1,
        "campaign": {"id": campaign["id"], "active": campaign["active"], "object": "campaign"},
        "campaign_id": campaign["id"],
        "active": tier["active"],
        "object": "promotion_tier",
        **dates_of(tier),
    }


# --- the API ---


def list_page(project, request):
    arguments = request.arguments()
    found = [
        describe(project, each)
        for each in project.offers.values()
        if arguments.get("campaign_type") in (None, each["campaign_type"])
    ]
    return pages.by_number(request, found, "campaigns")


def read(project, request, key):
    return json_response(200, describe(project, existing(project, key), in_full=True))


def update(project, request, key):
    """Change a campaign. The dates of its vouchers go with it."""
    campaign, data = existing(project, key), body_of(request)
    check(data, TYPES)
    kept = {
        name: data[name] for name in ("name", "start_date", "expiration_date", "discount") if name in data
    }
    campaign.update(kept, updated_at=project.clock.iso())
    for voucher in vouchers_of(project, campaign):
        voucher.update({name: kept[name] for name in ("start_date", "expiration_date") if name in kept})
    return json_response(200, describe(project, campaign, in_full=True))


def enable(project, request, key):
    return switch(project, key, True)


def disable(project, request, key):
    return switch(project, key, False)


def switch(project, key, active):
    existing(project, key).update(active=active, updated_at=project.clock.iso())
    return json_response(200, {})


ROUTES = (
    ("GET", PATH, list_page),
    ("GET", CAMPAIGN, read),
    ("PUT", CAMPAIGN, update),
    ("POST", f"{CAMPAIGN}/enable", enable),
    ("POST", f"{CAMPAIGN}/disable", disable),
)
