"""Campaigns of the Application, and the search for coupons: parts of the Management API."""

from kit.clock import epoch
from kit.wire import json_response

from . import coupons, rules
from .checks import body_of, check, flag, page, whole
from .failures import not_found

PATH = "/v1/applications/{application}"
# What a campaign in the setting "campaigns" may have.
CAMPAIGN = {
    "id": None,
    "name": None,
    "state": "enabled",  # or disabled, archived
    "start": None,
    "end": None,
    "features": ["coupons"],
}
TYPES = {
    **dict.fromkeys(("name", "description", "startTime", "endTime"), "string"),
    **dict.fromkeys(("tags", "limits", "features", "campaignGroups", "linkedStoreIds"), "array"),
    **dict.fromkeys(("attributes", "couponSettings", "referralSettings", "couponAttributes"), "object"),
    **dict.fromkeys(("activeRulesetId", "evaluationGroupId"), "integer"),
    "state": ("enabled", "disabled", "archived"),
    "type": ("cartItem", "advanced"),
    "reevaluateOnReturn": "boolean",
}
REQUIRED = ("name", "tags", "limits", "features")
MOST = 1000


def build(deployment):
    """Create the campaigns of the settings, beside that of the rules and that of the coupons."""
    own = (
        {"id": rules.LOYALTY, "name": rules.NAME, "features": ["loyalty"]},
        {"id": coupons.CAMPAIGN, "name": coupons.NAME},
    )
    deployment.campaigns = {}
    for given in (*own, *deployment.settings["campaigns"]):
        unknown = given.keys() - CAMPAIGN.keys()
        if unknown or not {"id", "name"} <= given.keys():
            raise ValueError(f"unknown in a campaign: {', '.join(sorted(unknown))}")
        deployment.campaigns[given["id"]] = {**CAMPAIGN, **given, "created": deployment.clock.iso()}


def is_running(deployment, key):
    """Return whether the rules and coupons of a campaign count now."""
    campaign, now = deployment.campaigns[key], deployment.clock.now()
    has_begun = not campaign["start"] or epoch(campaign["start"]) <= now
    is_over = campaign["end"] and epoch(campaign["end"]) <= now
    return campaign["state"] == "enabled" and has_begun and not is_over


def check_application(deployment, application):
    if application != str(deployment.settings["application_id"]):
        raise not_found("Application")


def existing(deployment, application, campaign):
    check_application(deployment, application)
    if not campaign.isdecimal() or int(campaign) not in deployment.campaigns:
        raise not_found("Campaign")
    return deployment.campaigns[int(campaign)]


def describe(deployment, campaign):
    shown = {
        "id": campaign["id"],
        "created": campaign["created"],
        "applicationId": deployment.settings["application_id"],
        "userId": 1,
        "name": campaign["name"],
        "description": "",
        "state": campaign["state"],
        "tags": [],
        "limits": [],
        "features": campaign["features"],
        "type": "advanced",
        "frontendState": frontend_state(deployment, campaign),
        "storesImported": False,
        "reevaluateOnReturn": False,
    }
    dates = {"startTime": campaign["start"], "endTime": campaign["end"]}
    return shown | {name: at for name, at in dates.items() if at}


def frontend_state(deployment, campaign):
    if campaign["state"] != "enabled":
        return campaign["state"]
    if is_running(deployment, campaign["id"]):
        return "running"
    is_later = campaign["start"] and epoch(campaign["start"]) > deployment.clock.now()
    return "scheduled" if is_later else "expired"


# --- the API ---


def list_campaigns(deployment, request, application):
    check_application(deployment, application)
    found = [describe(deployment, each) for each in deployment.campaigns.values()]
    size, skip = whole(request, "pageSize", MOST), whole(request, "skip", 0)
    return json_response(200, {"totalResultSize": len(found), "data": found[skip : skip + size]})


def read(deployment, request, application, campaign):
    return json_response(200, describe(deployment, existing(deployment, application, campaign)))


def update(deployment, request, application, campaign):
    """Change a campaign. A date that is not there is removed."""
    found, data = existing(deployment, application, campaign), body_of(request)
    check(data, TYPES, required=REQUIRED)
    found.update(name=data["name"], features=data["features"], state=data.get("state") or found["state"])
    found.update(start=data.get("startTime"), end=data.get("endTime"))
    return json_response(200, describe(deployment, found))


def search_coupons(deployment, request, application):
    """List the coupons of all campaigns. The attributes of the body are not compared."""
    check_application(deployment, application)
    body_of(request)
    value, is_exact = request.arguments().get("value", "").casefold(), flag(request, "exactMatch")
    found = [
        coupons.describe(each)
        for each in deployment.coupons.values()
        if (each["code"].casefold() == value if is_exact else value in each["code"].casefold())
    ]
    return json_response(200, page(request, found, default=MOST))


OPERATIONS = (
    ("getCampaigns", "GET", f"{PATH}/campaigns", list_campaigns),
    ("getCampaign", "GET", f"{PATH}/campaigns/{{campaign}}", read),
    ("updateCampaign", "PUT", f"{PATH}/campaigns/{{campaign}}", update),
    (
        "searchCouponsAdvancedApplicationWideWithoutTotalCount",
        "POST",
        f"{PATH}/coupons_search_advanced/no_total",
        search_coupons,
    ),
)
