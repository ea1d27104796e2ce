"""Associations between records, with HubSpot's own client (hubspot-api-client 12) and on the dated paths."""

import json

import pytest
from hubspot import HubSpot
from hubspot.crm import objects as crm
from hubspot.crm.associations import v4

PRIMARY, UNLABELLED = 1, 279  # of a contact to a company
FAMILIES = pytest.mark.parametrize(
    ("objects", "pairs"),
    [
        ("/crm/v4/objects", "/crm/v4/associations"),
        ("/crm/objects/2026-09", "/crm/associations/2026-09"),
    ],
)


@pytest.fixture
def hubspot(sandbox):
    return HubSpot(access_token="sandbox-token", host=sandbox.url).crm


@pytest.fixture
def associations(hubspot):
    return hubspot.associations.v4


@pytest.fixture
def new(hubspot):
    """Make a record; returns its id."""

    def make(object_type, associations=(), **properties):
        data = crm.SimplePublicObjectInputForCreate(properties=properties, associations=list(associations))
        return hubspot.objects.basic_api.create(object_type, data).id

    return make


@pytest.fixture
def ann(new):
    return new("contacts", email="ann@example.com")


@pytest.fixture
def order(new):
    return new("orders", hs_order_name="S00042")


def inline(target, type_id, category="HUBSPOT_DEFINED"):
    spec = crm.AssociationSpec(association_category=category, association_type_id=type_id)
    return crm.PublicAssociationsForObject(to=crm.PublicObjectId(id=target), types=[spec])


def spec(type_id, category="HUBSPOT_DEFINED"):
    return v4.AssociationSpec(association_category=category, association_type_id=type_id)


def of(associations, source, source_id, target):
    """{id: [type ids]} of what is associated with a record."""
    page = associations.basic_api.get_page(source, source_id, target)
    return {each.to_object_id: [kind.type_id for kind in each.association_types] for each in page.results}


def refusal(call, *arguments):
    with pytest.raises((v4.ApiException, crm.ApiException)) as caught:
        call(*arguments)
    return caught.value.status, json.loads(caught.value.body)


def test_default_association_has_both_directions(associations, sandbox, ann, order):
    answer = associations.basic_api.create_default("orders", order, "contacts", ann)
    assert [
        (each._from.id, each.to.id, each.association_spec.association_type_id) for each in answer.results
    ] == [
        (order, ann, 507),
        (ann, order, 508),
    ]
    assert answer.status == "COMPLETE"
    assert of(associations, "orders", order, "contacts") == {ann: [507]}
    assert of(associations, "contacts", ann, "orders") == {order: [508]}
    (stored,) = sandbox.records("orders")
    assert stored["associations"] == {"contacts": [ann]}


def test_twice_is_once(associations, sandbox, ann, order):
    for _ in range(2):
        associations.basic_api.create_default("orders", order, "contacts", ann)
    assert sandbox.records("contacts")[0]["associations"] == {"orders": [order]}


@pytest.mark.parametrize(
    ("source", "target", "there", "back"),
    [
        ("contacts", "companies", 279, 280),
        ("contacts", "deals", 4, 3),
        ("companies", "deals", 342, 341),
        ("orders", "companies", 934, 935),
        ("orders", "line_items", 513, 514),
        ("orders", "deals", 512, 511),
        ("orders", "invoices", 518, 517),
        ("deals", "line_items", 19, 20),
        ("invoices", "contacts", 177, 178),
        ("invoices", "line_items", 409, 410),
        ("invoices", "companies", 179, 180),
        ("invoices", "deals", 175, 176),
    ],
)
def test_default_types(api, source, target, there, back):
    for path, expected in ((f"{source}/{target}", there), (f"{target}/{source}", back)):
        found = api("GET", f"/crm/v4/associations/{path}/labels").data["results"]
        assert [each["typeId"] for each in found if each["label"] is None] == [expected]


