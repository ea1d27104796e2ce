"""The check of the arrows: each way to use a higher part from a lower one is found, and no use of a lower one is."""

import importlib
import textwrap
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "dev" / "lib"

CONNECTOR = """
    from odoo import models
    class RetailConnector(models.Model):
        _name = "retail.connector"
        def activate(self):
            pass
"""
FLOW = """
    from odoo import fields, models
    class RetailFlow(models.Model):
        _name = "retail.flow"
        connector_id = fields.Many2one("retail.connector")
        def routes(self):
            return self.connector_id.activate()
"""
OUTBOX_OF_CONNECTOR = """
    from odoo import fields, models
    class RetailConnector(models.Model):
        _inherit = "retail.connector"
        flow_ids = fields.One2many("retail.flow", "connector_id")
        def activate(self):
            return self.env["retail.flow"].routes()
"""


@pytest.fixture
def lint(monkeypatch, tmp_path):
    """Return a function that gives the module, and the modules of a small tree: lint(path=text)."""
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("lint_arrows")

    def read(files):
        wholesome = {
            "models/connector/connector.py": CONNECTOR,
            "models/outbox/flow.py": FLOW,
            "models/outbox/connector.py": OUTBOX_OF_CONNECTOR,
        }
        for path, text in {**wholesome, **files}.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
        return module, module.read(tmp_path)

    return read


def test_lower_parts_may_be_used(lint):
    module, modules = lint({})
    assert list(module.check(modules)) == []


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("core/a.py", "from ..connectors.base import Adapter", "core imports connectors/base"),
        ("core/a.py", "from .. import schemas", "core imports schemas"),
        ("connectors/a.py", "import odoo.tools", "connectors is plain Python and imports Odoo"),
        (
            "models/source/a.py",
            "from ..outbox import drain",
            "models/source imports models/outbox",
        ),
        (
            "models/connector/a.py",
            "def wake(env): return env['retail.flow']",
            "models/connector names retail.flow, a model of models/outbox",
        ),
        (
            "models/connector/a.py",
            "def flows(connector): return connector.flow_ids",
            "models/connector uses flow_ids, which only models/outbox adds",
        ),
        (
            "models/connector/a.py",
            "DEPENDS = 'connector_id.flow_ids.active'",
            "models/connector uses flow_ids, which only models/outbox adds",
        ),
        # absolute imports, and those by name
        (
            "models/source/a.py",
            "from odoo.addons.retail_hub.models.outbox.drain import RUN_SECONDS",
            "models/source imports models/outbox/drain",
        ),
        (
            "models/source/a.py",
            "from odoo.addons.retail_hub.models import outbox",
            "models/source imports models/outbox",
        ),
        (
            "models/source/a.py",
            "import odoo.addons.retail_hub.models.outbox.drain as drain",
            "models/source imports models/outbox/drain",
        ),
        (
            "connectors/a.py",
            "from odoo.addons.retail_hub.core import const",
            "connectors is plain Python and imports Odoo",
        ),
        (
            "models/source/a.py",
            "from odoo.addons import retail_hub",
            "models/source imports all parts at once",
        ),
        ("models/source/a.py", "from ... import models", "models/source imports all parts at once"),
        (
            "models/source/a.py",
            "DRAIN = importlib.import_module('odoo.addons.retail_hub.models.outbox.drain')",
            "models/source imports models/outbox/drain",
        ),
        (
            "models/source/a.py",
            "DRAIN = import_module('..outbox' + '.drain', __package__)",
            "models/source imports models/outbox/drain",
        ),
        (
            "models/source/a.py",
            "DRAIN = __import__('odoo.addons.retail_hub.models.outbox.drain')",
            "models/source imports models/outbox/drain",
        ),
        (
            "models/source/a.py",
            "DRAIN = importlib.import_module(NAME)",
            "models/source imports what is only known at run time",
        ),
        ("core/a.py", "ODOO = import_module('odoo')", "core is plain Python and imports Odoo"),
        # tables in SQL
        (
            "models/connector/a.py",
            "SQL('UPDATE retail_flow SET active = FALSE')",
            "models/connector names retail_flow, a table of models/outbox",
        ),
        (
            "models/connector/a.py",
            "SQL(f'SELECT {columns} FROM retail_flow f')",
            "models/connector names retail_flow, a table of models/outbox",
        ),
        (
            "models/connector/a.py",
            "SQL('UPDATE retail_' + 'flow')",
            "models/connector names retail_flow, a table of models/outbox",
        ),
        # names of models in pieces
        (
            "models/connector/a.py",
            "FLOWS = env['retail.' + 'flow']",
            "models/connector names retail.flow, a model of models/outbox",
        ),
        (
            "models/connector/a.py",
            "FLOWS = env['retail.' + name]",
            "models/connector puts together the name of a model: retail.…",
        ),
        (
            "models/connector/a.py",
            "FLOWS = env[f'retail.fl{name}']",
            "models/connector puts together the name of a model: retail.fl…",
        ),
        (
            "models/connector/a.py",
            "FLOWS = env['retail.%s' % name]",
            "models/connector puts together the name of a model: retail.…",
        ),
        (
            "models/connector/a.py",
            "FLOWS = env['retail.{}'.format(name)]",
            "models/connector puts together the name of a model: retail.…",
        ),
        # input and output
        ("core/a.py", "import requests", "core does no I/O, and requests is not in PURE"),
        (
            "core/a.py",
            "import psycopg2.extensions",
            "core does no I/O, and psycopg2.extensions is not in PURE",
        ),
        (
            "core/a.py",
            "from urllib import parse, request",
            "core does no I/O, and urllib.request is not in PURE",
        ),
        ("core/a.py", "import subprocess", "core does no I/O, and subprocess is not in PURE"),
        ("core/a.py", "socket = import_module('socket')", "core does no I/O, and socket is not in PURE"),
        ("core/a.py", "TEXT = open('a.txt').read()", "core does no I/O, and opens a file"),
    ],
)
def test_higher_parts_may_not(lint, path, text, what):
    module, modules = lint({path: text})
    assert {(path, 1, what)} <= set(module.check(modules))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("core/a.py", "from urllib.parse import quote"),
        ("core/a.py", "from collections.abc import Callable"),
        ("core/a.py", "from . import const"),
        ("models/outbox/a.py", "from odoo.addons.retail_hub.models.connector.connector import STATES"),
        ("models/outbox/a.py", "from odoo.addons.queue_job.job import Job"),
        ("models/outbox/a.py", "SQL('SELECT FROM retail_flow JOIN retail_connector c ON TRUE')"),
        ("models/connector/a.py", "SQL('SELECT retail_flow_count FROM retail_connector')"),
        ("models/connector/a.py", "FLOWS = f'retail.connector,{id}', f'retail.con{name}', 'retail.flowers'"),
    ],
)
def test_what_is_right(lint, path, text):
    module, modules = lint({path: text})
    assert list(module.check(modules)) == []


