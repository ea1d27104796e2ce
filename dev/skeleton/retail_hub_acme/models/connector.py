"""Registers the provider Acme."""

from odoo import api, models

from ..acme.provider import ACME


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    @api.model
    def _providers(self):
        return {**super()._providers(), ACME.code: ACME}
