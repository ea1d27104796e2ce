"""Points of loyalty v2: they are asynchronous, may be rejected, wait, and expire. No call is idempotent."""

import pytest
from voucherify_calls import CAMPAIGN, DAY, PROGRAM, REWARD, WALLET, Project


@pytest.fixture
def project(sandbox):
    return Project(sandbox)


@pytest.fixture
def member(project):
    return project.member()


# ----- 200 is not done -----


def test_points_are_pending_until_they_are_processed(project, member):
    project.configure(processing_s=None)
    answer = member.adjust(25, reason="R1")
    assert (answer["status"], answer["transaction"]["status"]) == ("TRANSACTION_CREATED", "PENDING")
    assert (member.balance(), member.transactions()) == ((0, 0), [("ADMIN_CREDIT", "PENDING", 25)])
    project.act("process")
    assert (member.balance(), member.transactions()) == ((25, 0), [("ADMIN_CREDIT", "APPROVED", 25)])


def test_the_delay_is_on_the_clock_of_the_project(project, member):
    project.configure(processing_s=60)
    member.adjust(25)
    statuses = []
    for ahead in (0, 40, 61):
        project.configure(ahead_s=ahead)
        statuses.append((member.transactions()[0][1], member.balance()[0]))
    assert statuses == [("PENDING", 0), ("PROCESSING", 0), ("APPROVED", 25)]


def test_a_late_rejection(project, member):
    project.configure(reject={"ADMIN_CREDIT": "EARNING_LIMIT_EXCEEDED"})
    member.adjust(25)
    assert (member.balance(), member.transactions()) == ((0, 0), [("ADMIN_CREDIT", "REJECTED", 25)])
    listed = project.get(f"{member.card_path}/transactions")["data"]
    assert listed[0]["details"]["rejection"] == {"reason": "EARNING_LIMIT_EXCEEDED"}


def test_more_than_there_is_is_rejected_only_later(project, member):
    member.adjust(25)
    assert member.adjust(-30)["transaction"]["status"] == "PENDING"
    assert member.transactions() == [("ADMIN_DEBIT", "REJECTED", -30), ("ADMIN_CREDIT", "APPROVED", 25)]
    assert member.balance() == (25, 0)
    project.configure(wallets=[{"allow_negative": True}])
    member.adjust(-30)
    assert member.balance() == (-5, 0)
    member.adjust(8)
    assert member.balance() == (3, 0)


# ----- nothing is idempotent -----


def test_the_same_adjustment_twice_is_two(project, member):
    """There is no header for it either."""
    for _ in range(2):
        body = {"points": 25, "reason": "R1"}
        project("POST", f"{member.card_path}/points", body, headers={"Idempotency-Key": "R1"})
    assert member.balance() == (50, 0)


def test_a_lost_answer_can_only_be_found_by_the_reason(project, sandbox, member):
    sandbox.fault(path="/points", drop="after", times=1)
    with pytest.raises(ConnectionError):
        member.adjust(25, reason="odoo/77")
    listed = project.get(f"{member.card_path}/transactions?order=-created_at&limit=100")["data"]
    assert [each["details"]["reason"] for each in listed] == ["odoo/77"]


def test_zero_is_no_transaction(member):
    answer = member.adjust(0)
    assert (answer["transaction"], answer["status"]) == (None, "NO_CHANGE")
    assert member.transactions() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"points": 2.5},
        {"points": "5"},
        {"points": True},
        {"points": 5, "source_id": "77"},
        {"points": 5, "metadata": {}},
        {"points": 5, "reason": "x" * 256},
    ],
)
def test_what_an_adjustment_refuses(project, member, body):
    assert project.refused("POST", f"{member.card_path}/points", body) == (400, "invalid_payload")


def test_423_is_a_rule_and_no_lock(project, member):
    path = f"{member.card_path}/points"
    project.post(f"{member.path}/deactivate")
    assert project.refused("POST", path, {"points": 5}) == (423, "non_active_member")
    project.post(f"{member.path}/activate")
    project.configure(programs=[{"status": "INACTIVE"}])
    assert project.refused("POST", path, {"points": 5}) == (423, "non_active_program")
    project.configure(programs=[{"end_date": "2020-01-01T00:00:00Z"}])
    assert project.refused("POST", path, {"points": 5}) == (423, "program_outside_validity_window")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("programs/lprg_0/members/{member}/cards/{card}", "program"),
        (f"programs/{PROGRAM}/members/lmbr_0/cards/{{card}}", "member"),
        (f"programs/{PROGRAM}/members/{{member}}/cards/lcrd_0", "card"),
    ],
)
def test_what_is_not_there(project, member, path, kind):
    path = path.format(member=member.id, card=member.card)
    answer = project("POST", f"/v2/loyalties/{path}/points", {"points": 5})
    assert (answer.status, answer.data["key"], answer.data["resource_type"]) == (404, "not_found", kind)


