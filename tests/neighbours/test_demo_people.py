"""The people of the demo see the apps in which they are asked to look around."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from odoo.tests import TransactionCase

from .common import needs_neighbours

DEV = Path(__file__).parents[2] / "dev"
APPS = {"Retail Hub", "Sales", "Contacts", "Invoicing", "Inventory", "Point of Sale"}


@needs_neighbours
class TestDemoPeople(TransactionCase):
    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(sys, "path", [str(DEV / "demo_runner"), str(DEV / "lib"), *sys.path]))
        self.enterContext(patch.dict(sys.modules))  # the demo's modules have short names
        self.stage = importlib.import_module("stage")

    def _call(self, model, method, *args, **options):
        """Do what the demo does over RPC."""
        records = self.env[model].with_context(**options.pop("context", {}))
        if method in ("search", "create"):
            return getattr(records, method)(*args, **options).ids
        if method == "search_read":
            return records.search_read(*args, **options)
        ids, *others = args
        return getattr(records.browse(ids), method)(*others, **options)

    def test_they_see_sales_contacts_and_invoicing(self):
        self.assertLessEqual({"contacts", "sale_management"}, set(self.stage.MODULES))
        shop = SimpleNamespace(call=self._call, odoo=SimpleNamespace(url="", db=SimpleNamespace(name="")))
        with patch.object(self.stage, "Session"):
            self.stage.set_up_people(shop)
        for login in ("admin", "clerk"):
            user = self.env["res.users"].search([("login", "=", login)])
            menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
            apps = {menus[each]["name"] for each in menus["root"]["children"]}
            self.assertLessEqual(APPS, apps, login)
