"""Paths, sources, transforms and kinds of values of field maps."""

import ast
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from samples import customer

from odoo.addons.retail_hub.connectors.provider import RemoteProperty
from odoo.addons.retail_hub.core import field_map
from odoo.addons.retail_hub.core.field_map import TRANSFORMS, FieldMap, FieldMapError, Kind
from odoo.addons.retail_hub.schemas.customer import CustomerV1
from odoo.addons.retail_hub.schemas.order import OrderV1

CUSTOMER = CustomerV1.model_json_schema()
ORDER = OrderV1.model_json_schema()
ADDRESSES = [
    {"kind": "delivery", "city": "Aalst", "country": None},
    {"kind": "contact", "city": "Gent", "country": "BE"},
]
SOURCE = Path(field_map.__file__)
DATA = customer(1, addresses=ADDRESSES, tags=["a", "b"], external_ids={"reference": "C-1"})


def line(expression, **changes):
    return FieldMap("contact", "property", expression, **changes)


def value(expression, extra=None, **changes):
    return field_map.value_of(line(expression, **changes), DATA, extra or {}, TRANSFORMS)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("name.given", "Anna"),
        ("emails.0", "anna1@example.com"),
        ("emails.1", None),
        ("phones.main.number", "+32470123456"),
        ("addresses.contact.city", "Gent"),
        ("addresses.invoice.city", None),
        ("addresses.invoice|0.city", "Aalst"),
        ("addresses.invoice|delivery.city", "Aalst"),
        ("addresses.contact|0.city", "Gent"),
        ("tags", ["a", "b"]),
        ("external_ids.reference", "C-1"),
        ("external_ids.barcode", None),
        ("name.given.nosuch", None),
        ("nosuch.at.all", None),
    ],
)
def test_paths(path, found):
    assert value(path) == found


@pytest.mark.parametrize(
    ("expression", "changes", "result"),
    [
        ("Anna", {"source": "constant"}, "Anna"),
        ("ref", {"source": "record"}, "R"),
        ("{name.given} ({odoo.ref}) {emails.1}", {"source": "template"}, "Anna (R)"),
        ("Dear {emails.1}", {"source": "template"}, ""),
        ("name.given", {"transform": "upper"}, "ANNA"),
        ("name.full", {"transform": "lower"}, "anna janssens1"),
        ("{name.given} van den berg", {"source": "template", "transform": "title"}, "Anna Van Den Berg"),
        ("type", {"transform": "map", "argument": "person=P; company=C"}, "P"),
        ("type", {"transform": "map", "argument": "company = C; * = other"}, "other"),
        ("active", {"transform": "map", "argument": "true=1;false=0"}, "1"),
        ("emails.1", {"transform": "map", "argument": "x=y; *=z"}, ""),
        ("emails.1", {"transform": "map", "argument": "x=y; =none"}, "none"),
        ("emails.1", {"transform": "upper"}, None),
        ("moment", {"source": "record", "transform": "date"}, "2026-11-23"),
        ("moment", {"source": "record", "transform": "date", "argument": "%d.%m.%y"}, "23.11.26"),
    ],
)
def test_values(expression, changes, result):
    extra = {"ref": "R", "moment": "2026-11-23T09:30:00Z"}
    assert value(expression, extra, **changes) == result


@pytest.mark.parametrize(
    ("expression", "changes", "said"),
    [
        ("type", {"transform": "map", "argument": "company=C"}, "no entry for this value"),
        ("type", {"transform": "map", "argument": "company"}, "from=to"),
        ("type", {"transform": "map", "argument": " ; "}, "is empty"),
        ("name.full", {"transform": "date"}, "is no date"),
        ("{name}", {"source": "template"}, "whole group"),
    ],
)
def test_values_that_do_not_fit(expression, changes, said):
    with pytest.raises(FieldMapError, match=said) as caught:
        value(expression, **changes)
    assert "person" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (None, ""),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (42, "42"),
        (42.5, "42.5"),
        (42.0, "42"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (["b", "a"], "b;a"),
        ([1.5, True], "1.5;true"),
    ],
)
def test_text(given, text):
    assert field_map.text(given) == text


def test_paths_of_odoo_fields():
    assert field_map.record_paths(line("parent_id.city", source="record")) == ("parent_id.city",)
    assert field_map.record_paths(line("{odoo.a} {name.full} { odoo.b.c }", source="template")) == (
        "a",
        "b.c",
    )
    assert field_map.record_paths(line("name.full")) == ()
    assert field_map.canonical_paths(line("{odoo.a} {name.full}", source="template")) == ("name.full",)


# ----- kinds -----


@pytest.mark.parametrize(
    ("schema", "path", "kind"),
    [
        (CUSTOMER, "name.full", Kind("text")),
        (CUSTOMER, "name", Kind("object")),
        (CUSTOMER, "active", Kind("boolean", ("true", "false"))),
        (CUSTOMER, "type", Kind("text", ("person", "company"))),
        (CUSTOMER, "emails", Kind("list")),
        (CUSTOMER, "emails.0", Kind("text")),
        (CUSTOMER, "language", Kind("text")),
        (CUSTOMER, "addresses.contact|0.country", Kind("text")),
        (CUSTOMER, "external_ids.anything", Kind("text")),
        (CUSTOMER, "consent.email_opt_out", Kind("boolean", ("true", "false"))),
        (ORDER, "total", Kind("number")),
        (ORDER, "placed_at", Kind("datetime")),
        (ORDER, "lines.0.quantity", Kind("number")),
        (ORDER, "delivery_address.city", Kind("text")),
    ],
)
def test_kinds(schema, path, kind):
    assert field_map.kind_of(schema, path) == kind


