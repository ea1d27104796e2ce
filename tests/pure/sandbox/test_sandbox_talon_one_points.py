"""Points of Talon.One: balances, transactions, dates, tiers, joining, and the Management API."""

import time
from datetime import UTC, datetime

import pytest
from talon_one_calls import DAY, PROGRAM, Deployment, effects

READS = ("balances", "transactions", "points")
TIERS = [{"name": "Silver", "min_points": 100}, {"name": "Gold", "min_points": 500}]


@pytest.fixture
def talon(sandbox):
    deployment = Deployment(sandbox)
    deployment.profile()
    deployment.configure(management_calls=1_000)
    return deployment


def points(talon, **found):
    """Return (active, pending, spent, expired, negative)."""
    balance = talon.balance(**found)
    return tuple(balance[f"{name}Points"] for name in ("active", "pending", "spent", "expired", "negative"))


# ----- the Management API -----


def test_adding_is_204_and_each_time_anew(talon):
    """No body, no ID, no key: the same request twice adds twice."""
    for _ in range(2):
        talon.add(12.5, name="odoo/1")
    assert (points(talon), talon.amounts()) == ((25, 0, 0, 0, 0), [12.5, 12.5])
    assert {each["name"] for each in talon.transactions()} == {"odoo/1"}


def test_only_active_points_can_be_deducted(talon):
    talon.add(50)
    talon.add(50, pendingDuration="2D")
    assert talon.deduct(51).status == 400
    assert (talon.deduct(50, name="odoo/2").status, points(talon)) == (204, (0, 50, 50, 0, 0))
    assert talon.deduct(0.01).status == 400
    talon.configure(ahead_s=2 * DAY + 60)
    assert (talon.deduct(50).status, points(talon)) == (204, (0, 0, 100, 0, 0))


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({}, "/points"),
        ({"points": 0}, "/points"),
        ({"points": -5}, "/points"),
        ({"points": "5"}, "/points"),
        ({"points": 10**12}, "/points"),
        ({"points": 5, "reason": "x"}, "/reason"),
        ({"points": 5, "validityDuration": "5d"}, "/validityDuration"),
        ({"points": 5, "pendingDuration": "soon"}, "/pendingDuration"),
        ({"points": 5, "validUntil": "2099-01-01"}, "/validUntil"),
        ({"points": 5, "validUntil": "2020-01-01T00:00:00Z"}, "/validUntil"),
        ({"points": 5, "validUntil": "2099-01-01T00:00:00Z", "validityDuration": "5D"}, "/validUntil"),
        ({"points": 5, "pendingUntil": "2099-01-01T00:00:00Z", "pendingDuration": "5D"}, "/pendingUntil"),
        ({"points": 5, "applicationId": 1}, "/applicationId"),
    ],
)
def test_what_adding_refuses(talon, data, pointer):
    answer = talon.manage("PUT", f"{PROGRAM}/profile/ann/add_points", data, wrong=True)
    assert (answer.status, answer.data["errors"][0]["source"]) == (400, {"pointer": pointer})
    assert talon.transactions() == []


@pytest.mark.parametrize("path", ["/v1/loyalty_programs/6/profile/ann", f"{PROGRAM}/profile/bob"])
def test_what_is_not_there(talon, path):
    assert talon.manage("PUT", f"{path}/add_points", {"points": 5}).status == 404
    assert talon.manage("PUT", f"{path}/deduct_points", {"points": 5}).status == 404
    assert [talon("GET", f"{path}/{name}").status for name in READS] == [404, 404, 404]


def test_subledgers(talon):
    talon.add(5)
    talon.add(7, subledgerId="charity")
    body = talon.get(f"{PROGRAM}/profile/ann/balances")
    assert (body["balance"]["activePoints"], body["subledgerBalances"]["charity"]["activePoints"]) == (5, 7)
    assert [each["subledgerId"] for each in talon.transactions()] == ["charity", ""]
    assert talon.amounts(subledgerId="charity") == [7]
    assert talon.deduct(6).status == 400
    assert talon.deduct(6, subledgerId="charity").status == 204
    talon.configure(programs=[{"allow_subledger": False}])
    answer = talon.manage("PUT", f"{PROGRAM}/profile/ann/add_points", {"points": 5, "subledgerId": "x"})
    assert answer.status == 400


def test_programs_and_attributes(talon):
    talon.configure(programs=[{"tiers": TIERS, "default_pending": "14D"}, {"title": "Second"}])
    listed = talon.manage("GET", "/v1/loyalty_programs").data["data"]
    assert [(each["id"], each["title"]) for each in listed] == [(5, "Club"), (6, "Second")]
    one = talon.manage("GET", PROGRAM).data
    assert (one["returnPolicy"], one["defaultPending"]) == ("only_pending", "14D")
    assert [each["minPoints"] for each in one["tiers"]] == [100, 500]
    listed = talon.manage("GET", "/v1/attributes?entity=CartItem").data["data"]
    assert [(each["name"], each["type"]) for each in listed] == [("material", "string"), ("gift", "boolean")]


