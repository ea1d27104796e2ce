"""pytest plugin: lets plain tests import the addon as Odoo does, `from odoo.addons.retail_hub… import …`.

It also gives them, in other addons too, the fixture `sandbox` (tests/pure/sandbox_fixtures.py) and the modules
`adapter_contract`, `receiver_contract` and `samples` of tests/pure.

No conftest.py for this: the checkout is itself a package, and pytest would import it under its folder's name.
"""

import os
import sys
import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings(action="ignore"):  # what Odoo's libraries warn about is not for every report
    import odoo.init
    from odoo.tools import config

    import odoo.addons

    config.parse_config(["--config", os.environ["RETAIL_HUB_ODOO_CONF"]], setup_logging=False)

ROOT = Path(__file__).parents[2]

# At the end: another addon's modules may have the same names.
sys.path.append(str(ROOT / "tests" / "pure"))
pytest_plugins = ["sandbox_fixtures"]
pytest.register_assert_rewrite("adapter_contract", "receiver_contract")


def pytest_configure(config):
    """Make the addons importable to whose tests the paths lead, wherever they are."""
    for argument in config.args:
        path = Path(argument.partition("::")[0]).resolve()
        for folder in (path, *path.parents):
            if folder != ROOT and (folder / "__manifest__.py").is_file():
                odoo.addons.__path__.append(str(folder.parent))


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path, parent):
    """Take every folder for a plain one: as a package, tests/ would be imported with all of Odoo's tests."""
    return pytest.Dir.from_parent(parent, path=path)
