"""What follows an attempt, as a table (the error classes in doc/operations.rst)."""

import pytest

from odoo.addons.retail_hub.connectors import base
from odoo.addons.retail_hub.policy import decide


@pytest.mark.parametrize(
    ("error", "attempts", "state", "attempts_after"),
    [
        (None, 0, "delivered", 1),
        (base.TransientError("x"), 0, "pending", 1),
        (base.TransientError("x", uncertain=True), 0, "unknown", 1),
        (base.TransientError("x"), 9, "pending", 10),
        (base.TransientError("x"), 10, "dead", 11),
        (base.TransientError("x", uncertain=True), 10, "dead", 11),
        (base.TransientError("x", uncertain=True).not_sent(), 3, "pending", 3),
        (base.QuotaError("x"), 10, "pending", 10),
        (base.AuthError("x"), 10, "pending", 10),
        (base.DependencyError("x"), 10, "pending", 10),
        (base.ConflictError("x"), 1, "pending", 2),
        (base.ConflictError("x"), 2, "dead", 3),
        (base.MappingError("x"), 0, "dead", 1),
        (base.ValidationError("x"), 0, "dead", 1),
        (base.BusinessError("x"), 0, "dead", 1),
        (base.GoneError("x"), 0, "dead", 1),
    ],
)
def test_decision(error, attempts, state, attempts_after):
    decision = decide(error, attempts)
    assert (decision.state, decision.attempts) == (state, attempts_after)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (None, "delivered"),
        (base.TransientError("x"), "unknown"),
        (base.TransientError("x").not_sent(), "unknown"),
        (base.QuotaError("x"), "unknown"),
        (base.AuthError("x"), "unknown"),
        (base.ConflictError("x"), "unknown"),
        (base.ValidationError("x"), "dead"),
    ],
)
def test_uncertain_until_settled(error, state):
    """A try that was surely not applied says nothing of the one before."""
    assert decide(error, 1, is_settling=True).state == state


@pytest.mark.parametrize(
    ("error", "low", "high"),
    [
        (base.TransientError("x"), 4, 6),
        (base.TransientError("x", retry_after=90), 90, 90),
        (base.QuotaError("x"), 10, 10),
        (base.QuotaError("x", retry_after=3), 3, 3),
        (base.AuthError("x"), 0, 0),
    ],
)
def test_delay(error, low, high):
    assert low <= decide(error, 0).delay <= high