def test_a_table_of_its_own_name(lint):
    named = FLOW.replace('_name = "retail.flow"', '_name = "retail.flow"\n        _table = "flows"')
    module, modules = lint({"models/outbox/flow.py": named, "models/source/a.py": "SQL('DELETE FROM flows')"})
    what = "models/source names flows, a table of models/outbox"
    assert list(module.check(modules)) == [("models/source/a.py", 1, what)]


def test_exceptions_are_needed(lint, monkeypatch):
    """Of the addon itself: each is found without its exception, and nothing else is."""
    module, _modules = lint({})
    modules = module.read(FOLDER.parents[1])
    assert list(module.check(modules)) == []
    exceptions = set(module.EXCEPTIONS)
    monkeypatch.setattr(module, "EXCEPTIONS", {})
    found = list(module.check(modules))
    assert {path for path, _line, _what in found} == {path for path, _name in exceptions}
    assert len(found) == len(exceptions)


def test_a_docstring_uses_nothing(lint):
    module, modules = lint({"models/connector/a.py": '"""flow_ids"""'})
    assert list(module.check(modules)) == []


def test_cycles(lint, monkeypatch):
    """An override of a hook is no call: what the lower wing calls is its own."""
    calls_up = """
        from odoo import models
        class RetailBinding(models.Model):
            _name = "retail.binding"
            def bind(self):
                return self.env["retail.event"].insert()
    """
    calls_down = """
        from odoo import models
        class RetailEvent(models.Model):
            _name = "retail.event"
            def insert(self):
                return self.env["retail.binding"].bind()
    """
    module, modules = lint({"models/outbox/binding.py": calls_up, "models/outbox/event.py": calls_down})
    assert module.cycles(modules) == [["models/outbox/binding.py", "models/outbox/event.py"]]
    assert list(module.check_cycles(modules)) == []
    monkeypatch.setattr(module, "CYCLE_LIMIT", 1)
    what = "2 files call each other in circles: models/outbox/binding.py models/outbox/event.py"
    assert list(module.check_cycles(modules)) == [("models/outbox/binding.py", 1, what)]


def test_a_folder_without_arrows(lint, tmp_path):
    module, _modules = lint({"models/__init__.py": "", "models/new/part.py": ""})
    what = "is in none of the folders that have arrows"
    assert list(module.check_parts(tmp_path)) == [("models/new/part.py", 1, what)]
