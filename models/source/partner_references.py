"""What names a customer in its own events: documents, and the persons of a company."""

from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from .res_partner import DOCUMENTS


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _retail_referring(self):
        """Return the documents of these customers and of their addresses, and the persons of these companies."""
        # With full access: it is the hub that links them, whoever edited the customer.
        partners = self.sudo().with_context(active_test=False).search([("id", "child_of", self.ids)])
        own = partners.filtered(lambda partner: partner._retail_customer() in self)
        persons = (partners - own).filtered(lambda partner: partner.parent_id in own)
        domains = defaultdict(list)
        for model, path in dict.fromkeys(document[1:] for document in DOCUMENTS) if own else ():
            domains[model].append(Domain(path, "in", own.ids))
        return [persons, *(partners.env[model].search(Domain.OR(paths)) for model, paths in domains.items())]