@pytest.mark.parametrize(
    "path", ["nosuch", "name.nosuch", "name.full.x", "emails.first", "addresses.office.city", "addresses", ""]
)
def test_paths_that_do_not_exist(path):
    if path == "addresses":
        assert field_map.kind_of(CUSTOMER, path) == Kind("list")
    else:
        with pytest.raises(FieldMapError, match="“"):
            field_map.kind_of(CUSTOMER, path)


def test_every_suggested_path_exists():
    for schema in (CUSTOMER, ORDER):
        paths = field_map.leaf_paths(schema)
        assert {field_map.kind_of(schema, path).name for path in paths} <= {
            "text",
            "number",
            "boolean",
            "datetime",
            "list",
        }
    assert field_map.leaf_paths(CUSTOMER)[:6] == [
        "id",
        "type",
        "active",
        "name.full",
        "name.given",
        "name.family",
    ]
    paths = field_map.leaf_paths(CUSTOMER)
    assert {"addresses.contact|0.city", "addresses.invoice.city", "emails.0", "phones.0.number"} <= set(paths)


REMOTE = {
    kind: RemoteProperty("p", type=kind, options=("a", "b") if kind == "enumeration" else ())
    for kind in ("text", "number", "boolean", "date", "datetime", "enumeration")
}


@pytest.mark.parametrize(
    ("kind", "remote", "problem", "doubt"),
    [
        (Kind("text"), "text", "", ""),
        (Kind("list"), "text", "", ""),
        (Kind("object"), "text", "whole group", ""),
        (Kind("text"), "number", "a text does not go into a number", ""),
        (Kind("number"), "number", "", ""),
        (Kind("text", ("1", "2.5", "")), "number", "", ""),
        (Kind("text", ("1", "x")), "number", "“x” is no number", ""),
        (Kind("boolean", ("true", "false")), "boolean", "", ""),
        (Kind("text", ("yes",)), "boolean", "neither true nor false", ""),
        (Kind("date"), "datetime", "", ""),
        (Kind("text"), "date", "a text does not go into a date", ""),
        (Kind("text", ("2026-11-23",)), "date", "", ""),
        (Kind("text", ("soon",)), "date", "“soon” is no date", ""),
        (Kind("text", ("a", "b")), "enumeration", "", ""),
        (Kind("text", ("a", "c")), "enumeration", "“c” is none of its options: a, b", ""),
        (Kind("text"), "enumeration", "", "only a, b will be taken"),
        (Kind("code"), "enumeration", "", ""),
    ],
)
def test_fits(kind, remote, problem, doubt):
    found = field_map.fits(kind, REMOTE[remote])
    assert bool(found[0]) == bool(problem)
    assert problem in found[0]
    assert found[1] == doubt


def test_options_that_the_remote_does_not_list():
    """Owners, for example: then nothing can be said."""
    owners = RemoteProperty("owner", type="enumeration")
    assert field_map.fits(Kind("text", ("17",)), owners) == ("", "")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, Kind("text", ("person", "company"))),
        ({"transform": "upper"}, Kind("text", ("PERSON", "COMPANY"))),
        ({"transform": "map", "argument": "person=1; *=2"}, Kind("text", ("1", "2"))),
        ({"transform": "date"}, Kind("date")),
        ({"transform": "date", "argument": "%d/%m"}, Kind("text")),
        ({"transform": "date", "argument": "%Y-%m-%dT00:00:00Z"}, Kind("datetime")),
    ],
)
def test_result_kind(changes, kind):
    each = line("type", **changes)
    assert field_map.result_kind(each, field_map.kind_of(CUSTOMER, "type"), TRANSFORMS) == kind


@pytest.mark.parametrize(
    ("source", "changes", "said"),
    [
        (Kind("boolean"), {"transform": "date"}, "a boolean has no date format"),
        (Kind("object"), {"transform": "upper"}, "whole group"),
        (Kind("text"), {"transform": "acme.secret"}, "there is no transform"),
        (Kind("text"), {"transform": "map"}, "is empty"),
    ],
)
def test_transforms_without_use(source, changes, said):
    with pytest.raises(FieldMapError, match=said):
        field_map.result_kind(line("x", **changes), source, TRANSFORMS)


def test_every_reason_can_be_translated():
    """Odoo finds the texts by the name of the function around them, which has to have the text itself."""
    found = {
        message for _line, message, *_rest in extract_from_file("python", SOURCE, keywords={"_lt": None})
    }
    calls = [node for node in ast.walk(ast.parse(SOURCE.read_text())) if isinstance(node, ast.Call)]
    named = [(node, node.func.id) for node in calls if isinstance(node.func, ast.Name)]
    texts = {node.args[0].value for node, name in named if name == "_lt"}
    assert found == texts
    assert len(found) > 20
    raised = [node.args[0] for node, name in named if name == "FieldMapError"]
    assert len(raised) == 13
    assert all(isinstance(reason, ast.Call) and reason.func.id == "_lt" for reason in raised)
    returned = [field_map.fits(Kind("text"), remote) for remote in REMOTE.values()]
    reasons = [reason for pair in returned for reason in pair if reason]
    assert len(reasons) == 5
    assert all(isinstance(reason, field_map.Reason) for reason in reasons)


def test_a_reason_is_made_of_a_template():
    with pytest.raises(FieldMapError) as caught:
        field_map.kind_of(CUSTOMER, "name.nosuch")
    reason = caught.value.reason
    assert reason == str(caught.value) == "“name.nosuch”: there is no “nosuch”; there is full, given, family"
    assert reason.template % reason.params == reason
    problem, _doubt = field_map.fits(Kind("text"), REMOTE["number"])
    assert problem.params["kind"].template == "a text"
