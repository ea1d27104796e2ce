"""Check XML files without a database: well-formed, valid Odoo data and views, each id once.

The widgets of fields and views exist, too: for one that does not, the web client shows plain text instead. So do the
languages of the code editor: with one that does not, a form does not open in developer mode.

Usage: lint_xml.py FILE… Prints `file:line: what`, and ends with status 1 if there is anything to print.
"""

import ast
import functools
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

ODOO = Path(os.environ["RETAIL_HUB_ODOO_PATH"], "odoo")
# An extension of a view is not a whole view, and Odoo has no schema for these.
VIEWS_WITH_SCHEMA = {"activity", "calendar", "graph", "list", "pivot", "search"}

ADDED = re.compile(r"""\.add\(\s*["']([\w.]+)["']""")  # to a registry of the web client
MODES = re.compile(r"static MODES = (\[[^\]]*\])")
ROOT = Path(__file__).resolve().parents[2]

Problem = tuple[int, str]


@functools.cache
def schema(path: Path) -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(path))


def check_file(path: Path) -> Iterator[Problem]:
    """Yield (line, what) for each problem of one file."""
    try:
        root = etree.parse(path).getroot()
    except etree.XMLSyntaxError as error:
        yield error.lineno or 1, error.msg
        return
    if root.tag == "odoo":
        yield from _validate(root, ODOO / "import_xml.rng")
        yield from _check_ids(root)
        yield from _check_widgets(root)
        yield from _check_languages(root)
        for arch in _whole_views(root):
            yield from _validate(arch, ODOO / "addons" / "base" / "rng" / f"{arch.tag}_view.rng")


def _validate(element, schema_path: Path) -> Iterator[Problem]:
    rules = schema(schema_path)
    if not rules.validate(etree.ElementTree(element)):
        for error in rules.error_log:
            yield error.line, error.message


def _check_ids(root) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for record in root.iter("record", "template", "menuitem"):
        if (name := record.get("id")) in seen and record.get("forcecreate") is None:
            yield record.sourceline, f"id {name} is on line {seen[name]} too"
        seen[name] = record.sourceline


def _check_widgets(root) -> Iterator[Problem]:
    for field in root.iterfind(".//field[@widget]"):
        name = field.get("widget")
        if not {name, f"list.{name}", f"kanban.{name}", f"form.{name}"} & _registered():
            yield field.sourceline, f"no widget is named {name}"
    for widget in root.iterfind(".//widget[@name]"):
        if widget.get("name") not in _registered():
            yield widget.sourceline, f"no widget is named {widget.get('name')}"


def _check_languages(root) -> Iterator[Problem]:
    for field in root.iterfind(".//field[@widget='code']"):
        language = ast.literal_eval(field.get("options", "{}")).get("mode", "qweb")
        if language not in _languages():
            yield field.sourceline, f"the code editor knows no language {language}"


@functools.cache
def _languages() -> frozenset[str]:
    """Return the languages that the web client's code editor accepts."""
    editor = ODOO / "addons" / "web" / "static" / "src" / "core" / "code_editor" / "code_editor.js"
    return frozenset(json.loads(MODES.search(editor.read_text("utf-8"))[1]))


@functools.cache
def _registered() -> frozenset[str]:
    """Return the names in the registries of the web client, of Odoo and of this addon."""
    files = [*ODOO.glob("addons/*/static/src/**/*.js"), *ROOT.glob("static/src/**/*.js")]
    return frozenset(name for path in files for name in ADDED.findall(path.read_text("utf-8")))


def _whole_views(root) -> Iterator:
    for record in root.iter("record"):
        if record.get("model") == "ir.ui.view" and record.find("field[@name='inherit_id']") is None:
            arch = record.find("field[@name='arch']")
            yield from (view for view in (() if arch is None else arch) if view.tag in VIEWS_WITH_SCHEMA)


def main(paths: list[str]) -> int:
    problems = [(path, *problem) for path in paths for problem in check_file(Path(path))]
    for path, line, text in problems:
        print(f"{path}:{line}: {text}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
