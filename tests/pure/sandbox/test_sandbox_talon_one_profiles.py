"""Profiles, custom events and reservations of coupons of Talon.One."""

import pytest
from talon_one_calls import PROFILES, PROGRAM, SESSIONS, Deployment, effects

ERASURE = "/v1/customer_data"
RESERVATIONS = "/v1/coupon_reservations"
REVIEW = {"type": "review", "profileId": "ann"}


@pytest.fixture
def talon(sandbox):
    return Deployment(sandbox)


def attributes(talon):
    return {each["integrationId"]: each["attributes"] for each in talon.records("profiles")}


# ----- profiles -----


def test_an_update_creates_and_merges(talon):
    """Without rules the answer says nothing of the profile."""
    assert talon.profile("ann", Name="Ann", Email="a@example.com") == {
        "effects": [],
        "createdCoupons": [],
        "createdReferrals": [],
    }
    talon.profile("ann", Email=None, Language="nl")
    assert attributes(talon) == {"ann": {"Name": "Ann", "Language": "nl"}}


def test_parts_of_the_answer_need_the_rules(talon):
    body = {"attributes": {"Name": "Ann"}, "responseContent": ["customerProfile", "loyalty"]}
    assert talon.refused("PUT", f"{PROFILES}/ann", body)[0] == 400
    assert talon.records("profiles") == []
    made = talon.good("PUT", f"{PROFILES}/ann?runRuleEngine=true", body)
    assert (made["customerProfile"]["attributes"], list(made["loyalty"]["programs"])) == (
        {"Name": "Ann"},
        ["5"],
    )
    talon.good("PUT", f"{PROFILES}/bob?runRuleEngine=true&dry=true", body)
    assert list(attributes(talon)) == ["ann"]


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"attributes": {"Shoes": 44}}, "/attributes/Shoes"),
        ({"attributes": {"Name": 44}}, "/attributes/Name"),
        ({"attributes": {"BirthDate": "1990-01-01"}}, "/attributes/BirthDate"),
        ({"integrationId": "bob"}, "/integrationId"),
        ({"audiencesChanges": {"adds": [1], "deletes": []}}, "/audiencesChanges/adds"),
    ],
)
def test_what_an_update_refuses(talon, data, pointer):
    """A profile cannot get another ID either."""
    assert talon.refused("PUT", f"{PROFILES}/ann", data) == (400, pointer)
    assert talon.records("profiles") == []


def test_audiences(talon):
    talon.configure(audiences={1: "Staff", 2: "Travel"})
    talon.good("PUT", f"{PROFILES}/ann", {"audiencesChanges": {"adds": [1, 2], "deletes": []}})
    talon.good("PUT", f"{PROFILES}/ann", {"audiencesChanges": {"adds": [], "deletes": [1]}})
    assert talon.records("profiles")[0]["audienceMemberships"] == [{"id": 2, "name": "Travel"}]


def test_bulk_is_silent_unless_it_is_asked(talon):
    body = {
        "customerProfiles": [{"integrationId": str(n), "attributes": {"Name": str(n)}} for n in range(1_000)]
    }
    answer = talon("PUT", PROFILES, body)
    assert (answer.status, answer.text, len(talon.records("profiles"))) == (204, "", 1_000)
    body = {"customerProfiles": body["customerProfiles"][:1]}
    (state,) = talon.good("PUT", f"{PROFILES}?silent=no", body)["integrationStates"]
    assert state["customerProfile"]["integrationId"] == "0"
    assert talon.refused("PUT", f"{PROFILES}?silent=maybe", body) == (400, "silent")


@pytest.mark.parametrize(
    ("entries", "pointer"),
    [
        ([{"integrationId": "1"}] * 1_001, "/customerProfiles"),
        ([{"integrationId": "1"}, {"attributes": {}}], "/customerProfiles/1/integrationId"),
        (
            [{"integrationId": "1"}, {"integrationId": "2", "attributes": {"Shoes": 44}}],
            "/customerProfiles/1/attributes/Shoes",
        ),
    ],
)
def test_bulk_does_all_or_nothing(talon, entries, pointer):
    assert talon.refused("PUT", PROFILES, {"customerProfiles": entries}) == (400, pointer)
    assert talon.records("profiles") == []