def test_labels(hubspot):
    found = hubspot.associations.v4.schema.definitions_api.get_all("contact", "company").results
    assert [(each.category, each.type_id, each.label) for each in found] == [
        ("HUBSPOT_DEFINED", PRIMARY, "Primary"),
        ("HUBSPOT_DEFINED", UNLABELLED, None),
    ]


def test_with_a_label_and_only_one_primary_company(associations, new, ann):
    """A label comes on top of the unlabelled association; another primary company takes the place of the first."""
    one, two = (new("companies", name=name) for name in ("One", "Two"))
    made = associations.basic_api.create("contacts", ann, "companies", one, [spec(PRIMARY)])
    assert (made.from_object_type_id, made.to_object_type_id, made.labels) == ("0-1", "0-2", ["Primary"])
    assert of(associations, "contacts", ann, "companies") == {one: [PRIMARY, UNLABELLED]}
    associations.basic_api.create("companies", two, "contacts", ann, [spec(2)])
    assert of(associations, "contacts", ann, "companies") == {one: [UNLABELLED], two: [PRIMARY, UNLABELLED]}
    associations.basic_api.create("contacts", ann, "companies", two, [spec(UNLABELLED)])
    assert of(associations, "contacts", ann, "companies") == {one: [UNLABELLED], two: [UNLABELLED]}


def test_labels_of_ones_own(hubspot, associations, new, ann):
    """To set labels replaces those that the pair has, the primary one too; a default association leaves them."""
    definitions = hubspot.associations.v4.schema.definitions_api
    asked = v4.schema.PublicAssociationDefinitionCreateRequest(
        name="buyer", label="Buyer", inverse_label="Buys for"
    )
    made = definitions.create("contacts", "companies", asked).results
    assert [(each.category, each.label) for each in made] == [
        ("USER_DEFINED", "Buyer"),
        ("USER_DEFINED", "Buys for"),
    ]
    listed = definitions.get_all("companies", "contacts").results
    assert ("USER_DEFINED", made[1].type_id, "Buys for") in [
        (each.category, each.type_id, each.label) for each in listed
    ]
    acme = new("companies", name="Acme")
    mine = spec(made[0].type_id, "USER_DEFINED")
    associations.basic_api.create("contacts", ann, "companies", acme, [spec(PRIMARY), mine])
    assert labels_of(associations, ann) == {acme: ["Buyer", "Primary"]}
    associations.basic_api.create_default("contacts", ann, "companies", acme)
    assert labels_of(associations, ann) == {acme: ["Buyer", "Primary"]}
    associations.basic_api.create("contacts", ann, "companies", acme, [spec(PRIMARY)])
    assert labels_of(associations, ann) == {acme: ["Primary"]}
    associations.basic_api.create("companies", acme, "contacts", ann, [spec(made[1].type_id, "USER_DEFINED")])
    assert labels_of(associations, ann) == {acme: ["Buyer"]}
    with pytest.raises(v4.ApiException):
        associations.basic_api.create("contacts", ann, "companies", acme, [spec(99, "USER_DEFINED")])


def labels_of(associations, contact):
    found = associations.basic_api.get_page("contacts", contact, "companies").results
    return {
        each.to_object_id: sorted(kind.label for kind in each.association_types if kind.label)
        for each in found
    }


def test_labels_of_ones_own_survive_a_merge(hubspot, associations, new, ann):
    asked = v4.schema.PublicAssociationDefinitionCreateRequest(name="buyer", label="Buyer")
    made = hubspot.associations.v4.schema.definitions_api.create("contacts", "companies", asked).results
    one, two = (new("companies", name=name) for name in ("One", "Two"))
    bob = new("contacts", email="bob@example.com")
    for contact, company in ((ann, one), (bob, two)):
        types = [spec(PRIMARY), spec(made[0].type_id, "USER_DEFINED")]
        associations.basic_api.create("contacts", contact, "companies", company, types)
    pair = {"primaryObjectId": ann, "objectIdToMerge": bob}
    merged = hubspot.contacts.basic_api.merge(pair).id
    assert labels_of(associations, merged) == {one: ["Buyer", "Primary"], two: ["Buyer"]}


