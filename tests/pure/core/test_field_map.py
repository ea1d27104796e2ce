"""Paths, sources, transforms and kinds of values of field maps."""

import ast
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from samples import customer

from odoo.addons.retail_hub.connectors.provider import RemoteProperty
from odoo.addons.retail_hub.core import field_map
from odoo.addons.retail_hub.core.field_map import TRANSFORMS, FieldMap, FieldMapError, ValueType
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


def value(expression, record_values=None, **changes):
    return field_map.value_of(line(expression, **changes), DATA, record_values or {}, TRANSFORMS)


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
    record_values = {"ref": "R", "moment": "2026-11-23T09:30:00Z"}
    assert value(expression, record_values, **changes) == result


@pytest.mark.parametrize(
    ("expression", "changes", "said"),
    [
        ("type", {"transform": "map", "argument": "company=C"}, "no entry for this value"),
        ("type", {"transform": "map", "argument": "company"}, "from=to"),
        ("type", {"transform": "map", "argument": " ; "}, "is empty"),
        ("name.full", {"transform": "date"}, "is not a date"),
        ("{name}", {"source": "template"}, "group of fields"),
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
        (CUSTOMER, "name.full", ValueType("text")),
        (CUSTOMER, "name", ValueType("object")),
        (CUSTOMER, "active", ValueType("boolean", ("true", "false"))),
        (CUSTOMER, "type", ValueType("text", ("person", "company"))),
        (CUSTOMER, "emails", ValueType("list")),
        (CUSTOMER, "emails.0", ValueType("text")),
        (CUSTOMER, "language", ValueType("text")),
        (CUSTOMER, "addresses.contact|0.country", ValueType("text")),
        (CUSTOMER, "external_ids.anything", ValueType("text")),
        (CUSTOMER, "consent.email_opt_out", ValueType("boolean", ("true", "false"))),
        (ORDER, "total", ValueType("number")),
        (ORDER, "placed_at", ValueType("datetime")),
        (ORDER, "lines.0.quantity", ValueType("number")),
        (ORDER, "delivery_address.city", ValueType("text")),
    ],
)
def test_kinds(schema, path, kind):
    assert field_map.value_type_of(schema, path) == kind


@pytest.mark.parametrize(
    "path", ["nosuch", "name.nosuch", "name.full.x", "emails.first", "addresses.office.city", "addresses", ""]
)
def test_paths_that_do_not_exist(path):
    if path == "addresses":
        assert field_map.value_type_of(CUSTOMER, path) == ValueType("list")
    else:
        with pytest.raises(FieldMapError, match="“"):
            field_map.value_type_of(CUSTOMER, path)


def test_every_suggested_path_exists():
    for schema in (CUSTOMER, ORDER):
        paths = field_map.leaf_paths(schema)
        assert {field_map.value_type_of(schema, path).name for path in paths} <= {
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
        (ValueType("text"), "text", "", ""),
        (ValueType("list"), "text", "", ""),
        (ValueType("object"), "text", "group of fields", ""),
        (ValueType("text"), "number", "the property takes a number, not a text", ""),
        (ValueType("number"), "number", "", ""),
        (ValueType("text", ("1", "2.5", "")), "number", "", ""),
        (ValueType("text", ("1", "x")), "number", "“x” is not a number", ""),
        (ValueType("boolean", ("true", "false")), "boolean", "", ""),
        (ValueType("text", ("yes",)), "boolean", "neither true nor false", ""),
        (ValueType("date"), "datetime", "", ""),
        (ValueType("text"), "date", "the property takes a date, not a text", ""),
        (ValueType("text", ("2026-11-23",)), "date", "", ""),
        (ValueType("text", ("soon",)), "date", "“soon” is not a date", ""),
        (ValueType("text", ("a", "b")), "enumeration", "", ""),
        (ValueType("text", ("a", "c")), "enumeration", "“c” is not one of the options: a, b", ""),
        (ValueType("text"), "enumeration", "", "only these values will be accepted: a, b"),
        (ValueType("code"), "enumeration", "", ""),
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
    assert field_map.fits(ValueType("text", ("17",)), owners) == ("", "")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, ValueType("text", ("person", "company"))),
        ({"transform": "upper"}, ValueType("text", ("PERSON", "COMPANY"))),
        ({"transform": "map", "argument": "person=1; *=2"}, ValueType("text", ("1", "2"))),
        ({"transform": "date"}, ValueType("date")),
        ({"transform": "date", "argument": "%d/%m"}, ValueType("text")),
        ({"transform": "date", "argument": "%Y-%m-%dT00:00:00Z"}, ValueType("datetime")),
    ],
)
def test_result_kind(changes, kind):
    each = line("type", **changes)
    assert field_map.result_type(each, field_map.value_type_of(CUSTOMER, "type"), TRANSFORMS) == kind


@pytest.mark.parametrize(
    ("source", "changes", "said"),
    [
        (ValueType("boolean"), {"transform": "date"}, "a boolean cannot have a date format"),
        (ValueType("object"), {"transform": "upper"}, "group of fields"),
        (ValueType("text"), {"transform": "acme.secret"}, "there is no transform"),
        (ValueType("text"), {"transform": "map"}, "is empty"),
    ],
)
def test_transforms_without_use(source, changes, said):
    with pytest.raises(FieldMapError, match=said):
        field_map.result_type(line("x", **changes), source, TRANSFORMS)


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
    returned = [field_map.fits(ValueType("text"), remote) for remote in REMOTE.values()]
    reasons = [reason for pair in returned for reason in pair if reason]
    assert len(reasons) == 5
    assert all(isinstance(reason, field_map.Reason) for reason in reasons)


def test_a_reason_is_made_of_a_template():
    with pytest.raises(FieldMapError) as caught:
        field_map.value_type_of(CUSTOMER, "name.nosuch")
    reason = caught.value.reason
    assert (
        reason == str(caught.value) == "“name.nosuch”: there is no field “nosuch”, only full, given, family"
    )
    assert reason.template % reason.params == reason
    problem, _doubt = field_map.fits(ValueType("text"), REMOTE["number"])
    assert problem.params["kind"].template == "a text"