def test_erasure_deletes_attributes_and_keeps_the_profile(talon):
    """Also those of what refers to it; its points, and its ID, stay."""
    talon.profile("ann", Name="Ann")
    talon.profile("bob", Name="Bob")
    talon.order("S1", attributes={"ShippingCity": "Ghent"})
    talon.good("POST", "/v3/events", {**REVIEW, "integrationId": "E1", "attributes": {"Reason": "late"}})
    assert talon("DELETE", f"{ERASURE}/ann").status == 204
    assert attributes(talon) == {"ann": {}, "bob": {"Name": "Bob"}}
    assert talon.get(f"{SESSIONS}/S1")["customerSession"]["attributes"] == {}
    assert talon.get("/v3/events/E1")["attributes"] == {}
    assert talon.active() == 150
    assert talon("DELETE", f"{ERASURE}/ann").status == 204
    assert talon.refused("DELETE", f"{ERASURE}/nobody") == (404, None)


def test_numbers_of_a_profile(talon):
    talon.session(items=[("LAMP", 1, 5)], profileId="ann")
    talon.order("S2", items=[("LAMP", 2, 9.99)])
    (profile,) = talon.records("profiles")
    assert (profile["closedSessions"], profile["totalSales"]) == (1, 19.98)
    first = [each["firstSession"] for each in talon.records("sessions")]
    assert first == [True, False]


# ----- events -----


def test_an_event_is_silent_unless_it_is_asked(talon):
    answer = talon("POST", "/v2/events", REVIEW)
    assert (answer.status, answer.text, talon.active()) == (204, "", 50)
    body = {**REVIEW, "responseContent": ["event", "loyalty"]}
    made = talon.good("POST", "/v2/events?silent=no", body)
    assert effects(made["effects"], "value") == [("addLoyaltyPoints", 50)]
    assert made["event"]["type"] == "review"
    assert made["loyalty"]["programs"]["5"]["ledger"]["currentBalance"] == 100


def test_an_advanced_event_is_accepted_once(talon):
    """The second time is 409: for the sender that is a success."""
    body = {**REVIEW, "integrationId": "odoo/1"}
    made = talon.good("POST", "/v3/events", {**body, "responseContent": ["advancedEvent"]})
    assert (made["advancedEvent"]["integrationId"], talon.active()) == ("odoo/1", 50)
    answer = talon("POST", "/v3/events", body)
    assert (answer.status, "already exists" in answer.data["message"], talon.active()) == (409, True, 50)
    assert talon.get("/v3/events/odoo%2F1")["profileId"] == "ann"
    assert talon.refused("GET", "/v3/events/odoo%2F2") == (404, None)


def test_a_dry_event_is_not_kept(talon):
    talon.profile()
    body = {**REVIEW, "integrationId": "E1"}
    made = talon.good("POST", "/v3/events?dry=true", body)
    assert (effects(made["effects"], "value"), talon.active()) == ([("addLoyaltyPoints", 50)], 0)
    assert talon("POST", "/v3/events", body).status == 200


def test_points_are_corrected_by_an_event(talon):
    """Idempotently, with the integration key: how an adapter should do it."""
    found = []
    for number, amount in enumerate((30, -20, -20)):
        body = {
            **REVIEW,
            "type": "correction",
            "integrationId": f"E{number}",
            "attributes": {"Points": amount},
        }
        made = talon.good("POST", "/v3/events", {**body, "responseContent": ["ruleFailureReasons"]})
        found.append((effects(made["effects"], "value"), len(made["ruleFailureReasons"])))
    assert found == [
        ([("addLoyaltyPoints", 30)], 0),
        ([("deductLoyaltyPoints", 20)], 0),
        ([], 1),
    ]
    assert talon.active() == 10


@pytest.mark.parametrize(("version", "more"), [("v2", {}), ("v3", {"integrationId": "E1"})])
@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"type": "birthday"}, "/type"),
        ({"type": None}, "/type"),
        ({"profileId": None}, "/profileId"),
        ({"attributes": {"Colour": "red"}}, "/attributes/Colour"),
        ({"storeIntegrationId": "STORE-999"}, "/storeIntegrationId"),
    ],
)
def test_what_events_refuse(talon, version, more, change, place):
    assert talon.refused("POST", f"/{version}/events", {**REVIEW, **more, **change}) == (400, place)
    assert (talon.records("events"), talon.records("profiles")) == ([], [])


def test_only_a_closed_session_is_connected(talon):
    talon.session("S1", profileId="ann")
    body = {**REVIEW, "integrationId": "E1", "connectedSessionId": "S1"}
    assert talon.refused("POST", "/v3/events", body)[0] == 400
    assert talon.refused("POST", "/v3/events", {**body, "connectedSessionId": "S2"})[0] == 400
    talon.session("S1", state="closed")
    assert talon("POST", "/v3/events", body).status == 200
    assert talon.refused("POST", "/v3/events", {**REVIEW})[1] == "/integrationId"


