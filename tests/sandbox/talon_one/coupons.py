"""Coupons of the settings, and when they are rejected."""

from kit.clock import epoch

from . import campaigns

CAMPAIGN, RULESET, NAME = 12, 22, "Coupons"
COUPON = {
    "code": None,
    "campaign": CAMPAIGN,
    "percent": None,  # of the items
    "amount": None,  # off the items
    "per_item": False,  # a discount for each unit
    "min_total": None,  # a condition of the rule: the least that the items cost
    "usage_limit": 1,  # 0: none
    "profile_limit": None,
    "start": None,
    "expiry": None,
    "recipient": None,  # the only profile that may use it
    "is_running": True,  # whether its campaign is
    "reservation": True,  # whether several profiles may reserve it
    "reservation_limit": None,
    "is_reservation_mandatory": False,
}


def build(deployment):
    """Create the coupons of the settings that are not there yet, and change the others."""
    for given in deployment.settings["coupons"]:
        unknown = given.keys() - COUPON.keys()
        if unknown or "code" not in given:
            raise ValueError(f"unknown in a coupon: {', '.join(sorted(unknown))}")
        state = {"uses": {}, "reserved": [], "created": deployment.clock.iso()}
        coupon = deployment.coupons.setdefault(given["code"], {"id": deployment.new_id(), **state})
        coupon.update({**COUPON, **given})


def rejection(deployment, coupon, session, total):
    """Return why a coupon of a session is rejected, None if it is accepted."""
    if coupon is None:
        return "CouponNotFound"
    if not coupon["is_running"] or not campaigns.is_running(deployment, coupon["campaign"]):
        return "CouponPartOfNotRunningCampaign"
    now, profile = deployment.clock.now(), session["profileId"]
    if coupon["start"] and epoch(coupon["start"]) > now:
        return "CouponStartDateInFuture"
    if coupon["expiry"] and epoch(coupon["expiry"]) <= now:
        return "CouponExpired"
    return rejection_by_profile(coupon, profile) or rejection_by_use(coupon, profile, total)


def rejection_by_profile(coupon, profile):
    if coupon["recipient"] not in (None, profile):
        return "CouponRecipientDoesNotMatch"
    if not profile and (coupon["is_reservation_mandatory"] or coupon["profile_limit"]):
        return "ProfileRequired"
    if coupon["is_reservation_mandatory"] and profile not in coupon["reserved"]:
        return "CouponReservationRequired"
    return None


def rejection_by_use(coupon, profile, total):
    if coupon["usage_limit"] and used(coupon) >= coupon["usage_limit"]:
        return "CouponLimitReached"
    if coupon["profile_limit"] and coupon["uses"].get(profile, 0) >= coupon["profile_limit"]:
        return "ProfileLimitReached"
    if coupon["min_total"] is not None and total < coupon["min_total"]:
        return "CouponRejectedByCondition"
    return None


def used(coupon):
    return sum(coupon["uses"].values())


def count(coupon, profile, change):
    coupon["uses"][profile] = coupon["uses"].get(profile, 0) + change


def describe(coupon):
    shown = {
        "id": coupon["id"],
        "created": coupon["created"],
        "campaignId": coupon["campaign"],
        "value": coupon["code"],
        "usageLimit": coupon["usage_limit"],
        "usageCounter": used(coupon),
        "reservationCounter": len(coupon["reserved"]),
        "attributes": {},
        "reservation": coupon["reservation"],
        "isReservationMandatory": coupon["is_reservation_mandatory"],
        "implicitlyReserved": False,
    }
    optional = {
        "reservationLimit": coupon["reservation_limit"],
        "startDate": coupon["start"],
        "expiryDate": coupon["expiry"],
        "recipientIntegrationId": coupon["recipient"],
    }
    return shown | {name: value for name, value in optional.items() if value is not None}


def describe_for(coupon, profile):
    return {**describe(coupon), "profileRedemptionCount": coupon["uses"].get(profile, 0)}


def state_of(deployment, coupon, profile):
    now = deployment.clock.now()
    if not coupon["is_running"]:
        return "disabled"
    if coupon["start"] and epoch(coupon["start"]) > now:
        return "pending"
    is_full = coupon["usage_limit"] and used(coupon) >= coupon["usage_limit"]
    is_mine = coupon["profile_limit"] and coupon["uses"].get(profile, 0) >= coupon["profile_limit"]
    if is_full or is_mine:
        return "used"
    is_over = coupon["expiry"] and epoch(coupon["expiry"]) <= now
    if is_over:
        return "used" if coupon["uses"].get(profile) else "expired"
    return "active"
