"""HubSpot's property definitions: as its own client reads them, and where parts are missing."""

import pytest
from hubspot import HubSpot
from samples import local_settings

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.hubspot import schema
from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.provider import RemoteProperty
from odoo.addons.retail_hub.core.errors import AuthError


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


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": [None, {}, {"name": ""}]}])
def test_nothing(body):
    assert schema.read(body) == []


def test_missing_parts():
    results = [
        {"name": "a", "modificationMetadata": None, "options": None, "type": None},
        {"name": "b", "type": "enumeration", "options": [{"value": "x"}, None], "calculated": True},
        {"name": "c", "archived": True},
    ]
    assert schema.read({"results": results}) == [
        RemoteProperty("a", "a"),
        RemoteProperty("b", "b", "enumeration", ("x",), is_read_only=True),
    ]
