"""Values of countries and companies that hardly ever change. Otherwise, reading one reads all fields at first."""

from odoo import models

from ...tools.cache import cached


def chosen_company_ids(env):
    """Return the ids of the companies that the environment names; if it names none, that of its company alone."""
    return list(env.context.get("allowed_company_ids") or env.company.ids)


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

    def _retail_usable_ids(self):
        """Return the ids of the companies whose records are read for the companies of the environment."""
        companies = self.browse(chosen_company_ids(self.env))
        return list(dict.fromkeys(id_ for company in companies for id_ in company._retail_lineage()))

    @cached("self.id")
    def _retail_lang(self):
        """Return the code of the language in which the company's data is sent, such as ``nl_BE``."""
        return self.partner_id.lang or "en_US"


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        # As the superuser: whoever changes a language may not read all companies.
        if "lang" in vals and self.sudo().ref_company_ids:
            self.env.registry.clear_cache()
        return result
