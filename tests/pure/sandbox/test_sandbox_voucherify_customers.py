"""Customers, orders, and members of loyalty programs."""

import pytest
from voucherify_calls import PROGRAM, WALLET, Project

CUSTOMERS, ORDERS = "/v1/customers", "/v1/orders"
MEMBERS = f"/v2/loyalties/programs/{PROGRAM}/members"


@pytest.fixture
def project(sandbox):
    return Project(sandbox)


def by_source(source_id):
    return {"customer_identification": {"type": "customer_source_id", "customer_source_id": source_id}}


# ----- customers -----


def test_a_post_creates_or_updates_and_says_200_for_both(project):
    made = project.post(
        CUSTOMERS, {"source_id": "1", "name": "Ann", "email": "a@x.com", "metadata": {"a": 1, "b": 2}}
    )
    again = project.post(CUSTOMERS, {"source_id": "1", "name": "Anna", "metadata": {"b": 3}})
    assert (again["id"], again["name"], again["email"]) == (made["id"], "Anna", "a@x.com")
    assert again["metadata"] == {"a": 1, "b": 3}
    assert (made["updated_at"], again["updated_at"] is not None) == (None, True)
    assert len(project.records("customers")) == 1
    assert project.get(f"{CUSTOMERS}/1") == project.get(f"{CUSTOMERS}/{made['id']}") == again


def test_a_source_id_is_for_good(project):
    key = project.customer("1")
    assert project.refused("PUT", f"{CUSTOMERS}/{key}", {"source_id": "2"}) == (400, "invalid_payload")
    without = project.post(CUSTOMERS, {"name": "Bob"})["id"]
    refused = project.refused("POST", CUSTOMERS, {"id": without, "source_id": "3"})
    assert refused == (400, "invalid_payload")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "invalid_payload")),
        ([], (400, "invalid_payload")),
        ({"source_id": 1}, (400, "invalid_payload")),
        ({"source_id": "1", "metadata": []}, (400, "invalid_payload")),
        ({"source_id": "1", "address": {"city": 1}}, (400, "invalid_payload")),
        ({"id": "cust_0"}, (404, "not_found")),
    ],
)
def test_customers_that_are_refused(project, body, expected):
    assert project.refused("POST", CUSTOMERS, body) == expected


def test_deleting(project):
    member = project.member("1")
    assert project("DELETE", f"{CUSTOMERS}/1").status == 204
    assert project.refused("GET", f"{CUSTOMERS}/1") == (404, "not_found")
    assert project.refused("GET", member.path) == (404, "not_found")


def test_deleting_for_good_deletes_the_orders_too(project):
    project.customer("1")
    project.order("S1")
    answer = project.post(f"{CUSTOMERS}/1/permanent-deletion")
    assert (answer["status"], answer["data_json"]["orders"]) == ("DONE", 1)
    assert project.refused("GET", f"{ORDERS}/S1") == (404, "not_found")
    assert project.refused("POST", f"{CUSTOMERS}/1/permanent-deletion") == (404, "not_found")


def test_pages(project):
    for number in range(12):
        project.customer(str(number), email=f"{number}@x.com")
    page = project.get(f"{CUSTOMERS}?limit=5&page=3")
    assert (page["total"], [each["source_id"] for each in page["customers"]]) == (12, ["1", "0"])
    assert project.get(f"{CUSTOMERS}?email=7%40x.com")["total"] == 1
    assert project.refused("GET", f"{CUSTOMERS}?limit=101") == (400, "invalid_query_params")


def test_bulk_updates_are_done_later_and_each_entry_by_itself(project):
    """DONE does not say that all of them succeeded."""
    project.configure(processing_s=None)
    body = [{"source_id": "1", "name": "Ann"}, {"name": "without a key"}, {"source_id": "2", "email": 5}]
    answer = project("POST", f"{CUSTOMERS}/bulk/async", body, wrong=True)
    path = f"/v1/async-actions/{answer.data['async_action_id']}"
    before = project.get(path)
    assert (answer.status, before["status"], before["operation_status"]) == (202, "ENQUEUED", "UNKNOWN")
    assert project.records("customers") == []
    project.act("process")
    after = project.get(path)
    assert (after["status"], after["operation_status"]) == ("DONE", "SUCCESS")
    assert (after["result"]["done_count"], after["result"]["failed_count"]) == (1, 2)
    assert project.refused("GET", "/v1/async-actions/aa_0") == (404, "not_found")


