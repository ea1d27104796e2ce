"""Points at Talon.One: booked once, by an event or by the Management API; and what a member has."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from talon_one_calls import DAY
from talon_one_fixtures import (
    BOTH,
    INTEGRATION,
    KEY,
    LINK,
    PROFILE,
    checked_calls,
    connect,
    deliver,
    points_item,
    talon,
)

from odoo.addons.retail_hub.connectors.loyalty import EngineProgram, LoyaltyEngine
from odoo.addons.retail_hub.core.errors import (
    AuthError,
    BusinessError,
    MappingError,
    QuotaError,
    TransientError,
)

__all__ = ("checked_calls", "connect", "deliver", "talon")
BOTH_WAYS = pytest.mark.parametrize("credentials", [INTEGRATION, BOTH], ids=["event", "management"])


@pytest.fixture
def member(talon):
    """A profile that has 100 points."""
    talon.configure(management_calls=1_000)
    talon.profile(PROFILE)
    talon.add(100, PROFILE, name="Welcome")
    return PROFILE


# ----- changes -----


@BOTH_WAYS
def test_points_are_changed(talon, member, deliver, credentials):
    outcome = deliver(points_item(), credentials=credentials)
    assert (outcome.error, outcome.remote_id) == (None, "odoo-7/5")
    assert deliver(points_item(2, "loyalty.adjusted", "5.25"), credentials=credentials).error is None
    assert talon.active(PROFILE) == 25.25


@BOTH_WAYS
def test_a_response_that_was_lost_doubles_nothing(talon, member, deliver, sandbox, credentials):
    path = "/deduct_points" if "management_key" in credentials else "/v3/events"
    sandbox.fault(path=path, drop="after", times=1)
    assert deliver(points_item(), credentials=credentials).error.uncertain
    assert deliver(points_item(), is_in_doubt=True, credentials=credentials).error is None
    assert talon.active(PROFILE) == 20


@BOTH_WAYS
def test_what_did_not_arrive_is_sent(talon, member, deliver, credentials):
    assert deliver(points_item(), is_in_doubt=True, credentials=credentials).error is None
    assert talon.active(PROFILE) == 20


@BOTH_WAYS
def test_the_second_of_two_equal_changes_is_another_one(talon, member, deliver, credentials):
    deliver(points_item(1, points="-30"), points_item(2, points="-30"), credentials=credentials)
    assert talon.active(PROFILE) == 40


@BOTH_WAYS
def test_more_than_there_is(talon, member, deliver, credentials):
    """By an event that is a 200 without the effect: nothing was deducted."""
    outcome = deliver(points_item(points="-180"), credentials=credentials)
    assert outcome.error.error_class in ("business", "validation")
    assert "active" in outcome.error.message
    assert talon.active(PROFILE) == 100


def test_an_event_that_booked_nothing_is_used_up(talon, member, deliver):
    """The same ID again is 409, and no success: it is tried with the next one."""
    for _time in range(2):
        outcome = deliver(points_item(points="-180"))
        assert isinstance(outcome.error, BusinessError)
        assert outcome.error.code == "NOT_BOOKED"
    talon.add(100, PROFILE)
    assert deliver(points_item(points="-180")).error is None
    assert talon.active(PROFILE) == 20
    assert deliver(points_item(points="-180")).error is None  # whatever is sent again later
    assert talon.active(PROFILE) == 20
    assert [each["integrationId"] for each in talon.records("events")] == [
        KEY.format(1),
        f"{KEY.format(1)}.2",
        f"{KEY.format(1)}.3",
    ]


def test_an_event_without_a_rule(talon, member, deliver):
    talon.configure(rules=[])
    outcome = deliver(points_item())
    assert outcome.error.code == "NOT_BOOKED"
    assert 'the event "correction"' in outcome.error.message


def test_a_rule_that_books_something_else(talon, member, deliver):
    talon.configure(rules=[{"kind": "event", "event": "correction", "points": 3}])
    for _time in range(2):
        outcome = deliver(points_item(points="50"))
        assert isinstance(outcome.error, BusinessError)
        assert outcome.error.code == "BOOKED_OTHERWISE"
    assert talon.active(PROFILE) == 103


def test_the_transaction_of_an_event_is_in_the_response(talon, member, deliver, sandbox):
    """Talon.One does not say of which event a transaction is, also if the response was lost."""
    first = deliver(points_item()).response["transaction"]
    sandbox.fault(path="/v3/events", drop="after", times=1)
    deliver(points_item(2, points="7"))
    second = deliver(points_item(2, points="7"), is_in_doubt=True).response["transaction"]
    assert [second, first] == [each["transactionUUID"] for each in talon.transactions(PROFILE)][:2]


def test_the_event_is_the_admins(talon, member, deliver):
    talon.configure(
        events=["hub"], rules=[{"kind": "event", "event": "hub", "attribute": "Points", "points": 0}]
    )
    assert deliver(points_item(), credentials={**BOTH, "correction_event": "hub"}).error is None
    assert [each["type"] for each in talon.records("events")] == ["hub"]


def test_a_busy_profile_is_no_event_that_is_known(talon, member, deliver, sandbox):
    """Both are 409."""
    sandbox.fault(path="/v3/events", status=409, times=1, body={"message": "Too many requests"})
    outcome = deliver(points_item())
    assert isinstance(outcome.error, TransientError)
    assert (outcome.error.code, talon.active(PROFILE)) == ("BUSY", 100)


def test_calls_of_the_management_api_are_few(talon, member, deliver):
    talon.configure(management_calls=3, management_interval_s=60)
    errors = [deliver(points_item(n, points="-1"), credentials=BOTH).error for n in range(1, 5)]
    assert errors[:3] == [None] * 3
    assert isinstance(errors[3], QuotaError)
    assert not errors[3].uncertain
    assert talon.active(PROFILE) == 97


def test_a_management_key_of_other_endpoints(talon, member, deliver):
    talon.configure(management_operations=["getLoyaltyPrograms"])
    outcome = deliver(points_item(), credentials=BOTH)
    assert isinstance(outcome.error, AuthError)
    assert outcome.error.code == "FORBIDDEN"


def test_zero_points_are_no_transaction(talon, member, deliver):
    assert deliver(points_item(points="0")).error is None
    assert talon.amounts(PROFILE) == [100]


@pytest.mark.parametrize(
    ("changes", "settings", "message"),
    [
        ({"points": "-0.125"}, {}, "2 decimals"),
        ({}, {"loyalty_programs": {}}, "not linked"),
    ],
)
def test_what_cannot_be_sent(connect, changes, settings, message):
    with connect(**settings) as adapter, pytest.raises(MappingError, match=message):
        adapter.prepare(points_item(**changes))


def test_an_event_serves_one_program(talon, member, connect, deliver):
    programs = {"3": LINK, "4": EngineProgram("5", "stamps")}
    with connect(loyalty_programs=programs) as adapter, pytest.raises(MappingError, match="management key"):
        adapter.prepare(points_item())
    credentials = {**BOTH, "correction_event": "correction"}
    assert deliver(points_item(), credentials=credentials, loyalty_programs=programs).error is None
    assert (talon.active(PROFILE), talon.records("events")) == (20, [])


# ----- members -----


def test_a_customer_joins_and_once(talon, deliver):
    for _time in range(2):
        outcome = deliver(points_item(event_type="loyalty.enrolled"))
        assert (outcome.error, outcome.remote_id) == (None, "odoo-7/5")
    assert [each["integrationId"] for each in talon.records("profiles")] == [PROFILE]


def test_a_program_that_does_not_exist(talon, deliver):
    outcome = deliver(points_item(event_type="loyalty.enrolled"), loyalty_programs={"3": EngineProgram("99")})
    assert isinstance(outcome.error, BusinessError)


def test_what_a_member_has(talon, member, connect):
    talon.configure(programs=[{"tiers": [{"name": "Silver", "min_points": 50}]}])
    talon.add(50, PROFILE, pendingDuration="14D")
    talon.add(20, PROFILE, validityDuration="30D")
    talon.add(7, PROFILE, subledgerId="stamps")
    with connect() as adapter:
        assert isinstance(adapter, LoyaltyEngine)
        found = adapter.membership(LINK, "7")
        stamps = adapter.membership(EngineProgram("5", "stamps"), "7")
        assert adapter.membership(LINK, "8") is None
    assert (found.remote_id, found.balance, found.pending, found.tier) == (
        "odoo-7/5",
        Decimal(120),
        Decimal(50),
        "Silver",
    )
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    assert [(each.points, abs((each.day - day).days) <= 1) for each in found.expiring] == [
        (Decimal(20), True)
    ]
    assert (stamps.remote_id, stamps.balance, stamps.expiring) == ("odoo-7/5/stamps", Decimal(7), [])


def test_a_negative_balance(talon, member, connect):
    talon.configure(programs=[{"return_policy": "unlimited"}])
    talon.order(profile=PROFILE)
    talon.deduct(150, PROFILE)
    talon.cancel()
    with connect() as adapter:
        assert adapter.membership(LINK, "7").balance == Decimal(-50)


def kinds(adapter, **arguments):
    return [
        (each.kind, each.points, each.state)
        for each in adapter.transactions(LINK, f"{PROFILE}/5", **arguments)
    ]


def test_transactions_know_what_they_were_for(talon, member, connect, deliver):
    talon.order("sale-42", (("LAMP", 2, 50),), PROFILE, attributes={"PointsToSpend": 30})
    deliver(points_item(3), credentials=BOTH)
    talon.add(5, PROFILE, pendingDuration="14D")
    with connect() as adapter:
        found = adapter.transactions(LINK, f"{PROFILE}/5")
    assert [(each.kind, each.points, each.state, each.order) for each in found] == [
        ("adjust", Decimal(100), "booked", ""),
        ("redeem", Decimal(-30), "booked", "sale-42"),
        ("earn", Decimal(50), "booked", "sale-42"),
        ("earn", Decimal(50), "booked", "sale-42"),
        ("adjust", Decimal(-80), "booked", ""),
        ("adjust", Decimal(5), "pending", ""),
    ]
    assert [each.key for each in found] == ["", "", "", "", KEY.format(3), ""]
    assert abs((found[-1].occurred_at - datetime.now(UTC).replace(tzinfo=None)).total_seconds()) < 60


def test_reversals(talon, member, connect):
    """Points that are given back were not earned, and those that are taken back were not spent."""
    talon.configure(programs=[{"return_policy": "unlimited"}])
    talon.order("sale-42", (("LAMP", 1, 50),), PROFILE, attributes={"PointsToSpend": 30})
    with connect() as adapter:
        last = adapter.transactions(LINK, f"{PROFILE}/5")[-1].id
        talon.cancel("sale-42")
        assert sorted(kinds(adapter, after=last)) == [
            ("reverse", Decimal(-50), "booked"),
            ("reverse", Decimal(30), "booked"),
        ]


def test_only_what_is_new(talon, member, connect):
    with connect() as adapter:
        [first] = adapter.transactions(LINK, f"{PROFILE}/5")
        assert kinds(adapter, after=first.id) == []
        talon.add(3, PROFILE)
        assert kinds(adapter, after=first.id) == [("adjust", Decimal(3), "booked")]
        later = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)
        assert kinds(adapter, since=later) == []


def test_transactions_of_many_pages(talon, member, connect, monkeypatch):
    monkeypatch.setattr("odoo.addons.retail_hub.connectors.talon_one.api.MAX_PAGE", 3)
    talon.order(items=[("LAMP", 10, 2)], profile=PROFILE)
    with connect() as adapter:
        assert len(adapter.transactions(LINK, f"{PROFILE}/5")) == 11


def test_pending_points_become_active(talon, member, connect, sandbox):
    talon.add(5, PROFILE, pendingDuration="14D")
    with connect() as adapter:
        assert kinds(adapter)[-1] == ("adjust", Decimal(5), "pending")
    talon.configure(ahead_s=15 * DAY)
    sandbox.configure("talon_one", clock_skew=15 * DAY)
    with connect() as adapter:
        adapter.test_connection()
        assert kinds(adapter)[-1] == ("adjust", Decimal(5), "booked")


def test_points_that_expire(talon, connect):
    """Talon.One lists no transaction of it: what is left of each lot is gone at its date."""
    talon.profile(PROFILE)
    talon.add(40, PROFILE, validityDuration="30D")
    talon.deduct(15, PROFILE)
    talon.configure(ahead_s=60 * DAY)
    with connect() as adapter:
        found = adapter.transactions(LINK, f"{PROFILE}/5")
        assert [(each.kind, each.points) for each in found] == [
            ("adjust", Decimal(40)),
            ("adjust", Decimal(-15)),
            ("expire", Decimal(-25)),
        ]
        assert sum(each.points for each in found) == adapter.membership(LINK, "7").balance
        assert kinds(adapter, after=found[1].id) == [("expire", Decimal(-25), "booked")]
        again = adapter.transactions(LINK, f"{PROFILE}/5", after=found[2].id)
        assert [each.id for each in again] == [found[2].id]  # it is known by its id
        assert adapter.transactions(LINK, f"{PROFILE}/5")[2].id == found[2].id


# ----- keys -----


def test_a_key_that_has_expired(talon, member, deliver):
    talon.configure(integration_key_expires="2020-01-01T00:00:00Z")
    outcome = deliver(points_item())
    assert isinstance(outcome.error, AuthError)
    assert "has expired" in outcome.error.message


def test_both_keys_are_tested(talon, connect):
    with connect(credentials=BOTH) as adapter:
        assert adapter.test_connection().account == "127.0.0.1"
    talon.configure(management_key="another")
    with connect(credentials=BOTH) as adapter, pytest.raises(AuthError, match="management key"):
        adapter.test_connection()
    talon.configure(management_key="sandbox-mgmt-key", management_operations=["addLoyaltyPoints"])
    with connect(credentials=BOTH) as adapter:
        assert adapter.test_connection().account == "127.0.0.1"
