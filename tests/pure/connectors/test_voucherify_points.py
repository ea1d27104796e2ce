"""Points at Voucherify: booked later, perhaps rejected, and never twice."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from voucherify_calls import DAY, PROGRAM
from voucherify_fixtures import KEY, LINK, checked_calls, connect, points_item, project

from odoo.addons.retail_hub.connectors.loyalty import EngineProgram, LoyaltyEngine, customer_key
from odoo.addons.retail_hub.core.errors import (
    AcceptedError,
    BusinessError,
    MappingError,
    QuotaError,
    TransientError,
)

__all__ = ("checked_calls", "connect", "project")


@pytest.fixture
def member(project):
    """A member who has 100 points."""
    found = project.member(customer_key("1"))
    found.adjust(100)
    project.act("process")
    return found


def remote_id(member):
    return f"{member.id}/{member.card}"


def send(connect, item, resolve=False):
    with connect() as adapter:
        prepared = adapter.prepare(item)
        [outcome] = adapter.resolve([prepared]) if resolve else adapter.send([prepared])
        return outcome


def test_accepted_is_not_done(project, member, connect):
    project.configure(processing_s=None)
    item = points_item(remote_id=remote_id(member))
    outcome = send(connect, item)
    assert isinstance(outcome.error, AcceptedError)
    assert (outcome.error.retry_after, member.balance()[0]) == (1.0, 100)
    again = points_item(remote_id=remote_id(member), checkpoint=outcome.checkpoint)
    asked = send(connect, again)
    assert isinstance(asked.error, AcceptedError)
    assert (asked.error.retry_after, asked.checkpoint["asked"]) == (2.0, 1)
    project.act("process")
    done = send(connect, points_item(remote_id=remote_id(member), checkpoint=asked.checkpoint))
    assert (done.error, done.remote_id) == (None, remote_id(member))
    assert member.balance()[0] == 20
    assert [each[0] for each in member.transactions()] == ["ADMIN_DEBIT", "ADMIN_CREDIT"]


def test_rejected_after_it_was_accepted(project, member, connect):
    project.configure(processing_s=None)
    item = points_item(remote_id=remote_id(member), points="-180")
    outcome = send(connect, item)
    project.act("process")
    done = send(
        connect, points_item(points="-180", remote_id=remote_id(member), checkpoint=outcome.checkpoint)
    )
    assert isinstance(done.error, BusinessError)
    assert done.error.code == "NOT_ENOUGH_BALANCE"
    assert member.balance()[0] == 100


def test_an_answer_that_was_lost_is_looked_for(project, member, connect, sandbox):
    sandbox.fault(path="/points", drop="after", times=1)
    item = points_item(remote_id=remote_id(member))
    lost = send(connect, item)
    assert isinstance(lost.error, TransientError)
    assert lost.error.uncertain
    outcome = send(connect, points_item(remote_id=remote_id(member), in_doubt=True), resolve=True)
    project.act("process")
    assert outcome.error is None or isinstance(outcome.error, AcceptedError)
    assert member.balance()[0] == 20
    assert len(member.transactions()) == 2


def test_what_did_not_arrive_is_sent(project, member, connect):
    outcome = send(connect, points_item(remote_id=remote_id(member), in_doubt=True), resolve=True)
    assert isinstance(outcome.error, AcceptedError)
    project.act("process")
    assert member.balance()[0] == 20


def test_a_customer_who_is_no_member_becomes_one(project, connect):
    project.customer(customer_key("1"))
    outcome = send(connect, points_item(event_type="loyalty.enrolled"))
    [member] = project.records("members")
    assert outcome.error is None
    assert outcome.remote_id.startswith(f"{member['id']}/lcrd_")


def test_a_second_enrolment_is_none(project, member, connect):
    outcome = send(connect, points_item(event_type="loyalty.enrolled"))
    assert (outcome.error, outcome.remote_id) == (None, remote_id(member))
    assert len(project.records("members")) == 1


def test_zero_points_are_no_transaction(project, member, connect):
    outcome = send(connect, points_item(remote_id=remote_id(member), points="0"))
    assert outcome.error is None
    assert len(member.transactions()) == 1


def test_a_fraction_of_a_point_is_refused(connect):
    with connect() as adapter, pytest.raises(MappingError, match="whole points"):
        adapter.prepare(points_item(points="-0.5"))


def test_a_program_that_is_not_linked(connect):
    with connect(loyalty_programs={}) as adapter, pytest.raises(MappingError, match="not linked"):
        adapter.prepare(points_item())


def test_a_wallet_that_does_not_exist(project, member, connect):
    link = EngineProgram(PROGRAM, "lcdef_0000000000000001")
    with connect(loyalty_programs={"3": link}) as adapter:
        [outcome] = adapter.send([adapter.prepare(points_item(event_type="loyalty.enrolled"))])
    assert isinstance(outcome.error, BusinessError)
    assert outcome.error.code == "NO_SUCH_WALLET"


def test_an_inactive_member_is_no_lock_to_wait_for(project, member, connect):
    """423 is a rule that forbids it."""
    project.post(f"{member.path}/deactivate")
    outcome = send(connect, points_item(remote_id=remote_id(member)))
    assert isinstance(outcome.error, BusinessError)
    assert outcome.error.code == "non_active_member"


def test_what_a_member_has(project, member, connect):
    with connect() as adapter:
        assert isinstance(adapter, LoyaltyEngine)
        found = adapter.membership(LINK, "1")
        nobody = adapter.membership(LINK, "2")
    assert nobody is None
    assert (found.remote_id, found.balance, found.pending) == (remote_id(member), Decimal(100), Decimal(0))


def test_transactions_know_what_they_were_for(project, member, connect):
    send(connect, points_item(7, remote_id=remote_id(member)))
    project.order("sale-42", 5_000, customer=customer_key("1"))
    project.act("process")
    with connect() as adapter:
        first, second, third = adapter.transactions(LINK, remote_id(member))
        assert [each.id for each in adapter.transactions(LINK, remote_id(member), second.id)] == [third.id]
    assert [(each.kind, each.points, each.state) for each in (first, second, third)] == [
        ("adjust", Decimal(100), "booked"),
        ("adjust", Decimal(-80), "booked"),
        ("earn", Decimal(50), "booked"),
    ]
    assert (first.key, second.key) == ("", KEY.format(7))
    assert third.group.startswith("evcus_")
    assert abs((third.occurred_at - datetime.now(UTC).replace(tzinfo=None)).total_seconds()) < 60


def test_points_that_expire(project, connect):
    project.configure(wallets=[{"expiration_days": 30}])
    member = project.member(customer_key("1"))
    member.adjust(40)
    project.act("process")
    with connect() as adapter:
        [lot] = adapter.membership(LINK, "1").expiring
    assert lot.points == 40
    project.configure(ahead_s=60 * DAY)
    project.act("process")
    with connect() as adapter:
        kinds = [each.kind for each in adapter.transactions(LINK, remote_id(member))]
    assert kinds == ["adjust", "expire"]


@pytest.mark.parametrize(("limit", "wait"), [("api_calls", 60), ("api_calls_cycle", 3600)])
def test_a_limit_says_how_long_to_wait(sandbox, member, connect, limit, wait):
    """``X-Rate-Limit-Retry`` is a time, not a number of seconds; a month that is used up is not over in seconds."""
    sandbox.fault(limit=limit)
    outcome = send(connect, points_item(remote_id=remote_id(member)))
    assert isinstance(outcome.error, QuotaError)
    assert outcome.error.code == limit
    assert wait - 3 <= outcome.error.retry_after <= wait + 3
