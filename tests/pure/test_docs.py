"""The documents are well-formed, lead somewhere, and say what the code says."""

import ast
import json
import re
import runpy
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import docutils.core
import docutils.nodes
import pytest
from lxml import etree

from odoo.addons.retail_hub.connectors.hubspot.mapping import DEFAULT_FIELD_MAPS
from odoo.addons.retail_hub.core.const import ErrorClass
from odoo.addons.retail_hub.schemas import EVENT_TYPES, SCHEMAS
from odoo.addons.retail_hub.schemas.commands import COMMAND_TYPES
from odoo.addons.retail_hub.schemas.examples import EXAMPLES

ROOT = Path(__file__).parents[2]
RST = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "README.rst", *ROOT.glob("doc/*.rst")))
MARKDOWN = (
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "connectors/hubspot/README.md",
    "connectors/talon_one/README.md",
    "connectors/voucherify/README.md",
    "connectors/webhook/README.md",
)
LABELS_OF_ODOO = {"Coupon Code", "Other Info", "New", "Actions", "Apps", "Update Balance"}
HUBSPOT_OBJECTS = {
    "Contact": "contact",
    "Company": "company",
    "Order": "order",
    "Order: shipment": "order_shipment",
    "Deal": "deal",
    "Invoice": "invoice",
    "Line item": "line_item",
}


@cache
def read(name):
    """Return (document, warnings) of an RST file."""
    warnings = []
    settings = {"report_level": 5, "halt_level": 5, "syntax_highlight": "none", "input_encoding": "utf-8"}
    path = ROOT / name
    document = docutils.core.publish_doctree(
        path.read_text(encoding="utf-8"), source_path=str(path), settings_overrides=settings
    )
    for message in (*document.parse_messages, *document.transform_messages):
        if message["level"] >= 2:
            warnings.append(f"{name}:{message.get('line')}: {message.astext()}")
    return document, warnings


def tables(name, *header):
    """Return the bodies of a document's tables that begin with these column titles: lists of rows of texts."""
    found = []
    for table in read(name)[0].findall(docutils.nodes.table):
        head, *body = [
            [entry.astext().replace("\n", " ").strip() for entry in row.findall(docutils.nodes.entry)]
            for row in table.findall(docutils.nodes.row)
        ]
        if tuple(head[: len(header)]) == header:
            found.append(body)
    return found


def links(name):
    """Return the targets of links and pictures that are in this repository."""
    if name.endswith(".md"):
        text = re.sub(r"```.*?```|`[^`]*`", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)
        targets = re.findall(r"\]\(([^)\s]+)\)", text)
    else:
        document = read(name)[0]
        targets = [node["refuri"] for node in document.findall(docutils.nodes.reference) if "refuri" in node]
        targets += [node["uri"] for node in document.findall(docutils.nodes.image)]
    return [target for target in targets if not urlsplit(target).scheme]


