"""The sandbox speaks HubSpot: HubSpot's own client (hubspot-api-client 12) works with it and reads its errors."""

import json
from datetime import UTC, datetime

import pytest
from hubspot import HubSpot
from hubspot.crm import contacts as crm
from hubspot.crm import properties as definitions


@pytest.fixture
def hubspot(sandbox):
    return HubSpot(access_token="sandbox-token", host=sandbox.url).crm


@pytest.fixture
def contacts(hubspot):
    return hubspot.contacts


def new(**properties):
    return crm.SimplePublicObjectInputForCreate(properties=properties, associations=[])


def upsert_input(key, trace=None, id_property="email", **properties):
    return crm.SimplePublicObjectBatchInputUpsert(
        id=key, id_property=id_property, object_write_trace_id=trace, properties=properties
    )


def upsert(contacts, *inputs):
    return contacts.batch_api.upsert(crm.BatchInputSimplePublicObjectBatchInputUpsert(inputs=list(inputs)))


def unique_property(hubspot, name="odoo_customer_id"):
    return hubspot.properties.core_api.create(
        "contacts",
        definitions.PropertyCreate(
            name=name,
            label="Odoo customer",
            type="string",
            field_type="text",
            group_name="contactinformation",
            has_unique_value=True,
        ),
    )


def test_create_and_read(contacts, sandbox):
    """The email is trimmed and lower-cased; times are in UTC."""
    before = datetime.now(UTC)
    made = contacts.basic_api.create(new(email=" Ann@Example.COM ", firstname="Ann"))
    read = contacts.basic_api.get_by_id(made.id, properties=["email", "firstname", "city", "nonsense"])
    assert read.properties == {
        "email": "ann@example.com",
        "firstname": "Ann",
        "city": None,
        "hs_object_id": made.id,
        "createdate": made.properties["createdate"],
        "lastmodifieddate": made.properties["lastmodifieddate"],
    }
    assert (read.archived, read.created_at, read.updated_at) == (False, made.created_at, made.updated_at)
    assert abs((read.created_at - before).total_seconds()) < 5
    assert [each["id"] for each in sandbox.contacts()] == [made.id]


def test_read_by_email(contacts):
    made = contacts.basic_api.create(new(email="ann@example.com"))
    assert contacts.basic_api.get_by_id("ANN@example.com", id_property="email").id == made.id


def test_update_clears_with_an_empty_string(contacts, sandbox):
    made = contacts.basic_api.create(new(email="ann@example.com", firstname="Ann", phone="1"))
    contacts.basic_api.update(made.id, crm.SimplePublicObjectInput(properties={"phone": "", "city": "Gent"}))
    (stored,) = sandbox.contacts()
    assert "phone" not in stored["properties"]
    assert (stored["properties"]["city"], stored["properties"]["firstname"]) == ("Gent", "Ann")


def test_create_twice_is_a_conflict(contacts, sandbox):
    made = contacts.basic_api.create(new(email="ann@example.com"))
    with pytest.raises(crm.ApiException) as caught:
        contacts.basic_api.create(new(email="ANN@example.com"))
    body = json.loads(caught.value.body)
    assert caught.value.status == 409
    assert (body["category"], body["message"]) == (
        "CONFLICT",
        f"Contact already exists. Existing ID: {made.id}",
    )
    assert len(body["correlationId"]) == 36
    assert len(sandbox.contacts()) == 1


def test_validation_error_names_every_property(contacts, sandbox):
    with pytest.raises(crm.ApiException) as caught:
        contacts.basic_api.create(new(email="nonsense", loyalty="gold", lifecyclestage="vip", createdate="1"))
    body = json.loads(caught.value.body)
    found = {each["context"]["propertyName"][0]: each["code"] for each in body["errors"]}
    assert (caught.value.status, body["category"]) == (400, "VALIDATION_ERROR")
    assert found == {
        "email": "INVALID_EMAIL",
        "loyalty": "PROPERTY_DOESNT_EXIST",
        "lifecyclestage": "INVALID_OPTION",
        "createdate": "READ_ONLY_VALUE",
    }
    prefix, _, embedded = body["message"].partition(": ")
    assert prefix == "Property values were not valid"
    assert {each["name"]: each["error"] for each in json.loads(embedded)} == found
    assert sandbox.contacts() == []


def test_missing_contact_is_404(contacts):
    with pytest.raises(crm.ApiException) as caught:
        contacts.basic_api.get_by_id("1")
    assert (caught.value.status, json.loads(caught.value.body)["category"]) == (404, "OBJECT_NOT_FOUND")


