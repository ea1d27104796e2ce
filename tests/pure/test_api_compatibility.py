"""``/v1`` stays compatible: no endpoint changes so that a caller of the committed version breaks."""

import copy
import json

import pytest
from api_compatibility import breaks, contracts, golden

from odoo.addons.retail_hub.controllers.api.openapi import description

COMMAND = "./dev/api-schemas writes the golden files"


def test_v1_stays_compatible():
    assert breaks(golden(), contracts(description())) == []


def test_the_golden_files_are_those_of_now():
    """What was added is protected, too: from its first commit on."""
    found, committed = contracts(description()), golden()
    assert set(found) == set(committed), COMMAND
    assert [name for name in found if found[name] != committed[name]] == [], COMMAND


def test_answers_may_say_more(api):
    """Their schemas refuse no field that is not described, as those of requests do."""
    for name, contract in api.items():
        answers = json.dumps(contract["responses"])
        assert '"additionalProperties": false' not in answers, name
    assert api["placeOrder"]["request"]["application/json"]["additionalProperties"] is False


@pytest.fixture
def api():
    return contracts(description())


def change(api, *path, to=None):
    """Return the contracts with another value at a path, or without it."""
    changed = copy.deepcopy(api)
    *holders, last = path
    place = changed
    for each in holders:
        place = place[each]
    if to is None:
        del place[last]
    else:
        place[last] = to
    return changed


ORDER = ("placeOrder", "request", "application/json")
LINE = (*ORDER, "properties", "lines", "items")
ANSWER = ("placeOrder", "responses", "201", "application/json")


@pytest.mark.parametrize(
    ("path", "to", "broken"),
    [
        # endpoints
        (("getOrder",), None, "getOrder: the endpoint is gone"),
        (("getOrder", "path"), "/order/{external_id}", "getOrder: path has changed"),
        (("getOrder", "security"), [], "getOrder: security has changed"),
        # fields that are gone
        ((*ORDER, "properties", "note"), None, "placeOrder: request: note is gone"),
        ((*LINE, "properties", "sku"), None, "placeOrder: request: lines: items sku is gone"),
        ((*ANSWER, "properties", "held_until"), None, "placeOrder: response 201: held_until is gone"),
        (("getPrices", "parameters", "query sku"), None, "getPrices: query sku is gone"),
        # fields that are required, or missing
        (
            (*LINE, "required"),
            ["id", "unit_price", "sku"],
            "placeOrder: request: lines: items sku is required",
        ),
        (("getPrices", "parameters", "query sku", "required"), True, "getPrices: query sku is required"),
        ((*ANSWER, "required"), ["id"], "placeOrder: response 201: currency may be missing"),
        # values
        (
            (*LINE, "properties", "kind", "enum"),
            ["product", "delivery", "tip", "fee"],
            "placeOrder: request: lines: items kind: values are gone: ['duty']",
        ),
        (
            (*ANSWER, "properties", "status", "enum"),
            ["placed"],
            "placeOrder: response 201: status: values are gone: "
            "['incomplete', 'quotation', 'held', 'review', 'cancelled']",
        ),
        (
            (*ORDER, "properties", "prices_include_tax", "type"),
            "string",
            "placeOrder: request: prices_include_tax: type is string, was boolean",
        ),
        (
            (*ANSWER, "properties", "held_until"),
            {"type": "integer"},
            "placeOrder: response 201: held_until: type is integer, was ",
        ),
        (
            (*ORDER, "properties", "lines", "maxItems"),
            100,
            "placeOrder: request: lines: maxItems is 100, was 500",
        ),
        (
            (*ORDER, "properties", "number", "pattern"),
            "^[0-9]+$",
            "placeOrder: request: number: pattern is ^[0-9]+$, was ",
        ),
        (
            (*ORDER, "properties", "number", "minLength"),
            1,
            "placeOrder: request: number: minLength is 1, was None",
        ),
        (
            (*LINE, "properties", "quantity", "default"),
            "0",
            "placeOrder: request: lines: items quantity has another",
        ),
        # statuses
        (("placeOrder", "responses", "409"), None, "placeOrder: response 409 is gone"),
        (("getOrder", "responses", "203"), {}, "getOrder: response 203 is new"),
    ],
)
def test_what_breaks_callers(api, path, to, broken):
    found = breaks(api, change(api, *path, to=to))
    assert any(each.startswith(broken) for each in found), found
    assert {each.partition(":")[0] for each in found} == {path[0]}


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("readMore",), {"method": "GET", "path": "/more"}),
        ((*ORDER, "properties", "gift_wrap"), {"type": "boolean", "default": False}),
        ((*ANSWER, "properties", "gift_wrap"), {"type": "boolean"}),
        ((*LINE, "properties", "kind", "enum"), ["product", "delivery", "tip", "fee", "duty", "wrapping"]),
        ((*ORDER, "properties", "lines", "maxItems"), 1_000),
        ((*ORDER, "required"), ["external_id"]),
        ((*ORDER, "properties", "total"), {"anyOf": [{"type": "null"}, {"type": "string"}]}),
        (("getPrices", "parameters", "query color"), {"required": False, "schema": {"type": "string"}}),
        (("getOrder", "responses", "410"), {}),
    ],
)
def test_what_breaks_nobody(api, path, to):
    assert breaks(api, change(api, *path, to=to)) == []
