"""The rate of calls: what is left, and how long to wait."""

import pytest

from odoo.addons.retail_hub.core.rate_limit import rate, retry_after


@pytest.mark.parametrize(
    ("limit", "full_in", "remaining", "reset"),
    [
        (60, -5.0, 60, 0),
        (60, 0.0, 60, 0),
        (60, 0.5, 59, 1),
        (60, 59.5, 0, 60),
        (10, 6.0, 9, 6),
        (10, 60.0, 0, 60),
    ],
)
def test_what_is_left(limit, full_in, remaining, reset):
    found = rate(limit, full_in)
    assert (found.remaining, found.reset) == (remaining, reset)
    assert found.headers == {
        "RateLimit-Policy": f'"default";q={limit};w=60',
        "RateLimit": f'"default";r={remaining};t={reset}',
    }


@pytest.mark.parametrize(
    ("limit", "full_in", "seconds"), [(10, 60.0, 6), (10, 57.0, 3), (60, 59.9, 1), (1, 60.0, 60)]
)
def test_how_long_to_wait(limit, full_in, seconds):
    assert retry_after(limit, full_in) == seconds
