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
    ],
)
def test_higher_parts_may_not(lint, path, text, what):
    module, modules = lint({path: text})
    assert {(path, 1, what)} <= set(module.check(modules))


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