def anchors(path):
    """Return the names of the sections of a document, as they are in links."""
    if path.suffix == ".rst":
        sections = read(path.relative_to(ROOT).as_posix())[0].findall(docutils.nodes.section)
        return {name for section in sections for name in section["ids"]}
    titles = re.findall(r"^#+ +(.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_is_short():
    assert len((ROOT / "README.rst").read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("name", RST)
def test_rst_is_well_formed(name):
    assert read(name)[1] == []


@pytest.mark.parametrize("name", RST)
def test_tables_are_as_they_look(name):
    """A second line of the first column would be a row of its own, and ``+ 5`` or ``- 5`` a list."""
    rows = list(read(name)[0].findall(docutils.nodes.row))
    cells = [[entry.astext() for entry in row.findall(docutils.nodes.entry)] for row in rows]
    assert [first for first, *others in cells if not any(others) or first.endswith(",")] == []
    assert [row.astext() for row in rows if any(row.findall(docutils.nodes.bullet_list))] == []


@pytest.mark.parametrize("name", [*RST, *MARKDOWN])
def test_links_lead_somewhere(name):
    broken = []
    for target in links(name):
        url = urlsplit(target)
        path = ((ROOT / name).parent / unquote(url.path)).resolve() if url.path else ROOT / name
        if (
            not path.is_relative_to(ROOT)
            or not path.exists()
            or url.fragment
            and url.fragment not in anchors(path)
        ):
            broken.append(target)
    assert broken == []


def test_every_page_is_in_the_index():
    pages = {Path(name).name for name in RST if name.startswith("doc/")} - {"index.rst"}
    assert pages <= {Path(urlsplit(target).path).name for target in links("doc/index.rst")}


def test_event_types():
    """The tables of doc/events.rst have each event type once, in the words of the code."""
    rows = [row for body in tables("doc/events.rst", "Event type") for row in body]
    assert sorted(row[:4] for row in rows) == sorted(
        [name, each.kind.value, each.mode.value.replace("_", "-"), each.schema.__name__]
        for name, each in EVENT_TYPES.items()
    )
    assert [row[0] for row in rows if not row[4].endswith(".")] == []


def test_what_is_not_sent():
    """The table of doc/events.rst is the list of exceptions by which a test checks that all else is watched."""
    [rows] = tables("doc/events.rst", "Model", "Fields", "Events", "Why")
    exceptions = runpy.run_path(str(ROOT / "tests/source/not_sent.py"))["NOT_SENT"]
    assert rows == [
        [
            ", ".join(each.models),
            ", ".join(each.fields) or "all",
            ", ".join(each.event_types) or "all",
            each.reason,
        ]
        for each in exceptions
    ]


def test_schemas():
    """The table of doc/events.rst leads to each schema."""
    [rows] = tables("doc/events.rst", "Schema")
    assert sorted(row[0] for row in rows) == sorted(SCHEMAS)
    assert {f"../schemas/golden/{name}.json" for name in SCHEMAS} <= set(links("doc/events.rst"))


def test_commands_of_webhooks():
    """The table of doc/incoming_webhooks.rst has each command once, with its scope."""
    [rows] = tables("doc/incoming_webhooks.rst", "Type", "As in the API", "Scope")
    expected = sorted((each.name, each.scope) for each in COMMAND_TYPES.values())
    assert sorted((name, scope) for name, _path, scope in rows) == expected


def test_examples_of_events():
    """Each example in doc/events.rst is complete, valid, and what *Send Sample* sends."""
    examples = [
        (re.search(r"``([\w.]+)``:$", before).group(1), json.loads(example))
        for before, example in re.findall(
            r"^(The content of .*:)\n\n\.\. code-block:: json\n\n((?: {4}.*\n|\n)+)",
            (ROOT / "doc/events.rst").read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
    ]
    assert [name for name, _content in examples] == ["customer.updated", "order.placed"]
    for name, content in examples:
        assert EXAMPLES[name].data.canonical() == content


def test_error_classes():
    """The table of doc/operations.rst has each error class once."""
    [rows] = tables("doc/operations.rst", "Error class")
    assert sorted(row[0] for row in rows) == sorted(each.value for each in ErrorClass)


def test_hubspot_properties():
    """The tables of doc/hubspot.rst have each property of the default mapping, and no other."""
    sent = {}
    for title, object_name in HUBSPOT_OBJECTS.items():
        [rows] = tables("doc/hubspot.rst", title, "Value")
        sent[object_name] = sorted(re.findall(r"\w+", " ".join(row[0] for row in rows)))
    assert sent == {
        object_name: sorted(line.property for line in DEFAULT_FIELD_MAPS if line.object == object_name)
        for object_name in HUBSPOT_OBJECTS.values()
    }


def test_names_of_schemas():
    """A schema that is named anywhere exists."""
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in RST)
    named = set(re.findall(r"\b[A-Z]\w+V1\b", text))
    assert named and named <= set(SCHEMAS)


def test_labels():
    """What is bold in a document is a label on a screen, unless it is a heading that ends with a full stop."""
    known = LABELS_OF_ODOO | labels_of_views() | labels_of_models()
    unknown = {
        f"{name}: {label}"
        for name in RST
        for node in read(name)[0].findall(docutils.nodes.strong)
        for label in " ".join(node.astext().split()).split(" → ")
        if not label.endswith((".", ":")) and label not in known
    }
    assert unknown == set()


def labels_of_views():
    """Return all texts of the views, and of what runs in browsers: of buttons, fields, pages, menus, filters."""
    texts = set()
    folders = ("views/**", "wizards/**", "security", "static/src/**")
    for path in (path for folder in folders for path in ROOT.glob(f"{folder}/*.xml")):
        for element in etree.parse(path).iter(etree.Element):
            texts |= {element.text or "", *(element.get(name, "") for name in ("string", "name", "title"))}
    return {text.strip().rstrip("…") for text in texts}


def labels_of_models():
    """Return the labels of the fields, and all texts that the code of the models has."""
    texts = set()
    for path in (
        *ROOT.glob("models/**/*.py"),
        *ROOT.glob("wizards/**/*.py"),
        *ROOT.glob("connectors/**/*.py"),
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                texts.add(node.targets[0].id.removesuffix("_id").replace("_", " ").title())
    return texts