def test_transactions_of_a_program(talon):
    talon.profile("bob")
    talon.add(5)
    talon.add(7, profile="bob")
    talon.order("S1", profile="bob")
    body = talon.manage("GET", f"{PROGRAM}/transactions?loyaltyTransactionType=manual").data
    assert [(each["customerProfileId"], each["amount"]) for each in body["data"]] == [("bob", 7), ("ann", 5)]


# ----- dates -----


def test_pending_points_become_active_and_expire(talon):
    talon.configure(programs=[{"default_pending": "14D", "default_validity": "1M"}])
    found = talon.order()
    props = found[0]["props"]
    assert (props["startDate"] < props["expiryDate"], points(talon)) == (True, (0, 100, 0, 0, 0))
    (transaction,) = talon.transactions()
    assert (transaction["startDate"], transaction["expiryDate"]) == (props["startDate"], props["expiryDate"])
    talon.configure(ahead_s=14 * DAY + 60)
    assert points(talon) == (100, 0, 0, 0, 0)
    talon.configure(ahead_s=50 * DAY)
    assert points(talon) == (0, 0, 0, 100, 0)


def test_words_instead_of_dates(talon):
    talon.add(5)
    (transaction,) = talon.transactions()
    assert (transaction["startDate"], transaction["expiryDate"]) == ("immediate", "unlimited")


def test_points_that_expire_first_are_spent_first(talon):
    talon.add(50)
    talon.add(50, validityDuration="10D")
    talon.deduct(60)
    left = [each["amount"] for each in talon.get(f"{PROGRAM}/profile/ann/points")["data"]]
    assert left == [40]
    talon.configure(ahead_s=11 * DAY)
    assert points(talon) == (40, 0, 60, 0, 0)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("90s", "2026-01-31T10:00:00Z", "2026-01-31T10:01:30.000Z"),
        ("2h", "2026-01-31T10:00:00Z", "2026-01-31T12:00:00.000Z"),
        ("1M", "2026-01-31T10:00:00Z", "2026-02-28T10:00:00.000Z"),
        ("1Y", "2028-02-29T10:00:00Z", "2029-02-28T10:00:00.000Z"),
        ("1D_D", "2026-01-31T10:00:00Z", "2026-02-01T00:00:00.000Z"),
        ("1D_U", "2026-01-31T10:00:00Z", "2026-02-01T23:59:59.999Z"),
        ("1W_U", "2026-01-28T10:00:00Z", "2026-02-08T23:59:59.999Z"),
        ("1M_U", "2026-01-31T10:00:00Z", "2026-02-28T23:59:59.999Z"),
        ("1Y_U", "2026-01-31T10:00:00Z", "2027-12-31T23:59:59.999Z"),
    ],
)
def test_periods(talon, period, start, end):
    talon.configure(ahead_s=epoch(start) - time.time())
    talon.add(5, validityDuration=period)
    (transaction,) = talon.transactions()
    found = transaction["expiryDate"]
    if "_" in period:
        assert found == end
    else:
        assert abs(epoch(found) - epoch(end)) < 5


def epoch(text):
    return datetime.fromisoformat(text).timestamp()


def test_balances_of_another_date(talon):
    talon.add(10)
    talon.configure(ahead_s=10 * DAY)
    talon.add(20, pendingDuration="10D")
    talon.deduct(4)
    now = epoch(talon.transactions()[0]["created"])
    past, future = (iso(now + days * DAY) for days in (-5, 15))
    assert points(talon, query=f"?endDate={past}") == (10, 0, 0, 0, 0)
    assert points(talon) == (6, 20, 4, 0, 0)
    assert points(talon, query=f"?endDate={future}") == (26, 0, 4, 0, 0)
    assert talon.refused("GET", f"{PROGRAM}/profile/ann/balances?endDate=tomorrow") == (400, "endDate")


def iso(at):
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ----- lists -----


def test_pages_of_transactions(talon):
    for amount in range(1, 61):
        talon.add(amount)
    path = f"{PROGRAM}/profile/ann/transactions"
    first = talon.get(path)
    assert (len(first["data"]), first["hasMore"], first["data"][0]["amount"]) == (50, True, 60)
    rest = talon.get(f"{path}?skip=50&pageSize=10")
    assert ([each["amount"] for each in rest["data"]], rest["hasMore"]) == (list(range(10, 0, -1)), False)
    for query, name in (("pageSize=0", "pageSize"), ("pageSize=1001", "pageSize"), ("skip=x", "skip")):
        assert talon.refused("GET", f"{path}?{query}") == (400, name)