# ----- lists -----


def test_transactions_come_in_pages_with_cursors_that_expire(project, member):
    for points in range(1, 24):
        member.adjust(points)
    path = f"{member.card_path}/transactions"
    pages = [project.get(f"{path}?limit=10")]
    while pages[-1]["cursor"]:
        pages.append(project.get(f"{path}?limit=10&cursor={pages[-1]['cursor']['next']}"))
    seen = [each["details"]["points"]["total"] for page in pages for each in page["data"]]
    assert (len(pages), seen) == (3, list(range(23, 0, -1)))
    cursor = pages[0]["cursor"]["next"]
    assert project("GET", f"{path}?cursor={cursor}").status == 200
    project.configure(ahead_s=3_600)
    assert project.refused("GET", f"{path}?cursor={cursor}") == (400, "invalid_or_expired_cursor")
    assert project.refused("GET", f"{path}?limit=101") == (400, "invalid_query_params")


def test_transactions_can_be_filtered_and_ordered(project, member):
    ids = [member.adjust(points)["transaction"]["id"] for points in (1, 2, 3)]
    assert member.transactions(f"?filters[id][conditions][$is]={ids[1]}") == [("ADMIN_CREDIT", "APPROVED", 2)]
    query = "?filters[created_at][conditions][$after]=2030-01-01T00:00:00.000Z"
    assert member.transactions(query) == []
    assert [points for _, _, points in member.transactions("?order=created_at")] == [1, 2, 3]
    path = f"{member.card_path}/transactions?filters[reason][conditions][$is]=x"
    assert project.refused("GET", path) == (400, "invalid_query_params")


# ----- expiration -----


def test_points_expire_at_their_date_those_first_that_expire_first(project, member):
    project.configure(wallets=[{"expiration_days": 30}])
    member.adjust(100)
    project.configure(ahead_s=10 * DAY)
    member.adjust(50)
    member.adjust(-40)
    buckets = project.get(f"{member.card_path}/expiring-points")["data"]
    assert [each["points"]["total"] for each in buckets] == [60, 50]
    assert member.read_card()["next_expiration"] == {"points": 60, "date": buckets[0]["expiration_date"]}
    project.configure(ahead_s=30 * DAY)
    assert member.balance() == (50, 0)
    assert member.transactions()[0] == ("POINTS_EXPIRED", "APPROVED", 60)
    project.configure(ahead_s=40 * DAY)
    assert member.balance() == (0, 0)
    points = member.read_card()["lifetime_bucket"]["points"]
    assert (points["total"], points["added"], points["subtracted"], points["expired"]) == (150, 150, 40, 110)


def test_points_that_expire_first_are_spent_first(project, member):
    for days in (30, 10):
        project.configure(wallets=[{"expiration_days": days}])
        member.adjust(100)
    member.adjust(-40)
    buckets = project.get(f"{member.card_path}/expiring-points")["data"]
    assert [each["points"]["total"] for each in buckets] == [60, 100]


def test_expiring_by_hand(project, member):
    project.configure(wallets=[{"expiration_days": 30}])
    member.adjust(100)
    (bucket,) = project.get(f"{member.card_path}/expiring-points")["data"]
    answer = project.post(f"{member.card_path}/expiring-points/{bucket['id']}/expire")
    assert answer["transaction"]["type"] == "ADMIN_POINTS_EXPIRATION"
    assert member.balance() == (0, 0)


# ----- earning -----


def test_a_paid_order_earns_later(project, member):
    """The 200 says nothing of points, and the transaction does not name the order."""
    project.configure(processing_s=None)
    order = project.order(amount=12_345)
    assert (order["status"], member.transactions()) == ("PAID", [])
    project.act("process")
    assert (member.balance(), member.transactions()) == ((123, 0), [("POINTS_EARNED", "APPROVED", 123)])
    (earned,) = project.get(f"{member.card_path}/transactions")["data"]
    assert order["id"] not in str(earned)
    assert sorted(earned["details"]["metadata"]) == [
        "earning_item_id",
        "earning_rule_id",
        "event_id",
        "member_id",
        "program_id",
    ]


