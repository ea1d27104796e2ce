"""Talon.One's own client (talon-one-sdk 26.2) works with the sandbox, and reads its errors.

It is older than advanced events and joining: neither is in it. What it sends is held against the specification too.
"""

import json

import pytest
import talon_one
from talon_one import models
from talon_one_calls import Deployment, specification

CART = [{"sku": "LAMP", "quantity": 2, "price": 30.5}, {"sku": "CHAIR", "quantity": 1, "price": 10}]


@pytest.fixture
def talon(sandbox):
    return Deployment(sandbox)


@pytest.fixture
def client(talon):
    """Return a client with one key. At the end all of its requests are checked.

    A client with both keys would send the integration key to the Management API.
    """
    yield lambda name, prefix, key: talon_one.ApiClient(
        talon_one.Configuration(host=talon.sandbox.url, api_key={name: key}, api_key_prefix={name: prefix})
    )
    for each in talon.sandbox.requests() if specification() else ():
        specification().check_request(each["method"], each["path"], without_nulls(each["body"]))


def without_nulls(data):
    """Return data as the specification has it: the client sends null for some of what is not given."""
    if isinstance(data, dict):
        return {name: without_nulls(value) for name, value in data.items() if value is not None}
    return [without_nulls(each) for each in data] if isinstance(data, list) else data


@pytest.fixture
def integration(client):
    with client("api_key_v1", "ApiKey-v1", "sandbox-api-key") as one:
        yield talon_one.IntegrationApi(one)


@pytest.fixture
def management(client):
    with client("management_key", "ManagementKey-v1", "sandbox-mgmt-key") as one:
        yield talon_one.ManagementApi(one)


def update(integration, key="S1", content=(), **session):
    """Update a session, and return the answer."""
    body = models.IntegrationRequest.from_dict({"customerSession": session, "responseContent": list(content)})
    return integration.update_customer_session_v2(key, body)


def effects(answer):
    return [(each.effect_type, each.props.get("value")) for each in answer.effects]


def refused(call, *arguments, **options):
    """Return (status, message) of a call that is refused."""
    with pytest.raises(talon_one.ApiException) as caught:
        call(*arguments, **options)
    return caught.value.status, json.loads(caught.value.body)["message"]


def test_an_order_from_the_cart_to_the_return(integration, talon):
    talon.configure(programs=[{"return_policy": "within_balance"}])
    parts = ["customerSession", "customerProfile", "loyalty", "coupons", "triggeredCampaigns", "event"]
    about = {"profileId": "ann", "cartItems": CART, "couponCodes": ["TENOFF"]}
    made = update(integration, content=[*parts, "ruleFailureReasons"], **about)
    assert effects(made) == [
        ("acceptCoupon", "TENOFF"),
        ("setDiscount", 7.1),
        ("addLoyaltyPoints", 30),
        ("addLoyaltyPoints", 30),
        ("addLoyaltyPoints", 10),
    ]
    assert (made.customer_session.state, made.customer_session.total) == ("open", 71)
    assert made.loyalty.programs["5"].ledger.tentative_current_balance == 70
    closed = update(integration, content=parts, state="closed")
    assert closed.loyalty.programs["5"].ledger.current_balance == 70
    assert closed.customer_profile.closed_sessions == 1
    body = {
        "return": {"returnedCartItems": [{"position": 0, "quantity": 1}]},
        "responseContent": ["customerSession"],
    }
    given_back = integration.return_cart_items("S1", models.ReturnIntegrationRequest.from_dict(body))
    assert effects(given_back) == [("rollbackAddedLoyaltyPoints", 30)]
    assert given_back.customer_session.state == "partially_returned"
    assert len(integration.get_customer_session("S1").effects) == 4
    assert effects(update(integration, state="cancelled"))[-1] == ("rollbackAddedLoyaltyPoints", 10)
    assert integration.get_loyalty_balances(5, "ann").balance.active_points == 0


def test_reopening(integration):
    update(integration, profileId="ann", cartItems=CART, state="closed")
    assert integration.reopen_customer_session("S1").effects == []
    assert integration.get_customer_session("S1").customer_session.state == "open"


def test_an_idempotency_key(integration, talon):
    talon.profile()
    body = models.IntegrationEventV2Request.from_dict({"type": "review", "profileId": "ann"})
    for _ in range(2):
        made = integration.track_event_v2(body, silent="no", _headers={"Idempotency-Key": "K1"})
        assert effects(made) == [("addLoyaltyPoints", 50)]
    assert talon.active() == 50


def test_a_dry_run(integration, talon):
    body = models.IntegrationRequest.from_dict({"customerSession": {"profileId": "ann", "cartItems": CART}})
    made = integration.update_customer_session_v2("S1", body, dry=True)
    assert (len(made.effects), talon.records("sessions")) == (3, [])


def test_profiles(integration, talon):
    body = {"attributes": {"Name": "Ann"}, "responseContent": ["customerProfile"]}
    request = models.CustomerProfileIntegrationRequestV2.from_dict(body)
    made = integration.update_customer_profile_v2("ann", request, run_rule_engine=True)
    assert made.customer_profile.attributes == {"Name": "Ann"}
    body = {"customerProfiles": [{"integrationId": "bob", "attributes": {"Language": "nl"}}]}
    request = models.MultipleCustomerProfileIntegrationRequest.from_dict(body)
    states = integration.update_customer_profiles_v2(request, silent="no").integration_states
    assert [each.customer_profile.integration_id for each in states] == ["bob"]
    found = integration.get_customer_inventory("ann", profile=True, loyalty=True, coupons=True)
    assert (found.profile.integration_id, found.coupons) == ("ann", [])
    integration.delete_customer_data("ann")
    assert talon.records("profiles")[0]["attributes"] == {}


