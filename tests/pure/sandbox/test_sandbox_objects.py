"""Companies, deals, orders, products, line items and invoices, with HubSpot's own client (hubspot-api-client 12)."""

import importlib
import json

import pytest
from hubspot import HubSpot
from hubspot.crm import objects as crm
from hubspot.crm import pipelines
from hubspot.crm.commerce import invoices as invoice_models

TYPES = {
    "companies": ("0-2", {"name": "Retail BV"}, "phone"),
    "deals": ("0-3", {"dealname": "Renewal"}, "description"),
    "orders": ("0-123", {"hs_order_name": "S00042"}, "hs_tags"),
    "products": ("0-7", {"name": "Chair"}, "description"),
    "line_items": ("0-8", {"name": "Chair"}, "description"),
    "invoices": ("0-53", {"hs_currency": "EUR"}, "hs_comments"),
}
EVERY_TYPE = pytest.mark.parametrize("object_type", TYPES)
BASES = pytest.mark.parametrize("base", ["/crm/v3/objects", "/crm/objects/2026-09"])
OPEN, CANCELLED = "4b27b500-f031-4927-9811-68a0b525cbae", "3c85a297-e9ce-400b-b42e-9f16853d69d6"


@pytest.fixture
def hubspot(sandbox):
    return HubSpot(access_token="sandbox-token", host=sandbox.url).crm


@pytest.fixture
def records(hubspot):
    return hubspot.objects


def create(records, object_type, **properties):
    data = crm.SimplePublicObjectInputForCreate(properties=properties, associations=[])
    return records.basic_api.create(object_type, data)


def update(records, object_type, record_id, **properties):
    return records.basic_api.update(
        object_type, record_id, crm.SimplePublicObjectInput(properties=properties)
    )


def refusal(call, *arguments, **properties):
    """(status, body) of a call that HubSpot refuses."""
    with pytest.raises(crm.ApiException) as caught:
        call(*arguments, **properties)
    return caught.value.status, json.loads(caught.value.body)


def codes(body):
    return {each["context"]["propertyName"][0]: each["code"] for each in body["errors"]}


@EVERY_TYPE
def test_life_of_a_record(records, sandbox, object_type):
    _type_id, properties, other = TYPES[object_type]
    made = create(records, object_type, **properties)
    update(records, object_type, made.id, **{other: "new"})
    read = records.basic_api.get_by_id(object_type, made.id, properties=[*properties, other])
    assert {name: read.properties[name] for name in (*properties, other)} == {**properties, other: "new"}
    assert (read.properties["hs_object_id"], read.archived) == (made.id, False)
    assert [each.id for each in records.basic_api.get_page(object_type).results] == [made.id]
    records.basic_api.archive(object_type, made.id)
    assert refusal(records.basic_api.get_by_id, object_type, made.id)[0] == 404
    assert [(each["id"], each["archived"]) for each in sandbox.records(object_type)] == [(made.id, True)]


@BASES
@EVERY_TYPE
def test_batches_search_and_upsert_by_a_unique_property(sandbox, api, base, object_type):
    """Under both families of paths; the type may be given by its id."""
    type_id, properties, other = TYPES[object_type]
    sandbox.configure(
        custom_properties=[{"name": "odoo_id", "hasUniqueValue": True, "objectType": object_type}]
    )
    inputs = [
        {"id": str(n), "idProperty": "odoo_id", "properties": properties, "objectWriteTraceId": str(n)}
        for n in range(3)
    ]
    for expected in (True, False):
        answer = api("POST", f"{base}/{object_type}/batch/upsert", {"inputs": inputs})
        assert [each["new"] for each in answer.data["results"]] == [expected] * 3
    ids = sorted(each["id"] for each in answer.data["results"])
    changes = {"inputs": [{"id": each, "properties": {other: "x"}} for each in ids]}
    assert api("POST", f"{base}/{type_id}/batch/update", changes).status == 200
    found = {"inputs": [{"id": "1"}, {"id": "9"}], "idProperty": "odoo_id", "properties": [other]}
    answer = api("POST", f"{base}/{object_type}/batch/read", found)
    assert (answer.status, [each["properties"][other] for each in answer.data["results"]]) == (
        207 if "v3" in base else 200,
        ["x"],
    )
    name = object_type_constant(object_type)
    assert answer.data["errors"][0]["message"].startswith(f"Could not get some {name} objects")
    condition = {"propertyName": "odoo_id", "operator": "IN", "values": ["0", "2"]}
    answer = api("POST", f"{base}/{object_type}/search", {"filterGroups": [{"filters": [condition]}]})
    assert answer.data["total"] == 2
    assert api("POST", f"{base}/{object_type}/batch/archive", {"inputs": [{"id": ids[0]}]}).status == 204
    assert [each["archived"] for each in sandbox.records(object_type)].count(True) == 1


