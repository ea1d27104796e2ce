"""The check of XML: a widget that the web client does not have is found; it would show plain text without a word."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VIEW = """<odoo>
    <record id="view" model="ir.ui.view">
        <field name="arch" type="xml">
            <form>{}</form>
        </field>
    </record>
</odoo>"""


@pytest.fixture
def check(monkeypatch, tmp_path):
    """Return a function that gives the problems of a form's content, as ``[(line, what)]``."""
    monkeypatch.syspath_prepend(ROOT / "dev" / "lib")
    module = importlib.import_module("lint_xml")
    path = tmp_path / "views.xml"

    def problems(content):
        path.write_text(VIEW.format(content))
        return list(module.check_file(path))

    return problems


def test_widgets_that_exist(check):
    fields = '<field name="a" widget="badge"/><field name="b" widget="code"/>'
    assert check(f'{fields}<widget name="web_ribbon"/><widget name="retail_live_form"/>') == []


def test_widgets_that_do_not(check):
    content = '<field name="a" widget="CopyClipboardText"/><widget name="retail_nothing"/>'
    assert check(content) == [
        (4, "no widget is named CopyClipboardText"),
        (4, "no widget is named retail_nothing"),
    ]


def test_languages_of_the_code_editor(check):
    known = """<field name="a" widget="code" options="{'mode': 'javascript'}"/>"""
    assert check(known) == []
    assert check(known.replace("javascript", "json")) == [(4, "the code editor knows no language json")]
