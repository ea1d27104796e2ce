"""pytest plugin: lets plain tests import the addon as Odoo does, `from odoo.addons.retail_hub… import …`.

No conftest.py for this: the checkout is itself a package, and pytest would import it under its folder's name.
"""

import os
import warnings

import pytest

with warnings.catch_warnings(action="ignore"):  # what Odoo's libraries warn about is not for every report
    import odoo.init  # noqa: F401
    from odoo.tools import config

    config.parse_config(["--config", os.environ["RETAIL_HUB_ODOO_CONF"]], setup_logging=False)


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path, parent):
    """Take every folder for a plain one: as a package, tests/ would be imported with all of Odoo's tests."""
    return pytest.Dir.from_parent(parent, path=path)
