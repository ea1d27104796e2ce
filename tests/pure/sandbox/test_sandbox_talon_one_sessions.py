"""Sessions of Talon.One: merged updates, states, forecasts and bookings, returns, cancelling and reopening."""

import pytest
from talon_one_calls import DAY, SESSIONS, Deployment, effects, item

EARNED = ("addLoyaltyPoints", 100)
TWO_LINES = (("LAMP", 2, 30), ("CHAIR", 3, 10))


@pytest.fixture
def talon(sandbox):
    return Deployment(sandbox)


def valued(found):
    """Return (type, value) of effects."""
    return effects(found, "value")


# ----- an update is a merge -----


def test_what_is_omitted_stays(talon):
    attributes = {"ShippingCity": "Ghent", "OrderNumber": "S1"}
    talon.session(items=[("LAMP", 1, 100)], profileId="ann", couponCodes=["TENOFF"], attributes=attributes)
    made = talon.session(attributes={"ShippingCity": "Bruges"})["customerSession"]
    assert (made["profileId"], made["couponCodes"]) == ("ann", ["TENOFF"])
    assert made["attributes"] == {"ShippingCity": "Bruges", "OrderNumber": "S1"}
    assert [each["sku"] for each in made["cartItems"]] == ["LAMP"]
    assert (made["updateCount"], made["total"]) == (2, 100)


def test_an_empty_list_clears_and_a_list_of_items_replaces(talon):
    talon.session(items=TWO_LINES, profileId="ann", couponCodes=["TENOFF"])
    made = talon.session(items=[("DESK", 1, 5)], couponCodes=[])["customerSession"]
    assert (made["couponCodes"], [each["sku"] for each in made["cartItems"]]) == ([], ["DESK"])


def test_a_dry_request_looks_only_at_what_it_sends(talon):
    """And it keeps nothing: no session, no profile, no points."""
    talon.session(items=[("LAMP", 1, 100)], profileId="ann", couponCodes=["TENOFF"])
    dry = talon.session(query="?dry=true", items=[("DESK", 1, 7)], profileId="bob", state="closed")
    assert "couponCodes" not in dry["customerSession"]
    assert valued(dry["effects"]) == [("addLoyaltyPoints", 7)]
    assert [each["integrationId"] for each in talon.records("profiles")] == ["ann"]
    assert talon.get(f"{SESSIONS}/S1")["customerSession"]["state"] == "open"
    assert talon.records("transactions") == []


def test_now_is_only_for_dry_requests_and_in_the_future(talon):
    later = "now=2099-01-01T00:00:00Z"
    coupon = {"code": "LATE", "amount": 5, "start": "2098-01-01T00:00:00Z"}
    talon.configure(coupons=[coupon])
    found = talon.session(query=f"?dry=true&{later}", items=[("LAMP", 1, 100)], couponCodes=["LATE"])
    assert ("acceptCoupon", "LATE") in valued(found["effects"])
    found = talon.session(items=[("LAMP", 1, 100)], couponCodes=["LATE"])
    assert effects(found["effects"], "rejectionReason") == [("rejectCoupon", "CouponStartDateInFuture")]
    for query in (later, "dry=true&now=2020-01-01T00:00:00Z", "dry=true&now=tomorrow"):
        assert talon.refused("PUT", f"{SESSIONS}/S1?{query}", {"customerSession": {}}) == (400, "now")


def test_a_dry_request_sees_what_is_active_then(talon):
    tiers = [{"name": "Silver", "min_points": 100}]
    talon.configure(programs=[{"tiers": tiers, "default_pending": "2D"}])
    talon.order()

    def ledger(query):
        made = talon.session("S2", query=query, profileId="ann", content=["loyalty"])
        found = made["loyalty"]["programs"]["5"]["ledger"]
        return found["currentBalance"], found.get("currentTier", {}).get("name")

    assert ledger("?dry=true&now=2099-01-01T00:00:00Z") == (100, "Silver")
    assert ledger("?dry=true") == ledger("") == (0, None)


