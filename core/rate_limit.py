"""The rate of calls that a client may make: a token bucket, as the generic cell rate algorithm. Plain Python.

A client that has been idle for a minute may make a minute's calls at once, and then one every ``60 / limit`` seconds.
Instead of tokens, a time is kept: when the bucket would be full again ("theoretical arrival time").
"""

import math
from typing import NamedTuple

PERIOD = 60  # seconds


class Rate(NamedTuple):
    """What is left to a client.

    :param limit: calls per minute
    :param remaining: calls that it may make at once
    :param reset: seconds until it may make ``limit`` calls at once
    """

    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """The headers ``RateLimit`` and ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f'"default";q={self.limit};w={PERIOD}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset}',
        }


def exhausted(name: str, quota: int, seconds: int, window: int | None = None) -> dict[str, str]:
    """Return the headers of a refusal because a limit is reached.

    :param name: which limit it is, such as ``parallel``
    :param quota: what it allows
    :param seconds: when to try again
    :param window: the seconds for which the quota is; None if it is no rate
    """
    policy = f'"{name}";q={quota}' + (f";w={window}" if window else "")
    headers = {"RateLimit-Policy": policy, "RateLimit": f'"{name}";r=0;t={seconds}'}
    return {"Retry-After": str(seconds), **headers}


def rate(limit: int, full_in: float) -> Rate:
    """Return what is left.

    :param full_in: seconds until the bucket is full again; 0 or less: it is
    """
    remaining = math.floor((PERIOD - max(full_in, 0)) * limit / PERIOD)
    return Rate(limit, max(remaining, 0), math.ceil(max(full_in, 0)))


def retry_after(limit: int, full_in: float) -> int:
    """Return after how many whole seconds a client with an empty bucket may make a call."""
    return max(math.ceil(full_in + PERIOD / limit - PERIOD), 1)
