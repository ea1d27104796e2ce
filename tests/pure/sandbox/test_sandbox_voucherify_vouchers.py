"""Vouchers and gift cards: validations, sessions, redemptions of stacks, and rollbacks."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from voucherify_calls import CAMPAIGN, DAY, Project

VALIDATIONS, REDEMPTIONS = "/v1/validations", "/v1/redemptions"


@pytest.fixture
def project(sandbox):
    return Project(sandbox)


def voucher(code, **data):
    return {"object": "voucher", "id": code, **data}


def credits(code, amount):
    return voucher(code, gift={"credits": amount})


def request(*redeemables, amount=10_000, order="S1", customer="1", **data):
    made = {"redeemables": list(redeemables), "customer": {"source_id": customer}, **data}
    return {**made, "order": {"source_id": order, "amount": amount}} if amount else made


def lock(key, **ttl):
    return {"type": "LOCK", "key": key, **ttl}


def validate(project, *redeemables, **data):
    """Return (valid, [(status, key of the error)])."""
    body = project.post(VALIDATIONS, request(*redeemables, **data))
    every = [
        *body["redeemables"],
        *body.get("inapplicable_redeemables", ()),
        *body.get("skipped_redeemables", ()),
    ]
    return body["valid"], [(each["status"], each["result"].get("error", {}).get("key")) for each in every]


def redeem(project, *redeemables, **data):
    return project.post(REDEMPTIONS, request(*redeemables, **data))


def balance(project, code="GIFT"):
    return project.get(f"/v1/vouchers/{code}")["gift"]["balance"]


# ----- vouchers -----


def test_vouchers_are_unique(project):
    made = project.gift_card()
    assert (made["gift"], made["redemption"]["quantity"]) == (
        {"amount": 5_000, "balance": 5_000, "effect": "APPLY_TO_ORDER"},
        None,
    )
    body = {"type": "GIFT_VOUCHER", "gift": {"amount": 1, "balance": 1}}
    assert project.refused("POST", "/v1/vouchers/GIFT", body) == (409, "duplicate_found")
    assert [each["code"] for each in project.get("/v1/vouchers")["vouchers"]] == ["GIFT"]
    assert project("DELETE", "/v1/vouchers/GIFT").status == 204
    assert project.refused("GET", "/v1/vouchers/GIFT") == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "invalid_payload"),
        ({"type": "GIFT_VOUCHER"}, "invalid_voucher"),
        ({"type": "GIFT_VOUCHER", "gift": {"amount": 12.5}}, "invalid_payload"),
        ({"type": "LOYALTY_CARD", "loyalty_card": {"points": 5}}, "invalid_voucher"),
    ],
)
def test_vouchers_that_are_refused(project, body, key):
    assert project.refused("POST", "/v1/vouchers/X", body) == (400, key)


def test_adjusting_a_gift_card_is_not_idempotent(project):
    project.gift_card()
    for _ in range(2):
        answer = project.post(
            "/v1/vouchers/GIFT/balance", {"amount": -1_000, "source_id": "odoo/1", "reason": "R"}
        )
    assert (answer["amount"], answer["balance"], answer["total"]) == (-1_000, 3_000, 3_000)
    refused = project.refused("POST", "/v1/vouchers/GIFT/balance", {"amount": -3_001})
    assert refused == (400, "invalid_add_balance_params")
    found = project.get("/v1/vouchers/GIFT/transactions?limit=1")
    assert (found["has_more"], found["data"][0]["source_id"]) == (True, "odoo/1")
    rest = project.get(f"/v1/vouchers/GIFT/transactions?starting_after_id={found['more_starting_after']}")
    assert [each["type"] for each in rest["data"]] == ["CREDITS_REMOVAL"]


# ----- validations -----


def test_a_validation_that_says_no_is_a_200(project):
    assert validate(project, voucher("NONE")) == (False, [("INAPPLICABLE", "not_found")])


def test_why_a_voucher_cannot_be_used(project):
    project.coupon("OFF", active=False)
    project.coupon("OLD", expiration_date="2020-01-01T00:00:00.000Z")
    project.coupon("NEW", start_date="2120-01-01T00:00:00.000Z")
    project.coupon("USED", redemption={"quantity": 0})
    project.gift_card()
    keys = [
        validate(project, each)[1][0][1]
        for each in (voucher("OFF"), voucher("OLD"), voucher("NEW"), voucher("USED"), credits("GIFT", 5_001))
    ]
    assert keys == [
        "voucher_disabled",
        "voucher_expired",
        "voucher_not_active",
        "quantity_exceeded",
        "gift_amount_exceeded",
    ]
    project.post("/v1/vouchers/OFF/enable")
    assert validate(project, voucher("OFF")) == (True, [("APPLICABLE", None)])


def test_what_is_applied_to_the_order(project):
    """Each redeemable sees what those before it left."""
    project.coupon()
    project.gift_card()
    body = project.post(VALIDATIONS, request(voucher("TEN"), credits("GIFT", 2_000)))
    assert [each["order"]["total_amount"] for each in body["redeemables"]] == [9_000, 7_000]
    order = body["order"]
    assert (order["amount"], order["total_discount_amount"], order["total_amount"]) == (10_000, 3_000, 7_000)
    assert body["redeemables"][1]["result"]["gift"] == {"balance": 3_000, "credits": 2_000}
    assert project.refused("GET", "/v1/orders/S1") == (404, "not_found")


def test_one_that_fails_lets_all_fail_or_not(project):
    """By the project's settings. In the mode PARTIAL a 200 may silently have left some out."""
    project.coupon()
    bad, good = voucher("NONE"), voucher("TEN")
    assert validate(project, bad, good) == (False, [("INAPPLICABLE", "not_found"), ("SKIPPED", None)])
    assert project.refused("POST", REDEMPTIONS, request(bad, good)) == (404, "not_found")
    project.configure(application_mode="PARTIAL")
    assert validate(project, bad, good) == (True, [("APPLICABLE", None), ("INAPPLICABLE", "not_found")])
    made = redeem(project, bad, good)
    assert (len(made["redemptions"]), len(made["inapplicable_redeemables"])) == (1, 1)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "invalid_payload"),
        ({"redeemables": []}, "invalid_payload"),
        ({"redeemables": [{"object": "voucher"}]}, "invalid_payload"),
        ({"redeemables": [voucher(str(n)) for n in range(31)]}, "invalid_payload"),
        ({"redeemables": [voucher("A"), voucher("A")]}, "duplicated_redeemables"),
        (
            {"redeemables": [voucher("A")], "session": {"type": "LOCK", "ttl_unit": "WEEKS"}},
            "invalid_payload",
        ),
        ({"redeemables": [voucher("A")], "order": {"amount": 10.5}}, "invalid_payload"),
    ],
)
@pytest.mark.parametrize("path", [VALIDATIONS, REDEMPTIONS])
def test_requests_that_are_refused(project, path, body, key):
    assert project.refused("POST", path, body) == (400, key)