def test_a_profile_that_is_new_is_created_and_none_is_anonymous(talon):
    made = talon.session(profileId="ann", content=["customerProfile"])
    assert made["customerProfile"]["integrationId"] == "ann"
    made = talon.session("S2", [("LAMP", 1, 100)], profileId="", state="closed", content=["customerProfile"])
    assert (made["customerSession"]["profileId"], made["customerSession"]["firstSession"]) == ("", True)
    assert (made["effects"], "customerProfile" in made) == ([], False)


def test_ids_are_url_encoded(talon):
    key = "POS/2026/11 #7?" + "x" * 900
    assert talon.session(key)["customerSession"]["integrationId"] == key
    assert [each["integrationId"] for each in talon.records("sessions")] == [key]


# ----- parts of the answer -----


def test_only_the_parts_that_are_asked_for(talon):
    body = {"customerSession": {"profileId": "ann"}}
    assert sorted(talon.good("PUT", f"{SESSIONS}/S1", body)) == [
        "createdCoupons",
        "createdReferrals",
        "effects",
    ]
    parts = ["customerSession", "customerProfile", "coupons", "loyalty", "event", "triggeredCampaigns"]
    parts += ["ruleFailureReasons", "awardedGiveaways", "previousReturns", "achievements"]
    made = talon.good("PUT", f"{SESSIONS}/S1", {**body, "responseContent": parts})
    assert set(parts) < made.keys()


@pytest.mark.parametrize("part", ["everything", "campaignEligibility"])
def test_parts_that_there_are_not(talon, part):
    """Eligibility is only for dry requests."""
    body = {"customerSession": {}, "responseContent": [part]}
    assert talon.refused("PUT", f"{SESSIONS}/S1", body)[0] == 400


# ----- what is refused -----


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"attributes": {"Colour": "red"}}, "/attributes/Colour"),
        ({"attributes": {"PointsToSpend": "5"}}, "/attributes/PointsToSpend"),
        ({"cartItems": [item("A", attributes={"size": 1})]}, "/customerSession/cartItems/0/attributes/size"),
        ({"cartItems": [item("A"), item("B", quantity=0)]}, "/customerSession/cartItems/1"),
        ({"cartItems": [item("A", quantity=1.5)]}, "/customerSession/cartItems/0/quantity"),
        ({"cartItems": [item("A", price="5")]}, "/customerSession/cartItems/0/price"),
        ({"cartItems": [{"sku": "A", "quantity": 1}]}, "/customerSession/cartItems/0/price"),
        ({"additionalCosts": {"customs": {"price": 5}}}, "/customerSession/additionalCosts/customs"),
        ({"storeIntegrationId": "STORE-999"}, "/customerSession/storeIntegrationId"),
        ({"identifiers": ["a"] * 6}, "/customerSession/identifiers"),
        ({"loyaltyCards": ["card-1"]}, "/customerSession/loyaltyCards/0"),
        ({"couponCodes": ["x" * 101]}, "/customerSession/couponCodes"),
        ({"state": "paid"}, "/customerSession/state"),
        ({"currency": "EUR"}, "/customerSession/currency"),
    ],
)
def test_400_says_where_the_mistake_is(talon, data, pointer):
    """And nothing of the request is done: no session and no profile."""
    body = {"customerSession": {"profileId": "ann", **data}}
    assert talon.refused("PUT", f"{SESSIONS}/S1", body) == (400, pointer)
    assert (talon.records("sessions"), talon.records("profiles")) == ([], [])


