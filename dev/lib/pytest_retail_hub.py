"""pytest plugin: lets plain tests import the addon as Odoo does, `from odoo.addons.retail_hub… import …`.

No conftest.py: the checkout is itself a package, and pytest would import it under the name of its folder.
"""

import os
import warnings

import odoo.init  # noqa: F401  (Odoo's patches come first)
import pytest
from odoo.tools import config

config.parse_config(["--config", os.environ["RETAIL_HUB_ODOO_CONF"]], setup_logging=False)

with warnings.catch_warnings(action="ignore"):
    import passlib.utils  # noqa: F401  (otherwise its warning is in every report)


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path, parent):
    """Take every folder for a plain one: as a package, tests/ would be imported with all of Odoo's tests."""
    return pytest.Dir.from_parent(parent, path=path)
