"""Calls per ten seconds and per day, of associations per ten seconds, and searches a second.

With HubSpot's headers and 429 bodies.
"""

import uuid

from kit.limits import Limit
from kit.wire import json_response

LIMITS = {
    "daily": Limit("daily_limit", None),
    "burst": Limit("ten_secondly_limit", "interval_s"),
    "associations": Limit(
        "associations_limit", "interval_s", lambda request: "/associations/" in request.path
    ),
    "search": Limit("search_limit", 1, lambda request: request.path.endswith("/search")),
}
POLICIES = {
    "burst": ("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit."),
    "daily": ("DAILY", "You have reached your daily limit."),
    "associations": ("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit."),
    "search": ("SECONDLY", "You have reached your secondly limit."),
}


def headers(limits, daily=True):
    """Return the X-HubSpot-RateLimit-* headers as (name, value) pairs. Apps with OAuth do not get the daily ones."""
    found = (
        ("X-HubSpot-RateLimit-Max", limits.most("burst")),
        ("X-HubSpot-RateLimit-Remaining", limits.left("burst")),
        ("X-HubSpot-RateLimit-Interval-Milliseconds", int(limits.settings["interval_s"] * 1000)),
        ("X-HubSpot-RateLimit-Daily", limits.most("daily")),
        ("X-HubSpot-RateLimit-Daily-Remaining", limits.left("daily")),
    )
    return found if daily else found[:3]


def rejection(limits, which, retry_after=None):
    """The 429 for one of the ``POLICIES``; ``retry_after``: seconds, None for no such header."""
    policy, message = POLICIES[which]
    body = {
        "status": "error",
        "message": message,
        "errorType": "RATE_LIMIT",
        "correlationId": str(uuid.uuid4()),
        "policyName": policy,
        "groupName": "publicapi:private-apps",
    }
    all_headers = headers(limits)
    if retry_after is not None:
        all_headers = (*all_headers, ("Retry-After", retry_after))
    return json_response(429, body, all_headers)