def test_the_words_of_an_unknown_attribute(talon):
    answer = talon("PUT", f"{SESSIONS}/S1", {"customerSession": {"attributes": {"Colour": "red"}}})
    assert answer.data == {
        "message": "The submitted data was invalid",
        "errors": [
            {
                "title": "Unknown",
                "details": 'The attribute "Colour" is not defined on CustomerSession entities.',
                "source": {"pointer": "/attributes/Colour"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("items", "is_accepted"),
    [
        ([("A", 1, 1)] * 1_000, True),
        ([("A", 1, 1)] * 1_001, False),
        ([("A", 10_000, 1)], True),
        ([("A", 9_999, 1), ("B", 2, 1)], False),
    ],
)
def test_1000_items_and_10000_units(talon, items, is_accepted):
    body = {"customerSession": {"cartItems": [item(*each) for each in items]}}
    answer = talon("PUT", f"{SESSIONS}/S1", body)
    assert (answer.status == 200) == is_accepted
    if not is_accepted:
        assert answer.data["errors"][0]["source"] == {"pointer": "/customerSession/cartItems"}


# ----- states -----


@pytest.mark.parametrize("state", ["cancelled", "partially_returned"])
def test_a_new_session_is_open_or_closed(talon, state):
    assert talon.refused("PUT", f"{SESSIONS}/S1", {"customerSession": {"state": state}})[0] == 400
    assert talon.records("sessions") == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"state": "open"},
        {"state": "closed"},
        {"state": "partially_returned"},
        {"attributes": {"ShippingCity": "Ghent"}},
        {"state": "cancelled", "couponCodes": ["TENOFF"]},
        {"state": "cancelled", "cartItems": []},
        {"state": "cancelled", "attributes": {"ShippingCity": "Ghent"}},
    ],
)
def test_what_is_closed_cannot_be_changed(talon, data):
    """Not even by the same request again: that is what the idempotency key is for."""
    talon.order()
    before = talon.get(f"{SESSIONS}/S1")
    assert talon.refused("PUT", f"{SESSIONS}/S1", {"customerSession": data})[0] == 400
    assert talon.get(f"{SESSIONS}/S1") == before


def test_what_is_cancelled_stays_so(talon):
    talon.session()
    assert talon.cancel() == []
    for data in ({}, {"state": "open"}, {"state": "closed"}, {"state": "cancelled"}):
        assert talon.refused("PUT", f"{SESSIONS}/S1", {"customerSession": data})[0] == 400
    assert talon.refused("PUT", f"{SESSIONS}/S1/reopen")[0] == 400


def test_a_closed_session_can_be_cancelled_with_what_it_had(talon):
    talon.order(couponCodes=[], attributes={"ShippingCity": "Ghent", "OrderNumber": "S1"})
    same = {"profileId": "ann", "couponCodes": [], "attributes": {"ShippingCity": "Ghent"}}
    made = talon.session(items=[("LAMP", 1, 100)], state="cancelled", **same)
    assert made["customerSession"]["state"] == "cancelled"


def test_a_session_that_is_not_there(talon):
    assert talon.refused("GET", f"{SESSIONS}/S1") == (404, None)
    assert talon.refused("PUT", f"{SESSIONS}/S1/reopen") == (404, None)
    assert talon.refused("POST", f"{SESSIONS}/S1/returns", returning(position=0)) == (404, None)


# ----- effects are a forecast, then a booking -----


def test_effects_of_an_open_session_are_not_booked(talon):
    """Each answer has the whole list: it replaces the list of the answer before."""
    first = talon.session(items=[("LAMP", 1, 100)], profileId="ann", content=["loyalty"])
    ledger = first["loyalty"]["programs"]["5"]["ledger"]
    assert valued(first["effects"]) == [EARNED]
    assert (ledger["currentBalance"], ledger["tentativeCurrentBalance"]) == (0, 100)
    second = talon.session(items=[("LAMP", 1, 100), ("DESK", 1, 7)])
    assert valued(second["effects"]) == [EARNED, ("addLoyaltyPoints", 7)]
    assert (talon.active(), talon.transactions()) == (0, [])