def test_bulk_updates_of_more_than_10_mb(project):
    body = [{"source_id": "1", "name": "x" * 10_500_000}]
    answer = project.api(
        "POST", f"{CUSTOMERS}/bulk/async", body, {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}
    )
    assert (answer.status, answer.data["statusCode"]) == (413, 413)


# ----- orders -----


def test_orders_are_found_by_their_source_id(project):
    item = {"source_id": "LAMP", "related_object": "product", "quantity": 2, "price": 1_500}
    body = {"source_id": "S1", "items": [item], "customer": {"source_id": "1"}, "metadata": {"till": "7"}}
    made = project.post(ORDERS, body)
    assert (made["amount"], made["status"], made["items"][0]["amount"]) == (3_000, "CREATED", 3_000)
    assert made["customer_id"] == project.get(f"{CUSTOMERS}/1")["id"]
    again = project.post(ORDERS, {"source_id": "S1", "status": "PAID", "metadata": {"shop": "1"}})
    assert (again["id"], again["amount"], again["status"]) == (made["id"], 3_000, "PAID")
    assert project.get(f"{ORDERS}/S1") == project.get(f"{ORDERS}/{made['id']}") == again
    assert project.get(ORDERS)["total"] == 1
    assert project.get(f"{CUSTOMERS}/1")["summary"]["orders"] == {
        "total_amount": 3_000,
        "total_count": 1,
        "average_amount": 3_000,
        "last_order_amount": 3_000,
    }


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"amount": 12.5}, "invalid_payload"),
        ({"amount": "1250"}, "invalid_payload"),
        ({"amount": -1}, "invalid_amount"),
        ({"status": "CANCELLED"}, "invalid_payload"),
        ({"items": [{"quantity": 1.5}]}, "invalid_payload"),
        ({"items": [{"source_id": "A", "related_object": "service"}]}, "invalid_payload"),
        ({"items": [{"source_id": "A"}] * 501}, "invalid_payload"),
    ],
)
def test_orders_that_are_refused(project, body, key):
    assert project.refused("POST", ORDERS, {"source_id": "S1", **body}) == (400, key)
    assert project.refused("PUT", f"{ORDERS}/S1", body) == (404, "not_found")
    assert project.records("orders") == []


# ----- members -----


def test_a_member_needs_a_customer_and_is_one_once(project):
    assert project.refused("POST", MEMBERS, by_source("1")) == (404, "not_found")
    key = project.customer("1")
    made = project.post(MEMBERS, by_source("1"))
    (card,) = made["cards"]
    assert (made["customer_id"], card["card"]["balance"]) == (key, {"points": 0, "pending_points": 0})
    for body in (by_source("1"), {"customer_id": key}):
        assert project.refused("POST", MEMBERS, body) == (409, "member_already_exists")
    assert len(project.records("members")) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"customer_identification": {"type": "customer_source_id"}},
        {"customer_identification": {"type": "email", "email": "a@x.com"}},
        {**by_source("1"), "status": "DELETED"},
    ],
)
def test_enrolments_that_are_refused(project, body):
    project.customer("1")
    assert project.refused("POST", MEMBERS, body) == (400, "invalid_payload")


def test_a_program_that_is_not_active_takes_nobody(project):
    project.customer("1")
    program = f"/v2/loyalties/programs/{PROGRAM}"
    assert project.post(f"{program}/deactivate")["status"] == "INACTIVE"
    assert project.refused("POST", MEMBERS, by_source("1")) == (423, "non_active_program")
    assert project.refused("POST", f"{program}/deactivate") == (400, "invalid_state_transition")
    project.post(f"{program}/activate")
    project.post(MEMBERS, by_source("1"))
    path = MEMBERS.replace(PROGRAM, "lprg_0")
    assert project.refused("POST", path, by_source("1")) == (404, "not_found")


def test_the_code_of_a_card_comes_later(project):
    project.configure(processing_s=None)
    member = project.member()
    assert member.read_card()["code"] is None
    project.act("process")
    assert member.read_card()["code"].startswith("CARD-")