@pytest.mark.parametrize("status", ["CREATED", "CANCELED", "FULFILLED"])
def test_only_paid_orders_earn(project, member, status):
    project.order(status=status)
    assert member.transactions() == []


def test_an_order_that_is_sent_twice_earns_once(project, member):
    for _ in range(2):
        project.order()
    assert member.balance() == (100, 0)
    project.order("S2", status="CREATED")
    project("PUT", "/v1/orders/S2", {"status": "PAID"})
    assert member.balance() == (200, 0)


def test_members_and_programs_that_are_not_active_earn_nothing(project, member):
    project.post(f"{member.path}/deactivate")
    project.order("S1")
    assert member.transactions() == []
    project.post(f"{member.path}/activate")
    project.configure(programs=[{"status": "INACTIVE"}])
    project.order("S2")
    assert member.transactions() == []


def test_an_estimate_changes_nothing(project, member):
    body = {
        "trigger": {"type": "SPECIFIC", "specific": {"event": "customer.order.paid"}},
        "customer_identification": {"type": "customer_source_id", "customer_source_id": "1"},
        "customer_order_paid": {"order": {"amount": 5_000}},
    }
    found = project.post("/v2/loyalties/examine/earning-rules", body)
    assert [each["points_estimation"] for each in found["memberships"][0]["cards"]] == [50]
    assert member.transactions() == []


# ----- pending points -----


def test_points_wait_for_the_end_of_the_return_window(project, member):
    project.configure(wallets=[{"pending_days": 14, "expiration_days": 30}])
    project.order()
    assert (member.balance(), member.transactions()) == (
        (0, 100),
        [("PENDING_POINTS_ADDED", "APPROVED", 100)],
    )
    (bucket,) = project.get(f"{member.card_path}/pending-points")["data"]
    assert member.read_card()["next_activation"] == {
        "points": 100,
        "type": "PERIOD_BASED",
        "date": bucket["date"],
    }
    project.configure(ahead_s=14 * DAY)
    assert (member.balance(), member.transactions()[0]) == (
        (100, 0),
        ("PENDING_POINTS_ACTIVATED", "APPROVED", 100),
    )
    card = member.read_card()
    assert card["lifetime_bucket"]["points"]["earned"] == 100
    assert card["lifetime_bucket"]["pending_points"] == {"total": 100, "activated": 100, "canceled": 0}
    assert card["next_expiration"]["points"] == 100


@pytest.mark.parametrize(
    ("action", "balance", "kind"),
    [("activate", (100, 0), "PENDING_POINTS_ACTIVATED"), ("cancel", (0, 0), "PENDING_POINTS_CANCELED")],
)
def test_ending_the_wait_by_hand(project, member, action, balance, kind):
    project.configure(wallets=[{"pending_days": 14}])
    project.order()
    (bucket,) = project.get(f"{member.card_path}/pending-points")["data"]
    path = f"{member.card_path}/pending-points/{bucket['id']}"
    assert project.post(f"{path}/{action}")["transaction"]["type"] == kind
    assert (member.balance(), member.transactions()[0]) == (balance, (kind, "APPROVED", 100))
    assert project.refused("POST", f"{path}/activate") == (423, "invalid_pending_points_bucket_status")
    assert project.refused("POST", f"{member.card_path}/pending-points/lcppb_0/cancel") == (404, "not_found")


def test_points_that_wait_for_an_event(project, member):
    project.configure(wallets=[{"pending_days": 14, "pending_events": ["return_window_over"]}])
    project.order()
    assert "cancel_date" in member.read_card()["next_activation"]
    project.post("/v1/events", {"event": "return_window_over", "customer": {"source_id": "1"}})
    assert member.balance() == (100, 0)
    project.order("S2")
    project.configure(ahead_s=14 * DAY)
    assert member.balance() == (100, 0)
    assert member.transactions()[0] == ("PENDING_POINTS_CANCELED", "APPROVED", 100)


def test_a_custom_event_earns(project, member):
    project.configure(
        programs=[
            {
                "earning_rules": [
                    {"id": "lern_5a1d02", "name": "Review", "wallet": WALLET, "event": "review", "points": 5}
                ]
            }
        ]
    )
    project.post("/v1/events", {"event": "review", "customer": {"source_id": "1"}})
    assert member.transactions() == [("POINTS_EARNED", "APPROVED", 5)]


# ----- cancelled orders -----