def test_closing_books_once(talon):
    talon.session(items=[("LAMP", 1, 100)], profileId="ann")
    made = talon.session(state="closed", content=["loyalty", "customerProfile"])
    assert valued(made["effects"]) == [EARNED]
    (transaction,) = talon.transactions()
    assert transaction["transactionUUID"] == made["effects"][0]["props"]["transactionUUID"]
    assert (transaction["customerSessionId"], transaction["amount"]) == ("S1", 100)
    assert made["loyalty"]["programs"]["5"]["ledger"]["currentBalance"] == 100
    assert (made["customerProfile"]["closedSessions"], made["customerProfile"]["totalSales"]) == (1, 100)


def test_items_are_flattened(talon):
    """Each unit has effects of its own; 9.99 earn 9 points each, and not 29 together."""
    found = talon.order(items=[("LAMP", 3, 9.99), ("CHAIR", 1, 10)])
    places = effects(found, "cartItemPosition", "cartItemSubPosition", "value")
    assert [each[1:] for each in places] == [(0, 0, 9), (0, 1, 9), (0, 2, 9), (1, 0, 10)]


# ----- paying with points -----


def test_points_are_spent_by_an_attribute(talon):
    talon.profile()
    talon.add(500)
    found = talon.order(attributes={"PointsToSpend": 400})
    assert valued(found) == [("deductLoyaltyPoints", 400), ("setDiscount", 4), EARNED]
    assert talon.amounts() == [100, -400, 500]
    assert talon.balance() == balance(active=200, spent=400)


def balance(active=0, pending=0, spent=0, expired=0, negative=0):
    names = ("activePoints", "pendingPoints", "spentPoints", "expiredPoints", "negativePoints")
    return dict(zip(names, (active, pending, spent, expired, negative), strict=True))


def test_more_points_than_there_are_is_200_without_the_effect(talon):
    talon.profile()
    talon.add(300)
    made = talon.session(
        items=[("LAMP", 1, 100)],
        profileId="ann",
        attributes={"PointsToSpend": 400},
        state="closed",
        content=["ruleFailureReasons"],
    )
    assert valued(made["effects"]) == [EARNED]
    assert [each["ruleName"] for each in made["ruleFailureReasons"]] == ["Pay with points"]
    assert talon.amounts() == [100, 300]


def test_pending_points_cannot_be_spent(talon):
    talon.profile()
    talon.add(500, pendingDuration="2D")
    assert valued(talon.order(attributes={"PointsToSpend": 400})) == [EARNED]


# ----- coupons -----


def test_a_rejected_coupon_is_200_with_an_effect(talon):
    found = talon.order(couponCodes=["NOTHING"])
    assert effects(found, "value", "rejectionReason")[0] == ("rejectCoupon", "NOTHING", "CouponNotFound")


def test_an_accepted_coupon_is_used_when_the_session_is_closed(talon):
    made = talon.session(
        items=[("LAMP", 1, 100)], profileId="ann", couponCodes=["TENOFF"], content=["coupons"]
    )
    assert effects(made["effects"], "value", "name") == [
        ("acceptCoupon", "TENOFF", None),
        ("setDiscount", 10, "TENOFF"),
        ("addLoyaltyPoints", 100, "A point for each unit of money"),
    ]
    (coupon,) = made["coupons"]
    assert (coupon["usageCounter"], made["effects"][1]["triggeredByCoupon"]) == (0, coupon["id"])
    talon.session(state="closed")
    found = talon.order("S2", profile="bob", couponCodes=["TENOFF"])
    assert effects(found, "rejectionReason")[0] == ("rejectCoupon", "CouponLimitReached")


def test_a_discount_for_each_unit(talon):
    found = talon.order(items=TWO_LINES, couponCodes=["FIVE-EACH"])
    places = [each[1:] for each in effects(found, "position", "subPosition", "value") if each[1] is not None]
    assert places == [(0, 0, 5), (0, 1, 5), (1, 0, 5), (1, 1, 5), (1, 2, 5)]


