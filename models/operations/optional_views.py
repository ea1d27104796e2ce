"""Views for modules that the addon does not need: loaded while those are installed, before or after the addon."""

from odoo import api, models
from odoo.tools import convert_file

ADDON = "retail_hub"
VIEWS = {"website_sale_loyalty": "views/optional/website_sale_loyalty.xml"}


class IrModelData(models.Model):
    _inherit = "ir.model.data"

    @api.model
    def _process_end(self, modules):
        """Load the views first: at the end of installing and upgrading, Odoo removes here what was not loaded."""
        self._retail_load_views(modules)
        return super()._process_end(modules)

    @api.model
    def _retail_load_views(self, modules):
        """Load the views if the addon, or the module that they are for, was installed or upgraded.

        :param modules: names of those that were
        """
        changed = {ADDON, *VIEWS}.intersection(modules)
        names = [ADDON, *VIEWS] if changed else []
        domain = [("name", "in", names), ("state", "=", "installed")]
        installed = set(self.env["ir.module.module"].search(domain).mapped("name"))
        for module, path in VIEWS.items():
            if {module, ADDON} <= installed and {module, ADDON} & changed:
                convert_file(self.env, ADDON, path, {})