# ----- sessions -----


def test_a_lock_counts_for_everybody_else(project):
    project.coupon(redemption={"quantity": 1})
    body = project.post(VALIDATIONS, request(voucher("TEN"), session={"type": "LOCK"}))
    session = body["session"]
    assert (session["ttl"], session["ttl_unit"]) == (7, "DAYS")
    assert validate(project, voucher("TEN")) == (False, [("INAPPLICABLE", "quantity_exceeded")])
    assert project.refused("POST", REDEMPTIONS, request(voucher("TEN"))) == (400, "quantity_exceeded")
    redeem(project, voucher("TEN"), session=lock(session["key"]))


def test_a_lock_lasts_seven_days_by_default(project):
    project.gift_card()
    project.post(VALIDATIONS, request(credits("GIFT", 4_000), session=lock("cart-1")))
    assert validate(project, credits("GIFT", 2_000))[1][0][1] == "gift_amount_exceeded"
    project.configure(ahead_s=7 * DAY - 60)
    assert validate(project, credits("GIFT", 2_000))[1][0][1] == "gift_amount_exceeded"
    project.configure(ahead_s=7 * DAY + 60)
    assert validate(project, credits("GIFT", 2_000))[0]


def test_a_lock_of_some_minutes(project):
    project.gift_card()
    session = lock("cart-1", ttl=5, ttl_unit="MINUTES")
    body = project.post(VALIDATIONS, request(credits("GIFT", 4_000), session=session))
    assert body["session"] == session
    project.configure(ahead_s=301)
    assert validate(project, credits("GIFT", 2_000))[0]


def test_the_same_key_replaces_what_it_locked(project):
    project.gift_card()
    for amount in (4_000, 1_000):
        project.post(VALIDATIONS, request(credits("GIFT", amount), session=lock("cart-1")))
    assert validate(project, credits("GIFT", 4_000))[0]
    assert not validate(project, credits("GIFT", 4_001))[0]