@pytest.mark.parametrize(
    ("coupon", "profile", "reason"),
    [
        ({"is_running": False}, "ann", "CouponPartOfNotRunningCampaign"),
        ({"expiry": "2020-01-01T00:00:00Z"}, "ann", "CouponExpired"),
        ({"recipient": "bob"}, "ann", "CouponRecipientDoesNotMatch"),
        ({"recipient": "bob"}, "", "CouponRecipientDoesNotMatch"),
        ({"is_reservation_mandatory": True}, "", "ProfileRequired"),
        ({"is_reservation_mandatory": True}, "ann", "CouponReservationRequired"),
        ({"min_total": 500}, "ann", "CouponRejectedByCondition"),
    ],
)
def test_why_coupons_are_rejected(talon, coupon, profile, reason):
    talon.configure(coupons=[{"code": "CODE", "amount": 5, **coupon}])
    found = talon.order(profile=profile, couponCodes=["CODE"])
    assert effects(found, "value", "rejectionReason")[0] == ("rejectCoupon", "CODE", reason)


def test_the_limit_of_a_profile(talon):
    talon.configure(coupons=[{"code": "CODE", "amount": 5, "usage_limit": 0, "profile_limit": 1}])
    reasons = [
        effects(talon.order(key, profile=who, couponCodes=["CODE"]), "rejectionReason")[0][1]
        for key, who in (("S1", "ann"), ("S2", "bob"), ("S3", "ann"))
    ]
    assert reasons == [None, None, "ProfileLimitReached"]


# ----- returns -----


def returning(**one):
    return {"return": {"returnedCartItems": [one]}}


@pytest.fixture
def all_back(talon):
    """Points are taken back even if they are active."""
    talon.configure(programs=[{"return_policy": "unlimited"}])


def test_positions_are_identities(talon, all_back):
    """The units that came back first are the first ones; others keep their numbers."""
    talon.order(items=TWO_LINES)
    made = talon.give_back({"position": 1, "quantity": 2})
    names = ("cartItemPosition", "cartItemSubPosition", "value")
    assert effects(made["effects"], *names) == [
        ("rollbackAddedLoyaltyPoints", 1, 0, 10),
        ("rollbackAddedLoyaltyPoints", 1, 1, 10),
    ]
    assert made["customerSession"]["state"] == "partially_returned"
    counts = [
        (each["returnedQuantity"], each["remainingQuantity"]) for each in made["customerSession"]["cartItems"]
    ]
    assert counts == [(0, 2), (2, 1)]
    assert made["return"]["returnedCartItems"] == [{"position": 1, "quantity": 2}]
    made = talon.give_back({"position": 1}, {"position": 0, "quantity": 1})
    assert effects(made["effects"], *names[:2]) == [
        ("rollbackAddedLoyaltyPoints", 0, 0),
        ("rollbackAddedLoyaltyPoints", 1, 2),
    ]
    assert talon.active() == 30


def test_no_quantity_is_all_that_is_left(talon, all_back):
    talon.order(items=TWO_LINES)
    talon.give_back({"position": 0, "quantity": 1})
    made = talon.give_back({"position": 0})
    assert [each["remainingQuantity"] for each in made["customerSession"]["cartItems"]] == [0, 3]
    assert talon.active() == 30


def test_a_sku_of_two_lines(talon, all_back):
    talon.order(items=[("LAMP", 1, 30), ("LAMP", 2, 30)])
    made = talon.give_back({"sku": "LAMP", "quantity": 2})
    assert [each["remainingQuantity"] for each in made["customerSession"]["cartItems"]] == [0, 1]


