"""Calls per rolling interval (ten seconds) and per day, with HubSpot's headers and 429 bodies."""

import threading
import time
import uuid
from collections import deque

from kit.wire import json_response

POLICIES = {
    "burst": ("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit."),
    "daily": ("DAILY", "You have reached your daily limit."),
    "search": ("SECONDLY", "You have reached your secondly limit."),
}


class Limits:
    """Counts accepted calls; a rejected one does not count."""

    def __init__(self, settings):
        self.settings = settings
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        self._recent, self._searches, self.today = deque(), deque(), 0

    def take(self, is_search=False):
        """Count one call: None if it is within the limits, else the one of ``POLICIES`` that it hit."""
        with self._lock:
            now = time.monotonic()
            forget(self._recent, now - self.settings["interval_s"])
            if self.today >= self.settings["daily_limit"]:
                return "daily"
            if len(self._recent) >= self.settings["ten_secondly_limit"]:
                return "burst"
            if is_search:
                forget(self._searches, now - 1)
                if len(self._searches) >= self.settings["search_limit"]:
                    return "search"
                self._searches.append(now)
            self._recent.append(now)
            self.today += 1
            return None

    def headers(self, daily=True):
        """The X-HubSpot-RateLimit-* headers as (name, value) pairs; an app with OAuth is not told the daily ones."""
        burst, most = self.settings["ten_secondly_limit"], self.settings["daily_limit"]
        headers = (
            ("X-HubSpot-RateLimit-Max", burst),
            ("X-HubSpot-RateLimit-Remaining", max(0, burst - len(self._recent))),
            ("X-HubSpot-RateLimit-Interval-Milliseconds", int(self.settings["interval_s"] * 1000)),
            ("X-HubSpot-RateLimit-Daily", most),
            ("X-HubSpot-RateLimit-Daily-Remaining", max(0, most - self.today)),
        )
        return headers if daily else headers[:3]

    def rejection(self, which, retry_after=None):
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
        headers = self.headers()
        if retry_after is not None:
            headers = (*headers, ("Retry-After", retry_after))
        return json_response(429, body, headers)


def forget(calls, until):
    """Drop the times up to ``until``; the oldest come first."""
    while calls and calls[0] <= until:
        calls.popleft()