def test_given_with_a_new_record(associations, hubspot, new, ann):
    chairs = [new("line_items", name="Chair", price="1") for _ in range(2)]
    order = new("orders", [inline(ann, 507), *(inline(each, 513) for each in chairs)], hs_order_name="S1")
    read = hubspot.objects.basic_api.get_by_id("orders", order, associations=["contacts", "line_items"])
    assert {
        name: [(each.id, each.type) for each in found.results] for name, found in read.associations.items()
    } == {
        "contacts": [(ann, "order_to_contact")],
        "line items": [(each, "order_to_line_item") for each in chairs],
    }
    assert of(associations, "line_items", chairs[0], "orders") == {order: [514]}


def test_given_with_a_batch_of_new_records(sandbox, api, ann):
    """A bad association fails its own item."""
    inputs = [
        {
            "properties": {"hs_order_name": str(number)},
            "objectWriteTraceId": f"t{number}",
            "associations": [
                {
                    "to": {"id": target},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 507}],
                }
            ],
        }
        for number, target in enumerate((int(ann), "77"))
    ]
    answer = api("POST", "/crm/objects/2026-09/orders/batch/create", {"inputs": inputs})
    (error,) = answer.data["errors"]
    assert (answer.status, error["message"], error["context"]["objectWriteTraceId"]) == (
        201,
        "One or more associations are invalid",
        ["t1"],
    )
    (stored,) = sandbox.records("orders")
    assert (stored["properties"]["hs_order_name"], stored["associations"]) == ("0", {"contacts": [ann]})


@pytest.mark.parametrize(
    ("given", "message", "context"),
    [
        (
            inline("424242", 507),
            "One or more associations are invalid",
            {
                "INVALID_OBJECT_IDS": ["CONTACT=424242 is not valid"],
                "objectId": ["424242"],
                "objectType": ["CONTACT"],
            },
        ),
        (
            inline("1", 3, "USER_DEFINED"),
            "One or more associations are invalid",
            {
                "associationSpec": ["USER_DEFINED=3"],
                "INVALID_ASSOCIATION_TYPE_ID": ["USER_DEFINED=3 is not a valid association definition id"],
            },
        ),
        (
            inline("1", 508),
            "invalid from object type 0-123 for associations to be created. expected: 0-1. For definition 0-508",
            None,
        ),
    ],
)
def test_what_a_new_record_cannot_be_associated_with(sandbox, new, given, message, context):
    status, body = refusal(lambda: new("orders", [given], hs_order_name="S1"))
    assert (status, body["category"], body["message"], body.get("context")) == (
        400,
        "VALIDATION_ERROR",
        message,
        context,
    )
    assert sandbox.records("orders") == []


def test_unknown_records_and_the_wrong_direction(associations, new, ann, order):
    """The type says which records are meant, whatever the path says."""
    status, body = refusal(associations.basic_api.create_default, "orders", "5", "contacts", ann)
    assert (status, body["context"]["INVALID_OBJECT_IDS"]) == (400, ["ORDER=5 is not valid"])
    deal, company = new("deals", dealname="A"), new("companies", name="One")
    status, body = refusal(
        associations.basic_api.create, "deals", deal, "companies", company, [spec(PRIMARY)]
    )
    assert (status, body["context"]["INVALID_OBJECT_IDS"]) == (400, [f"CONTACT={deal} is not valid"])
    assert refusal(associations.basic_api.get_page, "orders", "5", "contacts")[0] == 404
    assert of(associations, "orders", order, "contacts") == {}


def test_products_have_no_associations(api, new, ann):
    chair = new("products", name="Chair")
    path = f"/crm/v4/objects/products/{chair}/associations/default/contacts/{ann}"
    assert api("PUT", path).status == 400