def test_filters_of_transactions(talon):
    talon.add(5)
    talon.order("S1")
    talon.order("S2", items=[("LAMP", 1, 7)])
    talon.configure(ahead_s=DAY)
    talon.order("S3", items=[("LAMP", 1, 9)])
    newest = talon.transactions()[0]
    assert talon.amounts() == [9, 7, 100, 5]
    assert talon.amounts(customerSessionIDs=["S1", "S3"]) == [9, 100]
    assert talon.amounts(transactionUUIDs=[newest["transactionUUID"]]) == [9]
    assert talon.amounts(loyaltyTransactionType="manual") == [5]
    assert talon.amounts(loyaltyTransactionType="session") == [9, 7, 100]
    assert talon.amounts(startDate=iso(epoch(newest["created"]) - 3_600)) == [9]
    assert talon.amounts(endDate=iso(epoch(newest["created"]) - 3_600)) == [7, 100, 5]
    assert talon.amounts(awaitsActivation="true") == []
    path = f"{PROGRAM}/profile/ann/transactions"
    for name, value in (
        ("loyaltyTransactionType", "gift"),
        ("startDate", "x"),
        ("awaitsActivation", "false"),
    ):
        assert talon.refused("GET", f"{path}?{name}={value}") == (400, name)


def test_unused_points(talon):
    talon.add(5)
    talon.add(7, pendingDuration="10D")
    talon.add(9, validityDuration="5D")
    talon.order("S1")
    path = f"{PROGRAM}/profile/ann/points"

    def listed(query=""):
        return [each["amount"] for each in talon.get(f"{path}{query}")["data"]]

    assert listed() == [5, 9, 100]
    assert listed("?status=pending") == [7]
    assert listed("?sort=expiryDate") == [9, 5, 100]
    assert listed("?customerSessionIDs=S1") == [100]
    talon.configure(ahead_s=6 * DAY)
    assert (listed("?status=expired"), listed()) == ([9], [5, 100])
    assert talon.refused("GET", f"{path}?status=spent") == (400, "status")


# ----- tiers -----


@pytest.fixture
def tiers(talon):
    def configure(**program):
        talon.configure(programs=[{"tiers": TIERS, **program}])

    configure()
    return configure


def tier(talon):
    balance = talon.balance(query="?includeTiers=true")
    return (
        balance.get("currentTier", {}).get("name"),
        balance.get("pointsToNextTier"),
        balance["nextTierName"],
    )


def test_tiers_by_points(talon, tiers):
    assert tier(talon) == (None, 100, "Silver")
    found = talon.order()
    assert effects(found, "previousTierName", "newTierName")[1] == ("changeLoyaltyTierLevel", None, "Silver")
    assert tier(talon) == ("Silver", 400, "Gold")
    talon.add(400)
    assert tier(talon) == ("Gold", None, None)
    assert "currentTier" not in talon.balance()


def test_pending_points_count_when_they_are_active(talon, tiers):
    talon.add(100, pendingDuration="2D")
    assert tier(talon) == (None, 100, "Silver")
    talon.configure(ahead_s=3 * DAY)
    assert tier(talon) == ("Silver", 400, "Gold")


def test_spending_does_not_lower_a_tier(talon, tiers):
    talon.add(500)
    talon.deduct(450)
    assert tier(talon) == ("Gold", None, None)


@pytest.mark.parametrize(("policy", "after"), [("one_down", "Silver"), ("balance_based", None)])
def test_tiers_expire(talon, tiers, policy, after):
    tiers(tiers_expire_in="1Y", tiers_downgrade_policy=policy)
    talon.add(500)
    talon.deduct(450)
    projected = talon.balance(query="?includeTiers=true&includeProjectedTier=true")["projectedTier"]
    assert projected == {"projectedActivePoints": 50}
    talon.configure(ahead_s=366 * DAY)
    assert tier(talon)[0] == after


# ----- joining -----


def test_joining(talon):
    assert talon.good("POST", f"{PROGRAM}/profile/bob/join") is None
    assert talon.refused("POST", f"{PROGRAM}/profile/bob/join")[0] == 400
    assert talon.refused("POST", "/v1/loyalty_programs/6/profile/bob/join")[0] == 404
    assert [each["integrationId"] for each in talon.records("profiles")] == ["ann", "bob"]


@pytest.mark.parametrize(
    ("policy", "days"), [("not_join", None), ("points_earned", 0), ("points_activated", 2)]
)
def test_joining_by_earning(talon, policy, days):
    talon.configure(programs=[{"join_policy": policy, "default_pending": "2D"}])
    talon.order()

    def joined():
        made = talon.session("S2", profileId="ann", content=["loyalty"])
        return "joinDate" in made["loyalty"]["programs"]["5"]

    assert joined() == (days == 0)
    talon.configure(ahead_s=3 * DAY)
    assert joined() == (days is not None)