@pytest.mark.parametrize(
    "entry",
    [
        {"position": 2},
        {"position": -1},
        {"position": 0, "quantity": 3},
        {"position": 0, "quantity": 0},
        {"position": 0, "sku": "LAMP"},
        {"quantity": 1},
        {"sku": "DESK"},
        {"sku": "LAMP", "quantity": 3},
    ],
)
def test_returns_that_are_refused_change_nothing(talon, entry):
    talon.order(items=TWO_LINES)
    before = talon.get(f"{SESSIONS}/S1")
    body = {"return": {"returnedCartItems": [{"position": 1, "quantity": 1}, entry]}}
    assert talon.refused("POST", f"{SESSIONS}/S1/returns", body)[0] == 400
    assert talon.refused("POST", f"{SESSIONS}/S1/returns", {"return": {"returnedCartItems": []}})[0] == 400
    assert talon.get(f"{SESSIONS}/S1") == before


def test_only_what_is_closed_comes_back(talon):
    talon.session(items=TWO_LINES)
    assert talon.refused("POST", f"{SESSIONS}/S1/returns", returning(position=0))[0] == 400
    talon.session(state="closed")
    talon.give_back({"position": 0})
    assert talon.refused("PUT", f"{SESSIONS}/S1/reopen")[0] == 400
    talon.cancel()
    assert talon.refused("POST", f"{SESSIONS}/S1/returns", returning(position=1))[0] == 400


def test_a_dry_return(talon, all_back):
    talon.order(items=TWO_LINES)
    made = talon.give_back({"position": 0}, query="?dry=true")
    assert valued(made["effects"]) == [("rollbackAddedLoyaltyPoints", 30)] * 2
    assert (talon.get(f"{SESSIONS}/S1")["customerSession"]["state"], talon.active()) == ("closed", 90)


def test_what_was_for_the_whole_session_stays(talon, all_back):
    """Unless rules run again: then points of the session shrink."""
    rule = {"kind": "earn", "per_item": False, "reevaluate_on_return": True}
    talon.configure(rules=[rule])
    talon.order(items=TWO_LINES)
    assert talon.give_back({"position": 0, "quantity": 1})["effects"] == []
    assert talon.active() == 90
    made = talon.give_back({"position": 0, "quantity": 1}, query="?runRuleEngine=true")
    assert valued(made["effects"]) == [("rollbackAddedLoyaltyPoints", 60)]
    assert talon.active() == 30


def test_effects_that_were_taken_back_are_not_shown(talon, all_back):
    talon.order(items=TWO_LINES, couponCodes=["FIVE-EACH"])
    made = talon.give_back({"position": 0}, {"position": 1, "quantity": 2})
    assert effects(made["effects"], "value", "cartItemPosition")[:2] == [
        ("rollbackDiscount", 5, 0),
        ("rollbackDiscount", 5, 0),
    ]
    shown = talon.get(f"{SESSIONS}/S1")["effects"]
    assert valued(shown) == [
        ("acceptCoupon", "FIVE-EACH"),
        ("setDiscountPerItem", 5),
        ("addLoyaltyPoints", 10),
    ]


def test_previous_returns(talon):
    talon.order(items=TWO_LINES)
    talon.give_back({"position": 0, "quantity": 1})
    body = {**returning(position=0), "responseContent": ["previousReturns", "customerProfile"]}
    made = talon.good("POST", f"{SESSIONS}/S1/returns", body)
    assert [each["returnedCartItems"] for each in made["previousReturns"]] == [
        [{"position": 0, "quantity": 1}]
    ]
    assert made["customerProfile"]["totalSales"] == 30


# ----- cancelling and reopening -----


def test_active_points_stay_by_default_when_a_session_is_cancelled(talon):
    talon.order(couponCodes=["TENOFF"])
    assert valued(talon.cancel()) == [("rollbackCoupon", "TENOFF"), ("rollbackDiscount", 10)]
    assert (talon.active(), talon.amounts()) == (100, [100])


def test_pending_points_are_always_taken_back(talon):
    talon.configure(programs=[{"default_pending": "14D"}])
    talon.order()
    assert talon.balance() == balance(pending=100)
    assert valued(talon.cancel()) == [("rollbackAddedLoyaltyPoints", 100)]
    assert talon.balance() == balance()


