"""What follows an attempt, as a table (the error classes in doc/operations.rst)."""

import pytest

from odoo.addons.retail_hub.core import errors
from odoo.addons.retail_hub.core.policy import decide


@pytest.mark.parametrize(
    ("error", "attempts", "state", "attempts_after"),
    [
        (None, 0, "delivered", 1),
        (errors.TransientError("x"), 0, "pending", 1),
        (errors.TransientError("x", uncertain=True), 0, "unknown", 1),
        (errors.TransientError("x"), 9, "pending", 10),
        (errors.TransientError("x"), 10, "dead", 11),
        (errors.TransientError("x", uncertain=True), 10, "dead", 11),
        (errors.TransientError("x", uncertain=True).not_sent(), 3, "pending", 3),
        (errors.QuotaError("x"), 10, "pending", 10),
        (errors.AuthError("x"), 10, "pending", 10),
        (errors.DependencyError("x"), 10, "pending", 10),
        (errors.ConflictError("x"), 1, "pending", 2),
        (errors.ConflictError("x"), 2, "dead", 3),
        (errors.MappingError("x"), 0, "dead", 1),
        (errors.ValidationError("x"), 0, "dead", 1),
        (errors.BusinessError("x"), 0, "dead", 1),
        (errors.RemoteNotFoundError("x"), 0, "dead", 1),
    ],
)
def test_decision(error, attempts, state, attempts_after):
    decision = decide(error, attempts)
    assert (decision.state, decision.attempts) == (state, attempts_after)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (None, "delivered"),
        (errors.TransientError("x"), "unknown"),
        (errors.TransientError("x").not_sent(), "unknown"),
        (errors.QuotaError("x"), "unknown"),
        (errors.AuthError("x"), "unknown"),
        (errors.ConflictError("x"), "unknown"),
        (errors.ValidationError("x"), "dead"),
    ],
)
def test_uncertain_until_resolved(error, state):
    """An attempt that was surely not applied says nothing of the one before."""
    assert decide(error, 1, is_in_doubt=True).state == state


@pytest.mark.parametrize(
    ("error", "low", "high"),
    [
        (errors.TransientError("x"), 4, 6),
        (errors.TransientError("x", retry_after=90), 90, 90),
        (errors.QuotaError("x"), 10, 10),
        (errors.QuotaError("x", retry_after=3), 3, 3),
        (errors.AuthError("x"), 0, 0),
    ],
)
def test_delay(error, low, high):
    assert low <= decide(error, 0).delay <= high