def test_a_cancelled_order_takes_nothing_back_by_default(project, member):
    member.adjust(50)
    project.order()
    member.pay("S1", 50)
    assert member.balance() == (100, 0)
    project("PUT", "/v1/orders/S1", {"status": "CANCELED"})
    assert member.balance() == (100, 0)


def test_refunds_that_the_wallet_grants(project, member):
    """Points earned are refunded, points spent are returned: the engine's words are the other way round."""
    project.configure(wallets=[{"refund_spent": True, "refund_earned": "TO_ZERO"}])
    member.adjust(50)
    project.order()
    member.pay("S1", 50)
    project("PUT", "/v1/orders/S1", {"status": "CANCELED"})
    assert sorted(member.transactions()[:2]) == [
        ("POINTS_REFUNDED", "APPROVED", 100),
        ("POINTS_RETURNED", "APPROVED", 50),
    ]
    assert member.balance() == (50, 0)


def test_an_order_that_is_cancelled_before_its_points_are_there(project, member):
    project.configure(processing_s=None, wallets=[{"refund_earned": "TO_ZERO"}])
    project.order()
    project("PUT", "/v1/orders/S1", {"status": "CANCELED"})
    project.act("process")
    assert member.balance() == (0, 0)
    assert [kind for kind, _, _ in member.transactions()] == ["POINTS_REFUNDED", "POINTS_EARNED"]


@pytest.mark.parametrize(("mode", "balance"), [("TO_ZERO", 0), ("BELOW_ZERO", -70)])
def test_a_refund_after_the_points_were_spent(project, member, mode, balance):
    project.configure(wallets=[{"refund_earned": mode, "allow_negative": mode == "BELOW_ZERO"}])
    project.order()
    member.adjust(-70)
    project("PUT", "/v1/orders/S1", {"status": "CANCELED"})
    assert member.balance() == (balance, 0)


def test_a_refund_from_what_is_pending(project, member):
    project.configure(wallets=[{"refund_earned": "PENDING", "pending_days": 14}])
    project.order("S1")
    project.order("S2", 5_000)
    project("PUT", "/v1/orders/S1", {"status": "CANCELED"})
    assert member.balance() == (0, 50)


# ----- paying with points -----


def test_paying_books_anew_each_time(project, member):
    member.adjust(500)
    project.order(status="CREATED")
    answer = member.pay("S1", 100)
    assert (answer["status"], answer["transaction"]["status"]) == ("TRANSACTION_CREATED", "PENDING")
    member.pay("S1", 100)
    assert (member.balance(), member.payments()) == ((300, 0), [("APPROVED", 100, None)] * 2)
    assert member.transactions()[0] == ("POINTS_SPENT_ON_ORDER", "APPROVED", 100)


def test_the_default_is_the_whole_balance_and_more_than_the_order_is_rejected_later(project, member):
    member.adjust(500)
    project.order(amount=300, status="CREATED")
    assert member.pay("S1")["transaction"]["details"]["payment"]["amount"] == 500
    assert member.payments() == [("REJECTED", 500, "PAYMENT_EXCEEDS_ORDER_TOTAL_AMOUNT")]
    assert member.balance() == (500, 0)
    member.pay("S1", 200)
    member.pay("S1", 200)
    assert [status for status, _, _ in member.payments()] == ["REJECTED", "APPROVED", "REJECTED"]


def test_points_of_a_payment_are_locked_until_it_is_processed(project, member):
    member.adjust(500)
    project.order(status="CREATED")
    member.balance()
    project.configure(processing_s=None)
    member.pay("S1", 400)
    assert (member.balance(), member.payments()) == ((100, 0), [("PENDING", 400, None)])
    points = member.read_card()["lifetime_bucket"]["points"]
    assert (points["locked"], points["unlocked"], points["spent"]) == (400, 0, 0)
    project.act("process")
    assert member.balance() == (100, 0)


def test_an_amount_and_an_exchange_ratio(project, member):
    project.configure(wallets=[{"exchange_ratio": 2}])
    member.adjust(500)
    project.order(status="CREATED")
    limit = {"type": "AMOUNT_LIMIT", "amount_limit": {"max": 120}}
    payment = member.pay("S1", payment_limit=limit)["transaction"]["details"]["payment"]
    assert payment == {"amount": 120, "points_spent": 240, "exchange_ratio": 2}


