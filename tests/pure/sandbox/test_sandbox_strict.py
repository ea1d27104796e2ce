"""What HubSpot refuses, or answers otherwise than one might think: in part with its own client."""

import pytest
from hubspot import HubSpot
from hubspot.crm import contacts as crm
from hubspot.crm import properties as definitions

CONTACTS = "/crm/objects/2026-09/contacts"
LEGACY = "/crm/v3/objects/contacts"
BOTH = pytest.mark.parametrize(("base", "partial"), [(CONTACTS, 200), (LEGACY, 207)])
MAX_LENGTH = 65_536


@pytest.fixture
def hubspot(sandbox):
    return HubSpot(access_token="sandbox-token", host=sandbox.url).crm


def codes(answer):
    return {each["context"]["propertyName"][0]: each["code"] for each in answer.data["errors"]}


# ----- partial success -----


def batch(*properties):
    inputs = [{"properties": each, "objectWriteTraceId": str(n)} for n, each in enumerate(properties)]
    return {"inputs": inputs}


def outcome(answer):
    return answer.status, answer.data.get("numErrors"), len(answer.data["results"])


@BOTH
def test_some_of_a_batch_fail(api, base, partial):
    """Since 2026-09 the status is the same as without errors: 200, or 201 for new records. In v3 it is 207."""
    good, bad = {"firstname": "A"}, {"email": "nonsense"}
    made = api("POST", f"{base}/batch/create", batch(good, bad))
    assert outcome(made) == (207 if partial == 207 else 201, 1, 1)
    key = made.data["results"][0]["id"]
    update = {"inputs": [{"id": each, "properties": good} for each in (key, "77")]}
    assert outcome(api("POST", f"{base}/batch/update", update)) == (partial, 1, 1)
    read = {"inputs": [{"id": each} for each in (key, "77")]}
    assert outcome(api("POST", f"{base}/batch/read", read)) == (partial, 1, 1)


def test_the_client_reads_a_partial_success_of_v3(hubspot):
    """It knows only 207, as v3 answers."""
    inputs = [crm.SimplePublicObjectId(id=each) for each in ("77", "78")]
    body = crm.BatchReadInputSimplePublicObjectId(
        inputs=inputs, properties=[], properties_with_history=[], id_property=None
    )
    answer = hubspot.contacts.batch_api.read(body)
    assert isinstance(answer, crm.BatchResponseSimplePublicObjectWithErrors)


@pytest.mark.parametrize(
    ("base", "partial", "created"),
    [("/crm/associations/2026-09", 200, 201), ("/crm/v4/associations", 207, 207)],
)
def test_some_associations_fail(api, base, partial, created):
    key = api("POST", CONTACTS, {"properties": {"firstname": "A"}}).data["id"]
    pair = {"from": {"id": key}, "to": {"id": "77"}}
    path = f"{base}/contacts/companies/batch"
    assert outcome(api("POST", f"{path}/associate/default", {"inputs": [pair]})) == (partial, 1, 0)
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    answer = api("POST", f"{path}/create", {"inputs": [{**pair, "types": types}]})
    assert outcome(answer) == (created, 1, 0)
    assert outcome(api("POST", f"{path}/read", {"inputs": [{"id": key}]})) == (partial, 1, 0)


@pytest.mark.parametrize(("base", "partial"), [("/crm/properties/2026-09", 200), ("/crm/v3/properties", 207)])
def test_some_properties_are_not_there(api, base, partial):
    body = {"inputs": [{"name": "email"}, {"name": "nonsense"}], "archived": False}
    assert outcome(api("POST", f"{base}/contacts/batch/read", body)) == (partial, 1, 1)


# ----- values -----


@BOTH
@pytest.mark.parametrize("name", ["firstname", "hs_language"])
def test_values_that_are_too_long(api, base, partial, name):
    answer = api("POST", base, {"properties": {"email": "a@example.com", name: "x" * (MAX_LENGTH + 1)}})
    assert (answer.status, answer.data["category"], codes(answer)) == (
        400,
        "VALIDATION_ERROR",
        {name: "VALUE_TOO_LONG"},
    )
    assert len(answer.text) < 2_000
    longest = api("POST", base, {"properties": {"email": "a@example.com", "firstname": "x" * MAX_LENGTH}})
    assert longest.status == 201


@pytest.mark.parametrize(("percent", "status"), [("100", 201), ("100.01", 400), ("150", 400), ("0", 201)])
def test_discounts_over_100_percent(api, percent, status):
    properties = {"name": "Lamp", "price": "10", "quantity": "1", "hs_discount_percentage": percent}
    answer = api("POST", "/crm/objects/2026-09/line_items", {"properties": properties})
    assert answer.status == status
    if status == 400:
        assert list(codes(answer)) == ["hs_discount_percentage"]


# ----- property groups -----


def new_property(name, group):
    return definitions.PropertyCreate(
        name=name, label=name, type="string", field_type="text", group_name=group
    )