CLIENTS = {
    "companies": ("hubspot.crm.companies", lambda crm: crm.companies),
    "deals": ("hubspot.crm.deals", lambda crm: crm.deals),
    "orders": ("hubspot.crm.objects", lambda crm: crm.objects),
    "products": ("hubspot.crm.products", lambda crm: crm.products),
    "line_items": ("hubspot.crm.line_items", lambda crm: crm.line_items),
    "invoices": ("hubspot.crm.commerce.invoices", lambda crm: crm.commerce.invoices),
}


@EVERY_TYPE
def test_all_calls_of_the_official_client(hubspot, sandbox, object_type):
    """Those of its own module for the type; orders have none and are called as objects in general."""
    sandbox.configure(
        custom_properties=[{"name": "odoo_id", "hasUniqueValue": True, "objectType": object_type}]
    )
    module, client = CLIENTS[object_type]
    models, api = importlib.import_module(module), client(hubspot)
    first = (object_type,) if object_type == "orders" else ()
    _type_id, properties, other = TYPES[object_type]
    made = api.batch_api.create(
        *first,
        models.BatchInputSimplePublicObjectBatchInputForCreate(
            inputs=[
                models.SimplePublicObjectBatchInputForCreate(properties=properties, associations=[])
                for _ in range(2)
            ]
        ),
    )
    ids = sorted(each.id for each in made.results)
    changes = [models.SimplePublicObjectBatchInput(id=each, properties={other: "x"}) for each in ids]
    changed = api.batch_api.update(*first, models.BatchInputSimplePublicObjectBatchInput(inputs=changes))
    assert [each.properties[other] for each in changed.results] == ["x", "x"]
    key = {"id": "7", "id_property": "odoo_id", "object_write_trace_id": "t"}
    new = models.SimplePublicObjectBatchInputUpsert(**key, properties=properties)
    upserts = models.BatchInputSimplePublicObjectBatchInputUpsert(inputs=[new])
    kept = [api.batch_api.upsert(*first, upserts).results[0] for _ in range(2)]
    assert [(each.new, each.object_write_trace_id) for each in kept] == [(True, "t"), (False, "t")]
    wanted = models.BatchReadInputSimplePublicObjectId(
        id_property="odoo_id",
        inputs=[models.SimplePublicObjectId(id="7")],
        properties=["odoo_id"],
        properties_with_history=[],
    )
    assert [each.id for each in api.batch_api.read(*first, wanted).results] == [kept[0].id]
    condition = models.Filter(property_name="odoo_id", operator="EQ", value="7")
    question = models.PublicObjectSearchRequest(filter_groups=[models.FilterGroup(filters=[condition])])
    assert [each.id for each in api.search_api.do_search(*first, question).results] == [kept[0].id]
    gone = models.BatchInputSimplePublicObjectId(
        inputs=[models.SimplePublicObjectId(id=each) for each in ids]
    )
    api.batch_api.archive(*first, gone)
    assert [each.id for each in api.basic_api.get_page(*first).results] == [kept[0].id]


def object_type_constant(object_type):
    return {"companies": "COMPANY"}.get(object_type, object_type[:-1].upper())


def test_no_two_records_have_the_same_id(records):
    made = [
        create(records, object_type, **properties).id for object_type, (_, properties, _) in TYPES.items()
    ]
    assert len(set(made)) == len(TYPES)


