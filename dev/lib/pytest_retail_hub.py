"""pytest plugin: lets plain tests import the addon as Odoo does, `from odoo.addons.retail_hub… import …`.

It also gives them, in other addons too, the fixture `sandbox` (tests/pure/sandbox_fixtures.py) and the modules
`adapter_contract` and `samples` of tests/pure.

No conftest.py for this: the checkout is itself a package, and pytest would import it under its folder's name.
"""

import os
import sys
import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings(action="ignore"):  # what Odoo's libraries warn about is not for every report
    import odoo.init  # noqa: F401
    from odoo.tools import config

    config.parse_config(["--config", os.environ["RETAIL_HUB_ODOO_CONF"]], setup_logging=False)

# At the end: another addon's modules may have the same names.
sys.path.append(str(Path(__file__).parents[2] / "tests" / "pure"))
pytest_plugins = ["sandbox_fixtures"]
pytest.register_assert_rewrite("adapter_contract")


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path, parent):
    """Take every folder for a plain one: as a package, tests/ would be imported with all of Odoo's tests."""
    return pytest.Dir.from_parent(parent, path=path)