# ----- reservations -----


@pytest.fixture
def people(talon):
    talon.profile("ann")
    talon.profile("bob")


def test_a_soft_reservation_keeps_nobody_out(talon, people):
    coupon = talon.good("POST", f"{RESERVATIONS}/TENOFF", {"integrationIDs": ["ann"]})
    assert (coupon["value"], coupon["reservationCounter"], coupon["usageCounter"]) == ("TENOFF", 1, 0)
    assert effects(talon.order(profile="bob", couponCodes=["TENOFF"]))[0] == ("acceptCoupon",)


def test_a_hard_reservation(talon, people):
    talon.configure(coupons=[{"code": "HARD", "amount": 5, "is_reservation_mandatory": True}])
    talon.good("POST", f"{RESERVATIONS}/HARD", {"integrationIDs": ["ann"]})
    found = talon.session("S1", [("LAMP", 1, 9)], profileId="bob", couponCodes=["HARD"])["effects"]
    assert effects(found, "rejectionReason")[0] == ("rejectCoupon", "CouponReservationRequired")
    assert effects(talon.session("S1", profileId="ann")["effects"])[0] == ("acceptCoupon",)
    talon.good("DELETE", f"{RESERVATIONS}/HARD", {"integrationIDs": ["ann"]})
    assert effects(talon.session("S1")["effects"])[0] == ("rejectCoupon",)


def test_a_reservation_overrides_the_limit_of_reservations(talon, people):
    talon.configure(coupons=[{"code": "CODE", "amount": 5, "reservation_limit": 1}])
    body = {"integrationIDs": ["ann", "bob"]}
    assert talon.good("POST", f"{RESERVATIONS}/CODE", body)["reservationCounter"] == 2
    assert talon.good("POST", f"{RESERVATIONS}/CODE", body)["reservationCounter"] == 2
    listed = talon.get(f"{RESERVATIONS}/customerprofiles/CODE")
    assert [each["integrationId"] for each in listed["data"]] == ["ann", "bob"]


def test_what_reservations_refuse(talon, people):
    talon.configure(coupons=[{"code": "MINE", "amount": 5, "reservation": False}])
    talon.good("POST", f"{RESERVATIONS}/MINE", {"integrationIDs": ["ann"]})
    assert talon.refused("POST", f"{RESERVATIONS}/MINE", {"integrationIDs": ["bob"]})[0] == 400
    assert talon.refused("POST", f"{RESERVATIONS}/MINE", {})[1] == "/integrationIDs"
    assert talon.refused("POST", f"{RESERVATIONS}/NOTHING", {"integrationIDs": ["ann"]})[0] == 404
    assert talon.refused("POST", f"{RESERVATIONS}/TENOFF", {"integrationIDs": ["nobody"]})[0] == 404
    assert talon.refused("POST", f"{RESERVATIONS}/TENOFF", {"integrationIDs": ["ann"] * 1_001})[0] == 400


def test_codes_are_url_encoded(talon, people):
    talon.configure(coupons=[{"code": "25%OFF/X", "percent": 25}])
    assert (
        talon.good("POST", f"{RESERVATIONS}/25%25OFF%2FX", {"integrationIDs": ["ann"]})["value"] == "25%OFF/X"
    )


def test_the_inventory(talon, people):
    talon.good("POST", f"{RESERVATIONS}/TENOFF", {"integrationIDs": ["ann"]})
    talon.order(couponCodes=["TENOFF", "FIVE-EACH"])
    path = "/v1/customer_profiles/ann/inventory"
    assert talon.get(path) == {}
    found = talon.get(f"{path}?coupons=true&loyalty=true&profile=true&referrals=true")
    states = [(each["value"], each["state"], each["profileRedemptionCount"]) for each in found["coupons"]]
    assert states == [("TENOFF", "used", 1), ("FIVE-EACH", "active", 1)]
    assert (found["loyalty"]["programs"]["5"]["ledger"]["currentBalance"], found["referrals"]) == (100, [])
    assert talon.refused("GET", "/v1/customer_profiles/nobody/inventory")[0] == 404


def test_referral_codes_are_all_rejected(talon):
    found = talon.order(referralCode="FRIEND")
    assert effects(found, "rejectionReason")[0] == ("rejectReferral", "ReferralNotFound")


def test_the_balance_of_a_new_profile_is_zero(talon):
    talon.profile()
    assert set(talon.balance().values()) == {0}
    assert talon.get(f"{PROGRAM}/profile/ann/transactions") == {"hasMore": False, "data": []}