@pytest.mark.parametrize(
    ("object_type", "created", "modified"),
    [
        ("companies", "createdate", "hs_lastmodifieddate"),
        ("deals", "createdate", "hs_lastmodifieddate"),
        ("line_items", "createdate", "hs_lastmodifieddate"),
        ("orders", "hs_createdate", "hs_lastmodifieddate"),
        ("invoices", "hs_createdate", "hs_lastmodifieddate"),
    ],
)
def test_the_times_are_in_other_properties_than_those_of_contacts(records, object_type, created, modified):
    made = create(records, object_type, **TYPES[object_type][1])
    assert made.properties[created] == made.properties[modified]
    assert {created, modified, "hs_object_id"} <= set(
        records.basic_api.get_by_id(object_type, made.id).properties
    )


def test_a_company_needs_a_name_or_a_domain(records):
    assert refusal(create, records, "companies", city="Gent")[0] == 400
    assert create(records, "companies", domain="example.com").properties["domain"] == "example.com"


@pytest.mark.parametrize(
    ("object_type", "properties", "expected"),
    [
        ("companies", {"name": "A", "hs_object_id": "1"}, {"hs_object_id": "READ_ONLY_VALUE"}),
        (
            "deals",
            {"hs_is_closed": "true", "dealtype": "x"},
            {"hs_is_closed": "READ_ONLY_VALUE"} | {"dealtype": "INVALID_OPTION"},
        ),
        (
            "orders",
            {"hs_total_price": "1,50", "total": "1"},
            {"hs_total_price": "INVALID_NUMBER", "total": "PROPERTY_DOESNT_EXIST"},
        ),
        ("orders", {"hs_external_created_date": "yesterday"}, {"hs_external_created_date": "INVALID_LONG"}),
        ("line_items", {"amount": "3"}, {"amount": "READ_ONLY_VALUE"}),
        ("invoices", {"hs_currency": "EUR", "hs_balance_due": "3"}, {"hs_balance_due": "READ_ONLY_VALUE"}),
    ],
)
def test_values_that_are_refused(records, sandbox, object_type, properties, expected):
    status, body = refusal(create, records, object_type, **properties)
    assert (status, body["category"], codes(body)) == (400, "VALIDATION_ERROR", expected)
    assert sandbox.records(object_type) == []


@pytest.mark.parametrize(
    ("object_type", "name"),
    [
        ("deals", "deal_currency_code"),
        ("orders", "hs_currency_code"),
        ("line_items", "hs_line_item_currency_code"),
        ("invoices", "hs_currency"),
    ],
)
def test_only_the_currencies_of_the_account(records, sandbox, api, object_type, name):
    status, body = refusal(create, records, object_type, **{name: "USD"})
    assert (status, codes(body)) == (400, {name: "INVALID_OPTION"})
    assert body["errors"][0]["message"] == "USD was not one of the allowed options: [EUR]"
    sandbox.configure(currencies=["EUR", "USD"])
    assert create(records, object_type, **{name: "USD"}).properties[name] == "USD"
    details = api("GET", "/account-info/v3/details").data
    assert (details["companyCurrency"], details["additionalCurrencies"]) == ("EUR", ["USD"])
    options = api("GET", f"/crm/v3/properties/{object_type}/{name}").data["options"]
    assert [each["value"] for each in options] == ["EUR", "USD"]


def test_a_deal_is_in_the_companys_currency_and_the_first_pipeline(records):
    made = create(records, "deals", dealname="Renewal", dealstage="closedwon", amount="12.50")
    shown = records.basic_api.get_by_id(
        "deals",
        made.id,
        properties=["pipeline", "deal_currency_code", "hs_is_closed", "hs_is_closed_won", "amount"],
    ).properties
    assert (shown["pipeline"], shown["deal_currency_code"], shown["amount"]) == ("default", "EUR", "12.50")
    assert (shown["hs_is_closed"], shown["hs_is_closed_won"]) == ("true", "true")
    again = update(records, "deals", made.id, dealstage="contractsent").properties
    assert (again["hs_is_closed"], again["hs_is_closed_won"]) == ("false", "false")