def test_batch_create_and_read(contacts):
    inputs = [new(email=f"c{number}@example.com") for number in range(100)]
    made = contacts.batch_api.create(crm.BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs))
    assert (made.status, len(made.results)) == ("COMPLETE", 100)
    ids = [crm.SimplePublicObjectId(id=each.id) for each in made.results]
    request = crm.BatchReadInputSimplePublicObjectId(
        inputs=[*ids[:99], crm.SimplePublicObjectId(id="7")], properties=["email"], properties_with_history=[]
    )
    read = contacts.batch_api.read(request)
    assert (len(read.results), read.num_errors) == (99, 1)
    (error,) = read.errors
    assert (error.category, error.context) == ("OBJECT_NOT_FOUND", {"ids": ["7"]})


def test_upsert_by_email_creates_then_updates(contacts, sandbox):
    first = upsert(contacts, upsert_input("Ann@example.com", "t1", city="Gent")).results
    second = upsert(contacts, upsert_input("ann@example.com", "t2", city="Brugge")).results
    assert [(each.new, each.object_write_trace_id) for each in first + second] == [
        (True, "t1"),
        (False, "t2"),
    ]
    (stored,) = sandbox.contacts()
    assert (stored["properties"]["email"], stored["properties"]["city"]) == ("ann@example.com", "Brugge")


def test_upsert_by_custom_property(hubspot, contacts, sandbox):
    assert unique_property(hubspot).has_unique_value is True
    keys = [upsert_input(str(number), str(number), "odoo_customer_id", city="Gent") for number in range(3)]
    assert [each.new for each in upsert(contacts, *keys).results] == [True] * 3
    keys.append(upsert_input("3", "3", "odoo_customer_id", city="Gent"))
    again = {each.object_write_trace_id: each.new for each in upsert(contacts, *keys).results}
    assert again == {"0": False, "1": False, "2": False, "3": True}
    assert sorted(each["properties"]["odoo_customer_id"] for each in sandbox.contacts()) == [
        "0",
        "1",
        "2",
        "3",
    ]


def test_partial_failure_is_read_as_such(hubspot, contacts, sandbox):
    """207: the good ones are written, the bad one is named by its objectWriteTraceId."""
    unique_property(hubspot)
    answer = upsert(
        contacts,
        upsert_input("1", "a", "odoo_customer_id", city="Gent"),
        upsert_input("2", "b", "odoo_customer_id", hs_language="klingon"),
    )
    assert isinstance(answer, crm.BatchResponseSimplePublicUpsertObjectWithErrors)
    assert (answer.num_errors, [each.object_write_trace_id for each in answer.results]) == (1, ["a"])
    (error,) = answer.errors
    assert (error.category, error.context["objectWriteTraceId"]) == ("VALIDATION_ERROR", ["b"])
    assert [(each.code, each.context) for each in error.errors] == [
        ("INVALID_OPTION", {"propertyName": ["hs_language"]})
    ]
    assert [each["properties"]["odoo_customer_id"] for each in sandbox.contacts()] == ["1"]


def test_search(contacts):
    for number in range(5):
        city = "Gent" if number % 2 else "Brugge"
        contacts.basic_api.create(new(email=f"c{number}@example.com", city=city, lastname=str(number)))
    condition = crm.Filter(property_name="city", operator="EQ", value="gent")
    request = crm.PublicObjectSearchRequest(
        filter_groups=[crm.FilterGroup(filters=[condition])],
        sorts=["-lastname"],
        properties=["lastname"],
        limit=1,
    )
    found = contacts.search_api.do_search(request)
    assert (found.total, found.results[0].properties["lastname"], found.paging.next.after) == (2, "3", "1")


def test_list_pages(contacts):
    ids = [contacts.basic_api.create(new(firstname=str(number))).id for number in range(5)]
    page = contacts.basic_api.get_page(limit=2)
    assert ([each.id for each in page.results], page.paging.next.after) == (ids[:2], ids[2])
    page = contacts.basic_api.get_page(limit=3, after=page.paging.next.after)
    assert ([each.id for each in page.results], page.paging) == (ids[2:], None)
    assert [each.id for each in contacts.get_all()] == ids


def test_archive_frees_the_email(contacts, sandbox):
    made = contacts.basic_api.create(new(email="ann@example.com"))
    contacts.basic_api.archive(made.id)
    with pytest.raises(crm.ApiException) as caught:
        contacts.basic_api.get_by_id(made.id)
    assert caught.value.status == 404
    assert contacts.basic_api.get_by_id(made.id, archived=True).archived is True
    again = contacts.basic_api.create(new(email="ann@example.com"))
    assert [(each["id"], each["archived"]) for each in sandbox.contacts()] == [
        (made.id, True),
        (again.id, False),
    ]