def test_the_same_key_for_other_vouchers_releases_the_first(project):
    project.gift_card()
    project.coupon()
    project.post(VALIDATIONS, request(credits("GIFT", 5_000), session=lock("cart-1")))
    project.post(VALIDATIONS, request(voucher("TEN"), session=lock("cart-1")))
    assert validate(project, credits("GIFT", 5_000))[0]


def test_a_validation_that_says_no_locks_nothing(project):
    project.gift_card()
    body = project.post(VALIDATIONS, request(credits("GIFT", 5_001), session=lock("cart-1")))
    assert "session" not in body
    assert project.refused("DELETE", "/v1/vouchers/GIFT/sessions/cart-1") == (404, "not_found")


def test_releasing_a_lock(project):
    project.gift_card()
    project.post(VALIDATIONS, request(credits("GIFT", 5_000), session=lock("cart-1")))
    assert project("DELETE", "/v1/vouchers/GIFT/sessions/cart-1").status == 204
    assert project.refused("DELETE", "/v1/vouchers/GIFT/sessions/cart-1") == (404, "not_found")
    assert project.refused("DELETE", "/v1/vouchers/NONE/sessions/cart-1") == (404, "not_found")
    assert validate(project, credits("GIFT", 5_000))[0]


def test_a_redemption_ends_its_session(project):
    project.gift_card()
    project.post(VALIDATIONS, request(credits("GIFT", 4_000), session=lock("cart-1")))
    redeem(project, credits("GIFT", 3_000), session=lock("cart-1"))
    assert balance(project) == 2_000
    assert validate(project, credits("GIFT", 2_000))[0]


# ----- redemptions -----


def test_a_redemption_stores_a_paid_order_which_earns(project):
    member = project.member()
    project.coupon()
    made = redeem(project, voucher("TEN"), metadata={"odoo": "S1"})
    assert (made["order"]["status"], made["order"]["total_amount"]) == ("PAID", 9_000)
    assert "parent_redemption" not in made
    (redemption,) = made["redemptions"]
    assert (redemption["redemption"], redemption["status"]) == (None, "SUCCEEDED")
    order = project.get("/v1/orders/S1")
    assert list(order["redemptions"]) == [redemption["id"]]
    assert member.balance() == (100, 0)


def test_redeeming_again_redeems_again(project):
    """What a retry has to look at first: the order names its redemptions."""
    project.gift_card()
    for _ in range(2):
        redeem(project, credits("GIFT", 1_000))
    assert balance(project) == 3_000
    assert len(project.get("/v1/orders/S1")["redemptions"]) == 2
    query = "?filters[voucher_code][conditions][$is]=GIFT"
    assert project.get(f"{REDEMPTIONS}{query}")["total"] == 2


def test_two_tills_at_once(project):
    """One of them gets it."""
    project.coupon(redemption={"quantity": 1})
    body = request(voucher("TEN"))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: project("POST", REDEMPTIONS, body), range(8)))
    assert sorted(each.status for each in answers) == [200] + [400] * 7
    assert {each.data["key"] for each in answers if each.status == 400} == {"quantity_exceeded"}


def test_a_lost_answer_is_found_by_the_order(project, sandbox):
    project.gift_card()
    sandbox.fault(path=REDEMPTIONS, drop="after", times=1)
    with pytest.raises(ConnectionError):
        redeem(project, credits("GIFT", 1_000))
    (found,) = project.get("/v1/orders/S1")["redemptions"]
    assert project.get(f"{REDEMPTIONS}/{found}")["gift"] == {"amount": 1_000}


def test_a_gift_card_pays_what_is_left(project):
    project.gift_card()
    made = redeem(project, voucher("GIFT"), amount=2_000)
    assert (made["redemptions"][0]["amount"], balance(project)) == (2_000, 3_000)
    redeem(project, voucher("GIFT"), amount=10_000, order="S2")
    assert balance(project) == 0
    refused = project.refused("POST", REDEMPTIONS, request(voucher("GIFT"), order="S3"))
    assert refused == (400, "gift_amount_exceeded")


def test_redemptions_that_failed_are_kept(project):
    project.coupon(redemption={"quantity": 1})
    redeem(project, voucher("TEN"))
    answer = project("POST", REDEMPTIONS, request(voucher("TEN")))
    assert (answer.status, answer.data["resource_type"]) == (400, "redemption")
    failed = project.get(f"{REDEMPTIONS}?result=FAILURE")["redemptions"]
    assert [(each["id"], each["failure_code"]) for each in failed] == [
        (answer.data["resource_id"], "quantity_exceeded")
    ]