def test_there_is_a_card_for_each_wallet(project):
    second = "lcdef_5a1d000000000002"
    project.configure(wallets=[{}, {"id": second, "name": "Miles"}], programs=[{"wallets": [WALLET, second]}])
    cards = project.member().data["cards"]
    assert [each["card"]["card_definition_id"] for each in cards] == [WALLET, second]
    listed = project.get(f"/v2/loyalties/programs/{PROGRAM}/card-definitions")["data"]
    assert {each["card_definition_id"] for each in listed} == {WALLET, second}


def test_what_a_customer_has(project):
    member = project.member()
    path = f"/v2/loyalties/programs/{PROGRAM}/memberships"
    for key, kind in (
        (member.data["customer_id"], "customer_id"),
        ("1", "customer_source_id"),
        (member.id, "member_id"),
    ):
        found = project.get(f"{path}/{key}?identification_type={kind}")
        assert (found["member"]["id"], found["program"]["status"]) == (member.id, "ACTIVE")
    everywhere = project.get("/v2/loyalties/memberships/1?identification_type=customer_source_id")
    assert [each["member"]["id"] for each in everywhere["memberships"]] == [member.id]
    assert project.refused("GET", f"{path}/1") == (404, "not_found")
    project.customer("2")
    assert project.refused("GET", f"{path}/2?identification_type=customer_source_id") == (404, "not_found")
    nobody = project.get("/v2/loyalties/memberships/2?identification_type=customer_source_id")
    assert nobody["memberships"] == []


def test_members_change_and_leave(project):
    member = project.member(metadata={"a": 1})
    assert project("PUT", member.path, {"metadata": {"b": 2}}).data["metadata"] == {"a": 1, "b": 2}
    assert project.refused("PUT", member.path, {"status": "INACTIVE"}) == (400, "invalid_payload")
    assert project.refused("POST", f"{member.path}/activate") == (400, "invalid_state_transition")
    assert project("DELETE", member.path).data["status"] == "DELETED"
    assert project.refused("GET", member.path) == (404, "not_found")
    assert project.get(f"{CUSTOMERS}/1")["source_id"] == "1"


def test_members_can_be_listed(project):
    first, second = project.member("1"), project.member("2")
    project.post(f"{second.path}/deactivate")
    assert [each["id"] for each in project.get(MEMBERS)["data"]] == [second.id, first.id]
    for query, expected in (
        (f"?filters[customer_id][conditions][$is]={first.data['customer_id']}", first.id),
        ("?filters[status][conditions][$is]=INACTIVE", second.id),
    ):
        assert [each["id"] for each in project.get(f"{MEMBERS}{query}")["data"]] == [expected]


def test_members_in_a_batch(project):
    member = project.member("1")
    key = project.customer("2")
    body = [by_source("1"), {"customer_id": key}, by_source("unknown")]
    action = project.post(f"{MEMBERS}/batch", body)["async_action_id"]
    result = project.get(f"/v1/async-actions/{action}")["result"]
    assert (result["done_count"], result["failed_count"]) == (1, 2)
    assert {each["key"] for each in result["errors"]} == {"member_already_exists", "not_found"}
    assert {each["customer_id"] for each in project.records("members")} == {key, member.data["customer_id"]}


def test_programs_and_wallets_can_be_read(project):
    project.configure(
        wallets=[
            {"pending_days": 14, "expiration_days": 365, "refund_spent": True, "refund_earned": "PENDING"}
        ]
    )
    (program,) = project.get("/v2/loyalties/programs")["data"]
    assert project.get(f"/v2/loyalties/programs/{PROGRAM}") == program
    (wallet,) = project.get("/v2/loyalties/card-definitions")["data"]
    assert project.get(f"/v2/loyalties/card-definitions/{WALLET}") == wallet
    assert wallet["refunds"]["earned_points"]["methods"] == [{"type": "REVOKE_FROM_PENDING"}]
    (reward,) = project.get(f"/v2/loyalties/programs/{PROGRAM}/rewards")["data"]
    assert reward["redeemed"] == 0


def test_settings_that_mean_nothing(project):
    with pytest.raises(ValueError, match="unknown: colour"):
        project.configure(wallets=[{"colour": "red"}])