def test_a_stage_belongs_to_the_pipeline(hubspot, records):
    """The message is one that was recorded (see the README of the sandbox)."""
    status, body = refusal(create, records, "deals", dealname="Renewal", dealstage="registered")
    assert (status, codes(body)) == (400, {"dealstage": "INVALID_OPTION"})
    assert body["errors"][0]["message"] == (
        "registered is not a valid pipeline stage ID. Valid options are: pipelineId=default : "
        "[appointmentscheduled, qualifiedtobuy, presentationscheduled, decisionmakerboughtin, contractsent, "
        "closedwon, closedlost]"
    )
    stages = [
        pipelines.PipelineStageInput(label=label, display_order=n, metadata={"state": state})
        for n, (label, state) in enumerate((("New", "OPEN"), ("Done", "CLOSED")))
    ]
    wanted = pipelines.PipelineInput(label="Web orders", display_order=1, stages=stages)
    web = hubspot.pipelines.pipelines_api.create("orders", wanted)
    new, done = (each.id for each in web.stages)
    order = create(records, "orders", hs_pipeline=web.id, hs_pipeline_stage=new)
    assert update(records, "orders", order.id, hs_pipeline_stage=done).properties["hs_pipeline_stage"] == done
    assert refusal(update, records, "orders", order.id, hs_pipeline_stage=OPEN)[0] == 400
    status, body = refusal(create, records, "orders", hs_pipeline="nonsense")
    assert codes(body) == {"hs_pipeline": "INVALID_OPTION"}


def test_pipelines(hubspot, api):
    (order,) = hubspot.pipelines.pipelines_api.get_all("orders").results
    assert [each.label for each in order.stages] == ["Open", "Processed", "Shipped", "Delivered", "Cancelled"]
    assert (order.label, order.stages[4].id, order.stages[4].metadata) == (
        "Order Pipeline",
        CANCELLED,
        {"state": "CLOSED"},
    )
    stages = hubspot.pipelines.pipeline_stages_api
    assert [each.id for each in stages.get_all("deals", "default").results][0] == "appointmentscheduled"
    won = stages.get_by_id("deals", "default", "closedwon")
    assert won.metadata == {"isClosed": "true", "probability": "1.0"}
    assert api("GET", "/crm/pipelines/2026-09/0-3/default").data["label"] == "Sales Pipeline"
    assert api("GET", "/crm/v3/pipelines/deals/nonsense").status == 404
    assert api("GET", "/crm/v3/pipelines/contacts").status == 400
    options = api("GET", "/crm/v3/properties/orders/hs_pipeline_stage").data["options"]
    assert (options[0]["value"], options[0]["label"]) == (OPEN, "Open")


def test_the_amount_of_a_line_item_is_computed(records):
    made = create(records, "line_items", name="Chair", quantity="3", price="19.99", discount="1.50")
    amounts = ("hs_pre_discount_amount", "hs_total_discount", "amount")
    assert [made.properties[name] for name in amounts] == ["59.97", "4.50", "55.47"]
    made = update(records, "line_items", made.id, discount="", hs_discount_percentage="12.5")
    assert [made.properties[name] for name in amounts] == ["59.97", "7.49625", "52.47375"]


def test_a_line_item_of_a_product(records):
    chair = create(records, "products", name="Chair", price="20.00", hs_sku="C1")
    item = create(records, "line_items", hs_product_id=chair.id, quantity="2", name="Red chair")
    shown = records.basic_api.get_by_id("line_items", item.id, properties=["name", "price", "hs_sku"])
    assert [shown.properties[name] for name in ("name", "price", "hs_sku")] == ["Red chair", "20.00", "C1"]
    assert item.properties["amount"] == "40.00"
    status, body = refusal(create, records, "line_items", name="Voucher", price="-5")
    assert (status, codes(body)) == (400, {"price": "INVALID_NUMBER"})


def test_an_invoice_needs_a_currency(records):
    status, body = refusal(create, records, "invoices", hs_title="INV/1")
    assert (status, body["category"], body["context"]) == (
        400,
        "VALIDATION_ERROR",
        {"properties": ["hs_currency"]},
    )
    assert body["message"] == "Error creating INVOICE. Some required properties were not set."