def test_labels_need_a_body(api, ann, order):
    path = f"/crm/v4/objects/orders/{order}/associations/contacts/{ann}"
    answer = api("PUT", path, headers={"Content-Type": None})
    assert (answer.status, answer.data["message"]) == (
        400,
        "Invalid JSON input: a request body was expected, but none found",
    )


@FAMILIES
def test_batches(sandbox, api, new, ann, objects, pairs):
    bob = new("contacts", email="bob@example.com")
    orders = [new("orders", hs_order_name=str(n)) for n in range(3)]
    wanted = [
        {"from": {"id": each}, "to": {"id": who}} for each, who in zip(orders, (ann, bob, "9"), strict=True)
    ]
    answer = api("POST", f"{pairs}/orders/contacts/batch/associate/default", {"inputs": wanted})
    assert (answer.data["numErrors"], len(answer.data["results"])) == (1, 4)
    assert answer.status == (200 if "2026-09" in pairs else 207)
    assert answer.data["errors"][0]["context"]["INVALID_OBJECT_IDS"] == ["CONTACT=9 is not valid"]
    inputs = {"inputs": [{"id": each} for each in orders]}
    answer = api("POST", f"{pairs}/orders/contacts/batch/read", inputs)
    assert answer.status == (200 if "2026-09" in pairs else 207)
    assert [
        (each["from"]["id"], [to["toObjectId"] for to in each["to"]]) for each in answer.data["results"]
    ] == [
        (orders[0], [int(ann)]),
        (orders[1], [int(bob)]),
    ]
    (error,) = answer.data["errors"]
    assert (error["category"], error["subCategory"], error["message"]) == (
        "OBJECT_NOT_FOUND",
        "crm.associations.NO_ASSOCIATIONS_FOUND",
        f"No contact is associated with order {orders[2]}.",
    )
    gone = {"inputs": [{"from": {"id": orders[0]}, "to": [{"id": ann}]}]}
    assert api("POST", f"{pairs}/orders/contacts/batch/archive", gone).status == 204
    assert api("GET", f"{objects}/orders/{orders[0]}/associations/contacts").data == {"results": []}
    assert api("DELETE", f"{objects}/orders/{orders[1]}/associations/contacts/{bob}").status == 204
    assert [each["associations"] for each in sandbox.records("orders")] == [{}, {}, {}]


def test_batches_with_labels(associations, new, ann):
    one = new("companies", name="One")
    pair = {"_from": v4.PublicObjectId(id=ann), "to": v4.PublicObjectId(id=one)}
    post = v4.PublicAssociationMultiPost(**pair, types=[spec(PRIMARY)])
    inputs = v4.BatchInputPublicAssociationMultiPost(inputs=[post])
    (made,) = associations.batch_api.create("contacts", "companies", inputs).results
    assert (made.labels, str(made.from_object_id), str(made.to_object_id)) == (["Primary"], ann, one)
    associations.batch_api.archive_labels("contacts", "companies", inputs)
    assert of(associations, "contacts", ann, "companies") == {one: [UNLABELLED]}
    read = v4.BatchInputPublicFetchAssociationsBatchRequest(
        inputs=[v4.PublicFetchAssociationsBatchRequest(id=ann)]
    )
    (found,) = associations.batch_api.get_page("contacts", "companies", read).results
    assert (found._from.id, [each.to_object_id for each in found.to]) == (ann, [one])
    post.types = [spec(UNLABELLED)]
    associations.batch_api.archive_labels("contacts", "companies", inputs)
    assert of(associations, "contacts", ann, "companies") == {}