def test_merge_makes_a_new_record_that_the_old_ids_lead_to(contacts, sandbox):
    ann = contacts.basic_api.create(new(email="ann@example.com", city="Gent"))
    old = contacts.basic_api.create(new(email="old@example.com", city="Brugge", phone="1"))
    merge = crm.PublicMergeInput(primary_object_id=ann.id, object_id_to_merge=old.id)
    merged = contacts.basic_api.merge(merge)
    assert merged.id not in (ann.id, old.id)
    for key, name in (
        (ann.id, None),
        (old.id, None),
        ("old@example.com", "email"),
        ("ann@example.com", "email"),
    ):
        options = {"id_property": name} if name else {}
        assert contacts.basic_api.get_by_id(key, **options).id == merged.id
    (stored,) = sandbox.contacts()
    assert stored["mergedIds"] == [ann.id, old.id]
    assert {
        name: stored["properties"][name] for name in ("email", "city", "phone", "hs_additional_emails")
    } == {
        "email": "ann@example.com",
        "city": "Gent",
        "phone": "1",
        "hs_additional_emails": "old@example.com",
    }
    assert stored["properties"]["hs_merged_object_ids"] == f"{ann.id};{old.id}"
    contacts.basic_api.update(merged.id, new(email="old@example.com"))
    (stored,) = sandbox.contacts()
    assert (stored["properties"]["email"], stored["properties"]["hs_additional_emails"]) == (
        "old@example.com",
        "ann@example.com",
    )
    for email in ("old@example.com", "ann@example.com"):
        assert contacts.basic_api.get_by_id(email, id_property="email").id == merged.id


def test_merge_can_keep_the_primary_id(contacts, sandbox):
    sandbox.configure(merge_keeps_primary_id=True)
    ann = contacts.basic_api.create(new(email="ann@example.com"))
    old = contacts.basic_api.create(new(email="old@example.com"))
    merge = crm.PublicMergeInput(primary_object_id=ann.id, object_id_to_merge=old.id)
    assert contacts.basic_api.merge(merge).id == ann.id
    assert contacts.basic_api.get_by_id(old.id).id == ann.id


def test_gdpr_delete_leaves_nothing_and_blocks_the_email(contacts, sandbox):
    made = contacts.basic_api.create(new(email="ann@example.com"))
    contacts.basic_api.purge(crm.PublicGdprDeleteInput(object_id=made.id))
    contacts.basic_api.purge(crm.PublicGdprDeleteInput(object_id="Bob@example.com", id_property="email"))
    assert sandbox.contacts() == []
    for email in ("ann@example.com", "bob@example.com"):
        with pytest.raises(crm.ApiException) as caught:
            contacts.basic_api.create(new(email=email))
        assert json.loads(caught.value.body)["errors"][0]["code"] == "INVALID_EMAIL"


def test_properties(hubspot):
    names = {each.name: each for each in hubspot.properties.core_api.get_all("contacts").results}
    assert names["email"].has_unique_value is False
    assert names["lifecyclestage"].options[5].value == "customer"
    assert names["hs_object_id"].modification_metadata.read_only_value is True
    with pytest.raises(definitions.ApiException) as caught:
        unique_property(hubspot, "email")
    assert (caught.value.status, json.loads(caught.value.body)["category"]) == (409, "OBJECT_ALREADY_EXISTS")


def test_properties_in_batches(hubspot):
    api = hubspot.properties.batch_api
    gold = definitions.OptionInput(label="Gold", value="g", display_order=0, hidden=False)
    new_property = definitions.PropertyCreate(
        name="tier",
        label="Tier",
        type="enumeration",
        field_type="select",
        group_name="contactinformation",
        options=[gold],
    )
    made = api.create("contacts", definitions.BatchInputPropertyCreate(inputs=[new_property]))
    ((tier,), (gold,)) = made.results, made.results[0].options
    assert (tier.name, tier.label, gold.label, gold.value) == ("tier", "Tier", "Gold", "g")
    names = [definitions.PropertyName(name=name) for name in ("tier", "createdate", "nonsense")]
    read = api.read("contacts", definitions.BatchReadInputPropertyName(inputs=names, archived=False))
    assert [(each.name, each.type, each.modification_metadata.read_only_value) for each in read.results] == [
        ("tier", "enumeration", False),
        ("createdate", "datetime", True),
    ]
    assert [(each.category, each.context) for each in read.errors] == [
        ("OBJECT_NOT_FOUND", {"propertyName": ["nonsense"]})
    ]
    api.archive("contacts", definitions.BatchInputPropertyName(inputs=names[:1]))
    assert "tier" not in [each.name for each in hubspot.properties.core_api.get_all("contacts").results]
