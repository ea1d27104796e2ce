"""The tables of the contract in CONTRIBUTING.md are those that its docstrings make."""

import importlib
from pathlib import Path

import pytest

LIB = Path(__file__).parents[3] / "dev" / "lib"


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(LIB)
    return importlib.import_module("contract_tables")


def test_the_document_is_up_to_date(tables):
    """``python dev/lib/contract_tables.py`` makes the tables anew."""
    text = tables.DOCUMENT.read_text(encoding="utf-8")
    assert tables.update(text) == text


def test_every_table_is_there(tables):
    text = tables.DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in tables.tables() if f"<!-- {name} -->" not in text] == []


def test_what_is_required_is_said(tables):
    required = [line.split("`")[1] for line in tables.tables()["adapter"] if "**Required.**" in line]
    assert required == ["prepare(item)", "send(batch)", "resolve(batch)", "test_connection()"]