def test_pending_points_that_became_active_stay(talon):
    talon.configure(programs=[{"default_pending": "14D"}])
    talon.order()
    talon.configure(ahead_s=15 * DAY)
    assert (talon.cancel(), talon.balance()) == ([], balance(active=100))


@pytest.mark.parametrize(
    ("policy", "taken", "after"),
    [
        ("only_pending", [], balance(active=20, spent=80)),
        ("within_balance", [("rollbackAddedLoyaltyPoints", 20)], balance(spent=80)),
        ("unlimited", [("rollbackAddedLoyaltyPoints", 100)], balance(spent=80, negative=80)),
    ],
)
def test_the_return_policy(talon, policy, taken, after):
    talon.configure(programs=[{"return_policy": policy}])
    talon.order()
    assert talon.deduct(80).status == 204
    assert (valued(talon.cancel()), talon.balance()) == (taken, after)
    flags = [each["flags"]["createsNegativeBalance"] for each in talon.transactions() if "flags" in each]
    assert flags[0] == (policy == "unlimited")


def test_what_is_earned_pays_the_negative_balance_first(talon, all_back):
    talon.order()
    talon.deduct(80)
    talon.cancel()
    talon.order("S2", items=[("LAMP", 1, 90)])
    assert talon.balance() == balance(active=10, spent=80)


def test_points_that_paid_a_negative_balance_do_not_expire(talon):
    talon.configure(programs=[{"return_policy": "unlimited", "default_validity": "5D"}])
    talon.order()
    talon.deduct(80)
    talon.cancel()
    talon.order("S2", items=[("LAMP", 1, 90)])
    talon.configure(ahead_s=6 * DAY)
    assert talon.balance() == balance(spent=80, expired=10)


def test_points_that_were_spent_come_back(talon):
    """By a transaction of its own."""
    talon.profile()
    talon.add(500)
    deducted = talon.order(attributes={"PointsToSpend": 400})[0]["props"]["transactionUUID"]
    made = talon.cancel()
    assert valued(made) == [("rollbackDeductedLoyaltyPoints", 400), ("rollbackDiscount", 4)]
    newest = talon.transactions()[0]
    assert newest["transactionUUID"] == made[0]["props"]["transactionUUID"] != deducted
    assert talon.balance() == balance(active=600)


def test_a_coupon_of_a_cancelled_session_can_be_used_again(talon):
    talon.order(couponCodes=["TENOFF"])
    talon.cancel()
    assert effects(talon.order("S2", couponCodes=["TENOFF"]))[0] == ("acceptCoupon",)


def test_cancelling_after_a_return_takes_back_the_rest(talon, all_back):
    talon.order(items=TWO_LINES)
    talon.give_back({"position": 0})
    assert valued(talon.cancel()) == [("rollbackAddedLoyaltyPoints", 10)] * 3
    made = talon.session("S2", profileId="ann", content=["customerProfile"])["customerProfile"]
    assert (talon.active(), made["closedSessions"], made["totalSales"]) == (0, 0, 0)


def test_a_reopened_session_is_booked_anew(talon, all_back):
    talon.order(couponCodes=["TENOFF"])
    found = talon.good("PUT", f"{SESSIONS}/S1/reopen")["effects"]
    assert valued(found) == [
        ("rollbackCoupon", "TENOFF"),
        ("rollbackDiscount", 10),
        ("rollbackAddedLoyaltyPoints", 100),
    ]
    assert (talon.active(), talon.get(f"{SESSIONS}/S1")["customerSession"]["state"]) == (0, "open")
    talon.session(items=[("DESK", 1, 7)], state="closed")
    assert (talon.active(), talon.amounts()) == (7, [7, -100, 100])


def test_active_points_stay_when_a_session_is_reopened_and_are_earned_twice(talon):
    talon.order()
    assert talon.good("PUT", f"{SESSIONS}/S1/reopen")["effects"] == []
    talon.session(state="closed")
    assert talon.active() == 200
