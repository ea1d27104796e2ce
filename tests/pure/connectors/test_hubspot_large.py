"""HubSpot's responses of any size: the work is at most linear, and little of them is kept."""

import json

import pytest
from samples import make_item

from odoo.addons.retail_hub.connectors.http_client import Response
from odoo.addons.retail_hub.connectors.hubspot import batch, errors, problems, schema
from odoo.addons.retail_hub.connectors.items import Prepared
from odoo.addons.retail_hub.connectors.provider import RemoteProperty, bounded_properties

LARGE = ["y" * 9_000] * 2_100


class Counted(list):
    """A list that counts how many of its entries are read."""

    read = 0

    def __iter__(self):
        for each in super().__iter__():
            self.read += 1
            yield each


def upserts(number):
    return [upsert(each) for each in range(number)]


def upsert(number):
    value = f"anna{number}@example.com"
    item = make_item(number)
    body = {"id": value, "idProperty": "email", "properties": {"email": value, "size": "big"}}
    return Prepared(item, "contact.upsert:email", body, {}, object="contact")


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ("abc", "abc"),
        (17, "17"),
        ("y" * 9_000, "y" * 200),
        (LARGE, None),
        ({"a": LARGE}, None),
        (None, None),
    ],
)
def test_correlation(found, kept):
    assert problems.correlation({"correlationId": found}) == ({"correlationId": kept} if kept else {})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 429, 500])
@pytest.mark.parametrize(
    "large", [LARGE, "z" * 10_000_000, [{"in": LARGE, "message": LARGE, "context": LARGE}]]
)
def test_errors(status, large):
    names = ("message", "category", "subCategory", "policyName", "correlationId", "errors", "in")
    scopes = {"requiredScopes": large, "propertyName": large}
    error = errors.from_response(Response(status, {}, {**dict.fromkeys(names, large), "context": scopes}))
    assert len(error.message) <= 2_000 and len(error.code) <= 100 and len(error.field or "") <= 200
    assert len(json.dumps(error.response)) <= 250


def test_scopes():
    listed = [f"scope.{number:03}" for number in range(100_000)]
    assert problems.missing_scopes({"context": {"requiredScopes": listed}}) == listed[:200]


def test_number_of_problems():
    """Those of one error; further ones say nothing more about it."""
    entries = [{"message": "no", "code": "NO", "in": f"p{number}"} for number in range(100_000)]
    assert len(problems.property_problems({"errors": entries})) == 200
    message = f"Property values were not valid: {json.dumps(entries[:900])}"
    assert len(problems.property_problems({"message": message})) == 200
    assert problems.property_name({"errors": [{}] * 200 + entries}) is None


def test_suspects_are_compared_with_few_problems(monkeypatch):
    counted = []
    fits = batch._fits
    monkeypatch.setattr(batch, "_fits", lambda *args: counted.append(args) or fits(*args))
    entries = [{"message": "no", "in": "color"}] * 50_000
    assert batch.suspected(upserts(100), Response(400, {}, {"errors": entries})) == []
    assert len(counted) == 100 * 200


def test_results_are_read_once():
    """Not once for each item."""
    results = Counted({"id": str(number), "properties": {"size": "x"}} for number in range(1_000))
    results += [
        {"id": "7", "properties": {"email": "ANNA3@example.com"}},
        {"id": "8", "properties": {"email": "anna3@example.com"}},
    ]
    items = upserts(100)
    outcomes = batch.read(items, Response(200, {}, {"results": results}))
    assert [o.remote_id for o in outcomes if o.remote_id] == ["7"]
    assert results.read <= 3 * len(results)


def test_one_entry_names_all_items():
    """Its texts are kept once for each, so each is short."""
    items = upserts(100)
    entry = {
        "message": LARGE,
        "category": LARGE,
        "errors": [{"in": "a"}] * 50_000,
        "context": {"ids": [p.body["id"] for p in items]},
    }
    outcomes = batch.read(items, Response(207, {}, {"errors": [entry], "correlationId": LARGE}))
    assert len(outcomes) == 100
    for outcome in outcomes:
        assert len(outcome.error.message) <= 2_000 and outcome.error.field == "a"


def test_number_of_properties():
    results = Counted({"name": f"p{number}", "label": "L" * 9_000} for number in range(20_000))
    found = bounded_properties(schema.read({"results": results}, "contact"))
    assert len(found) == 5_000
    assert {len(each.label) for each in found} == {200}


def test_properties_with_long_names_are_left_out():
    found = bounded_properties([RemoteProperty("n" * 201), RemoteProperty("n" * 200), RemoteProperty("")])
    assert [len(each.name) for each in found] == [200]


def test_options():
    """Of a list that is cut, a valid value could be missing: then any value is accepted."""
    options = tuple(str(number) for number in range(5_000))
    properties = [
        RemoteProperty("fits", options=options),
        RemoteProperty("many", options=(*options, "x")),
        RemoteProperty("long", options=("x" * 900_000,)),
        *(RemoteProperty(f"p{number}", options=("x" * 9_000,) * 50) for number in range(4)),
    ]
    found = {each.name: len(each.options) for each in bounded_properties(properties)}
    assert found == {"fits": 5_000, "many": 0, "long": 0, "p0": 50, "p1": 50, "p2": 0, "p3": 0}


def test_options_of_a_response():
    options = [{"value": f"v{number}"} for number in range(100_000)]
    definition = {"name": "size", "type": "enumeration", "options": options}
    found = schema.read({"results": [definition]}, "contact")
    assert (len(found[0].options), bounded_properties(found)[0].options) == (5_001, ())