def test_a_dry_run_books_nothing(project, member):
    member.adjust(500)
    project.order(status="CREATED")
    answer = member.pay("S1", 100, mode="DRY_RUN")
    assert (answer["status"], answer["transaction"]["status"]) == ("DRY_RUN", "SIMULATED")
    assert "id" not in answer["transaction"]
    assert (member.payments(), member.balance()) == ([], (500, 0))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"order": {"source_id": "unknown"}}, (404, "not_found")),
        ({"card_id": "lcrd_0"}, (404, "not_found")),
        ({"order": {}}, (400, "invalid_payload")),
        ({"mode": "TRY"}, (400, "invalid_payload")),
        ({"payment_limit": {"type": "POINTS_LIMIT"}}, (400, "invalid_payload")),
        ({"payment_limit": {"type": "POINTS_LIMIT", "points_limit": {"max": 0}}}, (400, "invalid_payload")),
        ({"source_id": "1"}, (400, "invalid_payload")),
        ({}, (423, "zero_card_balance")),
    ],
)
def test_what_a_payment_refuses(project, member, change, expected):
    project.order(status="CREATED")
    body = {"card_id": member.card, "order": {"source_id": "S1"}, **change}
    assert project.refused("POST", f"{member.path}/orders/payments", body) == expected


def test_a_wallet_that_pays_nothing(project, member):
    project.configure(wallets=[{"exchange_ratio": None}])
    member.adjust(500)
    project.order(status="CREATED")
    body = {"card_id": member.card, "order": {"source_id": "S1"}}
    refused = project.refused("POST", f"{member.path}/orders/payments", body)
    assert refused == (423, "pay_with_points_not_enabled")


# ----- rewards -----


def test_a_reward_is_bought_and_given_back(project, member):
    member.adjust(150)
    path = f"{member.path}/rewards/purchases"
    made = project.post(path, {"reward_id": REWARD})["transaction"]
    assert (made["status"], made["details"]["result"]) == ("PENDING", None)
    assert member.balance() == (50, 0)
    assert [each["status"] for each in project.get(path)["data"]] == ["APPROVED"]
    assert project.refused("POST", path, {"reward_id": REWARD}) == (423, "insufficient_card_balance")
    refund = f"/v2/loyalties/programs/{PROGRAM}/rewards/purchases/{made['id']}/refund"
    assert project.post(refund)["transaction"]["status"] == "APPROVED"
    assert member.balance() == (150, 0)
    assert project.refused("POST", refund)[0] == 409


def test_a_reward_that_is_out_of_stock(project, member):
    reward = {"id": REWARD, "name": "Mug", "wallet": WALLET, "points": 10, "stock": 1, "refundable": False}
    project.configure(programs=[{"rewards": [reward]}])
    member.adjust(150)
    path = f"{member.path}/rewards/purchases"
    dry = project.post(path, {"reward_id": REWARD, "mode": "DRY_RUN"})
    assert dry["transaction"]["status"] == "SIMULATED"
    made = project.post(path, {"reward_id": REWARD})["transaction"]
    assert project.refused("POST", path, {"reward_id": REWARD}) == (423, "reward_out_of_stock")
    assert project.refused("POST", path, {"reward_id": "lrew_0"}) == (404, "not_found")
    refund = f"/v2/loyalties/programs/{PROGRAM}/rewards/purchases/{made['id']}/refund"
    assert project.refused("POST", refund)[0] == 409
    project.post(refund, {"policies": {"refund": "ALLOW"}})
    assert member.balance() == (150, 0)


# ----- v1 -----


def test_cards_of_v1(project):
    """The balance is there at once. A ``source_id`` is stored, and keeps nothing from being booked twice."""
    project.customer()
    card = project.post(f"/v1/loyalties/{CAMPAIGN}/members", {"customer": {"source_id": "1"}})["code"]
    path = f"/v1/loyalties/members/{card}"
    for balance in (100, 200):
        answer = project.post(f"{path}/balance", {"points": 100, "source_id": "odoo/1"})
        assert answer["balance"] == balance
    assert project.refused("POST", f"{path}/balance", {"points": -201}) == (
        400,
        "loyalty_card_points_exceeded",
    )
    project.order(amount=5_000)
    found = project.get(f"{path}/transactions")
    assert [(each["type"], each["source_id"]) for each in found["data"]] == [
        ("POINTS_ACCRUAL", None),
        ("POINTS_ADDITION", "odoo/1"),
        ("POINTS_ADDITION", "odoo/1"),
    ]
    assert found["data"][0]["details"]["order"]["source_id"] == "S1"
    assert project.get(path)["loyalty_card"]["balance"] == 250
