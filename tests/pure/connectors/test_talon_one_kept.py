"""Points that Talon.One leaves with a customer by its return policy: outcomes say how many, each once."""

import pytest
from talon_one_fixtures import PROFILE, checked_calls, connect, deliver, linked, talon
from test_talon_one_orders import item, refund

from odoo.addons.retail_hub.connectors.loyalty import EngineProgram, KeptPoints

__all__ = ("checked_calls", "connect", "deliver", "talon")

SESSION_RULE = {"kind": "earn", "name": "Order", "per_item": False}


def kept(*points):
    return [KeptPoints("3", "7", each) for each in points]


@pytest.fixture
def sold(deliver):
    """An order of two items of two units each, at 6.00, in a program with the default policy."""
    assert not deliver(item()).kept_points


def test_active_points_of_returned_units(sold, talon, deliver):
    assert deliver(refund((1, "1", "2", "6.00"))).kept_points == kept(6)
    assert deliver(refund((0, "2"), (1, "1", "2", "6.00"), number=10)).kept_points == kept(18)
    assert talon.active(PROFILE) == 24


def test_what_is_cancelled_after_a_part_was_returned(sold, talon, deliver):
    deliver(refund((1, "1", "2", "6.00")))
    assert deliver(item("order.cancelled", number=2)).kept_points == kept(18)


def test_a_policy_that_takes_active_points_back(sold, talon, deliver):
    talon.configure(programs=[{"return_policy": "unlimited"}])
    assert deliver(refund((1, "1", "2", "6.00"))).kept_points == []
    assert deliver(item("order.cancelled", number=2)).kept_points == []
    assert talon.active(PROFILE) == 0


def test_pending_points(talon, deliver):
    """Talon.One takes them back, whatever the policy is."""
    talon.configure(programs=[{"default_pending": "14D"}])
    deliver(item())
    assert deliver(refund((1, "1", "2", "6.00"))).kept_points == []
    assert deliver(item("order.cancelled", number=2)).kept_points == []


@pytest.mark.parametrize("policy", ["only_pending", "unlimited"])
def test_points_of_a_whole_session(talon, deliver, policy):
    """They belong to its items in proportion. Only a cancellation can take them back in Talon.One."""
    talon.configure(programs=[{"return_policy": policy}], rules=[SESSION_RULE])
    deliver(item())
    assert talon.active(PROFILE) == 24
    assert deliver(refund((1, "1", "2", "6.00"))).kept_points == kept(6)
    assert deliver(refund((1, "1", "2", "6.00"), number=10)).kept_points == kept(6)
    left = kept(12) if policy == "only_pending" else []
    assert deliver(item("order.cancelled", number=2)).kept_points == left


def test_an_order_that_was_never_paid(talon, deliver):
    deliver(item("order.placed"))
    assert deliver(item("order.cancelled", number=2)).kept_points == []


def test_two_orders_in_one_refund(sold, deliver):
    deliver(item(id="43", number=2))
    lines = ((0, "2", "2", "12.00", "42"), (0, "1", "2", "6.00", "43"))
    assert deliver(refund(*lines)).kept_points == kept(18)


def test_a_lost_response(sold, deliver, sandbox):
    sandbox.fault(path="/returns", drop="after", times=1)
    assert deliver(refund((0, "1", "2", "6.00"))).error.uncertain
    assert deliver(refund((0, "1", "2", "6.00")), is_in_doubt=True).kept_points == kept(6)


def test_a_failure_after_the_return(sold, talon, deliver, sandbox):
    """The items are not returned again: only what is left is read."""
    sandbox.fault(path="/sale-42", method="GET", status=503, skip=1, times=1)
    failed = deliver(refund((0, "1", "2", "6.00")))
    assert failed.error.http_status == 503
    assert failed.checkpoint == {"returned": {"sale-42": [[0, 0, 1], [1, 0, 0]]}}
    again = deliver(linked(refund((0, "1", "2", "6.00")), 9, checkpoint=failed.checkpoint))
    assert (again.error, again.kept_points) == (None, kept(6))
    [session] = talon.records("sessions")
    assert [each.get("returnedQuantity", 0) for each in session["cartItems"]] == [1, 0]


@pytest.mark.parametrize("program", [EngineProgram("5", owns_points=False), EngineProgram("5", "gold")])
def test_points_of_others(talon, connect, program):
    """The hub itself reverses those that Odoo owns, and knows nothing of wallets that are not linked."""
    with connect(loyalty_programs={"3": program}) as adapter:
        for each in (item(), refund((1, "1", "2", "6.00"))):
            [outcome] = adapter.send([adapter.prepare(each)])
            assert (outcome.error, list(outcome.kept_points)) == (None, [])
