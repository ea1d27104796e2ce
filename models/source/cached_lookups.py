"""Values of countries and companies that never change. Reading a field of a company reads all its fields at first."""

from odoo import models

from ...tools.cache import cached


class ResCountry(models.Model):
    _inherit = "res.country"

    @cached("self.id")
    def _retail_code(self):
        """Return the ISO 3166-1 code; empty for an empty recordset."""
        return self.code or ""


class ResCompany(models.Model):
    _inherit = "res.company"

    @cached("self.id")
    def _retail_lineage(self):
        """Return the ids of the company and of those above it. Odoo does not allow to change the hierarchy."""
        return tuple(self.parent_ids.ids)
