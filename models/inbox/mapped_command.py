"""Commands that name what a person can map: products, taxes, warehouses, payment methods."""

from odoo import models

from .unknown_codes import UnknownCodes


class RetailMappedCommand(models.AbstractModel):
    _name = "retail.command.mapped"
    _description = "Retail Hub: Command with Codes to Map"
    _inherit = ["retail.command"]

    def _note_refusal(self, problem, sender):
        """List the codes that Odoo does not know, for a person to map."""
        if isinstance(problem, UnknownCodes):
            self.env["retail.code.map"]._note_unknown(sender.connector, problem.codes)
