"""HubSpot's property definitions: as its own client reads them, and where parts are missing."""

import pytest
from hubspot import HubSpot
from samples import local_settings

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.hubspot import schema
from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.provider import RemoteProperty
from odoo.addons.retail_hub.core.errors import AuthError, TransientError


def make_adapter(sandbox, version="2026-09", token="sandbox-token"):
    return Connection(HUBSPOT, local_settings(sandbox.url, version, {"access_token": token}))


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_as_the_official_client(sandbox, version):
    size = {
        "name": "size",
        "label": "A Size",
        "type": "number",
        "fieldType": "number",
        "hasUniqueValue": True,
    }
    sandbox.configure(custom_properties=[size])
    with make_adapter(sandbox, version) as adapter:
        found = adapter.remote_properties("contact")
    client = HubSpot(access_token="sandbox-token", host=sandbox.url)
    listed = client.crm.properties.core_api.get_all("contacts").results
    assert {each.name: each.label for each in found} == {each.name: each.label for each in listed}
    assert {each.name for each in found if each.is_read_only} == {
        each.name for each in listed if each.modification_metadata.read_only_value
    }
    assert {each.name for each in found if each.is_unique} == {"email", "size"}
    by_name = {each.name: each for each in found}
    assert by_name["size"] == RemoteProperty("size", "A Size", "number", is_unique=True)
    assert by_name["hs_email_optout"].type == "boolean"
    assert by_name["createdate"].type == "datetime"
    assert by_name["lifecyclestage"].options[:2] == ("subscriber", "lead")
    assert found[0].name == "size"  # by label


def test_every_default_line_has_its_property(sandbox):
    with make_adapter(sandbox) as adapter:
        by_name = {each.name: each for each in adapter.remote_properties("contact")}
        lines = adapter.mapper.field_maps("contact")
    assert {line.property for line in lines} <= set(by_name)
    assert not [line for line in lines if by_name[line.property].is_read_only]


def test_refused(sandbox):
    with make_adapter(sandbox, token="other") as adapter, pytest.raises(AuthError, match="access token"):
        adapter.remote_properties("contact")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        7,
        {"results": None},
        {"results": {}},
        {"results": []},
        {"results": ["email", 7, None]},
        {"results": [None, {}, {"name": ""}]},
        {"results": [{"name": "email", "archived": True}]},
    ],
)
def test_no_usable_properties(sandbox, body):
    """An object without properties does not exist: the response says nothing."""
    sandbox.fault(path="/crm/properties", status=200, body=body)
    with make_adapter(sandbox) as adapter, pytest.raises(TransientError) as caught:
        adapter.remote_properties("contact")
    assert caught.value.code == "NO_PROPERTIES"
    assert caught.value.message == "HubSpot named no properties of the contact."


def test_properties_of_other_types(sandbox):
    """Each part may have any type: what is no property is left out."""
    odd = {
        "name": ["a"],
        "label": {"b": 1},
        "type": ["number"],
        "options": {"x": 1},
        "modificationMetadata": [1],
    }
    sandbox.fault(path="/crm/properties", status=200, body={"results": [odd, {"name": 7, "type": {}}, "x"]})
    with make_adapter(sandbox) as adapter:
        assert adapter.remote_properties("contact") == [
            RemoteProperty("7", "7"),
            RemoteProperty("['a']", "{'b': 1}"),
        ]


@pytest.mark.parametrize("body", [{}, [], {"groupName": None}, {"groupName": ["x"]}])
def test_no_group(sandbox, body):
    sandbox.fault(path="/hs_object_id", status=200, body=body)
    with make_adapter(sandbox) as adapter, pytest.raises(TransientError) as caught:
        adapter.set_up([HUBSPOT.object("company")])
    assert caught.value.message == "HubSpot did not name the group of the company's properties."


@pytest.mark.parametrize("body", [{}, [], None, {"portalId": None}, {"results": [1]}])
def test_no_account(sandbox, body):
    sandbox.fault(path="/details", status=200, body=body)
    with make_adapter(sandbox) as adapter, pytest.raises(TransientError) as caught:
        adapter.test_connection()
    assert caught.value.message == "HubSpot did not say which account this is."


@pytest.mark.parametrize(
    "row",
    [
        {"usageLimit": 10**300, "currentUsage": -1, "resetsAt": "0001-01-01T00:00:00+23:59"},
        {"usageLimit": -5, "currentUsage": 3, "resetsAt": "9999-12-31T23:59:59-23:59"},
        {"usageLimit": True, "currentUsage": "7", "resetsAt": "9999-12-31T23:59:59+00:00"},
        {"usageLimit": [], "currentUsage": {}, "resetsAt": {"a": 1}},
        None,
    ],
)
def test_odd_usage(sandbox, row):
    sandbox.fault(path="/api-usage", status=200, body={"results": [row]})
    with make_adapter(sandbox) as adapter:
        report = adapter.test_connection()
    assert (report.quota_remaining, report.quota_resets_at) == (None, None)


def test_missing_parts():
    results = [
        {"name": "a", "modificationMetadata": None, "options": None, "type": None},
        {"name": "b", "type": "enumeration", "options": [{"value": "x"}, None], "calculated": True},
        {"name": "c", "archived": True},
    ]
    assert schema.read({"results": results}, "contact") == [
        RemoteProperty("a", "a"),
        RemoteProperty("b", "b", "enumeration", ("x",), is_read_only=True),
    ]