def test_limits_of_the_batches(api):
    pair = {"from": {"id": "1"}, "to": {"id": "2"}}
    path = "/crm/v4/associations/orders/contacts/batch"
    assert api("POST", f"{path}/associate/default", {"inputs": [pair] * 2001}).status == 400
    assert api("POST", f"{path}/associate/default", {"inputs": [pair] * 2000}).status == 207
    assert api("POST", f"{path}/read", {"inputs": [{"id": "1"}] * 1001}).status == 400
    assert api("POST", f"{path}/create", {"inputs": [pair]}).status == 400


def test_v3(api, ann, order):
    """What the guides of the legacy version show for single records."""
    path = f"/crm/v3/objects/order/{order}/associations/contact"
    made = api("PUT", f"{path}/{ann}/507").data
    assert made["associations"] == {"contacts": {"results": [{"id": ann, "type": "order_to_contact"}]}}
    assert api("GET", path).data == {"results": [{"id": ann, "type": "order_to_contact"}]}
    assert api("DELETE", f"{path}/{ann}/order_to_contact").status == 204
    assert api("GET", path).data == {"results": []}


def test_search_by_association(api, new, ann):
    mine, _other = (
        new("orders", [inline(each, 507)], hs_order_name="S")
        for each in (ann, new("contacts", email="b@example.com"))
    )
    condition = {"propertyName": "associations.contact", "operator": "EQ", "value": ann}
    found = api("POST", "/crm/v3/objects/orders/search", {"filterGroups": [{"filters": [condition]}]}).data
    assert [each["id"] for each in found["results"]] == [mine]


def test_pages(api, new, order):
    items = [new("line_items", name=str(n)) for n in range(3)]
    for each in items:
        api("PUT", f"/crm/v4/objects/orders/{order}/associations/default/line_items/{each}")
    path = f"/crm/v4/objects/orders/{order}/associations/line_items?limit=2"
    first = api("GET", path).data
    second = api("GET", f"{path}&after={first['paging']['next']['after']}").data
    assert [str(each["toObjectId"]) for page in (first, second) for each in page["results"]] == items
    assert "paging" not in second
    assert api("GET", f"{path.replace('=2', '=two')}").status == 400


def test_a_record_in_the_recycle_bin_has_no_associations(hubspot, associations, sandbox, ann, order):
    associations.basic_api.create_default("orders", order, "contacts", ann)
    hubspot.objects.basic_api.archive("contacts", ann)
    assert of(associations, "orders", order, "contacts") == {}
    assert sandbox.records("orders")[0]["associations"] == {}


def test_a_merged_contact_keeps_the_orders_of_both(api, associations, sandbox, new, ann):
    bob, one = new("contacts", email="bob@example.com"), new("companies", name="One")
    orders = [new("orders", [inline(each, 507)], hs_order_name="S") for each in (ann, bob)]
    associations.basic_api.create("contacts", bob, "companies", one, [spec(PRIMARY)])
    merge = {"primaryObjectId": ann, "objectIdToMerge": bob}
    merged = api("POST", "/crm/v3/objects/contacts/merge", merge).data["id"]
    assert sandbox.contacts()[0]["associations"] == {"orders": orders, "companies": [one]}
    assert of(associations, "orders", orders[1], "contacts") == {merged: [507]}
    assert of(associations, "contacts", merged, "companies") == {one: [PRIMARY, UNLABELLED]}
    associations.basic_api.create_default("orders", orders[0], "contacts", bob)  # by its old id
    assert of(associations, "orders", orders[0], "contacts") == {merged: [507]}
    associations.basic_api.archive("orders", orders[0], "contacts", bob)
    assert of(associations, "orders", orders[0], "contacts") == {}


def test_faults_and_the_request_log(sandbox, api, ann, order):
    path = f"/crm/v4/objects/orders/{order}/associations/default/contacts/{ann}"
    sandbox.fault(path="/associations/", method="PUT", status=503, times=1)
    count = sandbox.request_count()
    assert [api("PUT", path).status for _ in range(2)] == [503, 200]
    assert [(each["path"], each["status"]) for each in sandbox.requests(since=count)] == [
        (path, 503),
        (path, 200),
    ]