def test_what_hubspot_bills_is_opened_with_contact_and_line_item(hubspot, records):
    invoice = create(records, "invoices", hs_currency="EUR")
    status, body = refusal(update, records, "invoices", invoice.id, hs_invoice_status="open")
    assert (status, list(codes(body))) == (400, ["hs_invoice_status"])
    assert "INVOICE_TO_CONTACT, INVOICE_TO_LINE_ITEM" in body["message"]
    contact = create(records, "contacts", email="ann@example.com")
    item = create(records, "line_items", name="Chair", price="1")
    link = hubspot.associations.v4.basic_api.create_default
    link("invoices", invoice.id, "contacts", contact.id)
    link("invoices", invoice.id, "line_items", item.id)
    update(records, "invoices", invoice.id, hs_invoice_status="open")
    assert refusal(update, records, "invoices", invoice.id, hs_invoice_status="paid")[0] == 400
    update(records, "invoices", invoice.id, hs_invoice_status="voided")
    assert refusal(records.basic_api.archive, "invoices", invoice.id)[0] == 400


def test_an_invoice_that_is_billed_elsewhere_has_any_status(hubspot):
    """``hs_invoice_billable`` false: HubSpot only keeps it; with the client's own calls for invoices."""
    invoices = hubspot.commerce.invoices
    properties = {
        "hs_currency": "EUR",
        "hs_invoice_billable": "false",
        "hs_invoice_status": "paid",
        "hs_number": "INV/2026/0001",
        "hs_amount_billed": "121.00",
    }
    made = invoices.basic_api.create(
        invoice_models.SimplePublicObjectInputForCreate(properties=properties, associations=[])
    )
    read = invoices.basic_api.get_by_id(made.id, properties=list(properties))
    assert {name: read.properties[name] for name in properties} == properties


def test_what_cannot_be_merged(records, api):
    first, second = (create(records, "orders", hs_order_name=str(n)).id for n in range(2))
    body = {"primaryObjectId": first, "objectIdToMerge": second}
    assert api("POST", "/crm/v3/objects/orders/merge", body).status == 405
    assert api("POST", "/crm/v3/objects/orders/gdpr-delete", {"objectId": first}).status == 405


def test_deals_are_merged(records, sandbox, api):
    first = create(records, "deals", dealname="A", amount="1").id
    second = create(records, "deals", dealname="B", description="old").id
    answer = api("POST", "/crm/v3/objects/deals/merge", {"primaryObjectId": first, "objectIdToMerge": second})
    assert answer.data["id"] not in (first, second)
    for old in (first, second):
        assert records.basic_api.get_by_id("deals", old).id == answer.data["id"]
    (stored,) = sandbox.records("deals")
    assert (stored["mergedIds"], stored["properties"]["dealname"], stored["properties"]["description"]) == (
        [first, second],
        "A",
        "old",
    )


@EVERY_TYPE
def test_properties_of_every_type(hubspot, object_type):
    found = {each.name: each for each in hubspot.properties.core_api.get_all(object_type).results}
    assert found["hs_object_id"].modification_metadata.read_only_value is True
    assert set(TYPES[object_type][1]) <= set(found)
    assert not [each.name for each in found.values() if each.hubspot_defined is not True]


def test_faults_apply_to_every_type(sandbox, api):
    """One of two order inputs is spoilt; the fault for contacts hits no order."""
    sandbox.fault(path="/contacts", status=500)
    sandbox.fault(path="/orders/batch/create", invalid_every=2)
    inputs = [
        {"properties": {"hs_order_name": str(n)}, "objectWriteTraceId": f"t{n}", "associations": []}
        for n in range(2)
    ]
    answer = api("POST", "/crm/objects/2026-09/orders/batch/create", {"inputs": inputs})
    assert (answer.status, answer.data["errors"][0]["context"]["objectWriteTraceId"]) == (201, ["t1"])
    assert [each["properties"]["hs_order_name"] for each in sandbox.records("orders")] == ["0"]
    assert [(each["path"], each["status"]) for each in sandbox.requests()] == [
        ("/crm/objects/2026-09/orders/batch/create", 201)
    ]
