"""Campaigns of Talon.One, and their coupons: a part of the Management API.

What a campaign gives is for its rules to say: discounts are not compared. An operation may be called three times a
second, and nothing waits here: more than three pages are not read.
"""

from collections import Counter
from datetime import UTC

from ...core.errors import BusinessError, ValidationError
from ..promotions import Campaign
from .points import time_of

APPLICATION = "application_id"
ENABLED, DISABLED = "enabled", "disabled"
COUPONS, LOYALTY = "coupons", "loyalty"
CHANGEABLE = frozenset({"dates", "is_active"})
# What a campaign keeps of itself when it is changed.
KEPT = (
    "name", "description", "startTime", "endTime", "attributes", "state", "activeRulesetId", "tags",
    "reevaluateOnReturn", "features", "couponSettings", "referralSettings", "limits", "campaignGroups", "type",
    "linkedStoreIds", "couponAttributes",
)  # fmt: skip


def campaign_of(campaign, coupons, counts):
    """Return the :class:`~..promotions.Campaign` of a campaign.

    :param coupons: ``{campaign: one of its coupons}``
    :param counts: ``{campaign: how many it has}``
    """
    count, features = counts.get(campaign["id"], 0), campaign.get("features") or ()
    coupon = coupons[campaign["id"]] if count == 1 else {}
    gives_points = LOYALTY in features and not count
    starts = (time_of(each) for each in (campaign.get("startTime"), coupon.get("startDate")))
    ends = (time_of(each) for each in (campaign.get("endTime"), coupon.get("expiryDate")))
    return Campaign(
        id=str(campaign["id"]),
        name=campaign["name"],
        code=coupon.get("value") or "",
        has_own_codes=COUPONS in features and not coupon and not gives_points,
        gives_points=gives_points,
        starts_at=max(filter(None, starts), default=None),
        ends_at=min(filter(None, ends), default=None),
        is_active=campaign.get("state") == ENABLED,
        can_change=CHANGEABLE,
    )


def changed(campaign, changes):
    """Return the body that changes a campaign: what is not in it would be removed."""
    body = {name: campaign[name] for name in KEPT if campaign.get(name) is not None}
    if "is_active" in changes:
        body["state"] = ENABLED if changes["is_active"] else DISABLED
    if "starts_at" in changes:
        dates = {"startTime": changes["starts_at"], "endTime": changes["ends_at"]}
        body = {name: value for name, value in body.items() if name not in dates}
        body |= {name: at.replace(tzinfo=UTC).isoformat() for name, at in dates.items() if at}
    return body


class Promotions:
    """
    :param api: an :class:`~.api.Api`
    :param application: the ID of the Application
    """

    def __init__(self, api, application):
        self.api, self.application = api, application

    def campaigns(self):
        """
        :raise RemoteError: a call failed, or there is more than can be compared
        """
        self._check_application()
        found = self.api.campaigns(self.application)
        coupons, is_complete = self.api.coupons(self.application)
        if not is_complete:
            message = "Talon.One has more coupons than its limit of calls lets Odoo read. Promotions are not compared."
            raise BusinessError(message, code="TOO_MANY_COUPONS")
        counts = Counter(each["campaignId"] for each in coupons)
        by_campaign = {each["campaignId"]: each for each in coupons}
        return [campaign_of(each, by_campaign, counts) for each in found if each.get("state") != "archived"]

    def change(self, campaign_id, changes):
        """
        :raise RemoteError: a call failed
        """
        self._check_application()
        campaign = self.api.campaign(self.application, campaign_id)
        self.api.save_campaign(self.application, campaign_id, changed(campaign, changes))

    def _check_application(self):
        if not self.application.isdecimal():
            message = "Enter the ID of the Application among the credentials: it is the number in its URL."
            raise ValidationError(message, code="NO_APPLICATION")
