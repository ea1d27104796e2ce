"""Calls per minute (per hour in a sandbox project), bulk calls, and calls per billing cycle, with their headers."""

import math
import time

from kit.limits import Limit

from .failures import Failure

BULK = ("/bulk/async", "/metadata/async", "/members/batch", "/importCSV", "/import")


def is_bulk(request):
    return request.path.endswith(BULK)


LIMITS = {
    "api_calls_cycle": Limit("calls_per_cycle", None),
    "api_calls": Limit("calls", "interval_s", lambda request: not is_bulk(request)),
    "bulk_api_calls": Limit("bulk_calls", "interval_s", is_bulk),
}
WAIT = {"api_calls_cycle": 86_400}  # seconds until a cycle ends; the others end with their window


def headers(project):
    """Return the headers that every response has, as (name, value) pairs."""
    left = project.limits.left("api_calls")
    retry = time.time() + (0 if left else project.settings["interval_s"])
    return (
        ("X-Rate-Limit-Limit", project.limits.most("api_calls")),
        ("X-Rate-Limit-Remaining", left),
        ("X-Rate-Limit-Retry", math.ceil(retry)),
    )


def rejection(project, which, retry_after=None):
    """Return the 429: its body has no key, its headers say which limit it is.

    ``Retry-After`` is optional: it is there only if a test asks for it, by setting or fault.
    """
    wait = WAIT.get(which, project.settings["interval_s"])
    failure = Failure(429, None, "Too many requests hit the API too quickly.")
    failure.headers = (
        ("X-Rate-Limit-Limit", project.limits.most(which)),
        ("X-Rate-Limit-Remaining", 0),
        ("X-Rate-Limit-Retry", math.ceil(time.time() + wait)),
        ("X-Rate-Limit-Type", which),
    )
    shown = project.settings["retry_after"] if retry_after is None else retry_after
    if shown is not None:
        failure.headers = (*failure.headers, ("Retry-After", shown))
    return failure.response()