def test_a_property_needs_a_group_that_exists(hubspot):
    create = hubspot.properties.core_api.create
    with pytest.raises(definitions.ApiException) as caught:
        create("orders", new_property("shop", "nonsense"))
    assert (caught.value.status, "nonsense" in caught.value.body) == (400, True)
    group = hubspot.properties.core_api.get_by_name("orders", "hs_object_id").group_name
    assert create("orders", new_property("shop", group)).group_name == group


def test_groups(hubspot, api):
    groups = hubspot.properties.groups_api
    assert [each.name for each in groups.get_all("contacts").results] == ["contactinformation"]
    made = groups.create("contacts", definitions.PropertyGroupCreate(name="odoo", label="Odoo"))
    assert (made.name, made.label, made.archived) == ("odoo", "Odoo", False)
    assert groups.get_by_name("contacts", "odoo").label == "Odoo"
    assert hubspot.properties.core_api.create("contacts", new_property("shop", "odoo")).group_name == "odoo"
    for method, name in (("POST", ""), ("GET", "/nonsense")):
        answer = api(
            method, f"/crm/properties/2026-09/contacts/groups{name}", {"name": "odoo", "label": "Odoo"}
        )
        assert answer.status == (409 if method == "POST" else 404)


# ----- search -----


def filters(count):
    return [{"propertyName": "email", "operator": "HAS_PROPERTY"}] * count


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"filterGroups": [{"filters": filters(1)}] * 5}, 200),
        ({"filterGroups": [{"filters": filters(1)}] * 6}, 400),
        ({"filterGroups": [{"filters": filters(6)}]}, 200),
        ({"filterGroups": [{"filters": filters(7)}]}, 400),
        ({"filterGroups": [{"filters": filters(6)}] * 3}, 200),
        ({"filterGroups": [{"filters": filters(5)}] * 4}, 400),
        ({"sorts": ["email"]}, 200),
        ({"sorts": ["email", "firstname"]}, 400),
        ({"limit": 200}, 200),
        ({"limit": 201}, 400),
        ({"limit": 100, "after": "9900"}, 200),
        ({"limit": 100, "after": "10000"}, 400),
        ({"query": "x" * 3000}, 200),
        ({"query": "x" * 3001}, 400),
    ],
)
def test_limits_of_a_search(api, body, status):
    assert api("POST", f"{CONTACTS}/search", body).status == status


def test_the_query_of_a_search(api):
    """A word in any of the properties that HubSpot searches."""
    for name in ("Ann", "Bob"):
        api("POST", CONTACTS, {"properties": {"firstname": name, "email": f"{name}@example.com"}})
    found = api("POST", f"{CONTACTS}/search", {"query": "ann"}).data["results"]
    assert [each["properties"]["firstname"] for each in found] == ["Ann"]


# ----- versions -----


@pytest.mark.parametrize("version", ["2025-09", "2026-03", "2026-09", "2026-09-beta", "2027-03-beta", "v3"])
def test_versions_that_there_are(api, version):
    objects = f"/crm/objects/{version}" if version != "v3" else "/crm/v3/objects"
    assert api("GET", f"{objects}/contacts").status == 200
    assert api("GET", f"/account-info/{version}/details").status == 200


@pytest.mark.parametrize("version", ["2024-09", "2026-10", "2027-03", "2026-09-alpha", "v1", "v5"])
@pytest.mark.parametrize(
    "path",
    [
        "/crm/objects/{}/contacts",
        "/crm/properties/{}/contacts",
        "/crm/pipelines/{}/orders",
        "/crm/associations/{}/contacts/companies/labels",
        "/account-info/{}/details",
        "/crm/{}/objects/contacts",
    ],
)
def test_versions_that_there_are_not(api, path, version):
    answer = api("GET", path.format(version))
    assert (answer.status, answer.data["message"]) == (404, "resource not found")


@pytest.mark.parametrize("version", ["2024-09", "2026-10", "v2"])
def test_oauth_has_the_same_versions(api, version):
    form = {"Authorization": None, "Content-Type": "application/x-www-form-urlencoded"}
    assert api("POST", f"/oauth/{version}/token", b"", form).status == 404


# ----- email addresses -----


@pytest.mark.parametrize(
    "email",
    [
        "ann.@example.com",
        ".ann@example.com",
        "an..n@example.com",
        "ann@example..com",
        "ann@.example.com",
        "@example.com",
        "ann@example.com\u00a0",
        *(f"an{char}n@example.com" for char in "\u00a0\u034f\u200b\u2800\u3164\ufeff"),
        *(f"ann@exam{char}ple.com" for char in "\u00a0\u034f\u200b\u2800\u3164\ufeff"),
    ],
)
def test_addresses_that_are_none(api, email):
    answer = api("POST", CONTACTS, {"properties": {"email": email}})
    assert (answer.status, codes(answer)) == (400, {"email": "INVALID_EMAIL"})


@pytest.mark.parametrize(
    "email", ["o'hara.1+shop@my-shop.example.com", "ann@m\u00fcnchen.de", " Ann@Example.com "]
)
def test_addresses_that_are_some(api, email):
    assert api("POST", CONTACTS, {"properties": {"email": email}}).status == 201