def test_points(integration, management, talon):
    talon.configure(programs=[{"tiers": [{"name": "Silver", "min_points": 20}]}])
    talon.profile()
    added = models.AddLoyaltyPoints(points=25.5, name="odoo/1", validity_duration="1Y")
    assert management.add_loyalty_points("5", "ann", added) is None
    assert management.remove_loyalty_points("5", "ann", models.DeductLoyaltyPoints(points=5)) is None
    balance = integration.get_loyalty_balances(5, "ann", include_tiers=True).balance
    assert (balance.active_points, balance.spent_points, balance.current_tier.name) == (20.5, 5, "Silver")
    listed = integration.get_loyalty_program_profile_transactions(5, "ann", loyalty_transaction_type="manual")
    assert [(each.type, each.amount, each.name) for each in listed.data] == [
        ("subtraction", 5, ""),
        ("addition", 25.5, "odoo/1"),
    ]
    ids = [each.transaction_uuid for each in listed.data]
    listed = integration.get_loyalty_program_profile_transactions(
        5, "ann", transaction_uuids=ids, page_size=1
    )
    assert (listed.has_more, listed.data[0].transaction_uuid) == (True, ids[0])
    (left,) = integration.get_loyalty_program_profile_points(5, "ann").data
    assert left.amount == 20.5


def test_programs(management):
    (program,) = management.get_loyalty_programs().data
    assert (program.id, management.get_loyalty_program(5).title) == (5, "Club")
    assert management.get_loyalty_program_transactions(5).data == []
    assert "PointsToSpend" in [each.name for each in management.get_attributes(entity="CustomerSession").data]


def test_reservations(integration, talon):
    talon.profile()
    body = models.CouponReservations(integration_ids=["ann"])
    assert integration.create_coupon_reservation("TENOFF", body).reservation_counter == 1
    assert [each.integration_id for each in integration.get_reserved_customers("TENOFF").data] == ["ann"]
    assert integration.delete_coupon_reservation("TENOFF", body) is None
    assert integration.get_reserved_customers("TENOFF").total_result_size == 0


def test_a_code_from_the_cart_to_the_cancellation(integration, talon):
    """What Odoo does with a code: it asks, and has it in the session; then it is used with the order, or given back."""
    about = {"profileId": "ann", "cartItems": CART}
    asked = update(integration, content=["coupons", "customerSession"], couponCodes=["TENOFF"], **about)
    assert ("acceptCoupon", "TENOFF") in effects(asked)
    assert [each.value for each in asked.coupons] == ["TENOFF"]
    assert (asked.customer_session.coupon_codes, asked.customer_session.total) == (["TENOFF"], 71)
    given_back = update(integration, couponCodes=[], **about)
    assert "acceptCoupon" not in dict(effects(given_back))
    refused_ = update(integration, couponCodes=["NONE"], **about)
    assert ("rejectCoupon", "NONE") in effects(refused_)
    update(integration, couponCodes=["TENOFF"], state="closed", **about)
    used = {each["code"]: each["uses"] for each in talon.records("coupons")}
    assert used["TENOFF"] == {"ann": 1}
    cancelled = update(integration, state="cancelled")
    assert "rollbackCoupon" in dict(effects(cancelled))
    used = {each["code"]: each["uses"] for each in talon.records("coupons")}
    assert used["TENOFF"] == {"ann": 0}


def test_campaigns(management, talon):
    """Promotions are compared with Odoo's: listed, read and changed, with their coupons."""
    start, end = "2031-06-01T00:00:00Z", "2031-08-31T00:00:00Z"
    talon.configure(
        campaigns=[{"id": 31, "name": "Summer", "start": start, "end": end}],
        coupons=[{"code": "SUMMER10", "campaign": 31}],
    )
    listed = {each.id: each for each in management.get_campaigns(322, page_size=50).data}
    assert (listed[31].name, listed[31].state, listed[31].frontend_state) == (
        "Summer",
        "enabled",
        "scheduled",
    )
    read = management.get_campaign(322, 31)
    assert (read.id, read.end_time.isoformat()) == (31, "2031-08-31T00:00:00+00:00")
    coupons = management.search_coupons_advanced_application_wide_without_total_count(322, {}, page_size=50)
    assert ("SUMMER10", 31) in [(each.value, each.campaign_id) for each in coupons.data]
    body = {"name": "Summer", "tags": [], "limits": [], "features": ["coupons"], "state": "disabled"}
    changed = management.update_campaign(322, 31, models.UpdateCampaign.from_dict(body))
    assert (changed.state, changed.start_time, changed.end_time) == ("disabled", None, None)
    assert refused(management.get_campaign, 322, 32)[0] == 404


def test_errors(integration, management, talon):
    assert refused(integration.get_customer_session, "S1")[0] == 404
    assert refused(update, integration, attributes={"Colour": "red"}) == (
        400,
        "The submitted data was invalid",
    )
    talon.profile()
    deduction = models.DeductLoyaltyPoints(points=5)
    assert refused(management.remove_loyalty_points, "5", "ann", deduction)[0] == 400
    talon.configure(management_interval_s=3_600)
    statuses = [refused(management.remove_loyalty_points, "5", "ann", deduction)[0] for _ in range(4)]
    assert statuses == [400, 400, 429, 429]
    talon.configure(integration_key="another")
    assert refused(update, integration, profileId="ann") == (401, "Invalid API key")


def test_it_knows_nothing_of_advanced_events():
    """If this fails, the client has grown: use it for them as well."""
    assert [name for name in dir(talon_one.IntegrationApi) if "v3" in name or "join" in name] == []
