"""CONTRIBUTING.md has the tables and examples that docstrings and code make, and all that an adapter uses."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIB = ROOT / "dev" / "lib"
# What a new author begins with, and reads next.
MODELS = (
    *(ROOT / "dev" / "skeleton" / "retail_hub_acme" / "acme").glob("*.py"),
    *(ROOT / "dev" / "addons" / "retail_hub_example" / "club").glob("*.py"),
)


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(LIB)
    return importlib.import_module("contract_tables")


def test_the_document_is_up_to_date(tables):
    """``python dev/lib/contract_tables.py`` makes the tables anew."""
    text = tables.DOCUMENT.read_text(encoding="utf-8")
    assert tables.update(text) == text


def test_every_table_and_example_is_there(tables):
    text = tables.DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in tables.blocks() if f"<!-- {name} -->" not in text] == []


def test_what_is_required_is_said(tables):
    required = [line.split("`")[1] for line in tables.tables()["adapter"] if "**Required.**" in line]
    assert required == ["prepare(item)", "send(batch)", "resolve(batch)", "test_connection()"]


def test_all_that_an_adapter_imports_is_explained(tables):
    text = tables.DOCUMENT.read_text(encoding="utf-8")
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in MODELS]
    imports = [each for tree in trees for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)]
    hub = [each for each in imports if (each.module or "").startswith("odoo.addons.retail_hub.")]
    names = {alias.name for each in hub for alias in each.names}
    assert len(names) > 20
    assert sorted(name for name in names if not re.search(rf"`[^`\n]*\b{name}\b", text)) == []


def test_all_that_adapters_call_of_the_mapper_and_the_client_is_explained(tables):
    found = tables.tables()
    explained = "\n".join([*found["mapper"], *found["helpers"]]) + tables.DOCUMENT.read_text(encoding="utf-8")
    files = [*MODELS, *(ROOT / "connectors").glob("*/adapter.py")]
    used = {
        name
        for path in files
        for name in re.findall(r"self\.(?:mapper|http)\.(\w+)", path.read_text("utf-8"))
    }
    assert {"mapped_values", "object_for", "keys_for", "request", "host"} <= used
    assert sorted(name for name in used if f"`{name}(" not in explained and f".{name}" not in explained) == []