def test_a_loyalty_card_of_v1_is_its_holders(project):
    project.customer("1")
    card = project.post(f"/v1/loyalties/{CAMPAIGN}/members", {"customer": {"source_id": "1"}})["code"]
    project.post(f"/v1/loyalties/members/{card}/balance", {"points": 500})
    points = {"object": "voucher", "id": card, "reward": {"points": 200}}
    assert validate(project, voucher(card))[1] == [("INAPPLICABLE", "missing_reward")]
    assert validate(project, points, customer="2")[1] == [("INAPPLICABLE", "invalid_customer")]
    too_many = {**points, "reward": {"points": 501}}
    assert validate(project, too_many)[1] == [("INAPPLICABLE", "loyalty_card_points_exceeded")]
    made = redeem(project, points)
    assert made["order"]["total_amount"] == 9_800
    assert project.get(f"/v1/loyalties/members/{card}")["loyalty_card"]["balance"] == 300 + 100


# ----- rollbacks -----


@pytest.fixture
def single(project):
    project.gift_card()
    return redeem(project, credits("GIFT", 2_000))["redemptions"][0]["id"]


@pytest.fixture
def stacked(project):
    """(parent, child) of a redemption of two vouchers."""
    project.gift_card()
    project.coupon(redemption={"quantity": 1})
    made = redeem(project, voucher("TEN"), credits("GIFT", 2_000))
    return made["parent_redemption"]["id"], made["redemptions"][1]["id"]


def test_a_rollback_gives_back_and_cancels_the_order(project, single):
    answer = project.post(f"{REDEMPTIONS}/{single}/rollback", {"reason": "returned"})
    assert (answer["redemption"], answer["amount"], answer["reason"]) == (single, -2_000, "returned")
    assert (balance(project), project.get("/v1/orders/S1")["status"]) == (5_000, "CANCELED")
    assert project.get(f"{REDEMPTIONS}/{single}")["status"] == "ROLLED_BACK"
    types = [each["type"] for each in project.get("/v1/vouchers/GIFT/transactions")["data"]]
    assert types == ["CREDITS_REFUND", "CREDITS_REDEMPTION"]


def test_a_second_rollback_is_refused_and_changes_nothing(project, single):
    project.post(f"{REDEMPTIONS}/{single}/rollback", {})
    for path in ("rollback", "rollbacks"):
        assert project.refused("POST", f"{REDEMPTIONS}/{single}/{path}") == (400, "already_rolled_back")
    assert balance(project) == 5_000


def test_a_rollback_after_three_months_is_refused(project, single):
    project.configure(ahead_s=89 * DAY)
    assert project.get(f"{REDEMPTIONS}/{single}")["status"] == "SUCCEEDED"
    project.configure(ahead_s=93 * DAY)
    assert project.refused("POST", f"{REDEMPTIONS}/{single}/rollback") == (400, "invalid_redemption")
    assert balance(project) == 3_000
    project.configure(ahead_s=88 * DAY)
    project.post(f"{REDEMPTIONS}/{single}/rollback", {})


def test_a_stack_is_rolled_back_as_a_whole(project, stacked):
    parent, child = stacked
    assert project.refused("POST", f"{REDEMPTIONS}/{child}/rollback") == (400, "invalid_redemption_parent")
    assert project.refused("POST", f"{REDEMPTIONS}/{child}/rollbacks") == (400, "invalid_redemption_parent")
    assert project.refused("POST", f"{REDEMPTIONS}/{parent}/rollback") == (400, "invalid_redemption")
    answer = project.post(f"{REDEMPTIONS}/{parent}/rollbacks", {})
    assert (len(answer["rollbacks"]), answer["parent_rollback"]["redemption"]) == (2, parent)
    assert (balance(project), answer["order"]["status"]) == (5_000, "CANCELED")
    assert validate(project, voucher("TEN"))[0]


def test_rollbacks_of_others(project, single):
    project.customer("2")
    path = f"{REDEMPTIONS}/{single}/rollback"
    assert project.refused("POST", path, {"customer": {"source_id": "2"}}) == (400, "invalid_customer")
    assert project.refused("POST", path, {"order": {"source_id": "S9"}}) == (400, "invalid_order")
    assert project.refused("POST", f"{REDEMPTIONS}/r_0/rollback", {}) == (404, "not_found")
    project.post(path, {"customer": {"source_id": "1"}, "order": {"source_id": "S1"}})


def test_a_rollback_that_leaves_the_order(project, single):
    project.configure(rollback_order_mode="WITHOUT_ORDER")
    project.post(f"{REDEMPTIONS}/{single}/rollback", {})
    assert project.get("/v1/orders/S1")["status"] == "PAID"
