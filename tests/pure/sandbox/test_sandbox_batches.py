"""What HubSpot does with whole batches, on the legacy and the dated paths (facts: tests/sandbox/hubspot/README.md)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

LEGACY = "/crm/v3/objects/contacts"
DATED = "/crm/objects/2026-09/contacts"
BOTH = pytest.mark.parametrize("base", [LEGACY, DATED])


@pytest.fixture
def keyed(sandbox):
    """The portal has a unique property ``customer``."""
    sandbox.configure(custom_properties=[{"name": "customer", "hasUniqueValue": True}])
    return sandbox


def inputs(*each, trace=False, id_property="customer"):
    """A batch body from (id, properties) pairs, with trace ids t0, t1, … if wanted."""
    batch = []
    for number, (key, properties) in enumerate(each):
        item = {"id": key, "properties": properties}
        if id_property:
            item["idProperty"] = id_property
        if trace:
            item["objectWriteTraceId"] = f"t{number}"
        batch.append(item)
    return {"inputs": batch}


def codes(answer):
    return [each["code"] for each in answer.data["errors"]]


@BOTH
def test_all_operations_exist_on_both_paths(keyed, api, base):
    made = api("POST", f"{base}/batch/upsert", inputs(("1", {"email": "a@example.com"}), trace=True))
    (result,) = made.data["results"]
    assert (made.status, made.data["status"], result["new"]) == (200, "COMPLETE", True)
    key = result["id"]
    assert (
        api("POST", f"{base}/batch/update", inputs((key, {"city": "Gent"}), id_property=None)).status == 200
    )
    assert (
        api("POST", f"{base}/batch/read", {"inputs": [{"id": "1"}], "idProperty": "customer"}).status == 200
    )
    assert api("PATCH", f"{base}/{key}", {"properties": {"zip": "9000"}}).status == 200
    assert api("GET", f"{base}/1?idProperty=customer&properties=city,zip").data["properties"]["zip"] == "9000"
    assert api("GET", base).data["results"][0]["id"] == key
    assert api("POST", f"{base}/search", {"filterGroups": []}).data["total"] == 1
    assert api("POST", f"{base}/batch/create", {"inputs": [{"properties": {"firstname": "B"}}]}).status == 201
    archived = api("POST", f"{base}/batch/archive", {"inputs": [{"id": key}, {"id": "5"}]})
    assert (archived.status, archived.text) == (204, "")
    assert api("DELETE", f"{base}/{key}").status == 204
    assert [each["archived"] for each in keyed.contacts()] == [True, False]


def test_object_type_by_its_other_names(api):
    assert api("GET", "/crm/objects/2026-09/0-1").status == 200
    assert api("GET", "/crm/v3/objects/contact").status == 200
    assert api("GET", "/crm/v3/objects/spaceships").status == 400


def test_results_do_not_come_in_the_order_of_the_inputs(keyed, api):
    batch = inputs(("1", {}), ("2", {}), ("3", {}), trace=True)
    found = [
        each["objectWriteTraceId"] for each in api("POST", f"{DATED}/batch/upsert", batch).data["results"]
    ]
    keyed.configure(result_order="input")
    again = [
        each["objectWriteTraceId"] for each in api("POST", f"{DATED}/batch/upsert", batch).data["results"]
    ]
    assert (found, again) == (["t2", "t1", "t0"], ["t0", "t1", "t2"])


def test_more_than_100_inputs_are_rejected(keyed, api):
    batch = inputs(*((str(number), {}) for number in range(101)))
    assert api("POST", f"{DATED}/batch/upsert", batch).status == 400
    assert keyed.contacts() == []
    batch["inputs"].pop()
    assert api("POST", f"{DATED}/batch/upsert", batch).status == 200
    assert len(keyed.contacts()) == 100


def test_one_bad_item_rejects_the_batch_without_trace_ids(keyed, api):
    answer = api("POST", f"{DATED}/batch/upsert", inputs(("1", {"city": "Gent"}), ("2", {"vip": "yes"})))
    assert (answer.status, answer.data["category"], codes(answer)) == (
        400,
        "VALIDATION_ERROR",
        ["PROPERTY_DOESNT_EXIST"],
    )
    assert keyed.contacts() == []


@pytest.mark.parametrize(
    ("mode", "trace", "status", "written"),
    [("hubspot", True, 200, 1), ("whole_batch", True, 400, 0), ("per_item", False, 200, 1)],
)
def test_who_decides_over_partial_failures(keyed, api, mode, trace, status, written):
    keyed.configure(partial_failures=mode)
    batch = inputs(("1", {"city": "Gent"}), ("2", {"email": "nonsense"}), trace=trace)
    answer = api("POST", f"{DATED}/batch/upsert", batch)
    assert (answer.status, len(keyed.contacts())) == (status, written)
    if status == 200:
        assert (answer.data["numErrors"], len(answer.data["results"])) == (1, 1)
        assert answer.data["errors"][0]["context"].get("objectWriteTraceId") == (["t1"] if trace else None)


def test_upsert_by_email_is_never_partial(keyed, api):
    batch = inputs(("a@example.com", {}), ("b@example.com", {"vip": "1"}), trace=True, id_property="email")
    assert api("POST", f"{DATED}/batch/upsert", batch).status == 400
    assert keyed.contacts() == []


@BOTH
@pytest.mark.parametrize("second", ["A@example.com ", "a@example.com"])
def test_the_same_record_twice_rejects_the_batch(keyed, api, base, second):
    """Even with trace ids, and also when the ids differ only before HubSpot normalises them."""
    batch = inputs(("a@example.com", {}), (second, {}), trace=True, id_property="email")
    answer = api("POST", f"{base}/batch/upsert", batch)
    assert (answer.status, answer.data["category"]) == (400, "VALIDATION_ERROR")
    assert answer.data["message"] == f"Duplicate IDs found in batch input: [{second}]. IDs must be unique"
    assert answer.data["context"] == {"ids": [second]}
    keyed.configure(duplicate_ids_status=409)
    answer = api("POST", f"{base}/batch/upsert", batch)
    assert (answer.status, answer.data["category"]) == (409, "CONFLICT")
    assert keyed.contacts() == []


def test_two_ids_of_one_merged_record_are_duplicates(keyed, api):
    ids = [api("POST", DATED, {"properties": {"firstname": name}}).data["id"] for name in "AB"]
    api("POST", f"{DATED}/merge", {"primaryObjectId": ids[0], "objectIdToMerge": ids[1]})
    answer = api(
        "POST", f"{DATED}/batch/update", inputs(*((key, {"city": "X"}) for key in ids), id_property=None)
    )
    assert (answer.status, answer.data["context"]) == (400, {"ids": [ids[1]]})


def test_batch_create_over_an_existing_email(api, sandbox):
    existing = api("POST", DATED, {"properties": {"email": "a@example.com"}}).data["id"]
    batch = {
        "inputs": [{"properties": {"email": "a@example.com"}}, {"properties": {"email": "b@example.com"}}]
    }
    whole = api("POST", f"{DATED}/batch/create", batch)
    assert (whole.status, whole.data["message"]) == (409, f"Contact already exists. Existing ID: {existing}")
    for number, each in enumerate(batch["inputs"]):
        each["objectWriteTraceId"] = str(number)
    partial = api("POST", f"{DATED}/batch/create", batch)
    assert (partial.status, [each["objectWriteTraceId"] for each in partial.data["results"]]) == (201, ["1"])
    assert partial.data["errors"] == [
        {
            "status": "error",
            "category": "CONFLICT",
            "message": f"Contact already exists. Existing ID: {existing}",
            "context": {"existingId": [existing], "objectWriteTraceId": ["0"]},
        }
    ]
    assert len(sandbox.contacts()) == 2


def test_update_of_unknown_ids_names_the_ids(api, sandbox):
    key = api("POST", DATED, {"properties": {"firstname": "A"}}).data["id"]
    batch = inputs((key, {"city": "Gent"}), ("7", {"city": "Gent"}), trace=True, id_property=None)
    answer = api("POST", f"{DATED}/batch/update", batch)
    assert (answer.status, [each["id"] for each in answer.data["results"]]) == (200, [key])
    (error,) = answer.data["errors"]
    assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["7"]})


def test_upsert_needs_a_unique_property(keyed, api):
    answer = api("POST", f"{DATED}/batch/upsert", inputs(("1", {}), id_property="city"))
    assert (answer.status, answer.data["message"]) == (
        400,
        "Unable to perform update/upsert by non-unique 0-1 property city",
    )


def test_batch_update_by_email_is_refused_unless_the_portal_allows_it(keyed, api):
    api("POST", DATED, {"properties": {"email": "a@example.com"}})
    batch = inputs(("a@example.com", {"city": "Gent"}), id_property="email")
    assert api("POST", f"{DATED}/batch/update", batch).status == 400
    keyed.configure(batch_update_by_email=True)
    assert api("POST", f"{DATED}/batch/update", batch).status == 200


def test_a_unique_value_of_another_record(keyed, api):
    """Known by email, unknown by the custom key: the upsert would be a second contact with that email."""
    owner = api("POST", DATED, {"properties": {"email": "a@example.com", "customer": "1"}}).data["id"]
    created = api("POST", f"{DATED}/batch/upsert", inputs(("2", {"email": "A@example.com"})))
    assert (created.status, created.data["message"]) == (409, f"Contact already exists. Existing ID: {owner}")
    other = api("POST", DATED, {"properties": {"firstname": "B"}}).data["id"]
    changed = api("PATCH", f"{DATED}/{other}", {"properties": {"customer": "1"}})
    assert (changed.status, changed.data["category"]) == (400, "VALIDATION_ERROR")
    assert changed.data["message"].endswith(
        f"propertyName=customer, value=1}} on {other}. {owner} already has that value."
    )


def test_two_new_records_with_one_email(keyed, api):
    batch = inputs(("1", {"email": "a@example.com"}), ("2", {"email": "A@example.com"}))
    answer = api("POST", f"{DATED}/batch/upsert", batch)
    assert (answer.status, answer.data["message"], keyed.contacts()) == (409, "Contact already exists", [])


def test_a_released_email_can_be_taken(keyed, api):
    first = api("POST", DATED, {"properties": {"email": "a@example.com"}}).data["id"]
    api("PATCH", f"{DATED}/{first}", {"properties": {"email": "b@example.com"}})
    assert api("POST", DATED, {"properties": {"email": "a@example.com"}}).status == 201


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"points": "1,5"}, "INVALID_NUMBER"),
        ({"joined": "2026-13-01"}, "INVALID_LONG"),
        ({"joined": "1700000000000"}, "INVALID_DATE"),
        ({"firstname": 5}, "INVALID_STRING"),
        ({"firstname": None}, "INVALID_STRING"),
        ({"hs_email_optout": "true"}, "READ_ONLY_VALUE"),
        ({"hs_language": "fr-FR"}, "INVALID_OPTION"),
    ],
)
def test_values_of_the_wrong_type(sandbox, api, properties, code):
    sandbox.configure(
        custom_properties=[
            {"name": "points", "type": "number", "fieldType": "number"},
            {"name": "joined", "type": "date", "fieldType": "date"},
        ]
    )
    answer = api("POST", LEGACY, {"properties": {"email": "a@example.com", **properties}})
    assert (answer.status, codes(answer)) == (400, [code])


def test_values_of_the_right_type(sandbox, api):
    points = {"name": "points", "type": "number", "fieldType": "number"}
    joined = {"name": "joined", "type": "date", "fieldType": "date"}
    sandbox.configure(custom_properties=[points, joined], strict_strings=False)
    properties = {"email": "a@example.com", "points": 1.5, "joined": "2026-11-23", "hs_language": "fr-be"}
    assert api("POST", DATED, {"properties": properties}).status == 201
    (stored,) = sandbox.contacts()
    assert stored["properties"]["points"] == "1.5"


@pytest.mark.parametrize(("base", "status"), [(LEGACY, 400), (DATED, 201)])
def test_a_date_with_a_time_of_day_is_taken_from_2026_09_on(sandbox, api, base, status):
    sandbox.configure(custom_properties=[{"name": "joined", "type": "date", "fieldType": "date"}])
    assert (
        api("POST", base, {"properties": {"firstname": "A", "joined": "2026-11-23T10:00:00Z"}}).status
        == status
    )


def test_lifecycle_stage_only_goes_forward(sandbox, api):
    key = api("POST", DATED, {"properties": {"firstname": "A", "lifecyclestage": "customer"}}).data["id"]
    for stage, expected in (("lead", "customer"), ("evangelist", "evangelist"), ("", None), ("lead", "lead")):
        assert api("PATCH", f"{DATED}/{key}", {"properties": {"lifecyclestage": stage}}).status == 200
        assert sandbox.contacts()[0]["properties"].get("lifecyclestage") == expected


def test_admin_rules_are_enforced_from_2026_09_on(sandbox, api):
    sandbox.configure(
        validation_rules=[{"require": "phone"}, {"require": "state", "when": {"country": "US"}}]
    )
    assert api("POST", LEGACY, {"properties": {"firstname": "A"}}).status == 201
    answer = api("POST", DATED, {"properties": {"firstname": "A"}})
    assert (answer.status, codes(answer)) == (400, ["MISSING_REQUIRED_PROPERTY"])
    assert answer.data["errors"][0]["context"] == {"propertyName": ["phone"]}
    key = api("POST", DATED, {"properties": {"firstname": "A", "phone": "1"}}).data["id"]
    answer = api("PATCH", f"{DATED}/{key}", {"properties": {"country": "US"}})
    assert (answer.status, codes(answer)) == (400, ["MISSING_CONDITIONAL_REQUIRED_PROPERTY"])
    assert api("PATCH", f"{DATED}/{key}", {"properties": {"country": "US", "state": "NY"}}).status == 200


@BOTH
def test_property_rules_are_enforced_everywhere(sandbox, api, base):
    rule = {
        "property": "firstname",
        "pattern": "[A-Za-z]*",
        "error": "INVALID_ALPHA",
        "message": "Enter only letters",
    }
    sandbox.configure(validation_rules=[rule])
    answer = api("POST", base, {"properties": {"firstname": "R2D2"}})
    assert (answer.status, codes(answer)) == (400, ["INVALID_ALPHA"])


def test_bodies_that_are_not_understood(api):
    path = f"{DATED}/batch/upsert"
    assert api("POST", path, b'{"inputs": [').status == 400
    assert api("POST", path, {"inputs": []}).status == 400
    assert api("POST", path, {"inputs": [{"id": "1"}]}).status == 400
    assert api("POST", path, b"[]").status == 400
    assert api("POST", path, b"{}", headers={"Content-Type": "text/plain"}).status == 415
    assert api("POST", DATED, {"properties": {"city": "Gent"}}).status == 400
    assert api("PUT", DATED, {}).status == 405
    assert api("GET", "/crm/v3/nonsense").status == 404


def test_concurrent_upserts_of_one_customer_make_one_record(keyed, api):
    """A batch and its answer are one step: exactly one of the callers is told ``new``."""
    batch = inputs(*((str(number), {"city": "Gent"}) for number in range(50)), trace=True)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api("POST", f"{DATED}/batch/upsert", batch), range(24)))
    assert {answer.status for answer in answers} == {200}
    assert sum(result["new"] for answer in answers for result in answer.data["results"]) == 50
    assert len(keyed.contacts()) == 50
